# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""May a proxy node be taken out and restarted now, and if not, why? Pure.

The same rule answers before a run begins, after it has taken the node out of the balancer, before it ends sessions and
before it stops the service: what allowed a restart an hour ago need not allow it now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.upkeep import RunningTask, Upkeep, tasks_in_words
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted, fold

BEGIN, CORDONED, ENDING, STOPPING = "begin", "cordoned", "ending", "stopping"
STEPS = (BEGIN, CORDONED, ENDING, STOPPING)
PROXY, SERVICES, NODE = "proxy", "services", "node"
STOPS = (PROXY, SERVICES, NODE)
READY, DRAIN, MAINT, UNKNOWN = "ready", "drain", "maint", "unknown"
TAKES_USERS = frozenset({"running", "starting"})
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
    "running_tasks": "Wait until they have ended, or set {} to true to have them killed.",
    "tasks_unknown": "Let api_user read executionsession in QRS, or set {} to true to have killed whatever runs.",
    "failover": "Set {} to true to accept that, or move the role first.",
    "no_candidate": "Correct {}, or make the node a failover candidate in the QMC.",
    "not_ready": "",
}
WORDS_OF_STATES = {DRAIN: "drained", MAINT: "in maintenance"}


@dataclass(frozen=True)
class ProxyNode:
    """A node with a proxy service. ``addresses`` are all that lead to it, folded; ``why_down`` is empty if alive."""

    id: str
    name: str
    host_name: str
    prefixes: tuple[str, ...]
    alive: bool
    why_down: str = ""
    central: bool = False
    addresses: frozenset[str] = frozenset()
    users_port: int | None = None

    def is_called(self, name: str) -> bool:
        return fold(name) in {fold(self.id), fold(self.name), fold(self.host_name)}


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
    central one before it is stopped.
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

    @property
    def moves_central(self) -> bool:
        """Whether the node has the central role and loses it on purpose."""
        return bool(self.move_central) and self.stops == NODE and self.node.central

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


def answer(question: Question) -> Answer:
    """Looks at everything, so that all reasons are told at once."""
    out, uncovered = tuple(_out(question)), tuple(_uncovered(question))
    reasons = (
        *(Reason("not_ready", problem) for problem in question.problems),
        *_two_names(question),
        *_central(question),
        *_window(question),
        *_own_server(question),
        *_node_down(question),
        *_others(question, out),
        *_outage(question, uncovered),
        *_tasks(question),
        *_failover(question),
    )
    may_pass = {reason.key for reason in reasons} == {"others_out"} and all(
        _has_to_give_way(question, each) for each in out if not question.accepted.covers(each)
    )
    return Answer(reasons, out, uncovered, may_pass)


def _two_names(question: Question) -> Iterator[Reason]:
    if len(question.known_as) > 1:
        hosts = " and ".join(sorted(question.known_as))
        yield Reason("two_names", f"{hosts} are the same node, {question.node.name}.")


def _central(question: Question) -> Iterator[Reason]:
    if question.node.central and not question.accepted.central:
        yield Reason("central", f"{question.node.name} is the central node.", "accept_central")


def _window(question: Question) -> Iterator[Reason]:
    if question.closed_window:
        yield Reason("window", question.closed_window, "window")


def _own_server(question: Question) -> Iterator[Reason]:
    balancer, node = question.balancer, question.node
    if balancer is None:
        return
    for server in balancer.mine:
        if not server.leads_to(node):
            port = f":{server.port}" if server.port else ""
            yield Reason(
                "wrong_server",
                f"The balancer's server {server} is at {server.address}{port}, which is not known to be"
                f" {node.name} ({node.host_name}, port {node.users_port or 'unknown'}).",
                "balancer_address",
            )
    for server in balancer.elsewhere:
        if not server.why_out:
            yield Reason(
                "other_backend",
                f"The balancer's server {server} sends users to {node.name}, too, and would continue to.",
                "backend",
            )
    if balancer.state not in (READY, DRAIN, MAINT):
        yield Reason("unknown_state", f"The balancer does not tell whether {node.name} takes users.")
    elif question.step == BEGIN:
        if balancer.state == DRAIN and not question.is_ours and not question.accepted.drained:
            yield Reason(
                "drained",
                f"{node.name} is already drained in the balancer, and no lease says that an earlier run drained it.",
                "accept_drained",
            )
    elif balancer.state == READY:
        yield Reason("not_out", f"{node.name} is back in the balancer and takes users again.")


def _node_down(question: Question) -> Iterator[Reason]:
    node = question.node
    # Later on it is restarted anyway: that is what helps.
    if question.step == BEGIN and not node.alive and not question.is_ours and not question.accepted.node_down:
        yield Reason(
            "node_down", f"The proxy service of {node.name} is not alive. {node.why_down}".strip(), "accept_node_down"
        )


def _others(question: Question, out: Iterable[Out]) -> Iterator[Reason]:
    in_the_way = [each for each in out if not question.accepted.covers(each)]
    if in_the_way:
        told = "; ".join(f"{each.node} ({each.why})" for each in in_the_way)
        yield Reason("others_out", f"Another node is out: {told}.", "accept_others_out")


