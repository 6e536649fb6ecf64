# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX refuses, and what it makes of credentials and answers, written after the source of AWX 24.

awx/api/views (surveys), awx/api/serializers (schedules), awx/main/fields and awx/main/models/credential (injectors),
awx/main/models/mixins (answers). Only the part that the kit touches.
"""

from __future__ import annotations

import pathlib
import re
from types import SimpleNamespace
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ansible_collections.qlikops.sense.tests.integration.awx.shapes import Json

SURVEY_TYPES: dict[str, type] = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "multiselect": str,
    "integer": int,
    "float": float,
}
FIELD_KEYS = {
    "id",
    "type",
    "label",
    "help_text",
    "multiline",
    "secret",
    "default",
    "choices",
    "format",
    "ask_at_runtime",
}
FILE_LABEL = re.compile(r"template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?")


class RefusedError(ValueError):
    """AWX answers 400 to it."""


def refuse_if(wrong: object, why: str) -> None:
    if wrong:
        raise RefusedError(why)


def survey(spec: Json) -> None:
    """A survey, as POST /survey_spec/ takes it."""
    for field, wanted in {"name": str, "description": str, "spec": list}.items():
        refuse_if(not isinstance(spec.get(field), wanted), f"survey: {field}")
    refuse_if(not spec["spec"], "'spec' doesn't contain any items.")
    variables = [question.get("variable") for question in spec["spec"]]
    refuse_if(len(set(variables)) != len(variables), f"duplicate variables {variables}")
    for question in spec["spec"]:
        _question(question)


def _question(question: Json) -> None:
    name = question.get("variable")
    for field, wanted in {"type": str, "question_name": str, "variable": str, "required": bool}.items():
        refuse_if(not isinstance(question.get(field), wanted), f"{name}: {field}")
    refuse_if(question["type"] not in SURVEY_TYPES, f"{name}: type {question['type']}")
    default = question.get("default", "")
    right = default.__class__ is SURVEY_TYPES[question["type"]]
    refuse_if(default != "" and not right, f"{name}: default {default!r} is no {question['type']}")
    for key in ("min", "max"):
        refuse_if(question.get(key, 0).__class__ is not int, f"{name}: {key} is no number")
    if question["type"] in ("multiselect", "multiplechoice"):
        refuse_if("choices" not in question, f"{name}: no choices")
        lines = default.splitlines()
        refuse_if(question["type"] == "multiplechoice" and len(lines) > 1, f"{name}: more than one default")
        refuse_if([line for line in lines if line not in question["choices"]], f"{name}: {lines} is no choice")
    refuse_if(default != "" and answer_is_wrong(question, default, False), f"{name}: its default is no answer")


def answer_is_wrong(question: Json, answer: Any, asked: bool = True) -> bool:
    """Whether AWX refuses an answer. ``asked`` false: a default, whose choices stand in lines."""
    if question["type"] == "integer":
        return answer.__class__ is not int or not question.get("min", answer) <= answer <= question.get("max", answer)
    if question["type"] == "multiselect":
        answer = answer if asked else answer.splitlines()
        return not isinstance(answer, list) or any(one not in question["choices"] for one in answer)
    if question["type"] == "multiplechoice":
        return answer not in question["choices"]
    return not isinstance(answer, str)


def answers(spec: Json, given: Json) -> None:
    """Variables of a schedule or of a node of a workflow, for a template that asks by a survey and else for nothing."""
    questions = {question["variable"]: question for question in spec.get("spec", [])}
    for variable, answer in given.items():
        refuse_if(variable not in questions, f"Variables {variable} are not allowed on launch.")
        refuse_if(answer_is_wrong(questions[variable], answer), f"{variable}: {answer!r} is refused")


def without_asking(spec: Json) -> None:
    """A template that is started without anybody to ask: every question that wants an answer has a default."""
    missing = [one["variable"] for one in spec.get("spec", []) if one["required"] and one.get("default") is None]
    refuse_if(missing, f"variables_needed_to_start: {missing}")


def variables_of_job(extra_vars: Json, spec: Json, given: Json) -> Json:
    """What a job gets: the template's own variables, defaults of the survey over them, answers over both."""
    defaults = {
        question["variable"]: question["default"]
        for question in spec.get("spec", [])
        # A default of several choices is a text and so is refused as an answer, and not applied.
        if question.get("default") is not None and not answer_is_wrong(question, question["default"])
    }
    return {**extra_vars, **defaults, **given}


