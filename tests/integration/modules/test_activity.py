# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What QRS knows of sessions, through the modules: shown, selected by, and doubted."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules.looks import between
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules, Run

LICENSES = ("professional", "analyzer", "user", "login", "analyzer_capacity")
SITE: dict[str, Any] = {
    "virtual_proxies": [{"prefix": "", "session_inactivity_timeout": 1440}, {"prefix": "sales"}],
    "nodes": [
        {"name": "Central", "host_name": "qlik1.example.com", "virtual_proxies": ["", "sales"]},
        {"name": "Rim", "host_name": "qlik2.example.com", "virtual_proxies": ["", "sales"]},
    ],
    "users": [{"directory": "LAB", "id": each, "license": each} for each in (*LICENSES, "none")],
    "sessions": [
        {"user": f"LAB\\{each}", "node": "Rim", "virtual_proxy": "", "count": 2, "age": 300, "idle": idle}
        for each, idle in zip((*LICENSES, "none"), (0, 60, 120, 180, 240, 300), strict=True)
    ],
}


@pytest.fixture(scope="module")
def licensed_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulated.SiteInfo]:
    """The site info of a site whose users have an allocation of each kind, and none."""
    state_dir = tmp_path_factory.mktemp("licensed") / "site"
    yield simulated.start(state_dir, SITE)
    simulated.stop(state_dir)


@pytest.fixture
def licensed(licensed_site: simulated.SiteInfo, tree: pathlib.Path) -> Modules:
    """The modules against that site, fresh."""
    modules = Modules(licensed_site, tree)
    modules.control.reset()
    return modules


def by_user(run: Run, key: str) -> dict[str, Any]:
    return {session["user_id"]: session[key] for session in run.sessions}


def minutes(run: Run, key: str) -> dict[str, Any]:
    return {user: seconds and round(seconds / 60) for user, seconds in by_user(run, key).items()}


def test_the_list_shows_what_qrs_knows(licensed: Modules) -> None:
    run = licensed.info()
    assert by_user(run, "license") == {**{each: each for each in LICENSES}, "none": None}
    idle = dict(zip(LICENSES, (0, 60, 120, 180, 240), strict=True))
    assert minutes(run, "idle") == {**idle, "none": None}
    assert minutes(run, "age") == {**dict.fromkeys(LICENSES, 300), "none": None}
    assert by_user(run, "age_source") == {**dict.fromkeys(LICENSES, "qrs"), "none": None}
    assert run.result["notes"] == []
    assert run.result["summary"]["rows_without_session"] == 0


def test_times_go_by_the_clock_of_the_site_and_not_by_ours(licensed: Modules) -> None:
    licensed.control.call("PUT", "/activity", {"user": "LAB\\analyzer", "idle_seconds": 0})
    licensed.control.advance(20 * 60)
    run = licensed.info(min_idle="19m")
    assert minutes(run, "idle")["analyzer"] == 20


def test_the_first_run_ends_what_is_idle_and_says_why(licensed: Modules) -> None:
    options = {"any_of": [{"name": "idle", "min_idle": "150m"}, {"name": "old", "min_age": "299m"}], "remember": True}
    dry, run = licensed.dry(**options), licensed.end(**options)
    assert dry.users == run.users
    assert by_user(run, "rule") == {**dict.fromkeys(LICENSES, "old"), "login": "idle", "analyzer_capacity": "idle"}
    reasons = {user: reason.replace("2 h 59 min", "3 h") for user, reason in by_user(run, "reason").items()}
    assert reasons["login"] == "idle for 3 h according to QRS (login access), limit 2 h 30 min"
    assert (
        reasons["user"].replace("4 h 59 min ago", "5 h ago")
        == "began 5 h ago according to QRS (user access), limit 4 h 59 min"
    )
    assert {session["user_id"] for session in licensed.control.sessions()} == {"none"}
    assert run.result["memory"]["of_unknown_age"] == 12


def test_who_has_too_many_loses_the_longest_idle(licensed: Modules) -> None:
    control = licensed.control
    control.login("LAB\\analyzer", "Central", "sales", count=3)
    entries = [
        {"session_ids": [session["session_id"]], "age_seconds": 9000, "idle_seconds": 600 * number}
        for number, session in enumerate(control.sessions("LAB\\analyzer"))
    ]
    control.call("PUT", "/activity", {"entries": entries})
    run = licensed.end(any_of=[{"users": ["analyzer"], "keep_per_user": 3}])
    assert sorted(round(session["idle"] / 60) for session in run.sessions) == [30, 40]
    for session in run.sessions:
        assert session["reason"].startswith("user has 5 sessions, keeps 3, idle for ")
        assert session["reason"].endswith(" min according to QRS (analyzer access)")


