# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""awx_configuration: the data for infra.aap_configuration, which is what awx_setup puts into AWX."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml

from ansible_collections.qlikops.sense.tests.integration.awx import looks
from ansible_collections.qlikops.sense.tests.integration.awx.looks import ANSWERS_OF_THE_SCHEDULE, TEMPLATES
from ansible_collections.qlikops.sense.tests.integration.awx.setting_up import NAME, PEOPLE, Setup, load, secret_lines

# Variable -> module of awx.awx and the options that it gets, in the order of the role "dispatch".
ROLES: dict[str, tuple[str, list[str]]] = {
    "aap_organizations": ("organization", ["galaxy_credentials", "state"]),
    "controller_labels": ("label", ["organization"]),
    "controller_credential_types": ("credential_type", ["description", "kind", "inputs", "injectors"]),
    "controller_credentials": ("credential", ["organization", "credential_type", "inputs", "update_secrets"]),
    "controller_execution_environments": ("execution_environment", ["organization", "image", "pull"]),
    "controller_notifications": (
        "notification_template",
        ["organization", "notification_type", "notification_configuration", "state"],
    ),
    "controller_projects": (
        "project",
        [*("organization", "scm_type", "scm_url", "scm_branch", "scm_update_on_launch", "default_environment")],
    ),
    "controller_inventories": ("inventory", ["organization", "kind", "variables"]),
    "controller_hosts": ("host", ["inventory", "variables"]),
    "controller_groups": ("group", ["inventory", "hosts", "variables"]),
    "controller_templates": (
        "job_template",
        [
            *(
                "description",
                "organization",
                "project",
                "playbook",
                "inventory",
                "execution_environment",
                "credentials",
            ),
            *("job_type", "extra_vars", "timeout", "ask_job_type_on_launch", "ask_limit_on_launch", "labels"),
            *("allow_simultaneous", "job_slice_count", "instance_groups", "notification_templates_error"),
            *("survey_enabled", "survey_spec"),
        ],
    ),
    "controller_workflows": (
        "workflow_job_template",
        [
            *("description", "organization", "inventory", "allow_simultaneous", "labels", "survey_enabled"),
            *("notification_templates_approvals", "notification_templates_error", "survey_spec"),
        ],
    ),
    "controller_schedules": (
        "schedule",
        ["organization", "unified_job_template", "rrule", "enabled", "extra_data"],
    ),
    "controller_roles": ("role", ["users", "teams", "workflows", "job_templates", "lookup_organization"]),
}
# The roles turn these into texts, to take apart braces that were written with a blank between them.
AS_TEXTS = ("injectors", "variables")
NODE = ["extra_data", "unified_job_template", "lookup_organization", "approval_node"]


def task(module: str, options: list[str], loop: str, **more: str) -> dict[str, Any]:
    name = "role" if module == "role" else "name"
    given = {option: f"{{{{ item.{option} | default(omit, true) }}}}" for option in options}
    switches = [option for option in options if option.startswith(("ask_", "update_"))]
    given |= {option: f"{{{{ item.{option} | default(omit) }}}}" for option in switches}
    for option in AS_TEXTS:
        if option in given:
            given[option] = (
                f"{{{{ item.{option} | regex_replace('{{  {{', '{{{{') if item.{option} | default({{}}) else omit }}}}"
            )
    return {f"awx.awx.{module}": {name: f"{{{{ item.{name} }}}}", **given, **more}, "loop": f"{{{{ {loop} }}}}"}


def playbook() -> list[dict[str, Any]]:
    """What the roles of the collection come to."""
    tasks = [
        {
            **task(module, options, variable),
            "no_log": variable in ("controller_credentials", "controller_notifications"),
        }
        for variable, (module, options) in ROLES.items()
    ]
    nodes = "controller_workflows[0].simplified_workflow_nodes"
    of_workflow = {
        "workflow": "{{ controller_workflows[0].name }}",
        "organization": "{{ controller_workflows[0].organization }}",
        "identifier": "{{ item.identifier }}",
    }
    for options, loop in ((NODE, nodes), (["success_nodes"], f"{nodes} | selectattr('success_nodes', 'defined')")):
        step = task("workflow_job_template_node", options, loop, **of_workflow)
        del step["awx.awx.workflow_job_template_node"]["name"]
        tasks.append(step)
    return [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]


def test_the_same_as_data_for_infra_aap_configuration(setup: Setup) -> None:
    file = setup.home / "controller.yml"
    ran = setup.start(playbook="qlikops.sense.awx_configuration", awx_configuration_file=str(file), **PEOPLE)
    assert ran.returncode == 0, ran.stdout[-5000:]
    text = file.read_text(encoding="utf-8")
    assert not [line for line in secret_lines() if line in text]
    held = load(file)
    assert len(held["controller_templates"]) == len(TEMPLATES)
    assert held["controller_schedules"][0]["extra_data"] == ANSWERS_OF_THE_SCHEDULE
    assert 'ansible_user: !unsafe "{{ lookup(' in text  # for the job, not for whoever loads the file
    again = setup.start(playbook="qlikops.sense.awx_configuration", awx_configuration_file=str(file), **PEOPLE)
    assert "changed=0" in again.stdout


def written(setup: Setup) -> list[str]:
    """But for the inventory: the roles leave out an empty kind, and the module sends null in its place at every run."""
    return [write for write in setup.awx.writes if "/inventories/" not in write]


@pytest.mark.long
def test_what_is_made_of_that_data_is_what_awx_setup_makes(again: Setup, tmp_path: pathlib.Path) -> None:
    file, play = again.home / "controller.yml", tmp_path / "play.yml"
    again.start(playbook="qlikops.sense.awx_configuration", awx_configuration_file=str(file), **PEOPLE)
    play.write_text(yaml.safe_dump(playbook(), sort_keys=False), encoding="utf-8")
    loaded = again.start("-e", f"@{file}", playbook=str(play), **PEOPLE)
    assert loaded.returncode == 0, loaded.stdout[-5000:]
    assert written(again) == []  # nothing differs, and no secret is sent again
    for end, visible in {"connection": "host", "SSH": "username"}.items():
        again.awx.one("credentials", f"{NAME} - {end}")["inputs"] = {visible: "other"}
    loaded = again.start("-e", f"@{file}", playbook=str(play), **PEOPLE)
    assert loaded.returncode == 0, loaded.stdout[-5000:]
    assert len(written(again)) == 2
    looks.the_credentials(again.awx)  # as they are in the files, to the last line feed
