# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nights with other ways to restart, each of which HAProxy has to notice where it checks the health of its servers."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest
import yaml

from ansible_collections.qlikops.sense.tests.integration.nights.night import ALL_RUN, ALL_UP, BACK, BANNER, Night
from ansible_collections.qlikops.sense.tests.integration.simulated import wait_until


def test_a_reboot_behind_two_balancers(night: Night) -> None:
    """The keeper is asked as the other one; here it leads to the same HAProxy."""
    night.when_draining(night.control.end_all)
    balancers = ["localhost", "keeper"]
    seen = night.restart(
        proxy_restart_method="windows_reboot", proxy_restart_notify=BANNER, proxy_restart_haproxy_host=balancers
    )
    assert (seen.rc, seen.stopped, seen.ended) == (0, ["Node2"], [])
    for task in ("Ask the balancer: out", "Check that HAProxy has seen the server going down", "Ask the balancer: in"):
        said = seen.text.partition(f" : {task}]")[2].partition("TASK [")[0]
        assert all(f"(item={balancer})" in said for balancer in balancers), said
    assert (seen.end["balancer"], seen.end["proxies"]) == (ALL_UP, ALL_RUN)


@pytest.mark.long
def test_a_reboot_of_a_node_that_is_down(night: Night) -> None:
    """HAProxy can't find it going down then, and need not."""
    night.control.proxy("Node2", "stop")
    wait_until(lambda: night.haproxy.statuses()["Node2"] == "DOWN", 60)
    seen = night.restart(
        proxy_restart_method="windows_reboot", proxy_restart_accept_node_down=True, proxy_restart_drain="skip"
    )
    assert (seen.rc, seen.ended) == (0, [])
    assert (seen.end["balancer"], seen.end["proxies"]) == (ALL_UP, ALL_RUN)


@pytest.mark.long
@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("windows_service", "HAProxy's checks do not say stopped: qlik/Node2 running"),
        ("windows_reboot", "HAProxy's checks have not found qlik/Node2 down meanwhile"),
    ],
)
def test_a_restart_that_haproxy_does_not_notice_is_a_failure(night: Night, method: str, says: str) -> None:
    """It checks another node, so nobody knows whether users come to this one."""
    night.haproxy.reload(configuration=night.haproxy.checks_of_another("Node2", "Node3"))
    night.when_draining(night.control.end_all)
    seen = night.restart(proxy_restart_method=method, proxy_restart_verify_timeout=8)
    assert (seen.rc, seen.stopped, seen.ended) == (2, ["Node2"], [])
    seen.must_end_with(says)
    assert seen.end["proxies"] == ALL_RUN


@pytest.mark.long
@pytest.mark.parametrize("checks", ["Node2", "Node3"])
def test_a_task_file_of_ones_own_can_ask_haproxy_too(night: Night, tmp_path: pathlib.Path, checks: str) -> None:
    if checks != "Node2":
        night.haproxy.reload(configuration=night.haproxy.checks_of_another("Node2", checks))

    def service(state: str) -> dict[str, object]:
        arguments = {"name": "QlikSenseProxyService", "state": state}
        return {"name": f"Have the service {state}", "ansible.windows.win_service": arguments}

    seen_down = {"name": "qlikops.sense.proxy_restart", "tasks_from": "seen_down"}
    look = {"name": "Check that HAProxy notices", "ansible.builtin.include_role": seen_down}
    hook = tmp_path / "restart.yml"
    hook.write_text(yaml.safe_dump([service("stopped"), look, service("started")]), encoding="utf-8")
    night.when_draining(night.control.end_all)
    seen = night.restart(proxy_restart_method=str(hook), proxy_restart_verify_timeout=8 if checks != "Node2" else 120)
    assert (seen.stopped, seen.ended) == (["Node2"], [])
    if checks == "Node2":
        assert (seen.rc, seen.end["balancer"], seen.end["proxies"]) == (0, ALL_UP, ALL_RUN)
    else:
        assert seen.rc == 2
        seen.must_end_with("HAProxy's checks do not say stopped")


NIGHTLY = {"name": "Nightly", "node": "Node2", "app": "Sales"}


def tasks(night: Night, *running: dict[str, str]) -> None:
    night.control.call("PUT", "/tasks", {"tasks": list(running)})


