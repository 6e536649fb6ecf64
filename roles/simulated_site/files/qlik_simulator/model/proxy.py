# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy process: it holds sessions, stops, starts, is killed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..model.clock import Clock
from ..model.history import History
from ..model.sessions import Session, SessionStore
from ..model.site import Node, VirtualProxy

RUNNING, STARTING, STOPPED = "running", "starting", "stopped"


@dataclass(frozen=True)
class Served:
    """A virtual proxy as one proxy serves it, with the sessions it holds there."""

    virtual_proxy: VirtualProxy
    store: SessionStore


class Proxy:
    """The proxy service of a node. ``comes_back`` tells whether a user logs straight in again (single sign-on)."""

    def __init__(
        self,
        node: Node,
        virtual_proxies: Iterable[VirtualProxy],
        clock: Clock,
        comes_back: Callable[[Session], bool],
        history: History,
    ) -> None:
        self.node = node
        self.clock = clock
        self.state = RUNNING
        self._states = [(clock.now(), RUNNING)]
        self._history = history
        self._comes_back = comes_back
        self.served = [Served(each, self._store(each)) for each in virtual_proxies]
        self._by_prefix = {each.virtual_proxy.prefix: each.store for each in self.served}

    def _store(self, virtual_proxy: VirtualProxy) -> SessionStore:
        def made(session: Session) -> None:
            user = f"{session.user_directory}\\{session.user_id}"
            self._history.add_login(user, self.node.name, virtual_proxy.prefix, session.session_id)

        def gone(session: Session) -> None:
            self._history.add_end(self.node.name, session)

        return SessionStore(self.clock, virtual_proxy.session_inactivity_timeout, made, gone)

    @property
    def alive(self) -> bool:
        """Whether the process is up and done with starting."""
        return self.state == RUNNING

    def state_at(self, when: float) -> str:
        """The state it was in at a time of the virtual clock."""
        return next((state for since, state in reversed(self._states) if since <= when), RUNNING)

    def store(self, prefix: str) -> SessionStore | None:
        """The sessions under this prefix, exactly as spelled (other cases: N); None when it is not served here."""
        return self._by_prefix.get(prefix)

    def sessions_of(self, directory: str, user_id: str) -> list[Session]:
        """All sessions of a user on this proxy."""
        return [session for each in self.served for session in each.store.of_user(directory, user_id)]

    def end(self, store: SessionStore, sessions: list[Session]) -> None:
        """End sessions as an administrator does. Who signs in silently is back at once, under a new id (I)."""
        store.end(sessions)
        for session in sessions:
            if self._comes_back(session):
                store.add(Session(session.user_directory, session.user_id, self.clock.now(), list(session.attributes)))

    def begin_anew(self) -> None:
        """Without sessions, and running all along as far as QRS has seen."""
        self.become(STOPPED)
        self.become(RUNNING)
        self._states.clear()

    def become(self, state: str) -> None:
        """Change state. Sessions are process memory: they do not outlive the process (D)."""
        self.state = state
        self._states.append((self.clock.now(), state))
        self._history.add_life(self.node.name, "proxy", state)
        if state == STOPPED:
            for each in self.served:
                each.store.clear()
