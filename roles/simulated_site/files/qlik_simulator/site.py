# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The description of a site: what its YAML file says, checked, with every default filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from .switches import Switches


class SiteError(ValueError):
    """The description cannot be used; the message says where and why."""


@dataclass
class VirtualProxy:
    """A virtual proxy. ``session_inactivity_timeout`` is in minutes (D). ``id`` is the name links use."""

    prefix: str
    id: str = ""
    description: str = ""
    session_cookie_header_name: str = ""
    session_inactivity_timeout: int = 30
    header_authentication_header_name: str = ""
    header_authentication_static_user_directory: str = ""
    load_balancing_nodes: list[str] | None = None


@dataclass
class Node:
    """A node. Its proxy, if it has one, serves ``virtual_proxies`` (ids or prefixes)."""

    name: str
    host_name: str
    central: bool = False
    proxy: bool = True
    engine: bool = True
    virtual_proxies: list[str] = field(default_factory=list)


@dataclass
class User:
    """A user as QRS knows them. The role ``RootAdmin`` gives read rights over the repository."""

    directory: str
    id: str
    name: str = ""
    email: str = ""
    inactive: bool = False
    blacklisted: bool = False
    removed_externally: bool = False
    roles: list[str] = field(default_factory=list)


@dataclass
class SessionGroup:
    """``count`` sessions of one user on one proxy and virtual proxy. Attributes: one key an element, as in QPS."""

    user: str
    node: str
    virtual_proxy: str
    count: int = 1
    attributes: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Site:
    """A whole site, checked."""

    virtual_proxies: list[VirtualProxy]
    nodes: list[Node]
    users: list[User] = field(default_factory=list)
    sessions: list[SessionGroup] = field(default_factory=list)
    switches: dict[str, Any] = field(default_factory=dict)
    clock: datetime | None = None
    _users_by_name: dict[tuple[str, str], User] = field(default_factory=dict, repr=False)

    @property
    def central(self) -> Node:
        """The central node."""
        return next(node for node in self.nodes if node.central)

    def node(self, name: str) -> Node:
        """The node of this name or host name, in any case. SiteError names those there are."""
        for node in self.nodes:
            if name.lower() in (node.name.lower(), node.host_name.lower()):
                return node
        raise SiteError(f"no node {name!r}; there are {_names(node.name for node in self.nodes)}")

    def linked(self, node: Node) -> list[VirtualProxy]:
        """The virtual proxies that the proxy of this node serves."""
        return [self.virtual_proxy(name) for name in node.virtual_proxies]

    def virtual_proxy(self, name: str) -> VirtualProxy:
        """The virtual proxy of this id or else this prefix. SiteError when there is none, or more than one."""
        by_id = [each for each in self.virtual_proxies if each.id and each.id == name]
        found = by_id or [each for each in self.virtual_proxies if each.prefix == name]
        if len(found) == 1:
            return found[0]
        if found:
            raise SiteError(f"two virtual proxies have the prefix {name!r}: give each an id and link by that")
        raise SiteError(
            f"no virtual proxy {name!r}; there are {_names(each.id or each.prefix for each in self.virtual_proxies)}"
        )

    def user(self, directory: str, user_id: str) -> User | None:
        """The user as QRS knows them (names compare without regard to case: L for directories), or None."""
        if len(self._users_by_name) != len(self.users):
            self._users_by_name = {(user.directory.lower(), user.id.lower()): user for user in self.users}
        return self._users_by_name.get((directory.lower(), user_id.lower()))


def _names(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names) or "none"


def split_user(user: str) -> tuple[str, str]:
    """``DIRECTORY\\id`` as its two parts; SiteError otherwise."""
    directory, backslash, user_id = user.partition("\\")
    if not (directory and backslash and user_id):
        raise SiteError(f"a user is written DIRECTORY\\id, not {user!r}")
    return directory, user_id


def load_site(path: Path) -> Site:
    """Read a description from a YAML (or JSON) file. SiteError says what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        return site_from(yaml.safe_load(text))
    except (OSError, UnicodeDecodeError) as error:
        raise SiteError(f"cannot read the site description: {error}") from error
    except yaml.YAMLError as error:
        raise SiteError(f"{path} is not YAML: {error}") from error
    except SiteError as error:
        raise SiteError(f"{path}: {error}") from error


def site_from(document: object) -> Site:
    """A checked site out of a parsed document."""
    from .site_check import check, element  # the checks know the shapes above

    if not isinstance(document, dict):
        raise SiteError("the description is a mapping with the keys virtual_proxies, nodes, users, sessions")
    unknown = set(document) - {"virtual_proxies", "nodes", "users", "sessions", "switches", "clock"}
    if unknown:
        raise SiteError(f"unknown key {_names(sorted(map(str, unknown)))} in the description")
    site = Site(
        virtual_proxies=[element(VirtualProxy, "virtual_proxies", *item) for item in _list(document, "virtual_proxies")],
        nodes=[element(Node, "nodes", *item) for item in _list(document, "nodes")],
        users=[element(User, "users", *item) for item in _list(document, "users")],
        sessions=[element(SessionGroup, "sessions", *item) for item in _list(document, "sessions")],
        switches=document.get("switches") or {},
        clock=_clock(document.get("clock")),
    )
    try:
        Switches(site.switches)
    except (ValueError, AttributeError) as error:
        raise SiteError(f"switches: {error}") from error
    check(site)
    return site


def _list(document: dict[str, Any], key: str) -> Iterable[tuple[int, object]]:
    value = document.get(key) or []
    if not isinstance(value, list):
        raise SiteError(f"{key} is a list")
    return enumerate(value)


def _clock(value: object) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        try:
            value = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        except ValueError as error:
            raise SiteError(f"clock is a time such as 2026-01-15T08:00:00Z, not {value!r}") from error
    return value if value.tzinfo else value.replace(tzinfo=timezone.utc)
