# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site tells before a restart: the nodes with a proxy service, and who has sessions on one of them."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._model.patterns import UserPatterns
from ansible_collections.qlikops.sense.plugins.module_utils._model.proxy_node import ProxyNode
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyService, Topology
from ansible_collections.qlikops.sense.plugins.module_utils._model.user import by_user
from ansible_collections.qlikops.sense.plugins.module_utils._rules.restart_question import BEGIN
from ansible_collections.qlikops.sense.plugins.module_utils._rules.selection import Selection
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold, non_empty


def find_proxy(topology: Topology, name: str) -> ProxyService:
    """Raises BadOption where none, or more than one, is called so."""
    selection = Selection.from_options({"proxies": [name]})
    try:
        (proxy,) = selection.scope(topology).proxies
    except BadOption as error:
        raise BadOption("node", error.reason.partition(": ")[2], error.hint) from error
    return proxy


def proxy_nodes(
    site: Site, topology: Topology, connection: Connection, asked: ProxyService, options: Mapping[str, Any]
) -> dict[str, ProxyNode]:
    """All nodes with a proxy service, by its id.

    After the first step the node itself is not asked whether it is alive: it may hang, and is restarted anyway.
    """
    addresses = non_empty(options["balancer_address"])
    to_ask = [proxy for proxy in topology.proxies if proxy is not asked or options["step"] == BEGIN]
    alive = dict(zip((proxy.id for proxy in to_ask), site.alive(to_ask), strict=True))
    central = site.cluster().central_nodes()
    return {
        proxy.id: as_node(
            proxy,
            alive.get(proxy.id, True),
            fold(proxy.name) in central,
            connection,
            addresses if proxy is asked else (),
        )
        for proxy in topology.proxies
    }


def as_node(
    proxy: ProxyService, alive: bool | QlikError, central: bool, connection: Connection, more: Iterable[str]
) -> ProxyNode:
    known = {proxy.host_name, connection.address_of(proxy.host_name).strip("[]")}
    port = proxy.listen_port
    for address in more:
        host, _colon, number = address.rpartition(":")
        has_port = number.isdecimal() and host != "" and (":" not in host or host.endswith("]"))
        known.add((host if has_port else address).strip("[]"))
        port = int(number) if has_port else port
    return ProxyNode(
        id=proxy.id,
        name=proxy.name,
        host_name=proxy.host_name,
        prefixes=tuple(dict.fromkeys(each.prefix for each in proxy.virtual_proxies)),
        alive=alive is True,
        why_down=str(alive) if isinstance(alive, QlikError) else "",
        central=central,
        addresses=frozenset(fold(address) for host in known for address in (host, *resolved(host))),
        users_port=port,
    )


def resolved(host: str) -> list[str]:
    """The addresses of a host as seen from here, none where its name is not known."""
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError, ValueError):
        return []


def count_affected(
    site: Site, topology: Topology, proxy: ProxyService, excluded: Iterable[str], wanted: bool
) -> dict[str, Any]:
    """Who has sessions on the proxy service, and how many of them elsewhere."""
    if not wanted:
        return {}
    listing = site.read(topology.links)
    spared = UserPatterns(excluded)
    theirs = by_user(session for session in listing.sessions if not spared.match(session))
    users = [_affected_user(sessions, proxy) for sessions in theirs.values()]
    here = [session for sessions in theirs.values() for session in sessions if session.proxy.id == proxy.id]
    return {
        "sessions": len(here),
        "users": sorted(
            (user for user in users if user["sessions"]), key=lambda user: (-user["sessions"], user["user"])
        ),
        "virtual_proxies": dict(sorted(Counter(session.virtual_proxy.prefix for session in here).items())),
        "complete": not any(failure.link.proxy.id == proxy.id for failure in listing.failures),
    }


def _affected_user(sessions: list[Session], proxy: ProxyService) -> dict[str, Any]:
    here = sum(session.proxy.id == proxy.id for session in sessions)
    return {"user": sessions[0].user, "sessions": here, "elsewhere": len(sessions) - here}
