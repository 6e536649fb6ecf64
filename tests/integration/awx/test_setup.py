# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""awx_setup against a stand-in for AWX: it makes everything, then nothing; a changed setting changes its part."""

from __future__ import annotations

import hashlib
import json
import pathlib
import shutil
from dataclasses import fields
from typing import Any

import yaml

from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_settings import Settings
from ansible_collections.qlikops.sense.tests.integration.awx import serving
from ansible_collections.qlikops.sense.tests.integration.awx.setting_up import (
    GATEWAY,
    KIT,
    NAME,
    PEOPLE,
    SECRETS,
    Setup,
    load,
    people,
)
from ansible_collections.qlikops.sense.tests.integration.awx.stand_in import Awx

WORKFLOW = f"{NAME} - planned restart"
RESTARTS = ("drain and restart", "restart one node now")
TEMPLATES = ("check the site", "report sessions", "clear stale sessions", "sessions of a user", *RESTARTS)
# What nobody asks a schedule or a node of a workflow, and AWX wants answered all the same.
ANSWERS_OF_THE_SCHEDULE = {
    "stale_sessions_keep_per_user": 0,
    "stale_sessions_runaway_user": 0,
    "stale_sessions_runaway_virtual_proxy": 0,
    "stale_sessions_max_sessions": 0,
    "stale_sessions_max_percent": 0,
    "stale_sessions_on_proxy_failure": "warn",
    "stale_sessions_of": "everybody",
}
ANSWER_OF_THE_REPORT = {"session_report_on_proxy_failure": "warn"}


def names(items: list[dict[str, Any]]) -> list[str]:
    return [item.get("name") or item["identifier"] for item in items]


def look_at_jobs(awx: Awx) -> None:
    for what in TEMPLATES:
        template = awx.one("job_templates", f"{NAME} - {what}")
        assert template["allow_simultaneous"] is False
        assert template["job_slice_count"] == 1
        assert template["survey_enabled"] is True
        assert template["ask_job_type_on_launch"] is True
        assert template["ask_limit_on_launch"] is (what == "drain and restart")
        assert template["timeout"] == (
            0 if what in RESTARTS else 900 if what in ("check the site", "report sessions") else 1800
        )
        assert template["execution_environment"] == awx.one("execution_environments", NAME)["id"]
        assert names(awx.linked("job_templates", template["name"], "notification_templates_error")) == [NAME]
        credentials = names(awx.linked("job_templates", template["name"], "credentials"))
        assert f"{NAME} - connection" in credentials
        assert (f"{NAME} - Windows nodes" in credentials) is (what in RESTARTS)
        assert names(awx.linked("job_templates", template["name"], "labels")) == ["qlik-sense"]
        assert names(awx.linked("job_templates", template["name"], "instance_groups")) == ["near the nodes"]
    now = awx.asked("job_templates", awx.one("job_templates", f"{NAME} - restart one node now")["id"])[0]["spec"]
    assert [question["variable"] for question in now] == ["qlik_proxy_hosts", "proxy_restart_drain"]
    assert now[0]["choices"] == ["qlik1.example.com", "qlik2.example.com", "qlik3.example.com"]
    clear = awx.one("job_templates", f"{NAME} - clear stale sessions")
    assert json.loads(clear["extra_vars"]) == {
        "qlik_sites": "qlik_sites",
        "stale_sessions_memory": "file",
        "stale_sessions_memory_host": "ops.example.com",
        "stale_sessions_memory_path": "/var/lib/qlikops/production-memory.json",
    }
    schedule = awx.one("schedules", clear["name"])
    assert schedule["unified_job_template"] == clear["id"]
    assert schedule["enabled"] is True
    assert schedule["extra_data"] == ANSWERS_OF_THE_SCHEDULE
    assert schedule["rrule"].startswith("DTSTART:20260101T000000Z ")  # Z is UTC


