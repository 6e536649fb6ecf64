# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Response
from ansible_collections.qlikops.sense.plugins.module_utils._errors import RequestFailed
from ansible_collections.qlikops.sense.plugins.modules import qlik_session
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import FakeRest, Turn, failed_with, unreachable
from ansible_collections.qlikops.sense.tests.unit.plugins.running import (
    CENTRAL,
    CONNECTION,
    NODE2,
    QRS,
    Result,
    install,
    run,
    site_answers,
    struct,
)

ROBOT = struct("robot", "INTERNAL\\sa_scheduler")
KEYS = {
    "at_limit",
    "outcome",
    "message",
    "notes",
    "not_found",
    "changed",
    "sessions",
    "kept",
    "summary",
    "users",
    "proxies",
    "virtual_proxies",
    "failures",
    "complete",
    "observed_at",
    "first_seen",
    "diff",
}


def gone_after(*before: dict[str, Any]) -> list[Turn]:
    return [Turn(list(before)), Turn([])]


def end(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], **options: Any) -> tuple[Result, FakeRest]:
    rest = install(monkeypatch, answers)
    result = run(monkeypatch, qlik_session.main, **{**CONNECTION, "max_parallel": 1, **options})
    return result, rest


def writes(rest: FakeRest) -> list[str]:
    return [place for place in rest.asked if not place.startswith("GET ")]


