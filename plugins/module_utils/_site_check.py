# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at all of a site for its check, side by side. What does not answer is a finding, not a failure."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._api.nodes import nodes_of
from ansible_collections.qlikops.sense.plugins.module_utils._api.qrs import qrs_root
from ansible_collections.qlikops.sense.plugins.module_utils._api.survey import (
    COUNTED,
    TRUST,
    Survey,
    in_short,
    without_request,
)
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection, Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.environment import proxies_of_environment
from ansible_collections.qlikops.sense.plugins.module_utils._client.parallel import run_parallel
from ansible_collections.qlikops.sense.plugins.module_utils._client.probe import look_at
from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._haproxy import RuntimeApi
from ansible_collections.qlikops.sense.plugins.module_utils._haproxy_state import Server as HaproxyServer
from ansible_collections.qlikops.sense.plugins.module_utils._model.certificate import Certificate, read_der, read_pem
from ansible_collections.qlikops.sense.plugins.module_utils._model.check import (
    QPS,
    QRS,
    USERS_PORT,
    Balancer,
    Behaviour,
    Files,
    Probe,
    Seen,
    Server,
)
from ansible_collections.qlikops.sense.plugins.module_utils._model.node import ServerNode
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyService
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

# What a look at a port asks for. Each answer is small, and tells nothing of anybody.
PATHS = {QPS: "/qps/alive", USERS_PORT: "/"}
UNREAD = "QRS did not show the site"
# Why it did not, where the lines of rights or of certificates say what to do.
NOT_ODD = frozenset({"no_nodes", "no_proxies", "forbidden", "user_inactive", *TRUST})


def look(connection: Connection, now: datetime, haproxy: Sequence[str] = (), socket_path: str = "") -> Seen:
    """Everything that the check is made of; ``haproxy`` are the backends behind the admin socket ``socket_path``."""
    files = files_of(connection)
    seen = Seen(
        now=now,
        validates=connection.validate_certs,
        asks_at_user_port=connection.asks_at_user_port,
        files=files,
        mapped=tuple(connection.host_map),
        why=UNREAD,
    )
    if files.error:
        seen = replace(seen, why=f"{UNREAD}, for the certificates can't be used")
    else:
        with Site(connection) as site:
            seen = _site(site, connection, seen)
            seen = _ports(site.survey(), connection, seen)
            seen = _details(site, seen)
    return replace(seen, balancer=_balancer(connection, seen, haproxy, socket_path)) if haproxy else seen


def files_of(connection: Connection) -> Files:
    """The certificates given as options, and why they can't be used, if so."""
    error = ""
    try:
        connection.tls_context()
    except BadOption as problem:
        error = problem.reason.rstrip(".")
    client, root = (_certificate_in(path or "") for path in (connection.client_cert, connection.ca_path))
    return Files(client, root, error, has_root=bool(connection.ca_path))


def _certificate_in(path: str) -> Certificate | None:
    try:
        with open(path, encoding="latin-1") as file:
            return read_pem(file.read())
    except OSError:
        return None


def _site(site: Site, connection: Connection, seen: Seen) -> Seen:
    """The nodes, the links and the sessions, as far as they can be read."""
    try:
        nodes = tuple(nodes_of(site.survey().node_answers(), connection))
        topology = site.topology()
    except QlikError as error:
        words = in_short(error)
        return replace(seen, why=f"{UNREAD}: {words}", odd_answer="" if error.kind in NOT_ODD else words)
    listing, usage = site.read_with_usage(topology.links)
    through = [node.host_name for node in nodes if _goes_through_proxy(connection, node)]
    return replace(
        seen,
        nodes=nodes,
        topology=topology,
        through_proxy=tuple(through),
        listing=listing,
        usage=usage,
        why="",
    )


def _goes_through_proxy(connection: Connection, node: ServerNode) -> bool:
    return connection.use_proxy and bool(proxies_of_environment(connection, Endpoint(node.host_name, 443)))


def _ports(survey: Survey, connection: Connection, seen: Seen) -> Seen:
    """Looks at each port of each node. Only the node that is asked, where QRS did not show the others."""
    asked = fold(connection.host)
    targets: list[tuple[Probe, Endpoint, str]] = []
    repository = f"{qrs_root(connection)}/about"
    own = next((node.name for node in seen.nodes or () if fold(node.host_name) == asked), connection.host)
    targets.append((Probe(own, QRS), connection.repository, repository))
    others = (
        [] if connection.asks_at_user_port else [node for node in seen.nodes or () if fold(node.host_name) != asked]
    )
    # As in a simulated site without the ports of a real one.
    indistinct = tuple(node.name for node in others if _address(connection, node) == fold(connection.address_of(asked)))
    for node in others:
        if node.name not in indistinct:
            probe = Probe(node.name, QRS, is_asked=False, is_candidate=node.failover_candidate or node.central)
            targets.append((probe, Endpoint(node.host_name, connection.qrs_port), repository))
    for proxy in seen.topology.proxies if seen.topology else ():
        targets.append((Probe(proxy.name, QPS), Endpoint(proxy.host_name, proxy.qps_port), PATHS[QPS]))
        if proxy.listen_port:
            user_port = Endpoint(proxy.host_name, proxy.listen_port)
            targets.append((Probe(proxy.name, USERS_PORT), user_port, PATHS[USERS_PORT]))

    def work(target: tuple[Probe, Endpoint, str]) -> Probe:
        return _looked_at(survey, connection, *target)

    tasks = ((endpoint, (probe, endpoint, path)) for probe, endpoint, path in targets)
    probes = tuple(run_parallel(tasks, work, connection.max_parallel))
    return replace(seen, probes=probes, indistinct=indistinct)


