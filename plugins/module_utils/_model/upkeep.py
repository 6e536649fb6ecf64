# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What QRS tells of a node before it is restarted: tasks that run on it, who takes over, its heartbeat. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._words import counted, fold

RELOAD, USER_SYNC, EXTERNAL_PROGRAM = "reload", "user_sync", "external_program"
WORDS_OF_KINDS = {RELOAD: "reload", USER_SYNC: "user synchronization", EXTERNAL_PROGRAM: "external program"}
MOST_NAMES = 5


@dataclass(frozen=True)
class RunningTask:
    """``node`` is the host name or the name of the node it runs on, "" where QRS does not say.

    ``started`` is in ISO 8601.
    """

    name: str
    kind: str
    app: str
    user: str
    node: str
    started: str

    def may_run_on(self, names: Iterable[str]) -> bool:
        """Whether it runs on the node with these names, or may do so, for nothing says where it runs."""
        return not self.node or fold(self.node) in {fold(name) for name in names}

    def __str__(self) -> str:
        of_app = f" of {self.app}" if self.app else ""
        return f"{self.name or 'one without a name'} ({WORDS_OF_KINDS.get(self.kind, self.kind)}{of_app})"

    def as_result(self) -> dict[str, Any]:
        return {**vars(self)}


@dataclass(frozen=True)
class Upkeep:
    """None stands for what could not be read. ``failover_minutes``: how long the central node may be silent.

    ``candidates`` are the names of the other nodes that may become central, ``heartbeat_age`` is in seconds.
    """

    tasks: tuple[RunningTask, ...] | None = None
    failover_minutes: int | None = None
    candidates: tuple[str, ...] | None = None
    heartbeat_age: int | None = None

    def as_result(self) -> dict[str, Any]:
        return {
            "running_tasks": None if self.tasks is None else [task.as_result() for task in self.tasks],
            "failover": {
                "timeout": None if self.failover_minutes is None else self.failover_minutes * 60,
                "candidates": None if self.candidates is None else list(self.candidates),
            },
        }


@dataclass(frozen=True)
class ClusterNode:
    """A node of the site, whether it is central, and whether it may become that."""

    id: str
    name: str
    host_name: str
    central: bool
    candidate: bool

    def is_called(self, name: str) -> bool:
        return fold(name) in {fold(self.id), fold(self.name), fold(self.host_name)}

    def __str__(self) -> str:
        return f"{self.name} ({self.host_name})"


def tasks_in_words(tasks: Iterable[RunningTask]) -> str:
    """``2 tasks: Nightly (reload of Sales), Users (user synchronization)``."""
    told = [str(task) for task in tasks]
    more = f" and {len(told) - MOST_NAMES} more" if len(told) > MOST_NAMES else ""
    return f"{counted(len(told), 'task')}: {', '.join(told[:MOST_NAMES])}{more}"
