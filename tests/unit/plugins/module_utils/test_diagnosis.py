# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import socket
import ssl
from typing import Any

import pytest
import requests
import urllib3

from ansible_collections.qlikops.sense.plugins.module_utils._client import no_answer as no_answer_module
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection, Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.diagnosis import (
    LONGEST_QUOTE,
    explain_answer,
    explain_not_json,
)
from ansible_collections.qlikops.sense.plugins.module_utils._client.no_answer import causes_of, explain_no_answer
from ansible_collections.qlikops.sense.plugins.module_utils._errors import RequestFailed
from ansible_collections.qlikops.sense.tests.unit.plugins import builders
from ansible_collections.qlikops.sense.tests.unit.plugins.certificates import Export

REQUEST = "GET https://qlik1:4242/qrs/about"
NODE = Endpoint("qlik1", 4242)


def answer(status: int, words: str = "", location: str = "") -> RequestFailed:
    return explain_answer(REQUEST, status, words, location, "LAB\\anna")


def no_answer(error: Exception, **options: Any) -> RequestFailed:
    return explain_no_answer(REQUEST, error, NODE, builders.connection(**options))


@pytest.mark.parametrize(
    ("status", "words", "kind", "hint"),
    [
        (403, "XSRF prevention check failed. Possible XSRF discovered.", "xrfkey_refused", "header and in the query"),
        (403, "Your account is inactive. Contact your administrator", "user_inactive", "LAB\\anna is inactive"),
        (403, "", "forbidden", "LAB\\anna (api_user) lacks the rights"),
        (403, "Forbidden", "forbidden", "exported from the QMC of this very site"),
        (301, "", "redirect", "A login page answers"),
        (302, "", "redirect", "4243 (qps_port)"),
        (401, "", "login_wanted", "A virtual proxy answers"),
        (404, "No matching endpoint found", "not_found", "Is this the right service?"),
        (500, "", "server_error", "See its log on the node"),
        (503, "", "server_error", "has a problem"),
        (400, "Cannot parse the expression", "unexpected_status", ""),
        (418, "", "unexpected_status", ""),
    ],
)
def test_every_status_has_its_kind_and_hint(status: int, words: str, kind: str, hint: str) -> None:
    error = answer(status, words)
    assert (error.kind, error.status, error.request) == (kind, status, REQUEST)
    assert hint in error.hint
    assert error.reason.startswith(f"{REQUEST}: the response was {status}")
    assert words in error.reason
    assert not error.is_unreachable


def test_a_redirect_tells_where_it_leads() -> None:
    reason = answer(302, location="https://idp.example.com/login").reason
    assert reason == f"{REQUEST}: the response was 302 Found, which leads to https://idp.example.com/login."


def test_a_status_without_a_name() -> None:
    assert answer(599).reason == f"{REQUEST}: the response was 599."


def test_the_words_of_a_server_are_quoted_on_one_line_and_not_for_ever() -> None:
    error = answer(500, f"first\n\tline {'x' * 1000}")
    assert "first line xxx" in error.reason
    assert len(error.words) == LONGEST_QUOTE + 3
    assert error.words.endswith("...")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "<!DOCTYPE html><html><head><title>Sign\n in</title>",
            "the response is a web page titled 'Sign in', not JSON.",
        ),
        ("<HTML><body>hello", "the response is a web page, not JSON."),
        ("Ping successful.", "the response is not JSON: Ping successful."),
    ],
)
def test_what_is_no_json(text: str, reason: str) -> None:
    error = explain_not_json(REQUEST, 200, text)
    assert error.reason == f"{REQUEST}: {reason}"
    assert (error.kind, error.status) == ("not_json", 200)
    assert "login page" in error.hint


@pytest.mark.parametrize(("text", "length"), [('[{"SessionId": "abc"', 20), ("  {", 3)])
def test_json_that_breaks_off_is_no_login_page(text: str, length: int) -> None:
    error = explain_not_json(REQUEST, 200, text)
    assert error.reason == f"{REQUEST}: the response is JSON that is damaged or ends after {length} characters."
    assert (error.kind, error.status, error.words) == ("not_json", 200, "")
    assert "Try again" in error.hint
    assert "login page" not in error.hint


def wrapped(cause: BaseException) -> requests.exceptions.ConnectionError:
    """As requests and urllib3 wrap what the system says."""
    pool: Any = None
    return requests.exceptions.ConnectionError(urllib3.exceptions.MaxRetryError(pool, "/x?xrfkey=k", raised(cause)))


def raised(cause: BaseException) -> Exception:
    pool: Any = None
    error = urllib3.exceptions.NewConnectionError(pool, "words")
    error.__cause__ = cause
    return error


def tls(reason: str, number: int = 1) -> requests.exceptions.SSLError:
    error = ssl.SSLError(number, f"[SSL: {reason}] words (_ssl.c:1006)")
    error.reason = reason
    return requests.exceptions.SSLError(urllib3.exceptions.SSLError(error))


