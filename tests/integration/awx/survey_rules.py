# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Surveys as AWX 24.6.1 takes them, and what it makes of answers, action by action.

Facts of awx/api/views (saving a survey) and awx/main/models/mixins.py (answers), in our own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.qlikops.sense.tests.integration.awx.shapes import Json, RefusedError, refuse_if

DEFAULT_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "textarea": (str,),
    "password": (str,),
    "multiplechoice": (str,),
    "multiselect": (str,),
    "integer": (int,),
    "float": (int, float),
}
TEXTS = ("text", "textarea", "password")


def save(spec: Json) -> None:
    """A survey, as POST ``survey_spec/`` takes it."""
    for key, wanted in {"name": str, "description": str, "spec": list}.items():
        refuse_if(not isinstance(spec.get(key), wanted), f"survey: {key}")
    refuse_if(not spec["spec"], "'spec' doesn't contain any items.")
    for question in spec["spec"]:
        _save_question(question)
    variables = [question["variable"] for question in spec["spec"]]
    refuse_if(len(set(variables)) != len(variables), f"duplicate variables {variables}")


def _save_question(question: Json) -> None:
    name = question.get("variable")
    for key, wanted in {"type": str, "question_name": str, "variable": str, "required": bool}.items():
        refuse_if(not isinstance(question.get(key), wanted), f"{name}: {key}")
    kind = question["type"]
    refuse_if(kind not in DEFAULT_TYPES, f"{name}: type {kind}")
    for key in ("min", "max"):
        refuse_if(question.get(key) is not None and question[key].__class__ is not int, f"{name}: {key} is no number")
    if "default" in question and question["default"] != "":
        default = question["default"]
        refuse_if(default.__class__ not in DEFAULT_TYPES[kind], f"{name}: default {default!r} is no {kind}")
    if kind in ("multiselect", "multiplechoice"):
        _save_choices(question)


def _save_choices(question: Json) -> None:
    name = question["variable"]
    choices: Any = question.get("choices")
    refuse_if(not isinstance(choices, (str, list)) or not choices, f"{name}: no choices")
    lines = question.get("default", "").splitlines()
    refuse_if(question["type"] == "multiplechoice" and len(lines) > 1, f"{name}: more than one default")
    # Against choices in a text this finds a part of one, too.
    refuse_if([line for line in lines if line not in choices], f"{name}: {lines} is no choice")


def choices_of(question: Json) -> list[Any]:
    choices = question["choices"]
    return [line for line in choices.splitlines() if line.strip()] if isinstance(choices, str) else list(choices)


def objection(question: Json, answer: Any) -> str | None:
    """Why AWX refuses an answer that is there; whether the question is required plays no part in that."""
    kind, name = question["type"], question["variable"]
    if kind in TEXTS:
        if not isinstance(answer, str):
            return f"Value {answer!r} for '{name}' expected to be a string."
        return _out_of_range(question, len(answer))
    if kind == "integer":
        if answer.__class__ is not int:
            return f"Value {answer!r} for '{name}' expected to be an integer."
        return _out_of_range(question, answer)
    if kind == "float":
        if answer.__class__ not in (int, float):
            return f"Value {answer!r} for '{name}' expected to be a numeric type."
        return _out_of_range(question, answer)
    if kind == "multiselect" and not isinstance(answer, list):
        return f"'{name}' value is expected to be a list."
    entries = answer if kind == "multiselect" else [answer]
    wrong = [entry for entry in entries if entry not in choices_of(question)]
    return f"Value {wrong[0]!r} for '{name}' expected to be one of {choices_of(question)}." if wrong else None


def _out_of_range(question: Json, size: float) -> str | None:
    low, high = question.get("min"), question.get("max")
    if low is not None and size < low:
        return f"'{question['variable']}' value {size} is too small (must be at least {low})."
    if high is not None and size > high:
        return f"'{question['variable']}' value {size} is too large (must be no more than {high})."
    return None


@dataclass
class Sorted:
    """Variables that were sent, as AWX sorts them."""

    accepted: Json = field(default_factory=dict)
    not_asked: Json = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def sort(spec: Json, given: Mapping[str, Any], own: Mapping[str, Any], ask_variables: bool = False) -> Sorted:
    """``own``: the template's variables; the very value that is there already is no change, and so accepted."""
    questions = {question["variable"]: question for question in spec.get("spec", [])}
    found = Sorted(missing=[one["variable"] for one in questions.values() if one["required"]])
    found.missing = [name for name in found.missing if name not in given]
    for name, answer in given.items():
        why = objection(questions[name], answer) if name in questions else None
        if why:
            found.wrong[name] = why
        elif name in questions or ask_variables or (name in own and own[name] == answer):
            found.accepted[name] = answer
        else:
            found.not_asked[name] = answer
    return found


def variables_of_job(spec: Json, own: Mapping[str, Any], given: Mapping[str, Any]) -> Json:
    """What a job gets: the template's variables, survey defaults that are answers themselves, what was accepted."""
    defaults = {
        one["variable"]: one["default"]
        for one in spec.get("spec", [])
        if "default" in one and objection(one, one["default"]) is None
    }
    return {**own, **defaults, **given}


def launch(spec: Json, own: Json, given: Json, workflow: bool = False) -> tuple[Json, Json]:
    """Variables of the job, and what was ignored. Raises RefusedError. Defaults are no answers here."""
    found = sort(spec, given, own)
    needed = [f"'{name}' value missing" for name in found.missing] + list(found.wrong.values())
    if needed:
        raise RefusedError({"variables_needed_to_start": needed})
    if workflow and found.not_asked:
        raise RefusedError({"extra_vars": [f"Variables {sorted(found.not_asked)} are not allowed on launch."]})
    return variables_of_job(spec, own, found.accepted), found.not_asked


def prompts(spec: Json, own: Json, given: Json, required: bool) -> None:
    """``extra_data`` of a schedule (``required``) or of a node of a workflow, which may lack answers. Raises."""
    found = sort(spec, given, own)
    wrong = list(found.wrong.values())
    if required:
        wrong += [f"'{name}' value missing" for name in found.missing]
    if wrong:
        raise RefusedError({"variables_needed_to_start": wrong})
    if found.not_asked:
        raise RefusedError({"extra_data": [f"Variables {sorted(found.not_asked)} are not allowed on launch."]})


def unattended(spec: Json, own: Json, given: Json) -> Json:
    """Variables of a job that a schedule or a bulk launch starts: wrong answers are dropped, defaults step in."""
    return variables_of_job(spec, own, sort(spec, given, own).accepted)


def node_runs(spec: Json, own: Json, extra_data: Json, artifacts: Json, workflow: Json) -> Json:
    """Variables of a job in a workflow: artifacts of all before it, and answers of the workflow, checked by nobody."""
    return {**unattended(spec, own, extra_data), **artifacts, **workflow}


def relaunch(spec: Json, own: Json, stored: Json) -> Json:
    """Variables of the same job again: the stored answers, today's variables and defaults. Nothing is checked."""
    return variables_of_job(spec, own, stored)
