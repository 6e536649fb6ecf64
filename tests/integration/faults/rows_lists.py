# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows about the lists of sessions: whatever a proxy service answers, what it did not tell is not acted upon."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.qlikops.sense.tests.integration.faults import answers
from ansible_collections.qlikops.sense.tests.integration.faults.answers import (
    Answer,
    Manner,
    as_json,
    html,
    status,
    text,
)
from ansible_collections.qlikops.sense.tests.integration.faults.row import (
    Row,
    field_of,
    logged_in,
    moved,
    only,
    prefix_is,
    spoilt,
    when,
)
from ansible_collections.qlikops.sense.tests.integration.faults.site import SESSIONS, live

LIST = "Central GET /qps/session$"
LIST_OF_CENTRAL = r"GET https://qlik1\.example\.com:\d+/qps/session: "
ALL = {"all": True}
DEFAULT_ONE = {"virtual_proxies": ["/"]}
WARN = {**DEFAULT_ONE, "on_proxy_failure": "warn"}
CHECK = {"_ansible_check_mode": True}
HURRIED = {"timeout": 1}
ON_CENTRAL = "anna1 bert1 carla2"
ELSEWHERE = "anna3 dora guest"
SPARED = "api scheduler"
DEEP = b"[" * 100_000
STRUCT = {"UserDirectory": "LAB", "UserId": "anna", "Attributes": [], "SessionId": "a-session-of-anna"}


def _like_usual(change: Callable[[bytes], Answer]) -> Any:
    return lambda site, request: change(json.dumps(site.usual(request)).encode())