def _has_to_give_way(question: Question, other: Out) -> bool:
    """Of two runs that have each taken a node out since they began, the one with the lower id goes on.

    Both come to the same answer. A node that was out before, or not by a drain, is no other run's.
    """
    is_new = bool(other.id) and other.id not in question.out_before
    return question.step != BEGIN and other.is_drained and is_new and fold(question.node.id) < fold(other.id)


def _outage(question: Question, uncovered: Sequence[str]) -> Iterator[Reason]:
    if uncovered and not question.accepted.outage:
        prefixes = ", ".join(f"/{prefix}" for prefix in uncovered)
        yield Reason(
            "outage",
            f"No other node serves {prefixes}: the users would be cut off until {question.node.name} is back.",
            "accept_outage",
        )


def _tasks(question: Question) -> Iterator[Reason]:
    """They have until sessions are ended, for they may be done by then."""
    if not question.awaits_tasks:
        return
    tasks, name = question.upkeep.tasks, question.node.name
    if tasks is None:
        yield Reason("tasks_unknown", f"QRS does not tell which tasks run on {name}.", "accept_running_tasks")
    elif tasks and question.step in (ENDING, STOPPING):
        yield Reason("running_tasks", f"On {name} {_run(tasks)} {tasks_in_words(tasks)}.", "accept_running_tasks")


def _failover(question: Question) -> Iterator[Reason]:
    """Where no other node may take over there is nothing to fear. A move is over before the node is stopped."""
    node, upkeep = question.node, question.upkeep
    if question.moves_central and question.step != STOPPING:
        yield from _candidate(question)
        return
    if question.stops != NODE or not node.central or question.accepted.failover or upkeep.candidates == ():
        return
    minutes = counted(upkeep.failover_minutes, "minute") if upkeep.failover_minutes else "a time that QRS does not tell"
    others = "another node, QRS does not tell which," if upkeep.candidates is None else " or ".join(upkeep.candidates)
    yield Reason(
        "failover", f"If {node.name} is silent for {minutes}, {others} becomes the central node.", "accept_failover"
    )


def _candidate(question: Question) -> Iterator[Reason]:
    candidates, wanted = question.upkeep.candidates, question.move_central
    if candidates is None:
        yield Reason("no_candidate", f"QRS does not tell whether {wanted} is a failover candidate.", "move_central")
    elif fold(wanted) not in map(fold, candidates):
        others = ", ".join(candidates) or "none"
        yield Reason("no_candidate", f"{wanted} is no failover candidate. There are: {others}.", "move_central")


def notes_on_tasks(question: Question) -> list[str]:
    """What runs where that is no reason yet, in a sentence."""
    tasks = question.upkeep.tasks
    if not tasks or any(reason.key == "running_tasks" for reason in _tasks(question)):
        return []
    return [f"On {question.node.name} {_run(tasks)} {tasks_in_words(tasks)}."]


def _run(tasks: Sequence[RunningTask]) -> str:
    return "runs" if len(tasks) == 1 else "run"


def _out(question: Question) -> Iterator[Out]:
    balancer = question.balancer or BalancerView(READY)
    rest = [server for server in balancer.servers if server not in balancer.mine and not server.leads_to(question.node)]
    for node in question.others:
        servers = [server for server in rest if _is_of(server, node, question.others)]
        rest = [server for server in rest if server not in servers]
        named = any(node.is_called(name) for name in balancer.others_out)
        states = [f"{server} {server.why_out}" for server in servers if server.why_out]
        if question.is_back(node):
            continue
        why = [
            *([] if node.alive else ["its proxy service is not alive"]),
            *states,
            *(["out of the balancer"] if named else []),
        ]
        if why:
            drained = any(server.state == DRAIN for server in servers) or (named and node.alive)
            names = (node.id, node.name, node.host_name, *(server.name for server in servers))
            yield Out(node.name, ", ".join(why), node.id, drained, names)
    for server in rest:
        if server.why_out:
            yield Out(
                str(server),
                f"a server that belongs to no known node, {server.why_out}",
                names=(str(server), server.name),
            )
    for name in balancer.others_out:
        if not any(node.is_called(name) for node in (*question.others, question.node)):
            yield Out(name, "out of the balancer", names=(name,))


def _uncovered(question: Question) -> Iterator[str]:
    for prefix in question.node.prefixes:
        if not any(prefix in node.prefixes and _takes_users(node, question) for node in question.others):
            yield prefix


def _takes_users(node: ProxyNode, question: Question) -> bool:
    """By whichever of site and balancer knows."""
    balancer = question.balancer
    if question.is_back(node):
        return True
    if not node.alive:
        return False
    if balancer is None:
        return True
    if any(node.is_called(name) for name in balancer.others_out):
        return False
    if not balancer.servers:  # a balancer that tells of no servers
        return True
    return any(not server.why_out for server in balancer.servers if _is_of(server, node, question.others))


def _is_of(server: BalancerServer, node: ProxyNode, others: Iterable[ProxyNode]) -> bool:
    """By its address; where that leads to no known node, by its name."""
    if server.leads_to(node):
        return True
    return node.is_called(server.name) and not any(server.leads_to(each) for each in others)