def test_a_reboot_waits_for_a_reload_that_runs_on_the_node(night: Night) -> None:
    """People are gone at once; the reload ends when the run has said that it waits for it."""
    tasks(night, NIGHTLY, {"name": "Elsewhere", "node": "Node3"})
    night.when_draining(night.control.end_all)
    stopped_too_soon = []

    def end_reload() -> None:
        stopped_too_soon.append(night.state("Node2") != "running")
        tasks(night)

    night.when(lambda: re.search(r"0 sessions of 0 users left.*, 1 task running", night.text), end_reload)
    seen = night.restart(proxy_restart_method="windows_reboot")
    assert (seen.rc, seen.stopped, seen.ended, stopped_too_soon) == (0, ["Node2"], [], [False])
    assert (seen.end["balancer"], seen.end["proxies"]) == (ALL_UP, ALL_RUN)


@pytest.mark.long
@pytest.mark.parametrize("drain", ["wait", "terminate"])
def test_a_reload_that_does_not_end_in_time_keeps_the_node_and_its_users(night: Night, drain: str) -> None:
    """Those who may be ended are not, for the node is not restarted."""
    tasks(night, NIGHTLY)
    seen = night.restart(
        proxy_restart_method="windows_reboot", proxy_restart_drain=drain, proxy_restart_drain_timeout=2
    )
    seen.must_have_left_all_alone()
    seen.must_end_with(r"Node2 runs 1 task: Nightly \(reload of Sales\)", "proxy_restart_accept_running_tasks", BACK)
    assert seen.end["balancer"] == ALL_UP


@pytest.mark.long
@pytest.mark.parametrize(
    "given",
    [
        {"proxy_restart_method": "windows_service"},
        {"proxy_restart_method": "windows_reboot", "proxy_restart_accept_running_tasks": True},
    ],
)
def test_tasks_that_nobody_may_read_stop_neither_the_proxy_service_nor_who_accepts_them(
    night: Night, given: dict[str, Any]
) -> None:
    night.control.fault("status", path="/qrs/executionsession/", status=403)
    night.when_draining(night.control.end_all)
    seen = night.restart(**given)
    assert (seen.rc, seen.stopped) == (0, ["Node2"])
    assert not any("executionsession" in entry["path"] and entry["status"] == 200 for entry in seen.journal)


def central(night: Night) -> list[str]:
    return [node["name"] for node in night.control.status()["nodes"] if node["central"]]


@pytest.mark.long
def test_the_central_role_is_elsewhere_while_its_node_reboots(night: Night) -> None:
    """It comes back as well, before people do."""
    where = []
    night.when(lambda: "Central: drain" in night.text, night.control.end_all)
    night.when(lambda: night.state("Central") != "running", lambda: where.append(central(night)))
    seen = night.restart(
        "qlik1",
        proxy_restart_method="windows_reboot",
        proxy_restart_central=True,
        proxy_restart_move_central="Node3",
    )
    assert (seen.rc, seen.stopped, where, central(night)) == (0, ["Central"], [["Node3"]], ["Central"])
    order = [seen.text.index(task) for task in ("role to Node3]", "Reboot the host]", "role back]", "balancer: in]")]
    assert order == sorted(order)
    assert (seen.end["balancer"], seen.end["proxies"]) == (ALL_UP, ALL_RUN)


@pytest.mark.long
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "If Central is silent for 10 minutes, Node3 becomes the central node"),
        ({"proxy_restart_move_central": "Node2"}, "Node2 is no failover candidate. There are: Node3"),
    ],
)
def test_a_central_node_is_not_rebooted_where_its_role_would_get_lost(
    night: Night, given: dict[str, Any], says: str
) -> None:
    seen = night.restart("qlik1", proxy_restart_method="windows_reboot", proxy_restart_central=True, **given)
    seen.must_have_left_all_alone()
    assert says in " ".join(seen.text.split())
    assert central(night) == ["Central"]


@pytest.mark.long
def test_a_role_that_moved_comes_back_where_the_reboot_fails(night: Night) -> None:
    """The task file fails before it has stopped anything, so the node is well."""
    hook = night.home / "restart.yml"
    fail = {"name": "Fail", "ansible.builtin.fail": {"msg": "no hands"}}
    hook.write_text(yaml.safe_dump([fail]), encoding="utf-8")
    night.when(lambda: "Central: drain" in night.text, night.control.end_all)
    seen = night.restart(
        "qlik1",
        proxy_restart_method=str(hook),
        proxy_restart_central=True,
        proxy_restart_stops="node",
        proxy_restart_move_central="Node3",
    )
    assert (seen.rc, seen.stopped, central(night)) == (2, [], ["Central"])
    assert "role to Node3]" in seen.text
    seen.must_end_with("no hands", BACK)
