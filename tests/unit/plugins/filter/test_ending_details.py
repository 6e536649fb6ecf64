# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a record holds of the ending of sessions."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.filter.ending_details import ending_details

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
    details = ending_details(RESULT)
    place = {"user": "LAB\\anna", "virtual_proxy": "sales", "proxy": "Node2", "ref": "0a1b"}
    assert details["sessions"] == [
        {**place, "outcome": "ended", "why": ""},
        {**place, "outcome": "failed", "why": "500"},
    ]
    assert details["kept"] == {"protect_users": 2}
    assert details["summary"] == {"ended": 1, "already_gone": 0, "failed": 1, "would_end": 0, "kept": 2}
    assert (details["complete"], details["failures"], details["failure"]) == (True, [], "")
    assert "secret" not in str(details)
    assert "Anna" not in str(details)


def test_a_rule_that_is_known_is_told() -> None:
    assert {session["rule"] for session in ending_details(RESULT, {"0a1b": "7 sessions"})["sessions"]} == {"7 sessions"}
    assert all("rule" not in session for session in ending_details(RESULT, {"0a1c": "7 sessions"})["sessions"])


def test_a_failure_without_sessions_is_told() -> None:
    details = ending_details({"failed": True, "msg": "No option selects any sessions.", "failure": {"kind": "refused"}})
    assert details["failure"] == "No option selects any sessions."
    assert (details["sessions"], details["complete"], details["summary"]["ended"]) == ([], False, 0)


@pytest.mark.parametrize("value", [{}, [], None, "text"])
def test_something_else_is_refused(value: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="not a result of qlik_session"):
        ending_details(value)
