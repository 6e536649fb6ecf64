# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server's words, and how to keep secrets out of them, however the server writes them."""

from __future__ import annotations

import codecs
import html
import re
import threading
from collections.abc import Iterable
from urllib.parse import quote, unquote

MASK = "***"
BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
JSON_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([\"\\/]))")
MOST_LAYERS = 3  # such as a JSON text in a page in a URL
WINDOW = 8192  # characters that are looked at; no more than the first few hundred of them are quoted
LONGEST_SPELLING = 1024  # of a secret, with all escapes
SHORTEST_PART = 8  # a shorter id may be a part of many a word, and is looked for as a word of its own

_HYPHEN = r"(?:-|%(?:25)*2d|\\+u002d|&[#](?:0*45|x0*2d);)"
GUID = re.compile(
    rf"(?:urn:uuid:)?\{{?[0-9a-f]{{8}}(?:{_HYPHEN}[0-9a-f]{{4}}){{3}}{_HYPHEN}[0-9a-f]{{12}}\}}?|[0-9a-f]{{32,}}",
    re.IGNORECASE,
)
_ESCAPED_QUOTE = r"""(?:\\+["']|\\+u002[27]|&quot;|&apos;|&[#](?:0*3[49]|x0*2[27]);|%(?:25)*2[27])"""
SESSION_ID = re.compile(
    rf"""
    ((?:x-qlik-session[\w.-]{{0,99}}|session[\s_-]?ids?\b)  # the name of the cookie, or of a field
    (?:["']|{_ESCAPED_QUOTE})?\s*
    (?:=>?|:|,\s*["']value["']\s*:|(?:\s[^<>]{{0,200}})?>(?:<!\[CDATA\[)?|%(?:25)*3[ad]|&gt;|\\+u003[ad]
    |(?<=\s)(?=[\w.-]*\d))  # nothing but a space, and then no word
    (?:\s|%(?:25)*20|\+|\[)*
    |(?:/|%(?:25)*2f)session(?:/|%(?:25)*2f))  # the path of one session
    (?:"(?!\*{{3}})(?:[^"\\]|\\.)*"?|'(?!\*{{3}})(?:[^'\\]|\\.)*'?
    |{_ESCAPED_QUOTE}?(?!\*{{3}})[^\s"'\\;,&<>]+)
    """,
    re.IGNORECASE | re.VERBOSE,
)


class Secrets:
    """Ids that no message may show. Safe to use from several threads.

    Many are remembered and few texts are ever quoted, so the work is left to the first of these.
    """

    def __init__(self) -> None:
        self._new: list[str] = []
        self._bare_of: dict[str, str] = {}
        self._changing = threading.Lock()

    def remember(self, ids: Iterable[str]) -> None:
        with self._changing:
            self._new.extend(ids)

    def masked_in(self, text: str) -> str:
        with self._changing:
            self._bare_of.update({known: _bare(known) for known in self._new if known})
            self._new.clear()
            known_ids = list(self._bare_of.items())
        bare = _bare(text)
        # The longest first: one id may be the beginning of another.
        found = sorted((known for known, form in known_ids if known in text or form in bare), key=len)
        for known in reversed(found):
            text = masked(text, known) if len(known) >= SHORTEST_PART else _masked_word(text, known)
        return text


def quotable(text: str, secrets: Secrets, *own: str) -> str:
    """The beginning of a text without secrets: those of the request itself, known ids, and what looks like an id."""
    window = text[:WINDOW]
    for secret in own:
        window = masked(window, secret)
    window = without_ids(secrets.masked_in(window))
    # A secret that the end of the window cuts in two is not recognised.
    return window if len(text) <= WINDOW else window[:-LONGEST_SPELLING]


def masked(text: str, secret: str) -> str:
    """The text with a mask where the secret stands; all of it masked where the secret stands in another spelling."""
    if not secret:
        return text
    for spelling in (secret, quote(secret, safe="", errors="surrogatepass")):
        text = text.replace(spelling, MASK)
    return MASK if _bare(secret) in _bare(text) else text


def without_ids(text: str) -> str:
    """The text with a mask for whatever looks like the id of a session; all of it masked where escapes hide one."""
    text = GUID.sub(MASK, SESSION_ID.sub(rf"\1{MASK}", text))
    bare = _bare(text)
    return MASK if GUID.search(bare) or SESSION_ID.search(bare) else text


def readable(content: bytes, is_cut: bool = False) -> str:
    """A body as text: UTF-8 where it can be read so, whatever charset it lacks or claims.

    ``is_cut``: it may end within a character.
    """
    if content[:256].count(0) * 3 > len(content[:256]):
        return content.decode("utf-16" if content[:2] in BYTE_ORDER_MARKS else _byte_order(content), "replace")
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(content, final=not is_cut)
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _byte_order(content: bytes) -> str:
    return "utf-16-be" if content[:1] == b"\0" else "utf-16-le"


def _masked_word(text: str, word: str) -> str:
    for spelling in (word, quote(word, safe="", errors="surrogatepass")):
        text = re.sub(rf"(?<!\w){re.escape(spelling)}(?!\w)", MASK, text, flags=re.IGNORECASE)
    return MASK if re.search(rf"(?<!\w){re.escape(_bare(word))}(?!\w)", _bare(text)) else text


def _bare(text: str) -> str:
    """Without escapes of URLs, JSON and HTML, and without regard to case."""
    for _layer in range(MOST_LAYERS):
        text = html.unescape(unquote(JSON_ESCAPE.sub(_unescaped, text)))
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").casefold()


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else escape[2]
