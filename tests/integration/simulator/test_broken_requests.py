# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client may send by mistake is refused, and spoils nothing for those who come after."""

from __future__ import annotations

import socket
import ssl

import pytest

from ansible_collections.qlikops.sense.tests.integration.simulated import Client, Control, SiteInfo

KEY = "0123456789abcdef"
SESSION = b'{"UserDirectory": "LAB", "UserId": "zoe"}'


def speak(site: SiteInfo, listener: str, *parts: bytes, certificate: bool = True) -> list[bytes]:
    """Send each part, byte for byte, once the part before it is answered; what came back to each."""
    node, paths = site["nodes"][0], site["certificates"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(paths["root"])
    if certificate:
        context.load_cert_chain(paths["client"], paths["client_key"])
    plain = socket.create_connection((node["address"], node[f"{listener}_port"]), timeout=10)
    with context.wrap_socket(plain, server_hostname=node["host_name"]) as channel:
        answers = []
        for part in parts:
            channel.sendall(part)
            answers.append(channel.recv(65536))
        return answers


def head(path: str, *headers: str) -> bytes:
    lines = [f"POST {path}?xrfkey={KEY} HTTP/1.1", "Host: qlik1.example.com", f"X-Qlik-Xrfkey: {KEY}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def test_who_asks_leave_to_send_a_body_is_told_to_go_on(site: SiteInfo, control: Control) -> None:
    leave, answer = speak(
        site, "qps", head("/qps/session", "Expect: 100-continue", f"Content-Length: {len(SESSION)}"), SESSION
    )
    assert leave == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert len(control.sessions("LAB\\zoe")) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"UserDirectory": "LAB", "UserId": "\\ud800"}', 400),
        (b'{"UserDirectory": "LAB", "UserId": "\xff"}', 400),
        (b"[" * 100_000, 400),
        (b'{"UserDirectory": "LAB", "UserId": "' + b"z" * 2_000_000 + b'"}', 413),
    ],
    ids=["half a character", "no UTF-8", "nested too deep", "too large"],
)
def test_bodies_that_cannot_be(client: Client, control: Control, body: bytes, status: int) -> None:
    refused = client.qps("/qps/session", method="POST", data=body)
    assert refused.status_code == status
    assert refused.headers["Content-Type"].startswith("text/plain")
    user = {"X-Qlik-User": "UserDirectory=INTERNAL; UserId=sa_api"}
    banner = client.call("qrs", "POST", "/qrs/custombannermessage", data=body, headers=user)
    assert banner.status_code == status
    assert client.qps("/qps/session").status_code == 200
    assert len(control.sessions()) == 60


def test_a_body_that_is_not_encoded_as_it_says(client: Client) -> None:
    refused = client.qps("/qps/session", method="POST", data=SESSION, headers={"Content-Encoding": "gzip"})
    assert (refused.status_code, refused.headers["Connection"]) == (400, "close")
    assert client.qps("/qps/session").status_code == 200


def test_headers_in_latin_1_name_the_user_they_mean(site: SiteInfo, client: Client, control: Control) -> None:
    request = "GET /sales/hub HTTP/1.1\r\nHost: qlik1.example.com\r\nX-User: zoë\r\n\r\n".encode("latin-1")
    (answer,) = speak(site, "user", request, certificate=False)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert len(control.sessions("LAB\\zoë")) == 1
    assert "zoë" in {session["UserId"] for session in client.qps("/qps/sales/session").json()}


def test_the_control_interface_refuses_half_a_character(control: Control) -> None:
    with pytest.raises(ValueError, match="surrogates"):
        control.login("LAB\\\ud800", "Central")
    assert len(control.sessions()) == 60
