# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A TLS listener of a node: opens, closes, opens again on the same port. Journal, latency and faults come in here."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from aiohttp import web

from ..model.certificates import Flaw
from ..model.faults import Faults, cut, inject
from ..model.journal import Counters, Entry, Journal, is_write, without_xrfkey
from ..services.request import Request, answer_text, read_body

log = logging.getLogger(__name__)
Answer = Callable[[Request], Awaitable[web.StreamResponse]]
# Below the ports that Linux (32768) and macOS (49152) hand out for outgoing connections, so that no client can sit on
# the port of a proxy that is about to open again.
_FREE_PORTS = range(20_000, 32_000)
_LONGEST_LINE = 16_384  # http.sys takes 16 KB of request line and headers by default (I, that QRS and QPS sit on it)


class Latency:
    """Seconds to wait before a request is looked at: for everything, a listener, a node, or a listener of a node."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[str | None, str | None], float] = {}

    def set(self, seconds: float, listener: str | None, node: str | None) -> None:
        """Set it; setting it for everything forgets what was set more narrowly."""
        if listener is None and node is None:
            self._seconds.clear()
        self._seconds[listener, node] = seconds

    def of(self, listener: str, node: str) -> float:
        """What applies: the narrowest setting."""
        for key in ((listener, node), (None, node), (listener, None), (None, None)):
            if key in self._seconds:
                return self._seconds[key]
        return 0.0


@dataclass
class Instruments:
    """What every listener of a site shares."""

    journal: Journal
    counters: Counters
    faults: Faults
    latency: Latency


@dataclass(slots=True)
class Connection:
    """One connection: its number over the site's life, and the certificate the client showed."""

    number: int
    peer: str | None
    trusted: bool


def reserve(address: str, port: int) -> socket.socket:
    """A socket bound to the address but not listening: clients are refused until it listens.

    Port 0 takes a free one. OSError when it cannot be had.
    """
    if port:
        return _bind(address, port, again=True)
    for candidate in random.sample(_FREE_PORTS, 200):
        try:
            # Without SO_REUSEADDR a port that another site keeps for a closed proxy counts as taken, too.
            _bind(address, candidate, again=False).close()
            return _bind(address, candidate, again=True)
        except OSError:
            continue
    raise OSError(f"no free port from {_FREE_PORTS.start} to {_FREE_PORTS.stop} on {address}")


def _bind(address: str, port: int, again: bool) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, again)
    try:
        bound.bind((address, port))
    except OSError as error:
        bound.close()
        error.strerror = f"cannot have port {port} of {address}: {error.strerror}"
        raise
    return bound


class Listener(web.Server):
    """QRS, QPS or the users' port of one node."""

    _connections_made = 0

    def __init__(
        self,
        kind: str,
        node: str,
        held: socket.socket,
        instruments: Instruments,
        answer: Answer,
        accepts: Callable[[bytes | None], bool],
    ) -> None:
        super().__init__(
            self._serve,
            access_log=None,
            handler_cancellation=True,
            keepalive_timeout=120,
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
        )
        self.kind = kind
        self.node = node
        self.address, self.port = held.getsockname()
        self._held: socket.socket | None = held
        self._instruments = instruments
        self._tallies = instruments.counters.of(kind, node)
        self._answer = answer
        self._accepts = accepts
        self._server: asyncio.Server | None = None
        self._known: dict[object, Connection] = {}

    def on_hello(self) -> Flaw | None:
        """A handshake begins; the flaw of the certificate to show, if a fault says so."""
        for tally in self._tallies:
            tally.handshakes += 1
        return self._instruments.faults.for_handshake(self.kind, self.node) if self._instruments.faults else None

    async def open(self, context: ssl.SSLContext) -> None:
        """Listen."""
        held, self._held = self._held, None
        if held is not None:
            self._server = await asyncio.get_running_loop().create_server(self, sock=held, ssl=context, backlog=512)

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    async def close(self, graceful: bool = True) -> None:
        """Close the port and every connection, and keep the port for later.

        What is being answered may finish within a second; not so if it is not ``graceful``, as when a process dies.
        """
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        self._held = reserve(self.address, self.port)
        for handler in self.connections:
            if graceful:
                handler.close()  # at once where nothing is under way
            elif handler.transport is not None:
                handler.transport.abort()
        await self.shutdown(timeout=1 if graceful else 0)

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """A handshake is done."""
        super().connection_made(handler, transport)
        for tally in self._tallies:
            tally.connections += 1
        Listener._connections_made += 1
        channel = transport.get_extra_info("ssl_object")
        shown = channel.getpeercert(binary_form=True) if channel else None
        self._known[handler] = Connection(Listener._connections_made, _common_name(channel), self._accepts(shown))

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        """The client, or a fault, closed it."""
        super().connection_lost(handler, exc)
        self._known.pop(handler, None)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = self._known.get(request.protocol) or Connection(0, None, False)
        path = without_xrfkey(request.raw_path)
        write = is_write(self.kind, request.method, path)
        for tally in self._tallies:
            tally.begin(write)
        entry = self._instruments.journal.begin(
            self.kind,
            self.node,
            request.method,
            path,
            request.raw_path.partition("?")[2],
            connection.number,
            connection.peer,
        )
        try:
            return await self._respond(request, connection, entry)
        finally:
            for tally in self._tallies:
                tally.in_flight -= 1

    async def _respond(self, request: web.BaseRequest, connection: Connection, entry: Entry) -> web.StreamResponse:
        seconds = self._instruments.latency.of(self.kind, self.node)
        if seconds:
            await asyncio.sleep(seconds)
        fault = None
        if self._instruments.faults:
            fault = self._instruments.faults.for_request(self.kind, self.node, entry.method, entry.path)
            spoilt = await inject(fault, request) if fault else None
            if spoilt is not None:
                entry.status = None if fault and fault.kind in ("cut", "half") else spoilt.status
                return spoilt if spoilt.prepared else self._dated(spoilt)
        try:
            response = await self._answer(Request(request, connection.trusted, await read_body(request)))
        except web.HTTPRequestEntityTooLarge:
            response = answer_text("Payload Too Large", 413)  # N
        except web.RequestPayloadError:
            response = answer_text("Bad Request", 400)  # N: a body that is not encoded as it says
            response.force_close()  # where the next request begins is not known; without the word, clients would try
        except Exception:  # a mistake of the simulator shall show as such, and end neither the connection nor the site
            log.exception("%s of %s failed", self.kind, self.node)
            response = answer_text("The simulator failed; its log says why.", 500)
        if fault is not None and fault.kind == "lost":
            return cut(request)
        entry.status = response.status
        return self._dated(response)

    def _dated(self, response: web.StreamResponse) -> web.StreamResponse:
        """By the clock of the site, unless a fault sets a date of its own."""
        response.headers.setdefault("Date", formatdate(self._instruments.journal.now(), usegmt=True))
        return response


def _common_name(channel: ssl.SSLObject | None) -> str | None:
    """``CN=QlikClient``: the subject of the certificate the client showed."""
    shown = channel.getpeercert() if channel else None
    subject: Any = (shown or {}).get("subject", ())
    for part in subject:
        for key, value in part:
            if key == "commonName":
                return f"CN={value}"
    return None
