# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows about QRS: what it says of proxy services and virtual proxies, and of users where their states are asked for."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.qlikops.sense.tests.integration.faults import answers
from ansible_collections.qlikops.sense.tests.integration.faults.answers import Answer, as_json, html, status, text
from ansible_collections.qlikops.sense.tests.integration.faults.row import (
    Row,
    field_of,
    hides_users,
    marked,
    shows_users,
    spoilt,
    when,
)
from ansible_collections.qlikops.sense.tests.integration.faults.row import logged_in as login

ANNA = {"users": ["anna"]}
HURRIED = {"timeout": 1}
PROXIES = r"QRS GET /qrs/proxyservice/full(\?|$)"
FILTERED = r"QRS GET /qrs/proxyservice/full\?"
VIRTUAL_PROXIES = "QRS GET /qrs/virtualproxyconfig/full"
USERS = "QRS GET /qrs/user/full"

# An answer in place of any list of QRS: kind, what is said of it.
NO_LISTS: dict[str, tuple[Answer, str, str]] = {
    "nothing": (answers.EMPTY, "unexpected_answer", "the response is empty"),
    "null": (as_json(None), "unexpected_answer", "the response is empty"),
    "an object": (as_json({"value": []}), "unexpected_answer", "has another shape"),
    "a list of texts": (as_json(["Central"]), "unexpected_answer", "has another shape"),
    "text": (text("Service is starting"), "not_json", "not JSON: Service is starting"),
    "a web page": (html(), "not_json", "web page titled 'Log in'"),
    "half": (answers.HALF, "not_json", "ends after"),
    "nested too deeply": (text(b"[" * 100_000), "not_json", "damaged or ends after"),
    "invalid UTF-8": (text(b'[{"name": "\xe4"}]'), "not_json", "damaged"),
    "302": (status(302, Location="/login"), "redirect", "302 .*leads to /login"),
    "400": (text("Invalid expression", 400), "unexpected_status", "400 .*Invalid expression"),
    "401": (status(401), "login_wanted", "401"),
    "403": (text("Forbidden", 403), "forbidden", "403 .*Forbidden"),
    "403 for an xrfkey": (text("XSRF prevention check failed.", 403), "xrfkey_refused", "403"),
    "403 for an inactive user": (text("Your account is inactive.", 403), "user_inactive", "403"),
    "404": (status(404), "not_found", "404"),
    "500": (status(500), "server_error", "500"),
    "503": (status(503), "server_error", "503"),
    "lost": (answers.LOST, "connection_lost", "connection broke"),
    "reset": (answers.RESET, "connection_lost", "connection broke"),
    "cut": (answers.CUT, "connection_lost", "connection broke"),
    "late": (answers.HANG, "timeout", "within 1 seconds"),
    "trickling": (answers.TRICKLE, "timeout", "within 1 seconds"),
}
EITHER_LIST = ("nothing", "an object", "text", "302", "403", "404", "500", "lost")
FILTER_BRINGS = ("nothing", "null", "an object", "text", "a web page", "half", "400", "401", "403", "404", "500", "503")
# Of a proxy service: a field, what stands there, and how the complaint begins.
BAD_PROXIES: dict[str, tuple[str, Any, str]] = {
    "id missing": ("id", ..., r"\[1\].id is missing"),
    "id a number": ("id", 7, r"\[1\].id is a number"),
    "id empty": ("id", "", r"\[1\].id is empty text"),
    "serverNodeConfiguration a text": ("serverNodeConfiguration", "Node2", r"\[1\].serverNodeConfiguration is text"),
    "serverNodeConfiguration a list": ("serverNodeConfiguration", [], r"\[1\].serverNodeConfiguration is a list"),
    "name a number": ("serverNodeConfiguration.name", 2, r"\.name is a number"),
    "hostName a number": ("serverNodeConfiguration.hostName", 2, r"\.hostName is a number"),
    "hostName a list": ("serverNodeConfiguration.hostName", ["a"], r"\.hostName is a list"),
    "proxyEnabled 1": ("serverNodeConfiguration.proxyEnabled", 1, r"\.proxyEnabled is a number"),
    "proxyEnabled yes": ("serverNodeConfiguration.proxyEnabled", "yes", r"\.proxyEnabled is text"),
    "settings a text": ("settings", "default", r"\[1\].settings is text"),
    "settings a list": ("settings", [{}], r"\[1\].settings is a list"),
    "virtualProxies names": ("settings.virtualProxies", ["sales"], r"virtualProxies\[0\] is text"),
    "virtualProxies a text": ("settings.virtualProxies", "sales", r"virtualProxies is text"),
    "virtualProxies an object": ("settings.virtualProxies", {}, r"virtualProxies is an object"),
    "virtualProxies null in a list": ("settings.virtualProxies", [None], r"virtualProxies\[0\] is missing"),
    "virtualProxies without ids": ("settings.virtualProxies", [{"prefix": ""}], r"virtualProxies\[0\].id is missing"),
    "restListenPort a word": ("settings.restListenPort", "https", r"restListenPort is text"),
    "restListenPort 0": ("settings.restListenPort", 0, r"restListenPort is a number out of range"),
    "restListenPort 99999": ("settings.restListenPort", 99999, r"restListenPort is a number out of range"),
    "restListenPort negative": ("settings.restListenPort", -1, r"restListenPort is a number out of range"),
    "restListenPort a flag": ("settings.restListenPort", True, r"restListenPort is a flag"),
    "restListenPort a fraction": ("settings.restListenPort", 4243.5, r"restListenPort is a number"),
    "restListenPort infinity": ("settings.restListenPort", float("inf"), r"restListenPort is a number"),
    "restListenPort NaN": ("settings.restListenPort", float("nan"), r"restListenPort is a number"),
    "restListenPort of 300 digits": ("settings.restListenPort", 10**300, r"restListenPort is a number out of range"),
    "restListenPort a list": ("settings.restListenPort", [4243], r"restListenPort is a list"),
}
BAD_VIRTUAL_PROXIES: dict[str, tuple[str, Any, str]] = {
    "id missing": ("id", ..., r"\[1\].id is missing"),
    "prefix a number": ("prefix", 7, r"\[1\].prefix is a number"),
    "prefix a list": ("prefix", ["sales"], r"\[1\].prefix is a list"),
    "description a number": ("description", 1, r"\[1\].description is a number"),
    "sessionInactivityTimeout a text": ("sessionInactivityTimeout", "30m", r"sessionInactivityTimeout is text"),
    "sessionInactivityTimeout negative": ("sessionInactivityTimeout", -5, r"sessionInactivityTimeout is a number"),
    "sessionInactivityTimeout of 40 digits": ("sessionInactivityTimeout", 10**40, r"sessionInactivityTimeout is a num"),
    "loadBalancingServerNodes names": (
        "loadBalancingServerNodes",
        ["Central"],
        r"loadBalancingServerNodes\[0\] is text",
    ),
}
ODD_HOSTS: dict[str, tuple[Any, str]] = {
    "empty": ("", "QRS has no host name for this node"),
    "null": (None, "QRS has no host name for this node"),
    "blank": (" ", r"."),
    "with a path": ("qlik2.example.com/x", r"."),
    "with a port": ("qlik2.example.com:1", r"."),
    "with a user": ("admin@qlik2.example.com", r"."),
    "with a query": ("qlik2.example.com?x=", r"."),
    "with a line break": ("qlik2\r\nX-Evil: 1", r"."),
    "with a NUL": ("qlik2\x00.example.com", r"."),
    "with an empty label": ("qlik2..example.com", r"name .* is not known"),
    "of 300 characters": ("q" * 300 + ".example.com", r"name .* is not known"),
    "unknown": ("no-such-host.invalid", r"name no-such-host.invalid is not known"),
    "in another script": ("кликнода.invalid", r"."),
    "half a character": ("\ud800.invalid", r"."),
}
PORTS_AS: dict[str, Callable[[Any], Any]] = {"a text": str, "a number with a fraction of 0": float}


