# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a record holds of the ending of sessions."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._audit_details import ended_part, given_part
from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption

SESSION = {
    "ref": "0a1b",
    "session_id": "secret",
    "user": "LAB\\anna",
    "user_name": "Anna Ek",
    "attributes": {"group": ["secret"]},
    "virtual_proxy": "sales",
    "proxy": "Node2",
    "first_seen": None,
    "outcome": "ended",
    "outcome_reason": "",
}
RESULT: dict[str, Any] = {
    "sessions": [SESSION, {**SESSION, "outcome": "failed", "outcome_reason": "500"}],
    "kept": [{**SESSION, "reason": "protect_users"}] * 2,
    "summary": {"sessions": 2, "users": 1, "ended": 1, "already_gone": 0, "failed": 1, "would_end": 0, "kept": 2},
    "complete": True,
    "failures": [],
    "first_seen": {"0a1b": "2026-01-15T09:30:00Z"},
}


def test_every_session_with_its_outcome_and_nothing_secret() -> None:
    details = ended_part(RESULT)
    place = {"user": "LAB\\anna", "virtual_proxy": "sales", "proxy": "Node2", "ref": "0a1b"}
    assert details["sessions"] == [
        {**place, "outcome": "ended", "outcome_reason": ""},
        {**place, "outcome": "failed", "outcome_reason": "500"},
    ]
    assert details["kept"] == {"protect_users": 2}
    assert details["summary"] == {"ended": 1, "already_gone": 0, "failed": 1, "would_end": 0, "kept": 2}
    assert (details["complete"], details["failures"], details["failure"]) == (True, [], "")
    assert "secret" not in str(details)
    assert "Anna" not in str(details)


def test_the_rule_that_selected_a_session_is_told() -> None:
    session = {**SESSION, "rule": "many", "reason": "user has 7 sessions, keeps 4"}
    (told,) = ended_part({**RESULT, "sessions": [session]})["sessions"]
    assert (told["rule"], told["reason"]) == ("many", "user has 7 sessions, keeps 4")


def test_a_failure_without_sessions_is_told() -> None:
    details = ended_part({"failed": True, "msg": "No option selects any sessions.", "failure": {"kind": "refused"}})
    assert details["failure"] == "No option selects any sessions."
    assert (details["sessions"], details["complete"], details["summary"]["ended"]) == ([], False, 0)


@pytest.mark.parametrize("value", [{}, {"sessions": "text"}, {"changed": True}])
def test_something_else_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(BadOption, match="not a result of qlik_session"):
        ended_part(value)


def test_of_a_selection_only_what_says_something() -> None:
    nothing = {"proxies": [], "users": ["", " "], "attributes": {"group": ""}, "min_age": "", "all": False, "x": None}
    blank_rule = {"name": "old", "min_age": "", "users": [""]}
    assert given_part({**nothing, "any_of": [blank_rule]}) == {}
    rule = {"name": "many", "keep_per_user": 4}
    assert given_part({**nothing, "any_of": [blank_rule, {**rule, "users": []}], "all": True, "keep_per_user": 0}) == {
        "any_of": [rule],
        "all": True,
        "keep_per_user": 0,
    }
