# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""qlik_session: check mode plans what the real run does, and each session's outcome is what became of it."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from urllib.parse import quote

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules, Run

OUTCOMES = ("ended", "already_gone", "failed", "would_end")
PROTECTED = "INTERNAL\\sa_repository"
API_USER = "INTERNAL\\sa_api"
BJORN = "LAB\\bjorn"

SELECTIONS: list[dict[str, Any]] = [
    {"all": True},
    {"users": ["LAB\\anna"]},
    {"proxies": ["Node2"]},
    {"virtual_proxies": ["/twin", "partner/emea"]},
    {"attributes": {"group": "*"}, "exclude_users": ["PARTNER\\*"]},
    {"user_states": ["inactive", "blacklisted", "missing"]},
    {"keep_per_user": 2},
    {"all": True, "exclude_users": ["bjorn"], "sort_by": "userid"},
]


def counts(run: Run) -> dict[str, int]:
    """How many sessions had which outcome; none is left out."""
    summary = run.result["summary"]
    assert summary["sessions"] == sum(summary[outcome] for outcome in OUTCOMES) == len(run.sessions)
    assert Counter(session["outcome"] for session in run.sessions) == +Counter({o: summary[o] for o in OUTCOMES})
    return {outcome: summary[outcome] for outcome in OUTCOMES if summary[outcome]}


def planned(run: Run) -> dict[str, Any]:
    """A result without what must differ between a plan and the deed, or between two points in time."""
    apart = ("invocation", "observed_at", "first_seen", "summary", "outcome", "message")
    result = {key: value for key, value in run.result.items() if key not in apart}
    result["sessions"] = [
        {key: value for key, value in session.items() if key not in ("outcome", "first_seen")}
        for session in run.sessions
    ]
    result["kept"] = [{**kept, "first_seen": ""} for kept in result["kept"]]
    result["summary"] = {key: value for key, value in run.result["summary"].items() if key not in OUTCOMES}
    return result


def assert_nothing_written(control: simulated.Control) -> None:
    assert control.writes() == []
    assert control.counters()["writes"] == 0
    assert control.journal(method="DELETE") == []


# Plan and deed


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_check_mode_is_the_plan_and_the_deed_follows_it(modules: Modules, selection: dict[str, Any]) -> None:
    refs = modules.refs()
    modules.control.clear_journal()

    dry = modules.dry(**selection)
    assert not dry.failed, dry.message
    assert dry.result["changed"] is True
    assert counts(dry) == {"would_end": len(dry.sessions)}
    assert_nothing_written(modules.control)
    assert sorted(modules.session_ids()) == sorted(refs)

    real = modules.end(**selection)
    assert not real.failed, real.message
    assert real.result["changed"] is True
    assert counts(real) == {"ended": len(dry.sessions)}
    assert planned(real) == planned(dry)
    ended = {session["ref"] for session in real.sessions}
    assert {refs[id_] for id_ in modules.session_ids()} == set(refs.values()) - ended
    assert len(modules.control.writes()) == len(ended)
    assert set(real.result["first_seen"]) == set(dry.result["first_seen"]) - ended

    again = modules.end(**selection)
    assert not again.failed
    assert again.result["changed"] is False
    assert again.sessions == []
    assert {kept["ref"] for kept in again.result["kept"]} == {kept["ref"] for kept in real.result["kept"]}
    assert len(modules.control.writes()) == len(ended)


@pytest.mark.parametrize("selection", SELECTIONS[:-1], ids=str)
def test_what_the_one_module_shows_the_other_ends(modules: Modules, selection: dict[str, Any]) -> None:
    options = {name: value for name, value in selection.items() if name != "all"}
    shown = [session["ref"] for session in modules.info(**options).sessions]
    dry = modules.dry(protect_users=[], **selection)
    kept = [session["ref"] for session in dry.result["kept"]]
    assert sorted([*dry.outcomes, *kept]) == sorted(shown)
    assert {session["user"] for session in dry.result["kept"]} <= {API_USER}


