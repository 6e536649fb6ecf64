# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a result of qlik_session_info says, as values: whole, and counted by user. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.session import UserKey, user_key
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold as fold_text

Listed = Mapping[str, Any]


class NotListed(ValueError):
    """The input is not what qlik_session_info returns, or not all of it; the text says what is missing."""


@dataclass(frozen=True)
class User:
    """``has_email`` outlives the addresses where they are taken away."""

    user: str
    directory: str
    user_id: str
    name: str
    emails: tuple[str, ...]
    kind: str
    state: str
    has_email: bool
    rows_without_session: int | None = None

    def as_label(self, label: str) -> User:
        """The same user, and nothing that says who it is."""
        return replace(self, user=label, directory="", user_id="", name="", emails=())


@dataclass(frozen=True)
class Session:
    ref: str
    user: User
    name: str
    virtual_proxy: str
    virtual_proxy_id: str
    node: str
    first_seen: str | None
    age: int | None
    idle: int | None = None
    license: str = ""
    started: str | None = None


@dataclass(frozen=True)
class Node:
    name: str
    host_name: str
    reachable: bool | None
    id: str


@dataclass(frozen=True)
class VirtualProxy:
    """``nodes``: names of those that serve it."""

    id: str
    prefix: str
    description: str
    nodes: tuple[str, ...]

    @property
    def shown(self) -> str:
        return shown(self.prefix)


@dataclass
class Tally:
    """A user's sessions, counted."""

    user: User
    sessions: int = 0
    places: Counter[tuple[str, str]] = field(default_factory=Counter)  # by prefix and node

    def prefixes(self) -> list[str]:
        return distinct(prefix for prefix, _node in self.places)

    def nodes(self) -> list[str]:
        return distinct(node for _prefix, node in self.places)


@dataclass(frozen=True)
class Site:
    """Everything that was listed."""

    sessions: list[Session]
    nodes: list[Node]
    virtual_proxies: list[VirtualProxy]
    failures: list[dict[str, str]]
    complete: bool
    observed_at: str
    rows_without_session: int | None = None
    without_session: tuple[tuple[str, int], ...] = ()  # users and their rows


def site_of(listed: Listed, labels: Mapping[str, str] | None = None) -> Site:
    """Plain values out of a result of qlik_session_info.

    Everything is copied: ansible-core hands on containers that are slow to look into. With ``labels`` (by folded
    user) nothing of a user but label, kind and state gets past here, and no order tells who is who.
    """
    missing = [key for key in ("sessions", "proxies", "virtual_proxies", "failures") if key not in listed]
    if missing:
        raise NotListed(f"it has no {missing[0]}")
    users = {key_of(entry): _user(entry) for entry in listed["users"]}
    if labels is not None:
        users = {key: user.as_label(_label(user.user, labels)) for key, user in users.items()}
    sessions = [_session(entry, users) for entry in listed["sessions"]]
    if labels is not None:
        sessions = sorted(
            (replace(session, name="") for session in sessions),
            key=lambda session: (session.virtual_proxy, session.node, session.user.user, session.ref),
        )
    return Site(
        sessions,
        [
            Node(text(entry["name"]), text(entry["host_name"]), entry["reachable"], text(entry["id"]))
            for entry in listed["proxies"]
        ],
        [_virtual_proxy(entry) for entry in listed["virtual_proxies"]],
        [
            {key: text(failure[key]) for key in ("proxy", "virtual_proxy", "reason", "hint")}
            for failure in listed["failures"]
        ],
        bool(listed["complete"]),
        text(listed["observed_at"]),
        _number(listed.get("summary", {}).get("rows_without_session")),
        tuple(_without_session(entry, labels) for entry in listed.get("users_without_session") or ()),
    )


def tallies(sessions: Iterable[Session]) -> dict[str, Tally]:
    """By ``user``, in the order in which the users are met."""
    found: dict[str, Tally] = {}
    for session in sessions:
        tally = found.get(session.user.user)
        if tally is None:
            tally = found[session.user.user] = Tally(session.user)
        tally.sessions += 1
        tally.places[session.virtual_proxy, session.node] += 1
    return found


def counts_by(sessions: Iterable[Session], place: Callable[[Session], str]) -> Mapping[str, tuple[int, int]]:
    """Sessions and users in each place; none and none for places that have no session."""
    users: dict[str, Counter[str]] = defaultdict(Counter)
    for session in sessions:
        users[place(session)][session.user.user] += 1
    return defaultdict(lambda: (0, 0), {name: (found.total(), len(found)) for name, found in users.items()})


def shown(prefix: str) -> str:
    """A prefix as people write it: ``/`` or ``/sales``."""
    return f"/{prefix}"


def distinct(names: Iterable[str]) -> list[str]:
    return sorted(set(names), key=in_any_case)


def in_any_case(name: str) -> tuple[str, str]:
    """For sorting."""
    return fold_text(name), name


def text(value: Any) -> str:
    """A plain text, without the marks that ansible-core puts on it."""
    return "" if value is None else "".join(str(value))


def fold(user: str) -> str:
    """``DIRECTORY\\id`` the same for all spellings of a user (L: qlik-api 1.3)."""
    return fold_text(user)


def key_of(entry: Mapping[str, Any]) -> UserKey:
    """Of an entry of ``users`` or of ``sessions``."""
    return user_key(text(entry["user_directory"]), text(entry["user_id"]))


def _user(entry: Mapping[str, Any]) -> User:
    missing = [key for key in ("kind", "state", "name", "emails") if key not in entry]
    if missing:
        raise NotListed(f"its users have no {missing[0]}: qlik_session_info must be asked with resolve_users true")
    emails = tuple(text(email) for email in entry["emails"])
    return User(
        text(entry["user"]),
        text(entry["user_directory"]),
        text(entry["user_id"]),
        text(entry["name"]),
        emails,
        text(entry["kind"]),
        text(entry["state"]),
        bool(emails),
        _number(entry.get("rows_without_session")),
    )


def _without_session(entry: Mapping[str, Any], labels: Mapping[str, str] | None) -> tuple[str, int]:
    user = text(entry["user"])
    return (user if labels is None else _label(user, labels)), int(entry["rows_without_session"])


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def _label(user: str, labels: Mapping[str, str]) -> str:
    label = labels.get(fold(user))
    if label is None:
        raise NotListed("the key of the pseudonyms has no label for one of its users")
    return label


def _session(entry: Mapping[str, Any], users: Mapping[UserKey, User]) -> Session:
    user = users.get(key_of(entry))
    if user is None:
        raise NotListed(f"the user of its session {entry['ref']} is not among its users")
    return Session(
        text(entry["ref"]),
        user,
        user.name or text(entry["user_name"]),
        text(entry["virtual_proxy"]),
        text(entry["virtual_proxy_id"]),
        text(entry["proxy"]),
        None if entry["first_seen"] is None else text(entry["first_seen"]),
        None if entry["age"] is None else int(entry["age"]),
        None if entry.get("idle") is None else int(entry["idle"]),
        text(entry.get("license")),
        text(entry["started"]) if entry.get("started") else None,
    )


def _virtual_proxy(entry: Mapping[str, Any]) -> VirtualProxy:
    nodes = tuple(text(name) for name in entry["proxies"])
    return VirtualProxy(text(entry["id"]), text(entry["prefix"]), text(entry["description"]), nodes)
