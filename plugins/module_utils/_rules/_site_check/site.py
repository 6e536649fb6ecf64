# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the site is set up, as far as it matters for sessions and restarts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ansible_collections.qlikops.sense.plugins.module_utils._model.age import age_in_words, age_of_timestamp
from ansible_collections.qlikops.sense.plugins.module_utils._model.check import OK, PROBLEM, WARNING, Check, Seen
from ansible_collections.qlikops.sense.plugins.module_utils._model.node import ServerNode
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import Topology
from ansible_collections.qlikops.sense.plugins.module_utils._rules._site_check.lines import Found, line, unknown
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted

GROUP = "site"
LIMIT = 5  # D: ta-p/2487927
SHORTEST, LONGEST = 5, 480  # minutes: people are thrown out at work, or hold a session of the five for a working day
OLD_HEARTBEAT = 600  # seconds: by default a node that is silent for so long loses the central role (D: ta-p/1713240)
OF_SERVICES = ("engine", "printing", "proxy", "scheduler")
NAMES = (
    "unlinked",
    "one_node",
    "timeouts",
    "users_at_limit",
    "central",
    "candidates",
    "services",
    "heartbeats",
    "idle",
)


def site(seen: Seen) -> Iterator[Check]:
    if seen.nodes is None or seen.topology is None:
        yield from (unknown(GROUP, name, seen.why) for name in NAMES)
        return
    yield _unlinked(seen.topology)
    yield _one_node(seen.topology)
    yield _timeouts(seen.topology)
    yield _at_limit(seen)
    yield from _central(seen.nodes)
    yield _services(seen.nodes)
    yield _heartbeats(seen, seen.nodes)
    yield _idle(seen.nodes)


def _unlinked(topology: Topology) -> Check:
    found = [(WARNING, f"/{virtual_proxy.prefix}") for virtual_proxy in topology.unlinked()]
    return line(
        GROUP,
        "unlinked",
        found or [(OK, "")],
        f"All of {counted(len(topology.virtual_proxies), 'virtual proxy')} are linked.",
        "No proxy service serves these virtual proxies. Link or remove them in the QMC.",
    )


def _one_node(topology: Topology) -> Check:
    if len(topology.proxies) < 2:
        words = "The site has one proxy service, so every restart disconnects all users."
        return Check(GROUP, "one_node", WARNING, words, "With a second proxy node, users can continue to work.")
    serving = Counter(each.id for proxy in topology.proxies for each in proxy.virtual_proxies)
    found = [
        (WARNING, f"/{virtual_proxy.prefix}")
        for virtual_proxy in topology.virtual_proxies
        if serving[virtual_proxy.id] == 1
    ]
    return line(
        GROUP,
        "one_node",
        found or [(OK, "")],
        "Every virtual proxy is served by two nodes or more.",
        "Only one node serves these, so its restart disconnects their users. Link them to a second node.",
    )


def _timeouts(topology: Topology) -> Check:
    timeouts = [
        (each.prefix, each.session_inactivity_timeout)
        for each in topology.virtual_proxies
        if each.session_inactivity_timeout is not None
    ]
    if not timeouts:
        return unknown(GROUP, "timeouts", "QRS shows no inactivity time-outs.")
    found: list[Found] = [
        (OK if SHORTEST <= minutes <= LONGEST else WARNING, f"/{prefix}: {minutes} min") for prefix, minutes in timeouts
    ]
    shortest, longest = (pick(minutes for _prefix, minutes in timeouts) for pick in (min, max))
    span = f"{shortest}" if shortest == longest else f"{shortest} to {longest}"
    return line(
        GROUP,
        "timeouts",
        found,
        f"Sessions time out after {span} min without activity.",
        "Long time-outs keep unused sessions, of which a user can have five. Short ones log users out at work.",
    )


def _at_limit(seen: Seen) -> Check:
    if seen.listing is None:
        return unknown(GROUP, "users_at_limit", seen.why)
    counts = Counter(session.user_key for session in seen.listing.sessions)
    number = sum(sessions >= LIMIT for sessions in counts.values())
    has = "has" if number == 1 else "have"
    words = f"{number} of {counted(len(counts), 'user')} with sessions {has} {LIMIT} or more."
    if not number:
        return Check(GROUP, "users_at_limit", OK, words)
    advice = "They cannot open another session. The playbook clear_stale_sessions ends sessions that nobody uses."
    return Check(GROUP, "users_at_limit", WARNING, words, advice)


def _central(nodes: Sequence[ServerNode]) -> Iterator[Check]:
    central = [node for node in nodes if node.central]
    words = f"QRS names {counted(len(central), 'central node')}."
    yield line(
        GROUP,
        "central",
        [(OK if len(central) == 1 else PROBLEM, words)],
        words,
        "A site has one central node. Check the nodes in the QMC, and what api_user may read.",
    )
    candidates = [node for node in nodes if node.failover_candidate and not node.central]
    if len(nodes) == 1:
        yield Check(GROUP, "candidates", OK, "The site has only one node.")
        return
    words = f"Failover candidates besides the central node: {len(candidates) or 'none'}."
    yield line(
        GROUP,
        "candidates",
        [(OK if candidates else WARNING, words)],
        words,
        "Without a failover candidate, the site stops when its central node stops.",
    )


def _services(nodes: Sequence[ServerNode]) -> Check:
    found: list[Found] = []
    for node in nodes:
        expected = ["repository", *(service for service in OF_SERVICES if service in node.services)]
        for service in expected:
            state = node.service_states.get(service)
            if state is not None:
                status = OK if state == "running" else PROBLEM
                found.append((status, f"{service} of {node.name} is {state.replace('_', ' ')}"))
    if not found:
        return unknown(GROUP, "services", "QRS shows no service states.")
    return line(
        GROUP,
        "services",
        found,
        f"{counted(len(found), 'service')} are enabled and running.",
        "Check the logs of the node.",
    )


def _heartbeats(seen: Seen, nodes: Sequence[ServerNode]) -> Check:
    beats = [(node, age_of_timestamp(node.heartbeat, seen.now)) for node in nodes if node.heartbeat]
    ages = [(node, age) for node, age in beats if age is not None]
    if not ages:
        return unknown(GROUP, "heartbeats", "QRS shows no heartbeats.")
    found = [(WARNING if age > OLD_HEARTBEAT else OK, f"{node.name}: {age_in_words(age)} ago") for node, age in ages]
    return line(
        GROUP,
        "heartbeats",
        found,
        f"The oldest is {age_in_words(max(age for _node, age in ages))} old.",
        "QRS has not heard from these nodes for a long time. Are they running, and are their clocks right?",
    )


def _idle(nodes: Sequence[ServerNode]) -> Check:
    """Nodes without a proxy service are as they should be; one with a proxy service that serves nothing is not."""
    found = [(WARNING, node.name) for node in nodes if "proxy" in node.services and not node.prefixes]
    without = sum("proxy" not in node.services for node in nodes)
    return line(
        GROUP,
        "idle",
        found or [(OK, "")],
        f"Every proxy service has a virtual proxy. Nodes without a proxy service: {without}.",
        "These proxy services have no virtual proxy. Link one to them, or disable them.",
    )
