# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a haproxy.cfg into sections of lines of words, as HAProxy does (configuration manual, 2.2).

Words stay as they are written, quotes and all, so that they can be written again; ``plain`` tells what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

KEPT = ("defaults", "frontend", "backend", "listen", "userlist", "cache")
# These reach out to other hosts, or are of no use here.
LEFT_OUT = (
    *("global", "peers", "resolvers", "mailers", "program", "ring", "http-errors", "fcgi-app", "log-forward"),
    *("traces", "crt-store", "crt-list", "spoe-agent", "spoe-message", "acme", "log-profile"),
)
_QUOTES = "'\""
Words = list[str]


@dataclass
class Section:
    """One section; ``name`` is empty where it has none."""

    kind: str
    name: str
    head: str
    lines: list[Words] = field(default_factory=list)

    def words(self, *keywords: str) -> Iterator[Words]:
        yield from (words for words in self.lines if words[0] in keywords)


def sections_of(text: str) -> Iterator[Section]:
    """All sections, without comments and without ``.if`` and the like, whose branches all count."""
    current: Section | None = None
    for line in text.splitlines():
        words = split(line)
        if not words or words[0].startswith("."):
            continue
        if words[0] in (*KEPT, *LEFT_OUT) and not line[:1].isspace():
            if current:
                yield current
            current = Section(words[0], plain(words[1]) if len(words) > 1 else "", " ".join(words))
        elif current:
            current.lines.append(words)
    if current:
        yield current


def split(line: str) -> Words:
    """The words of a line, as written. A # begins a comment unless it is quoted or escaped."""
    words: Words = []
    word, quote, is_escaped = "", "", False
    for char in line:
        if is_escaped or (char == "\\" and quote != "'"):
            is_escaped = not is_escaped
        elif quote:
            quote = "" if char == quote else quote
        elif char in _QUOTES:
            quote = char
        elif char == "#":
            break
        elif char.isspace():
            words += [word] if word else []
            word = ""
            continue
        word += char
    return [*words, word] if word else words


def plain(word: str) -> str:
    """What a word means: without its quotes and backslashes."""
    meant, quote, is_escaped = "", "", False
    for char in word:
        if is_escaped:
            meant, is_escaped = meant + char, False
        elif char == "\\" and quote != "'":
            is_escaped = True
        elif char == quote:
            quote = ""
        elif char in _QUOTES and not quote:
            quote = char
        else:
            meant += char
    return meant


def condition(words: Iterable[str]) -> Words:
    """What stands behind ``if`` or ``unless``."""
    rest = list(words)
    at = next((number for number, word in enumerate(rest) if word in ("if", "unless")), len(rest))
    return rest[at + 1 :]
