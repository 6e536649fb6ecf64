# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the help desk reads about one user."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.filter.user_report import user_report


def user(sessions: int, state: str = "active", name: str = "Anna Ek") -> dict[str, Any]:
    return {"user": "LAB\\anna", "name": name, "state": state, "sessions": sessions}


def listed(*users: dict[str, Any], failures: tuple[str, ...] = ()) -> dict[str, Any]:
    sessions = [{"ref": str(number), "user": each["user"]} for each in users for number in range(each["sessions"])]
    return {"sessions": sessions, "users": list(users), "failures": [{"proxy": proxy} for proxy in failures]}


def test_a_user_with_room_for_more() -> None:
    assert user_report(listed(user(1)), "anna") == [
        "LAB\\anna (Anna Ek) may log in. 1 session of the 5 that a user may have."
    ]


@pytest.mark.parametrize(("sessions", "told"), [(4, False), (5, True), (6, True)])
def test_the_limit_of_five_is_told_with_the_five_minutes(sessions: int, told: bool) -> None:
    sentences = user_report(listed(user(sessions)), "anna")
    assert any("is at the limit" in sentence and "five minutes later" in sentence for sentence in sentences) is told


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("inactive", "is inactive in the repository, so logins are refused"),
        ("blacklisted", "is blacklisted in the repository, so logins are refused"),
        ("removed_externally", "was removed from the user directory, so logins are refused"),
        ("missing", "is not known to the repository"),
    ],
)
def test_the_state_of_a_user_who_has_no_session(state: str, words: str) -> None:
    known = {key: value for key, value in user(0, state, name="").items() if key != "sessions"}
    first, second = user_report(listed(), "LAB\\anna", known=known)
    assert first.startswith(f"LAB\\anna {words}")
    assert first.endswith(". 0 sessions of the 5 that a user may have.")
    assert second == "No session of LAB\\anna."


def test_nothing_is_known_of_a_pattern_that_nobody_matches() -> None:
    assert user_report(listed(), "ann*") == ["No session of ann*."]


def test_what_could_not_be_seen_is_told() -> None:
    (sentence,) = user_report(listed(user(1), failures=("Node2", "Node2")), "anna")[1:]
    assert sentence.startswith("Not everything could be seen: Node2 did not answer in full")


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        ({"ended": 5}, "5 sessions were ended. A new login works only five minutes from now."),
        ({"ended": 1, "kept": 2}, "1 session was ended, 2 sessions were spared. A new login"),
        ({"would_end": 5}, "5 sessions would be ended."),
        ({"already_gone": 1}, "1 session had ended by itself."),
        ({"failed": 2}, "2 sessions could not be ended."),
    ],
)
def test_what_became_of_the_sessions(summary: dict[str, int], words: str) -> None:
    assert user_report(listed(user(5)), "anna", ended={"summary": summary})[-1].startswith(words)
    assert len(user_report(listed(user(5)), "anna", ended={"summary": {}})) == 2


def test_a_session_that_appeared_says_that_the_login_works() -> None:
    new = {"user": "LAB\\anna", "virtual_proxy": "sales", "proxy": "Node2"}
    sentence = user_report(listed(user(1)), "anna", waited={"seconds": 12, "sessions": [new]})[-1]
    assert sentence.startswith(
        "A session of LAB\\anna has appeared after 12 seconds: /sales on Node2. So the login works"
    )


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (user(1), "If the user has tried, it fails before Qlik Sense makes a session"),
        (user(5), "The limit of five sessions is the reason."),
        (user(1, "inactive"), "The state of the user is the reason."),
    ],
)
def test_when_none_appeared_the_likely_reason_is_told(who: dict[str, Any], why: str) -> None:
    sentence = user_report(listed(who), "anna", waited={"seconds": 60, "sessions": []})[-1]
    assert sentence.startswith(f"No session of anna has appeared within 60 seconds. {why}")


def test_a_new_session_may_be_where_nothing_was_seen_before() -> None:
    waited = {"seconds": 60, "sessions": []}
    sentences = user_report(listed(user(1), failures=("Node2", "Node2")), "anna", waited=waited)
    assert sentences[-1] == "It may have appeared on Node2, whose sessions were not known before."


def test_nothing_that_could_move_the_cursor_is_told() -> None:
    assert "\x1b" not in "".join(user_report(listed(user(1, name="\x1b[2J")), "anna"))


def test_something_else_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="not the result of qlik_session_info"):
        user_report({"users": []}, "anna")
