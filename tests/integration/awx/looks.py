# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What awx_setup is to make of the settings as they are shipped, and of ``PEOPLE``."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.qlikops.sense.tests.integration.awx.setting_up import NAME, SECRETS
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


def jobs(awx: Awx) -> None:
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


def the_workflow(awx: Awx) -> None:
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


def the_inventory(awx: Awx) -> None:
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


def the_credentials(awx: Awx) -> None:
    connection = awx.one("credentials", f"{NAME} - connection")
    assert awx.objects["credential_types"][connection["credential_type"]]["name"] == "Qlik Sense connection"
    assert connection["inputs"]["client_key"] == SECRETS["client_key.pem"]
    assert connection["inputs"]["client_key_password"] == SECRETS["QLIK_SENSE_CLIENT_KEY_PASSWORD"]
    assert awx.one("credentials", f"{NAME} - SSH")["inputs"]["ssh_key_data"] == SECRETS["ssh_key"]


def the_people(awx: Awx) -> None:
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
