# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps the words of others from being taken for templates."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from ansible.utils.unsafe_proxy import wrap_var

try:
    from ansible.template import trust_as_template as trusted
except ImportError:  # before ansible-core 2.19
    trusted = str  # type: ignore[assignment]

Value = TypeVar("Value")
WRAP: Any = wrap_var
TRUST: Any = trusted
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


# The marks of Jinja2, and the line that may give it other marks.
PERHAPS_A_TEMPLATE = re.compile(r"[{}]|#jinja2:")


def without_templates(value: Any) -> Any:
    """The same value, in which no text is ever evaluated; texts that nothing could take for a template stay plain.

    For inventories: ``ansible-inventory`` and so AWX show a text that is not trusted as an object, and a host whose
    address is an object can't be reached. To trust a text without the marks of a template allows nothing.
    """
    if isinstance(value, dict):
        return {without_templates(name): without_templates(each) for name, each in value.items()}
    if isinstance(value, list):
        return [without_templates(each) for each in value]
    if isinstance(value, str):
        return never_a_template(value) if PERHAPS_A_TEMPLATE.search(value) else TRUST(str(value))
    return value
