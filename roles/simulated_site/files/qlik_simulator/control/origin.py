# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps web pages off the control interface: a browser reaches loopback for whatever page asks it to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web


@web.middleware
async def own_origin_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """403 for what a page of another origin asks for. Programs name no origin."""
    origin = request.headers.get("Origin")
    if (origin is not None and origin not in _own_origins(request)) or (
        request.headers.get("Sec-Fetch-Site", "").lower() == "cross-site"
    ):
        return web.json_response({"error": "requests of pages of another origin are refused"}, status=403)
    return await handler(request)


def _own_origins(request: web.Request) -> set[str]:
    """From the socket and not from the header Host, which follows whatever name a page's owner has led here."""
    address = request.transport.get_extra_info("sockname") if request.transport else None
    return {f"http://{name}:{address[1]}" for name in (address[0], "localhost")} if address else set()