def test_keys_are_the_same_in_every_mode(modules: Modules) -> None:
    dry, real, none = modules.dry(users=["anna"]), modules.end(users=["anna"]), modules.end(users=["anna"])
    refused = modules.end(all=True, max_sessions=1)
    assert dry.result.keys() == real.result.keys() == none.result.keys()
    assert refused.result.keys() - {"msg", "failed", "failure", "exception"} == real.result.keys()
    assert dry.sessions[0].keys() == real.sessions[0].keys() == refused.sessions[0].keys()


def test_each_is_ended_by_its_id_on_its_own_proxy(modules: Modules) -> None:
    sessions = modules.control.sessions(user=BJORN)
    modules.end(users=[BJORN])
    deleted = modules.control.journal(method="DELETE")
    paths = sorted((entry["node"], entry["path"].partition("?")[0]) for entry in deleted)
    assert paths == sorted(
        (each["node"], f"/qps/{each['virtual_proxy']}/session/{each['session_id']}".replace("//", "/"))
        for each in sessions
    )
    assert {entry["status"] for entry in deleted} == {200}
    assert {entry["peer"] for entry in deleted} == {"CN=QlikClient"}


@pytest.mark.parametrize("odd", ["a b/c?d#e&f=%2e", "..%2f", "山田;x", "'\"\\", "+"])
def test_ids_of_any_kind(modules: Modules, odd: str) -> None:
    modules.control.login("LAB\\carla", "Node2", "partner/emea", session_id=odd)
    modules.control.login("LAB\\carla", "Node2", "partner/emea", session_id="left")
    run = modules.end(session_ids=[odd], ids_wanted=True)
    assert not run.failed, run.message
    assert counts(run) == {"ended": 1}
    assert [session["session_id"] for session in modules.control.sessions("LAB\\carla")] == ["left"]


@pytest.mark.parametrize("unsafe", [".", ".."])
def test_an_id_that_no_url_can_hold_ends_nothing_else(modules: Modules, unsafe: str) -> None:
    before = len(modules.session_ids())
    modules.control.login("LAB\\carla", "Node2", "sales", session_id=unsafe)
    run = modules.end(users=["carla"], ids_wanted=True)
    assert counts(run) == {"failed": 1}
    assert "can't be part of a URL" in run.sessions[0]["outcome_reason"]
    assert len(modules.session_ids()) == before + 1
    assert_nothing_written(modules.control)


def test_diff_shows_intent(modules: Modules) -> None:
    run = modules.dry(users=["PARTNER\\anna"])
    (session,) = run.sessions
    named = f"PARTNER\\anna over /partner/emea on Node2, {session['ref']}"
    assert run.result["diff"] == {"before": {"sessions": [named]}, "after": {"sessions": []}}


# Outcomes


def test_a_session_said_to_be_gone_and_listed_still_has_not_been_ended(modules: Modules) -> None:
    modules.control.fault("status", method="DELETE", status=404, body="Not Found")
    run = modules.end(users=["PARTNER\\anna"])
    assert run.failed
    assert counts(run) == {"failed": 1}


def test_sessions_that_end_while_the_module_works_are_already_gone(modules: Modules) -> None:
    modules.control.login("LAB\\carla", "Node2", "sales", count=2)
    run = modules.end(users=["carla"], before=[GONE_MEANWHILE.format(control=modules.site_info["control"])])
    assert not run.failed, run.message
    assert counts(run) == {"already_gone": 2}
    assert run.result["changed"] is False
    assert not set(run.outcomes) & set(run.result["first_seen"])
    assert {entry["status"] for entry in modules.control.journal(method="DELETE")} == {404}


# Ends all sessions by the control interface as soon as the module has made its plan.
GONE_MEANWHILE = """
import urllib.request
from ansible_collections.qlikops.sense.plugins.module_utils import _site
end = _site.Site.end
def gone(site, sessions):
    request = urllib.request.Request("{control}/sessions", method="DELETE")
    urllib.request.build_opener(urllib.request.ProxyHandler({{}})).open(request).close()
    return end(site, sessions)
_site.Site.end = gone
"""


def test_ids_that_are_gone_are_nothing_to_do(modules: Modules) -> None:
    (gone, live) = modules.control.login("LAB\\carla", "Node2", "sales", count=2)
    assert not modules.end(session_ids=[gone]).failed
    run = modules.end(session_ids=[gone, live])
    assert counts(run) == {"ended": 1}
    last = modules.end(session_ids=[gone, live])
    assert (last.failed, last.result["changed"], last.sessions) == (False, False, [])


