# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""awx_setup against a stand-in for AWX: it makes everything, then nothing; a changed setting changes its part."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from ansible_collections.qlikops.sense.tests.integration.awx.setting_up import KIT, NAME, SECRETS, Setup
from ansible_collections.qlikops.sense.tests.integration.awx.stand_in import Awx

WORKFLOW = f"{NAME} - planned restart"
TEMPLATES = ("report sessions", "clear stale sessions", "sessions of a user", "drain and restart")
PEOPLE: dict[str, Any] = {
    "awx_setup_approver_users": ["anna"],
    "awx_setup_approver_teams": ["Operations"],
    "awx_setup_helpdesk_teams": ["Help desk"],
    "awx_setup_report_channels": ["teams"],
    "awx_setup_notification": {
        "notification_type": "slack",
        "notification_configuration": {"channels": ["#qlik"], "token": SECRETS["slack"]},
    },
}


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
        assert template["execution_environment"] == awx.one("execution_environments", NAME)["id"]
        assert names(awx.linked("job_templates", template["name"], "notification_templates_error")) == [NAME]
        credentials = names(awx.linked("job_templates", template["name"], "credentials"))
        assert f"{NAME} - connection" in credentials
        assert (f"{NAME} - Windows nodes" in credentials) is (what == "drain and restart")
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
    assert awx.one("workflow_approval_templates", "Restart the nodes?")["timeout"] == 86400
    assert awx.one(kind, "notify")["extra_data"] == {"session_report_notify": ["teams"]}
    assert awx.one(kind, "report-after")["extra_data"] == {"session_report_proxies": []}
    assert awx.one("workflow_job_templates", WORKFLOW)["allow_simultaneous"] is False
    assert names(awx.linked("workflow_job_templates", WORKFLOW, "notification_templates_approvals")) == [NAME]
    spec = awx.surveys[("workflow_job_templates", awx.one("workflow_job_templates", WORKFLOW)["id"])]["spec"]
    assert spec[0]["variable"] == "qlik_proxy_hosts"
    assert spec[0]["choices"] == ["qlik1.example.com", "qlik2.example.com", "qlik3.example.com"]


def look_at_the_inventory(awx: Awx) -> None:
    assert names(awx.linked("groups", "qlik_sites", "hosts")) == ["production"]
    assert len(awx.linked("groups", "qlik_proxies", "hosts")) == 3
    variables = json.loads(awx.one("groups", "qlik_proxies")["variables"])
    assert variables["ansible_user"] == "{{ qlik_windows_user }}"
    assert variables["ansible_connection"] == "winrm"
    assert json.loads(awx.one("hosts", "production")["variables"])["ansible_connection"] == "local"
    assert json.loads(awx.one("inventories", NAME)["variables"]) == {
        "qlik_audit_host": "ops.example.com",
        "qlik_audit_log": "/var/lib/qlikops/production-audit.jsonl",
        "proxy_restart_lease_host": "ops.example.com",
        "proxy_restart_lease_dir": "/var/lib/qlikops/leases",
        "proxy_restart_drain_timeout": 1800,
    }


def look_at_the_credentials(awx: Awx) -> None:
    connection = awx.one("credentials", f"{NAME} - connection")
    assert awx.objects["credential_types"][connection["credential_type"]]["name"] == "Qlik Sense connection"
    assert connection["inputs"]["client_key"] == SECRETS["client_key.pem"].strip()
    assert connection["inputs"]["client_key_password"] == SECRETS["QLIK_SENSE_CLIENT_KEY_PASSWORD"]
    assert awx.one("credentials", f"{NAME} - SSH")["inputs"]["ssh_key_data"] == SECRETS["ssh_key"]


def look_at_the_people(awx: Awx) -> None:
    def ids(template: str, kind: str, actors: str) -> list[int]:
        return awx.links.get(("roles", awx.role(kind, awx.one(kind, template)["id"]), actors), [])

    assert ids(WORKFLOW, "workflow_job_templates", "users") == [awx.one_user("anna")["id"]]
    assert ids(WORKFLOW, "workflow_job_templates", "teams") == [awx.one("teams", "Operations")["id"]]
    for what in TEMPLATES:
        allowed = [awx.one("teams", "Help desk")["id"]] if what in ("report sessions", "sessions of a user") else []
        assert ids(f"{NAME} - {what}", "job_templates", "teams") == allowed


def test_makes_everything_then_changes_nothing_then_what_is_told(setup: Setup) -> None:
    awx = setup.awx
    organization = awx.one("organizations", "Default")["id"]
    awx.create("users", {"username": "anna"})
    awx.create("teams", {"name": "Operations", "organization": organization})
    awx.create("teams", {"name": "Help desk", "organization": organization})

    assert setup.run(**PEOPLE) > 20
    look_at_jobs(awx)
    look_at_the_workflow(awx)
    look_at_the_inventory(awx)
    look_at_the_credentials(awx)
    look_at_the_people(awx)

    awx.writes.clear()
    assert setup.run(**PEOPLE) == 0
    assert awx.writes == []

    changes: dict[str, Any] = {
        **PEOPLE,
        "awx_setup_nodes": ["qlik1.example.com", "qlik2.example.com"],
        "awx_setup_variables": {"stale_sessions_min_age": "12h", "stale_sessions_user_states": ["inactive", "missing"]},
        "awx_setup_qlik_host": "qlik9.example.com",
    }
    assert setup.run("--check", **changes) > 0
    assert awx.writes == []

    setup.run(**changes)
    paths = {
        write.split("/api/v2/")[1].split("/")[0] + ("/survey" if "survey" in write else "") for write in awx.writes
    }
    assert paths == {"credentials", "inventories", "groups", "job_templates/survey", "workflow_job_templates/survey"}
    look_at_the_credentials(awx)  # secrets are still there
    assert awx.one("credentials", f"{NAME} - connection")["inputs"]["host"] == "qlik9.example.com"
    clear = awx.surveys[("job_templates", awx.one("job_templates", f"{NAME} - clear stale sessions")["id"])]["spec"]
    defaults = {question["variable"]: question.get("default") for question in clear}
    assert defaults["stale_sessions_min_age"] == "12h"
    assert defaults["stale_sessions_user_states"] == "inactive\nmissing"
    assert defaults["stale_sessions_keep_per_user"] == 0


def test_settings_that_are_not_filled_in_are_refused_before_anything_is_done(setup: Setup) -> None:
    ran = setup.start(awx_setup_windows_password="")
    assert ran.returncode == 2
    assert "awx_setup_windows_password is empty." in ran.stdout
    assert setup.awx.writes == []


def test_files_that_are_not_there_are_told_before_anything_is_done(setup: Setup) -> None:
    (setup.home / "qlik-certificates" / "client_key.pem").unlink()
    ran = setup.start()
    assert ran.returncode == 2
    assert "There is no file ~/qlik-certificates/client_key.pem on this machine." in ran.stdout
    assert setup.awx.writes == []


def test_every_setting_of_the_example_is_used_and_every_one_used_is_in_it() -> None:
    playbook = (KIT.parents[1] / "playbooks" / "awx_setup.yml").read_text(encoding="utf-8")
    settings = yaml.safe_load((KIT / "settings.yml").read_text(encoding="utf-8"))
    internal = {"awx_setup_credential_types", "awx_setup_update_secrets"}
    used = set(re.findall(r"(?<!_)awx_setup_\w+", playbook)) - internal
    assert used == set(settings)
