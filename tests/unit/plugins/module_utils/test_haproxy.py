# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HAProxy's runtime API, against a socket that speaks it."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils import _haproxy, _haproxy_state
from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError
from ansible_collections.qlikops.sense.tests.unit.plugins.balancer import HEADER, Balancer, balancer

__all__ = ["balancer"]  # a fixture


@pytest.mark.parametrize(
    ("bits", "state"),
    [
        (0, "ready"),
        (1, "maint"),
        (2, "maint"),
        (4, "ready"),  # configured as disabled, and made ready since
        (5, "maint"),
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
        ("qlik; disable server x/y", "qlik1", "is not a valid HAProxy name"),
    ],
)
def test_a_wrong_name_says_what_there_is(balancer: Balancer, backend: str, server: str, words: str) -> None:
    with pytest.raises(QlikError, match=words):
        _haproxy.RuntimeApi(balancer.path, 5).server(backend, server)
    assert all(";" not in command for command in balancer.commands)


def test_a_socket_that_is_not_there() -> None:
    with pytest.raises(QlikError, match=r"can.t be reached at /nowhere/admin\.sock: No such file"):
        _haproxy.RuntimeApi("/nowhere/admin.sock", 5).servers("qlik")


@contextlib.contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """The path of a socket that reads one command and then does as ``answer`` says, until the other side has gone."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _address = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(4096)
                answer(connection)

    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listener:
        path = str(pathlib.Path(directory, "s"))
        listener.bind(path)
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield path
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def said(answer: bytes, name: str = "qlik1") -> str:
    """What the error says where HAProxy gives this answer."""
    with answering(lambda connection: connection.sendall(answer)) as path:
        with pytest.raises(QlikError) as caught:
            _haproxy.RuntimeApi(path, 5).server("qlik", name)
        assert caught.value.kind == "balancer"
        assert f"HAProxy at {path}" in str(caught.value)
        assert "qlik" in caught.value.reason
        assert caught.value.hint
        return caught.value.reason


def listing(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join(["1", header, *lines, "", ""]).encode()


GOOD = "3 qlik 1 qlik1 127.0.0.1 2 0 1"


@pytest.mark.parametrize("column", ["be_name", "srv_name", "srv_op_state", "srv_admin_state"])
def test_a_column_that_is_missing_or_there_twice_is_named(column: str) -> None:
    assert f"column {column} is 0 times" in said(listing(GOOD, header=HEADER.replace(column, "other")))
    assert f"column {column} is 2 times" in said(listing(GOOD, header=HEADER.replace("srv_addr", column)))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("3 qlik 1 qlik1 127.0.0.1 2", "line 4 with 6 columns in place of 8"),
        ("1", "line 4 with 1 columns"),
        (f"{GOOD} 7", "line 4 with 9 columns"),
        ("3 qlik 1 qlik2 127.0.0.1 2 up 1", "line 4, column srv_admin_state, what is no number: up"),
        ("3 qlik 1 qlik2 127.0.0.1 2 -1 1", "line 4, column srv_admin_state, what is no number: -1"),
        ("3 qlik 1 qlik2 127.0.0.1 2 \u0663 1", "line 4, column srv_admin_state, what is no number"),
        (f"3 qlik 1 qlik2 127.0.0.1 2 {'0' * 5000} 1", "line 4, column srv_admin_state, what is no number"),
        ("3 qlik 1 qlik2 127.0.0.1 2 128 1", "line 4, column srv_admin_state, a state that is not known: 128"),
        ("3 qlik 1 qlik2 127.0.0.1 -1 0 1", "line 4, column srv_op_state, what is no number: -1"),
        ("3 qlik 1 q;x 127.0.0.1 2 0 1", "line 4, column srv_name, what is no name: q;x"),
        ("3 q/x 1 qlik2 127.0.0.1 2 0 1", "line 4, column be_name, what is no name: q/x"),
    ],
)
def test_a_line_that_can_not_be_read_is_named(line: str, words: str) -> None:
    reason = said(listing(GOOD, line))
    assert words in reason
    assert len(reason) < 500


def test_an_answer_is_read_whole_or_not_at_all() -> None:
    whole = listing(GOOD, GOOD.replace("qlik1", "qlik2").replace(" 0 1", " 16 1"))
    with answering(lambda connection: connection.sendall(whole)) as path:
        assert _haproxy.RuntimeApi(path, 5).server("qlik", "qlik2").state == "drain"
    for length in range(len(whole)):
        with pytest.raises(ValueError, match=r"empty answer|said: 1|closed the connection before the end"):
            _haproxy_state.servers_of(whole[:length])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "gave an empty answer"),
        (b"\n\n", "gave an empty answer"),
        (b"1\n", "said: 1"),
        (listing(GOOD)[:-4], "closed the connection before the end of its answer, in or after line 3"),
        (listing(GOOD).replace(b"127", b"\xff"), "not UTF-8, from byte"),
        (listing(GOOD).replace(b"1", b"2", 1), "said: 2 # be_id"),
        (b"HTTP/1.1 400 Bad request\r\n\0" + b"x" * 5000, "said: HTTP/1.1 400 Bad request ?xxx"),
        (b"1" * (_haproxy.LARGEST_ANSWER + 1), "said more than 4194304 bytes to 'show servers state qlik'"),
    ],
)
def test_an_answer_that_is_none(answer: bytes, words: str) -> None:
    reason = said(answer)
    assert words in reason
    assert len(reason) < 500


def test_an_empty_backend_has_no_server() -> None:
    assert "has no server qlik1" in said(listing())


def trickle(connection: socket.socket) -> None:
    for _piece in range(200):  # four seconds, so that a client that waits for it fails and does not hang
        connection.sendall(b"1")
        time.sleep(0.02)


def say_nothing(connection: socket.socket) -> None:
    connection.recv(1)


@pytest.mark.parametrize("answer", [trickle, say_nothing])
def test_the_timeout_bounds_the_whole_answer(answer: Callable[[socket.socket], None]) -> None:
    with answering(answer) as path:
        begin = time.monotonic()
        with pytest.raises(QlikError, match=r"did not finish its answer to 'show servers state qlik' in 1 seconds"):
            _haproxy.RuntimeApi(path, 1).servers("qlik")
        assert 1 <= time.monotonic() - begin < 3


@pytest.mark.parametrize("timeout", [-1, 0, 0.5, 3601, 10**400, float("nan"), float("inf")])
def test_a_timeout_out_of_range(timeout: float) -> None:
    with pytest.raises(BadOption, match=r"timeout: .* out of range\. It goes from 1 to 3600"):
        _haproxy.RuntimeApi("/nowhere", timeout)


@pytest.mark.parametrize("port", ["0", "-1", "65536", "9" * 5000])
def test_a_port_out_of_range(port: str) -> None:
    with pytest.raises(BadOption, match=r"socket: the port of .* is out of range\. Ports go from 1 to 65535"):
        _haproxy.RuntimeApi(f"qlik.example.com:{port}", 5)


@pytest.mark.parametrize("odd", ["a\0b", "a\nb", "a\n", "\r", "\ud800"])
def test_what_can_not_be_printed_is_sent_nowhere(balancer: Balancer, odd: str) -> None:
    with pytest.raises(BadOption, match=r"^socket: "):
        _haproxy.RuntimeApi(odd, 5)
    api = _haproxy.RuntimeApi(balancer.path, 5)
    with pytest.raises(BadOption, match=r"^backend: "):
        api.servers(odd)
    with pytest.raises(BadOption, match=r"^server: "):
        api.server("qlik", odd)
    assert balancer.commands == []


@pytest.mark.parametrize("address", [f"{'a' * 70}:1", "a..b:1", "/" + "a" * 200])
def test_an_address_that_can_not_be(address: str) -> None:
    with pytest.raises(QlikError, match=r"can.t be reached at"):
        _haproxy.RuntimeApi(address, 5).servers("qlik")


def test_a_host_and_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _address = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(listing(GOOD))

        thread = threading.Thread(target=serve)
        thread.start()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        assert [server.name for server in _haproxy.RuntimeApi(address, 5).servers("qlik")] == ["qlik1"]
        thread.join()
    with pytest.raises(QlikError, match=r"can.t be reached at 127\.0\.0\.1:\d+: Connection refused"):
        _haproxy.RuntimeApi(address, 5).servers("qlik")


def test_names_that_differ_only_in_case(balancer: Balancer) -> None:
    balancer.admin_state = {"Node": 0, "node": 8}
    api = _haproxy.RuntimeApi(balancer.path, 5)
    assert api.server("qlik", "node").state == "drain"
    assert api.server("qlik", "Node").state == "ready"
    with pytest.raises(
        QlikError, match=r"more than one server that NODE may mean: Node, node\. Spell the name exactly"
    ):
        api.server("qlik", "NODE")


def test_names_are_compared_in_plain_lower_case(balancer: Balancer) -> None:
    balancer.admin_state = {"strasse": 0}
    with pytest.raises(QlikError, match="has no server straße"):
        _haproxy.RuntimeApi(balancer.path, 5).server("qlik", "straße")
