# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nodes of a site as one cluster: which of them is central, and what a restart of one would disturb."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._api.nodes import NodeApi
from ansible_collections.qlikops.sense.plugins.module_utils._api.survey import ALL_SEEING_USER
from ansible_collections.qlikops.sense.plugins.module_utils._api.upkeep import UpkeepApi
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.parallel import run_parallel
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import age_of_timestamp
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import Node
from ansible_collections.qlikops.sense.plugins.module_utils._model.upkeep import ClusterNode, RunningTask, Upkeep
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold


class Cluster:
    """What QRS tells of the nodes of a site. Raises QlikError where a method does not say otherwise."""

    def __init__(self, rest: Rest, connection: Connection) -> None:
        self._connection = connection
        self._nodes = NodeApi(rest, connection)
        self._upkeep = UpkeepApi(rest, connection)

    def nodes(self) -> tuple[ClusterNode, ...]:
        """All nodes, and which of them is central; one request."""
        return self._nodes.cluster_nodes()

    def central_nodes(self) -> set[str]:
        """The names of the nodes that are central, folded; one request."""
        return self._nodes.central_nodes()

    def move_central(self, to: ClusterNode) -> None:
        """Asks QRS to make the node the central one. If the answer is lost, it may have obeyed: look at the nodes."""
        try:
            self._upkeep.move_central(to.id)
        except RequestFailed as error:
            if not error.may_have_been_obeyed and not error.is_in_trouble:
                raise

    def upkeep(self, node: Node, now: datetime) -> Upkeep:
        """What QRS tells of a node before it is restarted; five requests. What can't be read is unknown."""
        readers: list[Callable[[], Any]] = [
            lambda: self.running_tasks([node]),
            self._upkeep.failover_minutes,
            self._nodes.candidates,
            self._nodes.heartbeats,
        ]
        tasks, minutes, candidates, heartbeats = run_parallel(
            (("QRS", reader) for reader in readers), _unless_it_fails, self._connection.max_parallel
        )
        return Upkeep(
            tasks=tasks,
            failover_minutes=minutes,
            candidates=None
            if candidates is None
            else tuple(name for name in candidates if fold(name) != fold(node.name)),
            heartbeat_age=age_of_timestamp((heartbeats or {}).get(fold(node.name), ""), now),
        )

    def running_tasks(self, nodes: Iterable[Node]) -> tuple[RunningTask, ...] | None:
        """Those that run on the nodes, or may do so; two requests to QRS. None where it does not tell."""
        names = [name for node in nodes for name in (node.name, node.host_name)]
        tasks: tuple[RunningTask, ...] | None = _unless_it_fails(self._running_tasks)
        return None if tasks is None else tuple(task for task in tasks if task.may_run_on(names))

    def _running_tasks(self) -> tuple[RunningTask, ...] | None:
        """None where rights may have shortened the list: QRS must show as many to Qlik's own account."""
        if self._connection.asks_at_user_port:
            return self._upkeep.running_tasks() or None
        number = self._upkeep.count_running_tasks(ALL_SEEING_USER)
        tasks = self._upkeep.running_tasks()
        # One may have begun or ended in between, which is no matter where some are shown.
        return tasks if tasks or not number else None


def _unless_it_fails(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except QlikError:
        return None
