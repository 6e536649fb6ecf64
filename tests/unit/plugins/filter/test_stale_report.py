# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of stale sessions: their outcomes, one line, and the sentences that somebody should read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.filter.stale_report import stale_report


def stale(number: int, user: str = "LAB\\anna") -> dict[str, Any]:
    return {
        "ref": f"3f9a1c-{number:012}",
        "user": user,
        "virtual_proxy": "sales",
        "proxy": "Node2",
        "first_seen": "2026-01-15T08:00:00Z",
        "age": 5400,
        "attributes": {"group": ["Finance"]},
        "rule": "keep_per_user",
        "why": "7 sessions of one user, keeps 4",
    }


def found(*sessions: dict[str, Any], at_limit: tuple[str, ...] = (), **rules: int) -> dict[str, Any]:
    summary = {"sessions": 41, "stale": len(sessions), "users": 1, "rules": rules, "of_unknown_age": 0}
    return {"sessions": list(sessions), "summary": summary, "at_limit": list(at_limit)}


def outcome(number: int, state: str, reason: str = "") -> dict[str, Any]:
    return {"ref": f"3f9a1c-{number:012}", "outcome": state, "outcome_reason": reason}


def outcomes(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(session["outcome"], session["outcome_reason"]) for session in report["sessions"]]


def test_when_there_is_nothing_to_do_it_is_one_line() -> None:
    report = stale_report(found(), name="production")
    assert report["line"] == "production: 41 sessions, none stale"
    assert (report["result"], report["said"], report["table"], report["complete"]) == ("nothing to do", [], "", True)


def test_every_session_has_its_rule_and_what_became_of_it() -> None:
    ended = {
        "sessions": [outcome(1, "ended"), outcome(2, "failed", "status 500"), outcome(3, "already_gone")],
        "kept": [{"ref": stale(4)["ref"], "reason": "the sessions of api_user are never ended"}],
    }
    report = stale_report(found(*map(stale, range(1, 6))), ended, name="test", failure="One of 3.", width=150)
    assert outcomes(report) == [
        ("ended", ""),
        ("failed", "status 500"),
        ("already_gone", ""),
        ("kept", "the sessions of api_user are never ended"),
        ("already_gone", ""),  # not found again
    ]
    assert report["line"] == "test: 41 sessions, 5 stale, 1 ended, 2 already gone, 1 kept, 1 failed; FAILED"
    assert (report["result"], report["failure"]) == ("failed", "One of 3.")
    lines = report["table"].splitlines()
    assert len(lines) == 7
    line = " ".join(lines[2].split())
    assert line == "LAB\\anna /sales Node2 3f9a1c-000000000001 7 sessions of one user, keeps 4 ended"
    assert lines[3].endswith("failed        status 500")
    assert all("attributes" not in session and session["rule"] for session in report["sessions"])


def test_a_session_whose_list_could_not_be_read_again_is_not_called_gone() -> None:
    ended = {"sessions": [], "failures": [{"proxy": "Node2", "virtual_proxy": "sales", "reason": "does not answer"}]}
    assert outcomes(stale_report(found(stale(1)), ended)) == [("not_tried", "does not answer")]


def test_what_was_refused_as_a_whole_was_not_tried() -> None:
    refused = {"sessions": [outcome(1, "would_end")]}
    report = stale_report(found(stale(1)), refused, failure="Nothing was ended: 1 more than max_sessions allows.")
    assert outcomes(report) == [("not_tried", "")]
    assert outcomes(stale_report(found(stale(1)), {}, failure="No audit log.")) == [("not_tried", "")]


def test_in_check_mode_it_says_what_would_be() -> None:
    report = stale_report(found(stale(1)), {"sessions": [outcome(1, "would_end")]}, check_mode=True)
    assert (report["result"], report["line"]) == ("would be ended", "41 sessions, 1 stale, 1 would end")


def test_users_at_the_limit_hear_of_the_five_minutes_if_one_of_theirs_ended() -> None:
    at_limit = ("LAB\\Anna", "LAB\\ben")
    sessions = [stale(1), stale(2, "LAB\\ben")]
    ended = {"sessions": [outcome(1, "ended"), outcome(2, "failed", "status 500")]}
    (sentence,) = stale_report(found(*sessions, at_limit=at_limit), ended)["said"]
    assert sentence == (
        "At the limit of five sessions: LAB\\Anna."
        " After one has ended Qlik Sense allows a new one only five minutes later."
    )


@pytest.mark.parametrize(
    ("state", "words"),
    [("none", "this is the first run, or it was lost"), ("empty", "come back empty"), ("unreadable", "can't be read")],
)
def test_a_memory_that_did_not_come_back_is_said(state: str, words: str) -> None:
    memory = {"state": state, "place": "/var/x.json on keeper"}
    (sentence,) = stale_report(found(min_age=0), memory=memory)["said"]
    assert words in sentence
    assert "/var/x.json on keeper" in sentence
    assert sentence.endswith("Ages are counted from now on. Nothing is ended by age this time.")
    (sentence,) = stale_report(found(keep_per_user=0), memory=memory, check_mode=True)["said"]
    assert sentence.endswith("Check mode stores none.")


def test_a_memory_that_came_back_is_not_worth_a_word() -> None:
    assert stale_report(found(min_age=0), memory={"state": "kept", "place": "x"})["said"] == []


def test_a_clock_that_was_set_back_is_said_unless_by_seconds() -> None:
    memory = {"state": "kept", "place": "x on y", "stored_at": "2026-01-15T12:00:00Z", "now": "2026-01-15T02:00:00Z"}
    (sentence,) = stale_report(found(min_age=0), memory=memory)["said"]
    assert sentence.startswith("The clock has been set back: the last job ran at 2026-01-15T12:00:00Z.")
    assert "x on y" in sentence
    assert stale_report(found(min_age=0), memory={**memory, "now": "2026-01-15T11:59:30Z"})["said"] == []


def test_what_was_not_listed_is_said_once_for_each_proxy_service() -> None:
    failures = [
        {"proxy": "Node2", "virtual_proxy": prefix, "reason": "It does not answer.", "hint": ""}
        for prefix in ("", "sales")
    ]
    report = stale_report(found(), failures=failures, notes=["A note."])
    assert report["said"] == [
        "A note.",
        "Not listed: /, /sales on Node2. It does not answer. Its sessions keep their ages.",
    ]
    assert report["complete"] is False


def test_something_else_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="not what the filter stale_sessions found"):
        stale_report({"sessions": []})