def credential_type(new: Json) -> None:
    inputs, injectors = new.get("inputs", {}), new.get("injectors", {})
    ids = [field["id"] for field in inputs.get("fields", [])]
    refuse_if(set(inputs) - {"fields", "required"}, f"inputs: {set(inputs)}")
    refuse_if(len(set(ids)) != len(ids) or "tower" in ids, f"field ids {ids}")
    refuse_if(set(inputs.get("required", [])) - set(ids), "required names no field")
    for field in inputs.get("fields", []):
        refuse_if(set(field) - FIELD_KEYS or not {"id", "label"} <= set(field), f"field {field}")
        refuse_if(field.get("type") not in ("string", "boolean"), f"{field['id']}: type")
        refuse_if(not re.fullmatch("[a-zA-Z_]+[a-zA-Z0-9_]*", field["id"]), f"id {field['id']}")
    refuse_if(set(injectors) - {"file", "env", "extra_vars"}, f"injectors {set(injectors)}")
    refuse_if([label for label in injectors.get("file", {}) if not FILE_LABEL.fullmatch(label)], "name of a file")
    for name in injectors.get("env", {}):
        refuse_if(not re.fullmatch("[a-zA-Z_]+[a-zA-Z0-9_]*", name), f"environment variable {name}")
        refuse_if(name.startswith("ANSIBLE_"), f"Environment variable {name} may affect Ansible configuration")
    names = {label.partition(".")[2]: "path" for label in injectors.get("file", {})}
    namespace = {**dict.fromkeys(ids, "EXAMPLE"), "tower": SimpleNamespace(filename=SimpleNamespace(**names))}
    strict = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for template in [text for kind in injectors.values() for text in kind.values()]:
        try:
            strict.from_string(template).render(**namespace)
        except TemplateError as error:
            raise RefusedError(f"{template} uses an undefined field ({error})") from error


def credential(new: Json, inputs: Json) -> None:
    given = new.get("inputs", {})
    known = [field["id"] for field in inputs.get("fields", [])]
    refuse_if(set(given) - set(known), f"inputs {set(given) - set(known)} are not of this type")
    refuse_if([name for name in inputs.get("required", []) if not given.get(name)], "required inputs are missing")


def inject(injectors: Json, inputs: Json, directory: pathlib.Path) -> tuple[dict[str, str], Json]:
    """Environment and extra variables of a job with a credential; its files are in ``directory``."""
    jinja = ImmutableSandboxedEnvironment()
    paths: dict[str, str] = {}
    namespace = {**inputs, "tower": {"filename": paths}}
    for number, (label, template) in enumerate(injectors.get("file", {}).items()):
        file = directory / f"tmp{number}"
        file.write_text(jinja.from_string(template).render(**namespace), encoding="utf-8")
        file.chmod(0o600)
        paths[label.partition(".")[2]] = str(file)
    rendered = {
        kind: {name: jinja.from_string(text).render(**namespace) for name, text in injectors.get(kind, {}).items()}
        for kind in ("env", "extra_vars")
    }
    return rendered["env"], rendered["extra_vars"]


def rrule(rule: str) -> None:
    starts = re.findall(r"DTSTART(?:;[^:]+)?:[0-9]+T[0-9]+Z?", rule)
    refuse_if(len(starts) != 1, "Valid DTSTART required in rrule.")
    refuse_if(re.search(r"DTSTART:[0-9]+T[0-9]+ ", rule), "DTSTART cannot be a naive datetime.")
    rules = re.findall(r"RRULE:[^\s]*", rule)
    refuse_if(not rules, "One or more rule required in rrule.")
    for one in rules:
        refuse_if("INTERVAL=" not in one, "INTERVAL required in rrule")
        refuse_if("SECONDLY" in one, "SECONDLY is not supported")
