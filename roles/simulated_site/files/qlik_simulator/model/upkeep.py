# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What matters before a node is restarted: tasks that run, which node is central and may become it, heartbeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..model.clock import Clock, moment
from ..model.entities import audit, cluster, guid, node_condensed
from ..model.site import Node, Site, SiteError
from ..model.switches import Switches

TASK_KINDS = {"reload": "reloadTask", "user_sync": "userSyncTask", "external_program": "externalProgramTask"}
_TASK_TYPES = ("reload", "external_program", "user_sync")  # by number (D)
_STARTED = 2  # of the status of a task (D)
_NEVER = datetime.fromisoformat("1753-01-01T00:00:00+00:00")  # a date that is none (C)


@dataclass(frozen=True)
class Task:
    """A task that runs on a node since ``started``."""

    name: str
    node: Node
    kind: str
    app: str
    user: str
    started: float


class Upkeep:
    """The state of a site in this respect."""

    def __init__(self, site: Site, clock: Clock, switches: Switches) -> None:
        self._site = site
        self._clock = clock
        self._switches = switches
        self._created = moment(clock.now())
        self._central = site.central
        self._central.failover_candidate = True  # it is one still when another has its role
        self._silent: dict[str, float] = {}
        self.tasks: Sequence[Task] = ()

    def reset(self) -> None:
        """As the site was started."""
        self.tasks = ()
        self._silent.clear()
        self.move_central(self._central)

    def silence(self, node: Node, seconds: float) -> None:
        """The last heartbeat of the node was so long ago, and there is none any more; with 0 it is heard again."""
        if seconds:
            self._silent[node.name] = self._clock.now() - seconds
        else:
            self._silent.pop(node.name, None)

    def move_central(self, to: Node) -> None:
        """Another node, which must be a candidate, is the central one. SiteError."""
        if not to.failover_candidate:
            raise SiteError(f"node {to.name} is no candidate")
        for node in self._site.nodes:
            node.central = node is to

    def heartbeats(self) -> list[dict[str, Any]]:
        """When each node was last heard of."""
        now = moment(self._clock.now())
        return [
            {
                "id": guid("heartbeat", node.name),
                **audit(self._created, "ServerNodeHeartbeat"),
                "serverNodeConfiguration": node_condensed(node),
                "timestamp": moment(self._silent[node.name]) if node.name in self._silent else now,
            }
            for node in self._site.nodes
        ]

    def clusters(self) -> list[dict[str, Any]]:
        """The one cluster; the timeout in minutes (D). Paths and hosts a client does not act upon are left out."""
        persistence = {
            "id": guid("persistence", "site"),
            **audit(self._created, "ServiceCluster.Settings.SharedPersistenceProperties"),
            "rootFolder": "\\\\files\\qlik",
            "failoverTimeout": self._site.failover_timeout,
        }
        settings = {
            "id": guid("clustersettings", "site"),
            **audit(self._created, "ServiceCluster.Settings"),
            "persistenceMode": 2,
            "sharedPersistenceProperties": persistence,
        }
        return [{**cluster(), **audit(self._created, "ServiceCluster"), "settings": settings}]

    def execution_sessions(self) -> list[dict[str, Any]]:
        """One object for each task that runs."""
        return [self._execution_session(task) for task in self.tasks]

    def model_session(self) -> dict[str, Any]:
        """One that shows what fields there are, where no task runs."""
        return self._execution_session(
            Task("Nightly", self._central, "reload", "Sales", "LAB\\anna", self._clock.now())
        )

    def _execution_session(self, task: Task) -> dict[str, Any]:
        started = moment(task.started)
        names = {"host": task.node.host_name, "name": task.node.name, "blank": ""}
        result = {
            "id": guid("executionresult", task.name),
            "executingNodeName": names[str(self._switches["executing_node"])],
            "status": _STARTED,
            "startTime": started,
            "stopTime": _NEVER,
            "duration": 0,
            "privileges": None,
        }
        described = {
            "id": guid("task", task.name),
            "name": task.name,
            "taskType": _TASK_TYPES.index(task.kind),
            "enabled": True,
            "taskSessionTimeout": 1440,
            "maxRetries": 0,
            "privileges": None,
        }
        tasks = {field: described if kind == task.kind else None for kind, field in TASK_KINDS.items()}
        app = {"id": guid("app", task.app), "name": task.app, "privileges": None}
        return {
            "id": guid("executionsession", f"{task.name}/{task.node.name}"),
            **audit(started, "ExecutionSession"),
            "executingNode": {"id": guid("schedulerservice", task.node.name), "privileges": None},
            "executionResult": result,
            "abortAt": _NEVER,
            "retries": 0,
            "abortReason": 0,
            "app": app if task.app else None,
            "user": task.user,
            **tasks,
        }
