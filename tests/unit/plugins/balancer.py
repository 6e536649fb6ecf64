# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A socket that speaks HAProxy's runtime API."""

from __future__ import annotations

import pathlib
import socket
import tempfile
import threading
from collections.abc import Iterator

import pytest

HEADER = "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight"


class Balancer:
    """Answers on a UNIX socket as HAProxy does; ``obeys`` whether it does what it is told."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.admin_state = {"qlik1": 0, "qlik2": 0}
        self.partners: dict[str, int] = {}
        self.downs = ""  # how often each server was down
        self.commands: list[str] = []
        self.obeys = True
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(self._answer(connection.recv(4096).decode().strip()).encode())

    def _answer(self, command: str) -> str:
        self.commands.append(command)
        if command in ("show servers state", *(f"show servers state {name}" for name in self._backends())):
            lines = [
                f"3 {backend} {number} {name} 127.0.0.{name[-1]} 2 {bits} 1 443"
                for backend in command.split()[3:] or self._backends()
                for number, (name, bits) in enumerate(self._backends()[backend].items())
            ]
            return "\n".join(["1", f"{HEADER} srv_port", *lines, "", ""])
        if command == "show stat -1 4 -1":
            rows = [
                f"{backend},{name},{self.downs}," for backend, servers in self._backends().items() for name in servers
            ]
            return "\n".join(["# pxname,svname,chkdown,", *rows, "", ""])
        if command.startswith("show"):
            return "Can't find backend.\n\n"
        if not self.obeys:
            return "Permission denied\n\n"
        _set, _server, path, _state, state = command.split()
        backend, _slash, name = path.partition("/")
        self._backends()[backend][name] = {"ready": 0, "drain": 8, "maint": 1}[state]
        return "\n"

    def _backends(self) -> dict[str, dict[str, int]]:
        return {"qlik": self.admin_state, **({"partners": self.partners} if self.partners else {})}


@pytest.fixture
def balancer() -> Iterator[Balancer]:
    # Paths of UNIX sockets must be short; those of pytest may not be.
    with tempfile.TemporaryDirectory() as directory:
        running = Balancer(str(pathlib.Path(directory, "s")))
        yield running
        running.close()
