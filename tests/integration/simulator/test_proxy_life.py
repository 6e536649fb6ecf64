# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies stop, start, are killed: ports close and open, sessions die, health tells the truth."""

from __future__ import annotations

import threading

import pytest
import requests

from ansible_collections.qlikops.sense.tests.integration.simulated import Client, Control, wait_until


def refused(client: Client, node: str = "Node2") -> bool:
    try:
        client.qps("/qps/alive", node)
    except requests.exceptions.ConnectionError as error:
        return "refused" in str(error) or "Connection aborted" in str(error)
    return False


@pytest.mark.parametrize("action", ["stop", "kill"])
def test_stopped_until_started(client: Client, control: Control, action: str) -> None:
    assert client.qps("/qps/session", "Node2").json() != []
    port = client.node("Node2")["qps_port"]
    assert control.proxy("Node2", action) == "stopped"
    assert control.sessions(node="Node2") == []
    assert len(control.sessions(node="Central")) > 0
    assert refused(client)
    assert refused(client)
    assert client.qrs("/qrs/about", node="Node2").status_code == 200, "the repository service of the node lives on"
    control.proxy("Node2", "start", starting_seconds=0.3)
    control.wait_for_proxy("Node2")
    assert client.node("Node2")["qps_port"] == port
    assert client.qps("/qps/session", "Node2").json() == []
    assert control.login("LAB\\mei", "Node2", "sales")


def test_restart_closed_then_starting_then_alive(client: Client, control: Control) -> None:
    control.proxy("Node2", "restart", closed_seconds=0.5, starting_seconds=0.7)
    assert refused(client)
    control.wait_for_proxy("Node2", "starting")
    alive, sessions = client.qps("/qps/alive", "Node2"), client.qps("/qps/session", "Node2")
    assert alive.status_code == sessions.status_code == 503
    control.switches(alive_while_starting="false")
    assert client.qps("/qps/alive", "Node2").json() == {"value": False}
    assert client.call("user", "GET", "/hub", "Node2").status_code == 503
    wait_until(lambda: client.qps("/qps/alive", "Node2").json() == {"value": True})
    assert client.qps("/qps/session", "Node2").json() == []


def test_users_come_back_by_the_user_port_after_a_restart(client: Client, control: Control) -> None:
    client.call("user", "GET", "/login", "Node2", query={"user": "LAB\\mei"})
    control.proxy("Node2", "restart", closed_seconds=0, starting_seconds=0)
    control.wait_for_proxy("Node2")
    assert client.call("user", "GET", "/hub", "Node2").status_code == 302
    client.call("user", "GET", "/login", "Node2", query={"user": "LAB\\mei"})
    assert client.call("user", "GET", "/hub", "Node2").status_code == 200


def test_a_later_action_overrides_an_earlier_one(control: Control) -> None:
    control.proxy("Node2", "restart", closed_seconds=0.1, starting_seconds=60)
    control.wait_for_proxy("Node2", "starting")
    assert control.proxy("Node2", "stop") == "stopped"
    control.proxy("Node2", "restart", closed_seconds=0, starting_seconds=0)
    control.wait_for_proxy("Node2")
    assert control.proxy("Node2", "start") == "running"


def test_killing_cuts_what_is_under_way(client: Client, control: Control) -> None:
    control.fault("hang", node="Node2")
    threading.Timer(0.3, lambda: control.proxy("Node2", "kill")).start()
    with pytest.raises(requests.exceptions.ConnectionError):
        client.qps("/qps/session", "Node2", timeout=10)