def rows() -> Iterator[Row]:
    for name, (answer, kind, says) in NO_LISTS.items():
        for list_name, line in {"proxyservice": PROXIES, "virtualproxyconfig": VIRTUAL_PROXIES}.items():
            if list_name == "virtualproxyconfig" and name not in EITHER_LIST:
                continue
            yield Row(
                f"QRS: {list_name} is {name}",
                {**ANNA, **(HURRIED if kind == "timeout" else {})},
                (when(line, answer),),
                kind=kind,
                says=rf"^GET https://qlik1\.example\.com:\d+/qrs/{list_name}/full.*{says}",
                most_deletes=0,
            )
    for name, (answer, kind, says) in NO_LISTS.items():
        yield from _filter_odd(name, answer, kind, says)
    for name, (field, value, says) in BAD_PROXIES.items():
        yield _bad_field("proxyservice", PROXIES, name, field, value, says)
    for name, (field, value, says) in BAD_VIRTUAL_PROXIES.items():
        yield _bad_field("virtualproxyconfig", VIRTUAL_PROXIES, name, field, value, says)
    for name, (host, says) in ODD_HOSTS.items():
        yield Row(
            f"QRS: a host name {name}",
            {"all": True, "timeout": 3},
            (field_of(PROXIES, 1, "serverNodeConfiguration.hostName", host),),
            kind="refused",
            says=says,
            where="Proxy service Node2.*GET https://",
            would_end="anna1 anna2 bert1 carla2 robot",
            kept="api scheduler",
            most_deletes=0,
        )


