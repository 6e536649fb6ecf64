# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in's surveys cell by cell: what AWX 24.6.1 takes for an answer, and where it looks at one at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration.awx import survey_rules
from ansible_collections.qlikops.sense.tests.integration.awx.shapes import Json, RefusedError


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


# Where it is checked, and where defaults count: each action of the table, with each kind of answer

WITH_DEFAULT = survey(question("integer", default=7), question("text", variable="y", required=False))
OWN = {"z": 1}
CHECKING: dict[str, Callable[[Json], Any]] = {
    "launch": lambda given: survey_rules.launch(WITH_DEFAULT, OWN, given),
    "launch of a workflow": lambda given: survey_rules.launch(WITH_DEFAULT, OWN, given, workflow=True),
    "schedule": lambda given: survey_rules.prompts(WITH_DEFAULT, OWN, given, required=True),
    "node": lambda given: survey_rules.prompts(WITH_DEFAULT, OWN, given, required=False),
}


@pytest.mark.parametrize("action", CHECKING)
@pytest.mark.parametrize(
    ("given", "taken_by"),
    [
        ({}, ["node"]),  # the default is no answer
        *(({"x": wrong}, []) for wrong in ("7", "", None, True, 7.0, [7])),
        ({"x": 7, "other": 1}, ["launch"]),
        ({"x": 7, "z": 1}, [*CHECKING]),  # the value that is there already
        ({"x": 7, "z": 2}, ["launch"]),
        ({"x": 7, "y": ""}, [*CHECKING]),
        *(({"x": 7, "y": wrong}, []) for wrong in (None, 1, ["a"])),
    ],
)
def test_what_an_action_refuses(action: str, given: Json, taken_by: list[str]) -> None:
    if action in taken_by:
        CHECKING[action](given)
    else:
        with pytest.raises(RefusedError):
            CHECKING[action](given)


# What is started without anybody to ask, and refused by nobody.
UNCHECKED: dict[str, Callable[[Json], Json]] = {
    "schedule fires": lambda given: survey_rules.unattended(WITH_DEFAULT, OWN, given),
    "bulk launch": lambda given: survey_rules.unattended(WITH_DEFAULT, OWN, given),
    "node runs": lambda given: survey_rules.node_runs(WITH_DEFAULT, OWN, given, {}, {}),
}


@pytest.mark.parametrize("action", UNCHECKED)
@pytest.mark.parametrize(
    ("given", "job"),
    [
        ({}, {"x": 7}),
        ({"x": 1}, {"x": 1}),
        *(({"x": wrong}, {"x": 7}) for wrong in ("", "1", None, True, [1])),  # dropped, and the default steps in
        ({"x": 1, "y": ""}, {"x": 1, "y": ""}),
        ({"x": 1, "y": None}, {"x": 1}),
        ({"x": 1, "other": 2}, {"x": 1}),
    ],
)
def test_what_is_made_of_an_answer_that_nobody_checks(action: str, given: Json, job: Json) -> None:
    assert UNCHECKED[action](given) == {"z": 1, **job}


def test_what_a_job_gets() -> None:
    assert survey_rules.launch(WITH_DEFAULT, OWN, {"x": 1, "other": 2}) == ({"z": 1, "x": 1}, {"other": 2})
    assert survey_rules.relaunch(WITH_DEFAULT, OWN, {"x": "wrong"}) == {"z": 1, "x": "wrong"}
    assert survey_rules.relaunch(WITH_DEFAULT, {"z": 2, "new": 3}, {}) == {"z": 2, "new": 3, "x": 7}  # as of today
    lists = survey(question("multiselect", default="a\nb"), question("integer", variable="y", default=""))
    assert survey_rules.variables_of_job(lists, {}, {}) == {}  # neither is an answer
    node = survey_rules.node_runs(WITH_DEFAULT, OWN, {"x": 1}, {"x": 2, "found": "a"}, {"x": "no"})
    assert node == {"z": 1, "x": "no", "found": "a"}  # artifacts and the workflow's answers are checked by nobody
