# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from hypothesis import given

from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Failure, Listing
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyLink, Scope, Topology
from ansible_collections.qlikops.sense.plugins.module_utils._model.user import KnownUser, missing_user
from ansible_collections.qlikops.sense.plugins.module_utils._result import Result
from ansible_collections.qlikops.sense.tests.unit.plugins import builders, oracle
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import World, worlds


def result_of(
    sessions: list[Session],
    site: Topology,
    users: dict[Any, KnownUser] | None = None,
    listing: Listing | None = None,
    first_seen: dict[str, str] | None = None,
    with_ids: bool = False,
) -> dict[str, Any]:
    return Result(
        sessions=tuple(sessions),
        scope=Scope.of(site.proxies, site.virtual_proxies),
        listing=listing or Listing(site.links, tuple(sessions)),
        ages=Ages.from_option(first_seen, builders.NOW),
        users=users or {},
        user_rules=builders.USER_RULES,
        with_ids=with_ids,
    ).as_result()


@given(worlds())
def test_every_total_agrees_with_the_sessions(world: World) -> None:
    result = result_of(world.sessions, world.topology, first_seen=world.first_seen)
    everyone = oracle.how_many_of_each_user(world.sessions)
    assert [session["ref"] for session in result["sessions"]] == [session.ref for session in world.sessions]
    assert result["summary"] == {
        "sessions": len(world.sessions),
        "users": len(everyone),
        "people": sum(1 for directory, _id in everyone if directory not in ("none", "internal")),
        "rows_without_session": None,
        "users_at_limit": sum(1 for number in everyone.values() if number >= 5),
        "proxies": len(world.topology.proxies),
        "virtual_proxies": len(world.topology.virtual_proxies),
    }
    assert sorted(user["sessions"] for user in result["users"]) == sorted(everyone.values())
    for list_name, own in (("proxies", proxy_id), ("virtual_proxies", virtual_proxy_id)):
        for item in result[list_name]:
            theirs = [session for session in world.sessions if own(session) == item["id"]]
            assert item["sessions"] == len(theirs)
            assert item["users"] == len(oracle.how_many_of_each_user(theirs))


def proxy_id(session: Session) -> str:
    return session.proxy.id


def virtual_proxy_id(session: Session) -> str:
    return session.virtual_proxy.id


@given(worlds())
def test_ids_are_in_the_result_only_when_asked_for(world: World) -> None:
    without = result_of(world.sessions, world.topology)
    assert all("session_id" not in session for session in without["sessions"])
    with_ids = result_of(world.sessions, world.topology, with_ids=True)
    assert [session["session_id"] for session in with_ids["sessions"]] == [s.session_id for s in world.sessions]


def test_the_whole_result() -> None:
    site = builders.topology()
    anna = [
        builders.session("LAB\\anna", "1", ProxyLink(builders.CENTRAL, builders.SALES)),
        builders.session("lab\\Anna", "2", ProxyLink(builders.NODE2, builders.DEFAULT)),
    ]
    listing = Listing(
        site.links, tuple(anna), (Failure(ProxyLink(builders.NODE2, builders.SALES), "why", "what", True),)
    )
    users = {anna[0].user_key: KnownUser("LAB", "anna", "Anna Ek", ("anna@lab.example",), frozenset({"inactive"}))}
    result = result_of(anna, site, users, listing)
    assert result["users"] == [
        {
            "user": "LAB\\anna",
            "user_directory": "LAB",
            "user_id": "anna",
            "kind": "person",
            "sessions": 2,
            "rows_without_session": None,
            "virtual_proxies": ["", "sales"],
            "proxies": ["Central", "Node2"],
            "name": "Anna Ek",
            "emails": ["anna@lab.example"],
            "state": "inactive",
            "states": ["inactive"],
        }
    ]
    assert result["proxies"] == [
        {
            "id": "id-of-Central",
            "name": "Central",
            "host_name": "central.example.com",
            "qps_port": 4243,
            "virtual_proxies": ["", "sales"],
            "sessions": 1,
            "users": 1,
            "reachable": True,
        },
        {
            "id": "id-of-Node2",
            "name": "Node2",
            "host_name": "node2.example.com",
            "qps_port": 4243,
            "virtual_proxies": ["", "sales"],
            "sessions": 1,
            "users": 1,
            "reachable": False,
        },
    ]
    assert result["virtual_proxies"][1:] == [
        {
            "id": "vp-old",
            "prefix": "old",
            "description": "nobody serves this",
            "session_cookie_header_name": "",
            "session_inactivity_timeout": None,
            "load_balancing_nodes": [],
            "proxies": [],
            "sessions": 0,
            "users": 0,
        },
        {
            "id": "vp-sales",
            "prefix": "sales",
            "description": "Sales portal",
            "session_cookie_header_name": "X-Qlik-Session-sales",
            "session_inactivity_timeout": 20,
            "load_balancing_nodes": [{"name": "Central", "host_name": "qlik1"}],
            "proxies": ["Central", "Node2"],
            "sessions": 1,
            "users": 1,
        },
    ]
    assert result["failures"] == [{"proxy": "Node2", "virtual_proxy": "sales", "reason": "why", "hint": "what"}]
    assert result["complete"] is False
    assert result["observed_at"] == "2026-01-15T09:30:00Z"


def test_five_sessions_are_the_limit_over_all_virtual_proxies_and_nodes() -> None:
    links = [*builders.topology().links, builders.topology().links[0]]
    five = [builders.session(session_id=str(number), link=link) for number, link in enumerate(links)]
    assert result_of(five, builders.topology())["summary"]["users_at_limit"] == 1
    assert result_of(five[:4], builders.topology())["summary"]["users_at_limit"] == 0


def test_a_proxy_service_that_was_not_asked_is_neither_reachable_nor_not() -> None:
    site = builders.topology()
    failed = Failure(site.links[0], "the response was 500.", "", unreachable=False)
    result = result_of([], site, listing=Listing(site.links[:2], (), (failed,)))
    assert [proxy["reachable"] for proxy in result["proxies"]] == [True, None]


def test_users_not_known_to_qrs_are_missing_and_unresolved_ones_have_no_state() -> None:
    session = builders.session("LAB\\anna")
    resolved = result_of([session], builders.topology(), {session.user_key: missing_user("LAB", "anna")})
    assert resolved["users"][0]["state"] == "missing"
    assert result_of([session], builders.topology())["users"][0].keys() == {
        "user",
        "user_directory",
        "user_id",
        "kind",
        "rows_without_session",
        "sessions",
        "virtual_proxies",
        "proxies",
    }


def test_users_are_told_apart_without_asking_qrs() -> None:
    names = ["INTERNAL\\sa_api", "LAB\\anna", "NONE\\anonymous6f8e", "none\\Anonymous6F8E"]
    sessions = [builders.session(user, str(number)) for number, user in enumerate(names)]
    result = result_of(sessions, builders.topology())
    assert {user["user"]: (user["kind"], user["sessions"]) for user in result["users"]} == {
        "INTERNAL\\sa_api": ("service", 1),
        "LAB\\anna": ("person", 1),
        "NONE\\anonymous6f8e": ("anonymous", 2),
    }
    assert (result["summary"]["users"], result["summary"]["people"]) == (3, 1)
