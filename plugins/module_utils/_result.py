# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results every module and role gets: sessions, users, proxies, virtual proxies and totals. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.activity import UNKNOWN
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages, iso
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Listing
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session, UserKey
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import (
    Node,
    ProxyService,
    Scope,
    VirtualProxy,
)
from ansible_collections.qlikops.sense.plugins.module_utils._model.user import (
    PERSON,
    KnownUser,
    UserRules,
    by_user,
)
from ansible_collections.qlikops.sense.plugins.module_utils._rules.stale import Why
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

# A user has at most five sessions at a time, over all virtual proxies and nodes (D: qlik-api 4.2).
SESSIONS_PER_USER = 5


@dataclass(frozen=True)
class Result:
    """Everything a result is made of. ``sessions`` in the order they are shown in, ``why`` by their refs."""

    sessions: tuple[Session, ...]
    scope: Scope
    listing: Listing
    ages: Ages
    users: Mapping[UserKey, KnownUser]
    user_rules: UserRules
    with_ids: bool
    why: Mapping[str, Why] | None = None
    rule_names: tuple[str, ...] = ()
    rows_without_session: Mapping[UserKey, int] | None = None

    def as_result(self) -> dict[str, Any]:
        users = self._users()
        proxies, virtual_proxies = self._proxies(), self._virtual_proxies()
        return {
            "sessions": [self.session(session) for session in self.sessions],
            "users": users,
            "proxies": proxies,
            "virtual_proxies": virtual_proxies,
            "summary": {
                "sessions": len(self.sessions),
                "users": len(users),
                "people": sum(user["kind"] == PERSON for user in users),
                "rows_without_session": self._rows_without_session(),
                "users_at_limit": sum(user["sessions"] >= SESSIONS_PER_USER for user in users),
                "proxies": len(proxies),
                "virtual_proxies": len(virtual_proxies),
                **self._rules(),
            },
            "failures": [failure.as_result() for failure in self.listing.failures],
            "complete": not self.listing.failures,
            "observed_at": iso(self.ages.now),
        }

    def session(self, session: Session) -> dict[str, Any]:
        result = {
            **session.as_result(self.ages.first_seen(session), self.ages.of(session), self.with_ids),
            **self._activity(session),
        }
        return {**result, **vars(self.why[session.ref])} if self.why is not None else result

    def _activity(self, session: Session) -> dict[str, Any]:
        known = self.ages.activities.of(session) if self.ages.activities else UNKNOWN
        return {
            "age_source": self.ages.source(session),
            "started": known.started and iso(known.started),
            "last_active": known.last_active and iso(known.last_active),
            "idle": self.ages.idle(session),
            "license": known.license or None,
        }

    def _rows_without_session(self) -> int | None:
        """Of all users that are meant, also of those without any session."""
        return None if self.rows_without_session is None else sum(self.rows_without_session.values())

    def _rules(self) -> dict[str, dict[str, int]]:
        """How many of the sessions each rule has selected."""
        if self.why is None:
            return {}
        counts = Counter(self.why[session.ref].rule for session in self.sessions)
        return {"rules": {name: counts[name] for name in self.rule_names}}

    def _users(self) -> list[dict[str, Any]]:
        return [self._user(key, sessions) for key, sessions in sorted(by_user(self.sessions).items())]

    def _user(self, key: UserKey, sessions: list[Session]) -> dict[str, Any]:
        first = sessions[0]
        result = {
            "user": first.user,
            "user_directory": first.user_directory,
            "user_id": first.user_id,
            "kind": self.user_rules.kind(sessions),
            "sessions": len(sessions),
            "rows_without_session": None
            if self.rows_without_session is None
            else self.rows_without_session.get(key, 0),
            "virtual_proxies": _distinct(session.virtual_proxy.prefix for session in sessions),
            "proxies": _distinct(session.proxy.name for session in sessions),
        }
        known = self.users.get(key)
        return {**result, **_known(known)} if known else result

    def _proxies(self) -> list[dict[str, Any]]:
        counts = _counts((session.proxy.id, session.user_key) for session in self.sessions)
        return [
            {**proxy_result(proxy), **counts[proxy.id], "reachable": self._reachable(proxy)}
            for proxy in self.scope.proxies
        ]

    def _reachable(self, proxy: ProxyService) -> bool | None:
        if any(failure.unreachable and failure.link.proxy.id == proxy.id for failure in self.listing.failures):
            return False
        return True if any(link.proxy.id == proxy.id for link in self.listing.links) else None

    def _virtual_proxies(self) -> list[dict[str, Any]]:
        counts = _counts((session.virtual_proxy.id, session.user_key) for session in self.sessions)
        return [
            {
                **virtual_proxy_result(virtual_proxy),
                "proxies": self.scope.names_of_proxies_with(virtual_proxy),
                **counts[virtual_proxy.id],
            }
            for virtual_proxy in self.scope.virtual_proxies
        ]


def _known(user: KnownUser) -> dict[str, Any]:
    return {"name": user.name, "emails": list(user.emails), "state": user.state, "states": sorted(user.states)}


def proxy_result(proxy: ProxyService) -> dict[str, Any]:
    """A proxy service as every module returns it."""
    return {
        "id": proxy.id,
        "name": proxy.name,
        "host_name": proxy.host_name,
        "qps_port": proxy.qps_port,
        "virtual_proxies": _distinct(virtual_proxy.prefix for virtual_proxy in proxy.virtual_proxies),
    }


def virtual_proxy_result(virtual_proxy: VirtualProxy) -> dict[str, Any]:
    """A virtual proxy as every module returns it."""
    return {
        "id": virtual_proxy.id,
        "prefix": virtual_proxy.prefix,
        "description": virtual_proxy.description,
        "session_cookie_header_name": virtual_proxy.session_cookie_header_name,
        "session_inactivity_timeout": virtual_proxy.session_inactivity_timeout,
        "load_balancing_nodes": [_node(node) for node in virtual_proxy.load_balancing_nodes],
    }


def _node(node: Node) -> dict[str, str]:
    return {"name": node.name, "host_name": node.host_name}


def _counts(sessions: Iterable[tuple[str, UserKey]]) -> Mapping[str, dict[str, int]]:
    """How many sessions and users each proxy service or virtual proxy has, by its id."""
    users: dict[str, Counter[UserKey]] = defaultdict(Counter)
    for proxy_id, user in sessions:
        users[proxy_id][user] += 1
    counts = {proxy_id: {"sessions": found.total(), "users": len(found)} for proxy_id, found in users.items()}
    return defaultdict(lambda: {"sessions": 0, "users": 0}, counts)


def _distinct(names: Iterable[str]) -> list[str]:
    return sorted(set(names), key=lambda name: (fold(name), name))
