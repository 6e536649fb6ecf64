# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the rooms of the control interface share: a body read and checked, an answer as JSON."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from ..users.logins import TooManySessionsError

Handler = Callable[[web.Request], Awaitable[object]]
Route = tuple[str, str, Handler]


async def read_body(request: web.Request, **kinds: type) -> dict[str, Any]:
    """The body as a mapping; with ``kinds`` its keys must be among them and their values of that type."""
    body = json.loads(await request.text() or "null")
    json.dumps(body, ensure_ascii=False).encode()  # ValueError for half a character, which no answer could show
    if not isinstance(body, dict):
        raise ValueError("the body is a JSON object")
    for key, value in body.items() if kinds else ():
        if key not in kinds:
            raise ValueError(f"unknown key {key!r}; there are {', '.join(kinds)}")
        fits = isinstance(value, int | float if kinds[key] is float else kinds[key])
        if not fits or (isinstance(value, bool) and kinds[key] is not bool):
            raise ValueError(f"{key} is not of the type {kinds[key].__name__}")
    return body


def as_json(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler whose value becomes JSON; a ValueError becomes 400, a sixth session 403."""

    async def respond(request: web.Request) -> web.Response:
        try:
            answer, status = await handler(request), 200
        except TooManySessionsError as error:
            answer, status = {"error": str(error)}, 403
        except ValueError as error:
            answer, status = {"error": str(error)}, 400
        return web.json_response(answer, status=status, dumps=_dumps)

    return respond


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
