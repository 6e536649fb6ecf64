# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action plugins run without ansible-playbook, on a host that is a dictionary of files."""

from __future__ import annotations

import base64
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

Result = dict[str, Any]
Module = Callable[[Result], Result]


class Host:
    """Files by path, None for directories; ``modules`` answer to what is not done with files."""

    def __init__(self, **modules: Module) -> None:
        self.files: dict[str, str | None] = {"/": None, "/srv": None}
        self.unwritable: set[str] = set()
        self.calls: list[tuple[str, Result]] = []
        self.modules = modules

    def execute(self, module: str, arguments: Result) -> Result:
        name = module.rpartition(".")[2]
        self.calls.append((name, arguments))
        does: Module = getattr(self, f"_{name}", None) or self.modules[name]
        return does(arguments)

    def called(self, name: str) -> list[Result]:
        return [arguments for called, arguments in self.calls if called == name]

    def _stat(self, arguments: Result) -> Result:
        path = arguments["path"]
        if path not in self.files:
            return {"stat": {"exists": False}}
        may = path not in self.unwritable
        return {
            "stat": {"exists": True, "isdir": self.files[path] is None, "writeable": may, "executable": True},
        }

    def _slurp(self, arguments: Result) -> Result:
        text = self.files.get(arguments["src"])
        if text is None:
            return {"failed": True, "msg": f"file not found: {arguments['src']}"}
        return {"content": base64.b64encode(text.encode()).decode()}

    def _file(self, arguments: Result) -> Result:
        assert (arguments["state"], arguments["mode"]) == ("directory", "0700")
        self.files[arguments["path"]] = None
        return {"changed": True}

    def copy(self, arguments: Result) -> Result:
        assert arguments["mode"] == "0600"
        changed = self.files.get(arguments["dest"]) != arguments["content"]
        self.files[arguments["dest"]] = arguments["content"]
        return {"changed": changed}


class Task(SimpleNamespace):
    """As much of a task as action plugins look at."""

    def copy(self) -> Task:
        return Task(**vars(self))


def act(
    monkeypatch: pytest.MonkeyPatch,
    plugin: Any,
    host: Host,
    arguments: Result,
    check_mode: bool = False,
    **variables: Any,
) -> Result:
    """The result of a plugin, as a task that is delegated to ``keeper`` has it."""
    task = Task(args=arguments, check_mode=check_mode, diff=True, async_val=0, delegate_to="keeper")

    def copying(_name: str, task: Task, **_more: Any) -> SimpleNamespace:
        assert (task.check_mode, task.diff) == (False, False)
        return SimpleNamespace(run=lambda task_vars: host.copy(task.args))

    loader = SimpleNamespace(action_loader=SimpleNamespace(get=copying))
    action = plugin.ActionModule(task, MagicMock(), Task(check_mode=check_mode, diff=True), None, None, loader)

    def execute(module_name: str, module_args: Result, task_vars: Result, **_more: Any) -> Result:
        return host.execute(module_name, module_args)

    monkeypatch.setattr(action, "_execute_module", execute)
    monkeypatch.setattr(action, "_shared_loader_obj", loader)
    result: Result = action.run(task_vars={"inventory_hostname": "production", **variables})
    return result
