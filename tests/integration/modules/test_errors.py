# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that can go wrong on the way to QRS has words that help: what happened, what was asked, what to change."""

from __future__ import annotations

import re
import ssl
import time
import urllib.parse
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules import servers
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules, Run

XSRF = "XSRF prevention check failed. Possible XSRF discovered."


def assert_fails(run: Run, kind: str, says: str, hint: str) -> None:
    """The failure is of this kind; ``says`` and ``hint`` are expressions that its two sentences match."""
    failure = run.failure
    assert failure["kind"] == kind, run.message
    assert re.search(says, failure["reason"]), failure["reason"]
    assert re.search(hint, failure["hint"]), failure["hint"]
    assert failure["reason"] in run.message
    assert failure["hint"] in run.message
    assert run.result.get("changed", False) is False


def assert_request_shown(run: Run, host: str, port: int) -> None:
    """The request that failed is named, without the key it carried."""
    shown = rf"GET https://{re.escape(host)}:{port}/qrs/(virtualproxyconfig/full|proxyservice/full\?filter=[^&?]*)"
    assert re.fullmatch(shown, run.failure["request"]), run.failure["request"]
    assert run.failure["reason"].startswith(run.failure["request"])


def qrs_fails(modules: Modules, kind: str, says: str, hint: str, **options: Any) -> Run:
    """Run the list; QRS of the central node fails so. What was asked is named."""
    run = modules.info(**options)
    assert_fails(run, kind, says, hint)
    asked: dict[str, Any] = {**modules.connection(), **options}
    assert_request_shown(run, asked["host"], asked["qrs_port"])
    return run


def rogue(site_info: simulated.SiteInfo) -> dict[str, str]:
    """A client certificate of another site."""
    return {
        "client_cert": site_info["certificates"]["rogue_client"],
        "client_key": site_info["certificates"]["rogue_client_key"],
    }


# Certificates


def test_a_client_certificate_of_another_site_is_refused(modules: Modules) -> None:
    run = qrs_fails(
        modules, "forbidden", "403 Forbidden", "client_cert .*exported from the QMC", **rogue(modules.site_info)
    )
    assert run.failure["status"] == 403
    assert run.failure["words"] == "Forbidden"
    assert "api_user" in run.failure["hint"]