# An answer in place of a list, and what is said of it.
NO_LISTS: dict[str, tuple[Any, str]] = {
    "nothing": (answers.EMPTY, "the response is empty"),
    "204": (Answer(204), "204"),
    "blanks": (text(" \r\n "), "the response is empty"),
    "null": (as_json(None), "the response is empty"),
    "an object": (as_json({}), "has another shape"),
    "an object with a list": (as_json({"sessions": [STRUCT]}), "has another shape"),
    "a number": (as_json(7), "has another shape"),
    "a text": (as_json("sessions"), "has another shape"),
    "a flag": (as_json(False), "has another shape"),
    "a list of texts": (as_json(["anna"]), "has another shape"),
    "a list of null": (as_json([None]), "has another shape"),
    "a list of lists": (as_json([[STRUCT]]), "has another shape"),
    "NaN": (text("NaN"), "has another shape"),
    "plain text": (text("Service starting"), "not JSON: Service starting"),
    "a web page": (html(), "web page titled 'Log in'"),
    "a web page without a title": (html(page="<html><body>hub</body></html>"), "web page, not JSON"),
    "half": (answers.HALF, "ends after"),
    "two lists": (text("[][]"), "damaged or ends after"),
    "a list and a semicolon": (text("[];"), "damaged or ends after"),
    "a list in single quotes": (text("[{'UserId': 'anna'}]"), "damaged"),
    "invalid UTF-8": (text(b'[{"UserDirectory": "\xe4\xf6\xfc"}]'), "damaged"),
    "nested too deeply": (text(DEEP), "damaged or ends after"),
    "a number of 5000 digits": (text(f'[{{"SessionId": "x", "n": {"9" * 5000}}}]'), "damaged"),
    "a raw NUL": (text(b'[{"UserId": "an\x00na"}]'), "damaged"),
    "201": (as_json([], 201), "201"),
    "206": (as_json([], 206), "206"),
    "301": (status(301, Location="/login"), "301 .*leads to /login"),
    "302 to itself": (status(302, Location="/qps/session"), "302"),
    "304": (Answer(304), "304"),
    "400": (status(400), "400"),
    "401": (status(401), "401"),
    "403": (text("Forbidden", 403), "403 Forbidden, with the words: Forbidden"),
    "404": (status(404), "404"),
    "429": (status(429, Retry_After="0"), "429"),
    "500": (status(500), "500"),
    "503": (status(503), "503"),
    "999": (status(999), "999"),
    "lost": (answers.LOST, "connection broke"),
    "reset": (answers.RESET, "connection broke"),
    "cut": (answers.CUT, "connection broke"),
    "no HTTP": (answers.raw(b"220 smtp.example.com ESMTP\r\n"), "connection broke"),
    "a status that is no number": (answers.raw(b"HTTP/1.1 OK 200\r\n\r\n"), "connection broke"),
    "a bad chunk": (answers.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "connection broke"),
    "a thousand headers": (
        answers.raw(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(1000)) + b"\r\n[]"),
        "connection broke",
    ),
    "a header of 200 kB": (answers.raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n[]"), "connection broke"),
    "no gzip as gzip": (text("[]", Content_Encoding="gzip"), "can't be decompressed"),
    "half a gzip": (
        _like_usual(lambda body: Answer(body=answers.gzipped(body).body[:60], headers={"Content-Encoding": "gzip"})),
        ".",
    ),
    "an unknown encoding": (Answer(body=b"(\xb5/\xfd[]", headers={"Content-Encoding": "odd"}), "not JSON"),
    "terminal escapes": (text("\x1b]0;title\x07\x1b[2J all is well"), "all is well"),
    "an error with terminal escapes": (text("\x1b[2J\x00 all is well", 500), "500 .*all is well"),
}
SLOW: dict[str, Answer] = {
    "late": answers.HANG,
    "trickling": answers.TRICKLE,
    "an endless 100 Continue": Answer(body=b"HTTP/1.1 100 Continue\r\n\r\n" * 50, manner=Manner.ENDLESS),
}
# The usual list, in another guise.
DISGUISED: dict[str, Callable[[bytes], Answer]] = {
    "gzip": answers.gzipped,
    "a byte order mark": lambda body: text(b"\xef\xbb\xbf" + body),
    "UTF-16": lambda body: text(json.dumps(json.loads(body)).encode("utf-16")),
    "a content type of HTML": lambda body: text(body, Content_Type="text/html"),
    "blanks around it": lambda body: text(b"\r\n\t " + body + b"\r\n"),
    "chunks": lambda body: answers.raw(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    ),
    "no length": lambda body: answers.raw(b"HTTP/1.1 200 OK\r\n\r\n" + body),
    "HTTP/1.0": lambda body: answers.raw(b"HTTP/1.0 200 OK\r\n\r\n" + body),
    "a 100 Continue before it": lambda body: answers.raw(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" + body
    ),
    "a Retry-After": lambda body: text(body, Retry_After="3600"),
}
# A field of one session: what is there in its place, and how the complaint begins.
BAD_FIELDS: dict[str, tuple[str, Any, str]] = {
    "SessionId missing": ("SessionId", ..., r"\[0\].SessionId is missing"),
    "SessionId null": ("SessionId", None, r"\[0\].SessionId is missing"),
    "SessionId empty": ("SessionId", "", r"\[0\].SessionId is empty text"),
    "SessionId a number": ("SessionId", 7, r"\[0\].SessionId is a number"),
    "SessionId a list": ("SessionId", ["x"], r"\[0\].SessionId is a list"),
    "SessionId an object": ("SessionId", {"value": "x"}, r"\[0\].SessionId is an object"),
    "SessionId a flag": ("SessionId", True, r"\[0\].SessionId is a flag"),
    "UserDirectory a number": ("UserDirectory", 7, r"\[0\].UserDirectory is a number"),
    "UserDirectory a list": ("UserDirectory", [], r"\[0\].UserDirectory is a list"),
    "UserId a number": ("UserId", 42, r"\[0\].UserId is a number"),
    "UserId a flag": ("UserId", False, r"\[0\].UserId is a flag"),
    "UserId an object": ("UserId", {}, r"\[0\].UserId is an object"),
    "UserName a number": ("UserName", 3.5, r"\[0\].UserName is a number"),
    "UserName a list": ("UserName", ["Anna"], r"\[0\].UserName is a list"),
    "Attributes a text": ("Attributes", "group=HR", r"\[0\].Attributes is text"),
    "Attributes an object": ("Attributes", {"group": "HR"}, r"\[0\].Attributes is an object"),
    "Attributes a list of texts": ("Attributes", ["group"], r"\[0\].Attributes\[0\] is text"),
    "Attributes a list of null": ("Attributes", [None], r"\[0\].Attributes\[0\] is missing"),
    "Attributes a list of lists": ("Attributes", [["group", "HR"]], r"\[0\].Attributes\[0\] is a list"),
    "an attribute with a list": ("Attributes", [{"group": ["HR"]}], r"\[0\].Attributes\[0\].group is a list"),
    "an attribute with an object": ("Attributes", [{"group": {}}], r"\[0\].Attributes\[0\].group is an object"),
}
GOOD_FIELDS: dict[str, tuple[str, Any]] = {
    "Attributes null": ("Attributes", None),
    "Attributes missing": ("Attributes", ...),
    "an attribute of null": ("Attributes", [{"group": None}]),
    "an attribute of NaN": ("Attributes", [{"share": float("nan")}]),
    "an attribute of infinity": ("Attributes", [{"share": float("-inf")}]),
    "an attribute of 300 digits": ("Attributes", [{"share": 10**300}]),
    "an attribute without a name": ("Attributes", [{"": "HR"}]),
    "an attribute of several names": ("Attributes", [{"group": "HR", "mail": "a@lab.example"}]),
    "an attribute with a NUL": ("Attributes", [{"group": "H\x00R"}]),
    "an attribute with half a character": ("Attributes", [{"group": "\ud800"}]),
    "UserName empty": ("UserName", ""),
    "UserName with half a character": ("UserName", "\udfff"),
    "UserName of 1 MB": ("UserName", "A" * 1_000_000),
    "a field nobody knows": ("NewField", {"deep": [1]}),
}
ODD_IDS: dict[str, str] = {
    "a slash": "one/two",
    "dots and a slash": "../../session/one",
    "a question mark": "one?xrfkey=two",
    "a number sign": "one#two",
    "a percent sign": "one%2Ftwo",
    "a backslash": "one\\two",
    "blanks": " one two ",
    "a line break": "one\r\ntwo: three",
    "a NUL": "one\x00two",
    "another script": "сессия-山田",
    "half a character": "half\ud83d",
    "2000 characters": "x" * 2000,
    "a colon": "javascript:one",
    "a plus": "one+two==",
    "a wildcard": "one*?[two]",
    "braces": "{{ one_two }}",
}


