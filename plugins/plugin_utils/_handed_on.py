# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Data for ``set_stats`` that no later job of an AWX workflow stumbles over."""

from __future__ import annotations

from typing import Any

import yaml


def readable(value: Any) -> Any:
    """The same value, with quotes about what ansible-core would refuse as YAML, and changed names.

    AWX writes artifacts as YAML with ``!unsafe``, and ansible-core 2.19 and later reads the texts in it anew (seen with
    AWX 24.6.1 and ansible-core 2.19.14, 2.20.10 and 2.21.5). One that is ``*``, ``=`` or ``2026-02-30``, such as the
    name of a user, would keep the next job from starting at all. A name in a dictionary, such as the empty prefix of a
    virtual proxy, would become null.
    """
    if isinstance(value, dict):
        return {name if _read(name) == name else f"'{name}'": readable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [readable(each) for each in value]
    return f"'{value}'" if isinstance(value, str) and _read(value) is REFUSED else value


REFUSED = object()


def _read(text: Any) -> Any:
    """What becomes of a plain scalar, or REFUSED."""
    loader: Any = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, str(text), (True, False))
    try:
        return loader.construct_object(yaml.ScalarNode(tag, str(text)))
    except (yaml.YAMLError, ValueError, OverflowError):
        return REFUSED
