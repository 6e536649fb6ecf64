# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""qlik_failover: the central role moves, is proven to have moved, and moves back."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules

SITE: dict[str, Any] = {
    "virtual_proxies": [{"prefix": ""}],
    "nodes": [
        {"name": "Central", "host_name": "qlik1.example.com", "virtual_proxies": [""]},
        {"name": "Rim", "host_name": "qlik2.example.com", "virtual_proxies": [""], "failover_candidate": True},
        {"name": "Third", "host_name": "qlik3.example.com", "virtual_proxies": [""]},
    ],
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulated.SiteInfo]:
    state_dir = tmp_path_factory.mktemp("failover") / "site"
    yield simulated.start(state_dir, SITE)
    simulated.stop(state_dir)


@pytest.fixture
def cluster(site: simulated.SiteInfo, tree: pathlib.Path) -> Modules:
    """The modules against a site whose central node is Central."""
    modules = Modules(site, tree)
    modules.control.clear_faults()
    modules.control.reset()
    modules.control.clear_journal()
    return modules


def moves(cluster: Modules) -> int:
    return len([entry for entry in cluster.control.writes() if "/failover/" in entry["path"]])


def test_the_role_moves_once_and_back(cluster: Modules) -> None:
    moved = cluster.run("qlik_failover", node="qlik2.example.com")
    assert (moved.failed, moved.result["changed"]) == (False, True)
    assert (moved.result["before"], moved.result["central"]) == (["Central"], "Rim")
    assert not cluster.run("qlik_failover", node="rim").result["changed"]
    assert moves(cluster) == 1
    back = cluster.run("qlik_failover", node=moved.result["before"][0])
    assert (back.failed, back.result["before"], back.result["central"]) == (False, ["Rim"], "Central")
    assert moves(cluster) == 2


def test_check_mode_moves_nothing(cluster: Modules) -> None:
    told = cluster.run("qlik_failover", node="Rim", _ansible_check_mode=True)
    assert (told.result["changed"], told.result["before"]) == (True, ["Central"])
    assert moves(cluster) == 0


@pytest.mark.parametrize(
    ("node", "says"),
    [
        ("Third", "Third is no failover candidate. Make it one in the QMC. Candidates beside the central node: Rim."),
        ("Fourth", "node: the site has no 'Fourth'. It has: Central (qlik1.example.com), Rim"),
    ],
)
def test_a_node_that_may_not_have_it_is_refused(cluster: Modules, node: str, says: str) -> None:
    run = cluster.run("qlik_failover", node=node)
    assert run.failed
    assert says in run.message
    assert moves(cluster) == 0


def test_without_the_right_nothing_moves(cluster: Modules) -> None:
    cluster.control.fault("status", method="POST", path="/qrs/failover/", status=403, body="Forbidden")
    run = cluster.run("qlik_failover", node="Rim")
    assert (run.failed, run.result["failure"]["status"]) == (True, 403)


def test_what_qrs_does_not_say_is_not_proven(cluster: Modules) -> None:
    """It answers that it has moved the role, and goes on to name the old node."""
    cluster.control.fault("status", method="POST", path="/qrs/failover/", status=204, body="")
    run = cluster.run("qlik_failover", node="Rim", wait_timeout=1, wait_interval=1)
    assert run.failed
    assert run.message.startswith("After 1 seconds Rim is not the central node. QRS says that Central is central.")


def test_a_lost_answer_is_no_failure_if_the_role_has_moved(cluster: Modules) -> None:
    cluster.control.fault("lost", method="POST", path="/qrs/failover/")
    run = cluster.run("qlik_failover", node="Rim")
    assert (run.failed, run.result.get("changed"), moves(cluster)) == (False, True, 1), run.message


def test_a_role_moves_only_from_where_it_is_said_to_be(cluster: Modules) -> None:
    refused = cluster.run("qlik_failover", node="Rim", only_from=["Third"])
    assert refused.failure["kind"] == "refused"
    assert refused.message.startswith("Central has the central role, and not Third.")
    assert moves(cluster) == 0
    assert cluster.run("qlik_failover", node="Rim", only_from=["qlik1.example.com"]).result["changed"]
    # Where it is already there is nothing to move.
    assert not cluster.run("qlik_failover", node="Rim", only_from=["Third"]).result["changed"]
    assert cluster.run("qlik_failover", node="Central", only_from=["Third"]).failed
    assert moves(cluster) == 1
