# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy session as the collection's own value, and how a session is referred to without telling its id."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyLink, ProxyService, VirtualProxy
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

UserKey = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Session:
    """One session of one user in one proxy process.

    ``session_id`` is the value of the session cookie, a bearer secret: it is never part of a representation.
    ``ref`` is what stands for it: six characters for proxy service and virtual proxy, twelve for the id.
    """

    link: ProxyLink
    user_directory: str
    user_id: str
    user_name: str
    attributes: Mapping[str, list[str]]
    session_id: str = field(repr=False)
    ref: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(f"qlikops.sense session: {self.session_id}".encode(errors="surrogatepass")).hexdigest()
        object.__setattr__(self, "ref", f"{self.link.tag}-{digest[:12]}")

    @property
    def proxy(self) -> ProxyService:
        return self.link.proxy

    @property
    def virtual_proxy(self) -> VirtualProxy:
        return self.link.virtual_proxy

    @property
    def user(self) -> str:
        return f"{self.user_directory}\\{self.user_id}"

    @property
    def user_key(self) -> UserKey:
        """The same for all spellings of a user: the proxy upper-cases directories (L: qlik-api 1.3)."""
        return user_key(self.user_directory, self.user_id)

    def as_result(self, first_seen: str | None, age: int | None, with_id: bool) -> dict[str, Any]:
        """What modules return for a session; ``age`` in seconds."""
        result = {
            "ref": self.ref,
            "user": self.user,
            "user_directory": self.user_directory,
            "user_id": self.user_id,
            "user_name": self.user_name,
            "attributes": dict(self.attributes),
            "virtual_proxy": self.virtual_proxy.prefix,
            "virtual_proxy_id": self.virtual_proxy.id,
            "proxy": self.proxy.name,
            "proxy_host": self.proxy.host_name,
            "first_seen": first_seen,
            "age": age,
        }
        return {**result, "session_id": self.session_id} if with_id else result


def user_key(directory: str, user_id: str) -> UserKey:
    return fold(directory), fold(user_id)


def tag_of_ref(ref: str) -> str:
    """The ``tag`` of the pair of the session with this ref."""
    return ref.partition("-")[0]


SORT_KEYS: dict[str, Callable[[Session], str]] = {
    "prefix": lambda session: session.virtual_proxy.prefix,
    "proxyhost": lambda session: session.proxy.host_name,
    "proxyname": lambda session: session.proxy.name,
    "userdir": lambda session: session.user_directory,
    "userid": lambda session: session.user_id,
    "username": lambda session: session.user_name,
}


def in_order(sessions: list[Session], sort_by: str = "prefix") -> list[Session]:
    """Sorted without regard to case; ties go by all the other keys and the ref, so the order never depends on luck."""
    keys = [SORT_KEYS[sort_by], *SORT_KEYS.values()]
    return sorted(sessions, key=lambda session: (*(fold(key(session)) for key in keys), session.ref))
