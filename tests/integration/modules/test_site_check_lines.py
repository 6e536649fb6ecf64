# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each line of the check on a running site on which it is not well, and not a write."""

from __future__ import annotations

import json
import pathlib
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._haproxy import RuntimeApi
from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules.checking import SITE, check, lines, made_well
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules

# Whatever can be set up in an odd way, in one site.
ODD: dict[str, Any] = {
    "virtual_proxies": [
        {"prefix": ""},
        {"prefix": "sales", "session_inactivity_timeout": 10_000},
        {"prefix": "twin", "id": "twin-a"},
        {"prefix": "twin", "id": "twin-b"},
        {"prefix": "old"},
    ],
    "nodes": [
        {"name": "Central", "host_name": "qlik1.example.com", "virtual_proxies": ["", "sales", "twin-a"]},
        {"name": "Node2", "host_name": "qlik2.example.com", "virtual_proxies": ["", "twin-b"]},
        {"name": "Spare", "host_name": "qlik3.example.com"},
    ],
}
ODD_LINES = {
    "site/unlinked": "/old",
    "site/one_node": "/sales; /twin; /twin",
    "site/timeouts": "/sales: 10000 min",
    "site/candidates": "Failover candidates besides the central node: none.",
    "site/idle": "Spare",
    "behaviour/unique_names": "two virtual proxies have the prefix /twin",
}
BALANCER_LINES = {f"balancer/{name}" for name in ("servers", "addresses", "health", "weight", "rights")}


def nothing(_control: simulated.Control) -> None:
    """The options are what matters."""


def no_central_node(control: simulated.Control) -> None:
    nodes = simulated.Client(control.site_info).qrs("/qrs/servernodeconfiguration/full").json()
    body = json.dumps([{**node, "isCentral": False} for node in nodes])
    control.fault("status", listener="qrs", path="/qrs/servernodeconfiguration/full", status=200, body=body)
    control.clear_journal()


def run_a_task(control: simulated.Control) -> None:
    control.call("PUT", "/tasks", {"tasks": [{"name": "Nightly", "node": "Node2", "app": "Sales"}]})


@pytest.fixture(scope="module")
def site_info(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulated.SiteInfo]:
    state_dir = tmp_path_factory.mktemp("faults") / "site"
    yield simulated.start(state_dir, SITE, "--balancer", "haproxy")
    simulated.stop(state_dir)


@pytest.fixture
def site(site_info: simulated.SiteInfo, tree: pathlib.Path) -> Modules:
    return made_well(Modules(site_info, tree))


STRANGER = {"api_user": "LAB\\wilhelmina"}
NOT_WELL: list[tuple[str, str, Callable[[simulated.Control], object], dict[str, Any]]] = [
    ("reach/qrs", "problem", lambda control: control.fault("cut", listener="qrs", node="Central"), {}),
    *(
        ("reach/qrs", "problem", lambda control, answer=answer: control.fault("status", listener="qrs", **answer), {})
        for answer in (
            {"status": 200, "body": "{}"},
            {"status": 200, "body": "null"},
            {"status": 200, "body": "[[1]]"},
            {"status": 404},
            {"status": 302},
        )
    ),
    ("reach/qrs", "problem", lambda control: control.fault("html", listener="qrs"), {}),
    ("reach/qrs", "problem", lambda control: control.fault("trickle", listener="qrs"), {"timeout": 1, "retries": 0}),
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
    ("certificates/strength", "warning", lambda control: control.fault("weak_certificate", listener="qps"), {}),
    ("certificates/trust", "warning", nothing, {"validate_certs": False}),
    ("certificates/services", "problem", lambda control: control.fault("expired_certificate", listener="qps"), {}),
    (
        "certificates/services",
        "problem",
        lambda control: control.fault("expiring_certificate", listener="qps", days=7),
        {},
    ),
    (
        "certificates/users_port",
        "warning",
        lambda control: control.fault("expiring_certificate", listener="user", days=40),
        {},
    ),
    ("certificates/users_port", "problem", lambda control: control.fault("expired_certificate", listener="user"), {}),
    ("certificates/client", "warning", nothing, {"certificate_warn_days": 3000}),
    (
        "certificates/root",
        "problem",
        nothing,
        {"certificate_problem_days": 3000, "certificate_warn_days": 3000},
    ),
    ("certificates/files", "problem", nothing, {"client_cert": "/nowhere/client.pem"}),
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
    *((f"rights/{name}", "problem", nothing, STRANGER) for name in ("proxies", "virtual_proxies", "nodes")),
    ("rights/services", "warning", nothing, STRANGER),
    ("rights/banners", "warning", lambda control: control.fault("status", status=403, path="/custombanner"), {}),
    ("rights/tasks", "warning", run_a_task, STRANGER),
    ("rights/usage_rows", "warning", lambda control: control.switches(usage_shown="none"), {}),
    ("rights/usage_rows", "warning", lambda control: control.switches(usage_shown="refused"), {}),
    ("rights/usage_rows", "unknown", lambda control: control.switches(usage_shown="absent"), {}),
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
    ("behaviour/usage_ids", "warning", lambda control: control.switches(usage_session_ids="hashed"), {}),
    ("behaviour/usage_ids", "unknown", lambda control: control.switches(usage_shown="none"), {}),
    ("behaviour/usage_times", "warning", lambda control: control.switches(usage_times="west"), {}),
    ("behaviour/usage_times", "unknown", lambda control: control.switches(usage_shown="refused"), {}),
    ("behaviour/attributes", "unknown", lambda control: control.end_all(), {}),
    ("behaviour/api_user_header", "warning", lambda control: control.switches(unknown_user="everything"), {}),
    ("site/central", "problem", no_central_node, {}),
    ("site/heartbeats", "warning", lambda control: control.call("PUT", "/nodes/Node2", {"silent_seconds": 700}), {}),
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
    names: None,
    name: str,
    status: str,
    arrange: Callable[[simulated.Control], object],
    options: dict[str, Any],
) -> None:
    arrange(site.control)
    line = lines(check(site, **options))[name]
    assert line["status"] == status, line
    assert site.control.writes() == []


