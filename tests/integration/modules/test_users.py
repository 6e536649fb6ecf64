# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has the sessions: people, visitors or service accounts, with names, addresses and states out of QRS."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules import sites
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules

PAIRS = 4
USERS = {group["user"].upper() for group in sites.PEOPLE["sessions"]}


@pytest.fixture(scope="module")
def site_of_people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulated.SiteInfo]:
    """The site info of ``sites.PEOPLE``."""
    state_dir = tmp_path_factory.mktemp("people") / "site"
    yield simulated.start(state_dir, sites.PEOPLE)
    simulated.stop(state_dir)


@pytest.fixture
def people(site_of_people: simulated.SiteInfo, tree: pathlib.Path) -> Modules:
    """The modules against the site of people, fresh."""
    modules = Modules(site_of_people, tree)
    modules.control.reset()
    return modules


def users_of(modules: Modules, **options: Any) -> dict[str, dict[str, Any]]:
    run = modules.info(**options)
    assert not run.failed, run.message
    return {user["user"]: user for user in run.result["users"]}


def user_requests(modules: Modules) -> list[str]:
    return [entry["path"] for entry in modules.control.journal() if "/qrs/user" in entry["path"]]


# Kinds


def test_kinds_cost_nothing(people: Modules) -> None:
    run = people.info(activity="none")
    kinds = {user["user"]: user["kind"] for user in run.result["users"]}
    assert {user for user, kind in kinds.items() if kind == "anonymous"} == set(sites.VISITORS)
    assert {user for user, kind in kinds.items() if kind == "service"} == {"INTERNAL\\sa_api", "INTERNAL\\sa_deleted"}
    assert (run.result["summary"]["users"], run.result["summary"]["people"]) == (len(USERS), len(USERS) - 5)
    assert all(user.keys().isdisjoint({"name", "emails", "state", "states"}) for user in run.result["users"])
    assert people.control.counters()["requests"] == PAIRS + 2


def test_kinds_are_as_told(people: Modules) -> None:
    users = users_of(people, anonymous_users=["*DELETED"], service_users=["*\\SVC_*", "sa_*"])
    assert {user: users[user]["kind"] for user in ("LAB\\svc_mail", "INTERNAL\\sa_api", "INTERNAL\\sa_deleted")} == {
        "LAB\\svc_mail": "service",
        "INTERNAL\\sa_api": "service",
        "INTERNAL\\sa_deleted": "anonymous",
    }
    assert all(users[visitor]["kind"] == "person" for visitor in sites.VISITORS)


# Names


def test_every_name_arrives_and_comes_back(people: Modules) -> None:
    users = users_of(people, resolve_users=True, activity="none")
    for number, name in enumerate(sites.HARD_NAMES):
        user = users[name]
        assert (user["name"], user["emails"]) == (user["user_id"], [f"user{number}@lab.example"])
        assert (user["kind"], user["state"], user["states"]) == ("person", "active", [])
    counts = 2  # for some of these are not there
    assert people.control.counters()["requests"] == PAIRS + 2 + 1 + counts
    assert user_requests(people)[0].count("userDirectory") == len(USERS) - len(sites.VISITORS)


def test_one_user_of_several_spellings_is_asked_for_once(people: Modules) -> None:
    users = users_of(people, resolve_users=True, users=["anna"], exclude_users=["O*\\*"])
    (anna,) = users.values()
    assert (anna["name"], anna["sessions"], anna["state"]) == ("Anna Ek", 3, "active")
    assert user_requests(people)[0].count("userDirectory") == 1


# Addresses


@pytest.mark.parametrize(
    ("options", "anna", "bert", "zoran"),
    [
        ({}, ["anna@lab.example", "ek@lab.example"], ["Bert@home.example"], ["zoran@lab.example"]),
        (
            {"email_attributes": ""},
            ["anna@lab.example", "ek@lab.example"],
            ["Bert@home.example"],
            ["zoran@lab.example"],
        ),
        (
            {"email_attributes": ["Mail", "email"]},
            ["a.ek@lab.example", "anna@lab.example", "ek@lab.example"],
            ["bert@lab.example"],
            ["zoran@lab.example"],
        ),
        ({"email_attributes": ["e-mail"]}, [], ["bert@partner.example"], []),
        (
            {"email_attributes": ["e-mail", "email"]},
            ["anna@lab.example", "ek@lab.example"],
            ["bert@partner.example", "Bert@home.example"],
            ["zoran@lab.example"],
        ),
        ({"email_attributes": []}, [], [], []),
    ],
)
def test_addresses(
    people: Modules, options: dict[str, Any], anna: list[str], bert: list[str], zoran: list[str]
) -> None:
    users = users_of(people, resolve_users=True, **options)
    assert users["LAB\\anna"]["emails"] == anna
    assert users["LAB\\bert"]["emails"] == bert
    assert (users["LAB\\zoran"]["emails"], users["LAB\\zoran"]["state"]) == (zoran, "missing")
    assert users["LAB\\carla"]["emails"] == users[sites.VISITORS[0]]["emails"] == []


