# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows about options: what YAML makes of them, what can't be meant, what no list has, and the caps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.qlikops.sense.tests.integration.faults.answers import status
from ansible_collections.qlikops.sense.tests.integration.faults.row import FileOf, Row, when
from ansible_collections.qlikops.sense.tests.integration.faults.site import (
    CENTRAL,
    EMEA,
    NODE2,
    QRS,
    SESSIONS,
    Site,
    id_of,
    live,
)

ALL = {"all": True}
ANNA = {"users": ["anna"]}
CHECK = {"_ansible_check_mode": True}

# What YAML makes of 00042, no, 8:00 and the like, in options that are texts by their meaning.
CHANGED_BY_YAML: tuple[tuple[str, Any], ...] = (
    ("users", [34]),
    ("users", [False]),
    ("users", 34),
    ("users", ["anna", 480]),
    ("users", [["anna", 34]]),
    ("users", [1.5]),
    ("exclude_users", [34]),
    ("exclude_users", [True]),
    ("protect_users", [34]),
    ("protect_users", False),
    ("protect_users", ["anna", True]),
    ("proxies", [2]),
    ("proxies", 2),
    ("virtual_proxies", [34]),
    ("virtual_proxies", [False]),
    ("session_refs", [123456]),
    ("session_refs", [1e5]),
    ("attributes", {"group": 34}),
    ("attributes", {"group": [True]}),
    ("attributes", {"group": {"HR": 1}}),
    ("min_age", 480),
    ("min_age", False),
    ("min_age", 1.5),
    ("api_user", 34),
    ("host", 34),
    ("host", True),
    ("host_map", {"qlik1.example.com": 127}),
    ("anonymous_users", [34]),
    ("service_users", [False]),
    ("email_attributes", [34]),
    ("qrs_virtual_proxy", 34),
)
# What an option may be and can't mean: how the complaint goes on.
SENSELESS: tuple[tuple[str, Any, str], ...] = (
    ("min_age", "480", "has no unit"),
    ("min_age", "8:00", "is not a duration"),
    ("min_age", "2026-01-15", "is not a duration"),
    ("min_age", "-8h", "is not a duration"),
    ("min_age", "1.5h", "is not a duration"),
    ("min_age", "soon", "is not a duration"),
    ("min_age", ["8h"], "is not a duration"),
    ("min_age", "٣h", "is not a duration"),
    ("max_sessions", -1, "too small"),
    ("max_percent", -1, "not a percentage"),
    ("max_percent", 100.5, "not a percentage"),
    ("max_percent", "nan", "not a percentage"),
    ("max_percent", "inf", "not a percentage"),
    ("keep_per_user", -1, "too small"),
    ("any_of", [{}], "this rule has no condition"),
    ("any_of", [{"users": [""], "min_age": " "}], "this rule has no condition"),
    ("any_of", [{"exclude_users": ["anna"]}], "this rule has no condition"),
    ("any_of", [{"users": ["anna"]}, {"keep_per_user": 0}], "this rule has no condition"),
    ("any_of", [{"min_age": "480"}], "has no unit"),
    ("any_of", [{"min_age": 480}], "is a number, not a text"),
    ("any_of", [{"users": [42]}], "is a number, not a text"),
    ("any_of", [{"keep_per_user": True}], "is a truth value, not a number"),
    ("any_of", [{"keep_per_user": -1}], "too small"),
    ("any_of", [{"keep_per_user": 1, "keep_per_virtual_proxy": 1}], "can't be combined"),
    ("any_of", [{"proxies": ["Node3"]}], "the site has no 'Node3'"),
    ("any_of", ["min_age=8h"], "is no rule"),
    ("any_of", {"min_age": "8h"}, "is not a list of rules"),
    ("proxies", ["Node3"], "the site has no 'Node3'"),
    ("proxies", ["Node*"], "the site has no 'Node.'"),
    ("virtual_proxies", ["nowhere"], "the site has no 'nowhere'"),
    ("virtual_proxies", ["sale*"], "the site has no 'sale.'"),
    ("first_seen", {"3f9a1c-0c1d2e3f4a5b": "yesterday"}, "is not a time"),
    ("first_seen", {"3f9a1c-0c1d2e3f4a5b": 34}, "is not a time"),
    ("first_seen", {"3f9a1c-0c1d2e3f4a5b": None}, "is not a time"),
    ("first_seen", {"3f9a1c-0c1d2e3f4a5b": ["2026-01-15T09:30:00Z"]}, "is not a time"),
    ("first_seen", {"3f9a1c-0c1d2e3f4a5b": "9999-99-99T00:00:00Z"}, "is not a time"),
    ("first_seen", {"3f9a1c-0c1d2e3f4a5b": "0001-01-01T00:00:00+14:00"}, "is not a time"),
    ("api_user", "sa_api", "does not name a user"),
    ("api_user", "INTERNAL\\", "does not name a user"),
    ("api_user", "\\sa_api", "does not name a user"),
    ("host", "https://qlik1.example.com", "not a host name"),
    ("host", "qlik1.example.com:4242", "not a host name"),
    ("host", "qlik1.example.com/hub", "not a host name"),
    ("host", "qlik1 example com", "not a host name"),
    ("host_map", {"qlik1.example.com": ""}, "no address is given"),
    ("host_map", {"qlik1.example.com": "127.0.0.1:4242"}, "not a host name"),
    ("host_map", {"qlik1.example.com": ["127.0.0.1"]}, "not a text|no address is given"),
    ("qrs_virtual_proxy", "../qrs", "not the prefix"),
    ("qrs_virtual_proxy", "a?b", "not the prefix"),
    ("client_cert", "/nowhere/client.pem", "can't be read: No such file"),
    ("client_cert", "/", "can't be read: Is a directory"),
    ("ca_path", "/nowhere/root.pem", "can't be read"),
    ("client_key", FileOf("empty"), "is empty"),
    ("client_cert", FileOf("empty"), "is empty"),
    ("ca_path", FileOf("empty"), "is empty"),
    ("ca_path", FileOf("garbage"), "no certificate in PEM"),
    ("client_cert", FileOf("garbage"), "no certificate in PEM"),
    ("client_key", FileOf("garbage"), "no key in PEM"),
    ("client_key", FileOf("rogue_client_key"), "is not the key of"),
    ("client_key", FileOf("client_key_encrypted"), "is encrypted"),
)
# What Ansible refuses by the argument spec.
WRONG_TYPES: tuple[tuple[str, Any], ...] = (
    ("users", {"anna": True}),
    ("attributes", "34"),
    ("attributes", ["HR"]),
    ("timeout", "soon"),
    ("timeout", 1.5),
    ("max_percent", "10%"),
    ("qrs_port", "https"),
    ("max_sessions", "few"),
    ("max_percent", "ten"),
    ("keep_per_user", 1.5),
    ("validate_certs", "perhaps"),
    ("user_states", ["gone"]),
    ("state", "present"),
    ("first_seen", "yesterday"),
    ("no_such_option", 1),
    ("client_cert", None),
    ("all", "nearly"),
)


