# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The description of a site: what its YAML file says, checked, with every default filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ANONYMOUS_ACCESS = ("none", "allowed", "always")  # by number (D)
NODE_PURPOSES = ("production", "development", "both")  # by number (D)
LICENSES = ("none", "professional", "analyzer", "analyzer_capacity", "user", "login")
BANNER_TYPES = ("standard", "info", "warning", "error")  # by number (C)


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
    anonymous_access: str = ANONYMOUS_ACCESS[0]
    load_balancing_nodes: list[str] | None = None


@dataclass
class Node:
    """A node. Its proxy, if it has one, serves ``virtual_proxies`` (ids or prefixes).

    ``custom_properties`` have one key an element, as the attributes of a user have. The central node is always a
    candidate for itself.
    """

    name: str
    host_name: str
    central: bool = False
    proxy: bool = True
    engine: bool = True
    scheduler: bool = True
    printing: bool = True
    failover_candidate: bool = False
    purpose: str = NODE_PURPOSES[0]
    tags: list[str] = field(default_factory=list)
    custom_properties: list[dict[str, str]] = field(default_factory=list)
    virtual_proxies: list[str] = field(default_factory=list)


@dataclass
class User:
    """A user as QRS knows them. The role ``RootAdmin`` gives all rights over the repository.

    ``attributes`` as in SessionGroup; ``email`` is one of the type ``Email`` before them. ``license`` is the
    allocation; who has none leaves no usage rows.
    """

    directory: str
    id: str
    name: str = ""
    email: str = ""
    attributes: list[dict[str, str]] = field(default_factory=list)
    inactive: bool = False
    blacklisted: bool = False
    removed_externally: bool = False
    roles: list[str] = field(default_factory=list)
    license: str = LICENSES[0]


@dataclass
class SessionGroup:
    """``count`` sessions of one user on one proxy and virtual proxy. Attributes: one key an element, as in QPS.

    ``age`` and ``idle`` in minutes, as usage rows tell them at the start.
    """

    user: str
    node: str
    virtual_proxy: str
    count: int = 1
    attributes: list[dict[str, str]] = field(default_factory=list)
    age: int = 0
    idle: int = 0


@dataclass
class Banner:
    """A custom banner message of the hub; ``duration`` in seconds."""

    name: str
    message: str
    message_type: str = BANNER_TYPES[0]
    active: bool = True
    duration: int = 10


@dataclass
class Site:
    """A whole site, checked. ``failover_timeout`` in minutes (D: at least 1, 10 unless set)."""

    virtual_proxies: list[VirtualProxy]
    nodes: list[Node]
    users: list[User] = field(default_factory=list)
    sessions: list[SessionGroup] = field(default_factory=list)
    banners: list[Banner] = field(default_factory=list)
    switches: dict[str, Any] = field(default_factory=dict)
    clock: datetime | None = None
    failover_timeout: int = 10
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
        raise SiteError(f"no node {name!r}; there are {names(node.name for node in self.nodes)}")

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
            f"no virtual proxy {name!r}; there are {names(each.id or each.prefix for each in self.virtual_proxies)}"
        )

    def user(self, directory: str, user_id: str) -> User | None:
        """The user as QRS knows them (names compare without regard to case: L for directories), or None."""
        if not self._users_by_name:
            self._users_by_name = {(user.directory.lower(), user.id.lower()): user for user in self.users}
        return self._users_by_name.get((directory.lower(), user_id.lower()))

    def add_user(self, user: User) -> None:
        """QRS comes to know a user."""
        self.users.append(user)
        self._users_by_name.clear()

    def replace_users(self, users: Iterable[User]) -> None:
        """QRS knows these users and no others."""
        self.users[:] = users
        self._users_by_name.clear()


def names(these: Iterable[str]) -> str:
    """Names as a message lists them."""
    return ", ".join(repr(name) for name in these) or "none"


def split_user(user: str) -> tuple[str, str]:
    """``DIRECTORY\\id`` as its two parts; SiteError otherwise."""
    directory, backslash, user_id = user.partition("\\")
    if not (directory and backslash and user_id):
        raise SiteError(f"a user is written DIRECTORY\\id, not {user!r}")
    return directory, user_id
