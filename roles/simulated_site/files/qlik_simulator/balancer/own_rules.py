# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which lines of somebody's own haproxy.cfg can't work on another host, and what has to go with them."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..balancer.haproxy_words import Section, Words, condition, plain

_NOT_HERE = frozenset(
    {
        "log",
        "errorfile",
        "errorfiles",
        "email-alert",
        "filter",
        "source",
        "dispatch",
        "external-check",
        "server-template",
    }
)
# Files and programs of the real host: lists, maps, pages, and scripts.
_FILES = frozenset({"-f", "-M", "file", "lf-file", "errorfile", "errorfiles", "lf-errorfile"})
_LOADED = re.compile(r"\bmap(_\w+)?\(|\blua\.")
_RULES = ("acl", "http-request", "http-response", "http-after-response", "http-error", "tcp-request", "tcp-response")
_ROUTES = ("use_backend", "use-server", "redirect", "http-check", "tcp-check", "stick", "monitor")


def without_the_host(section: Section, servers: Collection[str], notes: list[str]) -> list[Words]:
    """The lines that need nothing of the real host, nor a server or a condition that does. Rules are noted."""
    lines = [words for words in section.lines if not _is_of_the_host(words)]
    known = {words[1] for words in lines if words[0] == "acl" and len(words) > 1}
    gone = {words[1] for words in section.words("acl") if len(words) > 1} - known
    kept = [words for words in lines if not _needs(words, gone, servers)]
    for words in section.lines:
        if words not in kept and words[0] in (*_RULES, *_ROUTES):
            notes.append(f"HAProxy: {section.head}: {' '.join(words[:2])} ... is left out")
    return [_without_peers(words) for words in kept]


def _is_of_the_host(words: Words) -> bool:
    if words[0] in _NOT_HERE or words[:2] == ["option", "external-check"]:
        return True
    return words[0] in (*_RULES, *_ROUTES) and any(word in _FILES or _LOADED.search(word) for word in words[1:])


def _needs(words: Words, gone: Collection[str], servers: Collection[str]) -> bool:
    if words[0] == "use-server" and len(words) > 1 and plain(words[1]) not in servers:
        return True
    return any(word.lstrip("!") in gone for word in condition(words))


def _without_peers(words: Words) -> Words:
    if words[0] != "stick-table" or "peers" not in words:
        return words
    at = words.index("peers")
    return words[:at] + words[at + 2 :]