@pytest.mark.parametrize("rule", [{"min_idle": "110m"}, {"keep_per_user": 0, "users": ["user", "login"]}])
def test_who_comes_back_to_work_before_the_end_is_spared(licensed: Modules, rule: dict[str, Any]) -> None:
    control = licensed.control
    busy = control.sessions("LAB\\login")[0]["session_id"]
    change = between(control, "/activity", {"session_ids": [busy], "idle_seconds": 5})
    run = licensed.end(**rule, exclude_users=["analyzer_capacity", "none"], before=[change])
    assert sorted(run.users) == ["LAB\\login", "LAB\\user", "LAB\\user"]
    (kept,) = run.result["kept"]
    assert (kept["user"], kept["reason"]) == ("LAB\\login", "active again according to QRS (login access)")
    assert busy in licensed.session_ids()
    assert run.result["message"].endswith("3 to end: 3 ended, 1 kept")


def test_a_session_whose_row_vanishes_before_the_end_is_spared(licensed: Modules) -> None:
    change = between(licensed.control, "/switches", {"usage_shown": "none"})
    run = licensed.end(min_idle="110m", before=[change])
    assert (run.sessions, {kept["reason"] for kept in run.result["kept"]}) == ([], {"QRS tells no more how idle it is"})


@pytest.mark.parametrize(
    ("switches", "words"),
    [
        ({"usage_shown": "none"}, "shows INTERNAL\\sa_api no usage rows"),
        ({"usage_shown": "refused"}, "could not be read"),
        ({"usage_shown": "absent"}, "could not be read"),
        ({"usage_session_ids": "hashed"}, "On this release the ids may not match."),
        ({"usage_times": "west"}, "without a time zone"),
        ({"usage_rows": "0%"}, "no usage rows"),
    ],
)
def test_without_them_everything_works_and_it_is_said_once(
    licensed: Modules, switches: dict[str, str], words: str
) -> None:
    licensed.control.switches(**switches)
    listed = licensed.info()
    assert len(listed.sessions) == 12
    assert set(by_user(listed, "idle").values()) == {None}
    assert len(listed.result["notes"]) == 1
    assert words in listed.result["notes"][0]
    ended = licensed.end(any_of=[{"min_idle": "1m"}, {"min_age": "1m"}])
    assert (ended.failed, ended.sessions, ended.result["notes"]) == (False, [], listed.result["notes"])
    required = licensed.end(any_of=[{"min_idle": "1m"}], activity="require")
    assert required.failure["kind"] == "no_activity"
    assert words in required.message
    assert len(licensed.control.sessions()) == 12


def test_a_kind_that_cannot_be_read_leaves_the_others(licensed: Modules) -> None:
    licensed.control.fault("status", status=500, path="loginaccessusage")
    run = licensed.info()
    assert minutes(run, "idle")["login"] is None
    assert minutes(run, "idle")["user"] == 120
    assert run.result["summary"]["rows_without_session"] is None
    licensed.control.clear_faults()
    licensed.control.fault("status", status=404, path="analyzertimeaccessusage")
    missing = licensed.info(activity="require")
    assert not missing.failed
    assert by_user(missing, "license")["analyzer_capacity"] is None


def test_min_idle_without_activity_is_refused(licensed: Modules) -> None:
    assert "with activity: none" in licensed.end(min_idle="1h", activity="none").message
    assert "has no unit" in licensed.end(min_idle="90").message


def test_rows_without_a_session_lock_users_out(licensed: Modules) -> None:
    licensed.control.switches(usage_outlives_seconds=3600)
    licensed.end(users=["analyzer", "login"])
    run = licensed.info()
    rows = {user["user_id"]: user["rows_without_session"] for user in run.result["users"]}
    assert rows == {"professional": 0, "user": 0, "analyzer_capacity": 0, "none": 0}
    assert run.result["summary"]["rows_without_session"] == 4
    without = run.result["users_without_session"]
    assert {user["user"]: user["rows_without_session"] for user in without} == {"LAB\\analyzer": 2, "LAB\\login": 2}
    one = licensed.info(users=["LAB\\analyzer"])
    assert [user["user"] for user in one.result["users_without_session"]] == ["LAB\\analyzer"]
    assert (one.sessions, one.result["summary"]["rows_without_session"]) == ([], 2)
    part = licensed.info(proxies=["Rim"]).result
    assert (part["summary"]["rows_without_session"], part["users_without_session"]) == (None, [])
