# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nights with the lease: two who restart, one who is away, one who was killed."""

from __future__ import annotations

import json
import pathlib
import re
import time
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._lease import GRACE
from ansible_collections.qlikops.sense.plugins.plugin_utils._renewal import LONGEST_LOOK
from ansible_collections.qlikops.sense.tests.integration.nights.night import ALL_RUN, ALL_UP, BACK, Night


@pytest.mark.long
def test_the_same_node_twice(night: Night) -> None:
    second: list[str] = []

    def restart_again() -> None:
        process = night.started("qlik2")
        second.append(process.communicate()[0])
        assert process.returncode == 2
        night.control.end_all()

    night.when_draining(restart_again)
    seen = night.restart()
    assert seen.rc == 0
    assert (seen.drained, seen.stopped, seen.ended) == (["Node2"], ["Node2"], [])
    assert "Another run is restarting Node2" in second[0]


@pytest.mark.long
def test_the_lease_is_renewed_at_every_look_on_another_host(night: Night) -> None:
    """However long the drain may be, a lease of a run that dies is stale soon."""
    held: list[dict[str, Any]] = []

    def has_been_renewed() -> bool:
        held.extend(lease for lease in night.leases() if lease not in held and lease["phase"] == "drain")
        return len(held) > 3

    night.when(has_been_renewed, night.control.end_all)
    seen = night.restart(proxy_restart_drain_timeout=7200, proxy_restart_lease_host="keeper")
    assert seen.rc == 0
    begun, *renewed = held
    assert {lease["hold"] for lease in renewed} == {1 + LONGEST_LOOK}
    assert len({lease["renewed"] for lease in held}) == len(held)
    assert {str(lease["owner"]) for lease in renewed} == {str(begun["owner"])}
    assert night.leases() == []
    assert len(night.keeper_log.read_text(encoding="utf-8").splitlines()) > len(held)


@pytest.mark.long
def test_a_run_that_has_lost_its_lease_does_not_go_on(night: Night) -> None:
    """Somebody has told another run to take it over, though this one was there still."""

    def lose() -> None:
        (file,) = night.home.glob(".local/state/qlikops.sense/*.json")
        book = json.loads(file.read_text(encoding="utf-8"))
        book["lease"] |= {"node": "Node3", "owner": {**book["lease"]["owner"], "host": "elsewhere"}}
        file.write_text(json.dumps(book), encoding="utf-8")

    night.when_draining(lose)
    seen = night.restart()
    seen.must_have_left_all_alone()
    seen.must_end_with("Another run is restarting Node3 .phase drain.: that of .+ on elsewhere", BACK)
    assert seen.end["balancer"] == ALL_UP
    assert [lease["owner"]["host"] for lease in night.leases()] == ["elsewhere"]


@pytest.mark.long
def test_a_run_that_may_be_gone_is_waited_for_until_its_lease_is_stale(night: Night) -> None:
    """It was killed on another controller, where nobody here can see that."""
    owner = {"user": "maria", "host": "elsewhere", "pid": 4711, "started": "1", "namespace": "another"}

    def lock() -> pathlib.Path | None:
        return next(night.home.glob(".local/state/qlikops.sense/*.lock"), None)

    def die() -> None:
        """After this run has seen that the lease is free, and before it takes it."""
        beside = lock()
        assert beside
        lease = {"owner": owner, "node": "Node3", "renewed": time.time() - GRACE, "hold": 15, "phase": "drain"}
        book = {"lease": lease, "drained": {}, "banners": {}}
        beside.with_suffix(".json").write_text(json.dumps(book), encoding="utf-8")

    night.when(lock, die)
    night.when_draining(night.control.end_all)
    seen = night.restart()
    assert seen.rc == 0
    assert re.search("that of maria on elsewhere .process 4711.. Its lease is waited for, [0-9]+ s", seen.text)
    assert "The lease of maria on elsewhere (process 4711) for Node3 was taken over: it is stale." in seen.text
    assert seen.end["balancer"] == ALL_UP


def test_two_controllers_at_once(night: Night) -> None:
    """They begin in the same second, with one lease. One goes on; the other takes nothing out."""
    second: list[tuple[int, str]] = []

    def restart_the_other() -> None:
        process = night.started("qlik3", proxy_restart_drain="terminate")
        text = process.communicate()[0]
        second.append((process.returncode, text))
        night.control.end_all()

    night.when(lambda: night.text, restart_the_other)
    seen = night.restart()
    rc, text = second[0]
    assert sorted([seen.rc, rc]) == [0, 2], text
    assert seen.drained == seen.stopped == (["Node3"] if rc == 0 else ["Node2"])
    assert f"Another run is restarting {seen.drained[0]}" in (seen.text if rc == 0 else text)
    assert (seen.end["balancer"], seen.end["proxies"]) == (ALL_UP, ALL_RUN)
