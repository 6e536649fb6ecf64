# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site has to bear: requests and handshakes are counted, and every setting of every switch is lived with."""

from __future__ import annotations

import json
import pathlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules import sites
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules
from qlik_simulator.model.switches import SWITCHES

PAIRS = len(sites.PAIRS)
USAGE = [
    f"/qrs/license/{kind}accessusage/full" for kind in ("analyzer", "analyzertime", "login", "professional", "user")
]
CROWD = 200


@pytest.fixture(scope="module")
def crowded_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulated.SiteInfo]:
    """The site info of a generated site that is larger: 6 proxies, 48 pairs."""
    state_dir = tmp_path_factory.mktemp("crowded") / "site"
    size = {"proxies": 6, "virtual-proxies": 8, "sessions": 300, "users": CROWD}
    options = [word for name, number in size.items() for word in (f"--{name}", str(number))]
    yield simulated.start_generated(state_dir, *options)
    simulated.stop(state_dir)


@pytest.fixture
def crowd(crowded_site: simulated.SiteInfo, tree: pathlib.Path) -> Modules:
    """The modules against the larger site, fresh."""
    modules = Modules(crowded_site, tree)
    modules.control.reset()
    return modules


def paths(control: simulated.Control, **wanted: Any) -> list[str]:
    return sorted(entry["path"].partition("?")[0] for entry in control.journal(**wanted))


# Requests


@pytest.mark.parametrize(("activity", "usage"), [("auto", USAGE), ("none", [])])
def test_a_list_is_one_request_a_pair_and_two_more_and_five_for_activity(
    modules: Modules, activity: str, usage: list[str]
) -> None:
    assert not modules.info(activity=activity).failed
    assert paths(modules.control, listener="qrs") == [*usage, "/qrs/proxyservice/full", "/qrs/virtualproxyconfig/full"]
    asked = sorted(
        (entry["node"], entry["path"].partition("?")[0]) for entry in modules.control.journal(listener="qps")
    )
    wanted = ((node, f"/qps/{prefix}/session" if prefix else "/qps/session") for node, prefix in sites.PAIRS)
    assert asked == sorted(wanted)
    assert modules.control.counters()["requests"] == PAIRS + 2 + len(usage)


@pytest.mark.parametrize(
    ("options", "pairs", "of_users"),
    [
        ({"proxies": ["Node2"]}, 4, 0),
        ({"virtual_proxies": ["twin"]}, 2, 0),
        ({"proxies": ["Node2"], "virtual_proxies": ["/"]}, 1, 0),
        ({"virtual_proxies": ["old"]}, 0, 0),
        ({"users": ["anna"]}, PAIRS, 0),
        # One user is not there, so all are counted twice.
        ({"resolve_users": True}, PAIRS, 1 + 2),
        ({"user_states": ["missing"]}, PAIRS, 1 + 2),
        ({"user_states": ["missing"], "resolve_users": True}, PAIRS, 1 + 2),
        ({"users": ["anna"], "resolve_users": True}, PAIRS, 1),
        ({"users": ["nobody"], "resolve_users": True}, PAIRS, 0),
        ({"keep_per_user": 2, "proxies": ["Node2"]}, PAIRS, 0),
    ],
)
def test_no_request_is_in_vain(modules: Modules, options: dict[str, Any], pairs: int, of_users: int) -> None:
    assert not modules.info(**options).failed
    assert len(modules.control.journal(listener="qps")) == pairs
    assert len(modules.control.journal(listener="qrs")) == 2 + len(USAGE) + of_users


def test_many_users_are_resolved_in_batches(crowd: Modules) -> None:
    run = crowd.info(resolve_users=True)
    users = run.result["summary"]["users"]
    assert users > CROWD / 2
    assert all(user["state"] != "missing" for user in run.result["users"])
    batches = len([path for path in paths(crowd.control, listener="qrs") if path == "/qrs/user/full"])
    assert 2 <= batches <= users / 30
    assert max(len(entry["path"]) for entry in crowd.control.journal()) < 8192


def test_ending_is_a_request_a_session_and_the_lists_again(modules: Modules) -> None:
    run = modules.end(users=["LAB\\bjorn"])
    ended, touched = len(run.sessions), {(session["proxy"], session["virtual_proxy"]) for session in run.sessions}
    assert (ended, len(touched)) == (7, 4)
    assert len(modules.control.journal(method="DELETE")) == ended
    assert modules.control.counters()["requests"] == PAIRS + 2 + ended + len(touched)


