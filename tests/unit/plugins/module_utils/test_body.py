# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bodies without end: over real TLS on loopback, and what is made of them."""

from __future__ import annotations

import gzip
import http.server
import json
import ssl
import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._client import body as _body
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection, Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request
from ansible_collections.qlikops.sense.plugins.module_utils._errors import RequestFailed
from ansible_collections.qlikops.sense.tests.unit.plugins.certificates import Export

ABOUT = Request("GET", "/qrs/about")
MEGABYTE = 1024 * 1024


@dataclass
class Service:
    """Gives one answer to all; ``clients`` are the connections they came by."""

    port: int = 0
    status: int = 200
    body: bytes = b"[]"
    headers: dict[str, str] = field(default_factory=dict)
    clients: set[Any] = field(default_factory=set)


@pytest.fixture
def service(pem: Export) -> Iterator[Service]:
    served = Service()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # the name http.server wants
            body = served.body  # the next one may be given as soon as the client has this one
            served.clients.add(self.client_address)
            self.send_response(served.status)
            for name, value in {**served.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # the client has had enough

        def log_message(self, *_words: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem.server, pem.server_key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    served.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield served
    server.shutdown()
    server.server_close()


@pytest.fixture
def rest(pem: Export) -> Iterator[Rest]:
    options = {**pem.options, "host_map": {"localhost": "127.0.0.1"}, "use_proxy": False, "timeout": 20, "retries": 0}
    rest = Rest(Connection.from_options({**options, "max_parallel": 1}))
    yield rest
    rest.close()


def failure(rest: Rest, service: Service) -> tuple[RequestFailed, int]:
    """What is raised, and how many bytes of memory it took at most."""
    tracemalloc.start()
    with pytest.raises(RequestFailed) as caught:
        rest.send(Endpoint("localhost", service.port), ABOUT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return caught.value, peak


@pytest.mark.parametrize("status", [200, 302, 500])
def test_a_page_without_end_is_quoted_and_left(rest: Rest, service: Service, status: int) -> None:
    service.status, service.body = status, b"<html><title>Oh no</title>" + b"<p>x" * (5 * MEGABYTE)
    service.headers = {"Location": "https://login"}
    error, peak = failure(rest, service)
    assert error.status == status
    assert "Oh no" in error.reason
    assert peak < 3 * MEGABYTE


@pytest.mark.parametrize("status", [200, 500])
def test_few_bytes_that_unpack_to_many(
    rest: Rest, service: Service, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_body, "LARGEST_JSON", 2 * MEGABYTE)
    packed = gzip.compress(b"[" + b" " * (100 * MEGABYTE))
    service.status, service.body, service.headers = status, packed, {"Content-Encoding": "gzip"}
    error, peak = failure(rest, service)
    assert (error.kind, error.status) == ("answer_too_large" if status == 200 else "server_error", status)
    assert peak < 40 * MEGABYTE  # an older urllib3 unpacks all of a piece at once
    if status == 200:
        assert "the response is larger than 2 MiB" in error.reason
        assert "Check that host and port" in error.hint


def test_json_is_taken_up_to_the_limit(rest: Rest, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ["x" * 100] * 5000
    service.body = json.dumps(data).encode()
    monkeypatch.setattr(_body, "LARGEST_JSON", len(service.body))
    assert rest.send(Endpoint("localhost", service.port), ABOUT).data == data
    monkeypatch.setattr(_body, "LARGEST_JSON", len(service.body) - 1)
    assert failure(rest, service)[0].kind == "answer_too_large"


def test_the_limits_are_those_that_are_promised() -> None:
    assert (_body.LARGEST_JSON, _body.LARGEST_OTHER) == (256 * MEGABYTE, 64 * 1024)


def test_damaged_json_is_measured_whole(rest: Rest, service: Service) -> None:
    service.body = b"[" + b"1," * 100_000
    error, _peak = failure(rest, service)
    assert "ends after 200001 characters" in error.reason


def test_a_connection_is_used_again_unless_there_was_too_much(rest: Rest, service: Service) -> None:
    place = Endpoint("localhost", service.port)
    for body in (b"[]", b"", b"[1]"):
        service.body = body
        rest.send(place, ABOUT)
    assert len(service.clients) == 1
    service.status, service.body = 404, b"x" * MEGABYTE
    rest.send(place, ABOUT, accept=(404,))
    service.status, service.body = 404, b"gone"
    rest.send(place, ABOUT, accept=(404,))
    rest.send(place, ABOUT, accept=(404,))
    assert len(service.clients) == 2
