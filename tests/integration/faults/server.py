# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The odd server: three TLS listeners of one process, for QRS and for the proxy services of two nodes."""

from __future__ import annotations

import contextlib
import http.server
import pathlib
import select
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.faults.answers import Answer, Manner
from ansible_collections.qlikops.sense.tests.integration.faults.site import HOSTS, QRS, Site
from qlik_simulator.model.certificates import Authority, Flaw, Identity, make_server, write_private

PATIENCE = 30.0  # no client waits longer than this
FLAWS = ("expired", "wrong_name", "rogue")


class OddHandler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def setup(self) -> None:
        self.request = self.server.secured(self.request)
        super().setup()

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            super().handle()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()

    def do_GET(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, *_words: Any) -> None:
        """Says nothing."""

    def _answer(self) -> None:
        if not self.request.getpeercert():
            self._send_whole(Answer(403, b"Forbidden"))
            return
        answer = self.server.site.answer(self.server.name, self.command, self.path, dict(self.headers.items()))
        if answer.manner is Manner.WHOLE:
            self._send_whole(answer)
            return
        self.close_connection = True
        if answer.manner is Manner.RAW:
            self.wfile.write(answer.body)
        elif answer.manner is Manner.RESET:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif answer.manner is Manner.CUT:
            self._send_head(answer)
            self.wfile.write(answer.body[: len(answer.body) // 2])
        elif answer.manner is Manner.HANG:
            select.select([self.request], [], [], PATIENCE)
        elif answer.manner is Manner.TRICKLE:
            self._send_head(answer)
            self._send_slowly(answer.body)
        elif answer.manner is Manner.ENDLESS:
            self._send_for_ever(answer.body)

    def _send_whole(self, answer: Answer) -> None:
        self._send_head(answer)
        self.wfile.write(answer.body)

    def _send_head(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        headers = dict(answer.headers)
        if answer.status not in (204, 304):
            headers.setdefault("Content-Length", str(len(answer.body)))
        headers.setdefault("Date", formatdate(usegmt=True))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_slowly(self, body: bytes) -> None:
        for byte in body[: int(PATIENCE * 10)]:
            self.wfile.write(bytes([byte]))
            time.sleep(0.1)

    def _send_for_ever(self, body: bytes) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.wfile.write(body)


class Listener(socketserver.ThreadingTCPServer):
    """Where QRS or the proxy service of a node is asked."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, name: str, contexts: dict[str, ssl.SSLContext]) -> None:
        super().__init__(("127.0.0.1", 0), OddHandler)
        self.name = name
        self.site: Site
        self._contexts = contexts

    @property
    def port(self) -> int:
        port: int = self.server_address[1]
        return port

    def secured(self, plain: socket.socket) -> ssl.SSLSocket:
        """The connection with TLS, as well or as badly as this listener does it now."""
        flaw = self.site.flaws.get(self.name, "")
        plain.settimeout(PATIENCE)
        if flaw == "mute":
            while plain.recv(4096):
                pass
        if flaw == "plain":
            plain.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(4096):
                pass
        if flaw in ("mute", "plain", "slams"):
            raise OSError("no TLS here")
        secured = self._contexts[flaw].wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        try:
            secured.do_handshake()
        except ssl.SSLError:
            # A close with something unread is a reset, which would overtake the alert.
            with socket.socket(fileno=secured.detach()) as left:
                left.shutdown(socket.SHUT_WR)
                left.settimeout(PATIENCE)
                while left.recv(4096):
                    pass
            raise
        return secured

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or wants no such TLS, is no error of the server."""


def make_site_info(folder: pathlib.Path) -> tuple[simulated.SiteInfo, dict[str, dict[str, ssl.SSLContext]]]:
    """A site info as that of a simulated site, without ports, and what each listener shows: flaw -> TLS context."""
    authority = Authority(HOSTS[QRS])
    paths = authority.export(folder, HOSTS[QRS])
    weak_key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    contexts: dict[str, dict[str, ssl.SSLContext]] = {}
    for name, host in HOSTS.items():
        identities = {
            "": authority.server(host),
            **{flaw: authority.flawed_server(host, Flaw(flaw)) for flaw in FLAWS},
            "weak": make_server(authority.root, weak_key, host),
        }
        contexts[name] = {flaw: _context(folder, paths["root"], identity) for flaw, identity in identities.items()}
    odd_files = {
        "empty": write_private(folder / "empty.pem", b""),
        "garbage": write_private(folder / "garbage.pem", b"\x00\x01 no certificate"),
        "weak_client": write_private(folder / "weak.pem", make_server(authority.root, weak_key, "QlikClient").pem()),
        "weak_client_key": write_private(
            folder / "weak_key.pem", Identity(authority.root.certificate, weak_key).key_pem()
        ),
    }
    hosts = dict.fromkeys(HOSTS.values(), "127.0.0.1")
    return {"host": HOSTS[QRS], "host_map": hosts, "control": "", "certificates": {**paths, **odd_files}}, contexts


def _context(folder: pathlib.Path, root: str, identity: Identity) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    certificate = write_private(folder / "shown.pem", identity.pem())
    context.load_cert_chain(certificate, write_private(folder / "shown_key.pem", identity.key_pem()))
    context.load_verify_locations(root)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


@contextlib.contextmanager
def serving(folder: pathlib.Path) -> Iterator[tuple[simulated.SiteInfo, Site]]:
    """The site info of the odd site and the site itself, while it is served."""
    site_info, contexts = make_site_info(folder)
    listeners = [Listener(name, contexts[name]) for name in HOSTS]
    site = Site({listener.name: listener.port for listener in listeners})
    site_info["qrs_port"] = site.ports[QRS]
    threads = []
    for listener in listeners:
        listener.site = site
        threads.append(threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}))
        threads[-1].start()
    try:
        yield site_info, site
    finally:
        for listener, thread in zip(listeners, threads, strict=True):
            listener.shutdown()
            thread.join()
            listener.server_close()
