# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows modules can't run where the tests do, so their arguments are held against their documentation."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
TASK_FILES = sorted((ROOT / "roles" / "proxy_restart" / "tasks").glob("*.yml"))
MAKEFILE_PUTS_IT = ROOT / ".cache" / "galaxy"
BLOCKS = ("block", "rescue", "always")
Task = dict[str, Any]


def tasks_in(tasks: list[Task]) -> Iterator[Task]:
    """The tasks of a file, and those in their blocks."""
    for task in tasks:
        yield task
        for block in BLOCKS:
            yield from tasks_in(task.get(block, []))


def all_tasks() -> list[Task]:
    return [task for file in TASK_FILES for task in tasks_in(yaml.safe_load(file.read_text(encoding="utf-8")))]


def windows_tasks() -> list[tuple[str, Task, Task]]:
    """Module, arguments, task."""
    return [
        (action, task[action] or {}, task)
        for task in all_tasks()
        for action in task
        if action.startswith(("ansible.windows.", "win_", "community.windows."))
    ]


@functools.cache
def options_of(module: str) -> dict[str, Any]:
    """The options that ansible-doc tells of; a failure where it knows no such module."""
    path = os.pathsep.join(filter(None, [os.environ.get("ANSIBLE_COLLECTIONS_PATH"), str(MAKEFILE_PUTS_IT)]))
    ansible_doc = pathlib.Path(sys.executable).with_name("ansible-doc")
    told = subprocess.run(
        [ansible_doc, "--json", module],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    described = json.loads(told.stdout or "{}")
    assert module in described, f"{module} is not installed on {path}; `make` gets it. {told.stderr}"
    options: dict[str, Any] = described[module]["doc"]["options"]
    return options


def values_of(value: Any) -> list[Any]:
    """What an argument may be: itself, or for a variable what the role sets it to where it includes the task file."""
    name = re.fullmatch(r"{{ (\w+) }}", str(value))
    if not name:
        return [value]
    return [task["vars"][name[1]] for task in all_tasks() if name[1] in task.get("vars", {})]


def objections(module: str, arguments: dict[str, Any]) -> list[str]:
    """What the documentation of the module has against arguments."""
    options = options_of(module)
    known = {name for option, about in options.items() for name in (option, *about.get("aliases", []))}
    found = [f"{name}: no option of {module}" for name in arguments if name not in known]
    for option, about in options.items():
        given = [name for name in (option, *about.get("aliases", [])) if name in arguments]
        if about.get("required") and not given:
            found.append(f"{option}: required")
        if about.get("choices"):
            allowed = [str(choice) for choice in about["choices"]]
            values = [value for name in given for value in values_of(arguments[name])]
            found += [f"{option}: {value!r} is none of {allowed}" for value in values if str(value) not in allowed]
            found += [f"{option}: nobody sets {arguments[name]}" for name in given if not values_of(arguments[name])]
    return found


def test_the_role_has_the_windows_tasks_that_are_meant() -> None:
    assert {module for module, _arguments, _task in windows_tasks()} == {
        "ansible.windows.win_service",
        "ansible.windows.win_reboot",
    }


@pytest.mark.parametrize(
    ("module", "arguments"), [pytest.param(found[0], found[1], id=found[2]["name"]) for found in windows_tasks()]
)
def test_arguments_are_as_documented(module: str, arguments: dict[str, Any]) -> None:
    assert objections(module, arguments) == []


@pytest.mark.parametrize("task", [pytest.param(found[2], id=found[2]["name"]) for found in windows_tasks()])
def test_an_unreachable_host_does_not_end_the_play_without_the_way_back(task: Task) -> None:
    """With any_errors_fatal of the play, ignore_unreachable alone is not enough: see windows_service.yml."""
    assert task["ignore_unreachable"] is True
    assert task["any_errors_fatal"] is False
    assert "register" in task


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "x", "state": "running"}, ["state: 'running' is none of"]),
        ({"name": "x", "start": "auto"}, ["start: no option of"]),
        ({"state": "{{ nobody_sets_this }}", "name": "x"}, ["state: nobody sets"]),
        ({"state": "stopped"}, ["name: required"]),
    ],
)
def test_what_is_wrong_is_found(arguments: dict[str, Any], words: list[str]) -> None:
    found = objections("ansible.windows.win_service", arguments)
    assert len(found) == len(words)
    assert all(objection.startswith(start) for objection, start in zip(found, words, strict=True))
