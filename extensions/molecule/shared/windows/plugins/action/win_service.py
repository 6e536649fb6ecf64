# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's half of a stand-in for the Windows module: tells the other half which host it is on.

The module then runs over the connection of the host, so that a host which can't be reached fails here, too.
"""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

Result = dict[str, Any]


class ActionModule(ActionBase):
    """Adds what the stand-in needs to know beyond the arguments of the real module."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        variables = task_vars or {}
        if self._task.args["state"] in variables.get("stand_in_unreachable_for", []):
            raise AnsibleConnectionFailure("the line is dead")
        called: Result = self._execute_module(
            module_args={
                **self._task.args,
                "node": variables["inventory_hostname"],
                "control": variables["simulated_site_control"],
                "log": variables["stand_in_log"],
                "starting_seconds": variables.get("stand_in_starting_seconds", 0.5),
                "broken": variables.get("stand_in_broken", []),
            },
            task_vars=variables,
        )
        return {**result, **called}
