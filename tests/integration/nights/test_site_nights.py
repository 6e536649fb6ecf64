# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nights with the site: it answers in pieces, a proxy hangs or does not come back, the window closes."""

from __future__ import annotations

import pathlib
import struct
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest

from ansible_collections.qlikops.sense.tests.integration.nights.night import ALL_RUN, ALL_UP, BACK, BANNER, Night
from ansible_collections.qlikops.sense.tests.integration.nights.rules import moment

TIMEOUT = 3


def set_clock(directory: pathlib.Path, hour: int) -> None:
    """Make the time zone Night/Here one in which it is this hour; in half of it, so that no minute counts."""
    now = datetime.now(timezone.utc)
    there = now.replace(hour=hour, minute=30)
    offset = (there - now + timedelta(hours=12)) % timedelta(days=1) - timedelta(hours=12)
    one_type = struct.pack(">4sc15x6l", b"TZif", b"\0", 0, 0, 0, 0, 1, 5)
    zone = directory / "Night" / "Here"
    zone.parent.mkdir(parents=True, exist_ok=True)
    zone.write_bytes(one_type + struct.pack(">lbB", int(offset.total_seconds()), 0, 0) + b"HERE\0")


def waiting(asked: list[float]) -> float:
    """Seconds of waiting for answers to requests made at these times that got none; what overlaps counts once."""
    gaps = [later - earlier for earlier, later in pairwise(sorted(asked))]
    return sum(min(gap, TIMEOUT) for gap in gaps) + (TIMEOUT if asked else 0)


def test_the_window_closes_during_the_drain(night: Night, tmp_path: pathlib.Path) -> None:
    zones = tmp_path / "zones"
    set_clock(zones, 22)
    night.use_new_processes()
    night.when_draining(lambda: set_clock(zones, 6))
    seen = night.restart(
        environment={"PYTHONTZPATH": str(zones)},
        proxy_restart_window={"start": "21:00", "end": "05:00", "time_zone": "Night/Here"},
        proxy_restart_drain_timeout=3,
        proxy_restart_notify=BANNER,
    )
    seen.must_have_left_all_alone()
    seen.must_end_with("in Night/Here, outside of the maintenance window from 21:00 to 05:00", BACK)
    assert seen.end["balancer"] == ALL_UP
    assert night.control.banners() == []


@pytest.mark.long
def test_the_site_answers_in_pieces_during_the_drain(night: Night) -> None:
    control = night.control

    def trouble() -> None:
        for listener in ("qrs", "qps"):
            for kind in ("half", "cut", "garbage"):
                control.fault(kind, listener=listener, times=1)
            control.fault("status", status=503, listener=listener, times=4)

    night.when_draining(trouble)
    night.when(lambda: control.faults() == [], control.end_all)
    seen = night.restart()
    assert seen.rc == 0
    assert (seen.drained, seen.stopped, seen.ended) == (["Node2"], ["Node2"], [])
    assert (seen.end["balancer"], seen.end["proxies"]) == (ALL_UP, ALL_RUN)


def test_qrs_dies_during_the_drain(night: Night) -> None:
    """The way back does not need it. The banner does, and whoever is on duty is told that it is still there."""
    night.when_draining(lambda: night.control.fault("status", status=503, listener="qrs"))
    seen = night.restart(proxy_restart_drain_timeout=3, proxy_restart_on_timeout="fail", proxy_restart_notify=BANNER)
    seen.must_have_left_all_alone()
    seen.must_end_with("The banner of Node2 could not be removed", BACK)
    assert seen.end["balancer"] == ALL_UP


@pytest.mark.long
def test_a_hanging_proxy_is_restarted_in_an_emergency(night: Night) -> None:
    """By the command of the guide. Of the 30 seconds until the service is stopped, 17 are left for Ansible itself."""
    control = night.control
    control.fault("hang", listener="qps", node="Node2")
    asked: list[float] = []

    def cure() -> None:
        journal = control.journal(listener="qps", node="Node2")
        asked.extend(moment(entry["time"]) for entry in journal if entry["status"] is None)
        control.clear_faults()

    night.when(lambda: night.state("Node2") != "running", cure)
    seen = night.restart(
        proxy_restart_drain="skip",
        proxy_restart_window={},
        proxy_restart_notify=BANNER,
        proxy_restart_accept_node_down=True,
        qlik_timeout=TIMEOUT,
    )
    assert seen.rc == 0
    assert 0 < waiting(asked) <= 13
    assert (seen.drained, seen.stopped, seen.ended) == (["Node2"], ["Node2"], [])
    assert (seen.end["balancer"], seen.end["proxies"]) == (ALL_UP, ALL_RUN)
    assert control.banners() == []


def test_a_users_port_that_answers_with_errors_keeps_the_node_out(night: Night) -> None:
    night.when_draining(night.control.end_all)
    night.when(
        lambda: night.state("Node2") != "running",
        lambda: night.control.fault("status", status=503, listener="user", node="Node2", path="^/$"),
    )
    seen = night.restart(proxy_restart_verify_timeout=8, proxy_restart_notify=BANNER)
    assert (seen.rc, seen.stopped, seen.ended) == (2, ["Node2"], [])
    seen.must_end_with("The node stays out of the balancer.*the users' port .* answers with status 503")
    assert (seen.end["balancer"], seen.end["proxies"]) == ({**ALL_UP, "Node2": "DRAIN"}, ALL_RUN)
    assert night.control.banners() == []


@pytest.mark.long
def test_qrs_that_dies_during_the_restart_keeps_the_node_out(night: Night) -> None:
    night.when_draining(night.control.end_all)
    night.when(
        lambda: night.state("Node2") != "running",
        lambda: night.control.fault("status", status=503, listener="qrs"),
    )
    seen = night.restart(proxy_restart_verify_timeout=8)
    assert (seen.rc, seen.stopped, seen.ended) == (2, ["Node2"], [])
    seen.must_end_with("The node stays out of the balancer", "503")
    assert (seen.end["balancer"], seen.end["proxies"]) == ({**ALL_UP, "Node2": "DRAIN"}, ALL_RUN)
