# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check of a site over real TLS: a site that is well, not a write, and the same site again."""

from __future__ import annotations

import json
import pathlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules import sites
from ansible_collections.qlikops.sense.tests.integration.modules.checking import SITE, check, lines, made_well, statuses
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules

PEOPLE = ("wilhelmina", "quist", "anonymous1234", "sa_monitor", "sa_api", "sa_repository")


@pytest.fixture(scope="module")
def site_info(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulated.SiteInfo]:
    state_dir = tmp_path_factory.mktemp("check") / "site"
    yield simulated.start(state_dir, SITE, "--balancer", "haproxy")
    simulated.stop(state_dir)


@pytest.fixture
def site(site_info: simulated.SiteInfo, tree: pathlib.Path) -> Modules:
    return made_well(Modules(site_info, tree))


def test_a_site_that_is_well_gives_no_warning(real_ports: None, tree: pathlib.Path, state_dir: pathlib.Path) -> None:
    """On real ports each node has a QRS of its own, which the check asks too."""
    site = made_well(Modules(simulated.start(state_dir, SITE, "--real-ports", "--balancer", "haproxy"), tree))
    run = check(site, fail_on="warning")
    assert not run.failed, run.result
    assert statuses(run, "ok") == set(lines(run))
    assert run.result["summary"]["status"] == "ok"
    assert run.result["changed"] is False
    seen = {name: line["seen"] for name, line in lines(run).items()}
    assert seen["reach/other_qrs"].startswith("2 of 2 other nodes answered")
    assert seen["rights/usage_rows"] == "api_user sees all: 3 usage rows."
    assert seen["behaviour/usage_ids"] == "5 sessions, 3 of them with a usage row."
    assert seen["balancer/servers"] == "2 servers stand for the 2 proxy nodes of the site."


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
    # The balancer looks at the users' ports all the time.
    assert not [entry for entry in site.control.journal() if entry["listener"] != "user"]


def test_what_twelve_nodes_with_thirty_virtual_proxies_are_asked(tree: pathlib.Path, state_dir: pathlib.Path) -> None:
    """Requests, not seconds: whoever runs this beside other tests would measure those."""
    site_info = simulated.start_generated(state_dir, "--proxies", "12", "--virtual-proxies", "30", "--sessions", "2000")
    site = Modules(site_info, tree)
    run = check(site)
    assert "360 lists" in lines(run)["behaviour/session_lists"]["seen"]
    assert not statuses(run, "problem")
    asked = {name: each["requests"] for name, each in site.control.counters()["by_listener"].items()}
    # Each list; each proxy service without trust and with it; its description, an unknown session, an unknown prefix.
    assert asked["qps"] == 12 * 30 + 12 * 2 + 3
    assert asked["user"] == 12
    assert asked["qrs"] <= 70


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


FOUND_OUT: list[dict[str, str]] = [
    {
        "unknown_prefix": "empty",
        "unknown_user": "everything",
        "interface_description": "absent",
        "banners": "absent",
        "readable_users": "none",
        "disabled_proxy_service": "absent",
        "usage_times": "bare",
        "usage_rows": "doubled",
        "usage_session_ids": "upper",
        "usage_modified_by": "repository",
    },
    {"usage_session_ids": "hashed", "usage_times": "east", "readable_users": "all"},
    {"usage_times": "west", "usage_modified_by": "user", "interface_description": "served"},
    {"usage_shown": "none"},
    {"usage_shown": "refused"},
    {"usage_shown": "absent"},
]


@pytest.mark.parametrize("switches", FOUND_OUT)
def test_a_description_has_the_behaviour_that_was_found_out(site: Modules, switches: dict[str, str]) -> None:
    site.control.switches(**switches)
    described = check(site).result["description"]["switches"]
    assert {name: described.get(name) for name in switches} == switches
