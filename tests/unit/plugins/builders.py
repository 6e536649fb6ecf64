# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small sites, sessions and connections out of as few words as a test wants to spend on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import (
    Node,
    ProxyLink,
    ProxyService,
    Topology,
    VirtualProxy,
)
from ansible_collections.qlikops.sense.plugins.module_utils._model.user import UserRules

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=timezone.utc)
DEFAULT = VirtualProxy("vp-default", "", "Central Proxy (Default)", "X-Qlik-Session", 30)
SALES = VirtualProxy("vp-sales", "sales", "Sales portal", "X-Qlik-Session-sales", 20, (Node("Central", "qlik1"),))
OLD = VirtualProxy("vp-old", "old", "nobody serves this")
# What the modules take for it unless told otherwise.
USER_RULES = UserRules.from_options(
    {"email_attributes": ["email"], "anonymous_users": ["NONE\\*"], "service_users": ["INTERNAL\\*"]}
)


def proxy_service(
    name: str, virtual_proxies: Iterable[VirtualProxy] = (DEFAULT, SALES), port: int = 4243
) -> ProxyService:
    """A proxy service whose host name and id are made out of the name of its node."""
    node = Node(name, f"{name.lower()}.example.com")
    return ProxyService(f"id-of-{name}", node, port, 443, tuple(virtual_proxies))


CENTRAL, NODE2 = proxy_service("Central"), proxy_service("Node2")


def topology(*proxies: ProxyService, unlinked: Iterable[VirtualProxy] = (OLD,)) -> Topology:
    """Of these proxies, by default Central and Node2, with the default virtual proxy and sales; none serves old."""
    proxies = proxies or (CENTRAL, NODE2)
    linked = {virtual_proxy.id: virtual_proxy for proxy in proxies for virtual_proxy in proxy.virtual_proxies}
    return Topology(proxies, (*linked.values(), *unlinked))


def session(
    user: str = "LAB\\anna",
    session_id: str = "2734806e-c2e6-4d72-8c84-8a1964638fc3",
    link: ProxyLink | None = None,
    name: str = "",
    attributes: Mapping[str, list[str]] | None = None,
) -> Session:
    """A session, by default over the default virtual proxy on Central."""
    directory, _backslash, user_id = user.partition("\\")
    return Session(link or ProxyLink(CENTRAL, DEFAULT), directory, user_id, name, attributes or {}, session_id)


def connection(**options: Any) -> Connection:
    """A connection with made-up files; checked as a module's options are."""
    return Connection.from_options(
        {"host": "qlik1.example.com", "client_cert": "client.pem", "client_key": "client_key.pem", **options}
    )
