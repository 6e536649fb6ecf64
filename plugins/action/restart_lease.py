# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells the module whose the lease is, which is the process of the playbook, and shows which phase begins."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.qlikops.sense.plugins.plugin_utils._options import read
from ansible_collections.qlikops.sense.plugins.plugin_utils._renewal import MODULE, once_free, owner_of_run

WAIT = {"wait": {"type": "bool", "default": False}}


class ActionModule(ActionBase):
    """Calls the module with ``owner``."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        arguments = {**self._task.args, "owner": owner_of_run()}

        def call() -> dict[str, Any]:
            called: dict[str, Any] = self._execute_module(
                module_name=MODULE, module_args=arguments, task_vars=variables
            )
            return called

        waits, problems = read(arguments, WAIT)
        if waits.get("wait") and not problems and not self._task.async_val:
            del arguments["wait"]
            called = once_free(call, self._tell, time.sleep)
        else:
            called = call()
        phase = self._task.args.get("phase")
        if phase and called.get("failed") is not True:
            Display().display(_line(str(self._task.args.get("node_name", "")), str(phase), called))
        return {**result, **called}

    def _tell(self, text: str) -> None:
        Display().display(f"{time.strftime('%H:%M:%S')} {self._task.args.get('node_name', '')}: {text}")


def _line(node: str, phase: str, called: Mapping[str, Any]) -> str:
    """What a person reads. The last such line is all that stands there after Ctrl-C, so it says what to do then."""
    text = f"{time.strftime('%H:%M:%S')} {node}: {phase}"
    if called.get("drained"):
        text += " (the node is out of service; if this run stops, run the same command again)"
    return text
