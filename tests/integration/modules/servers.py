# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small servers that a simulated site has no use for: one that repeats what it was sent, and an HTTP proxy."""

from __future__ import annotations

import contextlib
import http.server
import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from typing import Any

from ansible_collections.qlikops.sense.tests.integration import simulated

TLS_RECORD = 5  # bytes of the header of a record: the other side has begun its handshake


class Repeating(http.server.BaseHTTPRequestHandler):
    """Answers with what it was sent, xrfkey included, as the pages of gateways do."""

    def do_GET(self) -> None:
        server: Any = self.server
        server.seen.append(self.headers["X-Qlik-Xrfkey"])
        words = f"You asked for {self.path} with {' '.join(self.headers.values())}".encode()
        self.send_response(server.status)
        self.send_header("Content-Length", str(len(words)))
        if server.status == 302:
            self.send_header("Location", f"/login?target={self.path}")
        self.end_headers()
        self.wfile.write(words)

    def log_message(self, *_words: Any) -> None:
        """Says nothing."""


@contextlib.contextmanager
def repeating(site_info: simulated.SiteInfo, status: int) -> Iterator[Any]:
    """A TLS server with the certificate of the central node; ``seen`` are the xrfkeys it was sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(site_info["certificates"]["server"], site_info["certificates"]["server_key"])
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Repeating)
    server.status, server.seen = status, []
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with _serving(server):
        yield server


@contextlib.contextmanager
def demanding(site_info: simulated.SiteInfo, version: ssl.TLSVersion) -> Iterator[int]:
    """The port of a TLS server that takes no client without a certificate of the site, and says so by an alert.

    The simulated site can demand one, too, but asyncio closes the connection before the alert is sent.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(site_info["certificates"]["server"], site_info["certificates"]["server_key"])
    context.load_verify_locations(site_info["certificates"]["root"])
    context.verify_mode = ssl.CERT_REQUIRED

    class Demanding(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            secured = context.wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
            with contextlib.suppress(ssl.SSLError):
                secured.do_handshake()
            # A close with something unread is a reset, which would overtake the alert: with TLS 1.3 a client has sent
            # its request by now.
            with socket.socket(fileno=secured.detach()) as plain:
                plain.shutdown(socket.SHUT_WR)
                while plain.recv(4096):
                    pass

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Demanding)
    with _serving(server):
        yield server.server_address[1]


@contextlib.contextmanager
def cutting(after: int) -> Iterator[int]:
    """The port of a server that reads so many bytes of every connection, and then closes it without a word."""

    class Cutting(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(after, socket.MSG_WAITALL)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Cutting)
    with _serving(server):
        yield server.server_address[1]


@contextlib.contextmanager
def forwarding(address: str, port: int) -> Iterator[list[str]]:
    """A server at another loopback address that passes all on to the same port of 127.0.0.1; who came there."""
    came: list[str] = []

    class Forwarding(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            came.append(address)
            with socket.create_connection(("127.0.0.1", port), timeout=10) as target:
                _carry(self.request, target)

    with _serving(socketserver.ThreadingTCPServer((address, port), Forwarding)):
        yield came


class Tunnel(http.server.BaseHTTPRequestHandler):
    """Answers CONNECT as an HTTP proxy does."""

    def do_CONNECT(self) -> None:
        server: Any = self.server
        server.seen.append(self.path)
        address, _colon, port = self.path.rpartition(":")
        with socket.create_connection((address, int(port)), timeout=10) as target:
            self.send_response(200)
            self.end_headers()
            _carry(self.connection, target)
        self.close_connection = True

    def log_message(self, *_words: Any) -> None:
        """Says nothing."""


def _carry(one: socket.socket, other: socket.socket) -> None:
    while True:
        readable, _writable, _exceptional = select.select([one, other], [], [], 10)
        for source, sink in ((one, other), (other, one)):
            if source in readable:
                data = source.recv(65536)
                if not data:
                    return
                sink.sendall(data)
        if not readable:
            return


@contextlib.contextmanager
def http_proxy() -> Iterator[Any]:
    """An HTTP proxy; ``seen`` are the targets it was asked for."""
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tunnel)
    server.seen = []
    with _serving(server):
        yield server


@contextlib.contextmanager
def _serving(server: Any) -> Iterator[None]:
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def closed_port() -> int:
    """A port on loopback where nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
    return port