def look_at_the_workflow(awx: Awx) -> None:
    """report -> notify -> approve -> drain -> report-after, on success only."""
    kind = "workflow_job_template_nodes"
    order, node = [], "report"
    while node:
        order.append(node)
        item = awx.one(kind, node)
        assert item["unified_job_template"]
        assert not awx.linked(kind, node, "always_nodes")
        assert not awx.linked(kind, node, "failure_nodes")
        following = names(awx.linked(kind, node, "success_nodes"))
        assert len(following) <= 1
        node = following[0] if following else ""
    assert order == ["report", "notify", "approve", "drain", "report-after"]
    assert len(awx.objects[kind]) == len(order)
    templates = {**awx.objects["job_templates"], **awx.objects["workflow_approval_templates"]}
    assert [
        templates[awx.one(kind, node)["unified_job_template"]]["name"].removeprefix(f"{NAME} - ") for node in order
    ] == [*("report sessions", "report sessions", "Restart the nodes?", "drain and restart", "report sessions")]
    approval = awx.one("workflow_approval_templates", "Restart the nodes?")
    assert approval["timeout"] == 86400
    assert approval["description"].endswith("that has just gone out by teams.")
    assert awx.one(kind, "report")["extra_data"] == ANSWER_OF_THE_REPORT
    assert awx.one(kind, "notify")["extra_data"] == {**ANSWER_OF_THE_REPORT, "session_report_notify": ["teams"]}
    assert awx.one(kind, "report-after")["extra_data"] == {**ANSWER_OF_THE_REPORT, "session_report_proxies": []}
    assert awx.one(kind, "drain")["extra_data"] == {
        "proxy_restart_drain": "wait",
        "proxy_restart_drain_timeout": 1800,
        "proxy_restart_on_timeout": "fail",
        "proxy_restart_central": "false",
    }
    assert awx.one("workflow_job_templates", WORKFLOW)["allow_simultaneous"] is False
    assert names(awx.linked("workflow_job_templates", WORKFLOW, "notification_templates_approvals")) == [NAME]
    spec = awx.surveys[("workflow_job_templates", awx.one("workflow_job_templates", WORKFLOW)["id"])]["spec"]
    assert spec[0]["variable"] == "qlik_proxy_hosts"
    assert spec[0]["choices"] == ["qlik1.example.com", "qlik2.example.com", "qlik3.example.com"]


def look_at_the_inventory(awx: Awx) -> None:
    assert names(awx.linked("groups", "qlik_sites", "hosts")) == ["production"]
    assert len(awx.linked("groups", "qlik_proxies", "hosts")) == 3
    variables = json.loads(awx.one("groups", "qlik_proxies")["variables"])
    assert variables["ansible_user"] == "{{ lookup('ansible.builtin.env', 'QLIK_WINDOWS_USER') }}"
    assert variables["ansible_connection"] == "winrm"
    assert json.loads(awx.one("hosts", "production")["variables"])["ansible_connection"] == "local"
    variables = json.loads(awx.one("inventories", NAME)["variables"])
    assert variables["notify_users_teams_url"] == "{{ lookup('ansible.builtin.env', 'QLIK_TEAMS_URL') }}"
    assert {name: value for name, value in variables.items() if not name.startswith("notify_users_")} == {
        "qlik_audit_host": "ops.example.com",
        "qlik_audit_log": "/var/lib/qlikops/production-audit.jsonl",
        "proxy_restart_lease_host": "ops.example.com",
        "proxy_restart_lease_dir": "/var/lib/qlikops/leases",
        "proxy_restart_drain_timeout": 1800,
    }


def look_at_the_credentials(awx: Awx) -> None:
    connection = awx.one("credentials", f"{NAME} - connection")
    assert awx.objects["credential_types"][connection["credential_type"]]["name"] == "Qlik Sense connection"
    assert connection["inputs"]["client_key"] == SECRETS["client_key.pem"]
    assert connection["inputs"]["client_key_password"] == SECRETS["QLIK_SENSE_CLIENT_KEY_PASSWORD"]
    assert awx.one("credentials", f"{NAME} - SSH")["inputs"]["ssh_key_data"] == SECRETS["ssh_key"]


def look_at_the_people(awx: Awx) -> None:
    def ids(role: str, what: str, kind: str, actors: str) -> set[int]:
        number = awx.one(kind, f"{NAME} - {what}")["id"]
        return {*awx.links.get(("roles", awx.role(kind, number, role), actors), [])}

    anna, operations = awx.one_user("anna")["id"], awx.one("teams", "Operations")["id"]
    helpdesk = awx.one("teams", "Help desk")["id"]
    workflow = ("planned restart", "workflow_job_templates")
    assert ids("approval_role", *workflow, "users") == {anna}
    assert ids("approval_role", *workflow, "teams") == {operations, helpdesk}
    assert ids("execute_role", *workflow, "users") == set()
    assert ids("execute_role", *workflow, "teams") == {operations}
    allowed = {
        "report sessions": {operations, helpdesk},
        "sessions of a user": {helpdesk},
        "clear stale sessions": set(),
    }
    for what in TEMPLATES:
        assert ids("execute_role", what, "job_templates", "teams") == allowed.get(what, {operations})


def test_check_mode_says_what_an_empty_awx_would_get(setup: Setup) -> None:
    awx = setup.awx
    people(awx)
    empty = setup.start("--check", **PEOPLE)
    assert empty.returncode == 0, empty.stdout[-5000:]
    assert "Would be created:" in empty.stdout
    assert "credential type: Qlik Sense connection, Qlik Sense nodes (Windows), Qlik Sense messages" in empty.stdout
    assert f"workflow: {WORKFLOW}" in empty.stdout
    assert "node of the workflow: report-after, drain, approve, notify, report" in empty.stdout
    assert awx.writes == []


