# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check of a site over real TLS: a site that is well, everything that can be wrong with one, and not a write."""

from __future__ import annotations

import json
import pathlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._haproxy import RuntimeApi
from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules import sites
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules, Run

PREFIXES = ["", "sales", "partner/emea"]
SITE: dict[str, Any] = {
    "virtual_proxies": [
        {"prefix": "", "description": "Central Proxy (Default)", "session_cookie_header_name": "X-Qlik-Session"},
        {"prefix": "sales", "session_inactivity_timeout": 60, "load_balancing_nodes": ["Node2"]},
        {"prefix": "partner/emea"},
    ],
    "nodes": [
        {"name": "Central", "host_name": "qlik1.example.com", "central": True, "virtual_proxies": PREFIXES},
        {
            "name": "Node2",
            "host_name": "qlik2.example.com",
            "failover_candidate": True,
            "printing": False,
            "virtual_proxies": PREFIXES,
        },
        {"name": "Engine1", "host_name": "qlik3.example.com", "proxy": False},
    ],
    "users": [
        {"directory": "LAB", "id": "wilhelmina", "name": "Wilhelmina Quist", "email": "w.quist@lab.example"},
        {"directory": "INTERNAL", "id": "sa_monitor"},
    ],
    "sessions": [
        {"user": "LAB\\wilhelmina", "node": "Central", "virtual_proxy": "sales", "attributes": [{"group": "HR"}]},
        {"user": "lab\\WILHELMINA", "node": "Node2", "virtual_proxy": "", "count": 2},
        {"user": "NONE\\anonymous1234", "node": "Node2", "virtual_proxy": "partner/emea"},
        {"user": "INTERNAL\\sa_monitor", "node": "Central", "virtual_proxy": ""},
    ],
    "switches": {"service_status_seconds": 0},
}
PEOPLE = ("wilhelmina", "quist", "anonymous1234", "sa_monitor", "sa_api", "sa_repository")
# What this site does not have, whoever asks.
ABSENT = {
    *("rights/usage_rows", "rights/tasks", "site/heartbeats"),
    *(f"balancer/{name}" for name in ("servers", "addresses", "health", "weight", "rights")),
}


@pytest.fixture(scope="module")
def site_info(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulated.SiteInfo]:
    state_dir = tmp_path_factory.mktemp("check") / "site"
    yield simulated.start(state_dir, SITE, "--real-ports")
    simulated.stop(state_dir)


@pytest.fixture
def site(site_info: simulated.SiteInfo, tree: pathlib.Path) -> Modules:
    modules = Modules(site_info, tree)
    modules.control.reset()
    return modules


def check(site: Modules, **options: Any) -> Run:
    return site.run("qlik_site_check", **{"fail_on": "never", **options})


def lines(run: Run) -> dict[str, dict[str, str]]:
    return {f"{line['group']}/{line['name']}": line for line in run.result["checks"]}


def statuses(run: Run, status: str) -> set[str]:
    return {name for name, line in lines(run).items() if line["status"] == status}


def test_a_site_that_is_well_gives_no_warning(site: Modules) -> None:
    run = check(site, fail_on="warning")
    assert not run.failed, run.result
    assert statuses(run, "unknown") == ABSENT
    assert run.result["summary"]["status"] == "unknown"
    assert run.result["changed"] is False
    assert lines(run)["reach/other_qrs"]["seen"].startswith("2 of 2 other nodes answered")


def test_it_only_reads(site: Modules) -> None:
    for options in ({}, {"_ansible_check_mode": True}):
        check(site, **options)
    assert site.control.counters()["writes"] == 0
    assert {entry["method"] for entry in site.control.journal()} == {"GET"}
    assert len(site.session_ids()) == 5


def test_no_line_names_a_user_or_an_id(site: Modules, names: None) -> None:
    site.control.fault("status", status=403, body="LAB\\wilhelmina may not", listener="qps", path="/sales/")
    told = json.dumps({"checks": check(site).result["checks"], "site": check(site).result["description"]}).lower()
    assert not [name for name in PEOPLE if name in told]
    kinds, client = ("user", "proxyservice", "servernodeconfiguration"), simulated.Client(site.site_info)
    ids = [row["id"] for kind in kinds for row in client.qrs(f"/qrs/{kind}/full").json()]
    assert ids
    assert not [one for one in ids if one in told]


