# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nodes of a site with all their services: what QRS is asked for them, and how its answers are read.

The answers are kept apart from what is read out of them, so that they can be cached as they came. Which nodes may
become central, and when each was last heard of, is read here for everybody who wants to know (D: qlik-api 11).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.qlikops.sense.plugins.module_utils._api.entities import Fields, objects_of
from ansible_collections.qlikops.sense.plugins.module_utils._api.qrs import (
    DEFAULT_QPS_PORT,
    MOST_PORT,
    SERVICE_STATES,
    SERVICE_TYPES,
    qrs_root,
)
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request, expect_list
from ansible_collections.qlikops.sense.plugins.module_utils._client.parallel import run_parallel
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.plugins.module_utils._model.node import PURPOSES, ServerNode
from ansible_collections.qlikops.sense.plugins.module_utils._model.upkeep import ClusterNode
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

NODES, PROXIES, STATES, HEARTBEATS = "nodes", "proxies", "states", "heartbeats"
PATHS = {
    NODES: "/servernodeconfiguration/full",
    PROXIES: "/proxyservice/full",
    STATES: "/servicestatus/full",
    HEARTBEATS: "/servernodeheartbeat/full",
}
# Where the release has none, or the user may not read them, the nodes are as they are.
DISPENSABLE = {HEARTBEATS: frozenset({403, 404})}
Answers = Mapping[str, list[dict[str, Any]]]


class Heartbeat(NamedTuple):
    """When a node was last heard of, in ISO 8601."""

    node_id: str
    node: str
    timestamp: str


class NodeApi:
    """Every method is one request. Raises QlikError."""

    def __init__(self, rest: Rest, connection: Connection) -> None:
        self._rest = rest
        self._connection = connection

    def central_nodes(self) -> set[str]:
        """The names of the nodes that are central, folded (D: qrs-ref p1875)."""
        return {fold(item.text("name")) for item in self._items(NODES) if item.flag("isCentral")}

    def candidates(self) -> tuple[str, ...] | None:
        """The names of the nodes that may become central; None where QRS shows no node."""
        items = self._items(NODES)
        return tuple(item.text("name") for item in items if _is_candidate(item)) if items else None

    def cluster_nodes(self) -> tuple[ClusterNode, ...]:
        """All nodes that QRS shows, by what matters for the central role."""
        return tuple(
            ClusterNode(
                id=item.required_text("id"),
                name=item.text("name"),
                host_name=item.text("hostName"),
                central=item.flag("isCentral"),
                candidate=_is_candidate(item),
            )
            for item in self._items(NODES)
        )

    def heartbeats(self) -> dict[str, str]:
        """Node name, folded -> when it was last heard of."""
        return {fold(beat.node): beat.timestamp for beat in map(_heartbeat, self._items(HEARTBEATS))}

    def answer(self, what: str) -> list[dict[str, Any]]:
        """One of the lists of ``PATHS`` as QRS gives it."""
        request = Request("GET", f"{qrs_root(self._connection)}{PATHS[what]}")
        return expect_list(self._rest.send(self._connection.repository, request).data, _request(self._connection, what))

    def _items(self, what: str) -> list[Fields]:
        return objects_of(self.answer(what), _request(self._connection, what))


def read_answers(rest: Rest, connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """The lists of ``PATHS`` as QRS gives them, side by side. Raises QlikError."""
    api = NodeApi(rest, connection)

    def read(what: str) -> list[dict[str, Any]]:
        try:
            return api.answer(what)
        except RequestFailed as error:
            if error.status in DISPENSABLE.get(what, ()):
                return []
            raise

    lists = run_parallel((("QRS", what) for what in PATHS), read, connection.max_parallel)
    return dict(zip(PATHS, lists, strict=True))


def nodes_of(answers: Answers, connection: Connection) -> list[ServerNode]:
    """The nodes out of ``read_answers``, in the order of QRS. Raises QlikError."""

    def items(what: str) -> list[Fields]:
        return objects_of(answers.get(what), _request(connection, what))

    proxies = _by_node(items(PROXIES))
    states: dict[str, dict[str, str]] = {}
    for item in items(STATES):
        service = item.enum("serviceType", SERVICE_TYPES, other="other")
        states.setdefault(_node_id(item), {})[service] = item.enum("serviceState", SERVICE_STATES, other="unknown")
    heartbeats = {beat.node_id: beat.timestamp for beat in map(_heartbeat, items(HEARTBEATS))}
    nodes = [
        _node(item, proxies.get(item.text("id")), states.get(item.text("id"), {}), heartbeats, connection)
        for item in items(NODES)
    ]
    if not nodes:
        raise QlikError(
            "no_nodes",
            f"QRS on {connection.repository} shows no node to {connection.api_user}.",
            "QRS answers with an empty list where a user may not read: name a user with the rights as api_user, such as"
            " INTERNAL\\sa_api.",
        )
    return nodes


def _node(
    item: Fields,
    proxy: Fields | None,
    states: Mapping[str, str],
    heartbeats: Mapping[str, str],
    connection: Connection,
) -> ServerNode:
    enabled = {
        "engine": item.flag("engineEnabled"),
        "printing": item.flag("printingEnabled"),
        "proxy": item.flag("proxyEnabled"),
        "scheduler": item.flag("schedulerEnabled"),
    }
    # QRS keeps a proxy service for every node, proxy or not (C: qlik-api 2.5).
    settings = proxy.object("settings") if proxy and enabled["proxy"] else None
    node_id = item.required_text("id")
    return ServerNode(
        id=node_id,
        name=item.text("name"),
        host_name=item.text("hostName"),
        central=item.flag("isCentral"),
        failover_candidate=_is_candidate(item),
        purpose=item.enum("nodePurpose", PURPOSES, other=""),
        services=tuple(service for service, is_enabled in enabled.items() if is_enabled),
        proxy_port=_qps_port(settings, connection) if settings else None,
        listen_port=settings.number("listenPort", 0, MOST_PORT) if settings else None,
        prefixes=_prefixes(settings) if settings else (),
        tags=tuple(tag.text("name") for tag in item.objects("tags")),
        custom_properties=_custom_properties(item.objects("customProperties")),
        service_states=dict(states),
        heartbeat=heartbeats.get(node_id, ""),
    )


def _is_candidate(item: Fields) -> bool:
    return item.flag("failoverCandidate")


def _heartbeat(item: Fields) -> Heartbeat:
    node = item.object("serverNodeConfiguration")
    return Heartbeat(node.text("id"), node.text("name"), item.text("timestamp"))


def _qps_port(settings: Fields, connection: Connection) -> int:
    return connection.qps_port or settings.number("restListenPort", 1, MOST_PORT) or DEFAULT_QPS_PORT


def _prefixes(settings: Fields) -> tuple[str, ...]:
    return tuple(sorted({linked.text("prefix") for linked in settings.objects("virtualProxies")}))


def _custom_properties(items: Iterable[Fields]) -> dict[str, tuple[str, ...]]:
    """A node may have several values of one property."""
    properties: dict[str, tuple[str, ...]] = {}
    for item in items:
        name = item.object("definition").text("name")
        properties[name] = (*properties.get(name, ()), item.written("value"))
    return properties


def _by_node(items: Iterable[Fields]) -> dict[str, Fields]:
    return {_node_id(item): item for item in items}


def _node_id(item: Fields) -> str:
    return item.object("serverNodeConfiguration").text("id")


def _request(connection: Connection, what: str) -> str:
    return f"GET https://{connection.repository}{qrs_root(connection)}{PATHS[what]}"