def test_one_failure_does_not_stop_the_rest(modules: Modules) -> None:
    sessions = modules.control.sessions(user=BJORN)
    stuck = sessions[3]["session_id"]
    modules.control.fault("status", method="DELETE", path=stuck, status=500, body=f"cannot end {stuck} now")
    run = modules.end(users=[BJORN])
    assert run.failed
    assert counts(run) == {"ended": len(sessions) - 1, "failed": 1}
    assert run.result["changed"] is True
    assert [session["session_id"] for session in modules.control.sessions(user=BJORN)] == [stuck]
    (failed,) = [session for session in run.sessions if session["outcome"] == "failed"]
    assert "500 Internal Server Error, with the words: cannot end *** now" in failed["outcome_reason"]
    assert f"/session/{failed['ref']}:" in failed["outcome_reason"]
    assert run.message.startswith(f"1 of {len(sessions)} sessions could not be ended.")
    assert failed["ref"] in run.result["first_seen"]
    assert all(session["outcome_reason"] == "" for session in run.sessions if session is not failed)


def test_a_session_that_stays_has_not_been_ended(modules: Modules) -> None:
    (stuck,) = modules.control.login("LAB\\carla", "Node2", "sales")
    struct = f'{{"UserDirectory":"LAB","UserId":"carla","Attributes":[],"SessionId":"{stuck}"}}'
    modules.control.fault("status", method="DELETE", path=stuck, status=200, body=struct)
    run = modules.end(users=["carla", "anna"])
    assert run.failed
    assert counts(run) == {"ended": 3, "failed": 1}
    (failed,) = [session for session in run.sessions if session["outcome"] == "failed"]
    assert (failed["user"], failed["outcome_reason"]) == (
        "LAB\\carla",
        "the proxy service accepted the request but kept the session",
    )
    assert failed["ref"] in run.result["first_seen"]


def test_an_answer_that_gets_lost_is_no_already_gone(modules: Modules) -> None:
    """The first DELETE ends the session and its answer is lost, the second finds nothing: this run has ended it."""
    modules.control.login("LAB\\carla", "Node2", "sales")
    run = modules.end(users=["carla"], retries=1, before=[LOST_ANSWER])
    assert counts(run) == {"ended": 1}
    assert run.result["changed"] is True
    assert [entry["status"] for entry in modules.control.journal(method="DELETE")] == [200, 404]


# Loses the first answer to a DELETE, as a connection that breaks at the wrong time does.
LOST_ANSWER = """
import requests
lost = []
request = requests.Session.request
def losing(session, method, url, **options):
    answer = request(session, method, url, **options)
    if method == "DELETE" and not lost:
        lost.append(answer)
        raise requests.exceptions.ConnectionError("the response was lost")
    return answer
requests.Session.request = losing
"""


@pytest.mark.parametrize("fault", ["cut", "half"])
def test_a_cut_connection_is_tried_again(modules: Modules, fault: str) -> None:
    modules.control.fault(fault, method="DELETE", times=1)
    run = modules.end(users=["PARTNER\\anna"], retries=1)
    assert not run.failed
    assert modules.control.sessions("PARTNER\\anna") == []
    assert len(modules.control.journal(method="DELETE")) == 2


def test_a_proxy_that_dies_meanwhile_is_asked_few_times(modules: Modules) -> None:
    modules.control.fault("cut", method="DELETE", node="Node2")
    modules.control.fault("cut", path="/alive", node="Node2")
    here, there = modules.control.sessions(node="Node2"), modules.control.sessions(node="Central")
    run = modules.end(all=True, protect_users=[], max_parallel=1)
    assert run.failed
    outcomes = counts(run)
    assert outcomes == {"ended": len(there) - 1, "failed": len(here)}  # the session of api_user is kept
    assert len(modules.control.journal(method="DELETE", node="Node2")) == 1
    assert len(modules.control.sessions(node="Node2")) == len(here)


