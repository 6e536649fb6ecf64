# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module qlik_restart_info: what it makes of a site, of a balancer's words, and of its options."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.modules import qlik_restart_info
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import FakeRest, failed_with, unreachable
from ansible_collections.qlikops.sense.tests.unit.plugins.running import (
    CENTRAL,
    CONNECTION,
    NODE2,
    Result,
    install,
    run,
    site_answers,
    struct,
)


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """central.example.com is 192.0.2.1 and node2.example.com 192.0.2.2; no other name is known."""
    known = {"central.example.com": "192.0.2.1", "node2.example.com": "192.0.2.2"}

    def getaddrinfo(host: str, *_rest: Any, **_options: Any) -> Any:
        if host not in known:
            raise socket.gaierror("unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known[host], 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def ask(
    monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any] | None = None, **options: Any
) -> tuple[Result, FakeRest]:
    rest = install(monkeypatch, answers or site_answers())
    given = {**CONNECTION, "max_parallel": 1, "node": "Node2", **options}
    return run(monkeypatch, qlik_restart_info.main, **given), rest


def server(name: str, address: str, **fields: Any) -> dict[str, Any]:
    usual = {"backend": "qlik", "state": "ready", "health": "running", "weight": 1, "port": 443}
    return {**usual, "name": name, "address": address, **fields}


def haproxy(state: str = "ready", **other: Any) -> dict[str, Any]:
    first = {**server("central", "192.0.2.1"), **other}
    servers = [first, server("q2", "192.0.2.2", state=state)]
    return {"state": state, "servers": servers, "elsewhere": []}


def keys(result: Result) -> list[str]:
    return [reason["key"] for reason in result["reasons"]]


def test_a_rim_node_may_be_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    result, rest = ask(monkeypatch, balancer=[haproxy()], server="q2")
    assert (result["allowed"], result["reasons"], result["out"], result["uncovered"]) == (True, [], [], [])
    assert (result["node"]["name"], result["node"]["alive"], result["node"]["central"]) == ("Node2", True, False)
    assert all(place.startswith("GET ") for place in rest.asked)
    assert result["changed"] is False


def test_all_reasons_are_told_at_once_and_none_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {**site_answers(), f"GET {NODE2}/qps/alive": unreachable()}
    result, _rest = ask(monkeypatch, answers, node="Central", balancer=[haproxy()], server="central")
    assert result["allowed"] is False
    assert "failed" not in result
    assert keys(result) == ["central", "others_out", "outage"]
    assert [reason["accepted_by"] for reason in result["reasons"]] == [
        "accept_central",
        "accept_others_out",
        "accept_outage",
    ]
    accepted = {"accept_central": True, "accept_others_out": ["node2"], "accept_outage": True}
    lenient, _rest = ask(monkeypatch, answers, node="Central", balancer=[haproxy()], server="central", **accepted)
    assert lenient["allowed"] is True
    assert lenient["out"] == result["out"]


@pytest.mark.parametrize(
    ("balancer", "options", "expected"),
    [
        ([haproxy()], {}, []),  # the server is named as the node
        ([haproxy()], {"server": "central"}, ["wrong_server"]),
        ([haproxy(address="192.0.2.9")], {}, []),  # by its name, where its address is nobody's
        ([haproxy(address="192.0.2.9", name="c")], {}, ["outage"]),
        ([haproxy(weight=0)], {}, ["others_out", "outage"]),
        ([haproxy(weight=True)], {}, ["others_out", "outage"]),
        ([haproxy(health=None)], {}, ["others_out", "outage"]),
        ([haproxy(), haproxy(state="drain")], {"step": "cordoned"}, ["not_out"]),
        ([haproxy("drain"), haproxy("drain")], {"step": "cordoned"}, []),
        ([haproxy("drain")], {}, ["drained"]),
        ([haproxy("drain")], {"drained_by_us": True}, []),
        ([haproxy("drain")], {"accept_drained": True}, []),
        ([{"state": "odd"}], {}, ["unknown_state"]),
        ([{"state": "ready"}], {}, []),
        ([{"state": "ready", "others_out": ["central"]}], {}, ["others_out", "outage"]),
        (None, {}, []),
        ([], {}, ["unknown_state"]),
    ],
)
def test_what_balancers_say(
    monkeypatch: pytest.MonkeyPatch, balancer: Any, options: dict[str, Any], expected: list[str]
) -> None:
    if balancer and "server" not in options and len(balancer[0].get("servers", [])) > 1:
        options = {"server": "q2", **options}
    result, _rest = ask(monkeypatch, balancer=balancer, **options)
    assert keys(result) == expected


