# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells the module restart_lease whose the lease is: the process that runs the playbook, which only it can know."""

from __future__ import annotations

import getpass
import os
from dataclasses import asdict
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.qlikops.sense.plugins.module_utils._lease import Owner


class ActionModule(ActionBase):
    """Calls the module with ``owner``."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        # Tasks run in processes of their own, which that of the playbook has made.
        owner = Owner.of_process(_user(), os.getppid())
        called = self._execute_module(
            module_name="qlikops.sense.restart_lease",
            module_args={**self._task.args, "owner": asdict(owner)},
            task_vars=task_vars or {},
        )
        return {**result, **called}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return str(os.getuid())
