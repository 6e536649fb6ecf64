# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""qlik_session_info: the whole site as it is, every way to select from it, ages, and a site that is dead in part."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules import sites
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules

HOST_NAMES = {"Central": "qlik1.example.com", "Node2": "qlik2.example.com"}
BJORN = "LAB\\bjorn"


def user_of(session: dict[str, Any]) -> str:
    return f"{session['user_directory']}\\{session['user_id']}"


def users_in(sessions: list[dict[str, Any]]) -> list[str]:
    return sorted(map(user_of, sessions))


# The whole site


def test_the_list_is_what_the_site_holds(modules: Modules) -> None:
    run = modules.info(include_session_ids=True, ids_wanted=True)
    keys = ("user_directory", "user_id", "virtual_proxy", "session_id")
    listed = sorted((session["proxy"], *(session[key] for key in keys)) for session in run.sessions)
    assert listed == sorted(
        (session["node"], *(session[key] for key in keys)) for session in modules.control.sessions()
    )
    assert all(session["proxy_host"] == HOST_NAMES[session["proxy"]] for session in run.sessions)
    assert run.result["complete"] is True
    assert run.result["failures"] == []
    assert run.result["changed"] is False
    assert modules.control.writes() == []


def test_totals_are_those_of_the_list(modules: Modules) -> None:
    run = modules.info()
    sessions = modules.control.sessions()
    by_user = Counter(map(user_of, sessions))
    assert run.result["summary"] == {
        "sessions": len(sessions),
        "users": len(by_user),
        "people": len(by_user) - 2,  # sa_api, sa_repository
        "rows_without_session": None,  # nobody has an allocation
        "users_at_limit": 1,  # bjorn
        "proxies": 3,
        "virtual_proxies": 7,
    }
    assert {user["user"]: user["sessions"] for user in run.result["users"]} == by_user
    for proxy in run.result["proxies"]:
        here = modules.control.sessions(node=proxy["name"])
        assert (proxy["sessions"], proxy["users"]) == (len(here), len(set(map(user_of, here))))
    counted = {virtual_proxy["id"]: virtual_proxy["sessions"] for virtual_proxy in run.result["virtual_proxies"]}
    held = Counter(session["virtual_proxy_id"] for session in run.sessions)
    assert counted == {key: held[key] for key in counted}


def test_nobody_is_connected(modules: Modules) -> None:
    modules.control.end_all()
    run = modules.info()
    assert not run.failed
    assert (run.sessions, run.result["users"]) == ([], [])
    assert run.result["summary"]["sessions"] == 0


def test_proxies_and_what_they_serve(modules: Modules) -> None:
    proxies = {proxy["name"]: proxy for proxy in modules.info().result["proxies"]}
    assert list(proxies) == ["Central", "Node2", "Spare"]  # Engine1 has no proxy
    assert proxies["Central"]["virtual_proxies"] == ["", "api", "sales", "twin"]
    assert proxies["Node2"]["virtual_proxies"] == ["", "partner/emea", "sales", "twin"]
    assert proxies["Spare"]["virtual_proxies"] == []
    assert [proxy["reachable"] for proxy in proxies.values()] == [True, True, None]
    for node in modules.site_info["nodes"][:3]:
        proxy = proxies[node["name"]]
        assert (proxy["id"], proxy["qps_port"]) == (node["proxy_service_id"], node["qps_port"])


def test_two_virtual_proxies_with_one_prefix(modules: Modules) -> None:
    run = modules.info(virtual_proxies=["twin"])
    twins = {virtual_proxy["description"]: virtual_proxy for virtual_proxy in run.result["virtual_proxies"]}
    assert twins["First of the twins"]["proxies"] == ["Central"]
    assert twins["Second of the twins"]["proxies"] == ["Node2"]
    first, second = twins["First of the twins"]["id"], twins["Second of the twins"]["id"]
    found = sorted((session["user"], session["proxy"], session["virtual_proxy_id"]) for session in run.sessions)
    assert found == sorted(
        [
            (BJORN, "Central", first),
            ("LAB\\quinn", "Central", first),
            (BJORN, "Node2", second),
            ("LAB\\rosa", "Node2", second),
        ]
    )
    assert (twins["First of the twins"]["sessions"], twins["Second of the twins"]["users"]) == (2, 2)


