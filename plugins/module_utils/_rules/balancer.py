# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a balancer says of its servers, in the shape documented for task files, and which of them take users. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._model.proxy_node import ProxyNode
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold, non_empty

READY, DRAIN, MAINT, UNKNOWN = "ready", "drain", "maint", "unknown"
TAKES_USERS = frozenset({"running", "starting"})
WORDS_OF_STATES = {DRAIN: "drained", MAINT: "in maintenance"}
SERVER_KEYS = ("backend", "name", "state", "health", "weight", "address", "port")


@dataclass(frozen=True)
class BalancerServer:
    """A server as the balancer tells of it. ``weight`` and ``port`` are None where it does not."""

    backend: str
    name: str
    state: str
    health: str
    weight: int | None
    address: str
    port: int | None

    @property
    def why_out(self) -> str:
        """Why it takes nobody new, empty where it does."""
        if self.state != READY:
            return WORDS_OF_STATES.get(self.state, "in an unknown state")
        if self.health not in TAKES_USERS:
            return (
                "DOWN according to its health check" if self.health == "stopped" else f"{self.health} in the balancer"
            )
        return "" if self.weight else "of weight 0" if self.weight == 0 else "of unknown weight"

    def leads_to(self, node: ProxyNode) -> bool:
        """Whether its address and port are the node's. Where one side tells no port, the address has to do."""
        ports = {self.port, node.users_port} - {None}
        return fold(self.address) in node.addresses and len(ports) < 2

    def __str__(self) -> str:
        return f"{self.backend}/{self.name}"


@dataclass(frozen=True)
class BalancerView:
    """What a balancer says. ``mine`` are the servers that were named as the node's, ``elsewhere`` those of other
    backends at their address. ``others_out`` names nodes that are out, where it can say no more than that.
    """

    state: str
    mine: tuple[BalancerServer, ...] = ()
    servers: tuple[BalancerServer, ...] = ()
    elsewhere: tuple[BalancerServer, ...] = ()
    others_out: tuple[str, ...] = ()


def in_all(views: Sequence[BalancerView]) -> BalancerView:
    """What several balancers say of the same node. It takes users where one of them sends it some."""
    order = [READY, UNKNOWN, DRAIN, MAINT]
    states = [view.state if view.state in order else UNKNOWN for view in views]
    return BalancerView(
        state=min(states, key=order.index, default=UNKNOWN),
        mine=tuple(server for view in views for server in view.mine),
        servers=tuple(server for view in views for server in view.servers),
        elsewhere=tuple(server for view in views for server in view.elsewhere),
        others_out=tuple(name for view in views for name in view.others_out),
    )


def balancer_view(told: list[dict[str, Any]] | None, server: str) -> BalancerView | None:
    """Raises BadOption where it has not the shape described."""
    if told is None:
        return None
    return in_all([_one_balancer(each, server) for each in told])


def _one_balancer(told: Mapping[str, Any], server: str) -> BalancerView:
    servers = _servers(told.get("servers"))
    others_out = told.get("others_out") or []
    if not isinstance(told.get("state"), str) or not isinstance(others_out, list):
        raise BadOption("balancer", "it does not say the state of the node.", "Give state as ready, drain or maint.")
    return BalancerView(
        state=told["state"],
        mine=tuple(each for each in servers if fold(each.name) == fold(server)),
        servers=servers,
        elsewhere=_servers(told.get("elsewhere")),
        others_out=non_empty([str(name) for name in others_out]),
    )


def _servers(told: Any) -> tuple[BalancerServer, ...]:
    found = []
    for entry in told or []:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
            raise BadOption("balancer", "one of its servers has no name.", f"Each has {', '.join(SERVER_KEYS)}.")
        weight, port = entry.get("weight"), entry.get("port")
        found.append(
            BalancerServer(
                backend=str(entry.get("backend") or ""),
                name=entry["name"],
                state=str(entry.get("state") or "unknown"),
                health=str(entry.get("health") or "unknown"),
                weight=weight if isinstance(weight, int) and not isinstance(weight, bool) else None,
                address=str(entry.get("address") or "-"),
                port=port if isinstance(port, int) and not isinstance(port, bool) else None,
            )
        )
    return tuple(found)
