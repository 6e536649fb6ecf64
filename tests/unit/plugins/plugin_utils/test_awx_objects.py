# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.qlikops.sense.plugins.plugin_utils import _awx_check
from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_configuration import (
    as_configuration,
    as_texts,
    references,
    without_secrets,
)
from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_objects import Objects, objects
from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_settings import settings_of
from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_survey import required_answers, survey
from ansible_collections.qlikops.sense.tests.unit.plugins.plugin_utils.test_awx_settings import FILLED_IN

CHOICE = {
    "variable": "mode",
    "type": "multiplechoice",
    "choices": ["warn", "fail"],
    "default": "warn",
    "required": True,
}
NUMBER = {"variable": "limit", "type": "integer", "min": 0, "max": 100, "default": 0, "required": True}
SEVERAL = {"variable": "states", "type": "multiselect", "choices": ["inactive", "missing"], "required": False}
TEXT = {"variable": "age", "type": "text", "required": False}
NODES = {
    "variable": "nodes",
    "question_description": "Which.",
    "type": "multiselect",
    "choices": "nodes",
    "required": True,
}
QUESTIONS = [CHOICE, NUMBER, SEVERAL, TEXT]
FILE = "extensions/awx/nodes.qlik_sense.yml"
SURVEYS = dict.fromkeys(
    (*("check_site", "report_sessions", "clear_stale_sessions", "user_sessions", "drain_and_restart"), "restart_now"),
    QUESTIONS,
)
TYPE: dict[str, Any] = {
    "name": "T",
    "generation": 1,
    "description": "",
    "kind": "cloud",
    "inputs": {"fields": []},
    "injectors": {"env": {"A": "{{ a }}"}},
}
TYPES = {key: {**TYPE, "name": key} for key in ("connection", "windows", "messages")}
INPUTS = {
    "connection": {"host": "qlik1", "client_key": "secret-key\n", "client_key_password": ""},
    "windows": {"user": "anna", "password": "secret-password"},
    "ssh": {"username": "qlikops", "ssh_key_data": "secret-ssh\n"},
    "messages": {"mail_password": "", "teams_url": ""},
}


def made(types: dict[str, Any] | None = None, **changed: Any) -> Objects:
    settings = settings_of({**FILLED_IN, **{f"awx_setup_{name}": value for name, value in changed.items()}})
    return objects(settings, types or TYPES, {**SURVEYS, "planned_restart": [NODES, *QUESTIONS]}, INPUTS)


def defaults(variables: dict[str, Any]) -> dict[str, Any]:
    spec = survey(QUESTIONS, [], variables)["spec"]
    return {one["variable"]: one["default"] for one in spec if "default" in one}


def test_variables_of_the_site_are_defaults_of_the_survey() -> None:
    assert defaults({}) == {"mode": "warn", "limit": 0}
    assert defaults({"mode": None, "limit": "", "states": []}) == {"mode": "warn", "limit": 0}
    chosen = {"mode": "fail", "limit": "20", "states": ["inactive", "missing"], "age": "12h"}
    assert defaults(chosen) == {"mode": "fail", "limit": 20, "states": "inactive\nmissing", "age": "12h"}


def test_yes_and_no_are_choices() -> None:
    question = {**CHOICE, "choices": ["false", "true"], "default": "false"}
    assert survey([question], [], {"mode": True})["spec"][0]["default"] == "true"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"mode": "ignore"}, "mode must be of warn, fail. It is 'ignore'."),
        ({"mode": ["warn", "fail"]}, "mode must be of"),
        ({"states": ["gone"]}, "states must be of inactive, missing."),
        ({"limit": "30m"}, "limit must be a whole number from 0 to 100. It is '30m'."),
        ({"limit": 101}, "from 0 to 100"),
        ({"limit": True}, "from 0 to 100"),
        ({"age": {"a": 1}}, "age must be a text."),
    ],
)
def test_a_variable_that_cannot_be_a_default(variables: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match="awx_setup_variables") as caught:
        survey(QUESTIONS, [], variables)
    assert words in str(caught.value)


def test_nobody_is_asked_and_all_that_is_required_is_answered() -> None:
    spec = survey([*QUESTIONS, {**SEVERAL, "variable": "must", "required": True, "default": "missing"}], [], {})
    assert required_answers(spec) == {"mode": "warn", "limit": 0, "must": ["missing"]}
    with pytest.raises(ValueError, match="nodes must be answered"):
        required_answers(survey([NODES], ["qlik1"], {}))


def test_inputs_that_are_empty_are_left_out() -> None:
    inputs = [one["inputs"] for one in made()["controller_credentials"]]
    assert inputs[0] == {"host": "qlik1", "client_key": "secret-key\n"}
    assert inputs[3] == {}


def test_another_generation_of_a_type_stands_beside_the_first() -> None:
    later = made({**TYPES, "messages": {**TYPE, "name": "messages", "generation": 2}})
    assert later["controller_credential_types"][2]["name"] == "messages 2"
    assert later["controller_credentials"][3]["name"] == "Qlik - messages 2"
    assert "Qlik - messages 2" in later["controller_templates"][0]["credentials"]


