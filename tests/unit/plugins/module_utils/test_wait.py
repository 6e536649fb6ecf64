# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting, on a clock that moves only when somebody sleeps."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages
from ansible_collections.qlikops.sense.plugins.module_utils._model.memory import Memory
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Failure, Listing
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import (
    Node,
    ProxyService,
    Scope,
    Topology,
    VirtualProxy,
)
from ansible_collections.qlikops.sense.plugins.module_utils._model.upkeep import RunningTask
from ansible_collections.qlikops.sense.plugins.module_utils._query import SessionQuery
from ansible_collections.qlikops.sense.plugins.module_utils._wait import Wait, WaitPolicy, wait, who_is_left
from ansible_collections.qlikops.sense.tests.unit.plugins import builders

PROXY = ProxyService("p", Node("Node2", "qlik2"), 4243, 443, (VirtualProxy("v", ""),))
TOPOLOGY = Topology((PROXY,), PROXY.virtual_proxies)
(PAIR,) = TOPOLOGY.links
NIGHTLY = RunningTask("Nightly", "reload", "Sales", "LAB\\anna", "qlik2", "2026-01-15T07:12:00Z")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def seen(sessions: int, answers: bool = True) -> SessionQuery:
    found = tuple(Session(PAIR, "LAB", f"user{number}", "", {}, f"id{number}") for number in range(sessions))
    failures = () if answers else (Failure(PAIR, "it hangs", "", unreachable=True),)
    ages = Ages(datetime(2026, 1, 15, 8, tzinfo=timezone.utc), {})
    listing = Listing((PAIR,), found, failures)
    return SessionQuery(Scope((PROXY,), ()), TOPOLOGY, listing, ages, found, {}, builders.USER_RULES, Memory("none"))


def waited(looks: list[SessionQuery], clock: Clock, policy: WaitPolicy, incomplete_counts: bool = False) -> Wait:
    return wait(iter(looks).__next__, policy, incomplete_counts, lambda: clock.now, clock.sleep)


def test_it_looks_until_nobody_is_left() -> None:
    clock = Clock()
    result = waited([seen(3), seen(1), seen(0)], clock, WaitPolicy(60, 10, 0)).as_result()
    assert clock.slept == [10, 10]
    assert [(look["sessions"], look["users"]) for look in result.pop("history")] == [(3, 3), (1, 1), (0, 0)]
    assert result == {"remaining": 0, "elapsed": 20, "timed_out": False}


def test_it_is_content_with_as_many_as_it_is_told() -> None:
    clock = Clock()
    assert waited([seen(3), seen(2)], clock, WaitPolicy(60, 10, 2)).as_result()["remaining"] == 2


def test_the_last_look_is_at_the_deadline() -> None:
    clock = Clock()
    result = waited([seen(3)] * 4, clock, WaitPolicy(25, 10, 0)).as_result()
    assert clock.slept == [10, 10, 5]
    assert (result["timed_out"], result["remaining"], result["elapsed"]) == (True, 3, 25)


def test_no_time_at_all_is_one_look() -> None:
    clock = Clock()
    assert waited([seen(1)], clock, WaitPolicy(0, 10, 0)).timed_out
    assert clock.slept == []


@pytest.mark.parametrize(("incomplete_counts", "timed_out"), [(False, True), (True, False)])
def test_a_look_that_did_not_reach_everybody_proves_nothing_unless_told_so(
    incomplete_counts: bool, timed_out: bool
) -> None:
    looks = [seen(0, answers=False)] * 3
    assert waited(looks, Clock(), WaitPolicy(20, 10, 0), incomplete_counts).timed_out is timed_out


def test_tasks_are_waited_for_as_well_and_unknown_ones_may_run() -> None:
    clock = Clock()
    running = iter([(), (NIGHTLY,), None, ()])
    looks = [seen(1), seen(0), seen(0), seen(0)]
    result = wait(
        iter(looks).__next__,
        WaitPolicy(60, 10, 0),
        incomplete_counts=False,
        monotonic=lambda: clock.now,
        sleep=clock.sleep,
        running=lambda _query: next(running),
    )
    assert [look["tasks"] for look in result.history] == [0, 1, None, 0]
    assert (result.timed_out, result.tasks_left()) == (False, "")


@pytest.mark.parametrize(
    ("tasks", "says"),
    [
        ((NIGHTLY,), "Still running: 1 task: Nightly (reload of Sales)."),
        (None, "QRS does not tell which tasks run."),
    ],
)
def test_tasks_that_do_not_end_are_named_at_the_deadline(tasks: tuple[RunningTask, ...] | None, says: str) -> None:
    clock = Clock()
    result = wait(
        lambda: seen(0),
        WaitPolicy(20, 10, 0),
        incomplete_counts=False,
        monotonic=lambda: clock.now,
        sleep=clock.sleep,
        running=lambda _query: tasks,
    )
    assert (result.timed_out, result.elapsed, result.tasks_left()) == (True, 20, says)


def test_who_is_left_names_a_few() -> None:
    users = [{"user": f"LAB\\user{number}", "sessions": number} for number in range(1, 13)]
    assert who_is_left(users[:2]) == "LAB\\user1 (1), LAB\\user2 (2)"
    assert who_is_left(users).endswith("LAB\\user10 (10) and 2 more users")