def test_a_prefix_with_a_slash_and_one_that_nobody_serves(modules: Modules) -> None:
    virtual_proxies = {each["prefix"]: each for each in modules.info().result["virtual_proxies"]}
    emea = virtual_proxies["partner/emea"]
    assert (emea["sessions"], emea["proxies"], emea["description"]) == (2, ["Node2"], "Partners in EMEA")
    assert emea["load_balancing_nodes"] == [{"name": "Engine1", "host_name": "qlik4.example.com"}]
    assert (virtual_proxies["old"]["proxies"], virtual_proxies["old"]["sessions"]) == ([], 0)
    assert virtual_proxies["sales"]["session_inactivity_timeout"] == 60
    assert virtual_proxies[""]["session_cookie_header_name"] == "X-Qlik-Session"
    paths = {entry["path"] for entry in modules.control.journal(listener="qps")}
    assert "/qps/partner/emea/session" in {path.partition("?")[0] for path in paths}
    assert not any("//" in path or "old" in path for path in paths)


def test_attributes_keep_all_their_values(modules: Modules) -> None:
    found = {session["ref"]: session["attributes"] for session in modules.info(users=["LAB\\anna"]).sessions}
    assert sorted(map(str, found.values())) == sorted(map(str, [{"group": ["Finance", "HR"]}, {"Group": ["finance"]}]))


# Order


KEYS = {
    "prefix": "virtual_proxy",
    "proxyhost": "proxy_host",
    "proxyname": "proxy",
    "userdir": "user_directory",
    "userid": "user_id",
    "username": "user_name",
}


@pytest.mark.parametrize("sort_by", KEYS)
def test_order(modules: Modules, sort_by: str) -> None:
    sessions = modules.info(sort_by=sort_by).sessions
    values = [session[KEYS[sort_by]].casefold() for session in sessions]
    assert values == sorted(values)
    assert sort_by == "username" or len(set(values)) > 1  # QPS gives no names: all are equal
    ties = [(*(session[key].casefold() for key in KEYS.values()), session["ref"]) for session in sessions]
    by_tie = sorted(ties, key=lambda tie: (tie[list(KEYS).index(sort_by)], *tie))
    assert ties == by_tie


def test_order_does_not_depend_on_luck(modules: Modules) -> None:
    first = modules.info().sessions
    modules.control.latency(15, node="Central")
    again = modules.info(max_parallel=2).sessions
    assert [session["ref"] for session in first] == [session["ref"] for session in again]


