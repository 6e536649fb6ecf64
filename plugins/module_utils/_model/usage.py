# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Usage rows: what QRS notes of each session that holds an allocation, and what can be made of its times. Pure.

The fields are documented (D: qlik-api 11), what they do is not: how often rows are written, in which time zone, how
long they outlive their session (N). So whatever is doubtful is unknown here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import parsed
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import UserKey

# As results call the allocations, and as sentences do.
LICENSES = {
    "professional": "professional access",
    "analyzer": "analyzer access",
    "analyzer_capacity": "analyzer capacity",
    "user": "user access",
    "login": "login access",
}
# Clocks of two nodes may differ by that much.
CLOCKS_DIFFER = timedelta(minutes=2)
# No session is that old: .NET writes 1753 or the year 1 where there is no date (C).
NO_DATE = timedelta(days=366)
# The offsets of time zones differ by a quarter of an hour or more.
SAME_ZONE = timedelta(minutes=10)
HAS_ZONE = re.compile(r"(Z|[+-]\d\d:\d\d)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class UsageRow:
    """What is told of one session. Times as QRS wrote them, "" where it tells none.

    ``user`` is None where the row does not say whose it is. ``names_user``: it says so in a field that is described to
    hold the user, and not in one that other clients take for it (C). ``called`` is the user as it was written.
    """

    license: str
    user: UserKey | None
    names_user: bool
    started: str
    last_active: str
    session_id: str = field(repr=False)
    called: str = ""


@dataclass(frozen=True)
class Usage:
    """All rows that could be read. ``now`` is QRS's own time, None where its answers did not tell.

    ``failures`` by license. ``absent``: licenses of which this release keeps no rows.
    """

    rows: tuple[UsageRow, ...]
    now: datetime | None
    failures: tuple[tuple[str, QlikError], ...] = ()
    absent: tuple[str, ...] = ()


class Times:
    """Reads the times of rows against the clock of QRS, from whose answers they come; the controller's has no say."""

    def __init__(self, usage: Usage) -> None:
        self._now = usage.now
        texts = [text for row in usage.rows for text in (row.started, row.last_active) if text]
        bare = [time for text in texts if not HAS_ZONE.search(text) and (time := _time(text))]
        self.has_bare = bool(bare)
        self.bare_are_utc = self._now is not None and _prove_utc(bare, self._now)
        self.are_to_come = self._now is not None and max(bare, default=self._now) > self._now + CLOCKS_DIFFER

    def read(self, text: str) -> datetime | None:
        """A time that can be: not ahead by more than clocks differ, nor from before any session. None for any other."""
        time = _time(text)
        if time is None or self._now is None or not (self.bare_are_utc or HAS_ZONE.search(text)):
            return None
        if not -CLOCKS_DIFFER <= self._now - time <= NO_DATE:
            return None
        return time


def _prove_utc(bare: Iterable[datetime], now: datetime) -> bool:
    """Whether times without a zone can be taken for UTC.

    Times of a zone behind UTC make everybody look idle for hours. Then none of them is of the last minutes, so one that
    is rules such a zone out. A zone before UTC shows in times to come; where it does not, idle times are too short,
    which ends nothing.
    """
    newest = max(bare, default=None)
    return newest is not None and -CLOCKS_DIFFER <= now - newest <= SAME_ZONE


def _time(text: str) -> datetime | None:
    try:
        return parsed(text)
    except ValueError:
        return None
