# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module haproxy_server."""

from __future__ import annotations

import pytest

from ansible_collections.qlikops.sense.plugins.modules import haproxy_server
from ansible_collections.qlikops.sense.tests.unit.plugins.balancer import Balancer, balancer
from ansible_collections.qlikops.sense.tests.unit.plugins.running import Result, run

__all__ = ["balancer"]  # a fixture


def ask(monkeypatch: pytest.MonkeyPatch, balancer: Balancer, **options: object) -> Result:
    given = {"socket": balancer.path, "backend": "qlik", "server": "qlik2", **options}
    return run(monkeypatch, haproxy_server.main, **given)


def writes(balancer: Balancer) -> list[str]:
    return [command for command in balancer.commands if command.startswith("set")]


def test_without_a_state_it_only_looks(monkeypatch: pytest.MonkeyPatch, balancer: Balancer) -> None:
    balancer.admin_state["qlik1"] = 1
    result = ask(monkeypatch, balancer)
    assert (result["changed"], result["state"], result["previous_state"]) == (False, "ready", "ready")
    assert result["health"] == "running"
    assert [(server["name"], server["state"]) for server in result["servers"]] == [
        ("qlik1", "maint"),
        ("qlik2", "ready"),
    ]
    assert writes(balancer) == []


def test_a_state_is_set_once(monkeypatch: pytest.MonkeyPatch, balancer: Balancer) -> None:
    first, second = (ask(monkeypatch, balancer, state="drain") for _run in range(2))
    assert (first["changed"], first["previous_state"], first["state"]) == (True, "ready", "drain")
    assert first["diff"] == {"before": {"state": "ready"}, "after": {"state": "drain"}}
    assert (second["changed"], second["previous_state"], second["state"]) == (False, "drain", "drain")
    assert writes(balancer) == ["set server qlik/qlik2 state drain"]


def test_check_mode_says_the_same_and_writes_nothing(monkeypatch: pytest.MonkeyPatch, balancer: Balancer) -> None:
    planned = ask(monkeypatch, balancer, state="maint", _ansible_check_mode=True)
    assert writes(balancer) == []
    assert planned == ask(monkeypatch, balancer, state="maint")


def test_a_wrong_name_fails_with_what_there_is(monkeypatch: pytest.MonkeyPatch, balancer: Balancer) -> None:
    result = ask(monkeypatch, balancer, server="qlik9", state="drain")
    assert result["failed"]
    assert result["failure"]["kind"] == "balancer"
    assert "It has: qlik1, qlik2." in result["msg"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("timeout", -1),
        ("timeout", 0),
        ("timeout", 10**30),
        ("socket", "qlik.example.com:65536"),
        ("socket", "/run/a\0b"),
        ("backend", "qlik\nshow info"),
        ("server", "qlik2\nshow info"),
    ],
)
def test_an_odd_option_is_a_failure_in_words(
    monkeypatch: pytest.MonkeyPatch, balancer: Balancer, option: str, value: object
) -> None:
    result = ask(monkeypatch, balancer, state="drain", **{option: value})
    assert result["failed"]
    assert result["failure"]["kind"] == "bad_option"
    assert result["msg"].startswith(f"{option}: ")
    assert result["failure"]["hint"]
    assert balancer.commands == []


def test_a_state_that_can_not_be_read_is_a_failure_and_nothing_is_set(
    monkeypatch: pytest.MonkeyPatch, balancer: Balancer
) -> None:
    balancer.admin_state["qlik2"] = -1
    result = ask(monkeypatch, balancer, state="ready")
    assert result["failed"]
    assert result["failure"]["kind"] == "balancer"
    assert "column srv_admin_state" in result["msg"]
    assert writes(balancer) == []


# Several backends


def test_a_server_of_several_backends_is_set_in_each(monkeypatch: pytest.MonkeyPatch, balancer: Balancer) -> None:
    balancer.partners = {"qlik2": 8}
    looked = ask(monkeypatch, balancer, backend=["qlik", "partners"])
    assert (looked["state"], looked["changed"]) == ("ready", False)
    assert [(server["backend"], server["state"]) for server in looked["servers"] if server["name"] == "qlik2"] == [
        ("qlik", "ready"),
        ("partners", "drain"),
    ]
    result = ask(monkeypatch, balancer, backend="qlik,partners", state="drain")
    assert (result["previous_state"], result["state"], result["changed"]) == ("ready", "drain", True)
    assert writes(balancer) == ["set server qlik/qlik2 state drain"]
    assert result["elsewhere"] == []


def test_the_same_node_in_another_backend_is_told(monkeypatch: pytest.MonkeyPatch, balancer: Balancer) -> None:
    balancer.partners = {"other-2": 0, "other-1": 0}
    result = ask(monkeypatch, balancer)
    assert result["elsewhere"] == [
        {
            "backend": "partners",
            "name": "other-2",
            "state": "ready",
            "health": "running",
            "weight": 1,
            "address": "127.0.0.2",
            "port": 443,
            "checked": None,
        }
    ]


# Whether it went down


def test_how_often_it_was_down_where_that_is_said(monkeypatch: pytest.MonkeyPatch, balancer: Balancer) -> None:
    assert ask(monkeypatch, balancer)["downs"] == {}
    balancer.downs, balancer.partners = "3", {"qlik2": 0, "other": 0}
    assert ask(monkeypatch, balancer, backend=["qlik", "partners"])["downs"] == {"qlik": 3, "partners": 3}


@pytest.mark.parametrize(
    ("since", "seen"),
    [
        ({"qlik": 2}, True),
        ({"qlik": 3}, False),
        ({"qlik": 7}, False),  # HAProxy was reloaded meanwhile
        ({}, False),
    ],
)
def test_a_server_that_did_not_go_down_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, balancer: Balancer, since: dict[str, int], seen: bool
) -> None:
    balancer.downs = "3"
    result = ask(monkeypatch, balancer, went_down_since=since)
    assert result.get("failed", False) is not seen
    if not seen:
        assert result["failure"]["kind"] == "not_seen_down"
        assert "have not found qlik/qlik2 down" in result["msg"]
    assert not ask(monkeypatch, balancer, went_down_since=since, _ansible_check_mode=True).get("failed")


def test_it_has_to_go_down_in_every_backend(monkeypatch: pytest.MonkeyPatch, balancer: Balancer) -> None:
    balancer.downs, balancer.partners = "3", {"qlik2": 0}
    since = {"qlik": 2, "partners": 3}
    assert "partners/qlik2" in ask(monkeypatch, balancer, backend=["qlik", "partners"], went_down_since=since)["msg"]


def test_where_it_is_not_said_how_often_nothing_is_proven(monkeypatch: pytest.MonkeyPatch, balancer: Balancer) -> None:
    assert ask(monkeypatch, balancer, went_down_since={"qlik": 2})["failure"]["kind"] == "not_seen_down"
