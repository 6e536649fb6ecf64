# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the stand-in for AWX refuses, as AWX does: each rule for which the kit has a cure."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.qlikops.sense.tests.integration.awx import rules, serving, setting_up, stand_in
from ansible_collections.qlikops.sense.tests.integration.awx.shapes import HIDDEN, ForbiddenError, Json, RefusedError
from ansible_collections.qlikops.sense.tests.integration.awx.test_survey_rules import (
    NUMBER,
    WITH_DEFAULT,
    question,
    survey,
)

PLAYBOOK = "playbooks/demo.yml"
RULE = "DTSTART:20260101T000000Z RRULE:FREQ=HOURLY;INTERVAL=1"
FIELD = {"id": "p", "type": "string", "label": "P", "secret": True}
TYPE: Json = {"name": "T", "kind": "cloud", "inputs": {"fields": [FIELD]}}


@pytest.fixture
def awx() -> stand_in.Awx:
    return serving.empty()


@pytest.fixture
def template(awx: stand_in.Awx) -> Json:
    """A job template with a survey."""
    new = {"name": "T", "project": 1, "inventory": 1, "playbook": PLAYBOOK, "survey_enabled": True}
    template = awx.create("job_templates", new)
    awx.surveys[("job_templates", template["id"])] = WITH_DEFAULT
    return template


# Schedules and nodes


def test_a_schedule_has_every_required_answer_and_keeps_to_it(awx: stand_in.Awx, template: Json) -> None:
    new = {"name": "S", "unified_job_template": template["id"], "rrule": RULE, "enabled": False}
    with pytest.raises(RefusedError):
        awx.create("schedules", new)
    with pytest.raises(RefusedError):
        awx.create("schedules", {**new, "extra_data": {"x": 1}, "limit": "qlik2"})
    schedule = awx.create("schedules", {**new, "extra_data": {"x": 1}})
    awx.surveys[("job_templates", template["id"])] = survey(NUMBER, question("text", variable="new"))
    awx.update("schedules", schedule, {"enabled": True, "rrule": RULE})  # of today's survey nobody asks
    with pytest.raises(RefusedError):
        awx.update("schedules", schedule, {"extra_data": {"new": ""}})  # it replaces
    assert awx.update("schedules", schedule, {"extra_data": {"x": 1, "new": ""}})["enabled"] is False


def test_a_schedule_that_is_put_is_looked_at_whole(awx: stand_in.Awx, template: Json) -> None:
    """PATCH lets an old one pass after an upgrade that asks more."""
    new = {"name": "S", "unified_job_template": template["id"], "rrule": RULE}
    path = f"/api/v2/schedules/{awx.create('schedules', {**new, 'extra_data': {'x': 1}})['id']}/"
    assert awx.answer("PUT", path, {}, {**new, "extra_data": {"x": 2}})[1]["extra_data"] == {"x": 2}
    for without in (new, {**new, "extra_data": {"x": ""}}, {**new, "extra_data": {"x": 1, "other": 1}}):
        with pytest.raises(RefusedError):
            awx.answer("PUT", path, {}, without)
    awx.surveys[("job_templates", template["id"])] = survey(NUMBER, question("text", variable="new"))
    assert awx.answer("PATCH", path, {}, {"rrule": RULE})[0] == 200
    with pytest.raises(RefusedError):
        awx.answer("PUT", path, {}, {**new, "extra_data": {"x": 2}})
    assert awx.answer("PUT", path, {}, {**new, "extra_data": {"x": 2, "new": ""}})[0] == 200


def test_a_node_may_lack_answers_but_has_no_wrong_one(awx: stand_in.Awx, template: Json) -> None:
    node = {"workflow_job_template": 1, "unified_job_template": template["id"]}
    awx.create("workflow_job_template_nodes", node)
    for wrong in ({"extra_data": {"x": None}}, {"extra_data": {"other": 1}}, {"limit": "qlik2"}):
        with pytest.raises(RefusedError):
            awx.create("workflow_job_template_nodes", {**node, **wrong})


def test_a_launch_answers_what_is_required(awx: stand_in.Awx, template: Json) -> None:
    path = f"/api/v2/job_templates/{template['id']}/launch/"
    with pytest.raises(RefusedError) as refused:
        awx.answer("POST", path, {}, {})
    assert refused.value.args[0] == {"variables_needed_to_start": ["'x' value missing"]}
    told = awx.answer("POST", path, {}, {"extra_vars": {"x": 1, "other": 2}})
    assert told == (201, {"ignored_fields": {"extra_vars": {"other": 2}}})


def test_a_survey_is_told_wrong_as_awx_does_it(awx: stand_in.Awx, template: Json) -> None:
    path = f"/api/v2/job_templates/{template['id']}/survey_spec/"
    with pytest.raises(RefusedError) as refused:
        awx.answer("POST", path, {}, survey())
    assert set(refused.value.args[0]) == {"error"}
    assert awx.answer("GET", path, {}, {}) == (200, WITH_DEFAULT)


def node(awx: stand_in.Awx, workflow: int = 1) -> int:
    return int(awx.create("workflow_job_template_nodes", {"workflow_job_template": workflow})["id"])