# Selection, one option after another


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"proxies": ["node2"]}, {"node": "Node2"}),
        ({"proxies": ["QLIK1.example.com"]}, {"node": "Central"}),
        ({"proxies": ["", " "]}, {}),
        ({"proxies": []}, {}),
        ({"virtual_proxies": ["/sales"]}, {"virtual_proxy": "sales"}),
        ({"virtual_proxies": ["SALES/"]}, {"virtual_proxy": "sales"}),
        ({"virtual_proxies": ["/"]}, {"virtual_proxy": ""}),
        ({"virtual_proxies": ["partner/emea"]}, {"virtual_proxy": "partner/emea"}),
        ({"virtual_proxies": [""]}, {}),
        ({"proxies": ["Central"], "virtual_proxies": ["sales"]}, {"node": "Central", "virtual_proxy": "sales"}),
        ({"users": ["lab\\BJORN"]}, {"user": BJORN}),
        ({"users": ["bjorn"], "proxies": ["Node2"]}, {"user": BJORN, "node": "Node2"}),
        ({"users": [sites.QUOTES]}, {"user": sites.QUOTES}),
        ({"users": [sites.BACKSLASH]}, {"user": sites.BACKSLASH}),
        ({"users": [sites.SCRIPTS]}, {"user": sites.SCRIPTS}),
        ({"users": ["LAB\\a?[b]*"]}, {"user": sites.WILD}),
    ],
)
def test_selection(modules: Modules, options: dict[str, Any], wanted: dict[str, str]) -> None:
    run = modules.info(**options)
    assert not run.failed, run.message
    expected = users_in(modules.control.sessions(**wanted))
    assert expected
    assert sorted(run.users) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"users": ["anna"]}, ["LAB\\anna", "LAB\\anna", "PARTNER\\anna"]),
        ({"users": ["PART*\\*", "LAB\\q*"]}, ["LAB\\quinn", "PARTNER\\anna"]),
        ({"users": ["*"], "exclude_users": ["LAB\\*", "sa_?pi"]}, ["INTERNAL\\sa_repository", "PARTNER\\anna"]),
        ({"attributes": {"group": "finance"}}, ["LAB\\anna", "LAB\\anna"]),
        ({"attributes": {"GROUP": ["H*", "sale?"]}}, ["LAB\\anna", "PARTNER\\anna"]),
        ({"attributes": {"group": "*"}, "virtual_proxies": ["/"]}, ["LAB\\anna"]),
        ({"attributes": {"group": "*", "region": "*"}}, []),
        ({"attributes": {"region": "*"}}, [BJORN, BJORN, BJORN]),
        ({"user_states": ["missing"]}, ["LAB\\zoran"]),
        ({"user_states": ["blacklisted"]}, ["LAB\\quinn"]),
        ({"user_states": ["removed_externally"]}, ["LAB\\rosa"]),
        ({"user_states": ["inactive"]}, ["LAB\\rosa", "LAB\\stefan"]),
        ({"user_states": ["inactive", "missing"], "proxies": ["Node2"]}, ["LAB\\rosa", "LAB\\zoran"]),
        ({"users": ["nobody"]}, []),
        ({"keep_per_user": 6}, [BJORN]),
        ({"keep_per_user": 5, "proxies": ["Node2"]}, [BJORN, BJORN]),
        ({"keep_per_user": 1, "users": ["LAB\\anna"]}, ["LAB\\anna"]),
        ({"keep_per_user": 0, "proxies": ["Node2"], "users": ["bjorn"]}, [BJORN, BJORN, BJORN]),
        ({"min_age": "1s"}, []),
    ],
)
def test_selection_of_users(modules: Modules, options: dict[str, Any], expected: list[str]) -> None:
    run = modules.info(**options)
    assert not run.failed, run.message
    assert sorted(run.users) == expected
    assert run.result["summary"]["sessions"] == len(expected)


def test_selection_by_ref_and_by_id(modules: Modules) -> None:
    refs = modules.refs()
    (chosen,) = modules.control.login("LAB\\carla", "Node2", "sales")
    ref = modules.refs(users=["carla"])[chosen]
    other = next(iter(refs.values()))
    assert {session["ref"] for session in modules.info(session_refs=[ref.upper(), other]).sessions} == {ref, other}
    by_id = modules.info(session_ids=[chosen])
    assert [session["ref"] for session in by_id.sessions] == [ref]
    assert modules.info(session_ids=[chosen.upper()]).sessions == []
    assert modules.info(session_ids=[chosen], users=["anna"]).sessions == []
    assert modules.info(session_refs=["000000-000000000000"]).sessions == []


def test_keep_per_user_takes_the_oldest(modules: Modules) -> None:
    first = modules.info(users=["bjorn"])
    oldest, young = first.sessions[-1]["ref"], first.sessions[0]["ref"]
    memory = dict.fromkeys(first.result["first_seen"], "2026-01-02T00:00:00Z")
    memory[oldest] = "2026-01-01T00:00:00Z"
    memory[young] = "2026-01-03T00:00:00Z"
    surplus = modules.info(keep_per_user=6, first_seen=memory).sessions
    assert [session["ref"] for session in surplus] == [oldest]
    surplus = modules.info(keep_per_user=1, users=["bjorn"], first_seen=memory).sessions
    assert young not in {session["ref"] for session in surplus}
    assert len(surplus) == 6


