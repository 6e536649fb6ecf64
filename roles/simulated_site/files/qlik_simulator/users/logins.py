# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users log in: by the users' port, by the control interface, or by themselves where single sign-on does it."""

from __future__ import annotations

from collections.abc import Container, Mapping

from ..model.clock import Clock
from ..model.proxy import STOPPED, Proxy
from ..model.sessions import Attribute, Session, SessionStore
from ..model.site import Site, SiteError, split_user

MOST_SESSIONS = 5  # of one user in parallel, over the whole site (D; that it is the whole site: I)
TOO_MANY = "You cannot access Qlik Sense because you have too many sessions active in parallel."  # D, in parts


class TooManySessionsError(Exception):
    """The user has as many sessions as one may have."""

    def __init__(self) -> None:
        super().__init__(TOO_MANY)


class Logins:
    """Makes sessions. ``single_sign_on``: users, in lower case, who are back as soon as their session is ended."""

    def __init__(self, site: Site, proxies: Mapping[str, Proxy], clock: Clock) -> None:
        self._site = site
        self._proxies = proxies
        self._clock = clock
        self.single_sign_on: set[tuple[str, str]] = set()

    def comes_back(self, session: Session) -> bool:
        """Whether the owner of a session that was ended logs straight in again."""
        return (session.user_directory.lower(), session.user_id.lower()) in self.single_sign_on

    def first_sessions(self) -> None:
        """The sessions of the site's description; the limit does not hold for them."""
        for group in self._site.sessions:
            ids = self.log_in(
                group.user, group.node, group.virtual_proxy, group.count, group.attributes, ignore_limit=True
            )
            if group.age:
                self.set_activity(set(ids), group.age * 60, group.idle * 60)

    def log_in(
        self,
        user: str,
        node: str,
        virtual_proxy: str,
        count: int = 1,
        attributes: list[Attribute] | None = None,
        session_id: str = "",
        ignore_limit: bool = False,
    ) -> list[str]:
        """Log a user in ``count`` times; return the session ids. SiteError, TooManySessionsError."""
        directory, user_id = split_user(user)
        proxy = self._running_proxy(node)
        for served in proxy.served:
            if virtual_proxy in (served.virtual_proxy.prefix, served.virtual_proxy.id):
                break
        else:
            raise SiteError(f"the proxy of {proxy.node.name} does not serve {virtual_proxy!r}")
        if not ignore_limit and self._count(directory, user_id) + count > MOST_SESSIONS:
            raise TooManySessionsError
        sessions = [
            self._new(
                served.store, Session(directory.upper(), user_id, self._clock.now(), attributes or [], session_id)
            )
            for _number in range(count)
        ]
        return [session.session_id for session in sessions]

    def set_activity(self, session_ids: Container[str], age: float | None, idle: float | None) -> int:
        """What usage rows tell of these sessions from now on, in seconds; returns how many they are."""
        now, found = self._clock.now(), 0
        for proxy in self._proxies.values():
            for served in proxy.served:
                for session in served.store.all():
                    if session.session_id in session_ids:
                        session.created = session.created if age is None else now - age
                        when = session.activity[-1] if idle is None else now - idle
                        served.store.set_activity(session, max(session.created, when))
                        found += 1
        return found

    def at_user_port(self, store: SessionStore, directory: str, user_id: str) -> Session:
        """One session of a user who comes in by the users' port. TooManySessionsError for the sixth."""
        if self._count(directory, user_id) >= MOST_SESSIONS:
            raise TooManySessionsError
        return self._new(store, Session(directory.upper(), user_id, self._clock.now()))

    def _new(self, store: SessionStore, session: Session) -> Session:
        store.add(session)
        return session

    def _count(self, directory: str, user_id: str) -> int:
        return sum(len(proxy.sessions_of(directory, user_id)) for proxy in self._proxies.values())

    def _running_proxy(self, node: str) -> Proxy:
        proxy = self._proxies.get(self._site.node(node).name)
        if proxy is None:
            raise SiteError(f"node {node} has no proxy")
        if proxy.state == STOPPED:
            raise SiteError(f"the proxy of {node} is stopped")
        return proxy
