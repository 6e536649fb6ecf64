# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Since when sessions are there and when their users were last active, by the usage rows of QRS. Pure.

A session without a row, or with one that can't be believed, is of unknown age and idleness.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session, UserKey, user_key
from ansible_collections.qlikops.sense.plugins.module_utils._model.usage import LICENSES, Times, Usage, UsageRow
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted, fold

OWN_DIRECTORY = user_key("INTERNAL", "")[0]


@dataclass(frozen=True)
class Activity:
    """What is known of one session: None where it is not. ``license`` is one of LICENSES or empty."""

    started: datetime | None = None
    last_active: datetime | None = None
    license: str = ""

    @property
    def source(self) -> str:
        """``QRS (analyzer access)``."""
        return f"QRS ({LICENSES[self.license]})" if self.license else "QRS"


UNKNOWN = Activity()


class Activities:
    """The activity of sessions by their refs, and the rows that belong to none of them."""

    def __init__(self, usage: Usage, sessions: Iterable[Session]) -> None:
        self.now = usage.now
        self._usage = usage
        self._times = Times(usage)
        self._sessions = list(sessions)
        rows = defaultdict(list)
        for row in usage.rows:
            rows[row.session_id].append(row)
        # By whatever case, only where that is needed.
        folded = {} if all(each.session_id in rows for each in self._sessions) else _unambiguous(rows)
        self._matched: dict[str, list[UsageRow]] = {}
        named: set[str] = set()
        for session in self._sessions:
            session_id = session.session_id if session.session_id in rows else folded.get(fold(session.session_id), "")
            named.add(session_id)
            theirs = [row for row in rows.get(session_id, ()) if _may_be_of(row, session)]
            if theirs:
                self._matched[session.ref] = theirs
        self._without = [row for session_id, of_id in rows.items() if session_id not in named for row in of_id[:1]]
        self._of = {ref: self._activity(theirs) for ref, theirs in self._matched.items()}

    def of(self, session: Session) -> Activity:
        return self._of.get(session.ref, UNKNOWN)

    def idle(self, session: Session) -> int | None:
        """Seconds since QRS last noted activity. It notes late, so the user may have been active since."""
        return self._seconds_since(self.of(session).last_active)

    def age(self, session: Session) -> int | None:
        """Seconds since the session began."""
        return self._seconds_since(self.of(session).started)

    def rows_without_session(self, is_meant: Callable[[UserKey], bool]) -> dict[UserKey, int] | None:
        """How many rows name sessions that were not listed, by user. Only true where all sessions were listed.

        None where nothing can be counted: no row could be read, none names a session that was listed, or it does not
        say whose it is.
        """
        usage = self._usage
        if not usage.rows or usage.failures or (self._sessions and not self._matched) or not self._names_users():
            return None
        return dict(Counter(row.user for row in self._without if row.user and is_meant(row.user)))

    def users_without_session(self, rows: Mapping[UserKey, int]) -> list[dict[str, Any]]:
        """Those who have ``rows`` and no session that was listed, as modules return them."""
        listed = {session.user_key for session in self._sessions}
        called = {row.user: row.called for row in self._without}
        return [_without_session(called[user], rows[user]) for user in sorted(rows) if user not in listed]

    def doubts(self, api_user: str) -> list[str]:
        """What could not be learned, in sentences, each of them once."""
        usage = self._usage
        doubts = []
        alike: dict[str, list[tuple[str, QlikError]]] = {}
        for license_, error in usage.failures:
            alike.setdefault(error.kind, []).append((LICENSES[license_], error))
        for failures in alike.values():
            names = ", ".join(name for name, _error in failures)
            doubts.append(f"Usage rows of {names} could not be read. {failures[0][1]}")
        if not usage.failures and not usage.rows and self._sessions:
            doubts.append(
                f"QRS shows {api_user} no usage rows. Either nobody who is connected has an allocation, or {api_user}"
                " may not read them."
            )
        if usage.rows and self._sessions and not self._matched:
            doubts.append(
                f"None of the {counted(len(usage.rows), 'usage row')} of QRS names one of the"
                f" {counted(len(self._sessions), 'session')} listed. On this release the ids may not match."
            )
        if usage.rows and usage.now is None:
            doubts.append("QRS does not tell its own time, so nothing can be said of the times of its usage rows.")
        elif self._times.has_bare and not self._times.bare_are_utc:
            doubts.append(
                "The times of usage rows are without a time zone, and none of them shows that UTC is meant. They are"
                " left out."
            )
        return doubts

    @property
    def matched(self) -> int:
        """How many sessions have a row."""
        return len(self._matched)

    @property
    def knows_any(self) -> bool:
        """Whether anything was learned of any session."""
        return any(each.started or each.last_active for each in self._of.values())

    def _activity(self, rows: Collection[UsageRow]) -> Activity:
        """Of several rows of one session, the one that makes it the youngest and the least idle."""
        started = self._latest(row.started for row in rows)
        last_active = self._latest(row.last_active for row in rows)
        if started and last_active:
            last_active = max(started, last_active)
        newest = max(rows, key=lambda row: row.last_active)
        return Activity(started, last_active, newest.license)

    def _latest(self, texts: Iterable[str]) -> datetime | None:
        times = [self._times.read(text) for text in texts]
        return None if None in times else max(time for time in times if time)

    def _seconds_since(self, time: datetime | None) -> int | None:
        return None if time is None or self.now is None else max(0, int((self.now - time).total_seconds()))

    def _names_users(self) -> bool:
        """Whether rows say whose they are: those that could be matched tell of the others."""
        return all(
            row.user == session.user_key
            for session in self._sessions
            for row in self._matched.get(session.ref, ())
            if not row.names_user
        )


def _without_session(user: str, rows: int) -> dict[str, Any]:
    """Called as QRS writes it."""
    directory, _backslash, user_id = user.partition("\\")
    return {"user": user, "user_directory": directory, "user_id": user_id, "rows_without_session": rows}


def _may_be_of(row: UsageRow, session: Session) -> bool:
    """Whether the row does not name somebody else. Qlik's own accounts write rows of others."""
    return row.user in (None, session.user_key) or (not row.names_user and row.user[0] == OWN_DIRECTORY)


def _unambiguous(rows: Mapping[str, object]) -> dict[str, str]:
    """The ids by their folded form, as far as no two share one: a database may have changed the case."""
    counts = Counter(fold(session_id) for session_id in rows)
    return {fold(session_id): session_id for session_id in rows if counts[fold(session_id)] == 1}
