# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The geometry of the chart of a drain: sessions left over time, above the phases. Lengths in percent. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from ansible_collections.qlikops.sense.plugins.plugin_utils._page_text import parsed
from ansible_collections.qlikops.sense.plugins.plugin_utils._progress import duration

Row = Mapping[str, Any]
STEPS = (1, 2, 5)
# Seconds between times on the axis.
CLOCK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
MOST_TICKS = 5
LEAST_FOR_A_LINE = 1.5
# Share of the width that a letter needs on a phone, and on a wide screen.
LETTER = {"everywhere": 2.1, "wide": 0.75}


@dataclass(frozen=True)
class Phase:
    """``has_room``: where its name fits into its piece of the strip, ``everywhere``, on a ``wide`` screen, or not."""

    name: str
    time: datetime
    seconds: float
    x: float
    width: float
    has_room: str

    @property
    def has_line(self) -> bool:
        """Whether a line marks its beginning: they don't where they would be one beside the other."""
        return self.x > 0 and self.width > LEAST_FOR_A_LINE

    @property
    def duration(self) -> str:
        return duration(self.seconds)


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Look:
    time: datetime
    sessions: int
    users: int
    x: float
    y: float


@dataclass(frozen=True)
class DrainChart:
    """``x`` from the left, ``y`` from the top, 0 to 100 each. ``looks`` may be none, ``phases`` too."""

    looks: tuple[Look, ...]
    phases: tuple[Phase, ...]
    times: tuple[Tick, ...]
    counts: tuple[Tick, ...]
    seconds: float

    @property
    def ends(self) -> tuple[Look, ...]:
        """The first look and the last one."""
        return (*self.looks[:1], *self.looks[1:][-1:])

    @property
    def line(self) -> str:
        """The path of a line that stays as it is until the next look."""
        moves = [f"M{_short(self.looks[0].x)},{_short(self.looks[0].y)}"] if self.looks else []
        return "".join([*moves, *(f"H{_short(look.x)}V{_short(look.y)}" for look in self.looks[1:])])

    @property
    def area(self) -> str:
        """The same, closed along the axis."""
        ends = f"V100H{_short(self.looks[0].x)}Z" if self.looks else ""
        return f"{self.line}{ends}"


def drain_chart(history: Sequence[Row], timeline: Sequence[Row]) -> DrainChart:
    """``history`` of qlik_session_wait, ``timeline`` of the role proxy_restart: its last entry is the end."""
    looked = [(time, look) for look in history if (time := parsed(look["time"]))]
    begun = [(time, entry["phase"]) for entry in timeline if (time := parsed(entry["time"]))]
    moments = [time for time, _what in [*looked, *begun]]
    if not moments:
        return DrainChart((), (), (), (), 0.0)
    first, last = min(moments), max(moments)
    seconds = max((last - first).total_seconds(), 1.0)
    highest = _step(max([look["sessions"] for _time, look in looked] or [0]))

    def x(time: datetime) -> float:
        return (time - first).total_seconds() * 100 / seconds

    looks = tuple(
        Look(time, look["sessions"], look["users"], x(time), 100 - look["sessions"] * 100 / (highest * 4))
        for time, look in looked
    )
    phases = []
    for (time, name), (end, _next) in pairwise(begun):
        width = max(0.0, x(end) - x(time))
        room = next((where for where, letter in LETTER.items() if width > letter * (len(name) + 2)), "")
        phases.append(Phase(name, time, (end - time).total_seconds(), x(time), width, room))
    counts = tuple(Tick(100 - place * 25.0, str(place * highest)) for place in range(5)) if looks else ()
    return DrainChart(looks, tuple(phases), _clock(first, seconds), counts, seconds)


def _step(largest: int) -> int:
    """A quarter of the axis, such that it reaches above the largest number: 1, 2, 5, 10, 20 ..."""
    power = 1
    while True:
        for factor in STEPS:
            if factor * power * 4 >= largest:
                return factor * power
        power *= 10


def _clock(first: datetime, seconds: float) -> tuple[Tick, ...]:
    """Round times between the first and the last moment."""
    step = next((step for step in CLOCK_STEPS if seconds / step <= MOST_TICKS), None) or seconds / MOST_TICKS
    begin = first.replace(hour=0, minute=0, second=0, microsecond=0)
    place = -(-(first - begin).total_seconds() // step)
    ticks = []
    while (at := begin + timedelta(seconds=place * step)) <= first + timedelta(seconds=seconds):
        ticks.append(
            Tick((at - first).total_seconds() * 100 / seconds, f"{at:%H:%M:%S}" if step % 60 else f"{at:%H:%M}")
        )
        place += 1
    return tuple(ticks)


def _short(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