def test_a_source_takes_the_place_of_typed_nodes() -> None:
    typed, sourced = made(), made(nodes=[], inventory_file=FILE)
    assert typed["controller_inventory_sources"] == []
    (source,) = sourced["controller_inventory_sources"]
    assert (source["source_path"], source["credential"]) == (FILE, "Qlik - connection")
    assert len(typed["controller_hosts"]) == len(sourced["controller_hosts"]) + 2
    # An empty list would empty the group at every run.
    assert ["hosts" in objects["controller_groups"][1] for objects in (typed, sourced)] == [True, False]
    question = sourced["controller_workflows"][0]["survey_spec"]["spec"][0]
    assert question["type"] == "text"
    assert "choices" not in question
    assert question["question_description"] == "Names in the inventory, separated by commas. Which."
    named = made(inventory_file=FILE)["controller_workflows"][0]["survey_spec"]["spec"][0]
    assert named["choices"] == ["qlik1.example.com", "qlik2.example.com"]


# Check mode


def everything(wanted: Objects) -> dict[str, set[str]]:
    return {kind.key: {one[kind.called] for one in wanted[kind.key]} for kind in _awx_check.KINDS}


def test_where_everything_is_there_all_is_compared() -> None:
    wanted = made(labels=["qlik"], approver_users=["anna"], notification={"notification_type": "slack"})
    assert _awx_check.comparable(wanted, everything(wanted)) == wanted
    assert _awx_check.to_create(wanted, everything(wanted)) == []


def test_where_nothing_is_there_nothing_that_refers_to_it_is_compared() -> None:
    wanted = made(labels=["qlik"], approver_users=["anna"])
    nothing: dict[str, set[str]] = {kind.key: set() for kind in _awx_check.KINDS}
    compared = _awx_check.comparable(wanted, nothing)
    assert {kind for kind, many in compared.items() if many} == {"aap_organizations", "controller_credential_types"}
    told = _awx_check.to_create(wanted, nothing)
    assert told[0] == "organization: Default"
    assert "node of the workflow: report-after, drain, approve, notify, report" in told


@pytest.mark.parametrize("kind", [kind for kind in _awx_check.KINDS if kind.key != "controller_notifications"])
def test_what_is_missing_is_told_and_takes_along_what_refers_to_it(kind: _awx_check.Kind) -> None:
    wanted = made(labels=["qlik"], approver_users=["anna"], inventory_file=FILE)
    existing = everything(wanted)
    gone = sorted(existing[kind.key])[0]
    existing[kind.key].remove(gone)
    assert _awx_check.to_create(wanted, existing) == [f"{kind.words}: {gone}"]
    for many in _awx_check.comparable(wanted, existing).values():
        for one in many:
            for field, refers_to in _awx_check.REFERENCES.items():
                value = one.get(field)
                if refers_to == kind.key:
                    assert gone not in (value if isinstance(value, list) else [value])


# infra.aap_configuration

# Variables and options of the roles controller_* of redhat-cop/infra.aap_configuration: the tables "Data Structure" in
# their README.md and what their tasks/main.yml hand on, as of November 2026. Only those that the kit uses.
PROMPTS = {"ask_job_type_on_launch", "ask_limit_on_launch", "survey_enabled", "survey_spec", "allow_simultaneous"}
NOTIFIED = {"notification_templates_error", "notification_templates_approvals"}
NODE = {"identifier", "unified_job_template", "lookup_organization", "approval_node", "extra_data", "success_nodes"}
OPTIONS: dict[str, set[str]] = {
    "aap_organizations": {"galaxy_credentials", "state"},
    "controller_labels": {"organization"},
    "controller_credential_types": {"description", "kind", "inputs", "injectors"},
    "controller_credentials": {"organization", "credential_type", "inputs", "update_secrets"},
    "controller_execution_environments": {"organization", "image", "credential", "pull"},
    "controller_projects": {
        *("organization", "scm_type", "scm_url", "scm_branch", "credential", "scm_update_on_launch"),
        *("default_environment", "wait"),
    },
    "controller_inventories": {"organization", "kind", "variables"},
    "controller_hosts": {"inventory", "variables"},
    "controller_groups": {"inventory", "hosts", "variables"},
    "controller_inventory_sources": {
        *("organization", "inventory", "source", "source_project", "source_path", "credential"),
        *("execution_environment", "overwrite", "overwrite_vars", "update_on_launch"),
    },
    "controller_notifications": {
        *("organization", "notification_type", "notification_configuration", "messages", "state"),
    },
    "controller_templates": {
        *("description", "organization", "project", "playbook", "inventory", "execution_environment", "credentials"),
        *("job_type", "extra_vars", "timeout", "job_slice_count", "instance_groups", "labels", *PROMPTS, *NOTIFIED),
    },
    "controller_schedules": {"organization", "unified_job_template", "rrule", "enabled", "extra_data"},
    "controller_workflows": {
        *("description", "organization", "inventory", "labels", "simplified_workflow_nodes", *PROMPTS, *NOTIFIED),
    },
    "controller_roles": {"role", "users", "teams", "workflows", "job_templates", "lookup_organization"},
}
LISTS = {"hosts", "credentials", "instance_groups", "labels", "users", "teams", "workflows", "job_templates", *NOTIFIED}
DICTS = {"inputs", "injectors", "variables", "extra_vars", "survey_spec", "extra_data", "approval_node"}


