# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How texts are compared, and what counts as none: one fold and one notion of blank for the whole collection. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
# Separators, control characters and invisible marks.
BLANK_CATEGORIES = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})


def fold(text: str) -> str:
    """The same for texts that differ in case alone, of the same length.

    It is lower case, character by character, as databases compare: full case folding would make one person of straße
    and STRASSE, and regular expressions that ignore case would make one of i with and without a dot.
    """
    return text.lower() if text.isascii() else "".join(map(_lower, text))


def _lower(char: str) -> str:
    lower = char.lower()
    return lower if len(lower) == 1 else char


def is_blank(text: str) -> bool:
    """Whether there is nothing to read in a text. Commas, too: Ansible makes lists of texts by splitting there."""
    return all(char == "," or unicodedata.category(char) in BLANK_CATEGORIES for char in text)


def _is_padding(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) == "Cf"


def non_empty(value: Iterable[str] | None) -> tuple[str, ...]:
    """The entries of a list option; a blank entry is what an unanswered AWX survey question leaves."""
    return tuple(stripped(entry) for entry in value or () if entry and not is_blank(entry))


def stripped(text: str) -> str:
    """Without spaces and invisible marks at both ends, which come along when a name is copied."""
    begin, end = 0, len(text)
    while begin < end and _is_padding(text[begin]):
        begin += 1
    while begin < end and _is_padding(text[end - 1]):
        end -= 1
    return text[begin:end]


def seconds(option: str, value: Any) -> int | None:
    """``90s``, ``15m``, ``8h``, ``2d`` or ``1w`` as seconds; None for nothing. Raises BadOption."""
    text = "" if value is None else str(value)
    if is_blank(text):
        return None
    match = re.fullmatch(r"(\d{1,9})\s*([smhdw])", text.strip().lower(), re.ASCII)
    if match:
        return int(match[1]) * UNITS[match[2]]
    if re.fullmatch(r"\d{1,9}", text.strip(), re.ASCII):
        raise BadOption(
            option,
            f"{text.strip()} has no unit.",
            f"Write {text.strip()}s if seconds are meant. YAML reads 8:00 as the number 480; write 8h for eight hours.",
        )
    shown = text if len(text) <= 40 else f"{text[:40]}..."
    raise BadOption(option, f"'{shown}' is not a duration.", "Write it with a unit: 90s, 15m, 8h, 2d or 1w.")


def counted(number: int, noun: str) -> str:
    """``1 session``, ``2 proxies``, ``3 days``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeo" else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
