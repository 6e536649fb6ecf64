# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control interface: what it records, what it spoils, what it refuses."""

from __future__ import annotations

import concurrent.futures
import re
import time
from typing import Any

import pytest
import requests

from ansible_collections.qlikops.sense.tests.integration.simulated import Client, Control, SiteInfo


def test_pages_of_other_origins_are_refused(site: SiteInfo, control: Control) -> None:
    own = site["control"]
    port = own.rpartition(":")[2]
    before = control.sessions()
    refused: list[dict[str, str]] = [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://localhost:{int(port) - 1}"},
        {"Origin": f"http://evil.example:{port}", "Host": f"evil.example:{port}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": own, "Sec-Fetch-Site": "cross-site"},
    ]
    for headers in refused:
        for method, path in (("DELETE", "/sessions"), ("POST", "/reset"), ("GET", "/journal"), ("GET", "/nothing")):
            answer = requests.request(method, own + path, headers=headers, timeout=10)
            assert answer.status_code == 403, (headers, path)
            assert "another origin" in answer.json()["error"]
    assert control.sessions() == before
    for headers in ({}, {"Origin": own, "Sec-Fetch-Site": "same-origin"}, {"Origin": f"http://localhost:{port}"}):
        assert requests.get(f"{own}/switches", headers=headers, timeout=10).status_code == 200


