# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bars add up, curves keep within their axes, and no label is lost."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.plugin_utils._charts import (
    FILLS,
    LONGEST_LABEL,
    MOST_BARS,
    PITCH,
    BarChart,
    Item,
    bar_chart,
    cut,
)
from ansible_collections.qlikops.sense.plugins.plugin_utils._page_curve import drain_chart

START = datetime(2026, 1, 15, 9, 30, tzinfo=timezone.utc)
series = st.sampled_from([f"Node{number}" for number in range(9)])
items = st.builds(
    Item, st.text(max_size=80), st.dictionaries(series, st.integers(0, 5000), max_size=9), st.text(max_size=5)
)
charts = st.lists(items, max_size=MOST_BARS + 12)


def bars(chart: BarChart) -> list[Any]:
    return [rod for part in chart.parts for rod in part.bars]


@given(charts)
def test_bars_are_as_long_as_their_numbers(given_items: list[Item]) -> None:
    chart = bar_chart(given_items)
    assert chart.total == sum(item.total for item in given_items) == sum(rod.total for rod in bars(chart))
    for rod in bars(chart):
        assert sum(segment.count for segment in rod.segments) == rod.total
        end = 0.0
        for segment in rod.segments:
            assert segment.count > 0
            assert segment.x == pytest.approx(end, abs=0.01)  # one begins where the other ends
            assert segment.width == pytest.approx(segment.count * 100 / chart.largest, abs=0.01)
            end = segment.x + segment.width
        assert end <= 100.01
    assert not chart.largest or max(rod.total for rod in bars(chart)) == chart.largest


@given(charts)
def test_no_bar_is_lost_or_lies_on_another(given_items: list[Item]) -> None:
    chart = bar_chart(given_items)
    shown = [rod.full for rod in bars(chart)]
    assert shown[:MOST_BARS] == [item.label for item in given_items[:MOST_BARS]]
    assert len(shown) == min(len(given_items), MOST_BARS + 1)
    if len(given_items) > MOST_BARS:
        assert shown[-1] == f"{len(given_items) - MOST_BARS} others"
    for part in chart.parts:
        assert [rod.y for rod in part.bars] == [place * PITCH for place in range(len(part.bars))]
        assert part.bars[-1].y + PITCH == part.height
    assert [part.first for part in chart.parts] == [1, *(part.last + 1 for part in chart.parts[:-1])][
        : len(chart.parts)
    ]


@given(charts)
def test_every_series_has_one_fill_and_a_place_in_the_legend(given_items: list[Item]) -> None:
    chart = bar_chart(given_items)
    names = {name for item in given_items for name in item.counts}
    fills = [fill for _name, fill in chart.legend]
    assert len(set(fills)) == len(fills) <= FILLS
    if 1 < len(names) <= FILLS:
        assert {name for name, _fill in chart.legend} == names
    if len(names) > FILLS:
        assert chart.legend[-1] == ("other nodes", "rest")
    by_fill = {fill: name for name, fill in chart.legend}
    for rod in bars(chart):
        for segment in rod.segments:
            assert not by_fill or by_fill[segment.fill] in (segment.series, "other nodes")


@given(st.text(max_size=90))
def test_a_long_label_keeps_its_ends(label: str) -> None:
    short = cut(label)
    assert len(short) <= LONGEST_LABEL
    if short != label:
        begin, _mark, end = short.partition("…") if "…" not in label else (short[:9], "", short[-9:])
        assert label.startswith(begin)
        assert label.endswith(end)


def test_nothing_is_no_bar() -> None:
    assert bar_chart([]).parts == ()
    empty = bar_chart([Item("/", {"Node1": 0}), Item("/sales", {})])
    assert (empty.total, empty.largest, [rod.segments for rod in bars(empty)]) == (0, 0, [(), ()])


def moments(seconds: list[int]) -> list[str]:
    return [(START + timedelta(seconds=second)).isoformat().replace("+00:00", "Z") for second in sorted(seconds)]


histories = st.lists(st.tuples(st.integers(0, 200_000), st.integers(0, 20_000)), max_size=30)
timelines = st.lists(st.integers(0, 200_000), max_size=10)


@given(histories, timelines)
def test_the_curve_keeps_within_its_axes(history: list[tuple[int, int]], timeline: list[int]) -> None:
    looks = [
        {"time": time, "sessions": sessions, "users": 0}
        for time, (_second, sessions) in zip(moments([second for second, _sessions in history]), history, strict=True)
    ]
    phases = [{"phase": f"phase{number}", "time": time} for number, time in enumerate(moments(timeline))]
    chart = drain_chart(looks, phases)
    assert [look.sessions for look in chart.looks] == [look["sessions"] for look in looks]
    assert all(0 <= look.x <= 100 and 0 <= look.y <= 100 for look in chart.looks)
    assert [look.x for look in chart.looks] == sorted(look.x for look in chart.looks)
    assert chart.line.count("V") == max(0, len(looks) - 1)
    assert all(-0.001 <= number <= 100.001 for number in map(float, re.findall(r"[\d.]+", chart.area)))
    assert len(chart.phases) == max(0, len(phases) - 1)
    assert all(phase.x + phase.width <= 100.001 for phase in chart.phases)
    assert sum(phase.seconds for phase in chart.phases) == (max(timeline) - min(timeline) if timeline else 0)
    assert all(0 <= tick.at <= 100 for tick in (*chart.times, *chart.counts))
    assert len(chart.times) <= 6
    if looks:
        assert int(chart.counts[-1].label) >= max(sessions for _second, sessions in history)


def test_a_drain_of_five_minutes() -> None:
    history = [
        {"time": "2026-01-15T09:30:10Z", "sessions": 8, "users": 6},
        {"time": "2026-01-15T09:32:40Z", "sessions": 3, "users": 2},
        {"time": "2026-01-15T09:34:10Z", "sessions": 0, "users": 0},
    ]
    timeline = [
        {"phase": "before", "time": "2026-01-15T09:30:00Z"},
        {"phase": "drain", "time": "2026-01-15T09:30:10Z"},
        {"phase": "report", "time": "2026-01-15T09:35:00Z"},
    ]
    chart = drain_chart(history, timeline)
    assert [(phase.name, phase.duration, phase.has_room) for phase in chart.phases] == [
        ("before", "10 s", ""),
        ("drain", "4 min 50 s", "everywhere"),
    ]
    assert [tick.label for tick in chart.times] == ["09:30", "09:31", "09:32", "09:33", "09:34", "09:35"]
    assert [tick.label for tick in chart.counts] == ["0", "2", "4", "6", "8"]
    assert chart.line == "M3.333,0H53.333V62.5H83.333V100"
    assert [look.sessions for look in chart.ends] == [8, 0]


def test_no_times_are_no_chart() -> None:
    assert drain_chart([], []).looks == ()
    assert drain_chart([{"time": "soon", "sessions": 1, "users": 1}], [{"phase": "x", "time": ""}]).phases == ()
