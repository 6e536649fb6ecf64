# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What awx_setup made, put to work against a simulated site: each job template, left unanswered and answered."""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration.awx import conftest, jobs, setting_up, stand_in
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules

NAME = setting_up.NAME


def test_the_report(made: stand_in.Awx, launch: jobs.Launch, modules: Modules) -> None:
    output = launch("report sessions", jobs.form(made, "report sessions"))
    assert '"production"' in output  # of the set_stats
    assert "LAB\\\\anna" in output
    narrowed = jobs.form(
        made,
        "report sessions",
        session_report_proxies=["qlik2.example.com"],
        session_report_exclude_users="LAB\\anna, PARTNER\\*",
    )
    output = launch("report sessions", narrowed, "--check")
    assert "If Node2 is restarted" in output or "If qlik2.example.com is restarted" in output
    assert "LAB\\\\anna" not in output
    assert "LAB\\\\bjorn" in output
    assert modules.control.writes() == []


def of_the_workflow(made: stand_in.Awx, **answers: Any) -> dict[str, Any]:
    """The form of the workflow sent as it stands, but for the nodes and these answers."""
    (spec,) = (spec for (kind, _number), spec in made.surveys.items() if kind == "workflow_job_templates")
    return {**jobs.unanswered(spec), "qlik_proxy_hosts": ["qlik2.example.com"], **answers}


def test_the_report_in_the_workflow_is_of_the_nodes_chosen(made: stand_in.Awx, launch: jobs.Launch) -> None:
    output = launch("report", of_the_workflow(made), artifacts={})
    assert "If Node2 is restarted" in output or "If qlik2.example.com is restarted" in output


def test_stale_sessions_remembered_on_the_keeper_and_ended(
    made: stand_in.Awx, launch: jobs.Launch, modules: Modules
) -> None:
    quinn = modules.control.sessions("LAB\\quinn")
    assert len(quinn) == 1
    template = json.loads(made.one("job_templates", f"{NAME} - clear stale sessions")["extra_vars"])
    memory = pathlib.Path(template["stale_sessions_memory_path"])
    memory.unlink(missing_ok=True)  # of another test
    launch("clear stale sessions", jobs.form(made, "clear stale sessions"), "--check")
    assert modules.control.writes() == []
    assert not memory.exists()
    # By the schedule: nobody is asked, and the inventory has the rule.
    launch("clear stale sessions", made.one("schedules", f"{NAME} - clear stale sessions")["extra_data"])
    assert modules.control.sessions("LAB\\quinn") == []
    assert memory.stat().st_mode & 0o777 == 0o600
    audit = (memory.parent / "production-audit.jsonl").read_text(encoding="utf-8")
    assert "LAB\\\\quinn" in audit
    before = modules.session_ids()
    launch("clear stale sessions", jobs.form(made, "clear stale sessions", stale_sessions_min_age="8h"))
    assert modules.session_ids() == before


def test_the_sessions_of_a_user(made: stand_in.Awx, launch: jobs.Launch, modules: Modules) -> None:
    shown = jobs.form(made, "sessions of a user", user_sessions_user="LAB\\bjorn")
    assert "bjorn" in launch("sessions of a user", shown)
    assert modules.control.writes() == []
    launch("sessions of a user", {**shown, "user_sessions_end": "true", "user_sessions_reason": "Ticket 1"})
    assert modules.control.sessions("LAB\\bjorn") == []


def test_the_check_of_the_site(made: stand_in.Awx, launch: jobs.Launch, modules: Modules) -> None:
    output = launch("check the site", jobs.form(made, "check the site", check_site_fail_on="never"))
    assert "certificate" in output
    assert modules.control.writes() == []


@pytest.mark.long
@pytest.mark.parametrize("node", ["notify", "report-after"])
def test_the_other_reports_of_the_workflow(
    made: stand_in.Awx, launch: jobs.Launch, modules: Modules, node: str
) -> None:
    output = launch(node, of_the_workflow(made), artifacts={"session_report": {"0123": "no"}})
    assert ("If Node2 is restarted" in output) is (node == "notify")
    assert modules.control.writes() == []


@pytest.mark.parametrize("way", ["limit", "workflow", "one node"])
def test_the_restart_as_a_rehearsal(made: stand_in.Awx, launch: jobs.Launch, modules: Modules, way: str) -> None:
    if way == "workflow":
        output = launch("drain", of_the_workflow(made, proxy_restart_central="true"), "--check", artifacts={})
    elif way == "limit":
        answers = jobs.form(made, "drain and restart", proxy_restart_central="true")
        output = launch("drain and restart", answers, "--check", "--limit", "qlik2.example.com")
    else:
        answers = jobs.form(made, "restart one node now", qlik_proxy_hosts="qlik2.example.com")
        output = launch("restart one node now", answers, "--check")
    assert re.findall(r"^([\w.]+): would be restarted;", output, re.MULTILINE) == ["qlik2.example.com"]
    assert modules.control.writes() == []


def test_the_restart_of_nodes_that_nobody_typed(
    awkward_site: dict[str, Any], tree: pathlib.Path, tmp_path: pathlib.Path, modules: Modules
) -> None:
    """The inventory has its nodes from the site, and the workflow asks for their names."""
    homes = [tmp_path / name for name in ("awx", "sync", "job")]
    for home in homes[:2]:
        home.mkdir()
    file = "extensions/awx/nodes.qlik_sense.yml"
    awx = conftest.set_up(awkward_site, tree, homes[0], awx_setup_nodes=[], awx_setup_inventory_file=file)
    jobs.sync(awx, tree, homes[1], qrs_port=awkward_site["qrs_port"], host_map=awkward_site["host_map"])
    assert {"qlik1.example.com", "qlik2.example.com"} <= {
        host["name"] for host in awx.linked("groups", "qlik_proxies", "hosts")
    }
    answers = {**of_the_workflow(awx), "qlik_proxy_hosts": "qlik1.example.com, qlik2.example.com"}
    ran = jobs.launch_node(awx, tree, homes[2], "drain", {**answers, "proxy_restart_central": "true"}, {}, "--check")
    assert ran.returncode == 0, ran.stdout[-5000:]
    done = re.findall(r"^([\w.]+): would be restarted;", ran.stdout, re.MULTILINE)
    assert sorted(done) == ["qlik1.example.com", "qlik2.example.com"]
    told = jobs.launch_node(awx, tree, tmp_path / "report", "report", answers, {})
    assert told.returncode == 0, told.stdout[-5000:]
    assert modules.control.writes() == []