def _address(connection: Connection, node: ServerNode) -> str:
    return fold(connection.address_of(node.host_name))


def _looked_at(survey: Survey, connection: Connection, probe: Probe, endpoint: Endpoint, path: str) -> Probe:
    found = look_at(connection, endpoint, path)
    is_to_be_trusted = probe.service != USERS_PORT and connection.validate_certs and found.certificate
    return replace(
        probe,
        seconds=found.seconds,
        status=found.status,
        kind=found.error.kind if found.error else "",
        error=without_request(found.error) if found.error else "",
        certificate=read_der(found.certificate) if found.certificate else None,
        distrust=survey.distrust(endpoint, path) if is_to_be_trusted else "",
        ahead=found.ahead,
    )


def _details(site: Site, seen: Seen) -> Seen:
    """Rights, interfaces, and what no document states."""
    if not any(probe.service == QRS and probe.is_asked and probe.answers for probe in seen.probes):
        return seen  # each of these would wait for QRS once more
    survey = site.survey()
    proxy = _answering(seen, seen.topology.proxies) if seen.topology else None
    tasks: dict[str, Callable[[], Any]] = {kind: partial(survey.count, kind) for kind in COUNTED}
    tasks["own_state"] = survey.own_state
    tasks[QRS] = lambda: survey.described(QRS)
    if not seen.asks_at_user_port:
        tasks["stranger"] = survey.strangers_count
    if proxy:
        tasks[QPS] = lambda: survey.described(QPS, proxy)
        tasks["session"] = lambda: survey.status_of_unknown_session(proxy)
        tasks["prefix"] = lambda: survey.status_of_unknown_prefix(proxy)
    answers = run_parallel(((name, task) for name, task in tasks.items()), lambda task: task(), len(tasks))
    found = dict(zip(tasks, answers, strict=True))
    return replace(
        seen,
        counts={kind: found[kind] for kind in COUNTED},
        own_state=found["own_state"],
        described={service: found[service] for service in (QRS, QPS) if service in found},
        behaviour=Behaviour(
            found.get("session"), found.get("prefix"), found.get("stranger"), is_asked_as_stranger="stranger" in found
        ),
    )


def _answering(seen: Seen, proxies: Iterable[ProxyService]) -> Endpoint | None:
    """A proxy service that has answered and is trusted."""
    well = {probe.node for probe in seen.probes if probe.service == QPS and probe.answers and not probe.distrust}
    return next((Endpoint(proxy.host_name, proxy.qps_port) for proxy in proxies if proxy.name in well), None)


def _balancer(connection: Connection, seen: Seen, backends: Sequence[str], socket_path: str) -> Balancer:
    try:
        api = RuntimeApi(socket_path, min(connection.timeout, 60))
        servers = [server for backend in backends for server in api.servers(backend)]
    except QlikError as error:
        return Balancer(error=error.reason)
    try:
        api.require_admin()
        rights = ""
    except QlikError as error:
        rights = error.reason.rstrip(".")
    nodes = seen.nodes or ()
    addresses = {node.name: _addresses(connection, node.host_name) for node in nodes}
    return Balancer(tuple(_server(server, nodes, addresses) for server in servers), rights=rights)


def _addresses(connection: Connection, host_name: str) -> set[str]:
    name = connection.address_of(host_name).strip("[]")
    try:
        return {str(info[4][0]) for info in socket.getaddrinfo(name, None)}
    except OSError:
        return set()


def _server(server: HaproxyServer, nodes: Iterable[ServerNode], addresses: dict[str, set[str]]) -> Server:
    """Nodes may share an address, as on one machine; then their ports for users tell them apart."""
    named = [node for node in nodes if fold(server.name) in {fold(node.name), fold(node.host_name)}]
    there = [node for node in nodes if server.address in addresses[node.name]]
    if len(there) > 1 or server.port is None:
        there = [node for node in there if server.port in (None, node.listen_port)]
    placed = next((node for node in there if node in named), there[0] if there else None)
    return Server(
        server.name,
        server.state,
        server.health,
        server.weight,
        server.checked,
        named[0].name if named else "",
        placed.name if placed else "",
    )