def test_a_name_in_host_map_that_no_node_has(site: Modules) -> None:
    line = lines(check(site, host_map={**site.site_info["host_map"], "qlik9": "127.0.0.1"}))["reach/way"]
    assert (line["status"], line["seen"]) == ("warning", "host_map has qlik9, which is the host name of no node")


def test_a_candidate_where_nothing_answers(site: Modules) -> None:
    found = lines(check(site, host_map={**site.site_info["host_map"], "qlik2.example.com": "127.0.0.77"}))
    assert found["reach/other_qrs"]["status"] == "warning"
    assert found["reach/other_qrs"]["seen"].startswith("Node2: ")


def test_an_odd_site(tree: pathlib.Path, state_dir: pathlib.Path) -> None:
    found = lines(check(Modules(simulated.start(state_dir, ODD), tree)))
    assert {name: found[name]["seen"] for name in ODD_LINES} == ODD_LINES
    assert {found[name]["status"] for name in ODD_LINES} == {"warning"}


def test_every_line_has_a_running_site_on_which_it_is_not_well(site: Modules) -> None:
    tested = (
        {name for name, _status, _arrange, _options in NOT_WELL}
        | set(ODD_LINES)
        | BALANCER_LINES
        | {"reach/way", "reach/other_qrs"}
    )
    assert tested == set(lines(check(site)))


# The balancer


def told(site: Modules, command: str) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(site.site_info["balancer"]["socket"])
        connection.sendall(f"{command}\n".encode())
        assert b"No such" not in connection.recv(4096)


def balancer_line(site: Modules, name: str, **options: Any) -> tuple[str, str]:
    line = lines(check(site, **options))[f"balancer/{name}"]
    return line["status"], line["seen"]


def test_a_server_that_is_out(site: Modules) -> None:
    balancer = site.site_info["balancer"]
    api = RuntimeApi(balancer["socket"], 10)
    api.set_state(api.server(balancer["backend"], "Node2"), "drain")
    assert balancer_line(site, "weight") == ("warning", "Node2 is drain")


def test_a_server_that_fails_its_check(site: Modules) -> None:
    balancer = site.site_info["balancer"]
    api = RuntimeApi(balancer["socket"], 10)
    site.control.proxy("Node2", "stop")
    simulated.wait_until(lambda: api.server(balancer["backend"], "Node2").health != "running", 30)
    assert balancer_line(site, "health") == ("problem", "Node2 is stopped")


def test_a_server_that_is_where_another_node_is(site: Modules) -> None:
    balancer = site.site_info["balancer"]
    servers = {server.name: server for server in RuntimeApi(balancer["socket"], 10).servers(balancer["backend"])}
    there, here = servers["Central"], servers["Node2"]
    move = f"set server {balancer['backend']}/Node2 addr {{0.address}} port {{0.port}}"
    told(site, move.format(there))
    try:
        assert balancer_line(site, "addresses") == ("problem", "Node2 has the address of Central")
        assert balancer_line(site, "servers") == ("warning", "Node2 is not one of the servers")
    finally:
        told(site, move.format(here))


def test_a_balancer_that_is_not_there(site: Modules) -> None:
    status, seen = balancer_line(site, "servers", haproxy_socket="/nowhere/admin.sock")
    assert status == "problem"
    assert "/nowhere/admin.sock" in seen


class LesserSocket(socketserver.BaseRequestHandler):
    """Hands commands on to the admin socket, and says that it is none."""

    admin_socket = ""

    def handle(self) -> None:
        command = self.request.recv(4096)
        if command.strip() == b"show cli level":
            self.request.sendall(b"operator\n\n")
            return
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.admin_socket)
            connection.sendall(command)
            while part := connection.recv(65536):
                self.request.sendall(part)


def test_a_socket_that_may_not_set_anything(site: Modules) -> None:
    LesserSocket.admin_socket = site.site_info["balancer"]["socket"]
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), LesserSocket) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        status, seen = balancer_line(site, "rights", haproxy_socket=f"127.0.0.1:{server.server_address[1]}")
        server.shutdown()
    assert status == "problem"
    assert "has the level operator, which may not set states" in seen
