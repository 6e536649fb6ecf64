# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._client import deadline as _deadline
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection, Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request
from ansible_collections.qlikops.sense.plugins.module_utils._errors import RequestFailed
from ansible_collections.qlikops.sense.tests.unit.plugins.certificates import Export

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


@contextlib.contextmanager
def trickling(pem: Export, at_once: bytes, pause: float) -> Iterator[int]:
    """The port of a server that answers with ``at_once`` and then a byte every ``pause`` seconds."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem.options["client_cert"], pem.options["client_key"])
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError), context.wrap_socket(listening.accept()[0], server_side=True) as client:
            client.recv(4096)
            client.sendall(at_once)
            while not over.wait(pause):
                client.sendall(b" ")

    thread = threading.Thread(target=serve)
    thread.start()
    yield listening.getsockname()[1]
    over.set()
    listening.close()
    thread.join()


@pytest.mark.parametrize("at_once", [b"HTTP/1.1 200 OK\r\nX-Long:", HEAD])
def test_an_answer_that_trickles_is_over_with_the_time(pem: Export, at_once: bytes) -> None:
    options = {**pem.options, "validate_certs": False, "use_proxy": False, "timeout": 1}
    rest = Rest(Connection.from_options(options))
    begin = time.monotonic()
    with trickling(pem, at_once, pause=0.2) as port, pytest.raises(RequestFailed) as caught:
        rest.send(Endpoint("127.0.0.1", port), Request("GET", "/qrs/about"))
    rest.close()
    assert caught.value.kind == "timeout"
    assert "the response began, but was not complete within 1 seconds" in caught.value.reason
    assert time.monotonic() - begin < 5


def test_an_answer_that_does_not_begin_is_called_so(pem: Export) -> None:
    options = {**pem.options, "validate_certs": False, "use_proxy": False, "timeout": 1}
    rest = Rest(Connection.from_options(options))
    with trickling(pem, b"", pause=3) as port, pytest.raises(RequestFailed, match="no answer within 1 seconds"):
        rest.send(Endpoint("127.0.0.1", port), Request("GET", "/qrs/about"))
    rest.close()


@contextlib.contextmanager
def trickling_proxy(at_once: bytes) -> Iterator[int]:
    """The port of an HTTP proxy whose answer to CONNECT goes on and on."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError), listening.accept()[0] as client:
            client.recv(4096)
            client.sendall(at_once)
            while not over.wait(0.2):
                client.sendall(b"x")

    thread = threading.Thread(target=serve)
    thread.start()
    yield listening.getsockname()[1]
    over.set()
    listening.close()
    thread.join()


@pytest.mark.parametrize("at_once", [b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK\r\nX-Long:"])
def test_a_proxy_that_trickles_is_over_with_the_time(
    pem: Export, monkeypatch: pytest.MonkeyPatch, at_once: bytes
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    begin = time.monotonic()
    with trickling_proxy(at_once) as port:
        monkeypatch.setenv("https_proxy", f"http://user:hidden@127.0.0.1:{port}")
        rest = Rest(Connection.from_options({**pem.options, "timeout": 1, "retries": 0}))
        with pytest.raises(RequestFailed, match="no answer within 1 seconds") as caught:
            rest.send(Endpoint("qlik1.example.com", 4242), Request("GET", "/qrs/about"))
        rest.close()
    assert caught.value.kind == "timeout"
    assert "hidden" not in str(caught.value)
    assert time.monotonic() - begin < 5


def test_a_node_is_reached_through_a_proxy(pem: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem.server, pem.server_key)

    def serve() -> None:
        with contextlib.suppress(OSError):
            plain = listening.accept()[0]
            plain.recv(4096)
            plain.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with context.wrap_socket(plain, server_side=True) as client:
                client.recv(4096)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{listening.getsockname()[1]}")
        rest = Rest(Connection.from_options({**pem.options, "timeout": 5, "retries": 0}))
        assert rest.send(Endpoint("localhost", 4242), Request("GET", "/qrs/about")).data == [1]
        rest.close()
        thread.join()


# Patience


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


def test_pauses_one_after_the_other_use_patience_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, deadline = Clock(monkeypatch), _deadline.Deadline(10)
    granted = []
    for _pause in range(4):
        granted.append(deadline.pause(4))
        clock.now += granted[-1]
    assert granted == [4, 4, 2, 0]


def test_pauses_at_the_same_time_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, deadline = Clock(monkeypatch), _deadline.Deadline(10)
    assert [deadline.pause(4) for _thread in range(16)] == [4] * 16
    clock.now += 2
    assert deadline.pause(4) == 4  # two of them are others' pauses
    clock.now += 4
    assert deadline.pause(9) == 4
    assert deadline.pause(1) == 1


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 50)), max_size=30), st.floats(0, 200))
def test_nobody_ever_waits_longer_than_patience_lasts(asked: list[tuple[float, float]], seconds: float) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        clock, deadline = Clock(monkeypatch), _deadline.Deadline(seconds)
        paused, until = 0.0, clock.now
        for later, wanted in asked:
            clock.now += later
            granted = deadline.pause(wanted)
            assert 0 <= granted <= wanted
            end = clock.now + granted
            paused += max(0.0, end - max(until, clock.now))
            until = max(until, end)
        assert paused <= seconds + 1e-6
