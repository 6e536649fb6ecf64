# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells what became of a node in a rolling restart, and hands it on to later steps."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.qlikops.sense.plugins.module_utils._model.age import iso
from ansible_collections.qlikops.sense.plugins.plugin_utils._handed_on import readable
from ansible_collections.qlikops.sense.plugins.plugin_utils._restart_report import handed_on, message, report, summary
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

STATS = "proxy_restart"


class ActionModule(ActionBase):
    """Runs on the controller; no host is asked."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        told = report(self._task.args, iso(datetime.now(timezone.utc)), self._task.check_mode)
        Display().display(summary(told))
        host = str((task_vars or {}).get("inventory_hostname", told["node"]))
        return {
            **result,
            "changed": False,
            "report": told,
            "message": message(told) if told["failure"] else "",
            "ansible_stats": {
                "data": {STATS: {host: never_a_template(readable(handed_on(told)))}},
                "per_host": False,
                "aggregate": True,
            },
        }
