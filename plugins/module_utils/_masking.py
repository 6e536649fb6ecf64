# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection qlikops.sense: it may change at any time.
# Do not import it from outside.

"""A server's words, and how to keep secrets out of them, however the server writes them."""

from __future__ import annotations

import html
import re
from urllib.parse import quote, unquote

MASK = "***"
JSON_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([\"\\/]))")
GUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
# X-Qlik-Session-sales=..., "SessionId": "...", <sessionId>..., session_id='...', also escaped in a text in JSON.
SESSION_VALUE = re.compile(
    r"((?:X-Qlik-Session(?:-[\w-]+)?|session_?id)[\\\"'\s]*[=:>][\\\"'\s]*)[^\s\\\"'<>;,&}\]]+", re.IGNORECASE
)
MOST_LAYERS = 3  # such as a JSON text in a page in a URL


def masked(text: str, secret: str) -> str:
    """The text with a mask where the secret stands; all of it masked where the secret stands in another spelling."""
    if not secret:
        return text
    for spelling in (secret, quote(secret, safe="", errors="surrogatepass")):
        text = text.replace(spelling, MASK)
    return MASK if _bare(secret) in _bare(text) else text


def without_ids(text: str) -> str:
    """The text with a mask for whatever looks like the id of a session: a GUID, the value of a session cookie or field.

    A server may name other sessions than the one that was asked for.
    """
    return GUID.sub(MASK, SESSION_VALUE.sub(rf"\1{MASK}", text))


def readable(content: bytes) -> str:
    """A body as text: UTF-8 where it can be read so, whatever charset it lacks or claims."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _bare(text: str) -> str:
    """Without escapes of URLs, JSON and HTML, and without regard to case."""
    for _layer in range(MOST_LAYERS):
        text = html.unescape(unquote(JSON_ESCAPE.sub(_unescaped, text)))
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").casefold()


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else escape[2]
