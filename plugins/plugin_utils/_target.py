# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on the host that a task of an action plugin runs on, over whatever connection it has, and modules run there."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError

FOR_THE_OWNER = "0600"
REASONS = ("msg", "module_stderr", "rc", "exception", "failure")


class CallFailed(QlikError):
    """A module has failed. ``result`` has what it says of that, and nothing else of what it returned."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        super().__init__("module_failed", str(result.get("msg", "a module failed without a message")))
        self.result = {key: result[key] for key in REASONS if key in result}


class Target:
    """Writes in check mode, too: it is for reports that were asked for. No diff of them is ever shown."""

    def __init__(self, action: ActionBase, variables: Mapping[str, Any]) -> None:
        self._action = action
        self._variables = dict(variables)
        self._task: Any = _copy(action._task)
        self._task.check_mode = False
        self._task.diff = False
        self._context: Any = _copy(action._play_context)
        self._context.check_mode = False
        self._context.diff = False
        self.inventory_name = str(variables.get("inventory_hostname", ""))
        self.name = str(action._task.delegate_to or self.inventory_name)

    def call(self, module: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a module. Raises CallFailed."""
        own, self._action._task = self._action._task, self._task
        try:
            called: dict[str, Any] = self._action._execute_module(
                module_name=module, module_args=dict(arguments), task_vars=self._variables
            )
        finally:
            self._action._task = own
        if called.get("failed") is True:
            raise CallFailed(called)
        return called

    def stat(self, path: str) -> dict[str, Any]:
        """What the module stat says, of what a link leads to."""
        options = {"follow": True, "get_checksum": False, "get_mime": False, "get_attributes": False}
        found: dict[str, Any] = self.call("ansible.builtin.stat", {"path": path, **options})["stat"]
        return found

    def text(self, path: str) -> str:
        """The text of a file in UTF-8. Raises CallFailed, ValueError."""
        return base64.b64decode(self.call("ansible.builtin.slurp", {"src": path})["content"]).decode("utf-8")

    def problem_of_directory(self, path: str) -> str:
        """Why files can't be written there, or an empty text. The directory may be made, and those above it."""
        at = PurePosixPath(path)
        while not (found := self.stat(str(at)))["exists"] and at.parent != at:
            at = at.parent
        if found.get("isdir") is False:
            return f"{at} on {self.name} is not a directory."
        if not (found.get("writeable", True) and found.get("executable", True)):
            return f"{at} on {self.name} can't be written to."
        return ""

    def make_directory(self, path: str) -> None:
        """For its owner alone, if it is not there."""
        if not self.stat(path)["exists"]:
            self.call("ansible.builtin.file", {"path": path, "state": "directory", "mode": "0700"})

    def write(self, path: str, text: str) -> bool:
        """Whether the file has changed. It is for its owner alone. Raises CallFailed."""
        task: Any = _copy(self._task)
        task.args = {"content": text, "dest": path, "mode": FOR_THE_OWNER}
        action = self._action
        copy = action._shared_loader_obj.action_loader.get(
            "ansible.builtin.copy",
            task=task,
            connection=action._connection,
            play_context=self._context,
            loader=action._loader,
            templar=action._templar,
            shared_loader_obj=action._shared_loader_obj,
        )
        written: dict[str, Any] = copy.run(task_vars=self._variables)
        if written.get("failed") is True:
            raise CallFailed({**written, "msg": f"{path} on {self.name} was not written: {written.get('msg', '')}"})
        return bool(written.get("changed"))


def _copy(value: Any) -> Any:
    """Of a task or a context, so that what is set here is set nowhere else."""
    return value.copy()
