# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sites that the tests of the modules run against: small, and awkward in every way that is known of real ones."""

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


# Names that an address, a filter or a log could trip over. What stands for the name of a person is the id itself.
HARD_NAMES = [
    BACKSLASH,
    QUOTES,
    SCRIPTS,
    WILD,
    "LAB\\trailing\\",
    "LAB\\' or userId ne '",
    "LAB\\x') or (userId ne 'y",
    "LAB\\100%27 &filter=a#b+c=d;e?f/g",
    "LAB\\فريد حداد",
    "LAB\\😀 é",
    "O'HARA & CO\\anna",
]
VISITORS = [f"NONE\\anonymous{number}b1f2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d" for number in range(3)]


def _hard(name: str) -> dict[str, Any]:
    directory, _backslash, user_id = name.partition("\\")
    return {
        "directory": directory,
        "id": user_id,
        "name": user_id,
        "email": f"user{HARD_NAMES.index(name)}@lab.example",
    }


# Everybody there is: people with several addresses, or none in QRS, strangers to QRS, visitors, service accounts.
PEOPLE: dict[str, Any] = {
    "virtual_proxies": [{"prefix": ""}, {"prefix": "open", "anonymous_access": "allowed"}],
    "nodes": [
        {"name": "Central", "host_name": "qlik1.example.com", "virtual_proxies": ["", "open"]},
        {"name": "Node2", "host_name": "qlik2.example.com", "virtual_proxies": ["", "open"]},
    ],
    "users": [
        *map(_hard, HARD_NAMES),
        {
            "directory": "LAB",
            "id": "Anna",
            "name": "Anna Ek",
            "email": "anna@lab.example",
            "attributes": [
                {"mail": "a.ek@lab.example"},
                {"email": "ek@lab.example"},
                {"EMAIL": "ANNA@lab.example"},
                {"group": "HR@lab.example"},
                {"email": "no address"},
            ],
        },
        {"directory": "LAB", "id": "bert", "name": "Bert", "attributes": [{"mail": "bert@lab.example"}]},
        {"directory": "LAB", "id": "carla", "name": "Carla", "inactive": True},
        {"directory": "LAB", "id": "svc_mail", "name": "Mail robot", "email": "robot@lab.example"},
    ],
    "sessions": [
        *({"user": name, "node": "Central", "virtual_proxy": ""} for name in HARD_NAMES),
        {"user": "LAB\\anna", "node": "Central", "virtual_proxy": "", "count": 2},
        {"user": "LAB\\ANNA", "node": "Node2", "virtual_proxy": "open", "attributes": [{"email": "x@lab.example"}]},
        {"user": "LAB\\bert", "node": "Central", "virtual_proxy": ""},
        {
            "user": "LAB\\bert",
            "node": "Node2",
            "virtual_proxy": "",
            "attributes": [{"E-Mail": "bert@partner.example"}, {"Email": "Bert@home.example"}, {"email": ""}],
        },
        {"user": "LAB\\carla", "node": "Node2", "virtual_proxy": ""},
        {"user": "LAB\\zoran", "node": "Node2", "virtual_proxy": "", "attributes": [{"EMAIL": "zoran@lab.example"}]},
        *({"user": name, "node": "Node2", "virtual_proxy": "open"} for name in VISITORS),
        {"user": "LAB\\svc_mail", "node": "Central", "virtual_proxy": ""},
        {"user": "INTERNAL\\sa_api", "node": "Central", "virtual_proxy": ""},
        {"user": "INTERNAL\\sa_deleted", "node": "Central", "virtual_proxy": ""},
    ],
}