@pytest.mark.parametrize(
    ("options", "says", "has"),
    [
        ({"proxies": ["Node9"]}, "proxies: the site has no 'Node9'", "Central (qlik1.example.com), Node2"),
        ({"proxies": ["Engine1"]}, "proxies: the site has no 'Engine1'", "Spare (qlik3.example.com)"),
        (
            {"virtual_proxies": ["nope"]},
            "virtual_proxies: the site has no 'nope'",
            "/, api, old, partner/emea, sales, twin",
        ),
        ({"min_age": "soon"}, "min_age: 'soon' is not a duration", "8h"),
        ({"keep_per_user": -1}, "keep_per_user: -1 is too small", "0"),
        ({"first_seen": {"a-b": "yesterday"}}, "first_seen: 'yesterday' of a-b is not a time", "earlier run"),
    ],
)
def test_selections_that_cannot_be_meant(modules: Modules, options: dict[str, Any], says: str, has: str) -> None:
    failure = modules.info(**options).failure
    assert failure["kind"] == "bad_option"
    assert says in failure["reason"]
    assert has in failure["hint"]
    assert modules.control.journal(listener="qps") == []


def test_a_served_name_and_an_unserved_one(modules: Modules) -> None:
    run = modules.info(virtual_proxies=["old"])
    assert not run.failed
    assert run.sessions == []
    assert [virtual_proxy["prefix"] for virtual_proxy in run.result["virtual_proxies"]] == ["old"]


# Users out of QRS


def test_users_are_resolved(modules: Modules) -> None:
    users = {user["user"]: user for user in modules.info(resolve_users=True).result["users"]}
    names = {f"{user['directory']}\\{user['id']}": user["name"] for user in sites.AWKWARD["users"]}
    for user in (sites.QUOTES, sites.BACKSLASH, sites.SCRIPTS, sites.WILD, BJORN, "PARTNER\\anna"):
        assert (users[user]["name"], users[user]["state"]) == (names[user], "active")
    assert users[sites.QUOTES]["emails"] == ["bo@lab.example"]
    assert users[BJORN]["emails"] == []
    states = {user: users[f"LAB\\{user}"]["state"] for user in ("quinn", "rosa", "stefan", "zoran")}
    assert states == {
        "quinn": "blacklisted",
        "rosa": "removed_externally",
        "stefan": "inactive",
        "zoran": "missing",
    }
    assert (users["LAB\\zoran"]["name"], users["LAB\\zoran"]["emails"]) == ("", [])


def test_users_are_not_resolved_unasked(modules: Modules) -> None:
    assert all("name" not in user and "state" not in user for user in modules.info().result["users"])
    assert not any("/qrs/user" in entry["path"] for entry in modules.control.journal())


# Ages


def earlier(memory: dict[str, str], hours: float) -> dict[str, str]:
    """As if so many hours had gone by since."""
    moved = {ref: datetime.fromisoformat(text.replace("Z", "+00:00")) for ref, text in memory.items()}
    return {ref: (seen - timedelta(hours=hours)).isoformat() for ref, seen in moved.items()}


def test_ages_come_from_what_was_seen_before(modules: Modules) -> None:
    first = modules.info()
    assert {session["age"] for session in first.sessions} == {None}
    memory = first.result["first_seen"]
    assert sorted(memory) == sorted(session["ref"] for session in first.sessions)
    old = earlier(memory, hours=8)
    modules.control.login("LAB\\carla", "Node2", "sales")
    second = modules.info(first_seen=old)
    ages = {session["user"]: session["age"] for session in second.sessions}
    assert ages.pop("LAB\\carla") is None
    assert all(8 * 3600 <= age < 8 * 3600 + 60 for age in ages.values())
    assert sorted(modules.info(first_seen=old, min_age="8h").users) == sorted(first.users)
    assert modules.info(first_seen=old, min_age="9h").sessions == []
    carried = second.result["first_seen"]
    assert set(carried) > set(memory)
    again = modules.info(first_seen=carried)
    kept = {ref: seen for ref, seen in again.result["first_seen"].items() if ref in memory}
    assert kept == {ref: carried[ref] for ref in memory}


