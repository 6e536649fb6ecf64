# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request as QRS, QPS and the users' port read it, and the answers they share."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import Any
from urllib.parse import unquote, unquote_plus

from aiohttp import web

_XRFKEY = re.compile(r"[0-9A-Za-z]{16}")
XSRF = "XSRF prevention check failed. Possible XSRF discovered."
# QRS and QPS appear to sit on http.sys (I), which names itself so.
_SERVER = {"Server": "Microsoft-HTTPAPI/2.0"}


class Request:
    """A request. ``trusted`` tells whether a certificate of this site came with it."""

    def __init__(self, request: web.BaseRequest, trusted: bool, body: bytes = b"") -> None:
        self.request = request
        self.body = body
        self.method = request.method
        self.trusted = trusted
        path, _mark, self.query_string = request.raw_path.partition("?")
        # Empty parts vanish: two clients send double slashes and live (C, L). Each part is decoded on its own, so that
        # an encoded slash stays within it (N what a real site does with one).
        self.parts = [unquote(part) for part in path.split("/") if part]

    @cached_property
    def query(self) -> dict[str, str]:
        """The query, keys in lower case (an xrfkey may be spelled in any case: D)."""
        pairs = (pair.partition("=") for pair in self.query_string.split("&") if pair)
        return {unquote_plus(key).lower(): unquote_plus(value) for key, _equals, value in pairs}

    @property
    def has_xrfkey(self) -> bool:
        """Whether query and header carry the same 16 letters and digits (D; needed on every call: L)."""
        key = self.query.get("xrfkey", "")
        return _XRFKEY.fullmatch(key) is not None and self.request.headers.get("X-Qlik-Xrfkey") == key

    @property
    def qlik_user(self) -> tuple[str, str] | None:
        """The user that X-Qlik-User names, ``UserDirectory=DIR; UserId=id``; values are URL-encoded UTF-8 (D)."""
        header = self.header("X-Qlik-User")
        if not header:
            return None
        pairs = (part.strip().partition("=") for part in header.split(";"))
        named = {key.lower(): unquote(value) for key, _equals, value in pairs}
        return named.get("userdirectory", ""), named.get("userid", "")

    def header(self, name: str) -> str:
        """A header, or nothing. Bytes that are no UTF-8 are read as Latin-1, in which many a client writes (I)."""
        value = self.request.headers.get(name, "")
        try:
            value.encode()
        except UnicodeEncodeError:  # aiohttp keeps such bytes as halves of characters, which nothing can answer with
            return value.encode("utf-8", "surrogateescape").decode("latin-1")
        return value

    def json(self) -> Any:
        """The body as JSON; ValueError when it is none, is nested too deep, or holds half a character."""
        try:
            value = json.loads(self.body or b"null")
            json.dumps(value, ensure_ascii=False).encode()
        except RecursionError as error:
            raise ValueError("nested too deep") from error
        return value


async def read_body(request: web.BaseRequest) -> bytes:
    """The body. Who asks leave to send it, as .NET, PowerShell and curl do, is told to go on, or would wait."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # of the answer, nothing is written yet
    return await request.read() if request.can_read_body else b""


def answer_json(value: object, status: int = 200) -> web.Response:
    """A JSON answer."""
    return json_bytes(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), status)


def json_bytes(body: bytes, status: int = 200) -> web.Response:
    """An answer whose JSON is at hand already."""
    return web.Response(body=body, status=status, headers={**_SERVER, "Content-Type": "application/json;charset=utf-8"})


def answer_text(text: str, status: int = 200) -> web.Response:
    """A plain text answer; errors of QRS and QPS are such (L)."""
    return web.Response(
        body=text.encode(), status=status, headers={**_SERVER, "Content-Type": "text/plain; charset=utf-8"}
    )


def refusal(request: Request) -> web.Response | None:
    """The first two checks of both services: the certificate, then the xrfkey (order: I)."""
    if not request.trusted:
        return answer_text("Forbidden", 403)  # L, C
    if not request.has_xrfkey:
        return answer_text(XSRF, 403)  # L
    return None


def no_endpoint() -> web.Response:
    """A path that matches nothing (text: L; status: N)."""
    return answer_text("No matching endpoint found", 404)