def test_nobody_is_missing_where_qrs_shows_no_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without rights on users gets an empty list and 200 (I: qlik-api 2.1): all would be ended."""
    answers = {**two_sessions(), f"{QRS}/user/full": [], f"{QRS}/user/count": {"value": 0}}
    result, rest = end(monkeypatch, answers, user_states=["missing"])
    assert result["failure"]["kind"] == "missing_not_proven"
    assert "api_user" in result["msg"]
    assert writes(rest) == []


@pytest.mark.parametrize("everybody", [501, 499, failed_with(403)])
def test_nobody_is_missing_where_others_are_shown_another_number_of_users(
    monkeypatch: pytest.MonkeyPatch, everybody: Any
) -> None:
    answers = {**two_sessions(), f"{QRS}/user/count as INTERNAL\\sa_repository": everybody}
    result, rest = end(monkeypatch, answers, user_states=["missing"])
    assert result["failure"]["kind"] == "missing_not_proven"
    assert writes(rest) == []


def test_a_site_that_shows_no_links_is_no_site_without_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = two_sessions()
    for proxy in answers[f"{QRS}/proxyservice/full"]:
        proxy["settings"]["virtualProxies"] = None
    result, _rest = end(monkeypatch, answers, all=True)
    assert result["failure"]["kind"] == "no_virtual_proxies"


def test_the_same_reason_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = two_sessions()
    sessions = [struct(f"id-{number}") for number in range(3)]
    answers[f"GET {CENTRAL}/qps/session"] = sessions
    for session in sessions:
        failure = RequestFailed("forbidden", "no.", request=f"DELETE x/{ref_of(session)}", status=403)
        answers[f"DELETE {CENTRAL}/qps/session/{session['SessionId']}"] = failure
    result, _rest = end(monkeypatch, answers, proxies=["Central"], virtual_proxies=["/"])
    assert result["msg"] == "3 of 3 sessions could not be ended. 3 times: DELETE x/<ref>: no."
    assert len({session["outcome_reason"] for session in result["sessions"]}) == 3


def ref_of(session: dict[str, Any]) -> str:
    return f"a1b2c3-{hashlib.sha256(session['SessionId'].encode()).hexdigest()[:12]}"


def two_sessions() -> dict[str, Any]:
    return {
        **site_answers(),
        f"GET {CENTRAL}/qps/session": gone_after(struct("one"), ROBOT),
        f"GET {NODE2}/qps/sales/session": gone_after(struct("two", "LAB\\bert")),
        f"DELETE {CENTRAL}/qps/session/one": {},
        f"DELETE {NODE2}/qps/sales/session/two": {},
        f"DELETE {CENTRAL}/qps/session/robot": {},
    }


def test_sessions_are_ended_and_their_lists_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    result, rest = end(monkeypatch, two_sessions(), all=True)
    assert result["changed"] is True
    assert [(session["user"], session["outcome"]) for session in result["sessions"]] == [
        ("LAB\\anna", "ended"),
        ("LAB\\bert", "ended"),
    ]
    assert [(session["user"], session["reason"]) for session in result["kept"]] == [
        ("INTERNAL\\sa_scheduler", "protect_users names this user")
    ]
    assert result["summary"] == {
        "sessions": 2,
        "users": 2,
        "people": 2,
        "rows_without_session": None,
        "users_at_limit": 0,
        "proxies": 2,
        "virtual_proxies": 3,
        "ended": 2,
        "already_gone": 0,
        "failed": 0,
        "would_end": 0,
        "kept": 1,
        "listed": 3,
    }
    assert (result["outcome"], result["notes"], result["at_limit"]) == ("ended", [], [])
    assert result["message"] == "3 sessions listed, 2 to end: 2 ended, 1 kept"
    assert writes(rest) == [f"DELETE {CENTRAL}/qps/session/one", f"DELETE {NODE2}/qps/sales/session/two"]
    assert len(rest.asked) == 2 + 4 + 2 + 2
    assert list(result["first_seen"]) == [result["kept"][0]["ref"]]
    assert result["complete"] is True
    assert rest.closed


def test_the_second_run_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    result, rest = end(monkeypatch, site_answers(central=[ROBOT]), all=True)
    assert result["changed"] is False
    assert result["sessions"] == []
    assert writes(rest) == []


def test_check_mode_makes_the_same_plan_and_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    real, _rest = end(monkeypatch, two_sessions(), all=True)
    would, rest = end(monkeypatch, two_sessions(), all=True, _ansible_check_mode=True)
    assert writes(rest) == []
    assert len(rest.asked) == 2 + 4
    assert would["changed"] is True
    assert {session["outcome"] for session in would["sessions"]} == {"would_end"}
    assert would["summary"]["would_end"] == 2
    assert would["summary"].keys() == real["summary"].keys()
    assert [session["ref"] for session in would["sessions"]] == [session["ref"] for session in real["sessions"]]
    assert would["kept"] == [{**kept, "first_seen": would["kept"][0]["first_seen"]} for kept in real["kept"]]
    assert would["diff"] == real["diff"]
    assert set(would["first_seen"]) == {session["ref"] for session in [*would["sessions"], *would["kept"]]}


def failing() -> dict[str, Any]:
    return {**two_sessions(), f"DELETE {CENTRAL}/qps/session/one": failed_with(500)}


@pytest.mark.parametrize(
    ("answers", "options"),
    [
        (two_sessions, {}),
        (two_sessions, {"_ansible_check_mode": True}),
        (failing, {}),
        (two_sessions, {"max_sessions": 1}),
        (two_sessions, {"max_sessions": 1, "_ansible_check_mode": True}),
        (site_answers, {}),
    ],
)
def test_the_keys_are_the_same_in_every_mode_and_in_failure(
    monkeypatch: pytest.MonkeyPatch, answers: Any, options: dict[str, Any]
) -> None:
    result, _rest = end(monkeypatch, answers(), all=True, **options)
    assert result.keys() - {"failed", "msg", "failure", "warnings", "exception"} == KEYS
    assert ("failure" in result) is bool(result.get("failed"))
    for session in result["sessions"]:
        assert session.keys() == {
            *("ref", "user", "user_directory", "user_id", "user_name", "attributes", "virtual_proxy"),
            *("virtual_proxy_id", "proxy", "proxy_host", "first_seen", "age", "outcome", "outcome_reason"),
            *("age_source", "started", "last_active", "idle", "license"),
        }


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"exclude_users": ["anna"]},
        {"users": []},
        {"users": [""]},
        {"users": ""},
        {"users": " "},
        {"users": ","},
        {"proxies": "", "virtual_proxies": [""], "attributes": "", "session_refs": [" "], "session_ids": ""},
        {"user_states": [""], "min_age": "", "keep_per_user": "", "all": ""},
        {"all": False},
    ],
)
def test_no_selection_is_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    result, rest = end(monkeypatch, two_sessions(), **options)
    assert result["failed"] is True
    assert "all: true" in result["msg"]
    assert result["failure"]["kind"] == "refused"
    assert rest.asked == []


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        ({"max_sessions": 2}, False),
        ({"max_sessions": 1}, True),
        ({"max_sessions": 0}, True),
        ({"max_sessions": ""}, False),
        # 2 of 3 sessions
        ({"max_percent": 66.6}, True),
        ({"max_percent": 66.7}, False),
        ({"max_percent": 100, "max_sessions": 1}, True),
    ],
)
def test_caps_refuse_before_anything_is_ended(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], refused: bool
) -> None:
    result, rest = end(monkeypatch, two_sessions(), all=True, **options)
    assert bool(result.get("failed")) is refused
    assert len(writes(rest)) == (0 if refused else 2)
    if refused:
        assert result["changed"] is False
        assert result["msg"].startswith("Nothing was ended: 2 sessions would be,")
        assert {session["outcome"] for session in result["sessions"]} == {"would_end"}


def test_max_percent_reads_the_whole_site_and_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    _result, rest = end(monkeypatch, two_sessions(), proxies=["Central"], max_percent=34, _ansible_check_mode=True)
    assert len(rest.asked) == 2 + 4
    _result, rest = end(monkeypatch, two_sessions(), proxies=["Central"], max_sessions=5, _ansible_check_mode=True)
    assert len(rest.asked) == 2 + 2
    _result, rest = end(monkeypatch, two_sessions(), proxies=["Central"], keep_per_user=0, _ansible_check_mode=True)
    assert len(rest.asked) == 2 + 4 + 5


@pytest.mark.parametrize(
    ("protect", "ended"),
    [
        ({}, ["LAB\\anna", "LAB\\bert"]),
        ({"protect_users": [""]}, ["LAB\\anna", "LAB\\bert"]),
        ({"protect_users": ""}, ["LAB\\anna", "LAB\\bert"]),
        ({"protect_users": " "}, ["LAB\\anna", "LAB\\bert"]),
        ({"protect_users": []}, ["INTERNAL\\sa_scheduler", "LAB\\anna", "LAB\\bert"]),
        ({"protect_users": ["anna"]}, ["INTERNAL\\sa_scheduler", "LAB\\bert"]),
        ({"protect_users": "LAB\\anna, LAB\\bert"}, ["INTERNAL\\sa_scheduler"]),
        ({"protect_users": [], "api_user": "lab\\ANNA"}, ["INTERNAL\\sa_scheduler", "LAB\\bert"]),
    ],
)
def test_protected_users(monkeypatch: pytest.MonkeyPatch, protect: dict[str, Any], ended: list[str]) -> None:
    result, rest = end(monkeypatch, two_sessions(), all=True, **protect)
    assert sorted(session["user"] for session in result["sessions"]) == ended
    assert len(writes(rest)) == len(ended)


def test_one_failure_fails_the_task_after_the_rest_was_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = two_sessions()
    answers[f"DELETE {CENTRAL}/qps/session/one"] = Response(403, None, repeated=False)
    answers[f"GET {CENTRAL}/qps/session"] = [struct("one")]
    result, rest = end(monkeypatch, answers, all=True)
    assert result["failed"] is True
    assert result["changed"] is True
    assert result["msg"].startswith("1 of 2 sessions could not be ended. 1 times: ")
    assert [session["outcome"] for session in result["sessions"]] == ["failed", "ended"]
    assert [bool(session["outcome_reason"]) for session in result["sessions"]] == [True, False]
    assert len(writes(rest)) == 2
    assert result["sessions"][0]["ref"] in result["first_seen"]


def test_a_session_that_stays_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {**two_sessions(), f"GET {CENTRAL}/qps/session": [struct("one")]}
    result, _rest = end(monkeypatch, answers, users=["anna"])
    assert result["failed"] is True
    assert result["changed"] is False
    assert "kept the session" in result["msg"]


def test_a_session_that_was_gone_already_is_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {**two_sessions(), f"DELETE {CENTRAL}/qps/session/one": Response(404, None, repeated=False)}
    result, _rest = end(monkeypatch, answers, users=["anna"])
    assert result["changed"] is False
    assert "failed" not in result
    assert result["summary"]["already_gone"] == 1


def test_nothing_is_ended_while_the_list_is_not_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {**two_sessions(), f"GET {NODE2}/qps/session": unreachable()}
    result, rest = end(monkeypatch, answers, all=True)
    assert result["failed"] is True
    assert result["msg"].startswith("Nothing was ended, because not all sessions could be listed. Proxy service Node2")
    assert result["complete"] is False
    assert len(result["failures"]) == 2
    assert writes(rest) == []


def test_warn_ends_what_could_be_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {**two_sessions(), f"GET {NODE2}/qps/session": unreachable()}
    result, rest = end(monkeypatch, answers, all=True, on_proxy_failure="warn")
    assert "failed" not in result
    assert result["complete"] is False
    assert writes(rest) == [f"DELETE {CENTRAL}/qps/session/one"]
    assert "Not all sessions could be listed. Proxy service Node2" in str(result["warnings"])


def test_lists_that_cannot_be_read_again_fail_or_warn(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers() -> dict[str, Any]:
        lists = [Turn([struct("one")]), Turn(failed_with(500))]
        return {**two_sessions(), f"GET {CENTRAL}/qps/session": lists}

    result, _rest = end(monkeypatch, answers(), users=["anna"])
    assert result["failed"] is True
    assert result["msg"].startswith("The sessions were ended, but their lists could not be read again.")
    assert result["complete"] is False
    assert result["changed"] is True
    result, _rest = end(monkeypatch, answers(), users=["anna"], on_proxy_failure="warn")
    assert "failed" not in result
    assert "could be listed" in str(result["warnings"])


def test_the_difference_names_who_and_where_without_any_id(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _rest = end(monkeypatch, two_sessions(), users=["bert"], _ansible_check_mode=True)
    ref = result["sessions"][0]["ref"]
    assert result["diff"] == {
        "before": {"sessions": [f"LAB\\bert over /sales on Node2, {ref}"]},
        "after": {"sessions": []},
    }


@pytest.mark.parametrize("option", ["max_sessions", "max_percent"])
def test_caps_that_cannot_be_meant_are_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    result, rest = end(monkeypatch, two_sessions(), all=True, **{option: -1})
    assert result["failed"] is True
    assert result["failure"]["kind"] == "bad_option"
    assert option in result["msg"]
    assert rest.asked == []


def test_ids_are_in_the_result_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {**site_answers(central=[struct("2734806e-c2e6")]), f"DELETE {CENTRAL}/qps/session/2734806e-c2e6": {}}
    result, _rest = end(monkeypatch, dict(answers), all=True, _ansible_check_mode=True)
    assert "2734806e" not in str(result)
    result, _rest = end(monkeypatch, dict(answers), all=True, include_session_ids=True, _ansible_check_mode=True)
    assert result["sessions"][0]["session_id"] == "2734806e-c2e6"
    result, _rest = end(monkeypatch, dict(answers), session_ids=["2734806e-c2e6"])
    assert "2734806e" not in str(result)
    assert result["failed"] is True  # it stays in the fake's list


# Rules


def test_rules_end_what_any_of_them_selects_and_say_which(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [{"name": "leaking", "users": ["bert"]}, {"keep_per_user": 0, "proxies": ["Central"]}]
    result, rest = end(monkeypatch, two_sessions(), any_of=rules)
    assert [(session["user"], session["rule"], session["reason"]) for session in result["sessions"]] == [
        ("LAB\\anna", "proxies", "matches proxies"),
        ("LAB\\bert", "leaking", "matches users"),
    ]
    assert result["summary"]["rules"] == {"leaking": 1, "proxies": 1}
    assert [(kept["rule"], kept["reason"]) for kept in result["kept"]] == [("proxies", "protect_users names this user")]
    assert len(writes(rest)) == 2


def test_the_selection_narrows_down_what_the_rules_select(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [{"users": ["bert"]}, {"users": ["anna"]}]
    result, rest = end(monkeypatch, two_sessions(), any_of=rules, proxies=["Node2"])
    assert [session["user"] for session in result["sessions"]] == ["LAB\\bert"]
    assert len(writes(rest)) == 1


def test_only_what_a_rule_may_mean_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [{"proxies": ["Central"], "virtual_proxies": ["/"]}, {"proxies": ["Node2"], "virtual_proxies": ["sales"]}]
    _result, rest = end(monkeypatch, two_sessions(), any_of=rules, _ansible_check_mode=True)
    assert len(rest.asked) == 2 + 2


BAD_RULES: list[tuple[Any, str]] = [
    ([{}], "any_of[0]: this rule has no condition"),
    ([None], "any_of[0]: None is no rule"),
    ([{"users": ["bert"]}, {"name": "x"}], "any_of[1]: this rule has no condition"),
    ([{"users": "", "min_age": "", "keep_per_user": ""}], "any_of[0]: this rule has no condition"),
    ([{"keep_per_user": 0}], "any_of[0]: this rule has no condition"),
    ([{"users": [34]}], "any_of[0].users: 34 is a number"),
    ([{"users": [False]}], "any_of[0].users: False is a truth value"),
    ([{"name": 8, "users": ["bert"]}], "any_of[0].name: 8 is a number"),
    ([{"users": ["bert"]}, {"min_age": 480}], "any_of[1].min_age: 480 is a number"),
    ([{"min_age": "480"}], "any_of[0].min_age: 480 has no unit"),
    ([{"min_age": "2026-01-15"}], "any_of[0].min_age: '2026-01-15' is not a duration"),
    ([{"keep_per_user": True}], "any_of[0].keep_per_user: True is a truth value"),
    ([{"keep_per_virtual_proxy": "ten"}], "keep_per_virtual_proxy"),
    ([{"keep_per_user": 4.5}], "keep_per_user"),
    ([{"user_states": ["gone"]}], "user_states"),
    ([{"min_idle_": "8h"}], "min_idle_"),
    (["min_age=8h"], "any_of[0]: 'min_age=8h' is no rule"),
    ({"min_age": "8h"}, "is not a list of rules"),
    ("min_age=8h", "is not a list of rules"),
]


@pytest.mark.parametrize(("rules", "words"), BAD_RULES)
def test_a_rule_that_cannot_be_meant_is_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, rules: Any, words: str
) -> None:
    result, rest = end(monkeypatch, two_sessions(), any_of=rules, users=["*"])
    assert result["failed"] is True
    assert words in result["msg"]
    assert rest.asked == []


@pytest.mark.parametrize("rules", [[], "", [""], " "])
def test_no_rules_select_nothing(monkeypatch: pytest.MonkeyPatch, rules: Any) -> None:
    result, rest = end(monkeypatch, two_sessions(), any_of=rules, skip_blank_rules=True)
    assert result["failure"]["kind"] == "refused"
    assert rest.asked == []


def test_rules_that_nobody_has_set_end_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [{"name": "old", "min_age": "0"}, {"name": "many", "keep_per_user": "0"}, {"users": [""]}]
    result, rest = end(monkeypatch, two_sessions(), any_of=rules, skip_blank_rules=True, remember=True)
    assert (result["outcome"], result["changed"], result["summary"]["rules"]) == ("nothing to do", False, {})
    assert result["summary"]["listed"] == 3
    assert writes(rest) == []


def test_a_name_in_a_rule_that_the_site_does_not_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    result, rest = end(monkeypatch, two_sessions(), any_of=[{"proxies": ["Node9"]}])
    assert result["msg"].startswith("any_of[0].proxies: the site has no 'Node9'. It has: Central")
    assert writes(rest) == []


def test_a_cap_counts_what_all_rules_select(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [{"users": ["bert"]}, {"users": ["anna"]}]
    result, rest = end(monkeypatch, two_sessions(), any_of=rules, max_sessions=1)
    assert result["msg"].startswith("Nothing was ended: 2 sessions would be, 1 more than max_sessions allows (1).")
    assert {session["reason"] for session in result["sessions"]} == {"matches users"}
    assert writes(rest) == []


def test_where_nobody_is_proven_missing_the_other_rules_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {**two_sessions(), f"{QRS}/user/full": [], f"{QRS}/user/count": {"value": 0}}
    rules = [{"name": "gone", "user_states": ["missing"]}, {"users": ["bert"]}]
    result, rest = end(monkeypatch, answers, any_of=rules)
    assert [session["rule"] for session in result["sessions"]] == ["users"]
    assert result["notes"][0].startswith("Rule gone selects no user whose state is unknown. user_states: QRS shows no")
    assert len(writes(rest)) == 1


def test_states_may_be_a_text_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    for options in ({"user_states": "inactive, blacklisted"}, {"any_of": [{"user_states": "inactive, blacklisted"}]}):
        result, _rest = end(monkeypatch, two_sessions(), **options, _ansible_check_mode=True)
        assert [session["user"] for session in result["sessions"]] == ["LAB\\anna"]


# The memory


def test_a_memory_goes_in_and_comes_out_without_what_was_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    first, _rest = end(monkeypatch, two_sessions(), any_of=[{"min_age": "8h"}], remember=True)
    assert (first["outcome"], first["memory"]["state"], first["memory"]["of_unknown_age"]) == (
        "nothing to do",
        "none",
        3,
    )
    aged = first["memory"]["text"].replace(first["observed_at"], "2020-01-01T00:00:00Z")
    options = {"any_of": [{"users": ["bert"], "min_age": "8h"}], "remember": True}
    dry, rest = end(monkeypatch, two_sessions(), memory=aged, **options, _ansible_check_mode=True)
    assert writes(rest) == []
    second, _rest = end(monkeypatch, two_sessions(), memory=aged, **options)
    assert [session["reason"] for session in dry["sessions"]] == [session["reason"] for session in second["sessions"]]
    assert (second["memory"]["state"], second["memory"]["note"]) == ("kept", "")
    (ended,) = second["sessions"]
    assert ended["ref"] in dry["memory"]["text"]
    assert ended["ref"] not in second["memory"]["text"]
    assert second["memory"]["text"].count("2020-01-01T00:00:00Z") == 1
    assert "first_seen" not in second


def test_remembering_reads_the_whole_site(monkeypatch: pytest.MonkeyPatch) -> None:
    _result, rest = end(monkeypatch, two_sessions(), proxies=["Central"], remember=True, _ansible_check_mode=True)
    assert len(rest.asked) == 2 + 4


@pytest.mark.parametrize("memory", ["{", "\x00\xff", ["x"], 5, {"qlikops.sense": 1}])
def test_a_memory_that_cannot_be_read_leaves_ages_unknown(monkeypatch: pytest.MonkeyPatch, memory: Any) -> None:
    result, rest = end(monkeypatch, two_sessions(), any_of=[{"min_age": "1s"}], memory=memory, remember=True)
    assert (result["outcome"], result["memory"]["state"]) == ("nothing to do", "unreadable")
    assert writes(rest) == []


@pytest.mark.parametrize(
    ("memory", "words"),
    [
        ({"qlikops.sense": 2}, "memory: it has format 2"),
        (
            {"qlikops.sense": 1, "site": ["x"], "stored_at": "2026-01-15T08:00:00Z", "first_seen": {}},
            "memory: it belongs to another site",
        ),
    ],
)
def test_a_memory_that_is_not_ours_is_refused(monkeypatch: pytest.MonkeyPatch, memory: Any, words: str) -> None:
    result, rest = end(monkeypatch, two_sessions(), all=True, memory=json.dumps(memory), remember=True)
    assert words in result["msg"]
    assert "memory" not in result
    assert writes(rest) == []


def test_a_memory_and_first_seen_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    result, rest = end(monkeypatch, two_sessions(), all=True, memory="{", first_seen={"a": "2026-01-15T08:00:00Z"})
    assert result["msg"].startswith("memory: it can't be combined with first_seen.")
    assert rest.asked == []