def rows() -> Iterator[Row]:
    for name, (answer, says) in NO_LISTS.items():
        yield _refused(name, answer, says, {})
    for name, answer in SLOW.items():
        yield _refused(name, answer, "within 1 seconds", HURRIED)
    for name in ("500", "a web page", "an object"):
        answer, says = NO_LISTS[name]
        yield Row(
            f"list: {name}, warn",
            WARN,
            (when(LIST, answer),),
            warns=f"Central, virtual proxies /: GET https://qlik1.*{says}",
            ended=ELSEWHERE,
        )
        yield Row(
            f"list: {name}, check mode",
            {**DEFAULT_ONE, **CHECK},
            (when(LIST, answer),),
            kind="refused",
            says=f"{LIST_OF_CENTRAL}.*{says}",
            would_end=ELSEWHERE,
            most_deletes=0,
        )
    for name, disguise in DISGUISED.items():
        yield Row(
            f"list: with {name}",
            DEFAULT_ONE,
            (when(LIST, _like_usual(disguise)),),
            ended=f"{ON_CENTRAL} {ELSEWHERE}",
            kept=SPARED,
        )
    for name, (key, value, says) in BAD_FIELDS.items():
        yield Row(
            f"list: {name}",
            DEFAULT_ONE,
            (field_of(LIST, 0, key, value),),
            kind="refused",
            says=f"{LIST_OF_CENTRAL}{says}",
            would_end=ELSEWHERE,
            most_deletes=0,
        )
    for name, (key, good) in GOOD_FIELDS.items():
        yield Row(
            f"list: {name}",
            {"users": ["anna"]},
            (field_of(LIST, 0, key, good),),
            ended="anna1 anna2 anna3",
        )
    for name, odd_id in ODD_IDS.items():
        yield Row(
            f"list: an id with {name}",
            {"users": ["olga", "dora"]},
            (logged_in("olga", "LAB\\olga", "Node2", session_id=odd_id),),
            ended="olga dora",
        )
    for dots in (".", "..", "..."):
        yield Row(
            f"list: {dots} as an id",
            {"users": ["olga", "dora"]},
            (logged_in("olga", "LAB\\olga", "Node2", session_id=dots),),
            kind="not_ended",
            says="1 of 2 .*can't be part of a URL",
            where="URL",
            failed="olga",
            ended="dora",
        )


def _refused(name: str, answer: Any, says: str, options: dict[str, int]) -> Row:
    return Row(
        f"list: {name}",
        {**DEFAULT_ONE, **options},
        (when(LIST, answer),),
        kind="refused",
        says=f"Nothing was ended, because not all.*{LIST_OF_CENTRAL}.*{says}",
        would_end=ELSEWHERE,
        most_deletes=0,
    )


def _doubled(data: Any) -> Any:
    return [*data, *data]