def test_check_mode_where_a_run_has_ended_halfway(again: Setup) -> None:
    awx = again.awx
    for kind in ("job_templates", "schedules", "workflow_job_templates", "workflow_job_template_nodes"):
        awx.objects[kind].clear()
    half = again.start("--check", **PEOPLE)
    assert half.returncode == 0, half.stdout[-5000:]
    assert f"schedule: {NAME} - clear stale sessions" in half.stdout
    assert "inventory: " not in half.stdout
    assert awx.writes == []


def test_one_run_makes_everything(finished: Awx) -> None:
    look_at_jobs(finished)
    look_at_the_workflow(finished)
    look_at_the_inventory(finished)
    look_at_the_credentials(finished)
    look_at_the_people(finished)
    assert names(finished.linked("organizations", "Default", "galaxy_credentials")) == ["Ansible Galaxy"]
    # Nothing that AWX would ignore, but for what awx.awx sends by itself.
    assert finished.unknown == {("workflow_job_template_nodes", "type")}


def test_another_run_changes_nothing_and_another_setting_what_it_is_about(again: Setup) -> None:
    awx = again.awx
    assert again.run(**PEOPLE) == 0
    assert again.run("--check", **PEOPLE) == 0
    assert awx.writes == []  # no PATCH of credentials either

    changes: dict[str, Any] = {
        **PEOPLE,
        "awx_setup_nodes": ["qlik1.example.com", "qlik2.example.com"],
        "awx_setup_variables": {
            "stale_sessions_min_age": "12h",
            "stale_sessions_user_states": ["inactive", "missing"],
            "stale_sessions_max_percent": "20",
            "stale_sessions_users": ["LAB\\*"],
        },
        "awx_setup_qlik_host": "qlik9.example.com",
    }
    assert again.run("--check", **changes) > 0
    assert awx.writes == []

    again.run(**changes)
    paths = {
        write.split("/api/v2/")[1].split("/")[0] + ("/survey" if "survey" in write else "") for write in awx.writes
    }
    surveys = {"job_templates/survey", "workflow_job_templates/survey"}
    assert paths == {"credentials", "inventories", "groups", "schedules", *surveys}
    assert len([write for write in awx.writes if "PATCH" in write and "/credentials/" in write]) == 1
    look_at_the_credentials(awx)  # secrets are still there
    assert awx.one("credentials", f"{NAME} - connection")["inputs"]["host"] == "qlik9.example.com"
    clear = awx.surveys[("job_templates", awx.one("job_templates", f"{NAME} - clear stale sessions")["id"])]["spec"]
    defaults = {question["variable"]: question.get("default") for question in clear}
    assert defaults["stale_sessions_min_age"] == "12h"
    assert defaults["stale_sessions_user_states"] == "inactive\nmissing"
    assert defaults["stale_sessions_keep_per_user"] == 0
    schedule = awx.one("schedules", f"{NAME} - clear stale sessions")
    assert schedule["extra_data"] == {
        **ANSWERS_OF_THE_SCHEDULE,
        "stale_sessions_max_percent": 20,
        "stale_sessions_of": "named",
    }
    # A node that is taken out of the settings leaves surveys and groups.
    assert "qlik3.example.com" not in json.dumps([*awx.surveys.values()])
    hosts = names(awx.linked("groups", "qlik_proxies", "hosts"))
    assert sorted(hosts) == ["qlik1.example.com", "qlik2.example.com"]


def test_a_wrong_prefix_and_a_token_that_is_ignored_are_told(
    tree: pathlib.Path, tmp_path: pathlib.Path, python: str
) -> None:
    """Behind the gateway of AAP, where ``finished`` was set up."""
    with serving.serving(GATEWAY) as (awx, address):
        setup = Setup(awx, address, tree, tmp_path, python)
        prefix = setup.environment.pop("CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX")
        lost = setup.start()
        assert lost.returncode == 2
        assert "set CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX=/api/controller/ as well" in lost.stdout
        setup.environment["CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX"] = prefix
        setup.environment["CONTROLLER_OAUTH_TOKEN"] = "of nobody"
        refused = setup.start()
        assert refused.returncode == 2
        assert "(HTTP 401)" in refused.stdout
        assert "set CONTROLLER_USERNAME and CONTROLLER_PASSWORD then" in refused.stdout
        assert awx.writes == []


