# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What later steps of a workflow get of the restart of a node."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.filter.restart_stats import restart_stats
from ansible_collections.qlikops.sense.plugins.filter.restart_table import restart_table


def user(number: int, sessions: int) -> dict[str, Any]:
    return {
        "user": f"LAB\\user{number:05}",
        "user_directory": "LAB",
        "user_id": f"user{number:05}",
        "name": f"User {number}",
        "emails": [f"user{number}@lab.example"],
        "state": "active",
        "sessions": sessions,
        "virtual_proxies": ["", "sales"],
        "proxies": ["Node2"],
    }


def report(users: int = 2, looks: int = 3) -> dict[str, Any]:
    return {
        "node": "qlik2",
        "result": "restarted",
        "failure": {},
        "timeline": [{"phase": "before", "time": "2026-01-15T08:00:00Z"}] * 2,
        "hit": {"sessions": users * 2, "users": users},
        "hit_users": [user(number, 1 + number % 3) for number in range(users)],
        "ended": ["LAB\\anna"] * users,
        "came_back": [],
        "history": [{"time": f"{look:05}", "sessions": looks - look, "users": 1} for look in range(looks)],
        "left_by_themselves": 0,
        "told": {"mailed": ["somebody@lab.example"] * users},
        "troubles": [],
    }


def test_a_small_report_loses_needless_keys_alone() -> None:
    whole = report()
    small = restart_stats(whole)
    assert small["left_out"] == {}
    assert small["hit_users"] == [
        {"user": "LAB\\user00001", "name": "User 1", "emails": ["user1@lab.example"], "sessions": 2},
        {"user": "LAB\\user00000", "name": "User 0", "emails": ["user0@lab.example"], "sessions": 1},
    ]
    same = whole.keys() - {"hit_users", "told"}
    assert {key: small[key] for key in same} == {key: whole[key] for key in same}


def test_a_large_one_is_cut_and_says_by_how_much() -> None:
    whole = report(users=4000, looks=5000)
    small = restart_stats(whole)
    assert len(json.dumps(small)) < 20_000
    assert small["left_out"] == {"hit_users": 3950, "ended": 3950, "history": 4950}
    assert {user["sessions"] for user in small["hit_users"]} == {3}
    assert (small["history"][0], small["history"][-1]) == (whole["history"][0], whole["history"][-1])
    assert [look["time"] for look in small["history"]] == sorted({look["time"] for look in small["history"]})
    assert small["hit"] == {"sessions": 8000, "users": 4000}
    assert restart_table([small], 150) == restart_table([whole], 150)
    assert "4000" in restart_table([small], 150)


@pytest.mark.parametrize("value", [None, [], {"node": "qlik2"}, {**report(), "ended": 3}])
def test_something_else_is_refused(value: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="not a report of the role proxy_restart"):
        restart_stats(value)
    with pytest.raises(AnsibleFilterError, match="2 or more"):
        restart_stats(report(), most=1)
