# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules that every night is held against find what they are there for, and nothing else."""

from __future__ import annotations

from typing import Any

from ansible_collections.qlikops.sense.tests.integration.nights.rules import (
    ended_at_full_traffic,
    stopped_at_full_traffic,
    two_out,
)


def look(at: float, stopped: str = "", out: str = "") -> dict[str, Any]:
    """One look at the nodes A and B: which services are stopped, and which nodes are out, as letters."""
    return {"at": at, "proxies": {node: "stopped" if node in stopped else "running" for node in "AB"}, "out": list(out)}


GOOD = [look(0), look(10, out="A"), look(20, stopped="A", out="A"), look(30, out="A"), look(40), look(50, out="B")]


def ending(second: int, node: str = "A", **other: str) -> dict[str, str]:
    time = f"1970-01-01T00:00:{second:02d}.500Z"
    return {"time": time, "listener": "qps", "method": "DELETE", "node": node, **other}


def test_a_good_night() -> None:
    assert [*two_out(GOOD), *stopped_at_full_traffic(GOOD), *ended_at_full_traffic([ending(15)], GOOD)] == []


def test_two_nodes_out_at_once() -> None:
    looks = [*GOOD, look(60, out="AB")]
    assert list(two_out(looks)) == ["out at once: A, B"]
    assert list(two_out(looks, put_out=["B"])) == []


def test_a_service_that_stops_at_full_traffic() -> None:
    assert list(stopped_at_full_traffic([look(0), look(1, stopped="B", out="B")])) == ["stopped at full traffic: B"]


def test_sessions_that_end_at_full_traffic() -> None:
    told = ["a session was ended at full traffic: A"]
    assert list(ended_at_full_traffic([ending(5)], GOOD)) == told
    assert list(ended_at_full_traffic([ending(45)], GOOD)) == told
    assert list(ended_at_full_traffic([ending(15, "B")], GOOD)) == ["a session was ended at full traffic: B"]
    assert list(ended_at_full_traffic([ending(5)], [])) == told


def test_only_endings_count() -> None:
    others = [ending(5, method="GET"), ending(5, listener="qrs")]
    assert list(ended_at_full_traffic(others, GOOD)) == []