def _filter_odd(name: str, answer: Answer, kind: str, says: str) -> Iterator[Row]:
    """Where QRS can't look so deep with its filter, all proxy services are read; other trouble is trouble."""
    if name not in FILTER_BRINGS:
        return
    is_trouble = name in ("401", "403", "503")
    yield Row(
        f"QRS: the filter for proxyEnabled brings {name}",
        ANNA,
        (when(FILTERED, answer),),
        ended="" if is_trouble else "anna1 anna2 anna3",
        kind=kind if is_trouble else "",
        says=says,
    )


def _bad_field(list_name: str, line: str, name: str, field: str, value: Any, says: str) -> Row:
    return Row(
        f"QRS: {list_name} with {name}",
        ANNA,
        (field_of(line, 1, field, value),),
        kind="unexpected_answer",
        says=rf"^GET https://qlik1\.example\.com:\d+/qrs/{list_name}/full: .*{says}",
        hint="Check that host and port",
        most_deletes=0,
    )


def _staff(known: int, hidden: int) -> tuple[Any, ...]:
    names = [f"LAB\\staff{number}" for number in range(known)]
    return (
        shows_users(*names, "INTERNAL\\sa_scheduler"),
        *(login(f"staff{number}", name, "Central") for number, name in enumerate(names)),
        *(login(f"ghost{number}", f"LAB\\ghost{number}", "Node2") for number in range(hidden)),
    )


MISSING = {"user_states": ["missing"]}
OF_LAB = {**MISSING, "users": ["LAB\\staff*", "LAB\\ghost*"]}
HIDES = "QRS shows no .*too few of the other users of that directory"

