# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the servers of a balancer are the nodes of the site, and whether they can be set. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.qlikops.sense.plugins.module_utils._model.check import (
    OK,
    PROBLEM,
    WARNING,
    Balancer,
    Check,
    Seen,
)
from ansible_collections.qlikops.sense.plugins.module_utils._rules._site_check.lines import Found, line, unknown
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted, fold

GROUP = "balancer"
NAMES = ("servers", "addresses", "health", "weight", "rights")


def balancer(seen: Seen) -> Iterator[Check]:
    found = seen.balancer
    if found is None:
        yield from (unknown(GROUP, name, "haproxy_backend is not set.") for name in NAMES)
        return
    if found.error:
        advice = "Set haproxy_socket to its admin socket, and haproxy_backend to its backends."
        yield Check(GROUP, "servers", PROBLEM, found.error, advice)
        yield from (unknown(GROUP, name, found.error) for name in NAMES[1:])
        return
    if seen.topology is None:
        yield from (unknown(GROUP, name, seen.why) for name in ("servers", "addresses"))
    else:
        yield _servers(found, [proxy.name for proxy in seen.topology.proxies])
        yield _addresses(found)
    yield _health(found)
    yield _weight(found)
    yield line(
        GROUP,
        "rights",
        [(PROBLEM, found.rights) if found.rights else (OK, "")],
        "The socket may set the state of servers.",
        "Configure the socket with 'level admin'.",
    )


def _servers(found: Balancer, nodes: list[str]) -> Check:
    known = {fold(server.node_by_address or server.node_by_name) for server in found.servers}
    lines: list[Found] = [(WARNING, f"{node} is not one of the servers") for node in nodes if fold(node) not in known]
    lines += [
        (WARNING, f"{server.name} is not a node of the site")
        for server in found.servers
        if not (server.node_by_address or server.node_by_name)
    ]
    return line(
        GROUP,
        "servers",
        lines or [(OK, "")],
        f"{counted(len(found.servers), 'server')} stand for the {counted(len(nodes), 'proxy node')} of the site.",
        "Add the missing nodes to the balancer, remove servers that are not nodes, or name other backends.",
    )


def _addresses(found: Balancer) -> Check:
    lines = [
        (
            PROBLEM,
            f"{server.name} has the address of {server.node_by_address}"
            if server.node_by_address
            else f"{server.name} does not have the address of the node {server.node_by_name}",
        )
        for server in found.servers
        if server.node_by_name and fold(server.node_by_name) != fold(server.node_by_address)
    ]
    return line(
        GROUP,
        "addresses",
        lines or [(OK, "")],
        "Every server with the name of a node has the address of this node.",
        "A restart would take one node out of the balancer and stop another. Correct the addresses.",
    )


def _health(found: Balancer) -> Check:
    lines: list[Found] = []
    for server in found.servers:
        if server.checked is False:
            lines.append((WARNING, f"{server.name} is not checked"))
        elif server.health != "running":
            lines.append((PROBLEM, f"{server.name} is {server.health}"))
    return line(
        GROUP,
        "health",
        lines or [(OK, "")],
        "The balancer checks every server, and all of them are running.",
        "Configure a check for each server, and look at the servers that fail it.",
    )


def _weight(found: Balancer) -> Check:
    lines = [
        (WARNING, f"{server.name} has the weight 0" if server.state == "ready" else f"{server.name} is {server.state}")
        for server in found.servers
        if server.weight == 0 or server.state != "ready"
    ]
    return line(
        GROUP,
        "weight",
        lines or [(OK, "")],
        "Every server takes new users.",
        "These servers take no new users. While one node is out, no other node is restarted.",
    )