def test_journal(site: SiteInfo, client: Client, control: Control) -> None:
    client.qrs("/qrs/user/count", filter="userId eq 'a b'")
    client.qps("/qps/session", "Node2")
    client.qps("/qps/session/nothing", "Node2", "DELETE")
    first, second, third = control.journal()
    key = str(client.http.headers["X-Qlik-Xrfkey"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first["time"])
    assert first["path"] == "/qrs/user/count?xrfkey=&filter=userId+eq+%27a+b%27"
    assert first["query_keys"] == ["xrfkey", "filter"]
    assert (first["listener"], first["node"], first["method"], first["status"]) == ("qrs", "Central", "GET", 200)
    assert (second["listener"], second["node"], second["peer"]) == ("qps", "Node2", "CN=QlikClient")
    assert (third["method"], third["status"]) == ("DELETE", 404)
    assert second["connection"] == third["connection"] != first["connection"], "kept alive"
    assert control.journal(since=second["seq"]) == [third]
    assert control.writes() == [third]
    assert key not in str(control.journal())
    control.clear_journal()
    assert control.journal() == []
    client.qps("/qps/session", "Node2")
    assert control.journal()[0]["seq"] == third["seq"] + 1


def test_counters(client: Client, control: Control) -> None:
    client.qrs("/qrs/about")
    client.qps("/qps/session")
    client.qps("/qps/session/nothing", method="DELETE")
    client.call("user", "POST", "/login", data={"user": ""})
    client.qps("/qps/session", "Node2")
    counters = control.counters()
    assert (counters["requests"], counters["writes"], counters["max_in_flight"]) == (5, 1, 1)
    assert counters["handshakes"] == counters["connections"] == 4
    assert counters["by_listener"]["qps"]["requests"] == 3
    assert counters["by_node"]["Node2"] == {
        **dict.fromkeys(("requests", "handshakes", "connections", "max_in_flight"), 1),
        "writes": 0,
    }
    control.clear_journal()
    assert control.counters()["requests"] == 0


def test_most_in_flight_and_latency(site: SiteInfo, control: Control, names: None) -> None:
    control.latency(1000)
    control.latency(0, node="Node2")

    def ask(node: str) -> float:
        client, begin = Client(site), time.monotonic()
        assert client.qps("/qps/session", node).status_code == 200
        return time.monotonic() - begin

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        slow = list(pool.map(ask, ["Central"] * 4))
    assert min(slow) >= 1
    assert ask("Node2") < 1
    counters = control.counters()
    assert counters["max_in_flight"] == counters["by_node"]["Central"]["max_in_flight"] == 4
    assert counters["by_node"]["Node2"]["max_in_flight"] == 1
    control.latency(0)
    assert ask("Central") < 1


def test_fault_status_and_its_limits(client: Client, control: Control) -> None:
    number = control.fault(
        "status",
        status=503,
        body="later",
        headers={"Retry-After": "1"},
        path="sales/session",
        method="get",
        listener="qps",
        node="Node2",
        times=2,
    )
    assert client.qps("/qps/session", "Node2").status_code == 200
    assert client.qps("/qps/sales/session", "Central").status_code == 200
    assert client.qps("/qps/sales/session/x", "Node2", "DELETE").status_code == 404
    spoilt = client.qps("/qps/sales/session", "Node2")
    assert (spoilt.status_code, spoilt.text, spoilt.headers["Retry-After"]) == (503, "later", "1")
    assert control.faults()[0]["times"] == 1
    assert client.qps("/qps/sales/session", "Node2").status_code == 503
    assert client.qps("/qps/sales/session", "Node2").status_code == 200
    assert control.faults() == []
    assert control.fault("cut") == number + 1
    control.clear_faults(number + 1)
    assert client.qps("/qps/session").status_code == 200


def test_faults_of_the_answer(client: Client, control: Control) -> None:
    control.fault("html", times=1)
    control.fault("garbage", times=1)
    control.fault("redirect", times=1, location="/elsewhere")
    page, garbage, redirect = (client.qps("/qps/session") for _number in range(3))
    assert (page.status_code, page.headers["Content-Type"][:9]) == (200, "text/html")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        garbage.json()
    assert (redirect.status_code, redirect.headers["Location"]) == (302, "/elsewhere")


def test_faults_of_the_connection(client: Client, control: Control) -> None:
    control.fault("cut", times=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        client.qps("/qps/session")
    control.fault("half", times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.qps("/qps/session")
    control.fault("hang", times=1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.qps("/qps/session", timeout=0.3)
    assert [entry["status"] for entry in control.journal()] == [None, None, None]
    control.fault("slow", times=1, seconds=0.3)
    begin = time.monotonic()
    assert client.qps("/qps/session").status_code == 200
    assert time.monotonic() - begin >= 0.3
    counters = control.counters()
    assert (counters["requests"], counters["max_in_flight"]) == (4, 1), "who gave up is in flight no longer"


def test_log_in_and_clock(control: Control) -> None:
    (first, second) = control.login("lab\\mei", "Node2", "partner/emea", count=2, attributes=[{"group": "A"}])
    sessions = control.sessions("LAB\\mei", node="Node2")
    assert {session["session_id"] for session in sessions} == {first, second}
    before = control.call("GET", "/clock")["time"]
    assert control.advance(60) > before
    assert control.login("LAB\\mei", "Node2", session_id="mine") == ["mine"]
    assert control.sessions("LAB\\mei", virtual_proxy="")[0]["created"] > sessions[0]["created"]


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("POST", "/sessions", None, "the body is a JSON object"),
        ("POST", "/sessions", {"user": "LAB\\a"}, "user, node and virtual_proxy are needed"),
        ("POST", "/sessions", {"user": "a", "node": "Central", "virtual_proxy": ""}, "a user is written DIRECTORY"),
        ("POST", "/sessions", {"user": "L\\a", "node": "X", "virtual_proxy": ""}, "no node 'X'; there are 'Central'"),
        ("POST", "/sessions", {"user": "L\\a", "node": "Engine1", "virtual_proxy": ""}, "has no proxy"),
        ("POST", "/sessions", {"user": "L\\a", "node": "Central", "virtual_proxy": "x"}, "does not serve 'x'"),
        ("POST", "/sessions", {"user": "L\\a", "node": "Central", "virtual_proxy": "", "count": "1"}, "type int"),
        ("POST", "/sessions", {"usr": "L\\a"}, "unknown key 'usr'; there are user"),
        ("POST", "/faults", {"kind": "fire"}, "kind is one of status, cut"),
        ("POST", "/faults", {"kind": "cut", "seconds": 1}, "a fault of the kind cut has no seconds"),
        ("POST", "/faults", {"kind": "cut", "path": "("}, "path is a regular expression"),
        ("POST", "/faults", {"kind": "cut", "listener": "qrz"}, "listener is one of"),
        ("POST", "/faults", {"kind": "cut", "node": "X"}, "no node 'X'"),
        ("POST", "/faults", {"kind": "cut", "times": 0}, "times is a whole number"),
        ("POST", "/faults", {"kind": "status", "status": 99}, "status is a number"),
        ("POST", "/faults", {"kind": "status", "headers": {"a": 1}}, "headers is a mapping"),
        ("PUT", "/latency", {"milliseconds": -1}, "milliseconds is a number"),
        ("PUT", "/latency", {"milliseconds": 1, "listener": "qrz"}, "listener is one of"),
        ("POST", "/clock", {"advance_seconds": -1}, "advance_seconds is a number"),
        ("POST", "/clock", {"advance_seconds": True}, "not of the type float"),
        ("POST", "/proxies/Central", {"action": "pause"}, "action is one of"),
        ("POST", "/proxies/Engine1", {"action": "stop"}, "has no proxy"),
        ("PUT", "/switches", {"tls": "1.1"}, "switch tls is one of"),
        ("PUT", "/single_sign_on", {"users": ["anna"]}, "a user is written"),
        ("GET", "/journal?since=x", None, "invalid literal"),
    ],
)
def test_what_is_refused(control: Control, method: str, path: str, body: Any, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        control.call(method, path, body)
    assert len(control.sessions()) == 60


def test_reset(site: SiteInfo, client: Client, control: Control) -> None:
    control.end_all()
    control.user("LAB\\anna", inactive=True)
    control.switches(tls="1.2", unknown_prefix="empty")
    control.fault("cut")
    control.proxy("Node2", "kill")
    control.proxy("Central", "restart", closed_seconds=0.2, starting_seconds=60)
    control.reset()
    assert len(control.sessions()) == 60
    assert control.status()["proxies"] == {"Central": "running", "Node2": "running"}
    assert (control.switches()["tls"], control.switches()["unknown_prefix"]) == ("both", "not_found")
    assert client.qrs("/qrs/user/count", filter="inactive eq True").json() == {"value": 2}
    assert client.qps("/qps/alive", "Node2").json() == {"value": True}
    time.sleep(0.3)
    assert control.status()["proxies"]["Central"] == "running", "the restart under way was called off"


def test_status_is_the_site_info(site: SiteInfo, control: Control) -> None:
    status = control.status()
    assert {key: status[key] for key in site} == site