class Loader(yaml.SafeLoader):
    """Tells apart what is unsafe from what is a template."""


Loader.add_constructor("!unsafe", lambda _loader, node: ("unsafe", node.value))


def test_the_configuration_has_no_secret_and_templates_only_where_one_is_meant() -> None:
    notification = {"notification_type": "slack", "notification_configuration": {"token": "secret-token"}}
    settings = without_secrets(
        settings_of(
            {
                **FILLED_IN,
                "awx_setup_approver_users": ["anna"],
                "awx_setup_notification": notification,
                "awx_setup_inventory_file": FILE,
            }
        )
    )
    wanted = objects(settings, TYPES, {**SURVEYS, "planned_restart": [NODES, *QUESTIONS]}, references(INPUTS))
    text = as_configuration(wanted)
    assert "secret-" not in text
    told = yaml.load(text, Loader=Loader)
    assert set(told) == set(OPTIONS) - {"controller_labels"}
    workflow = told["controller_workflows"][0]
    assert [node["identifier"] for node in workflow["simplified_workflow_nodes"]][-1] == "report"
    assert told["controller_credential_types"][0]["injectors"] == {"env": {"A": ("unsafe", "{{ a }}")}}
    inputs = {one["name"]: one["inputs"] for one in told["controller_credentials"]}
    assert inputs["Qlik - Windows nodes"] == {"user": "anna", "password": "{{ awx_setup_windows_password }}"}
    assert "awx_setup_ssh_key_file" in inputs["Qlik - SSH"]["ssh_key_data"]
    assert inputs["Qlik - SSH"]["ssh_key_data"].endswith("~ '\n' }}")  # a line feed, and no escape of one
    assert told["controller_notifications"][0]["notification_configuration"].startswith("{{ awx_setup_notification")


def test_the_configuration_has_the_names_and_shapes_that_are_documented() -> None:
    everywhere: dict[str, Any] = {
        **{name: ["one"] for name in ("labels", "instance_groups", "galaxy_credentials", "approver_users")},
        **{name: ["one"] for name in ("operator_teams", "helpdesk_teams")},
        **dict.fromkeys(("registry_credential", "project_credential"), "one"),
        "inventory_file": FILE,
        "notification": {"notification_type": "slack", "notification_configuration": {}, "messages": {}},
    }
    told = yaml.load(as_configuration(made(**everywhere)), Loader=Loader)
    assert set(told) == set(OPTIONS)
    nodes = [node for one in told["controller_workflows"] for node in one["simplified_workflow_nodes"]]
    assert set().union(*nodes) <= NODE
    assert all(isinstance(node.get("success_nodes", []), list) for node in nodes)
    for variable, many in told.items():
        assert isinstance(many, list)
        for one in many:
            assert set(one) <= OPTIONS[variable] | {"name"}, variable
            assert ("name" in one) is (variable != "controller_roles")
            for name in set(one) & LISTS:
                assert isinstance(one[name], list), f"{variable}: {name}"
            for name in set(one) & DICTS:
                assert isinstance(one[name], dict), f"{variable}: {name}"


def test_the_configuration_does_not_send_secrets_at_every_run() -> None:
    told = yaml.load(as_configuration(made()), Loader=Loader)
    assert {one["update_secrets"] for one in told["controller_credentials"]} == {
        "{{ awx_setup_update_secrets | default(false) }}"
    }


@pytest.mark.parametrize(
    ("channels", "words"), [(["teams", "mail"], "gone out by teams, mail."), ([], "report_channels")]
)
def test_an_approver_is_told_where_the_whole_report_is(channels: list[str], words: str) -> None:
    """An approver sees no output of jobs."""
    nodes = {node["identifier"]: node for node in made(report_channels=channels)["workflow_nodes"]}
    assert words in nodes["approve"]["approval_node"]["description"]


@pytest.mark.parametrize(("users", "whose"), [(["LAB\\*"], "named"), ([], "everybody")])
def test_users_who_are_named_in_the_settings_are_those_of_the_schedule(users: list[str], whose: str) -> None:
    question = {**CHOICE, "variable": "stale_sessions_of", "choices": ["everybody", "named"], "default": "everybody"}
    settings = settings_of({**FILLED_IN, "awx_setup_variables": {"stale_sessions_users": users}})
    surveys = {**SURVEYS, "clear_stale_sessions": [question], "planned_restart": [NODES]}
    (schedule,) = objects(settings, TYPES, surveys, INPUTS)["controller_schedules"]
    assert schedule["extra_data"] == {"stale_sessions_of": whose}


def test_a_result_has_no_class_of_its_own() -> None:
    plain = as_texts([references(INPUTS)])
    assert plain == [references(INPUTS)]
    assert {value.__class__ for inputs in plain[0].values() for value in inputs.values()} == {str}
