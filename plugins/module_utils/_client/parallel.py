# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs tasks of several hosts side by side with few connections.

A worker stays with the host it has worked for, so its connection is used again; when that host has nothing left,
it goes to one that nobody works for, or else where most is waiting for the fewest hands. That keeps handshakes near the
number of workers, and leaves no host to the end that has few tasks, each of which may take long.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def run_parallel(tasks: Iterable[tuple[Hashable, Task]], work: Callable[[Task], Result], workers: int) -> list[Result]:
    """``work`` of each (host, task), at most ``workers`` at once; results in the order of the tasks.

    The first exception stops the workers after what they have in hand, and is raised.
    """
    waiting = _Waiting(tasks)
    results: dict[int, Result] = {}

    def one_worker() -> None:
        host = waiting.take_host()
        while host is not None:
            for number, task in waiting.tasks_of(host):
                try:
                    results[number] = work(task)
                except BaseException:
                    waiting.give_up()
                    raise
            host = waiting.take_host()

    with ThreadPoolExecutor(max_workers=max(1, min(workers, waiting.count))) as pool:
        hands = [pool.submit(one_worker) for _number in range(min(workers, waiting.count))]
        try:
            for hand in hands:
                hand.result()
        except BaseException:  # Ctrl-C must not wait for what has not begun
            waiting.give_up()
            raise
    return [results[number] for number in range(waiting.count)]


class _Waiting(Generic[Task]):
    def __init__(self, tasks: Iterable[tuple[Hashable, Task]]) -> None:
        self._queues: dict[Hashable, deque[tuple[int, Task]]] = {}
        self._hands: Counter[Hashable] = Counter()
        self._lock = threading.Lock()
        self.count = 0
        for host, task in tasks:
            self._queues.setdefault(host, deque()).append((self.count, task))
            self.count += 1

    def take_host(self) -> Hashable | None:
        with self._lock:
            busy = [host for host, queue in self._queues.items() if queue]
            if not busy:
                return None
            host = max(
                busy, key=lambda host: (not self._hands[host], len(self._queues[host]) / (1 + self._hands[host]))
            )
            self._hands[host] += 1
            return host

    def tasks_of(self, host: Hashable) -> Iterable[tuple[int, Task]]:
        while True:
            with self._lock:
                if not self._queues[host]:
                    self._hands[host] -= 1
                    return
                task = self._queues[host].popleft()
            yield task

    def give_up(self) -> None:
        with self._lock:
            for queue in self._queues.values():
                queue.clear()
