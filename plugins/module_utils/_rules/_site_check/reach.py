# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether every node can be reached from here, how soon, and by which way. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.qlikops.sense.plugins.module_utils._model.check import (
    OK,
    PROBLEM,
    QPS,
    QRS,
    USERS_PORT,
    WARNING,
    Check,
    Probe,
    Seen,
    worst,
)
from ansible_collections.qlikops.sense.plugins.module_utils._rules._site_check.lines import (
    Found,
    joined,
    line,
    unknown,
)
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted, fold

GROUP = "reach"
SLOW = 1.0  # seconds, of one small answer with its handshake
FIREWALL = "Is the service running, does the firewall let this host through, and is client_cert of this site?"


def reach(seen: Seen) -> Iterator[Check]:
    yield _asked(seen, [probe for probe in seen.probes if probe.service == QRS and probe.is_asked])
    others = [probe for probe in seen.probes if probe.service == QRS and not probe.is_asked]
    yield _others(seen, others)
    yield _of(seen, "qps", [probe for probe in seen.probes if probe.service == QPS], PROBLEM)
    yield _of(seen, "users_port", [probe for probe in seen.probes if probe.service == USERS_PORT], PROBLEM)
    yield _speed([probe for probe in seen.probes if probe.answers])
    yield _way(seen)


def _asked(seen: Seen, probes: Sequence[Probe]) -> Check:
    """Whatever answers on the port is not enough: QRS shows its site."""
    if seen.odd_answer and all(probe.answers for probe in probes):
        words = f"Something answers, but QRS does not show the site: {seen.odd_answer}."
        return Check(GROUP, "qrs", PROBLEM, words, "Are host and qrs_port those of QRS, and is nothing in between?")
    return _of(seen, "qrs", probes, PROBLEM)


def _of(seen: Seen, name: str, probes: Sequence[Probe], status: str) -> Check:
    if not probes:
        return unknown(GROUP, name, seen.why or "There is none.")
    found = [(OK if probe.answers else status, f"{probe.node}: {_why(probe)}") for probe in probes]
    return line(GROUP, name, found, f"{counted(len(probes), 'node')} answered.", FIREWALL)


def _others(seen: Seen, probes: Sequence[Probe]) -> Check:
    """QRS of the nodes that are not asked. It matters where one of them may become the central one."""
    if seen.asks_at_user_port:
        return unknown(
            GROUP, "other_qrs", "QRS is queried through a virtual proxy, so the other nodes were not checked."
        )
    if seen.nodes is None:
        return unknown(GROUP, "other_qrs", seen.why)
    if not probes and not seen.indistinct:
        return Check(GROUP, "other_qrs", OK, "There is no other node.")
    found: list[Found] = [
        (WARNING if probe.is_candidate and not probe.answers else OK, f"{probe.node}: {_why(probe)}")
        for probe in probes
    ]
    if seen.indistinct and worst(status for status, _words in found) == OK:
        words = f"Same address and port as the node that is queried: {joined(seen.indistinct)}."
        return unknown(GROUP, "other_qrs", words, "Compare the addresses in host_map with those of the nodes.")
    answering = sum(probe.answers for probe in probes)
    return line(
        GROUP,
        "other_qrs",
        found,
        f"{answering} of {counted(len(probes), 'other node')} answered.",
        "After a failover of the central node, this host needs QRS there. Let it through the firewall.",
    )


def _why(probe: Probe) -> str:
    return probe.error or f"the answer was {probe.status}"


def _speed(probes: Sequence[Probe]) -> Check:
    if not probes:
        return unknown(GROUP, "speed", "Nothing answered.")
    slowest = max(probes, key=lambda probe: probe.seconds)
    words = f"The slowest answer took {slowest.seconds:.2f} s: {slowest.service} of {slowest.node}"
    return line(
        GROUP,
        "speed",
        [(WARNING if slowest.seconds > SLOW else OK, f"{words}.")],
        f"{words}.",
        "A site with many virtual proxies takes many requests. Check the network, or use a host that is closer.",
    )


def _way(seen: Seen) -> Check:
    hosts = {fold(node.host_name) for node in seen.nodes or ()}
    strays = [name for name in seen.mapped if fold(name) not in hosts]
    if seen.nodes is None:
        return unknown(GROUP, "way", seen.why)
    found = [(WARNING, f"host_map has {name}, which is the host name of no node") for name in strays]
    mapped = len(seen.mapped) - len(strays)
    well = (
        f"{mapped} of {counted(len(seen.nodes), 'node')} by host_map, {len(seen.through_proxy)} through an HTTP proxy."
    )
    status: list[Found] = found or [(OK, "")]
    advice = "Write the names in host_map as the QMC shows them under Nodes."
    return line(GROUP, "way", status, well, advice)