SITE = Site({QRS: 1, CENTRAL: 1, NODE2: 1})
# References as a run before would have told them.
REFS = {session.label: SITE.ref(session) for session in SESSIONS}
NOBODY = "000000-0123456789ab"
GONE_OF_NODE2 = f"{REFS['dora'].partition('-')[0]}-0123456789ab"


def rows() -> Iterator[Row]:
    for number, (option, value) in enumerate(CHANGED_BY_YAML):
        yield Row(
            f"YAML {number}: {option} {value!r}",
            {**ALL, option: value},
            kind="bad_option",
            says=f"^{option}: .* not a text",
            hint="in quotes",
            most_deletes=0,
        )
    for number, (option, value, says) in enumerate(SENSELESS):
        yield Row(
            f"senseless {number}: {option}",
            {**ALL, option: value},
            kind="bad_option",
            says=rf"^{option}(\[\d+\][.\w]*)?: .*{says}",
            most_deletes=0,
        )
    for option, value in WRONG_TYPES:
        yield Row(
            f"type: {option} {value!r}",
            {**ALL, option: value},
            kind="bad_option",
            says=option,
            where="",
            most_deletes=0,
        )


SINGLE_ROWS = [
    Row(
        "YAML: session_ids as numbers are not shown",
        {"session_ids": [8364173625]},
        kind="bad_option",
        says="session_ids: a value is a number, not a text",
        hint="in quotes",
    ),
    Row("YAML: dates are texts", {"users": ["2026-01-15"]}, (), ended=""),
    Row(
        "YAML: names that look like numbers, in quotes",
        {"users": ["00042", "no"], "protect_users": ["34", "False"]},
        (
            lambda site: site.sessions.extend(
                live(label, f"LAB\\{user}", "Node2")
                for label, user in (("desk", "00042"), ("nora", "no"), ("other", "34"))
            ),
        ),
        ended="desk nora",
    ),
    Row("not found: a reference of nowhere", {"session_refs": [NOBODY]}, not_found=(NOBODY,)),
    Row(
        "not found: one of two references",
        {"session_refs": [REFS["dora"].upper(), NOBODY.upper()]},
        ended="dora",
        not_found=(NOBODY,),
    ),
    Row("not found: a reference twice", {"session_refs": [REFS["dora"], REFS["dora"]]}, ended="dora"),
    Row("not found: no reference at all", {"session_refs": ["anna"]}, not_found=("anna",)),
    Row(
        "not found: an id of nowhere",
        {"session_ids": ["00000000-aaaa-bbbb-cccc-dddddddddddd"]},
        not_found=("session_ids[0]",),
    ),
    Row(
        "not found: one of three ids",
        {"session_ids": [id_of("dora"), "no-such-id-anywhere", id_of("anna1")]},
        ended="dora anna1",
        not_found=("session_ids[1]",),
    ),
    Row("not found: an id in another case", {"session_ids": [id_of("dora").upper()]}, not_found=("session_ids[0]",)),
    Row(
        "not found: of what was not read nothing is told",
        {"session_refs": [GONE_OF_NODE2], "session_ids": ["no-such-id-anywhere"], "on_proxy_failure": "warn"},
        (when("Node2 GET", status(500)),),
        warns="500",
    ),
    Row(
        "not found: an id of the other virtual proxy",
        {"session_ids": [id_of("carla1")], "virtual_proxies": ["sales"]},
        not_found=(),
    ),
    Row(
        "not found: a second run",
        {"session_refs": [REFS["dora"], REFS["anna1"]]},
        (lambda site: site.sessions.remove(next(one for one in SESSIONS if one.label == "dora")),),
        ended="anna1",
        not_found=(REFS["dora"],),
    ),
    Row("places: by ids", {"proxies": ["proxy-node2"], "virtual_proxies": ["VP-SALES"]}, ended="bert2"),
    Row(
        "places: by host name and slashes",
        {"proxies": ["QLIK2.example.com"], "virtual_proxies": ["/sales/"]},
        ended="bert2",
    ),
    Row("places: the default one", {"virtual_proxies": ["/"], "proxies": ["Node2"]}, ended="anna3 dora guest"),
    Row("places: a prefix of two parts", {"virtual_proxies": [EMEA]}, ended="carla1 emil"),
    Row("places: one that is not linked there", {"virtual_proxies": [EMEA], "proxies": ["Central"]}),
    Row(
        "caps: max_sessions",
        {**ANNA, "max_sessions": 2},
        kind="refused",
        says="Nothing was ended: 3 sessions would be, 1 more than max_sessions allows .2.",
        where="max_sessions",
        hint="raise max_sessions",
        would_end="anna1 anna2 anna3",
    ),
    Row("caps: max_sessions reached", {**ANNA, "max_sessions": 3}, ended="anna1 anna2 anna3"),
    Row(
        "caps: max_sessions 0",
        {**ANNA, "max_sessions": 0},
        kind="refused",
        says="max_sessions",
        where="max_sessions",
        would_end="anna1 anna2 anna3",
    ),
    Row("caps: max_sessions 0 and nobody", {"users": ["nobody"], "max_sessions": 0}),
    Row(
        "caps: what is kept does not count",
        {"users": ["anna", "sa_*"], "max_sessions": 3},
        ended="anna1 anna2 anna3",
        kept="api scheduler",
    ),
    Row(
        "caps: max_percent",
        {**ANNA, "max_percent": 23},
        kind="refused",
        says="1 more than max_percent allows .23 % of 13 sessions, so 2.",
        where="max_percent",
        would_end="anna1 anna2 anna3",
    ),
    Row("caps: max_percent reached", {**ANNA, "max_percent": 23.1}, ended="anna1 anna2 anna3"),
    Row(
        "caps: max_percent of the whole site though one proxy is meant",
        {**ANNA, "proxies": ["Node2"], "max_percent": 7.7},
        ended="anna3",
    ),
    Row(
        "caps: max_percent of a site that can't be read whole",
        {**ANNA, "proxies": ["Central"], "max_percent": 50},
        (when("Node2 GET", status(500)),),
        kind="refused",
        says="not all sessions could be listed.* 500",
        would_end="anna1 anna2",
    ),
    Row(
        "caps: max_percent of what could be read, warn",
        {**ANNA, "max_percent": 20, "on_proxy_failure": "warn"},
        (when("Node2 GET", status(500)),),
        kind="refused",
        says="1 more than max_percent allows .20 % of 7 sessions, so 1.",
        where="max_percent",
        would_end="anna1 anna2",
    ),
    Row(
        "caps: in check mode",
        {**ANNA, **CHECK, "max_sessions": 1},
        kind="refused",
        says="max_sessions",
        where="max_sessions",
        would_end="anna1 anna2 anna3",
    ),
    Row("caps: max_percent 0 and nobody", {"users": ["nobody"], "max_percent": 0}),
    Row("nothing given", {}, kind="refused", says="No option selects sessions", where="option", hint="all: true"),
    Row("all: false", {"all": False}, kind="refused", says="No option selects", where="option"),
    Row("min_age: never seen before", {"min_age": "1s"}),
    Row("min_age: of 0", {"min_age": "0s", "users": ["dora"]}),
    Row(
        "min_age: seen long ago",
        {
            "min_age": "8h",
            "first_seen": {REFS["dora"]: "2024-01-28T17:46:14.1234567Z", REFS["anna1"]: "2999-01-01T00:00:00"},
        },
        ended="dora",
    ),
    Row("keep_per_user: the surplus", {"keep_per_user": 5}, ()),
    Row("attributes: one of two patterns", {"attributes": {"GROUP": ["fin*", "legal"]}}, ended="anna1"),
    Row(
        "attributes: blank is none given",
        {"attributes": {"group": ""}},
        kind="refused",
        says="No option selects",
        where="option",
    ),
    Row("attributes: all of them", {"attributes": {"group": "HR", "email": "*"}}),
    Row("check mode: nothing is ended", {**ANNA, **CHECK}, would_end="anna1 anna2 anna3", most_deletes=0),
]

ROWS = [*rows(), *SINGLE_ROWS]