def certificate(words: str) -> requests.exceptions.SSLError:
    error = ssl.SSLCertVerificationError(1, f"certificate verify failed: {words}")
    error.verify_message = words
    return requests.exceptions.SSLError(urllib3.exceptions.SSLError(error))


POOL: Any = None


@pytest.mark.parametrize(
    ("error", "kind", "reason", "hint"),
    [
        (
            wrapped(socket.gaierror(-2, "Name or service not known")),
            "name_unknown",
            "the name qlik1 is not known here.",
            "host_map",
        ),
        (
            urllib3.exceptions.LocationParseError("qlik1, label empty or too long"),
            "name_unknown",
            "the name qlik1 is not known here.",
            "host_map",
        ),
        (UnicodeError("label too long"), "name_unknown", "the name qlik1 is not known here.", "host_map"),
        (
            requests.exceptions.ConnectTimeout(urllib3.exceptions.ConnectTimeoutError("timed out")),
            "timeout",
            "no answer within 30 seconds.",
            "timeout allows more seconds",
        ),
        (
            requests.exceptions.ReadTimeout(urllib3.exceptions.ReadTimeoutError(POOL, "/x", "timed out")),
            "timeout",
            "no answer within 30 seconds.",
            "firewall",
        ),
        (
            requests.exceptions.ConnectionError(urllib3.exceptions.ReadTimeoutError(POOL, "/x", "timed out")),
            "timeout",
            "no answer within 30 seconds.",
            "firewall",
        ),
        (
            requests.exceptions.ProxyError(
                urllib3.exceptions.ProxyError("Unable to connect to proxy", raised(socket.gaierror(-2, "not known")))
            ),
            "http_proxy",
            "the HTTP proxy of the environment could not be used (not known).",
            "use_proxy",
        ),
        (
            requests.exceptions.ProxyError(
                urllib3.exceptions.ProxyError("Unable", urllib3.exceptions.ConnectTimeoutError("timed out"))
            ),
            "http_proxy",
            "the HTTP proxy of the environment could not be used.",
            "no_proxy",
        ),
        (
            requests.exceptions.ProxyError(
                urllib3.exceptions.ProxyError("Unable", raised(ConnectionRefusedError(111, "refused")))
            ),
            "http_proxy",
            "the HTTP proxy of the environment could not be used (refused).",
            "no_proxy",
        ),
        (
            wrapped(ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")),
            "connection_refused",
            "nothing listens on port 4242 of qlik1.",
            "stopped or still starting",
        ),
        (
            wrapped(OSError(errno.EHOSTUNREACH, "No route to host")),
            "connection_lost",
            "the connection broke (No route to host).",
            "firewall",
        ),
        (
            requests.exceptions.ConnectionError(
                urllib3.exceptions.ProtocolError("aborted", ConnectionResetError(104, "Connection reset by peer"))
            ),
            "connection_lost",
            "the connection broke (Connection reset by peer).",
            "restarting",
        ),
        (
            requests.exceptions.ChunkedEncodingError(urllib3.exceptions.IncompleteRead(1, 2)),
            "connection_lost",
            "the connection broke (the other side closed it before the response was complete).",
            "restarting",
        ),
        (tls("WRONG_VERSION_NUMBER"), "not_tls", "port 4242 does not speak TLS.", "4243 (qps_port)"),
        (tls("HTTP_REQUEST"), "not_tls", "port 4242 does not speak TLS.", "users' port"),
        (tls("RECORD_LAYER_FAILURE"), "not_tls", "port 4242 does not speak TLS.", ""),
        (tls("PACKET_LENGTH_TOO_LONG"), "not_tls", "port 4242 does not speak TLS.", ""),
        (
            tls("TLSV13_ALERT_CERTIFICATE_REQUIRED"),
            "client_certificate_refused",
            "the node refused the client certificate during the TLS handshake (tlsv13 alert certificate required).",
            "QMC of this very site",
        ),
        (
            tls("TLSV1_ALERT_UNKNOWN_CA"),
            "client_certificate_refused",
            "the node refused the client certificate during the TLS handshake (tlsv1 alert unknown ca).",
            "still be valid",
        ),
        (
            tls("SSLV3_ALERT_HANDSHAKE_FAILURE"),
            "client_certificate_refused",
            "the node refused the client certificate during the TLS handshake (sslv3 alert handshake failure).",
            "client_cert",
        ),
        (
            tls("UNSUPPORTED_PROTOCOL"),
            "tls",
            "the TLS connection failed (unsupported protocol).",
            "TLS settings of the node's Windows",
        ),
        (
            certificate("certificate has expired"),
            "certificate_expired",
            "the node's certificate can't be used now: certificate has expired.",
            "clocks of both sides",
        ),
        (
            certificate("certificate is not yet valid"),
            "certificate_expired",
            "the node's certificate can't be used now: certificate is not yet valid.",
            "Renew",
        ),
        (
            certificate("unable to get local issuer certificate"),
            "untrusted",
            "the node's certificate is not signed by an authority that is trusted here"
            " (unable to get local issuer certificate).",
            "Give the root.pem exported from the QMC as ca_path.",
        ),
    ],
)
def test_no_answer(error: Exception, kind: str, reason: str, hint: str) -> None:
    failure = no_answer(error)
    assert failure.kind == kind
    assert failure.reason == f"{REQUEST}: {reason}"
    assert hint in failure.hint
    assert failure.status is None
    assert failure.is_unreachable
    assert "xrfkey=k" not in f"{failure} {failure.details()}"


def test_an_untrusted_certificate_with_a_root_given_asks_whether_it_is_the_right_one() -> None:
    failure = no_answer(certificate("self-signed certificate in certificate chain"), ca_path="/etc/qlik/root.pem")
    assert failure.kind == "untrusted"
    assert failure.hint.startswith("Does /etc/qlik/root.pem belong to this site?")


@pytest.mark.parametrize(
    "words",
    [
        "Hostname mismatch, certificate is not valid for 'qlik1'.",
        "IP address mismatch, certificate is not valid for '10.0.0.1'.",
    ],
)
@pytest.mark.parametrize(("names", "known"), [(["a.example", "b"], " It is issued to a.example, b."), ([], "")])
def test_a_certificate_of_another_name_tells_the_names_it_has(
    monkeypatch: pytest.MonkeyPatch, words: str, names: list[str], known: str
) -> None:
    monkeypatch.setattr(no_answer_module, "certificate_names", lambda *_place: names)
    failure = no_answer(certificate(words))
    assert failure.kind == "name_mismatch"
    assert failure.reason == f"{REQUEST}: the node's certificate is not issued to qlik1.{known}"
    assert "host_map" in failure.hint


def test_a_refused_connection_tells_the_address_that_was_tried() -> None:
    failure = no_answer(wrapped(ConnectionRefusedError(111, "refused")), host_map={"qlik1": "10.0.0.9"})
    assert "nothing listens on port 4242 of 10.0.0.9." in failure.reason


def test_causes_are_found_however_they_are_wrapped_and_circles_end() -> None:
    inner, middle, outer = ValueError("inner"), KeyError("middle"), OSError("outer")
    middle.__context__ = inner
    inner.__context__ = outer
    outer.args = (middle, "words")
    assert list(causes_of(outer)) == [outer, middle, inner]


def test_an_ssl_error_without_a_reason() -> None:
    failure = no_answer(requests.exceptions.SSLError(urllib3.exceptions.SSLError(ssl.SSLError("odd words"))))
    assert failure.kind == "tls"
    assert "odd words" in failure.reason


@pytest.mark.parametrize(
    ("words", "whose"),
    [
        ("EE certificate key too weak", "the node's certificate is"),
        (
            "CA certificate key too weak",
            "the certificate of the authority that signed the node's (/etc/qlik/root.pem) is",
        ),
        (
            "CA signature digest algorithm too weak",
            "the signature of the node's certificate, or of an authority above it (/etc/qlik/root.pem), is",
        ),
    ],
)
def test_a_weak_certificate_of_the_node(words: str, whose: str) -> None:
    failure = no_answer(certificate(words), ca_path="/etc/qlik/root.pem")
    assert failure.kind == "untrusted"
    assert failure.reason == f"{REQUEST}: {whose} too weak for OpenSSL here ({words})."
    for cure in ("2048 bits", "SHA-256", "security level", "export client_cert"):
        assert cure in failure.hint


@pytest.mark.parametrize("reason", ["EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK"])
def test_a_weak_certificate_met_in_another_place_of_the_handshake(reason: str) -> None:
    failure = no_answer(tls(reason))
    assert failure.kind == "untrusted"
    assert f"too weak for OpenSSL here ({reason.replace('_', ' ').lower()})." in failure.reason


def test_the_certificate_of_the_client_given_as_authority(pem: Export) -> None:
    failure = no_answer(certificate("unable to get local issuer certificate"), **{**pem.options, "ca_path": pem.client})
    assert failure.kind == "untrusted"
    assert f"not signed by the client's, which is all that ca_path ({pem.client}) holds" in failure.reason
    assert failure.hint == "Give the root.pem of the same export as ca_path."


@pytest.mark.skipif(
    getattr(ssl.create_default_context(), "security_level", 0) < 2, reason="OpenSSL takes weak keys here"
)
def test_a_node_whose_key_is_weak_in_openssls_own_words(pem: Export) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.set_ciphers("DEFAULT:@SECLEVEL=0")
    server.load_cert_chain(pem.weak, pem.weak_key)
    to_node, to_module = ssl.MemoryBIO(), ssl.MemoryBIO()
    node = server.wrap_bio(to_node, to_module, server_side=True)
    context = Connection.from_options(pem.options).tls_context()
    module = context.wrap_bio(to_module, to_node, server_hostname="localhost")
    for side in (module, node):
        with pytest.raises(ssl.SSLWantReadError):
            side.do_handshake()
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        module.do_handshake()
    failure = no_answer(caught.value)
    assert failure.reason == (
        f"{REQUEST}: the node's certificate is too weak for OpenSSL here (EE certificate key too weak)."
    )