def _of_two_users(data: Any) -> Any:
    return [*data, {**data[0], "UserId": "somebody-else"}]


TWICE = (
    logged_in("olga1", "LAB\\olga", "Central", session_id="the-same-id-twice"),
    logged_in("olga2", "LAB\\olga", "Node2", session_id="the-same-id-twice"),
)

SINGLE_ROWS = [
    Row(
        "list: each session twice",
        DEFAULT_ONE,
        (spoilt(LIST, _doubled),),
        ended=f"{ON_CENTRAL} {ELSEWHERE}",
        kept=SPARED,
    ),
    Row(
        "list: each session twice, max_sessions",
        {"users": ["LAB\\*"], "proxies": ["Central"], "max_sessions": 5},
        (spoilt(LIST, _doubled),),
        ended="anna1 anna2 bert1 carla2 robot",
    ),
    Row(
        "list: one id of two users",
        DEFAULT_ONE,
        (spoilt(LIST, _of_two_users),),
        kind="refused",
        says="virtual proxy / on Central has session .* twice, each time of another user",
        where="on Central",
        would_end=ELSEWHERE,
    ),
    Row("list: one id on two proxies", {"users": ["olga"]}, TWICE, ended="olga1 olga2"),
    Row(
        "list: one id on two proxies, one of them meant",
        {"users": ["olga"], "proxies": ["Node2"]},
        TWICE,
        ended="olga2",
    ),
    Row(
        "list: one id on two proxies, given twice by its id",
        {"session_ids": ["the-same-id-twice", "the-same-id-twice"]},
        TWICE,
        ended="olga1 olga2",
    ),
    Row(
        "list: one id on two proxies, one of them dead to DELETE",
        {"users": ["olga"]},
        (*TWICE, when("Central DELETE", status(500))),
        kind="not_ended",
        says="1 of 2 .*500",
        ended="olga2",
        failed="olga1",
    ),
    Row("list: empty lists everywhere", ALL, (only(),)),
    Row(
        "list: a user without a directory",
        {"users": ["nodir"]},
        (only(live("nodir", "\\nodir", "Node2")),),
        ended="nodir",
    ),
    Row("list: a user without an id", ALL, (only(live("noid", "LAB\\", "Node2")),), ended="noid"),
    Row(
        "list: an id that begins another one",
        {"users": ["olga"]},
        (
            logged_in("olga", "LAB\\olga", "Node2", session_id="token-of-olga"),
            logged_in("olgierd", "LAB\\olgierd", "Node2", session_id="token-of-olga-and-more"),
        ),
        ended="olga",
    ),
    Row(
        "list: 300 sessions",
        {"users": ["crowd"]},
        tuple(logged_in(f"crowd{number}", "LAB\\crowd", "Node2") for number in range(300)),
        ended=" ".join(f"crowd{number}" for number in range(300)),
    ),
    *(
        Row(
            f"list: the prefix {prefix}",
            {**ALL},
            (prefix_is("vp-sales", prefix),),
            kind="refused",
            says=r"The prefix .* of a virtual proxy can't be part of a URL",
            where="prefix",
            hint="another prefix in the QMC",
            would_end="anna1 anna3 bert1 carla1 carla2 dora emil guest",
            kept=SPARED,
            most_deletes=0,
        )
        for prefix in (".", "..", "../qrs", "a/../b", "a/./b", "a//b", "/", "sales/", "/sales", "a\r\nb", "a\x00b")
    ),
    Row(
        "list: the prefix .., warn",
        {**ALL, "on_proxy_failure": "warn"},
        (prefix_is("vp-sales", ".."),),
        warns=r"can't be part of a URL.*another prefix in the QMC",
        ended="anna1 anna3 bert1 carla1 carla2 dora emil guest",
        kept=SPARED,
    ),
    *(
        Row(
            f"list: the prefix {prefix} is no other one",
            {"users": ["anna"]},
            (moved("vp-sales", prefix),),
            ended="anna1 anna2 anna3",
        )
        for prefix in (
            "...",
            "..a",
            "a?b",
            "a#b",
            "a%2fb",
            "%2e%2e",
            "a;b",
            "a b",
            "ümläut/山",
            "session",
            "a\\b",
            "a+b",
        )
    ),
    Row(
        "list: of SESSIONS all but those of api_user",
        {"all": True, "protect_users": []},
        ended=" ".join(session.label for session in SESSIONS if session.label != "api"),
        kept="api",
    ),
]

ROWS = [*rows(), *SINGLE_ROWS]
