# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps the words of others from being taken for templates."""

from __future__ import annotations

from typing import Any, TypeVar

from ansible.utils.unsafe_proxy import wrap_var

Value = TypeVar("Value")
WRAP: Any = wrap_var
# From ansible-core 2.19 on nothing is a template unless it is trusted to be one.
IS_SAFE_ANYWAY = WRAP("").__class__ is str


def never_a_template(value: Value) -> Value:
    """The same value, in which no ``{{ }}`` is ever evaluated.

    Results of modules are marked so by ansible-core, but what a filter makes of them is not before ansible-core 2.19: a
    user who is called ``{{ lookup('pipe', 'id') }}`` would have that run as soon as a fact with the name is used.
    """
    if IS_SAFE_ANYWAY:
        return value
    wrapped: Value = WRAP(value)
    return wrapped
