# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS: who is let in, who is refused where, and the flawed certificates that clients must refuse."""

from __future__ import annotations

import socket
import ssl

import pytest
import requests

from ansible_collections.qlikops.sense.tests.integration.simulated import Client, Control, SiteInfo, start_generated


def handshake(site_info: SiteInfo, listener: str, context: ssl.SSLContext, name: str | None = None) -> ssl.SSLSocket:
    node = site_info["nodes"][0]
    plain = socket.create_connection((node["address"], node[f"{listener}_port"]), timeout=10)
    return context.wrap_socket(plain, server_hostname=name or node["host_name"])


def trusting(site_info: SiteInfo) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(site_info["certificates"]["root"])
    return context


def test_without_a_good_certificate_the_service_refuses(site: SiteInfo, control: Control, names: None) -> None:
    for certificate in (None, "rogue_client"):
        client = Client(site, certificate)
        for answer in (client.qrs("/qrs/about"), client.qps("/qps/session")):
            assert (answer.status_code, answer.text) == (403, "Forbidden")
    assert {entry["peer"] for entry in control.journal()} == {None, "CN=QlikClient"}
    assert {entry["status"] for entry in control.journal()} == {403}


def test_any_certificate_of_the_site_is_good(site: SiteInfo, names: None) -> None:
    assert Client(site, "server").qps("/qps/session").status_code == 200


def test_encrypted_key(site: SiteInfo) -> None:
    paths = site["certificates"]
    context = trusting(site)
    context.load_cert_chain(paths["client"], paths["client_key_encrypted"], paths["client_key_password"])
    with handshake(site, "qps", context) as channel:
        channel.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"XSRF" in channel.makefile("rb").read(), "past the check of the certificate"
    with pytest.raises(ssl.SSLError):
        trusting(site).load_cert_chain(paths["client"], paths["client_key_encrypted"], "wrong")


def test_a_certificate_of_another_site_is_refused_by_tls(
    site: SiteInfo, names: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from ansible_collections.qlikops.sense.tests.integration import simulated

    state_dir = tmp_path_factory.mktemp("other") / "site"
    other = start_generated(state_dir, "--proxies", "1", "--sessions", "1")
    simulated.stop(state_dir)
    client = Client(site)
    client.http.cert = (other["certificates"]["client"], other["certificates"]["client_key"])
    with pytest.raises(requests.exceptions.ConnectionError):
        client.qps("/qps/session")


def test_required_client_certificates(site: SiteInfo, control: Control, names: None) -> None:
    control.switches(client_certificate="required")
    for certificate in (None, "rogue_client"):
        with pytest.raises(requests.exceptions.ConnectionError):
            Client(site, certificate).qps("/qps/session")
    client = Client(site)
    assert client.qps("/qps/session").status_code == client.qrs("/qrs/about").status_code == 200
    assert len(control.sessions()) == 60, "opening the listeners anew costs no session"
    control.switches(client_certificate="optional")
    assert Client(site, None).qps("/qps/session").status_code == 403


@pytest.mark.parametrize(("setting", "versions"), [("1.2", {"TLSv1.2"}), ("1.3", {"TLSv1.3"}), ("both", None)])
def test_versions(site: SiteInfo, control: Control, setting: str, versions: set[str] | None) -> None:
    control.switches(tls=setting)
    spoken = set()
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = trusting(site)
        context.minimum_version = context.maximum_version = version
        try:
            with handshake(site, "qrs", context) as channel:
                spoken.add(channel.version())
        except ssl.SSLError:
            continue
    assert spoken == (versions or {"TLSv1.2", "TLSv1.3"})


def test_names(site: SiteInfo) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for 'qlik2\.example\.com'"):
        handshake(site, "qrs", trusting(site), "qlik2.example.com")


def test_strict_verification_misses_the_key_usage_as_with_real_roots(site: SiteInfo) -> None:
    context = trusting(site)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with pytest.raises(ssl.SSLCertVerificationError, match="key usage"):
        handshake(site, "qrs", context)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("expired_certificate", "certificate has expired"),
        ("wrong_name_certificate", "Hostname mismatch, certificate is not valid for 'qlik1"),
        ("rogue_certificate", "certificate verify failed: (self-signed|unable to get local issuer)"),
        ("weak_certificate", "EE certificate key too weak"),
    ],
)
def test_flawed_server_certificates(site: SiteInfo, control: Control, kind: str, words: str) -> None:
    control.fault(kind, listener="qps", node="Central", times=1)
    handshake(site, "qrs", trusting(site)).close()
    with pytest.raises(ssl.SSLCertVerificationError, match=words):
        handshake(site, "qps", trusting(site))
    handshake(site, "qps", trusting(site)).close()
    assert control.counters()["by_listener"]["qps"]["handshakes"] == 2


def test_the_user_port_asks_for_no_certificate(site: SiteInfo) -> None:
    with handshake(site, "user", trusting(site)) as channel:
        channel.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert channel.recv(12) == b"HTTP/1.1 302"
