# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The summary of a rolling restart."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.filter.restart_table import restart_table

RESTARTED: dict[str, Any] = {
    "node": "qlik2",
    "result": "restarted",
    "failure": {},
    "timeline": [
        {"phase": "before", "time": "2026-01-15T08:00:00Z"},
        {"phase": "report", "time": "2026-01-15T08:01:05Z"},
    ],
    "affected": {"sessions": 7, "users": 5},
    "users": {"there": 6, "left": 3, "ended": 2, "still_there": 1},
    "ended": ["LAB\\anna", "LAB\\anna", "LAB\\ben"],
    "came_back": ["LAB\\ben"],
}


def test_a_line_for_each_node() -> None:
    failed = {
        **RESTARTED,
        "node": "qlik3",
        "result": "failed",
        "failure": {"task": "Prove it"},
        "way_back": "The node stays out.",
        "balancer_state": "drain",
        "affected": {},
        "users": None,
        "came_back": [],
    }
    untouched = refused("qlik4", allowed=True, message="", notes=[])
    lines = [" ".join(line.split()) for line in restart_table([RESTARTED, failed, untouched], width=150).splitlines()]
    assert lines[0] == "Node Result State Took Users Left Ended Still Back"
    assert lines[2:] == [
        "qlik2 restarted 65 s 6 3 2 1 1",
        "qlik3 failed drain 65 s - - - - 0",
        "qlik4 untouched ready",
        "qlik3 failed at: Prove it. The node stays out.",
        "To go on, run the same command again: it begins with the nodes that are out.",
    ]


def test_what_else_went_wrong_stands_below() -> None:
    troubled = {**RESTARTED, "troubles": ["The banner could not be removed."]}
    assert restart_table([RESTARTED, troubled], width=150).splitlines()[4:] == [
        "qlik2: The banner could not be removed."
    ]


def test_what_was_left_out_of_lists_counts() -> None:
    cut = {**RESTARTED, "left_out": {"came_back": 97}}
    assert " ".join(restart_table([cut], width=150).splitlines()[2].split()).endswith("6 3 2 1 98")


def test_where_nobody_looked_later_on_it_says_who_was_there_and_no_more() -> None:
    stopped = {**RESTARTED, "result": "failed", "failure": {"task": "x"}, "users": None, "came_back": []}
    assert restart_table([stopped], width=150).splitlines()[2].split() == [
        *("qlik2", "failed", "65", "s", "5"),
        *("-", "-", "-", "0"),
    ]


def test_check_mode_has_no_columns_for_what_it_does_not_do() -> None:
    lines = restart_table([{**RESTARTED, "result": "would be restarted", "users": None}], width=72).splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "Node Result Users",
        "----- ------------------ -----",
        "qlik2 would be restarted 5",
    ]


def test_the_longest_row_fits_into_80_columns() -> None:
    longest = {
        **RESTARTED,
        "balancer_state": "ready",
        "timeline": [RESTARTED["timeline"][0], {"phase": "report", "time": "2026-01-15T23:59:59Z"}],
        "users": dict.fromkeys(RESTARTED["users"], 10_000),
    }
    rows = [{**longest, "node": f"qlikprod{number}.corp.example.com"} for number in (1, 2)]
    lines = restart_table(rows, width=72).splitlines()
    assert len(lines) == 4
    assert [line.split()[0] for line in lines[2:]] == ["qlikprod1", "qlikprod2"]
    assert max(map(len, lines)) <= 72


@pytest.mark.parametrize("names", [("a.one.example", "a.two.example"), ("10.0.0.1", "10.0.0.2")])
def test_no_name_is_cut_so_that_it_might_be_another(names: tuple[str, str]) -> None:
    text = restart_table([{**RESTARTED, "node": name} for name in names], width=40)
    assert all(f"Node: {name}" in text for name in names)


def test_nothing_is_an_empty_text() -> None:
    assert restart_table([]) == ""


def test_something_else_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="not a list of reports"):
        restart_table([{"node": "qlik2"}])


# Before the first node is touched


def refused(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "allowed": False,
        "node": {"name": name},
        "reasons": [{"key": "others_out"}, {"key": "outage"}],
        "message": f"Another node is out. Nobody else serves /sales.\x1b[2J {name}",
        "notes": [],
        "affected": {"sessions": 3, "users": [{"user": "LAB\\anna"}]},
        "out": [{"node": "Node3"}],
        "balancer_state": "ready",
        "window": "open for 2 h 10 min",
        **fields,
    }


def test_whether_each_node_may_be_restarted() -> None:
    allowed = refused(
        "Node1", allowed=True, reasons=[], message="", notes=["The window is short."], out=[], affected={}
    )
    assert restart_table([allowed, refused("Node2")], width=120).splitlines() == [
        "Node   Allowed  Sessions  Users  Balancer  Window               Because of",
        "-----  -------  --------  -----  --------  -------------------  ------------------",
        "Node1  yes      -         -      ready     open for 2 h 10 min",
        "Node2  no       3         1      ready     open for 2 h 10 min  others_out, outage",
        "Node1: The window is short.",
        "Node2: Another node is out. Nobody else serves /sales.\N{REPLACEMENT CHARACTER}[2J Node2",
    ]
