# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nights in which a run dies between the move of the central role and its way back."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration.nights.night import ALL_RUN, ALL_UP, Night
from ansible_collections.qlikops.sense.tests.integration.simulated import wait_until

REBOOT: dict[str, Any] = {
    "proxy_restart_method": "windows_reboot",
    "proxy_restart_drain": "terminate",
    "proxy_restart_accept_outage": True,
}


def central(night: Night) -> list[str]:
    return [node["name"] for node in night.control.status()["nodes"] if node["central"]]


def killed_after_the_move(night: Night) -> None:
    """What a run leaves that is killed when the role has moved: the node drained, and not yet stopped."""
    night.control.end_all()
    night.when(lambda: central(night) == ["Node3"], lambda: os.killpg(night.process.pid, signal.SIGKILL))
    seen = night.restart("qlik1", **REBOOT, proxy_restart_central=True, proxy_restart_move_central="Node3")
    assert (seen.rc, central(night)) == (-signal.SIGKILL, ["Node3"])
    wait_until(lambda: night.control.status()["proxies"] == ALL_RUN, 60)


@pytest.mark.long
def test_the_next_run_finds_the_role_says_so_and_moves_it_back(night: Night) -> None:
    killed_after_the_move(night)
    # Of the node that has the role now, and of another one, nobody can say that all is well.
    refused = night.restart("qlik3", put_out=("Central",), **REBOOT)
    refused.must_have_left_all_alone()
    said = " ".join(refused.text.split())
    assert "Node3 has the central role. The run of " in said
    assert "moved it from Central at 20" in said
    assert "did not move it back. A restart of Central does." in said
    # In a run of all of them the node that is unfinished comes first, and the role is back before anything else.
    where = []
    night.when(lambda: night.state("Node3") != "running", lambda: where.append(central(night)))
    seen = night.restart("qlik3,qlik1", put_out=("Central",), **REBOOT)
    assert (seen.rc, seen.stopped, where, central(night)) == (0, ["Central", "Node3"], [["Central"]], ["Central"])
    said = " ".join(seen.text.split())
    assert "The central role of Central is on Node3, where an earlier run moved it." in said
    assert "the central role was on Node3 and is back" in said
    assert (seen.end["balancer"], seen.end["proxies"]) == (ALL_UP, ALL_RUN)
    (file,) = night.home.glob(".local/state/qlikops.sense/*.json")
    assert json.loads(file.read_text(encoding="utf-8")) == {"lease": None, "drained": {}, "banners": {}, "central": {}}


@pytest.mark.long
def test_a_role_that_somebody_has_moved_since_is_theirs(night: Night) -> None:
    """The record says Node3, and that is not where the role is: nothing is undone, and it is said."""
    killed_after_the_move(night)
    (file,) = night.home.glob(".local/state/qlikops.sense/*.json")
    book = json.loads(file.read_text(encoding="utf-8"))
    (mark,) = book["central"].values()
    mark["to"] = "Node2"
    file.write_text(json.dumps(book), encoding="utf-8")
    seen = night.restart("qlik1", put_out=("Central",), **REBOOT)
    assert (seen.rc, central(night)) == (2, ["Node3"])
    seen.must_end_with("Node3 has the central role, and not Node2")
    assert not [entry for entry in seen.journal if "/failover/" in entry["path"]]
