# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Surveys of AWX: from the questions of the kit and the settings of a site to what AWX takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NAMES, NAME = "Names in the inventory, separated by commas.", "Its name in the inventory."
Question = dict[str, Any]
Spec = dict[str, Any]


def survey(questions: Sequence[Mapping[str, Any]], nodes: Sequence[str], variables: Mapping[str, Any]) -> Spec:
    """A survey: the nodes filled in for the choices ``nodes``, and variables of the site as defaults.

    Where the nodes are not known beforehand, their names are asked for as a text.

    AWX shows the default of several choices, a text with lines, but never applies it where nobody is asked; there the
    variable of the inventory does. Raises ValueError where a variable cannot be a default, with what would be right.
    """
    return {"name": "", "description": "", "spec": [_question(one, nodes, variables) for one in questions]}


def required_answers(spec: Spec) -> dict[str, Any]:
    """The answers of whoever is not asked, a schedule or a node of a workflow: AWX counts no default as an answer.

    Raises ValueError for a required question without a default.
    """
    required = [question for question in spec["spec"] if question["required"]]
    for question in required:
        if "default" not in question:
            raise ValueError(f"{question['variable']} must be answered, and has no default for when nobody is asked.")
    return {question["variable"]: _answer(question) for question in required}


def _question(question: Mapping[str, Any], nodes: Sequence[str], variables: Mapping[str, Any]) -> Question:
    asked = dict(question)
    if asked.get("choices") == "nodes" and nodes:
        asked["choices"] = list(nodes)
    elif asked.get("choices") == "nodes":
        del asked["choices"]
        separated = NAMES if asked["type"] == "multiselect" else NAME
        asked |= {"type": "text", "question_description": f"{separated} {asked['question_description']}"}
    chosen = variables.get(asked["variable"])
    if chosen is None or chosen in ("", []):
        return asked
    return {**asked, "default": _default(asked, chosen)}


def _default(question: Question, chosen: Any) -> Any:
    kind, variable = question["type"], question["variable"]
    if kind == "integer":
        return _number(question, chosen)
    entries = [_text(variable, entry) for entry in (chosen if isinstance(chosen, list) else [chosen])]
    if kind in ("multiselect", "multiplechoice"):
        wrong = [entry for entry in entries if entry not in question["choices"]]
        if wrong or (kind == "multiplechoice" and len(entries) > 1):
            choices = ", ".join(question["choices"])
            raise ValueError(f"awx_setup_variables: {variable} must be of {choices}. It is {chosen!r}.")
        return "\n".join(entries)
    return ",".join(entries)


def _number(question: Question, chosen: Any) -> int:
    number = int(chosen) if isinstance(chosen, str) and chosen.isascii() and chosen.isdigit() else chosen
    low, high = question["min"], question["max"]
    if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
        wanted = f"a whole number from {low} to {high}"
        raise ValueError(f"awx_setup_variables: {question['variable']} must be {wanted}. It is {chosen!r}.")
    return number


def _text(variable: str, entry: Any) -> str:
    if isinstance(entry, bool):
        return str(entry).lower()
    if isinstance(entry, (str, int)):
        return str(entry)
    raise ValueError(f"awx_setup_variables: {variable} must be a text. It is {entry!r}.")


def _answer(question: Question) -> Any:
    default = question["default"]
    return default.splitlines() if question["type"] == "multiselect" else default
