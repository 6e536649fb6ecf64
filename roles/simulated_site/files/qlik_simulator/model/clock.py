# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The virtual clock of a site: it runs as fast as the real one and can be moved on."""

from __future__ import annotations

import time
from datetime import datetime, timezone


class Clock:
    """Seconds since 1970 in the site's own time; never goes back, whatever the machine's clock does."""

    def __init__(self, start: datetime | None = None) -> None:
        self._at_zero = (start.timestamp() if start else time.time()) - time.monotonic()

    def now(self) -> float:
        """The site's time, in seconds since 1970."""
        return self._at_zero + time.monotonic()

    def advance(self, seconds: float) -> float:
        """Move the clock on by ``seconds`` and return the new time."""
        self._at_zero += seconds
        return self.now()


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as a date in UTC, to the millisecond, as QRS keeps them."""
    return datetime.fromtimestamp(int(seconds * 1000) / 1000, timezone.utc)


def iso(when: float | datetime) -> str:
    """The spelling QRS uses, ``2024-01-28T17:46:14.123Z`` (D)."""
    if not isinstance(when, datetime):
        when = moment(when)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"