def test_addresses_come_from_sessions_on_other_nodes_where_those_were_listed(people: Modules) -> None:
    central = {"resolve_users": True, "users": ["bert"], "proxies": ["Central"]}
    assert users_of(people, **central)["LAB\\bert"]["emails"] == []  # Node2 is not asked
    listed = users_of(people, **central, keep_per_user=1)  # which counts the whole site
    assert (listed["LAB\\bert"]["emails"], listed["LAB\\bert"]["sessions"]) == (["Bert@home.example"], 1)


# States


def test_states(people: Modules) -> None:
    users = users_of(people, resolve_users=True)
    not_active = {user: each["state"] for user, each in users.items() if each["state"] != "active"}
    assert not_active == {
        "LAB\\carla": "inactive",
        "LAB\\zoran": "missing",
        "INTERNAL\\sa_deleted": "unknown",
        **dict.fromkeys(sites.VISITORS, "anonymous"),
    }
    for visitor in sites.VISITORS:
        assert (users[visitor]["name"], users[visitor]["states"]) == ("", ["anonymous"])
    assert not any("NONE" in path for path in user_requests(people))


@pytest.mark.parametrize("states", [["missing"], ["inactive", "blacklisted", "removed_externally", "missing"]])
def test_a_clean_up_leaves_visitors_alone(people: Modules, states: list[str]) -> None:
    dry, real = people.dry(user_states=states), people.end(user_states=states)
    gone = {"LAB\\zoran", *(["LAB\\carla"] if len(states) > 1 else [])}
    assert set(dry.users) == set(real.users) == gone
    assert real.result["kept"] == []  # nobody knows whether the service account is missing
    assert {user["user"]: user["kind"] for user in real.result["users"]} == dict.fromkeys(gone, "person")
    left = {f"{session['user_directory']}\\{session['user_id']}" for session in people.control.sessions()}
    assert set(sites.VISITORS) <= left
    assert not gone & left
    assert len(people.control.writes()) == len(gone)


def test_who_waits_can_tell_who_is_left(people: Modules) -> None:
    run = people.run(
        "qlik_session_wait", wait_timeout=0, users=["svc_*", "anonymous*"], service_users=["svc_*"], resolve_users=True
    )
    assert run.failed
    assert {user["user"]: (user["kind"], user["state"]) for user in run.result["users"]} == {
        "LAB\\svc_mail": ("service", "active"),
        **dict.fromkeys(sites.VISITORS, ("anonymous", "anonymous")),
    }


# Requests


CROWD = 400


@pytest.mark.parametrize("max_parallel", [1, 8])
def test_a_crowd_is_asked_for_in_batches_side_by_side(people: Modules, max_parallel: int) -> None:
    people.control.end_all()
    for number in range(CROWD):
        people.control.login(f"LAB\\user{number:04} o'brien-ängström", "Central", ignore_limit=True)
    people.control.login(sites.VISITORS[0], "Central", "open")
    people.control.clear_journal()
    people.control.latency(100, listener="qrs")
    run = people.info(resolve_users=True, activity="none", max_parallel=max_parallel)
    assert {user["state"] for user in run.result["users"]} == {"unknown", "anonymous"}
    batches = user_requests(people)
    assert sum(batch.count("userDirectory") for batch in batches) == CROWD
    assert 5 <= len(batches) <= CROWD / 30
    assert max(map(len, batches)) < 6200
    assert people.control.counters()["requests"] == PAIRS + 2 + len(batches)
    most = people.control.counters()["by_listener"]["qrs"]["max_in_flight"]
    assert (1 < most <= max_parallel) if max_parallel > 1 else most == 1


def test_only_visitors_need_no_request(people: Modules) -> None:
    run = people.info(virtual_proxies=["open"], users=["NONE\\*"], resolve_users=True, activity="none")
    assert sorted(run.users) == sites.VISITORS
    assert len(people.control.journal(listener="qrs")) == 2


def test_a_batch_that_cannot_be_asked_for_is_a_failure(people: Modules) -> None:
    people.control.fault("status", listener="qrs", path="/qrs/user/full", status=403, body="Forbidden")
    run = people.end(user_states=["missing"])
    assert run.failed
    assert run.failure["status"] == 403
    assert people.control.writes() == []


# Rights: QRS shows fewer users and says nothing of it


@pytest.mark.parametrize("readable", ["none", "own", "directory:OTHER", "directory:LAB", "10%", "50%", "80%"])
def test_nobody_is_ended_as_missing_where_rights_hide_users(modules: Modules, readable: str) -> None:
    modules.control.switches(readable_users=readable)
    run = modules.end(user_states=["missing"])
    assert run.failure["kind"] == "missing_not_proven", run.message
    assert "api_user" in run.message
    assert modules.control.writes() == []
    shown = modules.info(resolve_users=True)
    hidden = {user["user"]: user["state"] for user in shown.result["users"] if user["state"] in ("missing", "unknown")}
    assert "missing" not in hidden.values()
    assert "LAB\\zoran" in hidden


def test_where_all_users_may_be_read_who_is_not_there_is_missing(modules: Modules) -> None:
    run = modules.end(user_states=["missing"])
    assert run.users == ["LAB\\zoran"]
    assert not run.failed, run.message
