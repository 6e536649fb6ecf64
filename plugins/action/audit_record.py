# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adds to a record who runs this, which the controller alone knows."""

from __future__ import annotations

import os
import platform
import pwd
from collections.abc import Mapping
from typing import Any

from ansible import context
from ansible.plugins.action import ActionBase

from ansible_collections.qlikops.sense.plugins.plugin_utils._audit import playbook, who

MODULE = "qlikops.sense.audit_record"
Result = dict[str, Any]


class ActionModule(ActionBase):
    """The module does the writing, on the host that has the file."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        variables = task_vars or {}
        arguments = dict(self._task.args)
        given = arguments.get("who") or {}
        if isinstance(given, Mapping):  # anything else is for the module to refuse
            arguments["who"] = {**given, **who(variables, login(), platform.node())}
        for name, found in (
            ("playbook", playbook(context.CLIARGS.get("args"))),
            ("host", str(variables.get("inventory_hostname", ""))),
        ):
            arguments[name] = arguments.get(name) or found
        called: Result = self._execute_module(
            module_name=MODULE, module_args=arguments, task_vars=variables, wrap_async=bool(self._task.async_val)
        )
        return {**result, **called}


def login() -> str:
    """Of the process: the variables LOGNAME and USER can say anything."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # containers run as any number
        return str(os.getuid())
