# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Repository service (QRS): paths, fields and the filter language."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from ansible_collections.qlikops.sense.plugins.module_utils._api.entities import Fields, objects_of, value_of
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import WORTH_REPEATING, Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import Node, ProxyService, VirtualProxy
from ansible_collections.qlikops.sense.plugins.module_utils._model.user import KnownUser, addresses
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

DEFAULT_QPS_PORT = 4243
# http.sys takes request lines of up to 16 KiB; a batch of users stays well below it after percent-encoding.
LONGEST_FILTER = 6000
SERVICE_STATES = (
    "initializing",
    "certificates_not_installed",
    "running",
    "no_communication",
    "disabled",
    "unknown",
)  # D: qrs-ref p1889, by number
SERVICE_TYPES = ("repository", "proxy", "scheduler", "engine", "app_migration", "printing")  # D: qrs-ref p1889
MOST_PORT = 65535
# Ways to fail that have nothing to do with the filter; None is no answer at all.
NOT_FOR_THE_FILTER = frozenset({None, 401, 403, *WORTH_REPEATING})


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

    def proxy_services(self) -> list[Fields]:
        """The proxy services whose node has its proxy enabled, as QRS describes them (see ``proxy_service``).

        QRS keeps one for every node, proxy or not (C: qlik-api 2.5).
        """
        items = [
            item
            for item in self._enabled_proxy_services() or self._read("/proxyservice/full")
            if item.object("serverNodeConfiguration").flag("proxyEnabled", default=True)
        ]
        if not items:
            raise QlikError(
                "no_proxies",
                f"QRS on {self._connection.repository} shows no proxy service to {self._connection.api_user}.",
                "QRS returns an empty list to a user without the right to read. Set api_user to a user with that right,"
                " such as INTERNAL\\sa_api.",
            )
        return items

    def proxy_service(self, item: Fields, known: Mapping[str, VirtualProxy]) -> ProxyService:
        """One of ``proxy_services`` as a value; ``known`` are the virtual proxies with all their fields."""
        settings = item.object("settings")
        linked = (_virtual_proxy(condensed) for condensed in settings.objects("virtualProxies"))
        return ProxyService(
            id=item.required_text("id"),
            node=_node(item.object("serverNodeConfiguration")),
            qps_port=self._connection.qps_port or settings.number("restListenPort", 1, MOST_PORT) or DEFAULT_QPS_PORT,
            listen_port=settings.number("listenPort", 0, MOST_PORT),
            # One that is listed twice is one.
            virtual_proxies=tuple({each.id: known.get(each.id, each) for each in linked}.values()),
        )

    def proxy_states(self) -> dict[str, ServiceState]:
        """Node name, folded -> state of its proxy service."""
        return {
            fold(_node(item.object("serverNodeConfiguration")).name): ServiceState(
                item.enum("serviceState", SERVICE_STATES, other="unknown"), item.text("timestamp")
            )
            for item in self._read("/servicestatus/full")
            if item.enum("serviceType", SERVICE_TYPES, other="") == "proxy"
        }

    def users(self, filter_text: str, email_attributes: Collection[str]) -> list[KnownUser]:
        """The users of one of ``user_filters``; their addresses are in attributes of these types (folded)."""
        return [_user(item, email_attributes) for item in self._read("/user/full", filter_text)]

    def count_users(self, user: str = "") -> int:
        """How many users QRS shows to api_user, or to ``user``."""
        request = Request("GET", f"{self._root}/user/count", user=user)
        answer = self._rest.send(self._connection.repository, request)
        count = value_of(answer.data, f"GET https://{self._connection.repository}{request.path}").number("value")
        return count or 0

    def _enabled_proxy_services(self) -> list[Fields]:
        """Empty where QRS can't look so deep with its filter: one client is known to rely on it (C: qlik-api 2.5).

        What QRS answers then is not known (N), so whatever it is, all are read instead.
        """
        try:
            return self._read("/proxyservice/full", "serverNodeConfiguration.proxyEnabled eq True")
        except QlikError as error:
            if isinstance(error, RequestFailed) and error.status in NOT_FOR_THE_FILTER:
                raise
            return []

    def _read(self, path: str, filter_text: str = "") -> list[Fields]:
        request = Request("GET", f"{self._root}{path}", {"filter": filter_text} if filter_text else {})
        answer = self._rest.send(self._connection.repository, request)
        return objects_of(answer.data, f"GET https://{self._connection.repository}{request.path}")


def qrs_root(connection: Connection) -> str:
    """What every path of QRS begins with."""
    return f"{connection.prefix_path}/qrs"


def user_filters(names: Iterable[tuple[str, str]], longest: int = LONGEST_FILTER) -> Iterator[str]:
    """Filters that together find the users given as (directory, id), none longer than ``longest`` unless it must."""
    batch: list[str] = []
    length = 0
    for directory, user_id in names:
        condition = f"(userDirectory eq {quoted(directory)} and userId eq {quoted(user_id)})"
        try:
            size = _encoded_size(condition)
        except UnicodeEncodeError:  # half a character: no URL can hold it, and no user of QRS is called so
            continue
        if batch and length + size > longest:
            yield " or ".join(batch)
            batch, length = [], 0
        batch.append(condition)
        length += size
    if batch:
        yield " or ".join(batch)


def quoted(value: str) -> str:
    """A string of the filter language: backslash escapes, and nothing else does (L: qlik-api 2.3)."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _encoded_size(condition: str) -> int:
    return len(quote(f"{condition} or ", safe=""))


def _node(item: Fields) -> Node:
    return Node(name=item.text("name"), host_name=item.text("hostName"))


def _virtual_proxy(item: Fields) -> VirtualProxy:
    return VirtualProxy(
        id=item.required_text("id"),
        prefix=item.text("prefix"),
        description=item.text("description"),
        session_cookie_header_name=item.text("sessionCookieHeaderName"),
        session_inactivity_timeout=item.number("sessionInactivityTimeout"),
        load_balancing_nodes=tuple(_node(node) for node in item.objects("loadBalancingServerNodes")),
    )


def _user(item: Fields, email_attributes: Collection[str]) -> KnownUser:
    flags = {
        "inactive": item.flag("inactive"),
        "blacklisted": item.flag("blacklisted"),
        "removed_externally": item.flag("removedExternally"),
    }
    return KnownUser(
        directory=item.required_text("userDirectory"),
        user_id=item.required_text("userId"),
        name=item.text("name"),
        emails=addresses(
            (
                (attribute.text("attributeType"), attribute.written("attributeValue"))
                for attribute in item.objects("attributes")
            ),
            email_attributes,
        ),
        states=frozenset(state for state, applies in flags.items() if applies),
    )