@pytest.mark.parametrize(
    "address", ["198.51.100.7:8443", "198.51.100.7", "[2001:db8::7]:8443", "2001:db8::7", "gate:8443"]
)
def test_the_balancer_may_know_the_node_by_another_address(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    there = address.removesuffix(":8443").strip("[]")
    port = 8443 if address.endswith(":8443") else 443
    told = {"state": "ready", "servers": [server("central", "192.0.2.1"), server("q2", there, port=port)]}
    assert keys(ask(monkeypatch, balancer=[told], server="q2")[0]) == ["wrong_server"]
    assert keys(ask(monkeypatch, balancer=[told], server="q2", balancer_address=[address])[0]) == []


@pytest.mark.parametrize(
    "balancer",
    [
        ["text"],
        [{"servers": []}],
        [{"state": "ready", "servers": [{}]}],
        [{"state": "ready", "servers": "x"}],
        [{"state": "ready", "others_out": "x"}],
    ],
)
def test_another_shape_of_a_balancers_words_is_refused(monkeypatch: pytest.MonkeyPatch, balancer: Any) -> None:
    result, _rest = ask(monkeypatch, balancer=balancer)
    assert result["failure"]["kind"] == "bad_option"


def test_a_node_is_found_by_id_and_an_unknown_one_is_refused_with_what_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known, _rest = ask(monkeypatch)
    by_id, _rest = ask(monkeypatch, node=known["node"]["id"].upper())
    assert by_id["node"] == known["node"]
    unknown, _rest = ask(monkeypatch, node="Node9")
    assert unknown["msg"] == (
        "node: the site has no 'Node9'. It has: Central (central.example.com), Node2 (node2.example.com)."
    )


def test_who_is_affected(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = site_answers(
        central=[struct("1", "LAB\\anna")],
        node2=[struct("2", "LAB\\Anna"), struct("3", "LAB\\bert"), struct("4", "INTERNAL\\sa_x")],
        node2_sales=[struct("5", "LAB\\anna")],
    )
    result, _rest = ask(monkeypatch, answers, exclude_users=["INTERNAL\\*"])
    assert result["affected"] == {
        "sessions": 3,
        "users": [
            {"user": "LAB\\anna", "sessions": 2, "elsewhere": 1},
            {"user": "LAB\\bert", "sessions": 1, "elsewhere": 0},
        ],
        "virtual_proxies": {"": 2, "sales": 1},
        "complete": True,
    }
    broken = {**answers, f"GET {CENTRAL}/qps/session": failed_with(500)}
    assert ask(monkeypatch, broken)[0]["affected"]["complete"] is True
    broken = {**answers, f"GET {NODE2}/qps/session": failed_with(500)}
    assert ask(monkeypatch, broken)[0]["affected"]["complete"] is False
    none, rest = ask(monkeypatch, answers, count_affected=False)
    assert none["affected"] == {}
    assert not [place for place in rest.asked if place.endswith("/session")]


def test_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = {"start": "22:00", "end": "22:00", "time_zone": "UTC"}
    assert "the window is empty" in ask(monkeypatch, window=closed)[0]["msg"]
    now = datetime.now(timezone.utc)
    begin, end = (f"{now + timedelta(hours=hours):%H:%M}" for hours in (-1, 2))
    open_now, _rest = ask(monkeypatch, window={"start": begin, "end": end, "time_zone": "UTC"}, window_needs=86400)
    assert keys(open_now) == []
    assert "86400 may be needed" in open_now["notes"][0]
    shut, _rest = ask(monkeypatch, window={"start": end, "end": begin, "time_zone": "UTC"})
    assert keys(shut) == ["window"]
    assert f"from {end} to {begin}" in shut["reasons"][0]["words"]


@pytest.mark.parametrize(
    ("accepted", "why"),
    [({"drained_by_us": True}, "an earlier run has drained it"), ({"accept_drained": True}, "that was accepted")],
)
def test_a_node_that_is_found_drained_and_taken_over_is_named(
    monkeypatch: pytest.MonkeyPatch, accepted: dict[str, Any], why: str
) -> None:
    first, _rest = ask(monkeypatch, balancer=[haproxy("drain")], server="q2", **accepted)
    assert (first["allowed"], first["adopted"]) == (True, True)
    assert first["notes"] == [f"Node2 is found drained, and taken over: {why}."]
    later, _rest = ask(monkeypatch, balancer=[haproxy("drain")], server="q2", step="stopping", adopted=True, **accepted)
    assert (later["adopted"], later["notes"]) == (True, [])
    others: list[dict[str, Any]] = [{"balancer": [haproxy("drain")]}, {"balancer": [haproxy()]}, {}]
    for other in others:
        assert ask(monkeypatch, server="q2", **other)[0]["adopted"] is False
    own = ask(monkeypatch, balancer=[haproxy("drain")], server="q2", step="stopping", **accepted)[0]
    assert own["adopted"] is False