@pytest.mark.parametrize(("fault", "stays"), [("cut", True), ("lost", False)])
def test_one_session_that_never_gets_an_answer_spares_no_other(modules: Modules, fault: str, stays: bool) -> None:
    here = [session["session_id"] for session in modules.control.sessions(node="Node2")]
    modules.control.fault(fault, method="DELETE", path=re.escape(quote(here[0], safe="")))
    run = modules.end(proxies=["Node2"], all=True, protect_users=[], max_parallel=1)
    assert run.failed is stays
    assert counts(run) == ({"failed": 1, "ended": len(here) - 1} if stays else {"ended": len(here)})
    assert [session["session_id"] for session in modules.control.sessions(node="Node2")] == here[:stays]
    assert len(modules.control.journal(method="DELETE")) == len(here)


def test_users_with_single_sign_on_come_straight_back_and_are_no_failure(modules: Modules) -> None:
    modules.control.single_sign_on(BJORN)
    before = modules.control.sessions(user=BJORN)
    run = modules.end(users=[BJORN])
    assert not run.failed, run.message
    assert counts(run) == {"ended": len(before)}
    after = modules.control.sessions(user=BJORN)
    assert len(after) == len(before)
    assert not {s["session_id"] for s in before} & {s["session_id"] for s in after}


# Refusals


@pytest.mark.parametrize(
    "selection", [{}, {"users": []}, {"users": [""]}, {"exclude_users": ["anna"]}, {"min_age": ""}]
)
def test_no_selection_is_refused(modules: Modules, selection: dict[str, Any]) -> None:
    run = modules.end(**selection)
    assert run.failure["kind"] == "refused"
    assert "this would end all sessions of the site" in run.failure["reason"]
    assert "all: true" in run.failure["hint"]
    assert modules.control.journal() == []


@pytest.mark.parametrize("runner", ["end", "dry"])
@pytest.mark.parametrize(
    ("cap", "says"),
    [
        ({"max_sessions": 6}, "7 sessions would be, 1 more than max_sessions allows (6)"),
        ({"max_sessions": 0}, "7 sessions would be, 7 more than max_sessions allows (0)"),
        ({"max_percent": 33}, "7 sessions would be, 1 more than max_percent allows (33 % of 20 sessions, so 6)"),
        ({"max_percent": 34.9}, "7 sessions would be, 1 more than max_percent allows (34.9 % of 20 sessions, so 6)"),
    ],
)
def test_caps_refuse_before_anything_is_ended(modules: Modules, runner: str, cap: dict[str, float], says: str) -> None:
    run = getattr(modules, runner)(users=[BJORN], **cap)
    assert run.failed
    assert run.message.startswith("Nothing was ended: ")
    assert says in run.message
    assert run.result["changed"] is False
    assert counts(run) == {"would_end": 7}
    assert_nothing_written(modules.control)


@pytest.mark.parametrize("cap", [{"max_sessions": 7}, {"max_percent": 35}])
def test_caps_that_hold(modules: Modules, cap: dict[str, float]) -> None:
    assert counts(modules.end(users=[BJORN], **cap)) == {"ended": 7}


def test_a_percentage_is_of_the_whole_site(modules: Modules) -> None:
    """All sessions of two virtual proxies of Central, and yet no more than 30 % of the site's 20."""
    run = modules.dry(proxies=["Central"], virtual_proxies=["sales", "twin"], max_percent=30)
    assert counts(run) == {"would_end": 6}


@pytest.mark.parametrize(
    ("option", "value"), [("max_sessions", -1), ("max_percent", 101), ("max_percent", -0.5), ("max_percent", "nan")]
)
def test_caps_that_cannot_be_meant(modules: Modules, option: str, value: object) -> None:
    run = modules.end(all=True, **{option: value})
    assert run.failure["kind"] == "bad_option"
    assert run.failure["reason"].startswith(f"{option}: ")
    assert_nothing_written(modules.control)


# Who is spared


def test_internal_users_are_spared_and_listed(modules: Modules) -> None:
    run = modules.end(all=True)
    kept = {session["user"]: session["reason"] for session in run.result["kept"]}
    assert kept == {
        PROTECTED: "protect_users names this user",
        API_USER: "sessions of api_user are never ended",
    }
    assert run.result["summary"]["kept"] == 2
    assert sorted(f"{s['user_directory']}\\{s['user_id']}" for s in modules.control.sessions()) == sorted(kept)