USER_ROWS = [
    Row(
        "missing: QRS shows nobody",
        MISSING,
        (shows_users(),),
        kind="missing_not_proven",
        says=HIDES,
        where="user_states: ",
        hint="api_user",
        most_deletes=0,
    ),
    Row(
        "missing: QRS shows nobody, check mode",
        {**MISSING, "_ansible_check_mode": True},
        (shows_users(),),
        kind="missing_not_proven",
        says=HIDES,
        where="user_states: ",
    ),
    *(
        Row(
            f"missing: QRS shows {', '.join(shown) or 'service accounts'}",
            MISSING,
            (shows_users(*shown, "INTERNAL\\sa_scheduler"),),
            kind="missing_not_proven",
            says=HIDES,
            where="user_states: ",
            most_deletes=0,
        )
        for shown in (
            (),
            ("LAB\\anna",),
            ("LAB\\anna", "LAB\\bert", "LAB\\carla"),
            ("LAB\\anna", "LAB\\bert", "LAB\\carla", "LAB\\dora", "LAB\\svc_report"),
            ("PARTNER\\emil",),
        )
    ),
    Row(
        "missing: 8 shown for 1 that is not prove too little",
        OF_LAB,
        (*_staff(4, 1),),
        kind="missing_not_proven",
        says=HIDES,
        where="user_states: ",
        most_deletes=0,
    ),
    Row(
        "missing: with the other users of the site 9 are shown",
        OF_LAB,
        (
            *_staff(4, 1),
            *(marked(f"LAB\\{name}") for name in ("anna", "bert", "carla", "dora", "svc_report")),
        ),
        ended="ghost0",
    ),
    Row(
        "missing: 18 shown for 2 that are not",
        OF_LAB,
        (*_staff(18, 2), *map(marked, ("LAB\\anna", "LAB\\bert", "LAB\\carla", "LAB\\dora", "LAB\\svc_report"))),
        ended="ghost0 ghost1",
    ),
    *(
        Row(
            f"missing: 18 shown, and {hidden} more to the site's own account",
            OF_LAB,
            (
                *_staff(18, 1),
                *map(marked, ("LAB\\anna", "LAB\\bert", "LAB\\carla", "LAB\\dora", "LAB\\svc_report")),
                hides_users(hidden),
            ),
            kind="missing_not_proven",
            says="ghost0",
            where="",
            hint="api_user",
            most_deletes=0,
        )
        for hidden in (1, 1000)
    ),
    Row(
        "missing: one who is protected",
        {**OF_LAB, "protect_users": ["ghost0"]},
        (*_staff(18, 1), *map(marked, ("LAB\\anna", "LAB\\bert", "LAB\\carla", "LAB\\dora", "LAB\\svc_report"))),
        kept="ghost0",
    ),
    Row("missing: everybody is known", MISSING),
    Row(
        "missing: one node is not read",
        MISSING,
        (when("Node2 GET", status(500)),),
        kind="refused",
        says="500",
        most_deletes=0,
    ),
    Row(
        "missing or inactive: QRS shows nobody",
        {"user_states": ["inactive", "missing"]},
        (shows_users(),),
        kind="missing_not_proven",
        says=HIDES,
        where="user_states: ",
    ),
    Row("inactive: QRS shows nobody", {"user_states": ["inactive"]}, (shows_users(),)),
    Row(
        "inactive: one is",
        {"user_states": ["inactive"]},
        (marked("LAB\\dora", inactive=True),),
        ended="dora",
    ),
    Row(
        "blacklisted: as a text",
        {"user_states": ["blacklisted"]},
        (marked("LAB\\dora", blacklisted="true"),),
        ended="dora",
    ),
    Row(
        "removed_externally: null",
        {"user_states": ["removed_externally"]},
        (marked("LAB\\dora", removedExternally=None),),
    ),
    Row(
        "inactive: the user in another case",
        {"user_states": ["inactive"]},
        (shows_users("lab\\DORA", inactive=True),),
        ended="dora",
    ),
    Row(
        "inactive: QRS leaves the filter aside",
        {"user_states": ["inactive"], "users": ["dora"]},
        (spoilt(USERS, lambda data: [*data, {**data[0], "userId": "anna", "inactive": True}]),),
    ),
    *(
        Row(
            f"inactive: of a user {name}",
            {"user_states": ["inactive"], "users": ["dora"]},
            (field_of(USERS, 0, field, value),),
            kind="unexpected_answer",
            says=rf"/qrs/user/full: \[0\].{says}",
        )
        for name, field, value, says in (
            ("inactive is 1", "inactive", 1, "inactive is a number"),
            ("inactive is no", "inactive", "no", "inactive is text"),
            ("userId is missing", "userId", ..., "userId is missing"),
            ("userId is a number", "userId", 42, "userId is a number"),
            ("userDirectory is null", "userDirectory", None, "userDirectory is missing"),
            ("attributes is a text", "attributes", "email", "attributes is text"),
            ("attributes are texts", "attributes", ["email"], r"attributes\[0\] is text"),
            ("name is a list", "name", ["Dora"], "name is a list"),
        )
    ),
    *(
        Row(
            f"inactive: the list of users is {name}",
            {"user_states": ["inactive"], **HURRIED},
            (when(USERS, NO_LISTS[name][0]),),
            kind=NO_LISTS[name][1],
            says=rf"/qrs/user/full.*{NO_LISTS[name][2]}",
            most_deletes=0,
        )
        for name in ("nothing", "an object", "text", "a web page", "half", "403", "500", "503", "lost", "late")
    ),
]


def _ports_as(kind: Callable[[Any], Any], data: Any) -> None:
    for item in data:
        item["settings"]["restListenPort"] = kind(item["settings"]["restListenPort"])


