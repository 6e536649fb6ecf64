# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""qlik_restart_info before a whole node is restarted: tasks that run on it, the central role, heartbeats."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules, Run

SITE: dict[str, Any] = {
    "virtual_proxies": [{"prefix": ""}],
    "nodes": [
        {"name": "Central", "host_name": "qlik1.example.com", "virtual_proxies": [""]},
        {"name": "Rim", "host_name": "qlik2.example.com", "virtual_proxies": [""], "failover_candidate": True},
    ],
    "failover_timeout": 7,
}
TASKS = [
    {"name": "Nightly", "node": "Rim", "app": "Sales"},
    {"name": "Users", "node": "Central", "kind": "user_sync"},
    {"name": "Script", "node": "Rim", "kind": "external_program"},
]
DRAINED = [{"state": "drain", "others_out": []}]


@pytest.fixture(scope="module")
def busy_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulated.SiteInfo]:
    state_dir = tmp_path_factory.mktemp("busy") / "site"
    yield simulated.start(state_dir, SITE)
    simulated.stop(state_dir)


@pytest.fixture
def busy(busy_site: simulated.SiteInfo, tree: pathlib.Path) -> Modules:
    """The modules against a site on which tasks run."""
    modules = Modules(busy_site, tree)
    modules.control.reset()
    modules.control.call("PUT", "/tasks", {"tasks": TASKS})
    return modules


def ask(modules: Modules, node: str, step: str = "stopping", **options: Any) -> Run:
    given = {"balancer": DRAINED, "drained_by_us": True, "accept_central": True, **options}
    run = modules.run("qlik_restart_info", node=node, step=step, **given)
    assert not run.failed, run.message
    return run


def keys(run: Run) -> list[str]:
    return [reason["key"] for reason in run.result["reasons"]]


def names(run: Run) -> list[str]:
    return [task["name"] for task in run.result["running_tasks"]]


def test_tasks_of_the_node_are_told_and_stand_in_the_way_where_they_would_be_killed(busy: Modules) -> None:
    told = ask(busy, "Rim")
    assert (keys(told), names(told)) == ([], ["Nightly", "Script"])
    assert told.result["notes"] == ["Rim runs 2 tasks: Nightly (reload of Sales), Script (external program)."]
    assert keys(ask(busy, "Rim", stops="services")) == ["running_tasks"]
    assert keys(ask(busy, "Rim", "begin", stops="services")) == []
    assert keys(ask(busy, "Rim", stops="services", accept_running_tasks=True)) == []
    busy.control.call("PUT", "/tasks", {"tasks": TASKS[1:2]})
    assert keys(ask(busy, "Rim", stops="services")) == []


@pytest.mark.parametrize(("setting", "found"), [("host", 2), ("name", 2), ("blank", 3)])
def test_however_a_task_says_where_it_runs(busy: Modules, setting: str, found: int) -> None:
    busy.control.switches(executing_node=setting)
    assert len(names(ask(busy, "Rim"))) == found


def test_what_rights_may_hide_is_unknown(busy: Modules) -> None:
    busy.control.fault("status", body="[]", status=200, path="/qrs/executionsession/full")
    hidden = ask(busy, "Rim", stops="services")
    assert hidden.result["running_tasks"] is None
    assert keys(hidden) == ["tasks_unknown"]


@pytest.mark.parametrize("entity", ["executionsession", "servicecluster", "servernodeheartbeat"])
def test_what_cannot_be_read_is_unknown(busy: Modules, entity: str) -> None:
    busy.control.fault("status", status=500, path=f"/qrs/{entity}/")
    run = ask(busy, "Central", stops="node", accept_failover=True)
    expected = {"executionsession": ["tasks_unknown"]}.get(entity, ["running_tasks"])
    assert keys(run) == expected
    assert (run.result["node"]["heartbeat_age"] is None) == (entity == "servernodeheartbeat")
    assert (run.result["failover"]["timeout"] is None) == (entity == "servicecluster")


def test_another_node_would_take_over_from_the_central_one(busy: Modules) -> None:
    busy.control.call("PUT", "/tasks", {"tasks": []})
    run = ask(busy, "Central", stops="node")
    assert keys(run) == ["failover"]
    assert "If Central is silent for 7 minutes, Rim becomes the central node." in run.result["message"]
    assert run.result["failover"] == {"timeout": 420, "candidates": ["Rim"]}
    assert keys(ask(busy, "Rim", stops="node")) == []
    busy.control.call("PUT", "/nodes/Central", {"silent_seconds": 300})
    assert 299 <= ask(busy, "Central").result["node"]["heartbeat_age"] <= 320
