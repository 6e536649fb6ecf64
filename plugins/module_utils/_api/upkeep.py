# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What QRS tells of running tasks and of the cluster (D: qlik-api 11)."""

from __future__ import annotations

from urllib.parse import quote

from ansible_collections.qlikops.sense.plugins.module_utils._api.entities import Fields, objects_of, value_of
from ansible_collections.qlikops.sense.plugins.module_utils._api.qrs import qrs_root
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request
from ansible_collections.qlikops.sense.plugins.module_utils._model.upkeep import (
    EXTERNAL_PROGRAM,
    RELOAD,
    USER_SYNC,
    RunningTask,
)

LONGEST_TIMEOUT = 1_000_000  # minutes


class UpkeepApi:
    """Every method is one request."""

    def __init__(self, rest: Rest, connection: Connection) -> None:
        self._rest = rest
        self._connection = connection

    def running_tasks(self) -> tuple[RunningTask, ...]:
        """One for each task that runs, on whichever node."""
        return tuple(_task(item) for item in self._read("executionsession"))

    def count_running_tasks(self, user: str) -> int:
        """How many QRS shows to ``user``."""
        request = Request("GET", f"{qrs_root(self._connection)}/executionsession/count", user=user)
        answer = self._rest.send(self._connection.repository, request)
        return value_of(answer.data, f"GET https://{self._connection.repository}{request.path}").number("value") or 0

    def failover_minutes(self) -> int | None:
        """How long the central node may be silent before another takes over. None unless all clusters tell the same."""
        told = {
            item.object("settings").object("sharedPersistenceProperties").number("failoverTimeout", 0, LONGEST_TIMEOUT)
            for item in self._read("servicecluster")
        }
        return told.pop() if len(told) == 1 else None

    def move_central(self, node_id: str) -> None:
        """Makes the node with this id the central one: 204 (D). What happens on the nodes is not known (N)."""
        request = Request("POST", f"{qrs_root(self._connection)}/failover/tonode/{quote(node_id, safe='')}")
        self._rest.send(self._connection.repository, request, accept=(200, 204))

    def _read(self, entity: str) -> list[Fields]:
        request = Request("GET", f"{qrs_root(self._connection)}/{entity}/full")
        answer = self._rest.send(self._connection.repository, request)
        return objects_of(answer.data, f"GET https://{self._connection.repository}{request.path}")


def _task(item: Fields) -> RunningTask:
    """It runs where its result says (D; that this is the host name of the node: I)."""
    result = item.object("executionResult")
    of_kind = {
        RELOAD: item.object("reloadTask"),
        USER_SYNC: item.object("userSyncTask"),
        EXTERNAL_PROGRAM: item.object("externalProgramTask"),
    }
    kind = next((kind for kind, task in of_kind.items() if list(task)), RELOAD)
    return RunningTask(
        name=of_kind[kind].text("name"),
        kind=kind,
        app=item.object("app").text("name"),
        user=item.text("user"),
        node=result.text("executingNodeName"),
        started=result.text("startTime"),
    )
