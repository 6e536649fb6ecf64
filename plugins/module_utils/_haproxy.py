# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection qlikops.sense: it may change at any time.
# Do not import it from outside.

"""Servers of HAProxy over its runtime API (chapter "Unix Socket commands" of HAProxy's management guide)."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

READY, DRAIN, MAINT = "ready", "drain", "maint"
STATES = (READY, DRAIN, MAINT)
HEALTH = ("stopped", "starting", "running", "stopping")
# Bits of srv_admin_state: set by command, inherited, by configuration, by name resolution or a changed host name.
MAINT_BITS = 0x01 | 0x02 | 0x04 | 0x20 | 0x40
DRAIN_BITS = 0x08 | 0x10


@dataclass(frozen=True)
class Server:
    """``state`` is what it is meant to do, one of STATES; ``health`` what checks say of it, one of HEALTH."""

    backend: str
    name: str
    state: str
    health: str


class RuntimeApi:
    """One HAProxy process. ``address`` is the path of its socket, or host:port. Raises QlikError."""

    def __init__(self, address: str, timeout: float) -> None:
        self._address = address
        self._timeout = timeout

    def servers(self, backend: str) -> list[Server]:
        """The servers of a backend."""
        answer = self._ask(f"show servers state {_word('backend', backend)}")
        lines = [line for line in answer.splitlines() if line.strip() not in ("", "1")]
        if not lines or not lines[0].startswith("#"):
            raise QlikError(
                "balancer", f"HAProxy at {self._address} was asked for backend {backend} and said: {answer}"
            )
        columns = lines[0].lstrip("# ").split()
        return [_server(dict(zip(columns, line.split(), strict=False))) for line in lines[1:]]

    def server(self, backend: str, name: str) -> Server:
        servers = self.servers(backend)
        for server in servers:
            if fold(server.name) == fold(name):
                return server
        raise QlikError(
            "balancer",
            f"backend {backend} of HAProxy at {self._address} has no server {name}.",
            f"It has: {', '.join(server.name for server in servers)}.",
        )

    def set_state(self, server: Server, state: str) -> Server:
        """Tells HAProxy, and reads the server again: what it says then is what counts."""
        answer = self._ask(f"set server {server.backend}/{server.name} state {state}")
        now = self.server(server.backend, server.name)
        if now.state != state:
            words, name = answer or "nothing", f"{server.backend}/{server.name}"
            raise QlikError(
                "balancer",
                f"HAProxy at {self._address} was told to set {name} to {state} and said {words}; it is {now.state}.",
                "The socket must be configured with 'level admin'.",
            )
        return now

    def _ask(self, command: str) -> str:
        try:
            with self._connect() as connection:
                connection.sendall(f"{command}\n".encode())
                parts = iter(lambda: connection.recv(65536), b"")
                return b"".join(parts).decode(errors="replace").strip()
        except OSError as error:
            raise QlikError(
                "balancer",
                f"HAProxy can't be reached at {self._address}: {error.strerror or error}.",
                "Give the path of its 'stats socket', or host:port, as seen from the host that runs the module.",
            ) from error

    def _connect(self) -> socket.socket:
        host, colon, port = self._address.rpartition(":")
        if colon and port.isdigit() and not self._address.startswith("/"):
            return socket.create_connection((host.strip("[]"), int(port)), self._timeout)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self._timeout)
        connection.connect(self._address)
        return connection


def _server(fields: dict[str, str]) -> Server:
    bits = int(fields["srv_admin_state"])
    state = MAINT if bits & MAINT_BITS else DRAIN if bits & DRAIN_BITS else READY
    health = int(fields["srv_op_state"])
    return Server(fields["be_name"], fields["srv_name"], state, HEALTH[health] if health < len(HEALTH) else "unknown")


def _word(option: str, text: str) -> str:
    if len(text.split()) != 1 or ";" in text:
        raise QlikError("bad_option", f"{option}: '{text}' is no name of HAProxy's.")
    return text
