# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people see of a job, what the next one gets of it, and what is left of one that was killed."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.awx import handing_on, jobs, network, stand_in
from ansible_collections.qlikops.sense.tests.integration.awx.serving import ROOT
from ansible_collections.qlikops.sense.tests.integration.awx.setting_up import load
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules
from ansible_collections.qlikops.sense.tests.integration.runner.awx import descendants

AS_IN_AWX: dict[str, str | None] = {**jobs.of_the_image(), "ANSIBLE_NOCOLOR": None, "ANSIBLE_FORCE_COLOR": "true"}
JOBS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "report sessions": ({}, ["Users", "LAB\\anna"]),
    "clear stale sessions": ({"stale_sessions_keep_per_user": 1}, ["LAB\\bjorn"]),
    "sessions of a user": ({"user_sessions_user": "LAB\\bjorn"}, ["LAB\\bjorn"]),
    "check the site": ({"check_site_fail_on": "never"}, ["certificate"]),
    "drain and restart": ({"proxy_restart_central": "true"}, []),
}


@pytest.mark.parametrize("what", JOBS)
def test_all_that_people_must_read_is_in_what_awx_shows(
    made: stand_in.Awx, launch: jobs.Launch, modules: Modules, what: str
) -> None:
    for node in ("Node2", "Central"):
        modules.control.login("LAB\\bjorn", node, count=40, ignore_limit=True)
    answers, words = JOBS[what]
    output = launch(what, jobs.form(made, what, **answers), "--check", **AS_IN_AWX)
    cut = [event for event in handing_on.events(output) if len(event.encode()) > 1023]
    assert cut == []
    for word in words:
        assert word in output


# Artifacts


def artifacts_of(output: str) -> dict[str, Any]:
    """What the job has handed on by set_stats."""
    found = re.search(r"^\tRUN: (\{.*\})$", output, re.MULTILINE)
    assert found, output[-2000:]
    artifacts: dict[str, Any] = json.loads(found[1])
    return artifacts


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from keys(each)


def variables_of_roles() -> set[str]:
    files = [file for part in ("defaults", "vars") for file in (ROOT / "roles").glob(f"*/{part}/main.yml")]
    found = {name for file in files for name in load(file) or {}}
    for file in (ROOT / "roles").glob("*/meta/argument_specs.yml"):
        found |= {name for spec in load(file)["argument_specs"].values() for name in spec.get("options", {})}
    return found


@pytest.mark.parametrize("what", JOBS)
def test_what_a_job_hands_on_is_read_by_the_next_and_shadows_nothing(
    made: stand_in.Awx, launch: jobs.Launch, modules: Modules, what: str
) -> None:
    for user in ("*\\*", "LAB\\0123", "no\\no", "=\\="):
        modules.control.user(user, name="*")
        modules.control.login(user, "Node2", count=6, ignore_limit=True)
    answers, _words = JOBS[what]
    artifacts = artifacts_of(launch(what, jobs.form(made, what, **answers), "--check"))
    assert artifacts
    assert not variables_of_roles() & set(artifacts)
    assert [key for key in keys(artifacts) if "\\" in key or handing_on.read_anew(key) != key] == []
    # Whoever wrote a playbook of their own may hand on anything.
    artifacts = {**artifacts, "mine": {"0123": "no", "12:30": "", "LAB\\0123": "{{ 7 * 7 }}"}}
    (spec,) = (spec for (kind, _number), spec in made.surveys.items() if kind == "workflow_job_templates")
    workflow = {**jobs.unanswered(spec), "qlik_proxy_hosts": ["qlik2.example.com"]}
    launch("report", workflow, artifacts=artifacts)


# Killed, and started again


def test_a_report_that_was_killed_and_started_again(
    made: stand_in.Awx, launch: jobs.Launch, modules: Modules, tree: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    answers = jobs.form(made, "report sessions", session_report_exclude_users="PARTNER\\*")
    fault = modules.control.fault("hang", method="GET", listener="qps", node="Node2")
    job = jobs.start(made, tree, tmp_path / "killed", "report sessions", answers)
    simulated.wait_until(lambda: modules.control.journal(method="GET", node="Node2", listener="qps"), 120)
    workers = list(descendants(job.pid))  # on ansible-core 2.19 and later the container takes them with it
    os.killpg(job.pid, signal.SIGKILL)
    for worker in workers:
        try:
            os.kill(worker, signal.SIGKILL)
        except ProcessLookupError:
            continue
    output, _none = job.communicate(timeout=60)
    assert "PLAY RECAP" not in output
    modules.control.clear_faults(fault)
    again = artifacts_of(launch("report sessions", answers))["session_report"]["production"]
    assert again["complete"] is True
    assert modules.control.writes() == []


# The container


def test_what_a_job_looks_for_is_noted(tmp_path: pathlib.Path) -> None:
    noted = network.recorder(tmp_path / "network")
    looks = "import socket, contextlib\nwith contextlib.suppress(OSError): socket.create_connection(('localhost', 1))"
    subprocess.run([sys.executable, "-c", looks], env={**os.environ, "PYTHONPATH": str(noted)}, check=True)
    assert "localhost" in network.names(noted)


@pytest.fixture
def anybody(tmp_path: pathlib.Path) -> dict[str, Any]:
    """How a job is started as a user without a name and a home, who may write into one directory."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can become somebody else")
    somewhere = tmp_path / "somewhere"
    somewhere.mkdir()
    os.chown(somewhere, 12345, 0)
    written = dict.fromkeys(("ANSIBLE_HOME", "ANSIBLE_LOCAL_TEMP", "ANSIBLE_REMOTE_TEMP"), str(somewhere))
    return {"before": jobs.ANYBODY, **written}


@pytest.mark.parametrize(
    ("what", "home"),
    [
        ("report sessions", None),
        pytest.param("check the site", "/proc/nowhere", marks=pytest.mark.long),
        pytest.param("sessions of a user", "/proc/nowhere", marks=pytest.mark.long),
        ("clear stale sessions", "/proc/nowhere"),
        ("drain and restart", None),
    ],
)
def test_a_job_of_any_user_id_without_a_home_keeps_nothing(
    made: stand_in.Awx,
    launch: jobs.Launch,
    modules: Modules,
    anybody: dict[str, Any],
    tmp_path: pathlib.Path,
    what: str,
    home: str | None,
) -> None:
    """In Kubernetes, a container has any user id in group 0, and AWX takes HOME out of it."""
    answers, _words = JOBS[what]
    output = launch(what, jobs.form(made, what, **answers), "--check", HOME=home, **anybody)
    assert "PLAY RECAP" in output
    assert [str(file) for file in tmp_path.glob("*/project/*")] == []
    assert modules.control.writes() == []


def test_a_job_writes_on_the_keeper_and_nowhere_else(
    made: stand_in.Awx, launch: jobs.Launch, modules: Modules, tmp_path: pathlib.Path
) -> None:
    somewhere = tmp_path / "somewhere"
    somewhere.mkdir()
    of_ansible = dict.fromkeys(("ANSIBLE_HOME", "ANSIBLE_LOCAL_TEMP", "ANSIBLE_REMOTE_TEMP"), str(somewhere))
    before = len(modules.control.sessions("LAB\\bjorn"))
    answers = jobs.form(made, "clear stale sessions", stale_sessions_keep_per_user=6, stale_sessions_reason="ticket 1")
    launch("clear stale sessions", answers, HOME="/proc/nowhere", **of_ansible)
    assert len(modules.control.sessions("LAB\\bjorn")) < before
    assert [str(file) for file in tmp_path.glob("*/project/*")] == []
