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
from ansible_collections.qlikops.sense.tests.integration.awx import looks, serving
from ansible_collections.qlikops.sense.tests.integration.awx.looks import ANSWERS_OF_THE_SCHEDULE, WORKFLOW, names
from ansible_collections.qlikops.sense.tests.integration.awx.setting_up import (
    GATEWAY,
    KIT,
    NAME,
    PEOPLE,
    Setup,
    load,
    people,
)
from ansible_collections.qlikops.sense.tests.integration.awx.stand_in import Awx


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
    looks.jobs(finished)
    looks.the_workflow(finished)
    looks.the_inventory(finished)
    looks.the_credentials(finished)
    looks.the_people(finished)
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
    looks.the_credentials(awx)  # secrets are still there
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


def test_a_wrong_prefix_and_a_token_that_is_ignored_are_told(tree: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """Behind the gateway of AAP, where ``finished`` was set up."""
    with serving.serving(GATEWAY) as (awx, address):
        setup = Setup(awx, address, tree, tmp_path)
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
