# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A browser, as far as a proxy and a balancer can tell: it keeps cookies until it is closed."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

NODE_HEADER = "X-Simulated-Node"
_TIMEOUT = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True)
class Entrance:
    """Where people come in: the balancer, or the users' port of a proxy. ``name`` is what its certificate must say."""

    url: str
    name: str


@dataclass(frozen=True)
class Page:
    """What came back; ``node`` is the proxy that served it, where it says so."""

    status: int
    location: str
    node: str | None


def make_http(root: str) -> aiohttp.ClientSession:
    """The client that all browsers share; it trusts the site's root and keeps no cookies itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(root)
    connector = aiohttp.TCPConnector(ssl=context, limit=0)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=_TIMEOUT)


@dataclass
class Browser:
    """One browser. It goes to the first of ``entrances``, and to the next one when that cannot be reached."""

    http: aiohttp.ClientSession
    entrances: list[Entrance]
    requests: int = 0
    _cookies: dict[str, str] = field(default_factory=dict)

    def close_and_open(self, entrances: list[Entrance]) -> None:
        """A new browser window with no memory of the last one."""
        self.entrances = entrances
        self._cookies.clear()

    async def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> Page:
        """One request; redirects are not followed. aiohttp.ClientError, asyncio.TimeoutError."""
        self.requests += 1
        entrance = self.entrances[0]
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        try:
            async with self.http.request(
                method,
                URL(entrance.url + path, encoded=True),
                data=form,
                headers={"Cookie": cookies} if cookies else {},
                allow_redirects=False,
                server_hostname=entrance.name,
            ) as answer:
                await answer.read()
        except aiohttp.ClientConnectorError:
            self.entrances = [*self.entrances[1:], entrance]
            raise
        self._cookies.update({name: morsel.value for name, morsel in answer.cookies.items()})
        return Page(answer.status, answer.headers.get("Location", ""), answer.headers.get(NODE_HEADER))
