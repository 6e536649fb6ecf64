# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of sessions that were to be ended: the outcome, one line, and sentences to read."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._ended import ended_result, problem_of
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages
from ansible_collections.qlikops.sense.plugins.module_utils._model.memory import Memory
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import EndResult, Failure, Listing, Outcome
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import Scope
from ansible_collections.qlikops.sense.plugins.module_utils._query import SessionQuery
from ansible_collections.qlikops.sense.plugins.module_utils._rules.plan import Kept, Plan
from ansible_collections.qlikops.sense.plugins.module_utils._rules.stale import Why
from ansible_collections.qlikops.sense.tests.unit.plugins import builders

SITE = builders.topology()
WHY = Why("many", "user has 7 sessions, keeps 4")


def sessions(number: int, user: str = "LAB\\anna") -> list[Session]:
    return [builders.session(user, f"{user} {each}", SITE.links[0]) for each in range(number)]


def query_of(listed: list[Session], **more: Any) -> SessionQuery:
    values = {
        "scope": Scope.of(SITE.proxies, SITE.virtual_proxies),
        "listing": Listing(SITE.links, tuple(listed)),
        "ages": Ages(builders.NOW, {}),
        "selected": tuple(listed),
        "users": {},
        "user_rules": builders.USER_RULES,
        "recalled": Memory("kept"),
        "why": {session.ref: WHY for session in listed},
        "rule_names": ("old", "many"),
    }
    return SessionQuery(topology=SITE, **{**values, **more})


def told(
    listed: list[Session], *outcomes: Outcome, kept: tuple[Session, ...] = (), refusal: str = "", **more: Any
) -> dict[str, Any]:
    """The result where the first of the sessions listed were selected and these are their outcomes."""
    plan = Plan(tuple(listed[: len(outcomes)]), tuple(Kept(session, "protected") for session in kept))
    end_result = EndResult({session.ref: outcome for session, outcome in zip(plan.to_end, outcomes, strict=True)})
    problem = problem_of(end_result, refusal, "")
    return ended_result(query_of([*listed, *kept], **more), plan, end_result, False, refusal, problem)


def test_when_there_is_nothing_to_do_it_is_one_line() -> None:
    result = told(sessions(4))
    assert (result["outcome"], result["changed"], result["notes"]) == ("nothing to do", False, [])
    assert result["message"] == "4 sessions listed, none to end"
    assert result["summary"]["rules"] == {"old": 0, "many": 0}


def test_every_session_has_its_rule_and_what_became_of_it() -> None:
    outcomes = [Outcome("ended"), Outcome("failed", "status 500"), Outcome("already_gone")]
    result = told(sessions(3), *outcomes, kept=(builders.session("LAB\\ben"),))
    by_ref = {session["ref"]: session for session in result["sessions"]}
    in_turn = [by_ref[session.ref] for session in sessions(3)]
    assert [(each["outcome"], each["outcome_reason"]) for each in in_turn] == [
        ("ended", ""),
        ("failed", "status 500"),
        ("already_gone", ""),
    ]
    assert {(each["rule"], each["reason"]) for each in in_turn} == {("many", WHY.reason)}
    assert [(each["rule"], each["reason"]) for each in result["kept"]] == [("many", "protected")]
    assert result["message"] == "4 sessions listed, 3 to end: 1 ended, 1 already gone, 1 failed, 1 kept"
    assert (result["outcome"], result["changed"]) == ("failed", True)
    assert result["summary"]["rules"] == {"old": 0, "many": 3}
    assert result["first_seen"].keys() == {sessions(2)[1].ref, result["kept"][0]["ref"]}


def test_without_rules_nothing_says_so() -> None:
    (session,) = told(sessions(1), Outcome("ended"), why=None)["sessions"]
    assert "rule" not in session
    assert "reason" not in session


def test_what_was_refused_as_a_whole_is_told_as_such() -> None:
    result = told(sessions(5), Outcome("would_end"), refusal="Nothing was ended: 1 more than max_sessions allows.")
    assert result["message"] == "5 sessions listed, 1 to end: none ended"
    assert (result["outcome"], result["changed"], result["at_limit"]) == ("failed", False, [])


def test_in_check_mode_it_says_what_would_be() -> None:
    result = told(sessions(1), Outcome("would_end"))
    assert (result["outcome"], result["changed"]) == ("would be ended", True)
    assert result["message"] == "1 session listed, 1 to end: 1 would end"


@pytest.mark.parametrize(
    ("number", "state", "at_limit"),
    [(5, "ended", True), (7, "would_end", True), (4, "ended", False), (5, "failed", False), (5, "already_gone", False)],
)
def test_users_at_the_limit_hear_of_the_five_minutes_if_one_of_theirs_ended(
    number: int, state: str, at_limit: bool
) -> None:
    listed = sessions(number) + sessions(4, "LAB\\ben")
    result = told(listed, Outcome(state))
    assert result["at_limit"] == (["LAB\\anna"] if at_limit else [])
    assert result["notes"] == [
        "At the limit of five sessions: LAB\\anna."
        " After one has ended Qlik Sense allows a new one only five minutes later."
    ] * len(result["at_limit"])


def test_what_is_remembered_is_without_those_who_are_gone() -> None:
    result = told(sessions(3), Outcome("ended"), Outcome("failed", "no"), remembers=True, recalled=Memory("none"))
    assert "first_seen" not in result
    memory = result["memory"]
    assert (memory["state"], memory["stored_at"], memory["of_unknown_age"]) == ("none", "", 3)
    assert [session.ref in memory["text"] for session in sessions(3)] == [False, True, True]
    assert memory["note"].startswith("There is no memory of sessions yet")


def test_what_was_not_listed_is_told_once_for_each_proxy_service() -> None:
    listed = sessions(1)
    failures = tuple(Failure(link, "It does not answer.", "", unreachable=True) for link in SITE.links[2:])
    query = query_of(listed, remembers=True, listing=Listing(SITE.links, tuple(listed), failures))
    result = ended_result(query, Plan((), ()), EndResult({}), False, "", None)
    assert result["notes"] == ["Not listed: /, /sales on Node2. It does not answer. Its sessions keep their ages."]
    assert result["complete"] is False


def test_notes_come_before_the_limit() -> None:
    assert told(sessions(1), Outcome("ended"), doubts=("A doubt.",))["notes"] == ["A doubt."]


def test_what_could_not_be_read_again_is_a_problem_only_where_it_is_told() -> None:
    unread = EndResult({"a": Outcome("ended")}, (Failure(SITE.links[0], "Gone.", "", unreachable=True),))
    assert problem_of(unread, "", "") is None
    problem = problem_of(unread, "", "Proxy service Central: Gone.")
    assert problem is not None
    assert problem.kind == "not_read_again"
