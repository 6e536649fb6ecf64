# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Data for ``set_stats`` that no later job of an AWX workflow stumbles over."""

from __future__ import annotations

from typing import Any

import yaml


def readable(value: Any) -> Any:
    """The same value, with quotes about each text that ansible-core would refuse as a plain scalar of YAML.

    AWX writes artifacts as YAML with ``!unsafe``, and ansible-core 2.19 and later reads the texts in it anew (seen with
    AWX 24.6.1 and ansible-core 2.19.14, 2.20.10 and 2.21.5). One that is ``*``, ``=`` or ``2026-02-30``, such as the
    name of a user, would keep the next job from starting at all.
    """
    if isinstance(value, dict):
        return {readable(name): readable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [readable(each) for each in value]
    if isinstance(value, str) and not _can_be_read(value):
        return f"'{value}'"
    return value


def _can_be_read(text: str) -> bool:
    loader: Any = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    try:
        loader.construct_object(yaml.ScalarNode(tag, text))
    except (yaml.YAMLError, ValueError, OverflowError):
        return False
    return True
