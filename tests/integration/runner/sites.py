# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sites that jobs run against."""

from __future__ import annotations

from typing import Any

SMALL: dict[str, Any] = {
    "virtual_proxies": [{"prefix": ""}, {"prefix": "mashup"}],
    "nodes": [
        {"name": "Central", "host_name": "qlik1.example.com", "central": True, "virtual_proxies": ["", "mashup"]},
        {"name": "Node2", "host_name": "qlik2.example.com", "virtual_proxies": ["", "mashup"]},
    ],
    "users": [
        {"directory": "LAB", "id": "anna", "name": "Anna Ek", "email": "anna@lab.example"},
        {"directory": "LAB", "id": "ben", "name": "Ben Ek"},
        {"directory": "LAB", "id": "quinn", "name": "Quinn", "blacklisted": True},
        {"directory": "LAB", "id": "svc_mashup", "name": "Mashup"},
        {"directory": "INTERNAL", "id": "sa_scheduler", "name": "sa_scheduler"},
    ],
    "sessions": [
        {"user": "LAB\\anna", "node": "Central", "virtual_proxy": ""},
        {"user": "LAB\\anna", "node": "Node2", "virtual_proxy": "mashup"},
        {"user": "LAB\\ben", "node": "Node2", "virtual_proxy": "", "count": 2},
        {"user": "INTERNAL\\sa_scheduler", "node": "Central", "virtual_proxy": ""},
    ],
}

OTHER: dict[str, Any] = {
    "virtual_proxies": [{"prefix": ""}],
    "nodes": [{"name": "Test", "host_name": "test1.example.com", "central": True, "virtual_proxies": [""]}],
    "users": [{"directory": "LAB", "id": "anna", "name": "Anna Ek"}],
    "sessions": [{"user": "LAB\\anna", "node": "Test", "virtual_proxy": ""}],
}
