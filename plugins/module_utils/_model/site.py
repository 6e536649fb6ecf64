# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site consists of: proxy services and virtual proxies, as values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold


@dataclass(frozen=True)
class Node:
    """A server node as the Repository names it."""

    name: str
    host_name: str

    def is_called(self, name: str) -> bool:
        return fold(name) in {fold(self.name), fold(self.host_name)}


@dataclass(frozen=True)
class VirtualProxy:
    """``prefix`` is "" for the default one. ``session_inactivity_timeout`` in minutes.

    Several may share a prefix (L: qlik-api 2.6), so ``id`` tells them apart.
    """

    id: str
    prefix: str
    description: str = ""
    session_cookie_header_name: str = ""
    session_inactivity_timeout: int | None = None
    load_balancing_nodes: tuple[Node, ...] = ()

    def is_called(self, name: str) -> bool:
        """By its id or its prefix."""
        return fold(name) in {fold(self.id), fold(self.prefix)}


@dataclass(frozen=True)
class ProxyService:
    """``qps_port`` is where its own API listens, ``listen_port`` where users come in."""

    id: str
    node: Node
    qps_port: int
    listen_port: int | None = None
    virtual_proxies: tuple[VirtualProxy, ...] = ()

    def is_called(self, name: str) -> bool:
        """By its id, or by the name or the host name of its node."""
        return fold(name) == fold(self.id) or self.node.is_called(name)

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def host_name(self) -> str:
        return self.node.host_name


@dataclass(frozen=True, eq=False)
class ProxyLink:
    """A virtual proxy on one of the proxy services it is linked to: what has one list of sessions.

    ``tag``, six characters, begins the ``ref`` of its sessions, so that a memory of refs can be pruned by link.
    """

    proxy: ProxyService
    virtual_proxy: VirtualProxy
    tag: str = field(init=False)

    def __post_init__(self) -> None:
        name = f"qlikops.sense pair: {self.proxy.id}/{self.virtual_proxy.prefix}"
        object.__setattr__(self, "tag", hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:6])


@dataclass(frozen=True)
class Topology:
    """All proxy services and all virtual proxies of a site, linked or not.

    ``links``: every list of sessions there is, one for each proxy service and prefix it serves.
    """

    proxies: tuple[ProxyService, ...]
    virtual_proxies: tuple[VirtualProxy, ...]
    links: tuple[ProxyLink, ...] = field(init=False)

    def __post_init__(self) -> None:
        links = (
            ProxyLink(proxy, virtual_proxy)
            for proxy in self.proxies
            for virtual_proxy in _one_for_each_prefix(proxy.virtual_proxies)
        )
        object.__setattr__(self, "links", tuple(links))

    def require_links(self) -> None:
        """Raises QlikError where there is no list of sessions to read: nobody could log in to such a site."""
        if not self.links:
            raise QlikError(
                "no_virtual_proxies",
                "QRS shows no virtual proxy that is linked to a proxy service, so there are no sessions to ask for.",
                "QRS leaves out what a user may not read. Set api_user to a user with the right to read all of it.",
            )

    def unlinked(self) -> list[VirtualProxy]:
        """Virtual proxies that no proxy service serves."""
        linked = {virtual_proxy.id for proxy in self.proxies for virtual_proxy in proxy.virtual_proxies}
        return [virtual_proxy for virtual_proxy in self.virtual_proxies if virtual_proxy.id not in linked]


@dataclass(frozen=True)
class Scope:
    """The part of a topology that is looked at; in order of names."""

    proxies: tuple[ProxyService, ...]
    virtual_proxies: tuple[VirtualProxy, ...]

    @classmethod
    def of(cls, proxies: Iterable[ProxyService], virtual_proxies: Iterable[VirtualProxy]) -> Scope:
        return cls(
            tuple(sorted(proxies, key=lambda proxy: (fold(proxy.name), proxy.id))),
            tuple(sorted(virtual_proxies, key=lambda proxy: (fold(proxy.prefix), proxy.id))),
        )

    def names_of_proxies_with(self, virtual_proxy: VirtualProxy) -> list[str]:
        return [
            proxy.name
            for proxy in self.proxies
            if any(linked.id == virtual_proxy.id for linked in proxy.virtual_proxies)
        ]


def _one_for_each_prefix(virtual_proxies: Iterable[VirtualProxy]) -> Iterable[VirtualProxy]:
    first: dict[str, VirtualProxy] = {}
    for virtual_proxy in virtual_proxies:
        first.setdefault(virtual_proxy.prefix, virtual_proxy)
    return first.values()
