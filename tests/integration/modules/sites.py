# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The site that the tests of the modules run against: small, and awkward in every way that is known of real ones."""

from __future__ import annotations

from typing import Any

# Prefix and linked nodes. Two virtual proxies share the prefix "twin", one on each proxy.
PAIRS = [
    ("Central", ""),
    ("Central", "sales"),
    ("Central", "twin"),
    ("Central", "api"),
    ("Node2", ""),
    ("Node2", "sales"),
    ("Node2", "partner/emea"),
    ("Node2", "twin"),
]
BACKSLASH = "LAB\\dom\\joe"
QUOTES = "LAB\\o'brien \"bo\" \\' x"
SCRIPTS = "LAB\\山田 Дмитрий"
WILD = "LAB\\a*[b]?"
API_USER = "INTERNAL\\sa_api"

AWKWARD: dict[str, Any] = {
    "virtual_proxies": [
        {"prefix": "", "description": "Central Proxy (Default)", "session_cookie_header_name": "X-Qlik-Session"},
        {"prefix": "sales", "description": "Sales portal", "session_inactivity_timeout": 60},
        {"prefix": "partner/emea", "description": "Partners in EMEA", "load_balancing_nodes": ["Engine1"]},
        {"prefix": "twin", "id": "twin-a", "description": "First of the twins"},
        {"prefix": "twin", "id": "twin-b", "description": "Second of the twins"},
        {"prefix": "old", "description": "Served by nobody"},
        {"prefix": "api", "description": "For programs", "header_authentication_header_name": "X-Qlik-User"},
    ],
    "nodes": [
        {
            "name": "Central",
            "host_name": "qlik1.example.com",
            "central": True,
            "virtual_proxies": ["", "sales", "twin-a", "api"],
        },
        {"name": "Node2", "host_name": "qlik2.example.com", "virtual_proxies": ["", "sales", "partner/emea", "twin-b"]},
        {"name": "Spare", "host_name": "qlik3.example.com", "virtual_proxies": []},
        {"name": "Engine1", "host_name": "qlik4.example.com", "proxy": False},
    ],
    "users": [
        {"directory": "LAB", "id": "anna", "name": "Anna Ek", "email": "anna@lab.example"},
        {"directory": "LAB", "id": "bjorn", "name": "Björn Ångström"},
        {"directory": "LAB", "id": "o'brien \"bo\" \\' x", "name": "Bo O'Brien", "email": "bo@lab.example"},
        {"directory": "LAB", "id": "dom\\joe", "name": "Joe of Dom"},
        {"directory": "LAB", "id": "山田 Дмитрий", "name": "山田 Дмитрий"},
        {"directory": "LAB", "id": "a*[b]?", "name": "Wild"},
        {"directory": "LAB", "id": "quinn", "name": "Quinn", "blacklisted": True},
        {"directory": "LAB", "id": "rosa", "name": "Rosa", "removed_externally": True, "inactive": True},
        {"directory": "LAB", "id": "stefan", "name": "Stefan", "inactive": True},
        {"directory": "PARTNER", "id": "anna", "name": "Anna Müller"},
    ],
    "sessions": [
        {
            "user": "LAB\\anna",
            "node": "Central",
            "virtual_proxy": "",
            "attributes": [{"group": "Finance"}, {"group": "HR"}],
        },
        {"user": "LAB\\anna", "node": "Node2", "virtual_proxy": "sales", "attributes": [{"Group": "finance"}]},
        {"user": "LAB\\bjorn", "node": "Central", "virtual_proxy": "sales", "count": 3, "attributes": [{"region": ""}]},
        {"user": "LAB\\bjorn", "node": "Node2", "virtual_proxy": "", "count": 2},
        {"user": QUOTES, "node": "Node2", "virtual_proxy": "sales"},
        {"user": BACKSLASH, "node": "Central", "virtual_proxy": ""},
        {"user": SCRIPTS, "node": "Node2", "virtual_proxy": "partner/emea"},
        {"user": WILD, "node": "Central", "virtual_proxy": "sales"},
        {"user": "PARTNER\\anna", "node": "Node2", "virtual_proxy": "partner/emea", "attributes": [{"group": "Sales"}]},
        {"user": "LAB\\bjorn", "node": "Central", "virtual_proxy": "twin"},
        {"user": "LAB\\bjorn", "node": "Node2", "virtual_proxy": "twin"},
        {"user": "LAB\\quinn", "node": "Central", "virtual_proxy": "twin"},
        {"user": "LAB\\rosa", "node": "Node2", "virtual_proxy": "twin"},
        {"user": "LAB\\stefan", "node": "Central", "virtual_proxy": ""},
        {"user": "LAB\\zoran", "node": "Node2", "virtual_proxy": ""},
        {"user": "INTERNAL\\sa_repository", "node": "Central", "virtual_proxy": ""},
        {"user": "INTERNAL\\sa_api", "node": "Central", "virtual_proxy": ""},
    ],
}
