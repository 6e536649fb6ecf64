# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked before a restart, and what is answered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.proxy_node import ProxyNode
from ansible_collections.qlikops.sense.plugins.module_utils._model.upkeep import Upkeep
from ansible_collections.qlikops.sense.plugins.module_utils._rules.balancer import BalancerView
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

BEGIN, CORDONED, ENDING, STOPPING = "begin", "cordoned", "ending", "stopping"
STEPS = (BEGIN, CORDONED, ENDING, STOPPING)
PROXY, SERVICES, NODE = "proxy", "services", "node"
STOPS = (PROXY, SERVICES, NODE)
# By key of the reason; the option that accepts it comes in.
ADVICE = {
    "central": "Set {} to true to also restart it.",
    "window": "See {}.",
    "wrong_server": "If that is the node, name the address in {}.",
    "other_backend": "Also name that backend in {}.",
    "unknown_state": "Let the balancer report ready, drain or maint.",
    "drained": "Set {} to true to restart it anyway.",
    "not_out": "Someone put it back, or the balancer was reloaded.",
    "node_down": "Set {} to true to restart it anyway.",
    "others_out": "Two nodes are never taken out at once. Bring them back first, or name them in {}.",
    "outage": "Set {} to true to accept that.",
    "two_names": "Leave one of them out.",
    "running_tasks": "Wait for the end, or set {} to true to kill what runs.",
    "tasks_unknown": "Let api_user read executionsession in QRS, or set {} to true to kill whatever runs.",
    "failover": "Set {} to true to accept that, or move the role first.",
    "no_candidate": "Correct {}, or make the node a failover candidate in the QMC.",
    "not_ready": "",
}


@dataclass(frozen=True)
class Accepted:
    """What the operator accepts."""

    central: bool = False
    outage: bool = False
    node_down: bool = False
    drained: bool = False
    others_out: tuple[str, ...] = ()
    running_tasks: bool = False
    failover: bool = False

    def covers(self, out: Out) -> bool:
        return any(fold(name) in {fold(each) for each in out.names} for name in self.others_out)


@dataclass(frozen=True)
class Out:
    """Another node that is out. ``why`` in words; ``names`` are all by which it may be accepted."""

    node: str
    why: str
    id: str = ""
    is_drained: bool = False
    names: tuple[str, ...] = field(default=(), repr=False)

    def as_result(self) -> dict[str, Any]:
        return {"id": self.id, "node": self.node, "why": self.why}


@dataclass(frozen=True)
class Away:
    """By the record of this collection: the central role of ``node`` was moved to ``to`` and not back. ``by`` whom."""

    node: str
    to: str
    by: str = ""
    at: str = ""

    @classmethod
    def from_option(cls, given: Mapping[str, Any]) -> Away:
        return cls(*(str(given.get(name) or "") for name in ("node", "to", "by", "at")))

    def told(self, where: str) -> str:
        """Who has moved it, in a sentence."""
        who, when = (f"The run of {self.by}", f" at {self.at}") if self.by and self.at else ("An earlier run", "")
        return f"{who} moved it {where}{when}, and did not move it back."


@dataclass(frozen=True)
class Reason:
    """Why not. ``accepted_by`` is the option that accepts it, empty where none does."""

    key: str
    words: str
    accepted_by: str = ""

    def as_result(self, called: Mapping[str, str]) -> dict[str, Any]:
        """``called`` are the names that the person who reads it knows the options by."""
        option = called.get(self.accepted_by, self.accepted_by)
        return {**vars(self), "advice": ADVICE[self.key].format(option)}


@dataclass(frozen=True)
class Question:
    """May ``node`` be restarted? ``out_before``: the ids of nodes that were out at the first look.

    ``balancer`` is None where there is none. ``is_ours``: this collection has drained the node in an earlier run.
    ``back_by_then`` names other nodes that are out now and will be finished before.
    ``closed_window`` says in words that the window is closed, empty where it is open. ``known_as`` are the hosts of the
    run that stand for the node. ``problems`` are sentences about what else forbids it. ``stops`` is what the restart
    stops, and ``upkeep`` what QRS tells of that. ``move_central`` names the node that gets the role of a
    central one before it is stopped. ``central_away`` are other nodes whose role an earlier run has moved, and
    ``central_left_on`` names the one that has the role of this node.
    """

    node: ProxyNode
    others: tuple[ProxyNode, ...]
    balancer: BalancerView | None = None
    step: str = BEGIN
    accepted: Accepted = Accepted()
    is_ours: bool = False
    closed_window: str = ""
    out_before: frozenset[str] = frozenset()
    back_by_then: tuple[str, ...] = ()
    known_as: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    stops: str = PROXY
    upkeep: Upkeep = field(default_factory=Upkeep)
    move_central: str = ""
    central_away: tuple[Away, ...] = ()
    central_left_on: str = ""

    @property
    def is_central(self) -> bool:
        """Whether it is the central node, and will be when it is restarted: a role may go back before."""
        moved = self.moved_here
        return self.node.central and not (moved and self.is_finished_before(moved))

    def is_finished_before(self, moved: Away) -> bool:
        return any(node.is_called(moved.node) and self.is_back(node) for node in self.others)

    @property
    def moved_here(self) -> Away | None:
        """By which move this node has become the central one, if by one."""
        return next((away for away in self.still_away if self.node.is_called(away.to)), None)

    @property
    def still_away(self) -> tuple[Away, ...]:
        """Without those whose role is back, whoever has moved it."""
        at_home = [node for node in (self.node, *self.others) if node.central]
        return tuple(away for away in self.central_away if not any(node.is_called(away.node) for node in at_home))

    @property
    def moves_central(self) -> bool:
        """Whether the node has the central role and loses it on purpose."""
        return bool(self.move_central) and self.stops == NODE and self.is_central

    @property
    def awaits_tasks(self) -> bool:
        """Whether tasks on the node have to end first: they run in other services than the proxy service, and are
        killed with them (I: qlik-api 11).
        """
        return self.stops != PROXY and not self.accepted.running_tasks

    def is_back(self, node: ProxyNode) -> bool:
        return any(map(node.is_called, self.back_by_then))


@dataclass(frozen=True)
class Answer:
    """``reasons`` are what forbids it; ``out`` and ``uncovered`` hold what was accepted, too.

    ``may_pass``: nothing forbids it but runs that have to give way to this one, and may do so in a moment.
    """

    reasons: tuple[Reason, ...]
    out: tuple[Out, ...]
    uncovered: tuple[str, ...]
    may_pass: bool = False

    @property
    def allowed(self) -> bool:
        return not self.reasons