@pytest.mark.parametrize("options", [{"users": ["nobody"]}, {"users": ["sa_api"]}])
def test_nothing_to_end_is_only_a_list(modules: Modules, options: dict[str, Any]) -> None:
    modules.end(**options)
    assert modules.control.counters()["requests"] == PAIRS + 2


def test_a_percentage_costs_the_lists_it_needs(modules: Modules) -> None:
    modules.dry(proxies=["Node2"])
    assert len(modules.control.journal(listener="qps")) == 4
    modules.control.clear_journal()
    modules.dry(proxies=["Node2"], max_percent=90)
    assert len(modules.control.journal(listener="qps")) == PAIRS


def test_proxy_services_are_asked_once_each(modules: Modules) -> None:
    modules.proxies()
    assert paths(modules.control, listener="qps") == ["/qps/alive"] * 3
    assert paths(modules.control, listener="qrs") == [
        "/qrs/proxyservice/full",
        "/qrs/servernodeconfiguration/full",
        "/qrs/servicestatus/full",
        "/qrs/virtualproxyconfig/full",
    ]


# Handshakes, and how much is under way at once


# Counts how many requests the module has under way, over all and to each host; the last line says the most there were.
UNDER_WAY = """
import atexit, collections, json, sys, threading, urllib.parse
import requests
now, most, lock, request = collections.Counter(), collections.Counter(), threading.Lock(), requests.Session.request
def counting(session, method, url, **options):
    hosts = ["all", urllib.parse.urlsplit(url).port]
    with lock:
        now.update(hosts)
        most.update({host: max(0, now[host] - most[host]) for host in hosts})
    try:
        return request(session, method, url, **options)
    finally:
        with lock:
            now.subtract(hosts)
requests.Session.request = counting
atexit.register(lambda: print(json.dumps(most), file=sys.stderr))
"""


@pytest.mark.parametrize("max_parallel", [1, 3, 8, 32])
def test_handshakes_and_what_is_under_way_are_bounded(crowd: Modules, max_parallel: int) -> None:
    crowd.control.latency(5)
    run = crowd.end(all=True, max_parallel=max_parallel, max_sessions=300, before=[UNDER_WAY])
    assert not run.failed, run.message
    ended = run.result["summary"]["ended"]
    assert ended > 250
    most: dict[str, int] = json.loads(run.output.splitlines()[-1])
    assert min(max_parallel, 6) <= most.pop("all") <= max_parallel  # side by side, but not more than allowed
    connections = Counter(
        str(node[f"{listener}_port"])
        for listener, name, _connection in {
            (entry["listener"], entry["node"], entry["connection"]) for entry in crowd.control.journal()
        }
        for node in crowd.site_info["nodes"]
        if node["name"] == name
    )
    assert set(connections) == set(most)
    assert all(connections[port] <= under_way for port, under_way in most.items())
    counters = crowd.control.counters()
    assert counters["handshakes"] == counters["connections"] == connections.total()
    assert counters["max_in_flight"] <= max_parallel
    assert counters["requests"] == 48 + 2 + ended + 48


def test_one_connection_is_enough_for_one_host(modules: Modules) -> None:
    modules.info(proxies=["Node2"], max_parallel=1)
    assert modules.control.counters()["by_node"]["Node2"] == {
        "requests": 4,
        "writes": 0,
        "handshakes": 1,
        "connections": 1,
        "max_in_flight": 1,
    }
    assert modules.control.counters()["by_listener"]["qrs"]["handshakes"] == 1


# Switches


def settings() -> list[tuple[str, Any]]:
    """Every setting of every switch."""
    return [(name, value) for name, switch in SWITCHES.items() for value in switch.settings or (0.0, 60.0)]


@pytest.mark.parametrize(("name", "value"), settings())
def test_every_setting_of_every_switch_is_lived_with(modules: Modules, name: str, value: Any) -> None:
    assert name in modules.control.switches(**{name: value})
    before = modules.session_ids()
    listed = modules.info(resolve_users=True)
    assert not listed.failed, listed.message
    assert len(listed.sessions) == len(before)
    hides_users = name == "readable_users" and value != "all"
    states = {user["user"]: user["state"] for user in listed.result["users"]}
    assert states["LAB\\zoran"] == ("unknown" if hides_users else "missing")
    assert {"Central", "Node2", "Spare"} <= {proxy["name"] for proxy in listed.result["proxies"]}
    run = modules.end(all=True)
    assert not run.failed, run.message
    assert run.result["summary"]["ended"] == len(before) - 2
    assert sorted(session["user_id"] for session in modules.control.sessions()) == ["sa_api", "sa_repository"]


def test_switches_are_all_there(modules: Modules) -> None:
    assert {name for name, _value in settings()} == set(modules.control.call("GET", "/switches"))