def test_an_approval_has_no_node_to_follow(awx: stand_in.Awx) -> None:
    path = f"/api/v2/workflow_job_template_nodes/{node(awx)}/create_approval_template/"
    _status, approval = awx.answer("POST", path, {}, {"name": "Go?"})
    assert awx.answer("POST", f"{approval['url']}success_nodes/", {}, {"id": 1})[0] == 404


def test_nodes_follow_each_other_in_one_workflow_once_and_in_no_circle(awx: stand_in.Awx) -> None:
    first, second, third, elsewhere = node(awx), node(awx), node(awx), node(awx, workflow=2)
    kind = "workflow_job_template_nodes"
    awx.associate(kind, first, "success_nodes", {"id": second})
    awx.associate(kind, second, "always_nodes", {"id": third})
    for parent, edge, child in (
        (first, "failure_nodes", second),
        (third, "success_nodes", first),
        (third, "success_nodes", third),
        (third, "success_nodes", elsewhere),
        (third, "success_nodes", 9999),
    ):
        with pytest.raises(RefusedError):
            awx.associate(kind, parent, edge, {"id": child})


# Credentials


def test_inputs_replace_all_there_were_and_empty_secrets_are_not_kept(awx: stand_in.Awx) -> None:
    kind = awx.create("credential_types", TYPE)
    new = {"organization": 1, "credential_type": kind["id"]}
    with pytest.raises(RefusedError):
        awx.create("credentials", {**new, "name": "C", "inputs": {"p": HIDDEN}})
    empty = awx.create("credentials", {**new, "name": "empty", "inputs": {"p": ""}})
    assert awx.shown("credentials", empty)["inputs"] == {}
    kept = awx.create("credentials", {**new, "name": "C", "inputs": {"p": "secret"}})
    assert awx.shown("credentials", kept)["inputs"] == {"p": HIDDEN}
    assert awx.update("credentials", kept, {"inputs": {"p": HIDDEN}})["inputs"] == {"p": "secret"}
    assert awx.update("credentials", kept, {"inputs": {}})["inputs"] == {}


def test_a_type_in_use_takes_other_injectors_but_no_other_fields(awx: stand_in.Awx) -> None:
    kind = awx.create("credential_types", TYPE)
    awx.create("credentials", {"name": "C", "organization": 1, "credential_type": kind["id"]})
    kind = awx.update("credential_types", kind, {"injectors": {"env": {"P": "{{ p }}"}}})
    with pytest.raises(ForbiddenError):
        awx.update("credential_types", kind, {"inputs": {"fields": []}})


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "ssh"},
        {"inputs": {"fields": [FIELD, FIELD]}},
        {"inputs": {"fields": [{**FIELD, "type": "integer"}]}},
        {"inputs": {"fields": [{**FIELD, "id": "tower"}]}},
        {"inputs": {"fields": [{**FIELD, "ask_at_runtime": True}]}},
        {"inputs": {"fields": [FIELD], "required": ["q"]}},
        {"injectors": {"env": {"ANSIBLE_PASSWORD": "{{ p }}"}}},
        {"injectors": {"env": {"P": "{{ q }}"}}},
        {"injectors": {"file": {"template": "", "template.p": ""}}},
    ],
)
def test_a_type_of_credentials_that_is_refused(awx: stand_in.Awx, changed: Json) -> None:
    with pytest.raises(RefusedError):
        awx.create("credential_types", {**TYPE, **changed})


BEGIN, END = "-----BEGIN OPENSSH PRIVATE KEY-----\n", "-----END OPENSSH PRIVATE KEY-----\n"
CLOSED = base64.encodebytes(b"openssh-key-v1\0\0\0\0\x0aaes256-ctr").decode()