def test_a_client_certificate_is_refused_without_a_word(modules: Modules) -> None:
    with servers.cutting(servers.TLS_RECORD) as port:
        run = modules.info(qrs_port=port)
    assert run.failure["kind"] in ("tls", "connection_lost")
    assert re.search("refuses client_cert .*must be exported from", run.failure["hint"]), run.failure["hint"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_a_client_certificate_is_refused_by_tls(modules: Modules, version: ssl.TLSVersion) -> None:
    with servers.demanding(modules.site_info, version) as port:
        run = modules.info(qrs_port=port, **rogue(modules.site_info))
    assert run.failure["kind"] == "client_certificate_refused"
    assert "refused the client certificate during the TLS handshake" in run.failure["reason"]
    assert re.search("client_cert .*exported from the QMC", run.failure["hint"]), run.failure["hint"]
    assert run.failure["status"] is None


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_the_site_demands_a_certificate_of_its_own(modules: Modules, tls: str) -> None:
    modules.control.switches(client_certificate="required", tls=tls)
    run = modules.info(**rogue(modules.site_info))
    assert run.failure["kind"] in ("client_certificate_refused", "tls", "connection_lost")
    assert re.search("client_cert.* must be exported from", run.failure["hint"]), run.failure["hint"]


def test_the_node_belongs_to_another_site(modules: Modules) -> None:
    other = modules.site_info["certificates"]["rogue_root"]
    qrs_fails(modules, "untrusted", "not signed by an authority", f"Does {re.escape(other)} belong", ca_path=other)


def test_the_root_is_not_given(modules: Modules) -> None:
    qrs_fails(modules, "untrusted", "not signed by an authority", r"root\.pem .*as ca_path", ca_path=None)


def test_bundles_of_the_environment_are_not_trusted(modules: Modules) -> None:
    bundle = modules.site_info["certificates"]["root"]
    qrs_fails(
        modules,
        "untrusted",
        "not signed by an authority",
        "belong to this site",
        ca_path=modules.site_info["certificates"]["rogue_root"],
        environment={"REQUESTS_CA_BUNDLE": bundle, "CURL_CA_BUNDLE": bundle},
    )


def test_the_node_shows_a_rogue_certificate(modules: Modules) -> None:
    modules.control.fault("rogue_certificate", listener="qrs")
    qrs_fails(modules, "untrusted", "not signed by an authority", "ca_path|root.pem")


def test_the_node_is_asked_by_another_name(modules: Modules) -> None:
    qrs_fails(
        modules,
        "name_mismatch",
        r"not issued to qlik\.example\.com\. It is issued to qlik1\.example\.com\.",
        "host_map",
        host="qlik.example.com",
        host_map={"qlik.example.com": "127.0.0.1"},
    )


def test_the_node_is_asked_by_its_address(modules: Modules) -> None:
    qrs_fails(
        modules,
        "name_mismatch",
        r"not issued to 127\.0\.0\.1\. It is issued to qlik1\.example\.com\.",
        "host_map",
        host="127.0.0.1",
        host_map=None,
    )


def test_the_node_has_the_certificate_of_another_node(modules: Modules) -> None:
    modules.control.fault("wrong_name_certificate", listener="qrs")
    run = qrs_fails(modules, "name_mismatch", r"not issued to qlik1\.example\.com\. It is issued to ", "host_map")
    assert "issued to qlik1.example.com," not in run.failure["reason"].split("It is")[1]


def test_the_certificate_of_the_node_has_expired(modules: Modules) -> None:
    modules.control.fault("expired_certificate", listener="qrs")
    qrs_fails(modules, "certificate_expired", "expired", "Renew the node's certificate")


@pytest.mark.parametrize("flaw", ["", "rogue_certificate", "expired_certificate", "wrong_name_certificate"])
def test_validation_can_be_switched_off_and_warns(modules: Modules, flaw: str) -> None:
    if flaw:
        modules.control.fault(flaw)
    run = modules.info(ca_path=None, validate_certs=False)
    assert not run.failed, run.message
    assert len(run.sessions) == len(modules.session_ids())
    assert any("validate_certs is false" in str(warning) for warning in run.result["warnings"])


# Addresses and ports


def test_nothing_listens_on_the_port(modules: Modules) -> None:
    port = servers.closed_port()
    qrs_fails(
        modules, "connection_refused", f"nothing listens on port {port} of 127.0.0.1", "4242 .qrs_port.", qrs_port=port
    )


def test_the_port_is_that_of_the_proxy_service(modules: Modules) -> None:
    port = modules.site_info["nodes"][0]["qps_port"]
    run = qrs_fails(modules, "not_found", "404 Not Found", "4242 .qrs_port.*4243 .qps_port.", qrs_port=port)
    assert run.failure["words"] == "No matching endpoint found"


def test_the_port_is_the_users_port(modules: Modules) -> None:
    port = modules.site_info["nodes"][0]["user_port"]
    run = qrs_fails(modules, "redirect", "302 Found, which leads to /login", "443 is the users' port", qrs_port=port)
    assert "login page" in run.failure["hint"]


def test_the_port_speaks_no_tls(modules: Modules) -> None:
    port = urllib.parse.urlsplit(modules.site_info["control"]).port
    assert port
    qrs_fails(modules, "not_tls", f"port {port} does not speak TLS", "4242 .qrs_port.", qrs_port=port)


def test_the_name_of_the_node_is_not_known_here(modules: Modules) -> None:
    qrs_fails(modules, "name_unknown", r"qlik1\.invalid is not known here", "host_map", host="qlik1.invalid")


def test_the_http_proxy_is_not_there(modules: Modules) -> None:
    environment = {"HTTPS_PROXY": f"http://127.0.0.1:{servers.closed_port()}", "NO_PROXY": ""}
    qrs_fails(modules, "http_proxy", "HTTP proxy of the environment", "use_proxy to false", environment=environment)
    assert not modules.info(environment=environment, use_proxy=False).failed


# Users


def test_the_user_may_not_read_the_repository(modules: Modules) -> None:
    run = modules.info(api_user="LAB\\anna")
    assert_fails(run, "no_proxies", r"QRS on qlik1\.example\.com:\d+ shows no proxy service to LAB\\anna", "api_user")


def test_the_user_is_inactive(modules: Modules) -> None:
    run = qrs_fails(
        modules,
        "user_inactive",
        "Your account is inactive",
        r"LAB\\stefan is inactive.*api_user",
        api_user="LAB\\stefan",
    )
    assert run.failure["status"] == 403


# Answers that are none


def test_the_xrfkey_is_refused(modules: Modules) -> None:
    modules.control.fault("status", listener="qrs", status=403, body=XSRF)
    run = qrs_fails(modules, "xrfkey_refused", "403 Forbidden", "xrfkey was sent as a header and in the query")
    assert run.failure["words"] == XSRF


def test_a_web_page_instead_of_json(modules: Modules) -> None:
    modules.control.fault("html", listener="qrs")
    run = qrs_fails(modules, "not_json", "a web page titled 'Log in', not JSON", "login page or a gateway")
    assert run.failure["status"] == 200


def test_garbage_instead_of_json(modules: Modules) -> None:
    modules.control.fault("garbage", listener="qrs")
    qrs_fails(modules, "not_json", "JSON that is damaged", "see the log of the service")


def test_words_instead_of_json(modules: Modules) -> None:
    modules.control.fault("status", listener="qrs", status=200, body="Ping successful.")
    qrs_fails(modules, "not_json", r"not JSON: Ping successful\.", "Something other than the Qlik service")


@pytest.mark.parametrize("body", ['{"value": 1}', '["a"]', "null", '"text"', ""])
def test_json_of_another_shape(modules: Modules, body: str) -> None:
    modules.control.fault("status", listener="qrs", status=200, body=body)
    assert_fails(
        modules.info(), "unexpected_answer", "GET https://.*/qrs/.*a list of objects was expected", "host and port"
    )


def test_a_redirect_to_a_login_page(modules: Modules) -> None:
    modules.control.fault("redirect", listener="qrs", location="https://login.example.com/?to=hub")
    run = qrs_fails(modules, "redirect", "302 Found, which leads to https://login.example.com/", "4242 .qrs_port.")
    assert run.failure["status"] == 302


@pytest.mark.parametrize(
    ("status", "kind", "hint"),
    [
        (401, "login_wanted", "virtual proxy answers"),
        (404, "not_found", "4242"),
        (400, "unexpected_status", ""),
        (500, "server_error", "log on the node"),
    ],
)
def test_a_status_that_nobody_wanted(modules: Modules, status: int, kind: str, hint: str) -> None:
    modules.control.fault("status", listener="qrs", status=status, body="Some words of the server")
    run = qrs_fails(modules, kind, f"the response was {status} .*with the words: Some words of the server", hint)
    assert (run.failure["status"], run.failure["words"]) == (status, "Some words of the server")


def test_long_words_of_a_server_are_cut(modules: Modules) -> None:
    modules.control.fault("status", listener="qrs", status=500, body="words " * 1000)
    run = modules.info()
    assert re.search(r"words: (words )+(w|wo|wor|word|words)?\.\.\.", run.message)
    assert len(run.message) < 1000


# Answers that are late, lost or cut


def test_half_an_answer_is_asked_for_again(modules: Modules) -> None:
    modules.control.fault("half", listener="qrs", times=1)
    run = modules.info(retries=1)
    assert not run.failed
    assert modules.control.faults() == []
    assert len(run.sessions) == len(modules.session_ids())


@pytest.mark.parametrize("fault", ["half", "cut"])
def test_a_connection_that_always_breaks(modules: Modules, fault: str) -> None:
    modules.control.fault(fault, listener="qrs")
    qrs_fails(
        modules, "connection_lost", "the connection broke", "restarting, or a firewall", retries=1, max_parallel=1
    )
    assert len(modules.control.journal(listener="qrs")) == 2


@pytest.mark.parametrize("listener", ["qrs", "qps"])
def test_a_cut_connection_is_tried_as_often_as_allowed(modules: Modules, listener: str) -> None:
    modules.control.fault("cut", listener=listener, times=2)
    assert not modules.info(retries=2, max_parallel=1).failed
    assert len(modules.control.journal(listener=listener, status=None)) == 2


def test_a_busy_service_is_asked_again_when_it_says(modules: Modules) -> None:
    modules.control.fault("status", listener="qrs", status=503, headers={"Retry-After": "1"}, times=1)
    began = time.monotonic()
    run = modules.info(retries=1, max_parallel=1)
    assert not run.failed
    assert time.monotonic() - began >= 1
    refused, repeated = modules.control.journal(listener="qrs")[:2]
    assert (refused["status"], repeated["status"]) == (503, 200)
    assert refused["path"] == repeated["path"]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_service_that_stays_busy(modules: Modules, status: int) -> None:
    modules.control.fault("status", listener="qrs", status=status, body="busy", headers={"Retry-After": "0"})
    qrs_fails(modules, "server_error", f"{status} .*busy", "log on the node", retries=2, max_parallel=1)
    assert len(modules.control.journal(listener="qrs", status=status)) == 3


@pytest.mark.parametrize("status", [500, 403, 404])
def test_a_definite_answer_is_not_asked_for_again(modules: Modules, status: int) -> None:
    modules.control.fault("status", listener="qrs", status=status)
    assert modules.info(retries=2, max_parallel=1).failed
    assert len(modules.control.journal(listener="qrs")) == 1


def test_no_answer_in_time(modules: Modules) -> None:
    modules.control.fault("hang", listener="qrs")
    words = "no answer within 1 seconds", "timeout allows more"
    qrs_fails(modules, "timeout", *words, timeout=1, retries=2, max_parallel=1)
    assert len(modules.control.journal(listener="qrs")) == 1  # a time-out is not followed by another try


def test_an_answer_that_only_trickles_is_over_with_the_time(modules: Modules) -> None:
    modules.control.fault("trickle", listener="qrs", seconds=0.2)
    began = time.monotonic()
    qrs_fails(modules, "timeout", "began, but was not complete within 1 seconds", "allows more", timeout=1)
    assert time.monotonic() - began < 4


# Secrets


@pytest.mark.parametrize("status", [200, 302, 400, 403, 500])
def test_a_server_that_repeats_the_xrfkey_does_not_make_it_known(modules: Modules, status: int) -> None:
    with servers.repeating(modules.site_info, status) as server:
        run = modules.info(qrs_port=server.server_address[1])
    assert run.failed
    assert "You asked for" in run.message
    assert server.seen
    assert all(len(key) == 16 and key not in run.output for key in server.seen)


def test_every_run_has_an_xrfkey_of_its_own(modules: Modules) -> None:
    with servers.repeating(modules.site_info, 400) as server:
        for _run in range(2):
            modules.info(qrs_port=server.server_address[1])
    assert len(set(server.seen)) == 2
