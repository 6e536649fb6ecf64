# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a line of the check is made of what was found node by node."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.qlikops.sense.plugins.module_utils._model.check import OK, UNKNOWN, Check, worst

MOST_NAMED = 6
Found = tuple[str, str]  # a status, and what is said of one of the things looked at


def line(group: str, name: str, found: Sequence[Found], well: str, advice: str) -> Check:
    """What is not well is named, what is well is not. ``advice`` is for what is not."""
    status = worst(each for each, _words in found)
    if status == OK:
        return Check(group, name, OK, well)
    return Check(group, name, status, joined([words for each, words in found if each != OK]), advice)


def unknown(group: str, name: str, why: str, advice: str = "") -> Check:
    return Check(group, name, UNKNOWN, why, advice)


def joined(words: Sequence[str]) -> str:
    """One after the other, and how many more there are."""
    more = len(words) - MOST_NAMED
    return "; ".join([*words[:MOST_NAMED], *([f"and {more} more"] if more > 0 else [])])
