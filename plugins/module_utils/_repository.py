# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection qlikops.sense: it may change at any time.
# Do not import it from outside.

"""The Repository service (QRS): paths, fields and the filter language."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ansible_collections.qlikops.sense.plugins.module_utils._connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.plugins.module_utils._rest import Call, Rest, expect_list
from ansible_collections.qlikops.sense.plugins.module_utils._topology import Node, ProxyService, VirtualProxy
from ansible_collections.qlikops.sense.plugins.module_utils._users import KnownUser, addresses
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

DEFAULT_QPS_PORT = 4243
# http.sys takes request lines of up to 16 KiB; a bunch of users stays well below it after percent-encoding.
LONGEST_FILTER = 6000
SERVICE_STATES = (
    "initializing",
    "certificates_not_installed",
    "running",
    "no_communication",
    "disabled",
    "unknown",
)  # D: qrs-ref p1889, by number
PROXY_SERVICE_TYPE = 1


@dataclass(frozen=True)
class ServiceState:
    """What QRS believes of a service, and when it last looked (ISO 8601; how often it looks is not documented: N)."""

    state: str
    timestamp: str


class Repository:
    """Reads what the collection needs of QRS. Every method is one request."""

    def __init__(self, rest: Rest, connection: Connection) -> None:
        self._rest = rest
        self._connection = connection
        self._root = qrs_root(connection)

    def virtual_proxies(self) -> list[VirtualProxy]:
        """All virtual proxies, linked or not."""
        return [_virtual_proxy(item) for item in self._read("/virtualproxyconfig/full")]

    def proxy_services(self) -> list[dict[str, Any]]:
        """The proxy services whose node has its proxy enabled, as QRS describes them (see ``proxy_service``).

        QRS keeps one for every node, proxy or not (C: qlik-api 2.5).
        """
        try:
            answered = self._read("/proxyservice/full", "serverNodeConfiguration.proxyEnabled eq True")
        except RequestFailed as error:
            if error.status != 400:
                raise
            # That QRS can look so deep with its filter is known from one client only (C: qlik-api 2.5).
            answered = self._read("/proxyservice/full")
        items = [
            item for item in answered if (item.get("serverNodeConfiguration") or {}).get("proxyEnabled") is not False
        ]
        if not items:
            raise QlikError(
                "no_proxies",
                f"QRS on {self._connection.repository} shows no proxy service to {self._connection.api_user}.",
                "QRS answers with an empty list where a user may not read: name a user with the rights as api_user,"
                " such as INTERNAL\\sa_api.",
            )
        return items

    def proxy_service(self, item: Mapping[str, Any], known: Mapping[str, VirtualProxy]) -> ProxyService:
        """One of ``proxy_services`` as a value; ``known`` are the virtual proxies with all their fields."""
        settings = item.get("settings") or {}
        linked = (_virtual_proxy(condensed) for condensed in settings.get("virtualProxies") or [])
        return ProxyService(
            id=_text(item, "id"),
            node=_node(item.get("serverNodeConfiguration") or {}),
            qps_port=self._connection.qps_port or settings.get("restListenPort") or DEFAULT_QPS_PORT,
            listen_port=settings.get("listenPort"),
            virtual_proxies=tuple(known.get(virtual_proxy.id, virtual_proxy) for virtual_proxy in linked),
        )

    def proxy_states(self) -> dict[str, ServiceState]:
        """Node name, folded -> state of its proxy service."""
        return {
            fold(_node(item.get("serverNodeConfiguration") or {}).name): ServiceState(
                _service_state(item.get("serviceState")), _text(item, "timestamp")
            )
            for item in self._read("/servicestatus/full")
            if item.get("serviceType") in (PROXY_SERVICE_TYPE, "Proxy")
        }

    def central_nodes(self) -> set[str]:
        """The names of the nodes that are central, folded (D: qrs-ref p1875)."""
        items = self._read("/servernodeconfiguration/full")
        return {fold(_node(item).name) for item in items if item.get("isCentral")}

    def users(self, filter_text: str, email_attributes: Collection[str]) -> list[KnownUser]:
        """The users of one of ``user_filters``; their addresses are in attributes of these types (folded)."""
        return [_user(item, email_attributes) for item in self._read("/user/full", filter_text)]

    def shows_users(self) -> bool:
        """Whether QRS shows any user at all to api_user. ``/count``: C (qlik-api 2.2), so all are read without it."""
        call = Call("GET", f"{self._root}/user/count")
        answer = self._rest.send(self._connection.repository, call, accept=(200, 404))
        count = answer.data.get("value") if isinstance(answer.data, dict) else None
        return bool(self._read("/user/full") if count is None else count)

    def _read(self, path: str, filter_text: str = "") -> list[dict[str, Any]]:
        call = Call("GET", f"{self._root}{path}", {"filter": filter_text} if filter_text else {})
        answer = self._rest.send(self._connection.repository, call)
        return expect_list(answer.data, f"GET https://{self._connection.repository}{call.path}")


def qrs_root(connection: Connection) -> str:
    """What every path of QRS begins with."""
    prefix = quote((connection.qrs_virtual_proxy or "").strip("/"))
    return f"/{prefix}/qrs" if prefix else "/qrs"


def user_filters(names: Iterable[tuple[str, str]], longest: int = LONGEST_FILTER) -> Iterator[str]:
    """Filters that together find the users given as (directory, id), none longer than ``longest`` unless it must."""
    bunch: list[str] = []
    length = 0
    for directory, user_id in names:
        condition = f"(userDirectory eq {quoted(directory)} and userId eq {quoted(user_id)})"
        try:
            size = _encoded_size(condition)
        except UnicodeEncodeError:  # half a character: no URL can hold it, and no user of QRS is called so
            continue
        if bunch and length + size > longest:
            yield " or ".join(bunch)
            bunch, length = [], 0
        bunch.append(condition)
        length += size
    if bunch:
        yield " or ".join(bunch)


def quoted(value: str) -> str:
    """A string of the filter language: backslash escapes, and nothing else does (L: qlik-api 2.3)."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _encoded_size(condition: str) -> int:
    return len(quote(f"{condition} or ", safe=""))


def _node(item: Mapping[str, Any]) -> Node:
    return Node(name=_text(item, "name"), host_name=_text(item, "hostName"))


def _virtual_proxy(item: Mapping[str, Any]) -> VirtualProxy:
    return VirtualProxy(
        id=_text(item, "id"),
        prefix=_text(item, "prefix"),
        description=_text(item, "description"),
        session_cookie_header_name=_text(item, "sessionCookieHeaderName"),
        session_inactivity_timeout=item.get("sessionInactivityTimeout"),
        load_balancing_nodes=tuple(_node(node) for node in item.get("loadBalancingServerNodes") or []),
    )


def _user(item: Mapping[str, Any], email_attributes: Collection[str]) -> KnownUser:
    flags = {"inactive": "inactive", "blacklisted": "blacklisted", "removedExternally": "removed_externally"}
    return KnownUser(
        directory=_text(item, "userDirectory"),
        user_id=_text(item, "userId"),
        name=_text(item, "name"),
        emails=addresses(
            (
                (_text(attribute, "attributeType"), _text(attribute, "attributeValue"))
                for attribute in item.get("attributes") or []
            ),
            email_attributes,
        ),
        states=frozenset(state for flag, state in flags.items() if item.get(flag)),
    )


def _service_state(value: Any) -> str:
    if isinstance(value, int) and 0 <= value < len(SERVICE_STATES):
        return SERVICE_STATES[value]
    return "unknown"


def _text(item: Mapping[str, Any], name: str) -> str:
    return str(item.get(name) or "")
