# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person reads while sessions are waited for."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.plugin_utils._progress import Progress, duration


def look(*refs: str, users: int = 2, complete: bool = True) -> dict[str, Any]:
    sessions = [{"ref": ref} for ref in refs]
    return {"sessions": sessions, "summary": {"sessions": len(refs), "users": users}, "complete": complete}


def test_a_line_for_every_change_and_for_long_silence() -> None:
    progress = Progress("qlik2")
    assert progress.line(look("a", "b", "c"), 0, 460) == "qlik2: 3 sessions of 2 users left, 7 min 40 s to the deadline"
    assert progress.line(look("a", "b", "c"), 29, 431) == ""
    assert progress.line(look("a", "b", "c"), 30, 430).startswith("qlik2: 3 sessions")
    assert progress.line(look("a", users=1), 31, 429) == (
        "qlik2: 1 session of 1 user left, 2 ended, 7 min 9 s to the deadline"
    )


def test_who_came_and_who_does_not_answer_is_told() -> None:
    progress = Progress("qlik2")
    progress.line(look("a", "b"), 0, 60)
    assert progress.line(look("a", "x", "y", complete=False), 1, 59) == (
        "qlik2: 3 sessions of 2 users left, 1 ended, 2 new, not every proxy service answers, 59 s to the deadline"
    )


def test_tasks_are_told_where_they_are_waited_for() -> None:
    progress = Progress("qlik2")
    told = [
        progress.line({**look("a"), "running_tasks": tasks}, 1, 59)
        for tasks in ([{"name": "Nightly"}], [{"name": "Weekly"}], None, [])
    ]
    assert told == [
        "qlik2: 1 session of 2 users left, 1 task running, 59 s to the deadline",
        "",
        "qlik2: 1 session of 2 users left, QRS does not tell which tasks run, 59 s to the deadline",
        "qlik2: 1 session of 2 users left, 59 s to the deadline",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-1, "0 s"), (59.6, "1 min 0 s"), (460, "7 min 40 s"), (3600, "1 h 0 min"), (5405, "1 h 30 min")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words
