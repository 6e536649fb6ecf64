# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site on which every line of its check is well, and the check of it."""

from __future__ import annotations

from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._haproxy import RuntimeApi
from ansible_collections.qlikops.sense.tests.integration import simulated
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
        {
            "directory": "LAB",
            "id": "wilhelmina",
            "name": "Wilhelmina Quist",
            "email": "w.quist@lab.example",
            "license": "analyzer",
        },
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


def check(site: Modules, **options: Any) -> Run:
    """With the balancer of the site, where it has one."""
    balancer = site.site_info.get("balancer")
    behind = {"haproxy_backend": [balancer["backend"]], "haproxy_socket": balancer["socket"]} if balancer else {}
    return site.run("qlik_site_check", **{"fail_on": "never", **behind, **options})


def lines(run: Run) -> dict[str, dict[str, str]]:
    return {f"{line['group']}/{line['name']}": line for line in run.result["checks"]}


def statuses(run: Run, status: str) -> set[str]:
    return {name for name, line in lines(run).items() if line["status"] == status}


def made_well(site: Modules) -> Modules:
    """The site as it was started, and its balancer sees all of it again."""
    site.control.reset()
    balancer = site.site_info["balancer"]
    api = RuntimeApi(balancer["socket"], 10)
    for server in api.servers(balancer["backend"]):
        api.set_state(server, "ready")
    simulated.wait_until(lambda: all(server.health == "running" for server in api.servers(balancer["backend"])), 30)
    return site
