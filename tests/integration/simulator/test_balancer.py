# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real HAProxy in front of the users' ports: cookies bind, checks tell the truth, it ends with the site."""

from __future__ import annotations

import os
import pathlib
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from ansible_collections.qlikops.sense.plugins.module_utils._haproxy import RuntimeApi
from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.simulated import Control, SiteInfo, wait_until

THREE = ("--proxies", "3", "--virtual-proxies", "2", "--sessions", "0")


@pytest.fixture(scope="module")
def balanced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteInfo]:
    """A site of three proxies behind HAProxy. Without HAProxy it does not start, and says how to get it."""
    state_dir = tmp_path_factory.mktemp("balanced") / "site"
    yield simulated.start_generated(state_dir, *THREE, "--balancer", "haproxy")
    simulated.stop(state_dir)


@pytest.fixture
def arranged(balanced: SiteInfo) -> Control:
    """The control interface of the site, after a reset."""
    control = Control(balanced)
    control.reset()
    return control


class Visitor(requests.Session):
    """A browser at the balancer, which keeps cookies; its node is what the last answer said."""

    def __init__(self, site_info: SiteInfo) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = False  # the names of the site lead nowhere here; test_people looks at the certificate
        self.url = site_info["balancer"]["url"]
        self.node = ""

    def visit(self, path: str = "/hub", user: str | None = None) -> requests.Response:
        answer = self.request("POST" if user else "GET", self.url + path, data={"user": user} if user else None)
        self.node = answer.headers.get("X-Simulated-Node", "")
        return answer


def ask(site_info: SiteInfo, command: str) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(site_info["balancer"]["socket"])
        connection.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def set_state(site_info: SiteInfo, node: str, state: str) -> None:
    assert ask(site_info, f"set server qlik/{node} state {state}").strip() == ""


def life(control: Control, what: str) -> list[tuple[str, str]]:
    entries: list[dict[str, Any]] = control.call("GET", "/life")["entries"]
    return [(entry["node"], entry["state"]) for entry in entries if entry["what"] == what]


pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")


def test_the_card_says_where_it_is(balanced: SiteInfo) -> None:
    balancer = balanced["balancer"]
    assert (balancer["backend"], balancer["host_name"]) == ("qlik", "qlik.example.com")
    assert "Name: HAProxy" in ask(balanced, "show info")
    assert stat.S_IMODE(os.stat(balancer["socket"]).st_mode) == 0o600
    assert [line.split()[3] for line in ask(balanced, "show servers state qlik").splitlines()[2:] if line] == [
        node["name"] for node in balanced["nodes"]
    ]


def test_people_are_bound_to_a_node_and_spread_over_all(balanced: SiteInfo, arranged: Control) -> None:
    nodes = set()
    for number in range(6):
        visitor = Visitor(balanced)
        page = visitor.visit("/vp01/login?targetUri=%2Fvp01%2Fhub", f"LAB\\person{number}")
        assert page.status_code == 200
        assert page.url == f"{visitor.url}/vp01/hub"
        first = visitor.node
        for _again in range(3):
            assert visitor.visit("/vp01/hub").status_code == 200
            assert visitor.node == first
        nodes.add(first)
        (session,) = arranged.sessions(f"LAB\\person{number}")
        assert (session["node"], session["virtual_proxy"]) == (first, "vp01")
    assert nodes == {"Proxy01", "Proxy02", "Proxy03"}


def test_a_drained_server_keeps_who_is_bound_and_gets_nobody_new(balanced: SiteInfo, arranged: Control) -> None:
    bound = Visitor(balanced)
    bound.visit("/login", "LAB\\bound")
    drained = bound.node
    set_state(balanced, drained, "drain")
    for number in range(6):
        new = Visitor(balanced)
        new.visit("/login", f"LAB\\new{number}")
        assert new.node not in (drained, "")
    assert bound.visit().status_code == 200
    assert bound.node == drained
    wait_until(lambda: (drained, "drain") in life(arranged, "balancer"))
    set_state(balanced, drained, "ready")
    wait_until(lambda: life(arranged, "balancer") == [(drained, "drain"), (drained, "ready")])


def test_checks_fail_while_a_proxy_is_closed_or_starting(balanced: SiteInfo, arranged: Control) -> None:
    visitor = Visitor(balanced)
    visitor.visit("/login", "LAB\\anna")
    node = visitor.node
    arranged.proxy(node, "restart", closed_seconds=1.5, starting_seconds=2.5)
    wait_until(lambda: life(arranged, "check") == [(node, "down")])
    moved = visitor.visit("/login", "LAB\\anna")
    assert moved.status_code == 200
    assert visitor.node not in (node, "")
    arranged.wait_for_proxy(node, "starting")
    assert life(arranged, "check") == [(node, "down")]
    arranged.wait_for_proxy(node)
    wait_until(lambda: life(arranged, "check") == [(node, "down"), (node, "up")])
    assert life(arranged, "proxy") == [(node, "stopped"), (node, "starting"), (node, "running")]


def test_starting_alone_fails_the_check(balanced: SiteInfo, arranged: Control) -> None:
    arranged.proxy("Proxy02", "restart", closed_seconds=0, starting_seconds=3)
    arranged.wait_for_proxy("Proxy02", "starting")
    wait_until(lambda: life(arranged, "check") == [("Proxy02", "down")], 2.5)
    assert arranged.status()["proxies"]["Proxy02"] == "starting"


