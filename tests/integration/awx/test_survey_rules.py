# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in's surveys cell by cell: what AWX 24.6.1 takes for an answer, and where it looks at one at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration.awx import rules, serving, stand_in, survey_rules
from ansible_collections.qlikops.sense.tests.integration.awx.setting_up import ROOT
from ansible_collections.qlikops.sense.tests.integration.awx.shapes import HIDDEN, Json, RefusedError


def question(kind: str, **more: Any) -> Json:
    choices = {"choices": ["a", "b"]} if kind.startswith("multi") else {}
    return {"type": kind, "question_name": "?", "variable": "x", "required": True, **choices, **more}


def survey(*questions: Json) -> Json:
    return {"name": "", "description": "", "spec": list(questions)}


TEXT, NUMBER, CHOICE, CHOICES = (question(kind) for kind in ("text", "integer", "multiplechoice", "multiselect"))
RIGHT = [
    (TEXT, ""),
    (question("textarea"), "a\n"),
    (question("text", min=0), ""),
    (NUMBER, 0),
    (question("integer", min=1, max=5), 5),
    (question("float"), 3),
    (question("float"), 0.5),
    (CHOICE, "a"),
    (question("multiplechoice", choices=["", "a"]), ""),
    (question("multiplechoice", choices="a\n\nb"), "b"),
    (CHOICES, ["a", "b"]),
    (CHOICES, []),
]
WRONG = [
    *((question(kind), None) for kind in survey_rules.DEFAULT_TYPES),
    (TEXT, 5),
    (question("text", min=1), ""),
    (question("text", max=2), "abc"),
    *((NUMBER, value) for value in ("", "5", True, 3.0)),
    (question("integer", min=1), 0),
    (question("integer", max=5), 6),
    *((question("float"), value) for value in ("", "5", True)),
    *((CHOICE, value) for value in ("", "c", ["a"])),
    *((CHOICES, value) for value in ("", "a", ["c"])),
]


@pytest.mark.parametrize(("asked", "answer"), RIGHT)
def test_an_answer_that_is_taken(asked: Json, answer: Any) -> None:
    assert survey_rules.objection(asked, answer) is None


@pytest.mark.parametrize(("asked", "answer"), WRONG)
def test_an_answer_that_is_refused_required_or_not(asked: Json, answer: Any) -> None:
    assert survey_rules.objection(asked, answer)
    assert survey_rules.objection({**asked, "required": False}, answer)


REFUSED_SURVEYS = [
    {"name": "", "spec": [TEXT]},
    survey(),
    survey(TEXT, TEXT),
    survey(question("text", required="true")),
    survey({**TEXT, "variable": None}),
    survey(question("integer", default="5")),
    survey(question("integer", default=None)),
    survey(question("multiselect", default=["a"])),
    survey(question("multiselect", default="a\nc")),
    survey(question("multiplechoice", default="c")),
    survey(question("multiplechoice", choices=None)),
    survey(question("float", min=0.5)),
    survey(question("integer", max="")),
]


@pytest.mark.parametrize("spec", REFUSED_SURVEYS)
def test_a_survey_that_is_refused(spec: Json) -> None:
    with pytest.raises(RefusedError):
        survey_rules.save(spec)


def test_a_survey_that_is_taken() -> None:
    survey_rules.save(survey(question("multiplechoice", choices="warning\nfail", default="warn")))  # a part will do
    survey_rules.save(survey({**TEXT, "variable": "a b", "default": ""}, question("integer", default="")))


# Where it is checked, and where defaults count

WITH_DEFAULT = survey(question("integer", default=7), question("text", variable="y", required=False))
OWN = {"z": 1}
REFUSING: dict[str, Callable[[Json], Any]] = {
    "launch": lambda given: survey_rules.launch(WITH_DEFAULT, OWN, given),
    "launch of a workflow": lambda given: survey_rules.launch(WITH_DEFAULT, OWN, given, workflow=True),
    "schedule": lambda given: survey_rules.prompts(WITH_DEFAULT, OWN, given, required=True),
    "node": lambda given: survey_rules.prompts(WITH_DEFAULT, OWN, given, required=False),
}


@pytest.mark.parametrize("action", REFUSING)
@pytest.mark.parametrize(
    ("given", "taken_by"),
    [
        ({}, ["node"]),  # the default is no answer
        ({"x": "7"}, []),
        ({"x": 7, "other": 1}, ["launch"]),
        ({"x": 7, "z": 1}, [*REFUSING]),  # the value that is there already
        ({"x": 7, "z": 2}, ["launch"]),
        ({"x": 7, "y": ""}, [*REFUSING]),
        ({"x": 7, "y": None}, []),
    ],
)
def test_what_an_action_refuses(action: str, given: Json, taken_by: list[str]) -> None:
    if action in taken_by:
        REFUSING[action](given)
    else:
        with pytest.raises(RefusedError):
            REFUSING[action](given)


