# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the Windows module of this name: the proxy service of the simulated node is away for some seconds."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action import ActionBase

Result = dict[str, Any]


class ActionModule(ActionBase):
    """Does what Windows would do with the services."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        variables = task_vars or {}
        for state, seconds in (("stopped", variables.get("stand_in_reboot_seconds", 5)), ("started", 0)):
            called = self._execute_module(
                module_name="ansible.windows.win_service",
                module_args={
                    "name": "QlikSenseProxyService",
                    "state": state,
                    "node": variables["inventory_hostname"],
                    "control": variables["simulated_site_control"],
                    "log": variables["stand_in_log"],
                    "starting_seconds": variables.get("stand_in_starting_seconds", 0.5),
                    "broken": variables.get("stand_in_broken", []),
                },
                task_vars=variables,
            )
            if called.get("failed"):
                return {**result, **called}
            time.sleep(seconds)
        return {**result, "changed": True, "rebooted": True}
