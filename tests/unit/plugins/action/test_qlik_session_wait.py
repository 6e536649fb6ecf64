# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin qlik_session_wait: a lease is renewed at every look."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.action import qlik_session_wait as plugin
from ansible_collections.qlikops.sense.plugins.plugin_utils._renewal import LONGEST_LOOK
from ansible_collections.qlikops.sense.tests.unit.plugins.acting import Host, Result, act

LEASE = {"host": "keeper", "directory": "/srv/leases", "site": "s", "node": "id", "node_name": "Node2", "hold": 900}


def look(remaining: int) -> Result:
    """What the module says of one look, in which so many sessions were left."""
    left: Result = {"failed": True, "timed_out": True} if remaining else {"timed_out": False}
    return {
        "history": [{"sessions": remaining}],
        "remaining": remaining,
        "sessions": [],
        "summary": {"sessions": remaining, "users": remaining},
        "complete": True,
        **left,
    }


def wait(monkeypatch: pytest.MonkeyPatch, looks: list[Result], **options: Any) -> tuple[Result, Host]:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    lease_is = options.pop("lease_is", {"changed": False})
    host = Host(qlik_session_wait=lambda _arguments: looks.pop(0), restart_lease=lambda _arguments: lease_is)
    check_mode = options.pop("check_mode", False)
    return act(monkeypatch, plugin, host, {"proxies": ["Node2"], "wait_interval": 7, **options}, check_mode), host


def test_a_lease_is_renewed_at_every_look_and_at_the_last_one_for_what_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    result, host = wait(monkeypatch, [look(2), look(1), look(0)], lease=LEASE)
    assert [name for name, _arguments in host.calls] == ["qlik_session_wait", "restart_lease"] * 3
    assert [call["hold"] for call in host.called("restart_lease")] == [7 + LONGEST_LOOK, 7 + LONGEST_LOOK, 900]
    assert all("host" not in call for call in host.called("restart_lease"))
    assert all("lease" not in call for call in host.called("qlik_session_wait"))
    assert (result["remaining"], len(result["history"])) == (0, 3)


def test_a_run_that_has_lost_its_lease_waits_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = {"failed": True, "msg": "Another run is restarting Node3.", "failure": {"kind": "lease_held"}}
    result, host = wait(monkeypatch, [look(2)], lease=LEASE, lease_is=lost)
    assert (result["failed"], result["timed_out"], result["msg"]) == (True, False, "Another run is restarting Node3.")
    assert len(host.calls) == 2


@pytest.mark.parametrize("options", [{}, {"lease": {**LEASE, "directory": ""}}, {"lease": LEASE, "check_mode": True}])
def test_without_a_lease_and_in_check_mode_none_is_renewed(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    _result, host = wait(monkeypatch, [look(0)], **options)
    assert [name for name, _arguments in host.calls] == ["qlik_session_wait"]
    assert "lease" not in host.calls[0][1]


def test_what_is_no_lease_is_for_the_module_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    _result, host = wait(monkeypatch, [look(0)], lease="mine")
    assert host.calls[0][1]["lease"] == "mine"
