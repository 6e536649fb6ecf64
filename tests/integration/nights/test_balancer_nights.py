# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nights with the balancer: it forgets, others use it, too, and it knows better than the site."""

from __future__ import annotations

import pytest

from ansible_collections.qlikops.sense.tests.integration.nights.night import ALL_RUN, ALL_UP, BACK, BANNER, Night
from ansible_collections.qlikops.sense.tests.integration.simulated import wait_until


@pytest.mark.long
def test_nothing_happens(night: Night) -> None:
    night.when_draining(night.control.end_all)
    seen = night.restart(proxy_restart_notify=BANNER)
    assert seen.rc == 0
    assert (seen.drained, seen.stopped, seen.ended) == (["Node2"], ["Node2"], [])
    assert (seen.end["balancer"], seen.end["proxies"]) == (ALL_UP, ALL_RUN)
    seen.must_end_with("restarted; 3 sessions of 2 users on it; 3 left by themselves, 0 ended")
    assert night.control.banners() == []


@pytest.mark.parametrize("people", ["stay", "leave"])
def test_haproxy_is_reloaded_during_the_drain(night: Night, people: str) -> None:
    def reload() -> None:
        night.haproxy.reload()
        if people == "leave":
            night.control.end_all()

    night.when_draining(reload)
    seen = night.restart(proxy_restart_notify=BANNER, proxy_restart_drain_timeout=3 if people == "stay" else 300)
    seen.must_have_left_all_alone()
    seen.must_end_with("Node2 is back in the balancer and takes users again", BACK)
    assert seen.end["balancer"] == ALL_UP
    assert night.control.banners() == []


def test_a_colleague_drains_another_node_during_the_drain(night: Night) -> None:
    night.when_draining(lambda: night.haproxy.set("Node3", "state drain"))
    seen = night.restart(put_out=("Node3",), proxy_restart_drain_timeout=3)
    seen.must_have_left_all_alone()
    seen.must_end_with(r"Another node is out: Node3 \(qlik/Node3 drained\)", BACK)
    assert seen.end["balancer"] == {**ALL_UP, "Node3": "DRAIN"}


@pytest.mark.long
def test_another_server_goes_down_during_the_drain(night: Night) -> None:
    """HAProxy's checks fail; to the site the node is well."""

    def fail() -> None:
        night.control.fault("status", status=500, listener="user", node="Node3", path="/qps/user")
        wait_until(lambda: night.haproxy.statuses()["Node3"] == "DOWN", 60)

    night.when_draining(fail)
    seen = night.restart(put_out=("Node3",), proxy_restart_drain_timeout=3)
    seen.must_have_left_all_alone()
    seen.must_end_with(r"Another node is out: Node3 \(qlik/Node3 DOWN according to its health check\)", BACK)
    assert seen.end["balancer"] == {**ALL_UP, "Node3": "DOWN"}


@pytest.mark.long
def test_another_server_has_the_weight_0(night: Night) -> None:
    night.haproxy.set("Node3", "weight 0")
    seen = night.restart()
    seen.must_have_left_all_alone()
    assert {tuple(look["out"]) for look in seen.looks} == {("Node3",)}
    seen.must_end_with(r"Another node is out: Node3 \(qlik/Node3 of weight 0\)", "Nothing was restarted")


@pytest.mark.long
def test_another_backend_sends_users_to_the_node(night: Night) -> None:
    night.haproxy.reload(night.haproxy.second_backend())
    seen = night.restart()
    seen.must_have_left_all_alone()
    assert seen.drained == []
    seen.must_end_with("server partners/Node2 sends users to Node2, too", "Nothing was restarted")


@pytest.mark.long
def test_a_node_in_two_backends_is_drained_in_both_before_sessions_are_ended(night: Night) -> None:
    night.haproxy.reload(night.haproxy.second_backend())
    seen = night.restart(proxy_restart_haproxy_backend=["qlik", "partners"], proxy_restart_drain="terminate")
    assert seen.rc == 0
    assert (seen.ended, seen.stopped) == (["Node2"] * 3, ["Node2"])
    assert {server["status"] for server in seen.end["servers"].values()} == {"UP"}
    while_stopped = [look["servers"] for look in seen.looks if look["proxies"]["Node2"] == "stopped"]
    assert not [
        look for look in while_stopped if "UP" in (look["qlik/Node2"]["status"], look["partners/Node2"]["status"])
    ]
    assert night.control.banners() == []


def test_the_server_is_that_of_another_node(night: Night) -> None:
    seen = night.restart(proxy_restart_haproxy_server="Node3")
    seen.must_have_left_all_alone()
    assert seen.drained == []
    seen.must_end_with(
        r"server qlik/Node3 is at 127\.0\.0\.1:\d+, which is not known to be Node2", "Nothing was restarted"
    )
