# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person reads while sessions are waited for, and the words it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._words import counted

LONGEST_SILENCE = 30.0


class Progress:
    """Decides when there is something to say, and says it. ``host`` is the inventory name that lines begin with."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._at_first: set[str] | None = None
        self._told: tuple[int, int | None] | None = None
        self._told_at = 0.0

    def line(self, look: Mapping[str, Any], now: float, seconds_left: float) -> str:
        """A line if the number of sessions or tasks has changed or nothing was said for a while, else an empty text.

        ``look`` is a result of qlik_session_wait, ``now`` a monotonic time in seconds.
        """
        refs = {session["ref"] for session in look["sessions"]}
        if self._at_first is None:
            self._at_first = refs
        tasks = look.get("running_tasks", [])
        count = (len(refs), None if tasks is None else len(tasks))
        if count == self._told and now - self._told_at < LONGEST_SILENCE:
            return ""
        self._told, self._told_at = count, now
        summary = look["summary"]
        ended = len(self._at_first - refs)
        came = len(refs - self._at_first)
        parts = [f"{counted(summary['sessions'], 'session')} of {counted(summary['users'], 'user')} left"]
        parts += [f"{ended} ended"] if ended else []
        parts += [f"{came} new"] if came else []
        parts += [f"{counted(len(tasks), 'task')} running"] if tasks else []
        parts += ["QRS does not tell which tasks run"] if tasks is None else []
        parts += ["not every proxy service answers"] if not look["complete"] else []
        return f"{self._host}: {', '.join(parts)}, {duration(seconds_left)} to the deadline"


def duration(seconds: float) -> str:
    """``7 min 40 s``, ``1 h 5 min``."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
