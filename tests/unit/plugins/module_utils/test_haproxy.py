# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HAProxy's runtime API, against a socket that speaks it."""

from __future__ import annotations

import pathlib
import socket
import tempfile
import threading
from collections.abc import Iterator

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils import _haproxy
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError

HEADER = "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight"


class Balancer:
    """Answers on a UNIX socket as HAProxy does; ``obeys`` whether it does what it is told."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.admin_state = {"qlik1": 0, "qlik2": 0}
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
        if command == "show servers state qlik":
            lines = [
                f"3 qlik {n} {name} 127.0.0.1 2 {bits} 1" for n, (name, bits) in enumerate(self.admin_state.items())
            ]
            return "\n".join(["1", HEADER, *lines, ""])
        if command.startswith("show"):
            return "Can't find backend.\n"
        if not self.obeys:
            return "Permission denied\n"
        _set, _server, path, _state, state = command.split()
        self.admin_state[path.partition("/")[2]] = {"ready": 0, "drain": 8, "maint": 1}[state]
        return "\n"


@pytest.fixture
def balancer() -> Iterator[Balancer]:
    # Paths of UNIX sockets must be short; those of pytest may not be.
    with tempfile.TemporaryDirectory() as directory:
        running = Balancer(str(pathlib.Path(directory, "s")))
        yield running
        running.close()


@pytest.mark.parametrize(
    ("bits", "state"),
    [
        (0, "ready"),
        (1, "maint"),
        (2, "maint"),
        (4, "maint"),
        (0x20, "maint"),
        (8, "drain"),
        (0x10, "drain"),
        (9, "maint"),
    ],
)
def test_the_state_is_read_out_of_the_bits(balancer: Balancer, bits: int, state: str) -> None:
    balancer.admin_state["qlik2"] = bits
    servers = _haproxy.RuntimeApi(balancer.path, 5).servers("qlik")
    assert [(server.name, server.state, server.health) for server in servers] == [
        ("qlik1", "ready", "running"),
        ("qlik2", state, "running"),
    ]


def test_a_state_is_set_and_proven(balancer: Balancer) -> None:
    api = _haproxy.RuntimeApi(balancer.path, 5)
    assert api.set_state(api.server("qlik", "QLIK2"), "drain").state == "drain"
    assert balancer.admin_state == {"qlik1": 0, "qlik2": 8}
    assert balancer.commands == [
        "show servers state qlik",
        "set server qlik/qlik2 state drain",
        "show servers state qlik",
    ]


def test_what_haproxy_does_not_do_is_an_error_with_its_words(balancer: Balancer) -> None:
    balancer.obeys = False
    api = _haproxy.RuntimeApi(balancer.path, 5)
    with pytest.raises(QlikError, match=r"Permission denied; it is ready\. .*level admin"):
        api.set_state(api.server("qlik", "qlik2"), "drain")


@pytest.mark.parametrize(
    ("backend", "server", "words"),
    [
        ("other", "qlik1", "Can't find backend"),
        ("qlik", "qlik9", "has no server qlik9. It has: qlik1, qlik2"),
        ("qlik; disable server x/y", "qlik1", "is no name"),
    ],
)
def test_a_wrong_name_says_what_there_is(balancer: Balancer, backend: str, server: str, words: str) -> None:
    with pytest.raises(QlikError, match=words):
        _haproxy.RuntimeApi(balancer.path, 5).server(backend, server)
    assert all(";" not in command for command in balancer.commands)


def test_a_socket_that_is_not_there() -> None:
    with pytest.raises(QlikError, match=r"can.t be reached at /nowhere/admin\.sock: No such file"):
        _haproxy.RuntimeApi("/nowhere/admin.sock", 5).servers("qlik")