NOT_WELL: list[tuple[str, str, Callable[[simulated.Control], object], dict[str, Any]]] = [
    ("reach/qrs", "problem", lambda control: control.fault("cut", listener="qrs", node="Central"), {}),
    ("reach/other_qrs", "warning", lambda control: control.fault("cut", listener="qrs", node="Node2"), {}),
    ("reach/qps", "problem", lambda control: control.proxy("Node2", "stop"), {}),
    ("site/services", "problem", lambda control: control.proxy("Node2", "stop"), {}),
    (
        "reach/users_port",
        "problem",
        lambda control: control.fault("status", listener="user", node="Node2", status=503),
        {},
    ),
    ("reach/speed", "warning", lambda control: control.latency(1100, listener="user", node="Node2"), {}),
    ("certificates/trust", "problem", lambda control: control.fault("rogue_certificate", listener="qps"), {}),
    ("certificates/trust", "problem", lambda control: control.fault("wrong_name_certificate", listener="qps"), {}),
    ("certificates/trust", "warning", lambda control: None, {"validate_certs": False}),
    ("certificates/services", "problem", lambda control: control.fault("expired_certificate", listener="qps"), {}),
    ("certificates/users_port", "problem", lambda control: control.fault("expired_certificate", listener="user"), {}),
    ("certificates/client", "warning", lambda control: None, {"certificate_warn_days": 3000}),
    (
        "certificates/root",
        "problem",
        lambda control: None,
        {"certificate_problem_days": 3000, "certificate_warn_days": 3000},
    ),
    ("certificates/files", "problem", lambda control: None, {"client_cert": "/nowhere/client.pem"}),
    (
        "certificates/clocks",
        "problem",
        lambda control: control.fault(
            "status", status=200, listener="qps", path="/alive", headers={"Date": "Thu, 01 Jan 2026 00:00:00 GMT"}
        ),
        {},
    ),
    ("rights/api_user", "problem", lambda control: control.user("INTERNAL\\sa_api", inactive=True), {}),
    ("rights/users", "warning", lambda control: control.switches(readable_users="own"), {}),
    ("rights/banners", "unknown", lambda control: control.switches(banners="absent"), {}),
    ("rights/proxies", "problem", lambda control: None, {"api_user": "LAB\\wilhelmina"}),
    ("interfaces/qrs", "warning", lambda control: control.switches(banners="absent"), {}),
    ("interfaces/qrs", "unknown", lambda control: control.switches(interface_description="absent"), {}),
    (
        "interfaces/qps",
        "warning",
        lambda control: control.fault("status", listener="qps", path="openapi", status=200, body='{"paths": {}}'),
        {},
    ),
    (
        "behaviour/unknown_session",
        "warning",
        lambda control: control.fault("status", listener="qps", path="/qps/session/", status=200, body="{}"),
        {},
    ),
    (
        "behaviour/unknown_prefix",
        "warning",
        lambda control: control.fault("status", listener="qps", path="/nowhere-", status=500),
        {},
    ),
    (
        "behaviour/session_lists",
        "problem",
        lambda control: control.fault("garbage", listener="qps", path="/sales/"),
        {},
    ),
    ("behaviour/attributes", "unknown", lambda control: control.end_all(), {}),
    ("behaviour/api_user_header", "warning", lambda control: control.switches(unknown_user="everything"), {}),
    (
        "site/users_at_limit",
        "warning",
        lambda control: control.login("LAB\\wilhelmina", "Central", count=2, ignore_limit=True),
        {},
    ),
]


@pytest.mark.parametrize(("name", "status", "arrange", "options"), NOT_WELL)
def test_what_is_not_well_is_found(
    site: Modules,
    name: str,
    status: str,
    arrange: Callable[[simulated.Control], object],
    options: dict[str, Any],
) -> None:
    arrange(site.control)
    line = lines(check(site, **options))[name]
    assert line["status"] == status, line
    assert site.control.writes() == []


def test_it_fails_as_it_is_told_to_and_returns_what_it_has_found(site: Modules) -> None:
    site.control.switches(readable_users="own")
    assert not check(site, fail_on="problem").failed
    run = check(site, fail_on="warning")
    assert run.failed
    assert run.failure["kind"] == "not_well"
    assert run.message.startswith("The site has 1 warning: rights/users.")
    assert lines(run)["rights/users"]["status"] == "warning"
    site.control.proxy("Node2", "stop")
    run = check(site, fail_on="problem")
    assert "problems: reach/qps, reach/users_port" in run.message


