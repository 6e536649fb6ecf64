# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose the lease of a run is, and how it is renewed within a task that takes long. Private to the collection."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleError

from ansible_collections.qlikops.sense.plugins.module_utils._lease import HELD, Owner

MODULE = "qlikops.sense.restart_lease"
# Seconds in which two services that do not answer are given up, each asked three times for 30 seconds.
LONGEST_LOOK = 180
LONGEST_SLEEP = 5.0
Result = Mapping[str, Any]


def owner_of_run() -> dict[str, Any]:
    """The process of the playbook, as an option of restart_lease. Tasks run in processes of their own, made by it."""
    return asdict(Owner.of_process(_user(), os.getppid()))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return str(os.getuid())


def once_free(
    call: Callable[[], Result],
    tell: Callable[[str], object],
    sleep: Callable[[float], object],
) -> Result:
    """What ``call`` of restart_lease returns, once the lease is stale where its run may be gone.

    A run that renews it meanwhile is there: then that is the result. ``tell`` shows a line.
    """
    called = call()
    first = called.get("held") or {}
    if first.get("may_be_gone"):
        who, seconds = called["failure"]["reason"], first["seconds_left"]
        tell(f"{who} Its lease is waited for, {seconds:.0f} s unless it is renewed.")
    while first.get("may_be_gone") and (called.get("held") or {}).get("renewed") == first["renewed"]:
        sleep(min(LONGEST_SLEEP, called["held"]["seconds_left"] + 1))
        called = call()
    return called


class Renewal:
    """Renews a lease at each look of a wait.

    ``lease`` are options of restart_lease, in which ``hold`` is for how long it is needed once the wait is over.
    ``call`` runs that module, ``tell`` shows a line.
    """

    def __init__(
        self,
        lease: Mapping[str, Any],
        interval: float,
        call: Callable[[str, dict[str, Any]], Result],
        tell: Callable[[str], object],
    ) -> None:
        self._lease = lease
        self._interval = interval
        self._call = call
        self._tell = tell
        self._trouble = ""

    def at_look(self, is_last: bool) -> Result:
        """The failure where another run has the lease now. Other trouble is shown, and ridden out: it may pass."""
        hold = {} if is_last else {"hold": self._interval + LONGEST_LOOK}
        try:
            called = self._call(MODULE, {**self._lease, **hold, "owner": owner_of_run()})
        except AnsibleError as error:
            called = {"failed": True, "msg": str(error)}
        if (called.get("failure") or {}).get("kind") == HELD:
            return called
        trouble = str(called.get("msg", "")) if called.get("failed") or called.get("unreachable") else ""
        if trouble and trouble != self._trouble:
            self._tell(f"The lease could not be renewed: {trouble}")
        self._trouble = trouble
        return {}
