# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxy sessions. They live in the memory of a proxy process and nowhere else (D), per virtual proxy."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..model.clock import Clock

Attribute = dict[str, str]
_MOST_ACTIVITY = 50


@dataclass
class Session:
    """A session. Times are of the virtual clock; QPS does not show them (D, C), usage rows of QRS do (D).

    ``created`` and ``activity`` are what usage rows tell. The time-out of the proxy goes by ``last_active``, and
    ``noted`` is when the session really came to be: both stay as they are where the other two are set by hand.
    """

    user_directory: str
    user_id: str
    created: float
    attributes: list[Attribute] = field(default_factory=list)
    session_id: str = ""
    last_active: float = 0.0
    activity: list[float] = field(default_factory=list)
    noted: float = 0.0

    def __post_init__(self) -> None:
        # GUIDs in every live sample of an interactive log in (L); a client that adds a session may choose any text (D).
        self.session_id = self.session_id or str(uuid.UUID(bytes=os.urandom(16), version=4))
        self.last_active = self.noted = self.created
        self.activity = [self.created]

    def active_before(self, when: float) -> float:
        """When its user last did something, as of that time."""
        return max((each for each in self.activity if each <= when), default=self.created)

    def belongs_to(self, directory: str, user_id: str) -> bool:
        """Whether this is a session of that user, in any case (the proxy turns directories to upper case: L)."""
        return self.user_id.lower() == user_id.lower() and self.user_directory.lower() == directory.lower()

    def struct(self, with_user_name: bool = False) -> dict[str, object]:
        """The session as QPS shows it: PascalCase, attributes always a list (C), no time of any kind (D, C, L)."""
        shown: dict[str, object] = {
            "UserDirectory": self.user_directory,
            "UserId": self.user_id,
            "Attributes": self.attributes,
            "SessionId": self.session_id,
        }
        if with_user_name:
            shown["UserName"] = None  # blank on a live site (L); absent or null: N
        return shown


class SessionStore:
    """The sessions of one virtual proxy on one proxy process. Idle ones are gone when anybody looks (D: time-out)."""

    def __init__(
        self,
        clock: Clock,
        timeout_minutes: float,
        made: Callable[[Session], None] = lambda _session: None,
        gone: Callable[[Session], None] = lambda _session: None,
    ) -> None:
        self._clock = clock
        self._timeout = timeout_minutes * 60
        self._made = made  # is told of every new session
        self._gone = gone  # and of every one that is no more
        self.revision = 0
        self._sessions: dict[str, Session] = {}
        self._next_expiry = float("inf")
        self._rendered: tuple[bool, bytes] | None = None

    def add(self, session: Session) -> None:
        """Add a session; one of the same id gives way."""
        self._sessions[session.session_id] = session
        self._next_expiry = min(self._next_expiry, session.last_active + self._timeout)
        self._rendered = None
        self.revision += 1
        self._made(session)

    def all(self) -> list[Session]:
        """The live sessions, oldest first."""
        self._drop_idle()
        return list(self._sessions.values())

    def get(self, session_id: str) -> Session | None:
        """The live session of this id."""
        self._drop_idle()
        return self._sessions.get(session_id)

    def of_user(self, directory: str, user_id: str) -> list[Session]:
        """The live sessions of a user."""
        return [session for session in self.all() if session.belongs_to(directory, user_id)]

    def touch(self, session: Session) -> None:
        """The user did something: the time-out begins anew (D)."""
        self.set_activity(session, self._clock.now())
        session.last_active = session.activity[-1]

    def set_activity(self, session: Session, when: float) -> None:
        """The user did something at that time, as usage rows have it; what they did later has never been."""
        earlier = [each for each in session.activity if each < when]
        session.activity = [*earlier[-_MOST_ACTIVITY:], when]
        self.revision += 1

    def end(self, sessions: Iterable[Session]) -> None:
        """Take sessions out."""
        for session in sessions:
            if self._sessions.pop(session.session_id, None):
                self._gone(session)
        self._rendered = None
        self.revision += 1

    def clear(self) -> None:
        """All of them are gone."""
        self.end(list(self._sessions.values()))

    def as_json(self, with_user_name: bool) -> bytes:
        """The list QPS answers with; kept, because monitoring asks for the same list again and again."""
        self._drop_idle()
        if self._rendered is None or self._rendered[0] != with_user_name:
            structs = [session.struct(with_user_name) for session in self._sessions.values()]
            self._rendered = (with_user_name, json.dumps(structs, separators=(",", ":"), ensure_ascii=False).encode())
        return self._rendered[1]

    def _drop_idle(self) -> None:
        now = self._clock.now()
        if now < self._next_expiry:
            return
        idle = [session for session in self._sessions.values() if session.last_active + self._timeout <= now]
        self.end(idle)
        self._next_expiry = min(
            (session.last_active + self._timeout for session in self._sessions.values()), default=float("inf")
        )
