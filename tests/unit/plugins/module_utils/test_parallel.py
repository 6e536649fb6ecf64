# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import time
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._client.parallel import run_parallel


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers())), st.integers(1, 8))
def test_results_stand_in_the_order_of_the_tasks(tasks: list[tuple[str, int]], workers: int) -> None:
    assert run_parallel(tasks, lambda number: number * 2, workers) == [number * 2 for _host, number in tasks]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_never_more_at_once_than_workers_and_as_many_if_there_is_work(workers: int) -> None:
    lock = threading.Lock()
    under_way = most = 0

    def work(_task: int) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.005)
        with lock:
            under_way -= 1

    run_parallel(((number % 3, number) for number in range(30)), work, workers)
    assert most == workers


def test_one_worker_does_host_after_host() -> None:
    order: list[str] = []
    run_parallel(((host, host) for host in "abcabcabc"), order.append, 1)
    assert "".join(order) in {
        "".join(host * 3 for host in hosts) for hosts in ("abc", "acb", "bac", "bca", "cab", "cba")
    }


def test_a_worker_stays_with_its_host_until_nothing_is_left_there() -> None:
    hosts, workers, tasks = 4, 4, 40
    visits: dict[int, list[int]] = defaultdict(list)
    everyone_has_begun = threading.Barrier(workers)
    begun = threading.local()

    def work(host: int) -> None:
        if not hasattr(begun, "yes"):
            begun.yes = True
            everyone_has_begun.wait(10)
        mine = visits[threading.get_ident()]
        if not mine or mine[-1] != host:
            mine.append(host)
        time.sleep(0.0005)

    run_parallel(((number % hosts, number % hosts) for number in range(hosts * tasks)), work, workers)
    assert sorted(mine[0] for mine in visits.values()) == [0, 1, 2, 3]
    # A worker leaves a host only when its queue is empty, so it never comes back to one.
    assert all(len(set(mine)) == len(mine) for mine in visits.values())


def test_every_host_gets_a_hand_and_the_others_go_where_most_is_waiting() -> None:
    together = threading.Barrier(3)
    seen: dict[int, str] = {}

    def work(host: str) -> None:
        if threading.get_ident() not in seen:
            seen[threading.get_ident()] = host
            together.wait(10)

    run_parallel([*(("small", "small"),) * 3, *(("large", "large"),) * 30], work, 3)
    assert sorted(seen.values()) == ["large", "large", "small"]


class Broken(Exception):
    pass


def test_the_first_exception_stops_the_rest_and_is_raised() -> None:
    done: list[int] = []

    def work(number: int) -> None:
        if number == 3:
            raise Broken
        done.append(number)

    with pytest.raises(Broken):
        run_parallel((("host", number) for number in range(1000)), work, 1)
    assert done == [0, 1, 2]


@pytest.mark.parametrize("broken", [0, 1])
def test_others_finish_what_they_have_in_hand_and_take_nothing_more(broken: int) -> None:
    done: list[int] = []
    failed = threading.Event()

    def work(number: int) -> None:
        if number == broken:
            failed.set()
            raise Broken
        failed.wait(10)
        time.sleep(0.05)
        done.append(number)

    with pytest.raises(Broken):
        run_parallel(((number, number) for number in range(100)), work, 2)
    assert len(done) <= 1


def test_nothing_to_do() -> None:
    assert run_parallel([], lambda task: task, 4) == []