def test_reset_makes_every_server_ready_and_well(balanced: SiteInfo, arranged: Control) -> None:
    set_state(balanced, "Proxy01", "maint")
    arranged.proxy("Proxy02", "stop")
    wait_until(lambda: life(arranged, "check") and life(arranged, "balancer"))
    arranged.reset()
    assert life(arranged, "check") == life(arranged, "balancer") == []
    fields = [line.split() for line in ask(balanced, "show servers state qlik").splitlines()[2:] if line]
    assert [(line[5], line[6]) for line in fields] == [("2", "0")] * 3


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_it_ends_with_the_site(state_dir: pathlib.Path, how: str) -> None:
    site_info = simulated.start_generated(state_dir, *THREE, "--balancer", "auto")
    haproxy = int(next(line for line in ask(site_info, "show info").splitlines() if line.startswith("Pid:")).split()[1])
    if how == "stop":
        simulated.stop(state_dir)
    else:
        os.kill(site_info["pid"], signal.SIGKILL)
    wait_until(lambda: not alive(haproxy))
    again = simulated.start_generated(state_dir, *THREE, "--balancer", "haproxy")
    assert Visitor(again).visit("/login").status_code == 200


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_long_path_gets_a_short_socket_which_goes_with_the_site(tmp_path: pathlib.Path) -> None:
    state_dir = tmp_path / ("long" * 20) / "state"
    state_dir.parent.mkdir()
    admin_socket = pathlib.Path(
        simulated.start_generated(state_dir, *THREE, "--balancer", "haproxy")["balancer"]["socket"]
    )
    assert len(str(admin_socket)) < 90
    assert admin_socket.exists()
    simulated.stop(state_dir)
    assert not admin_socket.parent.exists()


@pytest.fixture
def without_haproxy(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place where HAProxy is not installed: one Python module stands before the rest and looks nowhere."""
    (tmp_path / "sitecustomize.py").write_text(
        "import shutil\nfound = shutil.which\n"
        "shutil.which = lambda name, *rest, **more: None if name == 'haproxy' else found(name, *rest, **more)\n"
    )
    run = subprocess.run

    def run_there(command: list[str], env: dict[str, str], check: bool = False, **options: Any) -> Any:
        there = {**env, "PYTHONPATH": f"{env['PYTHONPATH']}{os.pathsep}{tmp_path}"}
        return run(command, check=check, env=there, **options)

    monkeypatch.setattr(subprocess, "run", run_there)


@pytest.mark.usefixtures("without_haproxy")
def test_where_it_is_not_installed(state_dir: pathlib.Path) -> None:
    options = ("start", "--state-dir", str(state_dir), "--generate", *THREE)
    refused = simulated.command(*options, "--balancer", "haproxy")
    assert refused.returncode == 1
    assert refused.stderr == (
        "qlik_simulator: HAProxy is not installed here. Install it: apt-get install --no-install-recommends haproxy\n"
    )
    assert refused.stdout == ""
    site_info = simulated.start_generated(state_dir, *THREE, "--balancer", "auto")
    assert site_info["balancer"] is None
    assert site_info["notes"] == [
        "HAProxy is not installed here, so no balancer stands in front. "
        "Install it: apt-get install --no-install-recommends haproxy"
    ]


def test_a_name_that_haproxy_does_not_take(state_dir: pathlib.Path) -> None:
    site = {"nodes": [{"name": "Node 1", "host_name": "qlik1.example.com"}]}
    with pytest.raises(RuntimeError, match="HAProxy cannot have a server named 'Node 1'"):
        simulated.start(state_dir, site, "--balancer", "haproxy")


OWN = """\
global
    log /dev/log local0
    daemon
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
frontend in
    bind *:443 ssl crt /etc/haproxy/qlik.pem
    default_backend qlik_prod
backend qlik_prod
    cookie node insert indirect nocache
    option httpchk
    http-check send meth GET uri /qps/user ver HTTP/1.1 hdr Host balancer
    http-check expect rstatus ^[234]
    default-server check inter 500ms fall 2 rise 1 ssl verify none
    server a qlik1.example.com:443 cookie a
    server b qlik2.example.com:443 cookie b weight 7
    server c qlik3.example.com:443 cookie c
    server gone qlik9.example.com:443
"""


def test_a_configuration_of_ones_own(state_dir: pathlib.Path, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "haproxy.cfg"
    file.write_text(OWN, encoding="utf-8")
    site_info = simulated.start_generated(state_dir, *THREE, "--balancer", str(file))
    names = [node["host_name"] for node in site_info["nodes"]]
    assert site_info["balancer"]["backend"] == "qlik_prod"
    assert any("qlik_prod/gone is no node" in note for note in site_info["notes"])
    api = RuntimeApi(site_info["balancer"]["socket"], 10)
    control = simulated.Control(site_info)
    wait_until(lambda: all(server.health == "running" for server in api.servers("qlik_prod")))
    assert {server.name: server.weight for server in api.servers("qlik_prod")} == {"a": 1, "b": 7, "c": 1}
    control.call("PUT", "/people", {"count": 3, "pause_seconds": 0.2})
    wait_until(lambda: all(person["state"] == "browsing" for person in control.call("GET", "/people")))
    api.set_state(api.server("qlik_prod", "b"), "drain")
    wait_until(lambda: any(each["what"] == "balancer" for each in control.call("GET", "/life", since="0")["entries"]))
    control.reset()
    assert api.server("qlik_prod", "b").state == "ready"
    assert names[:3] == ["qlik1.example.com", "qlik2.example.com", "qlik3.example.com"]
