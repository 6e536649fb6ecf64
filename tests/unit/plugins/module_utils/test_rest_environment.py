# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Over real TLS on loopback: nothing in the environment changes who is trusted or what is sent."""

from __future__ import annotations

import http.server
import pathlib
import ssl
import threading
from collections.abc import Iterator

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection, Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request
from ansible_collections.qlikops.sense.plugins.module_utils._errors import RequestFailed
from ansible_collections.qlikops.sense.tests.unit.plugins import certificates
from ansible_collections.qlikops.sense.tests.unit.plugins.certificates import Export


class Node:
    """A service that wants a client certificate, answers ``[]`` and remembers the headers it got."""

    def __init__(self, pem: Export) -> None:
        received: list[dict[str, str]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # the name http.server wants
                received.append(dict(self.headers))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"[]")

            def log_message(self, *_words: object) -> None:
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem.server, pem.server_key)
        context.load_verify_locations(pem.root)
        context.verify_mode = ssl.CERT_REQUIRED
        self.received = received
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def node(pem: Export) -> Iterator[Node]:
    node = Node(pem)
    yield node
    node.stop()


@pytest.fixture
def hostile_environment(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Export:
    """Another authority as the one to trust, and a password for the node; returns that authority."""
    foreign = certificates.export(tmp_path)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login robot password hidden\nmachine 127.0.0.1 login robot password hidden\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", foreign.root)
    monkeypatch.setenv("CURL_CA_BUNDLE", foreign.root)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("no_proxy", "*")
    return foreign


def ask(node: Node, options: dict[str, str]) -> tuple[Rest, object]:
    connection = Connection.from_options(
        {**options, "host_map": {"localhost": "127.0.0.1", "other": "127.0.0.1"}, "retries": 0, "timeout": 5}
    )
    rest = Rest(connection)
    try:
        return rest, rest.send(Endpoint("localhost", node.port), Request("GET", "/qrs/about")).data
    finally:
        rest.close()


def test_the_own_root_stays_the_only_one(node: Node, pem: Export, hostile_environment: Export) -> None:
    rest, data = ask(node, pem.options)
    assert data == []
    assert vars(rest)["_context"].cert_store_stats() == {"x509": 1, "crl": 0, "x509_ca": 1}


def test_no_password_is_sent_unasked(node: Node, pem: Export, hostile_environment: Export) -> None:
    ask(node, pem.options)
    (headers,) = node.received
    assert "Authorization" not in headers
    assert headers["Host"] == f"localhost:{node.port}"


def test_an_authority_of_the_environment_does_not_make_a_node_trusted(
    node: Node, pem: Export, hostile_environment: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", pem.root)
    monkeypatch.setenv("CURL_CA_BUNDLE", pem.root)
    with pytest.raises(RequestFailed) as caught:
        ask(node, {**pem.options, "ca_path": hostile_environment.root})
    assert caught.value.kind == "untrusted"
    assert node.received == []


def test_the_name_is_verified_though_the_address_is_another(node: Node, pem: Export) -> None:
    connection = Connection.from_options({**pem.options, "host_map": {"other": "127.0.0.1"}, "use_proxy": False})
    rest = Rest(connection, sleep=lambda _pause: None)
    with pytest.raises(RequestFailed) as caught:
        rest.send(Endpoint("other", node.port), Request("GET", "/qrs/about"))
    rest.close()
    assert caught.value.kind == "name_mismatch"
    assert "not issued to other. It is issued to localhost." in caught.value.reason
    assert node.received == []
