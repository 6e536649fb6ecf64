# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers of HAProxy over its runtime API (chapter "Unix Socket commands" of HAProxy's management guide)."""

from __future__ import annotations

import csv
import re
import socket
import time
from collections.abc import Iterable
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._haproxy_state import NUMBER, Server, servers_of, shown
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

LONGEST_TIMEOUT = 3600
LARGEST_ANSWER = 4 * 1024 * 1024  # thousands of servers fit in it

SHOW_SERVER_STATISTICS = "show stat -1 4 -1"  # of all proxies, servers alone
RIGHTS = ("user", "operator")  # less than admin
_HOST_AND_PORT = re.compile(r"([^/].*):(-?[0-9]+)")
NEEDS_ADMIN = "The socket must be configured with 'level admin'."
_HINT = "Give the 'stats socket' of HAProxy, and a backend as its configuration names it."


class RuntimeApi:
    """One HAProxy process. ``address`` is the path of its socket, or host:port. Raises QlikError."""

    def __init__(self, address: str, timeout: float) -> None:
        if not address.isprintable():
            reason = f"{address!r} holds a character that can't be printed."
            raise BadOption("socket", reason, "Give a path or host:port.")
        if not 1 <= timeout <= LONGEST_TIMEOUT:
            raise BadOption("timeout", f"{timeout} is out of range.", f"It goes from 1 to {LONGEST_TIMEOUT} seconds.")
        self._address = address
        self._host_and_port = _host_and_port(address)
        self._timeout = timeout

    def servers(self, backend: str = "") -> list[Server]:
        """The servers of a backend, of all backends unless given."""
        answer = self._ask(f"show servers state {_word('backend', backend)}" if backend else "show servers state")
        where = f"HAProxy at {self._address} was asked for {f'backend {backend}' if backend else 'all servers'}"
        try:
            return servers_of(answer)
        except ValueError as error:
            raise QlikError("balancer", f"{where} and {error}.", _HINT) from error

    def server(self, backend: str, name: str) -> Server:
        """One server of a backend. Its exact name wins; else case does not matter, where that leaves one."""
        _word("server", name)
        servers = self.servers(backend)
        alike = [server for server in servers if fold(server.name) == fold(name)]
        found = [server for server in alike if server.name == name] or alike
        if len(found) == 1:
            return found[0]
        if found:
            raise QlikError(
                "balancer",
                f"backend {backend} of HAProxy at {self._address} has more than one server that {name} may mean:"
                f" {', '.join(server.name for server in found)}.",
                "Spell the name exactly as HAProxy does; there must be one server of that name.",
            )
        raise QlikError(
            "balancer",
            f"backend {backend} of HAProxy at {self._address} has no server {name}.",
            f"It has: {', '.join(server.name for server in servers) or 'none'}.",
        )

    def set_state(self, server: Server, state: str) -> Server:
        """Tells HAProxy, and reads the server again: what it says then is what counts."""
        answer = self._ask(f"set server {server.backend}/{server.name} state {state}")
        now = self.server(server.backend, server.name)
        if now.state != state:
            words, name = shown(answer.decode(errors="replace")) or "nothing", f"{server.backend}/{server.name}"
            raise QlikError(
                "balancer",
                f"HAProxy at {self._address} was told to set {name} to {state} and said {words}; it is {now.state}.",
                NEEDS_ADMIN,
            )
        return now

    def downs(self, servers: Iterable[Server]) -> dict[str, int]:
        """How often checks have found each of these down since HAProxy has started, by backend, where it says so."""
        names = {(server.backend, server.name) for server in servers}
        text = self._ask(SHOW_SERVER_STATISTICS).decode(errors="replace")
        rows = csv.DictReader(text.lstrip("# ").splitlines())
        counts = {(row.get("pxname"), row.get("svname")): row.get("chkdown") or "" for row in rows}
        found = {name: counts.get(name, "") for name in names}
        return {backend: int(count) for (backend, _name), count in found.items() if NUMBER.fullmatch(count)}

    def require_admin(self) -> None:
        """Raises QlikError where the socket is known to lack the right to set states; older releases do not say."""
        level = self._ask("show cli level").decode(errors="replace").strip()
        if level in RIGHTS:
            raise QlikError(
                "balancer",
                f"The socket {self._address} of HAProxy has the level {level}, which may not set states.",
                NEEDS_ADMIN,
            )

    def _ask(self, command: str) -> bytes:
        end = time.monotonic() + self._timeout
        try:
            with self._connect(end) as connection:
                connection.settimeout(_left(end))
                connection.sendall(f"{command}\n".encode())
                answer = bytearray()
                while part := _received(connection, end):
                    answer += part
                    if len(answer) > LARGEST_ANSWER:
                        raise QlikError(
                            "balancer",
                            f"HAProxy at {self._address} said more than {LARGEST_ANSWER} bytes to '{command}'.",
                            _HINT,
                        )
                return bytes(answer)
        except TimeoutError as error:
            raise QlikError(
                "balancer",
                f"HAProxy at {self._address} did not finish its answer to '{command}' in {self._timeout:g} seconds.",
                f"Is that its 'stats socket'? If it is only slow, raise timeout, to {LONGEST_TIMEOUT} at most.",
            ) from error
        except (OSError, UnicodeError) as error:  # UnicodeError: a host name that can't be one
            words = error.strerror if isinstance(error, OSError) else None
            raise QlikError(
                "balancer",
                f"HAProxy can't be reached at {self._address}: {words or error}. It was to be told '{command}'.",
                "Give the path of its 'stats socket', or host:port, as seen from the host that runs the module.",
            ) from error

    def _connect(self, end: float) -> socket.socket:
        if not self._host_and_port:
            return _connected(socket.AF_UNIX, self._address, end)
        # Not create_connection, which gives each address of the host the whole time. Only the resolver can't be
        # bounded; it has limits of its own.
        refusal = OSError("the host has no address")
        for family, _kind, _protocol, _name, where in socket.getaddrinfo(*self._host_and_port, type=socket.SOCK_STREAM):
            try:
                return _connected(family, where, end)
            except OSError as error:
                refusal = error
        raise refusal


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:  # 0 would mean not to wait, and less is no timeout
        raise TimeoutError
    return left


def _received(connection: socket.socket, end: float) -> bytes:
    connection.settimeout(_left(end))
    return connection.recv(65536)


def _connected(family: int, where: Any, end: float) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(_left(end))
        connection.connect(where)
    except BaseException:
        connection.close()
        raise
    return connection


def _host_and_port(address: str) -> tuple[str, int] | None:
    found = _HOST_AND_PORT.fullmatch(address)
    if not found:
        return None
    host, port = found.groups()
    if len(port) > 5 or not 1 <= int(port) <= 65535:
        raise BadOption("socket", f"the port of '{shown(address)}' is out of range.", "Ports go from 1 to 65535.")
    return host.strip("[]"), int(port)


def _word(option: str, text: str) -> str:
    if text.split() != [text] or not text.isprintable() or ";" in text:
        raise BadOption(
            option, f"{text!r} is not a valid HAProxy name.", "Give one word, as in HAProxy's configuration."
        )
    return text