@pytest.mark.parametrize(
    ("inputs", "taken"),
    [
        ({"ssh_key_data": setting_up.ssh_key()}, True),
        ({"ssh_key_data": setting_up.ssh_key(), "ssh_key_unlock": "words"}, False),
        ({"ssh_key_data": f"{BEGIN}{CLOSED}{END}"}, False),
        ({"ssh_key_data": f"{BEGIN}{CLOSED}{END}", "ssh_key_unlock": "words"}, True),
        ({"ssh_key_data": f"{BEGIN}a{END}"}, False),
        ({"ssh_key_data": "ssh-ed25519 AAAA"}, False),
        ({"ssh_key_data": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n-----END ENCRYPTED PRIVATE KEY-----"}, False),
        ({"username": "qlikops"}, True),
    ],
)
def test_the_key_of_a_machine_is_looked_at(awx: stand_in.Awx, inputs: Json, taken: bool) -> None:
    new = {"name": "C", "organization": 1, "credential_type": awx.one("credential_types", "Machine")["id"]}
    if taken:
        awx.create("credentials", {**new, "inputs": inputs})
    else:
        with pytest.raises(RefusedError):
            awx.create("credentials", {**new, "inputs": inputs})


# Everything else


@pytest.mark.parametrize(
    ("kind", "new"),
    [
        ("organizations", {"name": "Default"}),  # twice
        ("labels", {"name": "", "organization": 1}),
        ("execution_environments", {"name": "E", "image": "i", "credential": "Ansible Galaxy"}),
        ("projects", {"name": "P", "organization": 1, "credential": "Ansible Galaxy"}),
        ("hosts", {"name": "H", "inventory": 1, "variables": "[1]"}),
        ("hosts", {"name": "H", "inventory": 1, "variables": "{"}),
        ("notification_templates", {"notification_type": "slack", "notification_configuration": {"token": "t"}}),
        ("job_templates", {"name": "J", "project": 1, "inventory": 1, "playbook": "playbooks/none.yml"}),
    ],
)
def test_an_object_that_is_refused(awx: stand_in.Awx, kind: str, new: Json) -> None:
    number = awx.one("credentials", "Ansible Galaxy")["id"]
    sent = {name: number if value == "Ansible Galaxy" else value for name, value in new.items()}
    with pytest.raises(RefusedError):
        awx.create(kind, {"name": "N", "organization": 1, **sent})


def test_a_project_has_no_playbooks_before_its_update_has_ended(awx: stand_in.Awx) -> None:
    project = awx.create("projects", {"name": "P", "organization": 1, "scm_url": "https://git.example.com/q.git"})
    new = {"name": "J", "project": project["id"], "inventory": 1, "playbook": PLAYBOOK, "organization": 77}
    with pytest.raises(RefusedError, match="Playbook not found"):
        awx.create("job_templates", new)
    update = f"/api/v2/project_updates/{awx.shown('projects', project)['summary_fields']['current_update']['id']}/"
    assert [awx.answer("GET", update, {}, {})[1]["status"] for _look in range(2)] == ["running", "successful"]
    assert awx.create("job_templates", new)["organization"] == 1  # that of its project
    awx.update("projects", awx.one("projects", "P"), {"scm_branch": "other"})
    with pytest.raises(RefusedError, match="Playbook not found"):
        awx.create("job_templates", {**new, "name": "K"})


def test_a_list_comes_in_pages_and_knows_its_fields(awx: stand_in.Awx) -> None:
    for number in range(30):
        awx.create("labels", {"name": f"l{number}", "organization": 1})
    _status, first = awx.answer("GET", "/api/v2/labels/", {"organization__name": "Default"}, {})
    assert (first["count"], len(first["results"])) == (30, 25)
    assert first["next"] == "/api/v2/labels/?organization__name=Default&page=2"
    _status, second = awx.answer("GET", "/api/v2/labels/", {"organization__name": "Default", "page": "2"}, {})
    assert [one["name"] for one in second["results"]] == [f"l{number}" for number in range(25, 30)]
    assert second["next"] is None
    with pytest.raises(RefusedError, match="has no field named"):
        awx.answer("GET", "/api/v2/labels/", {"identifier": "l1"}, {})


def test_one_credential_of_a_type_and_galaxy_for_an_organization(awx: stand_in.Awx, template: Json) -> None:
    kind = awx.create("credential_types", TYPE)
    ids = [
        awx.create("credentials", {"name": name, "organization": 1, "credential_type": kind["id"]})["id"]
        for name in ("one", "two")
    ]
    awx.associate("job_templates", template["id"], "credentials", {"id": ids[0]})
    with pytest.raises(RefusedError, match="Cannot assign multiple"):
        awx.associate("job_templates", template["id"], "credentials", {"id": ids[1]})
    with pytest.raises(RefusedError, match="Galaxy"):
        awx.associate("organizations", 1, "galaxy_credentials", {"id": ids[0]})


def test_there_is_nothing_to_approve_of_a_job_template(awx: stand_in.Awx, template: Json) -> None:
    assert set(awx.shown("job_templates", template)["summary_fields"]["object_roles"]) == {
        *("admin_role", "execute_role", "read_role"),
    }


@pytest.mark.parametrize(
    "rule",
    [
        "RRULE:FREQ=HOURLY;INTERVAL=1",
        "DTSTART:20260101T000000 RRULE:FREQ=HOURLY;INTERVAL=1",
        "DTSTART:20260101T000000Z",
        "DTSTART:20260101T000000Z RRULE:FREQ=HOURLY",
        "DTSTART:20260101T000000Z RRULE:FREQ=SECONDLY;INTERVAL=1",
        "DTSTART:20260101T000000Z RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1000",
        "DTSTART:20260101T000000Z RRULE:FREQ=DAILY;INTERVAL=1;COUNT=9;UNTIL=20270101T000000Z",
        "DTSTART:20260101T000000Z RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=1MO",
        "DTSTART:20260101T000000Z RRULE:FREQ=DAILY;INTERVAL=1 EXDATE:20260102T000000Z",
    ],
)
def test_a_rule_of_a_schedule_that_is_refused(rule: str) -> None:
    with pytest.raises(RefusedError):
        rules.rrule(rule)


def test_rules_of_a_schedule_that_are_taken() -> None:
    rules.rrule("DTSTART;TZID=Europe/Stockholm:20260101T000000 RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=-1SU")
