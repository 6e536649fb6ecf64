# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The geometry of bar charts: lengths in percent of the width, so that letters keep their size on any screen. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.qlikops.sense.plugins.plugin_utils._page_text import number

# Fills that are told apart without colour, too: page.css has as many.
FILLS = 5
REST = "rest"
# With more bars the rest is one bar, and with more than fit a column the chart is laid out in two.
MOST_BARS = 40
BARS_OF_A_PART = 14
PITCH = 38
# Shares of the width: the longest bar, and what a number within a bar needs per digit.
LONGEST = 100.0
DIGIT = 3.2
LONGEST_LABEL = 38


@dataclass(frozen=True)
class Item:
    """What a bar stands for. ``counts`` by series; ``about`` is said of it in full."""

    label: str
    counts: dict[str, int]
    note: str = ""
    muted: bool = False

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Segment:
    x: float
    width: float
    fill: str
    count: int
    series: str
    shows_count: bool


@dataclass(frozen=True)
class Bar:
    """``label`` is cut where the screen may be too narrow; ``full`` is not."""

    y: int
    label: str
    full: str
    note: str
    total: int
    muted: bool
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Part:
    """Bars that stand below each other. ``first`` and ``last`` count from 1."""

    bars: tuple[Bar, ...]
    first: int
    last: int

    @property
    def height(self) -> int:
        return len(self.bars) * PITCH


@dataclass(frozen=True)
class BarChart:
    """``legend``: name and fill of each series, empty where there is but one."""

    parts: tuple[Part, ...]
    legend: tuple[tuple[str, str], ...]
    largest: int
    total: int


def bar_chart(items: Sequence[Item]) -> BarChart:
    """Bars in the order of the items; the series with most come first and have fills of their own."""
    shown = [*items[:MOST_BARS], *_others(items[MOST_BARS:])]
    fills = _fills(items)
    largest = max((item.total for item in shown), default=0)
    rows = -(-len(shown) // 2) if len(shown) > BARS_OF_A_PART else len(shown)
    parts = [
        Part(
            tuple(_bar(item, place * PITCH, largest, fills) for place, item in enumerate(shown[begin : begin + rows])),
            begin + 1,
            min(begin + rows, len(shown)),
        )
        for begin in range(0, len(shown), rows or 1)
    ]
    legend = tuple(dict.fromkeys((name if fill != REST else "other nodes", fill) for name, fill in fills.items()))
    return BarChart(tuple(parts), legend if len(fills) > 1 else (), largest, sum(item.total for item in items))


def cut(label: str, longest: int = LONGEST_LABEL) -> str:
    """Beginning and end of a label that is too long, for prefixes often differ in their ends."""
    if len(label) <= longest:
        return label
    tail = longest // 3
    return f"{label[: longest - tail - 1]}…{label[-tail:]}"


def _others(items: Sequence[Item]) -> list[Item]:
    if not items:
        return []
    counts: Counter[str] = Counter()
    for item in items:
        counts.update(item.counts)
    return [Item(f"{number(len(items))} others", dict(counts), muted=all(item.muted for item in items))]


def _fills(items: Sequence[Item]) -> dict[str, str]:
    """Series with most first. Where there are more than fills, the last ones share one."""
    totals: Counter[str] = Counter()
    for item in items:
        totals.update(item.counts)
    names = [name for name, _count in totals.most_common()]
    own = FILLS if len(names) <= FILLS else FILLS - 1
    return {name: f"s{place + 1}" if place < own else REST for place, name in enumerate(names)}


def _bar(item: Item, y: int, largest: int, fills: dict[str, str]) -> Bar:
    by_fill: Counter[str] = Counter()
    names: dict[str, str] = {}
    for name in fills:  # in the same order in every bar
        by_fill[fills[name]] += item.counts.get(name, 0)
        names[fills[name]] = name if fills[name] not in names else "other nodes"
    segments, x = [], 0.0
    for fill, count in by_fill.items():
        width = count * LONGEST / largest if largest else 0.0
        if count:
            shows = len(fills) > 1 and width >= DIGIT * (len(number(count)) + 1)
            segments.append(Segment(round(x, 3), round(width, 3), fill, count, names[fill], shows))
        x += width
    return Bar(y, cut(item.label), item.label, item.note, item.total, item.muted, tuple(segments))
