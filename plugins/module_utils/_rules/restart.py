# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""May a proxy node be taken out and restarted now, and if not, why? Pure.

The same rule answers before a run begins, after it has taken the node out of the balancer, before it ends sessions and
before it stops the service: what allowed a restart an hour ago need not allow it now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ansible_collections.qlikops.sense.plugins.module_utils._model.proxy_node import ProxyNode
from ansible_collections.qlikops.sense.plugins.module_utils._model.upkeep import tasks_in_words
from ansible_collections.qlikops.sense.plugins.module_utils._rules.balancer import (
    DRAIN,
    MAINT,
    READY,
    BalancerServer,
    BalancerView,
)
from ansible_collections.qlikops.sense.plugins.module_utils._rules.restart_central import (
    central_reasons,
    failover_reasons,
)
from ansible_collections.qlikops.sense.plugins.module_utils._rules.restart_question import (
    BEGIN,
    ENDING,
    STOPPING,
    Answer,
    Out,
    Question,
    Reason,
)
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold


def answer(question: Question) -> Answer:
    """Looks at everything, so that all reasons are told at once."""
    out, uncovered = tuple(_out(question)), tuple(_uncovered(question))
    reasons = (
        *(Reason("not_ready", problem) for problem in question.problems),
        *_two_names(question),
        *central_reasons(question),
        *_window(question),
        *_own_server(question),
        *_node_down(question),
        *_others(question, out),
        *_outage(question, uncovered),
        *_tasks(question),
        *failover_reasons(question),
    )
    may_pass = {reason.key for reason in reasons} == {"others_out"} and all(
        _has_to_give_way(question, each) for each in out if not question.accepted.covers(each)
    )
    return Answer(reasons, out, uncovered, may_pass)


def _two_names(question: Question) -> Iterator[Reason]:
    if len(question.known_as) > 1:
        hosts = " and ".join(sorted(question.known_as))
        yield Reason("two_names", f"{hosts} are the same node, {question.node.name}.")


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
        yield Reason("running_tasks", f"{name} runs {tasks_in_words(tasks)}.", "accept_running_tasks")


def notes_on_tasks(question: Question) -> list[str]:
    """What runs where that is no reason yet, in a sentence."""
    tasks = question.upkeep.tasks
    if not tasks or any(reason.key == "running_tasks" for reason in _tasks(question)):
        return []
    return [f"{question.node.name} runs {tasks_in_words(tasks)}."]


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
