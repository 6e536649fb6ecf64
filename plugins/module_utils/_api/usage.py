# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The usage rows of QRS: one list for each kind of allocation.

Paths and fields: D (qlik-api 11). That ``sessionID`` is the id of a session in QPS, and that ``modifiedByUserName``
is its user: C. All rows are read: ids of sessions are secrets that belong in no URL, and who would filter by user
relies on the latter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from ansible_collections.qlikops.sense.plugins.module_utils._api.entities import Fields, objects_of
from ansible_collections.qlikops.sense.plugins.module_utils._api.qrs import qrs_root
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import UserKey, user_key
from ansible_collections.qlikops.sense.plugins.module_utils._model.usage import Usage, UsageRow

# License -> name in the path.
OF_SESSIONS = {"professional": "professional", "analyzer": "analyzer", "user": "user"}
OF_USERS = {"login": "login", "analyzer_capacity": "analyzertime"}
KINDS = {**OF_SESSIONS, **OF_USERS}


@dataclass(frozen=True)
class UsageAnswer:
    """What QRS answered to the request for the rows of one kind, and its time then; or why there is none."""

    license: str
    rows: list[UsageRow] = field(default_factory=list)
    now: datetime | None = None
    error: QlikError | None = None


class UsageApi:
    """Reads usage rows."""

    def __init__(self, rest: Rest, connection: Connection) -> None:
        self._rest = rest
        self._connection = connection

    def answer(self, license_: str) -> UsageAnswer:
        """The rows of one kind; what can't be read is told, not raised."""
        try:
            rows, now = self.rows(license_)
        except QlikError as error:
            return UsageAnswer(license_, error=error)
        return UsageAnswer(license_, rows, now)

    def rows(self, license_: str) -> tuple[list[UsageRow], datetime | None]:
        """All rows of one kind, and the time of QRS when it answered; one request. A row without an id is left out."""
        request = Request("GET", f"{qrs_root(self._connection)}/license/{KINDS[license_]}accessusage/full")
        answer = self._rest.send(self._connection.repository, request)
        items = objects_of(answer.data, f"GET https://{self._connection.repository}{request.path}")
        read = _rows_of_user if license_ in OF_USERS else _row_of_session
        rows = [row for item in items for row in read(license_, item) if row.session_id]
        self._rest.remember_secrets(row.session_id for row in rows)
        return rows, _server_time(answer.date)


def usage_of(answers: Iterable[UsageAnswer], own_sessions: Collection[str]) -> Usage:
    """The rows of all kinds, without those of own sessions. A kind that QRS does not know has no rows.

    The earliest of its times counts: by it sessions are the least idle.
    """
    told = list(answers)
    read = [answer for answer in told if answer.error is None]
    absent = [answer for answer in told if read and _is_not_found(answer.error)]
    times = [answer.now for answer in read]
    return Usage(
        rows=tuple(row for answer in read for row in answer.rows if row.session_id not in own_sessions),
        now=None if None in times else min((time for time in times if time), default=None),
        failures=tuple((each.license, each.error) for each in told if each.error and each not in absent),
        absent=tuple(each.license for each in absent),
    )


def _is_not_found(error: QlikError | None) -> bool:
    return isinstance(error, RequestFailed) and error.is_not_found


def _row_of_session(license_: str, item: Fields) -> list[UsageRow]:
    return [
        UsageRow(
            license=license_,
            user=_named(item.text("modifiedByUserName")),
            names_user=False,
            started=item.text("useStartTime"),
            last_active=item.text("latestActivity"),
            session_id=item.text("sessionID"),
            called=item.text("modifiedByUserName"),
        )
    ]


def _rows_of_user(license_: str, item: Fields) -> list[UsageRow]:
    """One pass or allowance, with each session that draws on it. A session began when it was added to it (I)."""
    user = item.object("user")
    directory, user_id = user.text("userDirectory"), user.text("userId")
    is_named = bool(directory and user_id)
    called = f"{directory}\\{user_id}" if is_named else item.text("modifiedByUserName")
    return [
        UsageRow(
            license=license_,
            user=_named(called),
            names_user=is_named,
            started=each.text("createdDate"),
            last_active=each.text("latestActivity"),
            session_id=each.text("sessionID"),
            called=called,
        )
        for each in item.objects("sessions")
    ]


def _named(text: str) -> UserKey | None:
    directory, backslash, user_id = text.partition("\\")
    return user_key(directory, user_id) if backslash and directory and user_id else None


def _server_time(date: str) -> datetime | None:
    """The header ``Date`` of the answer (I: http.sys adds one to each)."""
    try:
        time = parsedate_to_datetime(date)
        return time.astimezone(timezone.utc) if time.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None
