# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What awx_setup made, put to work against a simulated site: each job template, left unanswered and answered."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from ansible.release import __version__ as ansible_version

from ansible_collections.qlikops.sense.tests.integration.awx import jobs, serving, setting_up, stand_in
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules, assert_no_secret

NAME = setting_up.NAME
NODES = ["qlik1.example.com", "qlik2.example.com"]
Launch = Callable[..., str]
CORE = tuple(int(part) for part in ansible_version.split(".")[:2])


@pytest.fixture(scope="module")
def made(awkward_site: dict[str, Any], tree: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> stand_in.Awx:
    """An AWX set up for the awkward site; its keeper is this machine."""
    home = tmp_path_factory.mktemp("awx")
    paths = awkward_site["certificates"]
    exported = home / "exported"
    exported.mkdir()
    for name, key in {"client.pem": "client", "client_key.pem": "client_key_encrypted", "root.pem": "root"}.items():
        shutil.copy(paths[key], exported / name)
    with serving.serving(setting_up.ROOT) as (awx, address):
        setting_up.Setup(awx, address, tree, home).run(
            awx_setup_qlik_host=awkward_site["host"],
            awx_setup_certificates=str(exported),
            awx_setup_key_password=paths["client_key_password"],
            awx_setup_nodes=NODES,
            awx_setup_keeper_variables={"ansible_connection": "local"},
            awx_setup_keeper_directory=str(home),
            awx_setup_variables={
                "qlik_qrs_port": awkward_site["qrs_port"],
                "qlik_host_map": awkward_site["host_map"],
                "stale_sessions_user_states": ["blacklisted"],
                "proxy_restart_accept_outage": True,
                "proxy_restart_central": True,
            },
            awx_setup_node_variables={"ansible_connection": "local"},  # no Windows here
        )
    return awx


@pytest.fixture
def launch(made: stand_in.Awx, modules: Modules, tree: pathlib.Path, tmp_path: pathlib.Path) -> Launch:
    """Launch a job; all that it printed. It is a success, and shows no secret."""
    ids = modules.session_ids()

    def launch(
        what: str, answers: dict[str, Any], *options: str, artifacts: dict[str, Any] | None = None, fails: bool = False
    ) -> str:
        """``what``: a job template, or with ``artifacts`` a node of the workflow. Whether it ``fails`` is looked at."""
        directory = tmp_path / str(len(list(tmp_path.iterdir())))
        if artifacts is None:
            ran = jobs.launch(made, tree, directory, f"{NAME} - {what}", answers, *options)
        else:
            ran = jobs.launch_node(made, tree, directory, what, answers, artifacts, *options)
        assert (ran.returncode != 0) is fails, ran.stdout[-5000:]
        assert_no_secret(ran.stdout, modules.site_info, ids)
        return ran.stdout

    return launch


def unanswered(made: stand_in.Awx, what: str, **answers: Any) -> dict[str, Any]:
    """The form sent as it stands, but for these answers; AWX takes them."""
    spec = made.surveys[("job_templates", made.one("job_templates", f"{NAME} - {what}")["id"])]
    return {**jobs.unanswered(spec), **answers}


def test_the_report(made: stand_in.Awx, launch: Launch, modules: Modules) -> None:
    output = launch("report sessions", unanswered(made, "report sessions"))
    assert '"production"' in output  # of the set_stats
    assert "LAB\\\\anna" in output
    narrowed = unanswered(
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


def test_the_report_in_the_workflow_is_of_the_nodes_chosen(made: stand_in.Awx, launch: Launch) -> None:
    output = launch("report", of_the_workflow(made), artifacts={})
    assert "If Node2 is restarted" in output or "If qlik2.example.com is restarted" in output


def test_stale_sessions_remembered_on_the_keeper_and_ended(
    made: stand_in.Awx, launch: Launch, modules: Modules
) -> None:
    quinn = modules.control.sessions("LAB\\quinn")
    assert len(quinn) == 1
    launch("clear stale sessions", unanswered(made, "clear stale sessions"), "--check")
    assert modules.control.writes() == []
    template = json.loads(made.one("job_templates", f"{NAME} - clear stale sessions")["extra_vars"])
    memory = pathlib.Path(template["stale_sessions_memory_path"])
    assert not memory.exists()
    # By the schedule: nobody is asked, and the inventory has the rule.
    launch("clear stale sessions", made.one("schedules", f"{NAME} - clear stale sessions")["extra_data"])
    assert modules.control.sessions("LAB\\quinn") == []
    assert memory.stat().st_mode & 0o777 == 0o600
    audit = (memory.parent / "production-audit.jsonl").read_text(encoding="utf-8")
    assert "LAB\\\\quinn" in audit
    before = modules.session_ids()
    launch("clear stale sessions", unanswered(made, "clear stale sessions", stale_sessions_min_age="8h"))
    assert modules.session_ids() == before


def test_the_sessions_of_a_user(made: stand_in.Awx, launch: Launch, modules: Modules) -> None:
    shown = unanswered(made, "sessions of a user", user_sessions_user="LAB\\bjorn")
    assert "bjorn" in launch("sessions of a user", shown)
    assert modules.control.writes() == []
    launch("sessions of a user", {**shown, "user_sessions_end": "true", "user_sessions_reason": "Ticket 1"})
    assert modules.control.sessions("LAB\\bjorn") == []


@pytest.mark.parametrize("way", ["limit", "workflow", "one node"])
def test_the_restart_as_a_rehearsal(made: stand_in.Awx, launch: Launch, modules: Modules, way: str) -> None:
    if way == "workflow":
        output = launch("drain", of_the_workflow(made, proxy_restart_central="true"), "--check", artifacts={})
    elif way == "limit":
        answers = unanswered(made, "drain and restart", proxy_restart_central="true")
        output = launch("drain and restart", answers, "--check", "--limit", "qlik2.example.com")
    else:
        answers = unanswered(made, "restart one node now", qlik_proxy_hosts="qlik2.example.com")
        output = launch("restart one node now", answers, "--check")
    assert re.findall(r"^([\w.]+): would be restarted;", output, re.MULTILINE) == ["qlik2.example.com"]
    assert modules.control.writes() == []


# Answers that look like something else in YAML. From ansible-core 2.19 on they are that; see handing_on.

READ_ANEW = CORE >= (2, 19)
CURE = r"DIRECTORY\\{1,2}id"


@pytest.mark.parametrize("user", ["0123", "no", "12:30", "2026-01-01"])
def test_a_user_is_the_one_who_was_named_or_is_refused(
    made: stand_in.Awx, launch: Launch, modules: Modules, user: str
) -> None:
    answers = unanswered(made, "sessions of a user", user_sessions_user=user, user_sessions_end="true")
    output = launch("sessions of a user", answers, fails=READ_ANEW)
    assert re.search(CURE, output) if READ_ANEW else user in output
    assert modules.control.writes() == []


@pytest.mark.parametrize(
    ("what", "variable"),
    [
        ("report sessions", "session_report_exclude_users"),
        ("clear stale sessions", "stale_sessions_exclude_users"),
        ("clear stale sessions", "stale_sessions_users"),
    ],
)
def test_a_list_of_users_is_that_of_the_answer_or_is_refused(
    made: stand_in.Awx, launch: Launch, modules: Modules, what: str, variable: str
) -> None:
    """A user who becomes another one by 0123 would be ended in place of one who is protected."""
    output = launch(what, unanswered(made, what, **{variable: "0123"}), fails=READ_ANEW)
    assert not READ_ANEW or re.search(CURE, output)
    several = "LAB\\0123, PARTNER\\{{ 7 * 7 }}, LAB\\\u00fcn\u00fc,,LAB\\*"
    launch(what, unanswered(made, what, **{variable: several}), "--check")
    assert modules.control.writes() == []


def test_an_age_that_yaml_reads_as_seconds_is_refused(made: stand_in.Awx, launch: Launch, modules: Modules) -> None:
    answers = unanswered(made, "clear stale sessions", stale_sessions_min_age="8:00")
    assert "unit" in launch("clear stale sessions", answers, fails=True)
    assert modules.control.writes() == []


@pytest.mark.parametrize("name", ["*", "no\n", "="])
def test_what_keeps_a_job_from_starting(made: stand_in.Awx, launch: Launch, name: str) -> None:
    """No question asks for such a text alone, and no artifact of the kit holds one."""
    answers = unanswered(made, "report sessions", session_report_exclude_users=name)
    output = launch("report sessions", answers, fails=READ_ANEW)
    assert ("PLAY [" in output) is not READ_ANEW
