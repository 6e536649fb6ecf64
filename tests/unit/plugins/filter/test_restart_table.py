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
    "left_by_themselves": 4,
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
        "left_by_themselves": None,
    }
    untouched = refused("qlik4", allowed=True, message="", notes=[])
    lines = [" ".join(line.split()) for line in restart_table([RESTARTED, failed, untouched], width=150).splitlines()]
    assert lines[0] == "Node Result Balancer Took Sessions Left Ended Back"
    assert lines[2:] == [
        "qlik2 restarted 1 min 5 s 7 4 3 1",
        "qlik3 failed drain 1 min 5 s - - 3 1",
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
    cut = {**RESTARTED, "left_out": {"ended": 97}}
    assert " ".join(restart_table([cut], width=150).splitlines()[2].split()).endswith("7 4 100 1")


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