def test_options_that_do_not_go_together_are_refused(site: Modules) -> None:
    run = check(site, certificate_warn_days=3)
    assert "certificate_warn_days: 3 is less than" in run.message
    assert site.control.journal() == []


def test_twelve_nodes_with_thirty_virtual_proxies_take_at_most_ten_seconds(
    tree: pathlib.Path, state_dir: pathlib.Path
) -> None:
    site_info = simulated.start_generated(state_dir, "--proxies", "12", "--virtual-proxies", "30", "--sessions", "2000")
    site = Modules(site_info, tree)
    site.control.latency(20)
    begin = time.monotonic()
    run = check(site)
    assert time.monotonic() - begin < 10
    assert "360 lists" in lines(run)["behaviour/session_lists"]["seen"]


# The balancer


@pytest.fixture(scope="module")
def balanced(tmp_path_factory: pytest.TempPathFactory, tree: pathlib.Path) -> Iterator[Modules]:
    state_dir = tmp_path_factory.mktemp("balanced") / "site"
    yield Modules(simulated.start(state_dir, SITE, "--balancer", "haproxy"), tree)
    simulated.stop(state_dir)


def balancer_lines(site: Modules, **options: Any) -> dict[str, dict[str, str]]:
    balancer = site.site_info["balancer"]
    given = {"haproxy_backend": [balancer["backend"]], "haproxy_socket": balancer["socket"], **options}
    found = lines(check(site, **given))
    return {name: line for name, line in found.items() if name.startswith("balancer/")}


def test_a_balancer_whose_servers_are_the_nodes(balanced: Modules) -> None:
    balanced.control.reset()
    found = balancer_lines(balanced)
    assert {line["status"] for line in found.values()} == {"ok"}, found
    assert found["balancer/servers"]["seen"] == "2 servers stand for the 2 proxy nodes of the site."


def test_a_server_that_is_out(balanced: Modules) -> None:
    balanced.control.reset()
    balancer = balanced.site_info["balancer"]
    api = RuntimeApi(balancer["socket"], 10)
    api.set_state(api.server(balancer["backend"], "Node2"), "drain")
    found = balancer_lines(balanced)
    assert found["balancer/weight"]["status"] == "warning"
    assert found["balancer/weight"]["seen"] == "Node2 is drain"


def test_a_balancer_that_is_not_there(balanced: Modules) -> None:
    found = balancer_lines(balanced, haproxy_socket="/nowhere/admin.sock")
    assert found["balancer/servers"]["status"] == "problem"
    assert "/nowhere/admin.sock" in found["balancer/servers"]["seen"]


# The same site again


def as_counted(site: Modules) -> dict[str, Any]:
    """What makes the site what it is, without the ids and ports that no other site has."""
    proxies = site.proxies().result
    listed = site.info().result
    own = {"id", "qps_port", "listen_port", "service_state_at", "service_state_age"}
    users = Counter((session["user"], session["proxy"], session["virtual_proxy"]) for session in listed["sessions"])
    return {
        "proxies": [{name: value for name, value in each.items() if name not in own} for each in proxies["proxies"]],
        "virtual_proxies": sorted(
            ({name: value for name, value in each.items() if name != "id"} for each in proxies["virtual_proxies"]),
            key=lambda each: (each["prefix"], each["description"]),  # those of one prefix stand in order of their ids
        ),
        "unlinked": proxies["unlinked_virtual_proxies"],
        "summary": listed["summary"],
        "sessions": sorted(users.values()),
        "by_proxy": [(each["name"], each["sessions"], each["users"]) for each in listed["proxies"]],
    }


@pytest.mark.parametrize("described", [SITE, sites.AWKWARD], ids=["plain", "awkward"])
def test_a_description_makes_the_same_site_again(
    described: dict[str, Any], tree: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    try:
        site = Modules(simulated.start(first, described), tree)
        site.control.switches(unknown_prefix="empty", unknown_user="everything")
        description = check(site).result["description"]
        again = Modules(simulated.start(second, description), tree)
        assert as_counted(again) == as_counted(site)
        assert check(again).result["description"] == description
        assert again.control.call("GET", "/switches")["unknown_prefix"] == "empty"
        assert not [word for word in ("anna", "wilhelmina", "björn", "山田") if word in json.dumps(description).lower()]
    finally:
        simulated.stop(first)
        simulated.stop(second)
