# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A maintenance window that comes round every day and may go over midnight. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption

KEYS = ("start", "end", "time_zone")


@dataclass(frozen=True)
class Window:
    """``start`` and ``end`` are times of day in ``zone``; the end is not part of the window."""

    start: time
    end: time
    zone: ZoneInfo

    @classmethod
    def from_option(cls, option: str, window: Any) -> Window:
        """Raises BadOption."""
        if not isinstance(window, Mapping) or set(window) != set(KEYS):
            raise BadOption(option, f"the window needs {', '.join(KEYS)} and nothing else.")
        start, end = _time_of_day(option, window["start"]), _time_of_day(option, window["end"])
        if start == end:
            raise BadOption(option, "start and end are the same, so the window is empty.")
        return cls(start, end, _zone(option, window["time_zone"]))

    def is_open(self, at: datetime) -> bool:
        now = at.astimezone(self.zone).time()
        return self.start <= now < self.end if self.start < self.end else now >= self.start or now < self.end

    def seconds_left(self, at: datetime) -> float:
        """How long the window stays open, 0 where it is closed."""
        if not self.is_open(at):
            return 0
        there = at.astimezone(self.zone)
        end = there.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)
        if end <= there:
            end += timedelta(days=1)
        return end.timestamp() - at.timestamp()

    def in_words(self, at: datetime) -> str:
        """``open for 2 h 10 min``, ``closed``."""
        minutes = int(self.seconds_left(at) // 60)
        return f"open for {minutes // 60} h {minutes % 60} min" if self.is_open(at) else "closed"

    def time_there(self, at: datetime) -> str:
        return at.astimezone(self.zone).strftime("%H:%M")


def _time_of_day(option: str, value: Any) -> time:
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", str(value))
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        # Without quotes YAML reads 22:00 as the number 1320.
        raise BadOption(option, f"{value!r} is not a time of day.", 'Write it in quotes, such as "22:00".')
    return time(int(match[1]), int(match[2]))


def _zone(option: str, name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (ValueError, OSError, KeyError) as error:
        raise BadOption(
            option,
            f"the time zone {name!r} is not known here.",
            "Write one such as Europe/Berlin; if it is one, the host lacks the time zone database (package tzdata).",
        ) from error