def test_what_is_gone_is_forgotten_and_what_was_not_asked_is_kept(modules: Modules) -> None:
    first = modules.info()
    memory = {**first.result["first_seen"], "000000-aaaaaaaaaaaa": "2026-01-01T00:00:00Z"}
    node2 = {session["ref"] for session in first.sessions if session["proxy"] == "Node2"}
    central = {session["ref"] for session in first.sessions if session["proxy"] == "Central"}
    modules.control.end_all()
    assert set(modules.info(proxies=["Node2"], first_seen=memory).result["first_seen"]) == central
    modules.control.proxy("Node2", "kill")
    run = modules.info(first_seen=memory, on_proxy_failure="warn")
    assert set(run.result["first_seen"]) == node2


def test_a_memory_of_the_future_counts_as_now(modules: Modules) -> None:
    memory = modules.info().result["first_seen"]
    to_come = dict.fromkeys(memory, "2999-01-01T00:00:00Z")
    run = modules.info(first_seen=to_come)
    assert {session["age"] for session in run.sessions} == {0}
    assert all(
        datetime.fromisoformat(s["first_seen"].replace("Z", "+00:00")) <= datetime.now(timezone.utc)
        for s in run.sessions
    )


# A part of the site is dead


@pytest.fixture
def dead_node2(control: simulated.Control) -> None:
    control.proxy("Node2", "kill")
    control.clear_journal()


@pytest.mark.usefixtures("dead_node2")
def test_a_dead_proxy_fails_the_module_and_hides_nothing(modules: Modules) -> None:
    run = modules.info()
    assert run.failed
    assert sorted(run.users) == users_in(modules.control.sessions(node="Central"))
    assert run.result["complete"] is False
    assert {failure["proxy"] for failure in run.result["failures"]} == {"Node2"}
    prefixes = {failure["virtual_proxy"] for failure in run.result["failures"]}
    assert prefixes == {"", "sales", "partner/emea", "twin"}
    assert all("nothing listens on port" in failure["reason"] for failure in run.result["failures"])
    assert all("stopped or still starting" in failure["hint"] for failure in run.result["failures"])
    assert run.message.count("nothing listens") == 1  # one sentence for the four virtual proxies
    assert "Node2" in run.message
    reachable = {proxy["name"]: proxy["reachable"] for proxy in run.result["proxies"]}
    assert reachable == {"Central": True, "Node2": False, "Spare": None}


@pytest.mark.usefixtures("dead_node2")
def test_a_dead_proxy_may_be_a_warning(modules: Modules) -> None:
    run = modules.info(on_proxy_failure="warn")
    assert not run.failed
    assert run.result["complete"] is False
    assert len(run.sessions) == len(modules.control.sessions(node="Central"))
    assert any("Node2" in str(warning) for warning in run.result["warnings"])


@pytest.mark.usefixtures("dead_node2")
def test_a_dead_proxy_does_not_matter_where_it_is_not_asked(modules: Modules) -> None:
    assert not modules.info(proxies=["Central"]).failed
    assert not modules.info(virtual_proxies=["api"]).failed


def test_a_proxy_that_hangs_costs_one_time_out(modules: Modules) -> None:
    modules.control.fault("hang", listener="qps", node="Node2")
    run = modules.info(timeout=1, retries=2, on_proxy_failure="warn", max_parallel=2)
    # Two at a time are waited for, side by side; four virtual proxies and two retries would be a dozen.
    assert len(modules.control.journal(listener="qps", node="Node2")) in (1, 2)
    assert sorted(run.users) == users_in(modules.control.sessions(node="Central"))
    assert all("no answer within 1 seconds" in failure["reason"] for failure in run.result["failures"])
    assert len(run.result["failures"]) == 4


def test_a_proxy_with_a_wrong_certificate_is_asked_once(modules: Modules) -> None:
    modules.control.fault("expired_certificate", listener="qps", node="Node2")
    run = modules.info(retries=2, max_parallel=1)
    assert all("expired" in failure["reason"] for failure in run.result["failures"])
    assert len(run.result["failures"]) == 4
    assert modules.control.counters()["by_node"]["Node2"]["handshakes"] <= 1