def test_an_upgrade_with_a_question_that_must_be_answered(again: Setup) -> None:
    """The schedule and the nodes are as AWX accepted them once, and PATCH does not look. The kit brings the answer."""
    kit = again.home / "kit"
    shutil.copytree(KIT, kit)
    for survey, variable in (("clear_stale_sessions", "stale_sessions_new"), ("report_sessions", "session_report_new")):
        more = {"variable": variable, "question_name": "?", "type": "integer", "min": 0, "max": 9, "default": 7}
        questions = [*load(KIT / "surveys" / f"{survey}.yml"), {**more, "required": True}]
        (kit / "surveys" / f"{survey}.yml").write_text(yaml.safe_dump(questions), encoding="utf-8")
    again.run(__awx_setup_kit=str(kit), **PEOPLE)
    awx = again.awx
    schedule = awx.one("schedules", f"{NAME} - clear stale sessions")
    assert schedule["extra_data"] == {**ANSWERS_OF_THE_SCHEDULE, "stale_sessions_new": 7}
    awx.replace("schedules", schedule, schedule)  # PUT, which looks at every answer
    for node in ("report", "notify", "report-after"):
        assert awx.one("workflow_job_template_nodes", node)["extra_data"]["session_report_new"] == 7


def test_an_upgrade_of_a_type_of_credentials_in_use(again: Setup) -> None:
    """AWX answers 403 to another field; so the kit counts the generation up, and jobs change over."""
    awx = again.awx
    types = KIT / "credential_types.yml"
    kit = again.home / "kit"
    shutil.copytree(KIT, kit)
    changed = load(types)
    changed["messages"]["inputs"]["fields"].append({"id": "pager_url", "type": "string", "label": "Pager"})
    (kit / "credential_types.yml").write_text(yaml.safe_dump(changed), encoding="utf-8")
    in_use = again.start(__awx_setup_kit=str(kit), **PEOPLE)
    assert in_use.returncode == 2
    assert "(HTTP 403)" in in_use.stdout
    changed["messages"]["generation"] = 2
    (kit / "credential_types.yml").write_text(yaml.safe_dump(changed), encoding="utf-8")
    again.run(__awx_setup_kit=str(kit), **PEOPLE)
    used = names(awx.linked("job_templates", f"{NAME} - report sessions", "credentials"))
    assert sorted(used) == [f"{NAME} - connection", f"{NAME} - messages 2"]
    awx.writes.clear()
    assert again.run(__awx_setup_kit=str(kit), **PEOPLE) == 0
    assert awx.writes == []


def test_why_awx_refuses_a_secret_is_told_without_it(again: Setup) -> None:
    awx = again.awx
    machine = awx.one("credential_types", "Machine")
    fields = machine["inputs"]["fields"]
    (ssh,) = [key for key, one in awx.objects["credentials"].items() if one["credential_type"] == machine["id"]]
    kept = awx.objects["credentials"].pop(ssh)
    machine["inputs"]["fields"] = []
    credential = again.start(**PEOPLE)
    assert credential.returncode == 2
    assert f"Unable to create credential {NAME} - SSH: inputs " in credential.stdout
    machine["inputs"]["fields"] = fields
    awx.objects["credentials"][ssh] = kept
    awx.objects["notification_templates"].clear()
    lacking = {"notification_type": "slack", "notification_configuration": {}}
    notification = again.start(**{**PEOPLE, "awx_setup_notification": lacking})
    assert notification.returncode == 2
    assert "Missing required fields for Notification Configuration: ['channels', 'token']." in notification.stdout


def test_settings_that_are_not_filled_in_are_refused_before_anything_is_done(setup: Setup) -> None:
    ran = setup.start(awx_setup_windows_password="")
    assert ran.returncode == 2
    assert "awx_setup_windows_password is empty." in ran.stdout
    assert setup.awx.writes == []


def test_files_that_are_not_there_are_told_before_anything_is_done(setup: Setup) -> None:
    (setup.home / "qlik-certificates" / "client_key.pem").unlink()
    ran = setup.start()
    assert ran.returncode == 2
    assert f"{setup.home}/qlik-certificates/client_key.pem is not there. See awx_setup_certificates" in ran.stdout
    assert setup.awx.writes == []


def test_every_setting_of_the_example_is_read_and_every_one_read_is_in_it() -> None:
    settings = yaml.safe_load((KIT / "settings.yml").read_text(encoding="utf-8"))
    assert {name.removeprefix("awx_setup_") for name in settings} == {one.name for one in fields(Settings)}


# If this fails, the inputs of a type have changed: count its generation up, and then write the new one here.
GENERATIONS = {"connection": (1, "2a895ac0e419"), "windows": (1, "bdf1ffec78fc"), "messages": (1, "4e2f5f98d6a0")}


def test_inputs_do_not_change_without_a_new_generation() -> None:
    types = load(KIT / "credential_types.yml")
    assert {
        key: (about["generation"], hashlib.sha256(json.dumps(about["inputs"]).encode()).hexdigest()[:12])
        for key, about in types.items()
    } == GENERATIONS
