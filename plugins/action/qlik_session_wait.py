# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows how the wait goes: looks by calling the module again and again, tells a line in between, and renews a lease."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.qlikops.sense.plugins.module_utils._wait import RANGES
from ansible_collections.qlikops.sense.plugins.module_utils._words import is_blank
from ansible_collections.qlikops.sense.plugins.plugin_utils._other_host import OtherHost
from ansible_collections.qlikops.sense.plugins.plugin_utils._progress import Progress
from ansible_collections.qlikops.sense.plugins.plugin_utils._renewal import Renewal

MODULE = "qlikops.sense.qlik_session_wait"
DEFAULTS = {"wait_timeout": 600, "wait_interval": 10}
Result = dict[str, Any]


class ActionModule(ActionBase):
    """The module does the looking and all the checks; each call of it here is one look."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        variables = task_vars or {}
        times = {name: _seconds(name, self._task.args.get(name)) for name in DEFAULTS}
        if self._task.async_val:
            return {**result, **self._call(self._task.args, variables)}
        arguments = dict(self._task.args)
        if isinstance(arguments.get("lease"), Mapping):  # else it is for the module to refuse
            del arguments["lease"]
        if self._task.check_mode or None in times.values():
            # Nothing to show, or for the module to refuse.
            return {**result, **self._call(arguments, variables)}
        return {**result, **self._wait(arguments, times, variables)}

    def _wait(self, arguments: Mapping[str, Any], times: Mapping[str, Any], variables: dict[str, Any]) -> Result:
        display, progress = Display(), Progress(str(variables.get("inventory_hostname", "")))
        renewal = self._renewal(times["wait_interval"], variables)
        begin = time.monotonic()
        history: list[Any] = []
        last: Result = {}
        while True:
            look = self._call({**arguments, "wait_timeout": 0}, variables)
            elapsed = time.monotonic() - begin
            if "history" in look:
                history += look["history"]
                last = look
            elif not last and not _may_pass(look):
                return look
            is_last = look.get("failed") is not True or elapsed >= times["wait_timeout"]
            lost = renewal.at_look(is_last) if renewal else {}
            if lost:
                return {**last, **lost, "history": history, "elapsed": round(elapsed, 1), "timed_out": False}
            if is_last:
                return {**last, **look, "history": history, "elapsed": round(elapsed, 1)}
            line = progress.line(last, time.monotonic(), times["wait_timeout"] - elapsed) if last else ""
            if line:
                display.display(line)
            time.sleep(min(times["wait_interval"], times["wait_timeout"] - elapsed))

    def _renewal(self, interval: int, variables: dict[str, Any]) -> Renewal | None:
        """Of the lease that the options name; none where they do not, or where it has no directory."""
        given = self._task.args.get("lease")
        lease = dict(given) if isinstance(given, Mapping) else {}
        host = str(lease.pop("host", ""))
        if not lease.get("directory"):
            return None
        here = self._task.delegate_to or variables.get("inventory_hostname")
        if host in ("", here):
            return Renewal(lease, interval, partial(self._run_here, variables), Display().display)
        return Renewal(lease, interval, OtherHost(self, host, variables).run, Display().display)

    def _run_here(self, variables: dict[str, Any], module: str, arguments: Mapping[str, Any]) -> Result:
        called: Result = self._execute_module(module_name=module, module_args=dict(arguments), task_vars=variables)
        return called

    def _call(self, arguments: Mapping[str, Any], variables: dict[str, Any]) -> Result:
        called: Result = self._execute_module(
            module_name=MODULE,
            module_args=dict(arguments),
            task_vars=variables,
            wrap_async=bool(self._task.async_val),
        )
        return called


def _may_pass(look: Result) -> bool:
    """Whether a look failed because of what a service answered, or did not; what is wrong with the options stays so."""
    failure = look.get("failure")
    return isinstance(failure, Mapping) and "request" in failure


def _seconds(option: str, value: Any) -> int | None:
    """As the module would read it; None for what it would refuse."""
    if value is None or (isinstance(value, str) and is_blank(value)):
        return DEFAULTS[option]
    least, most = RANGES[option]
    try:
        seconds = int(value)
    except (TypeError, ValueError):
        return None
    return seconds if least <= seconds <= most else None