def test_one_list_that_fails_leaves_the_others_of_its_proxy(modules: Modules) -> None:
    modules.control.fault("status", listener="qps", node="Node2", path="/qps/sales/session", status=500, body="no room")
    run = modules.info()
    (failure,) = run.result["failures"]
    assert (failure["proxy"], failure["virtual_proxy"]) == ("Node2", "sales")
    assert "500 Internal Server Error, with the words: no room" in failure["reason"]
    assert len(run.sessions) == len(modules.session_ids()) - len(
        modules.control.sessions(node="Node2", virtual_proxy="sales")
    )
    assert {proxy["name"]: proxy["reachable"] for proxy in run.result["proxies"]}["Node2"] is True


def test_a_proxy_that_starts_is_a_failure_that_says_so(modules: Modules) -> None:
    modules.control.proxy("Node2", "restart", closed_seconds=0, starting_seconds=3600)
    modules.control.wait_for_proxy("Node2", "starting")
    run = modules.info()
    assert {failure["proxy"] for failure in run.result["failures"]} == {"Node2"}
    assert all("503 Service Unavailable" in failure["reason"] for failure in run.result["failures"])


# Session ids


def test_session_ids_only_when_asked_for(modules: Modules) -> None:
    assert all("session_id" not in session for session in modules.info().sessions)
    listed = modules.info(include_session_ids=True, ids_wanted=True).sessions
    assert sorted(session["session_id"] for session in listed) == sorted(modules.session_ids())


@pytest.mark.parametrize("status", [200, 206, 500])
def test_a_list_that_breaks_off_does_not_make_ids_known(modules: Modules, status: int) -> None:
    known = modules.control.sessions(node="Node2", virtual_proxy="sales")[0]["session_id"]
    body = f'[{{"UserDirectory":"LAB","UserId":"anna","Attributes":[],"SessionId":"{known}"}},{{"UserDirectory'
    modules.control.fault("status", listener="qps", path="/qps/sales/session", status=status, body=body)
    run = modules.info()  # which looks for ids in all that is said
    assert run.failed
    assert {failure["virtual_proxy"] for failure in run.result["failures"]} == {"sales"}


# qlik_proxy_info


def test_proxy_services(modules: Modules) -> None:
    modules.control.switches(service_status_seconds=0)
    run = modules.proxies()
    assert not run.failed
    assert run.result["summary"] == {"proxies": 3, "alive": 3, "virtual_proxies": 7, "unlinked_virtual_proxies": 1}
    assert run.result["unlinked_virtual_proxies"] == ["old"]
    for proxy, node in zip(run.result["proxies"], modules.site_info["nodes"][:3], strict=True):
        assert (proxy["id"], proxy["name"]) == (node["proxy_service_id"], node["name"])
        assert (proxy["host_name"], proxy["qps_port"]) == (node["host_name"], node["qps_port"])
        assert proxy["listen_port"] == node["user_port"]
        assert (proxy["alive"], proxy["reachable"], proxy["service_state"]) == (True, True, "running")
        assert 0 <= proxy["service_state_age"] <= 15
    assert [proxy["name"] for proxy in modules.proxies(proxies=["QLIK2.example.com"]).result["proxies"]] == ["Node2"]


@pytest.mark.parametrize("answer", ["unavailable", "false"])
def test_proxy_services_that_are_dead_or_starting(modules: Modules, answer: str) -> None:
    modules.control.switches(alive_while_starting=answer, service_status_seconds=0)
    modules.control.proxy("Node2", "restart", closed_seconds=0, starting_seconds=3600)
    modules.control.proxy("Spare", "kill")
    modules.control.wait_for_proxy("Node2", "starting")
    run = modules.proxies()
    assert not run.failed
    central, node2, spare = run.result["proxies"]
    assert (central["alive"], central["reachable"], central["reason"]) == (True, True, "")
    assert (node2["alive"], node2["reachable"], node2["service_state"]) == (False, True, "initializing")
    assert (spare["alive"], spare["reachable"], spare["service_state"]) == (False, False, "no_communication")
    assert "nothing listens" in spare["reason"]
    assert "starting" in spare["hint"]
    assert run.result["summary"]["alive"] == 1
