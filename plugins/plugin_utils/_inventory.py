# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inventory says of a node: its variables and groups, and the connection for the roles. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._model.node import ServerNode
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

ALL_NODES = "qlik_nodes"
# By service that is enabled.
GROUPS = {"proxy": "qlik_proxies", "engine": "qlik_engines", "scheduler": "qlik_schedulers"}
CENTRAL = "qlik_central"
# What the role qlikops.sense.connection calls the options of the modules. A password stays where it is.
CONNECTION_PREFIX = "qlik_"
NOT_HANDED_ON = frozenset({"client_key_password"})
# Hosts of these names mean something else to Ansible, or to the playbooks, which query QRS from localhost.
RESERVED = frozenset({"all", "ungrouped", "localhost", ALL_NODES, CENTRAL, *GROUPS.values()})
# Says for the roles which node a host is, where its name does not.
NODE_VARIABLE = "qlik_node"


def variables_of(node: ServerNode) -> dict[str, Any]:
    """By names without a prefix."""
    return {
        "id": node.id,
        "name": node.name,
        "host_name": node.host_name,
        "central": node.central,
        "failover_candidate": node.failover_candidate,
        "purpose": node.purpose,
        "services": list(node.services),
        "proxy_port": node.proxy_port,
        "listen_port": node.listen_port,
        "prefixes": list(node.prefixes),
        "tags": list(node.tags),
        "custom_properties": {name: list(values) for name, values in node.custom_properties.items()},
        "service_states": dict(node.service_states),
        "heartbeat": node.heartbeat,
    }


def groups_of(node: ServerNode) -> list[str]:
    """The groups that are there without being asked for."""
    own = [group for service, group in GROUPS.items() if service in node.services]
    return [ALL_NODES, *own, *([CENTRAL] if node.central else [])]


def connection_variables(given: Mapping[str, Any], connection: Connection) -> dict[str, Any]:
    """The connection as the roles take it, out of the options that the inventory file has ``given``."""
    return {
        f"{CONNECTION_PREFIX}{name}": getattr(connection, name)
        for name in given
        if name not in NOT_HANDED_ON and hasattr(connection, name)
    }


def node_variable(node: ServerNode, host: str) -> dict[str, str]:
    """Nothing where the name of the host is one that the roles find the node by."""
    if fold(host) in {fold(node.name), fold(node.host_name)}:
        return {}
    return {NODE_VARIABLE: node.host_name or node.name}


def require_names_of_their_own(named: Sequence[tuple[str, ServerNode]]) -> None:
    """Raises QlikError where two nodes have come to one name, or one to a name that is not for a node.

    Each of the two would get what is meant for the other.
    """
    known: dict[str, ServerNode] = {}
    for name, node in named:
        if fold(name) in RESERVED:
            raise QlikError(
                "reserved_name",
                f"The node with the id {node.id} would be the host {name}, which means something else in an inventory.",
                "Give it another name with hostnames, such as qlik_id.",
            )
        other = known.setdefault(fold(name), node)
        if other is not node:
            raise QlikError(
                "same_name",
                f"Two nodes would be the host {name}: those with the ids {other.id} and {node.id}.",
                "Give them names of their own with hostnames, such as qlik_id.",
            )