def test_an_empty_list_protects_nobody_but_the_api_user(modules: Modules) -> None:
    run = modules.end(all=True, protect_users=[])
    assert [session["user"] for session in run.result["kept"]] == [API_USER]
    assert [session["user_id"] for session in modules.control.sessions()] == ["sa_api"]


def test_protected_patterns(modules: Modules) -> None:
    run = modules.dry(users=["anna", "sa_*"], protect_users=["lab\\AN*"], api_user="internal\\SA_API")
    assert sorted(run.users) == [PROTECTED, "PARTNER\\anna"]
    assert sorted(session["user"] for session in run.result["kept"]) == [API_USER, "LAB\\anna", "LAB\\anna"]


def test_protected_users_as_a_survey_writes_them(modules: Modules) -> None:
    run = modules.dry(users=["anna"], protect_users="nobody, LAB\\anna ,")
    assert run.users == ["PARTNER\\anna"]
    assert [session["user"] for session in run.result["kept"]] == ["LAB\\anna", "LAB\\anna"]


def test_protected_sessions_count_for_no_cap(modules: Modules) -> None:
    run = modules.end(all=True, protect_users=["bjorn", "INTERNAL\\*"], max_sessions=11)
    assert counts(run) == {"ended": 11}
    assert run.result["summary"]["kept"] == 9


# Surplus


def test_surplus_is_ended_oldest_first(modules: Modules) -> None:
    listed = modules.info(users=[BJORN])
    ages = {session["ref"]: f"2026-01-{day:02}T00:00:00Z" for day, session in enumerate(listed.sessions, 1)}
    refs = list(ages)
    run = modules.end(users=[BJORN], keep_per_user=3, first_seen=ages)
    assert sorted(run.outcomes) == sorted(refs[:4])
    assert len(modules.control.sessions(user=BJORN)) == 3
    assert modules.end(users=[BJORN], keep_per_user=3).result["changed"] is False


def test_surplus_is_counted_over_the_site_and_taken_from_the_selection(modules: Modules) -> None:
    run = modules.end(keep_per_user=2, proxies=["Node2"])
    assert counts(run) == {"ended": 3}  # bjorn has four on Central: all three on Node2 are surplus
    assert set(run.users) == {BJORN}
    assert modules.control.sessions(user=BJORN, node="Node2") == []
    assert len(modules.control.sessions(user=BJORN)) == 4


# A part of the site is dead


def test_nothing_is_ended_while_the_list_has_holes(modules: Modules) -> None:
    modules.control.proxy("Node2", "kill")
    modules.control.clear_journal()
    before = modules.session_ids()
    run = modules.end(users=["bjorn"])
    assert run.failed
    assert run.message.startswith("Nothing was ended, because not all sessions could be listed. Proxy service Node2")
    assert set(counts(run)) == {"would_end"}
    assert run.result["changed"] is False
    assert run.result["complete"] is False
    assert modules.session_ids() == before
    assert_nothing_written(modules.control)


def test_what_is_left_of_a_site_is_enough_when_told(modules: Modules) -> None:
    modules.control.proxy("Node2", "kill")
    left = modules.control.sessions(user=BJORN)
    run = modules.end(users=["bjorn"], on_proxy_failure="warn")
    assert not run.failed, run.message
    assert counts(run) == {"ended": len(left)}
    assert run.result["complete"] is False
    assert any("Node2" in str(warning) for warning in run.result["warnings"])
    assert modules.control.sessions(user=BJORN) == []


def test_lists_that_cannot_be_read_again_are_told(modules: Modules) -> None:
    modules.control.login("LAB\\carla", "Node2", "sales")
    run = modules.end(users=["carla"], before=[SILENT_AFTERWARDS])
    assert run.failed
    assert run.message.startswith("The sessions were ended, but their lists could not be read again.")
    assert counts(run) == {"ended": 1}
    assert run.result["changed"] is True
    assert run.result["complete"] is False


# Whatever is sent after a DELETE finds no way.
SILENT_AFTERWARDS = """
import requests
deleted = []
request = requests.Session.request
def silent(session, method, url, **options):
    if method == "GET" and deleted:
        raise requests.exceptions.ConnectionError("no way")
    if method == "DELETE":
        deleted.append(url)
    return request(session, method, url, **options)
requests.Session.request = silent
"""