def test_what_a_job_gets() -> None:
    assert survey_rules.launch(WITH_DEFAULT, OWN, {"x": 1, "other": 2}) == ({"z": 1, "x": 1}, {"other": 2})
    assert survey_rules.unattended(WITH_DEFAULT, OWN, {"x": "wrong", "other": 2}) == {"z": 1, "x": 7}
    assert survey_rules.relaunch(WITH_DEFAULT, OWN, {"x": "wrong"}) == {"z": 1, "x": "wrong"}
    lists = survey(question("multiselect", default="a\nb"), question("integer", variable="y", default=""))
    assert survey_rules.variables_of_job(lists, {}, {}) == {}  # neither is an answer
    node = survey_rules.node_runs(WITH_DEFAULT, OWN, {"x": 1}, {"x": 2, "found": "a"}, {"x": "no"})
    assert node == {"z": 1, "x": "no", "found": "a"}  # checked by nobody


# Over HTTP, with the objects

TYPE = {
    "name": "T",
    "kind": "cloud",
    "inputs": {"fields": [{"id": "p", "type": "string", "label": "P", "secret": True}]},
}


@pytest.fixture
def awx() -> stand_in.Awx:
    with serving.serving(ROOT) as (awx, _address):
        return awx


def test_a_schedule_has_every_required_answer_and_keeps_to_it(awx: stand_in.Awx) -> None:
    template = awx.create(
        "job_templates",
        {"name": "T", "project": 1, "inventory": 1, "playbook": "playbooks/demo.yml", "survey_enabled": True},
    )
    awx.surveys[("job_templates", template["id"])] = WITH_DEFAULT
    rule = "DTSTART:20260101T000000Z RRULE:FREQ=HOURLY;INTERVAL=1"
    new = {"name": "S", "unified_job_template": template["id"], "rrule": rule, "enabled": False}
    with pytest.raises(RefusedError):
        awx.create("schedules", new)
    schedule = awx.create("schedules", {**new, "extra_data": {"x": 1}})
    awx.surveys[("job_templates", template["id"])] = survey(NUMBER, question("text", variable="new"))
    awx.update("schedules", schedule, {"enabled": True})  # of today's survey nobody asks
    with pytest.raises(RefusedError):
        awx.update("schedules", schedule, {"extra_data": {"new": ""}})  # it replaces
    node = {"workflow_job_template": 1, "unified_job_template": template["id"]}
    awx.create("workflow_job_template_nodes", node)
    with pytest.raises(RefusedError):
        awx.create("workflow_job_template_nodes", {**node, "extra_data": {"x": None}})
    with pytest.raises(RefusedError):
        awx.create("workflow_job_template_nodes", {**node, "limit": "qlik2"})


def test_inputs_replace_all_there_were_and_empty_secrets_are_not_kept(awx: stand_in.Awx) -> None:
    kind = awx.create("credential_types", TYPE)
    new = {"name": "C", "organization": 1, "credential_type": kind["id"]}
    with pytest.raises(RefusedError):
        awx.create("credentials", {**new, "inputs": {"p": HIDDEN}})
    empty = awx.create("credentials", {**new, "inputs": {"p": ""}})
    assert awx.shown("credentials", empty)["inputs"] == {}
    kept = awx.create("credentials", {**new, "inputs": {"p": "secret"}})
    assert awx.shown("credentials", kept)["inputs"] == {"p": HIDDEN}
    assert awx.update("credentials", kept, {"inputs": {"p": HIDDEN}})["inputs"] == {"p": "secret"}
    assert awx.update("credentials", kept, {"inputs": {}})["inputs"] == {}


def test_a_type_in_use_takes_other_injectors_but_no_other_fields(awx: stand_in.Awx) -> None:
    kind = awx.create("credential_types", TYPE)
    awx.create("credentials", {"name": "C", "organization": 1, "credential_type": kind["id"]})
    kind = awx.update("credential_types", kind, {"injectors": {"env": {"P": "{{ p }}"}}})
    with pytest.raises(stand_in.ForbiddenError):
        awx.update("credential_types", kind, {"inputs": {"fields": []}})


def test_an_approval_has_no_node_to_follow(awx: stand_in.Awx) -> None:
    node = awx.create("workflow_job_template_nodes", {"workflow_job_template": 1})
    path = f"/api/v2/workflow_job_template_nodes/{node['id']}/create_approval_template/"
    _status, approval = awx.answer("POST", path, {}, {"name": "Go?"})
    assert awx.answer("POST", f"{approval['url']}success_nodes/", {}, {"id": 1})[0] == 404


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