SINGLE_ROWS = [
    Row(
        "QRS: no proxy services",
        ANNA,
        (when(PROXIES, as_json([])),),
        kind="no_proxies",
        says=r"QRS on qlik1.example.com:\d+ shows no proxy service to INTERNAL.sa_api",
        where="qlik1.example.com",
        hint="api_user",
    ),
    Row(
        "QRS: no virtual proxy is linked",
        {"all": True},
        (spoilt(PROXIES, lambda data: [{**item, "settings": {}} for item in data]),),
        kind="no_virtual_proxies",
        says="no virtual proxy that is linked",
        where="QRS",
        hint="api_user",
    ),
    Row("QRS: virtualproxyconfig is empty", ANNA, (when(VIRTUAL_PROXIES, as_json([])),), ended="anna1 anna2 anna3"),
    *(
        Row(
            f"QRS: proxyEnabled is {value!r}",
            ANNA,
            (field_of(PROXIES, 1, "serverNodeConfiguration.proxyEnabled", value),),
            ended="anna1 anna2" if value in (False, "False") else "anna1 anna2 anna3",
        )
        for value in (True, False, None, "true", "False")
    ),
    *(
        Row(
            f"QRS: restListenPort as {name}",
            ANNA,
            (spoilt(PROXIES, functools.partial(_ports_as, kind)),),
            ended="anna1 anna2 anna3",
        )
        for name, kind in PORTS_AS.items()
    ),
    Row(
        "QRS: one proxy service twice",
        ANNA,
        (spoilt(PROXIES, lambda data: [*data, data[1]]),),
        ended="anna1 anna2 anna3",
    ),
    Row(
        "QRS: a virtual proxy linked twice",
        ANNA,
        (
            spoilt(
                PROXIES,
                lambda data: data[1]["settings"]["virtualProxies"].extend(data[0]["settings"]["virtualProxies"]),
            ),
        ),
        ended="anna1 anna2 anna3",
    ),
    Row(
        "QRS: a proxy service without settings",
        {"users": ["bert"]},
        (field_of(PROXIES, 1, "settings", None),),
        ended="bert1",
    ),
    Row(
        "QRS: two proxies of one name, the name given",
        {"proxies": ["Node2"]},
        (field_of(PROXIES, 0, "serverNodeConfiguration.name", "Node2"),),
        kind="bad_option",
        says=r"proxies: 'Node2' matches more than one: .*\(proxy-Central\), .*\(proxy-Node2\)",
        hint="Give the id",
    ),
    Row(
        "QRS: two proxies of one name, an id given",
        {"proxies": ["PROXY-node2"], "users": ["anna"]},
        (field_of(PROXIES, 0, "serverNodeConfiguration.name", "Node2"),),
        ended="anna3",
    ),
    Row(
        "QRS: the name of one is the host of the other",
        {"proxies": ["qlik2.example.com"], "users": ["anna"]},
        (field_of(PROXIES, 0, "serverNodeConfiguration.name", "qlik2.example.com"),),
        kind="bad_option",
        says="proxies: 'qlik2.example.com' matches more than one",
        hint="Give the id",
    ),
    Row(
        "QRS: two virtual proxies, one's id is the other's prefix",
        {"virtual_proxies": ["vp-default"], "users": ["anna"]},
        (field_of(VIRTUAL_PROXIES, 1, "prefix", "vp-default"),),
        kind="bad_option",
        says="virtual_proxies: 'vp-default' matches more than one",
        hint="Give the id",
    ),
    Row(
        "QRS: two virtual proxies of one prefix",
        {"virtual_proxies": ["sales"]},
        (spoilt(VIRTUAL_PROXIES, lambda data: [*data, {"id": "vp-twin", "prefix": "sales"}]),),
        ended="anna2 bert2 robot",
    ),
    Row(
        "QRS: virtual proxies whose prefixes differ in case alone",
        {"virtual_proxies": ["SALES"]},
        (spoilt(VIRTUAL_PROXIES, lambda data: [*data, {"id": "vp-Sales", "prefix": "Sales"}]),),
        kind="bad_option",
        says="virtual_proxies: 'SALES' matches more than one: /sales .vp-sales., /Sales .vp-Sales.",
        hint="Give the id",
    ),
    Row(
        "QRS: 503 with a Retry-After of an hour has an end",
        {**ANNA, "timeout": 1, "retries": 1},
        (when("QRS GET", status(503, Retry_After="3600")),),
        kind="server_error",
        says="503",
    ),
    Row(
        "QRS: 500 is no matter of on_proxy_failure",
        {**ANNA, "on_proxy_failure": "warn"},
        (when("QRS GET", status(500)),),
        kind="server_error",
        says="500",
        most_deletes=0,
    ),
    Row(
        "QRS: 503 once",
        {**ANNA, "retries": 1},
        (when("QRS GET", status(503, Retry_After="0"), times=1),),
        ended="anna1 anna2 anna3",
    ),
    Row(
        "QRS: lost once",
        {**ANNA, "retries": 1},
        (when("QRS GET", answers.LOST, times=1),),
        ended="anna1 anna2 anna3",
    ),
]


ROWS = [*rows(), *USER_ROWS, *SINGLE_ROWS]
