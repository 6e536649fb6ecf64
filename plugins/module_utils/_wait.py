# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking again and again until few enough sessions, and no tasks, are left. Knows neither HTTP nor Ansible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.age import iso
from ansible_collections.qlikops.sense.plugins.module_utils._model.upkeep import RunningTask, tasks_in_words
from ansible_collections.qlikops.sense.plugins.module_utils._query import SessionQuery

RANGES = {"wait_timeout": (0, 604_800), "wait_interval": (1, 3600), "until_sessions": (0, 1_000_000)}
MOST_NAMES = 10
Tasks = tuple[RunningTask, ...]


@dataclass(frozen=True)
class WaitPolicy:
    """When to stop: seconds in all, seconds between two looks, and how many sessions may be left."""

    timeout: float
    interval: float
    until_sessions: int


@dataclass(frozen=True)
class Wait:
    """How it went. ``query`` is the last look, ``elapsed`` in seconds.

    ``tasks`` are those that ran then, None where QRS did not tell, empty where they were not waited for.
    """

    query: SessionQuery
    history: tuple[dict[str, Any], ...]
    elapsed: float
    timed_out: bool
    tasks: Tasks | None = ()

    def tasks_left(self) -> str:
        """A sentence about what runs still, empty where nothing does."""
        if self.tasks is None:
            return "QRS does not tell which tasks run."
        return f"Still running: {tasks_in_words(self.tasks)}." if self.tasks else ""

    def as_result(self) -> dict[str, Any]:
        return {
            "remaining": len(self.query.selected),
            "history": list(self.history),
            "elapsed": round(self.elapsed, 1),
            "timed_out": self.timed_out,
        }


def wait(
    look: Callable[[], SessionQuery],
    policy: WaitPolicy,
    incomplete_counts: bool,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    running: Callable[[SessionQuery], Tasks | None] | None = None,
) -> Wait:
    """Looks until few enough are left or the time is over.

    A look that did not reach every proxy service proves nothing, unless ``incomplete_counts``. ``running`` tells the
    tasks that are waited for as well; None for unknown ones, which may run.
    """
    begin = monotonic()
    history: list[dict[str, Any]] = []
    while True:
        query = look()
        tasks = running(query) if running else ()
        elapsed = monotonic() - begin
        history.append({**_look_result(query), **({"tasks": _number(tasks)} if running else {})})
        proves = tasks == () and (incomplete_counts or not query.listing.failures)
        if proves and len(query.selected) <= policy.until_sessions:
            return Wait(query, tuple(history), elapsed, timed_out=False)
        if elapsed >= policy.timeout:
            return Wait(query, tuple(history), elapsed, timed_out=True, tasks=tasks)
        sleep(min(policy.interval, policy.timeout - elapsed))


def _look_result(query: SessionQuery) -> dict[str, Any]:
    users = {session.user_key for session in query.selected}
    return {"time": iso(query.ages.now), "sessions": len(query.selected), "users": len(users)}


def _number(tasks: Tasks | None) -> int | None:
    return None if tasks is None else len(tasks)


def who_is_left(users: list[dict[str, Any]]) -> str:
    """``LAB\\anna (2), LAB\\ben (1) and 7 more users``, out of the ``users`` of a result."""
    names = [f"{user['user']} ({user['sessions']})" for user in users[:MOST_NAMES]]
    more = len(users) - len(names)
    return ", ".join(names) + (f" and {more} more users" if more else "")
