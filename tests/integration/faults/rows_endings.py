# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows about the requests that end sessions: whatever is answered, what is said of each session must be so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ansible_collections.qlikops.sense.tests.integration.faults import answers
from ansible_collections.qlikops.sense.tests.integration.faults.answers import Answer, html, status, text
from ansible_collections.qlikops.sense.tests.integration.faults.row import Row, Step, dead, logged_in, spoilt, when

ANNA = {"users": ["anna"]}
DORA = {"users": ["dora"]}
HURRIED: Mapping[str, int] = {"timeout": 1, "retries": 0}
CHECK = {"_ansible_check_mode": True}
ENDING_DORA = "Node2 DELETE .*/dora"
ENDING_ANNA1 = "DELETE .*/anna1"
LISTED_BEFORE = 1

# What leaves it open whether the session was ended, and words that tell what came instead.
UNCERTAIN: dict[str, tuple[Answer, str]] = {
    "200 with text": (text("OK"), "not JSON: OK"),
    "200 with garbage": (answers.GARBAGE, "not JSON"),
    "200 with a web page": (html(), "web page titled 'Log in'"),
    "200 with half a session": (answers.HALF, "ends after"),
    "201": (status(201), "201"),
    "301": (status(301, Location="/login"), "301 .*leads to /login"),
    "302": (status(302, Location="https://other.example.com/hub"), "302 Found"),
    "304": (Answer(304), "304"),
    "307": (status(307, Location="/qps/session"), "307"),
    "500": (status(500), "500 Internal Server Error, with the words: Words that come with 500"),
    "502": (status(502), "502 Bad Gateway"),
    "503": (status(503), "503 Service Unavailable"),
    "504": (status(504), "504 Gateway Timeout"),
    "lost": (answers.LOST, "connection broke"),
    "reset": (answers.RESET, "connection broke"),
    "cut": (answers.CUT, "connection broke"),
    "a bad chunk": (
        answers.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        "connection broke",
    ),
    "no HTTP": (answers.raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "connection broke"),
    "bad gzip": (Answer(body=b"no gzip", headers={"Content-Encoding": "gzip"}), "can't be decompressed"),
}
SLOW: dict[str, Answer] = {
    "hang": answers.HANG,
    "trickle": answers.TRICKLE,
    "endless 100 Continue": Answer(body=b"HTTP/1.1 100 Continue\r\n\r\n" * 50, manner=answers.Manner.ENDLESS),
}
LOOKED_AT_IN_VAIN = ("200 with text", "302", "500", "504", "lost", "cut", "hang")
# What says clearly that the session was not ended.
CLEAR_NO: dict[str, tuple[Answer, str]] = {
    "400": (status(400), "400 Bad Request"),
    "401": (status(401), "401 Unauthorized"),
    "403": (status(403), "403 Forbidden"),
    "403 for an xrfkey": (text("XSRF prevention check failed. Possible XSRF discovered.", 403), "403"),
    "405": (status(405), "405"),
    "409": (status(409), "409 Conflict"),
    "410": (status(410), "410 Gone"),
    "429": (status(429), "429 Too Many Requests"),
    "429 with Retry-After 0": (status(429, Retry_After="0"), "429"),
    "429 with a Retry-After of a day": (status(429, Retry_After="86400"), "429"),
    "429 with a date far away": (status(429, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT"), "429"),
    "429 with a date that no calendar has": (status(429, Retry_After="Fri, 99 Dec 99999 23:59:59 GMT"), "429"),
    "429 with a huge Retry-After": (status(429, Retry_After="9" * 5000), "429"),
    "429 with a Retry-After of words": (status(429, Retry_After="soon"), "429"),
}
ACCEPTED: dict[str, Answer] = {
    "200 with a session": answers.as_json({"SessionId": "x"}),
    "200 with DeletedSession": answers.as_json({"session": {}, "lastSessionForUser": True}),
    "200 without a body": answers.EMPTY,
    "200 with null": answers.as_json(None),
    "200 with a list": answers.as_json([1, 2]),
    "202": Answer(202),
    "204": Answer(204),
}


def rows() -> Iterator[Row]:
    for name, (answer, says) in UNCERTAIN.items():
        yield from _uncertain(name, answer, says, {})
    for name, answer in SLOW.items():
        yield from _uncertain(name, answer, "within 1 seconds", HURRIED)
    for name, (answer, says) in CLEAR_NO.items():
        yield from _refused(name, answer, says)
    for name, answer in ACCEPTED.items():
        yield Row(f"ending: {name}", DORA, (when(ENDING_DORA, answer, obeyed=True),), ended="dora")
        yield Row(
            f"ending: {name}, but the session is kept",
            ANNA,
            (when(ENDING_ANNA1, answer),),
            kind="not_ended",
            says="1 of 3 sessions .*accepted the request but kept the session",
            where="proxy service",
            ended="anna2 anna3",
            failed="anna1",
        )
    for name, answer in {"200": answers.EMPTY, "404": status(404), "500": status(500), "hang": answers.HANG}.items():
        yield Row(
            f"check mode: {name} would be answered",
            {**ANNA, **CHECK},
            (when("DELETE", answer, obeyed=True),),
            would_end="anna1 anna2 anna3",
            most_deletes=0,
        )


def _uncertain(name: str, answer: Answer, says: str, options: Mapping[str, int]) -> Iterator[Row]:
    """Alone and obeyed; for one of several and not obeyed; some with a list that can't be read afterwards."""
    # A proxy service that hangs is not asked for the other session; one that is merely cut off still lives.
    gives_up = name in SLOW or name == "bad gzip"
    yield Row(
        f"ending: {name}, but the session is gone",
        {**DORA, **options},
        (when(ENDING_DORA, answer, obeyed=True),),
        ended="dora",
    )
    yield Row(
        f"ending: {name} for one of several",
        {**ANNA, **options, "max_parallel": 1},
        (when(ENDING_ANNA1, answer),),
        kind="not_ended",
        says=f"{2 if gives_up else 1} of 3 sessions could not be ended.*{says}",
        ended="anna3" if gives_up else "anna2 anna3",
        failed="anna1 anna2" if gives_up else "anna1",
    )
    if name not in LOOKED_AT_IN_VAIN:
        return
    yield Row(
        f"ending: {name} always, and no list afterwards",
        {**DORA, **options},
        (when(ENDING_DORA, answer, obeyed=True), when("Node2 GET /qps/session", status(500), skip=LISTED_BEFORE)),
        kind="not_ended",
        says=f"{says}.*It may have been ended anyway",
        hint="Proxy service Node2, virtual proxies /: GET https://.* 500",
        failed="dora",
    )


def _refused(name: str, answer: Answer, says: str) -> Iterator[Row]:
    if " " not in name:
        yield Row(
            f"ending: {name} for one of several",
            ANNA,
            (when(ENDING_ANNA1, answer),),
            kind="not_ended",
            says=f"1 of 3 sessions could not be ended.*{says}",
            ended="anna2 anna3",
            failed="anna1",
        )
    yield Row(
        f"ending: {name} always",
        {**ANNA, "timeout": 1, "retries": 1},
        (when("DELETE", answer),),
        kind="not_ended",
        says=f"3 of 3 sessions could not be ended.*{says}",
        failed="anna1 anna2 anna3",
    )


def _staff(count: int) -> tuple[Step, ...]:
    return tuple(logged_in(f"staff{number}", f"STAFF\\s{number}", "Node2") for number in range(count))


STAFF10 = " ".join(f"staff{number}" for number in range(10))

SINGLE_ROWS = [
    Row("ending: 404, and it is gone", DORA, (when(ENDING_DORA, status(404), obeyed=True),), already_gone="dora"),
    Row(
        "ending: 404 with a web page, and it is gone",
        DORA,
        (when(ENDING_DORA, html(404), obeyed=True),),
        already_gone="dora",
    ),
    Row(
        "ending: 404 for one of several, and it is gone",
        ANNA,
        (when(ENDING_ANNA1, status(404), obeyed=True),),
        ended="anna2 anna3",
        already_gone="anna1",
    ),
    Row(
        "ending: 404, and yet it is listed",
        ANNA,
        (when("DELETE", status(404)),),
        kind="not_ended",
        says="3 of 3 .*reports the session as unknown .404., but still lists it",
        where="proxy service",
        failed="anna1 anna2 anna3",
    ),
    *(
        Row(
            f"ending: {number} once, then a second try finds nothing",
            {**DORA, "retries": 1},
            (when(ENDING_DORA, status(number), times=1, obeyed=True),),
            ended="dora",
            most_deletes=2,
        )
        for number in (502, 503, 504)
    ),
    *(
        Row(
            f"ending: {name} once, then a second try finds nothing",
            {**DORA, "retries": 1},
            (when(ENDING_DORA, answer, times=1, obeyed=True),),
            ended="dora",
            most_deletes=2,
        )
        for name, answer in {"lost": answers.LOST, "reset": answers.RESET, "cut": answers.CUT}.items()
    ),
    *(
        Row(
            f"ending: {name} once, then a second try ends it",
            {**DORA, "retries": 1},
            (when(ENDING_DORA, answer, times=1),),
            ended="dora",
            most_deletes=2,
        )
        for name, answer in {
            "502": status(502),
            "429 with Retry-After 0": status(429, Retry_After="0"),
            "503 with Retry-After 1": status(503, Retry_After="1"),
            "lost": answers.LOST,
        }.items()
    ),
    Row(
        "ending: 503 with a Retry-After of an hour has an end",
        {**DORA, "timeout": 1, "retries": 2},
        (when(ENDING_DORA, status(503, Retry_After="3600")),),
        kind="not_ended",
        says="503",
        failed="dora",
        most_deletes=3,
    ),
    *(
        Row(
            f"ending: given up after a few {number}",
            {"users": ["STAFF\\*"], "max_parallel": 1},
            (*_staff(10), when("DELETE", status(number))),
            kind="not_ended",
            says=f"10 of 10 .*{number}",
            failed=STAFF10,
            most_deletes=3,
        )
        for number in (502, 503, 504)
    ),
    Row(
        "ending: one hang, and the rest of the proxy service is not tried",
        {"users": ["STAFF\\*", "bert"], "max_parallel": 1, **HURRIED},
        (*_staff(10), when("Node2 DELETE", answers.HANG)),
        kind="not_ended",
        says="not tried, because the proxy service did not answer",
        failed=f"{STAFF10} bert2",
        ended="bert1",
        most_deletes=2,
    ),
    Row(
        "ending: 429 for every one of many has an end",
        {"users": ["STAFF\\*"], "timeout": 1, "retries": 1},
        (*_staff(10), when("DELETE", status(429, Retry_After="3600"))),
        kind="not_ended",
        says="429",
        failed=STAFF10,
    ),
    *(
        Row(
            f"ending: {number}, and it is gone when looked at again",
            DORA,
            (when(ENDING_DORA, status(number), obeyed=True),),
            gone="dora",
        )
        for number in (403, 408, 409, 429, 499)
    ),
    Row(
        "ending: the proxy service dies after the list was read",
        {**ANNA, "retries": 0},
        (
            when("Node2 (DELETE|GET /qps/alive)", answers.RESET),
            when("Node2 GET", answers.RESET, skip=3),
        ),
        kind="not_ended",
        says="1 of 3 .*connection broke.*may have been ended",
        ended="anna1 anna2",
        failed="anna3",
    ),
    *(
        Row(
            f"ending: lost once, and alive answers {name}",
            {"users": ["anna"], "virtual_proxies": ["/", "sales"], "proxies": ["Central"], "max_parallel": 1},
            (when("DELETE", answers.LOST, times=1), when("/qps/alive", alive)),
            kind="not_ended",
            says=f"{'2' if stops else '1'} of 2",
            failed="anna1 anna2" if stops else "anna1",
            ended="" if stops else "anna2",
        )
        for name, alive, stops in (
            ("a bare true", answers.as_json(True), False),
            ("the text true", answers.as_json("true"), False),
            ("false", answers.as_json({"value": False}), True),
            ("1", answers.as_json(1), True),
            ("null", answers.as_json(None), True),
            ("a list", answers.as_json([True]), True),
            ("an empty object", answers.as_json({}), True),
            ("nothing", answers.EMPTY, True),
            ("a web page", html(), True),
            ("500", status(500), True),
            ("503", status(503), True),
            ("nothing at all", answers.LOST, True),
        )
    ),
    *(
        Row(
            f"ending: ended, but the list afterwards is {name}",
            {**DORA, **HURRIED},
            (when("Node2 GET /qps/session", answer, skip=LISTED_BEFORE),),
            kind="not_read_again",
            says=f"were ended, but .*{says}",
            ended="dora",
            hint="",
        )
        for name, answer, says in (
            ("500", status(500), "500"),
            ("404", status(404), "404"),
            ("empty", answers.EMPTY, "empty"),
            ("null", answers.as_json(None), "empty"),
            ("an object", answers.as_json({}), "another shape"),
            ("a web page", html(), "web page"),
            ("half", answers.HALF, "ends after"),
            ("lost", answers.LOST, "connection broke"),
            ("cut", answers.CUT, "connection broke"),
            ("late", answers.HANG, "within 1 seconds"),
            ("trickling", answers.TRICKLE, "within 1 seconds"),
        )
    ),
    Row(
        "ending: ended, the list afterwards is 500, on_proxy_failure warn",
        {**DORA, "on_proxy_failure": "warn"},
        (when("Node2 GET /qps/session", status(500), skip=LISTED_BEFORE),),
        ended="dora",
        warns="Not all sessions could be listed.*GET https://qlik2.* 500",
    ),
    Row(
        "ending: 500, the list afterwards is 500, on_proxy_failure warn",
        {**DORA, "on_proxy_failure": "warn"},
        (
            when(ENDING_DORA, status(500)),
            when("Node2 GET /qps/session", status(500), skip=LISTED_BEFORE),
        ),
        kind="not_ended",
        says="may have been ended",
        failed="dora",
    ),
    Row(
        "ending: a new session of the user afterwards is another one",
        ANNA,
        (
            spoilt(
                "Node2 GET /qps/session",
                lambda data: data.append({"UserDirectory": "LAB", "UserId": "anna", "SessionId": "fresh-login"}),
                skip=LISTED_BEFORE,
            ),
        ),
        ended="anna1 anna2 anna3",
    ),
    Row(
        "ending: each kind of trouble at once",
        {"users": ["anna", "bert", "dora", "carla"], "max_parallel": 1},
        (
            when(ENDING_ANNA1, status(500)),
            when("DELETE .*/anna3", status(404), obeyed=True),
            when("DELETE .*/bert1", status(403)),
            when("DELETE .*/bert2", answers.LOST, obeyed=True),
            when("DELETE .*/carla1", answers.EMPTY),
        ),
        kind="not_ended",
        says="3 of 8 sessions could not be ended.*(500.*403|403.*500)",
        ended="anna2 bert2 carla2 dora",
        already_gone="anna3",
        failed="anna1 bert1 carla1",
    ),
    Row(
        "ending: more bytes than announced, and they look like an empty list",
        {**DORA, "virtual_proxies": ["/"], "proxies": ["Node2"], "max_parallel": 1},
        (
            when(
                "DELETE",
                Answer(200, b"{}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", {"Content-Length": "2"}),
            ),
        ),
        kind="not_ended",
        says="kept the session",
        where="proxy service",
        failed="dora",
    ),
    Row("ending: all is well", ANNA, ended="anna1 anna2 anna3", most_deletes=3),
    Row(
        "ending: all of the site",
        {"all": True},
        ended="anna1 anna2 anna3 bert1 bert2 carla1 carla2 dora emil robot guest",
        kept="api scheduler",
    ),
    Row(
        "a dead node: nothing is ended",
        {"all": True},
        (dead("Node2"),),
        kind="refused",
        says=r"Nothing was ended, because not all.*qlik2\.example\.com.*nothing listens on port",
        would_end="anna1 anna2 bert1 carla2 robot",
        kept="api scheduler",
    ),
    Row(
        "a dead node: warn",
        {"all": True, "on_proxy_failure": "warn"},
        (dead("Node2"),),
        warns="Node2, virtual proxies /, /sales, /partner/emea: GET https://qlik2.*nothing listens",
        ended="anna1 anna2 bert1 carla2 robot",
        kept="api scheduler",
    ),
    Row(
        "a dead node: check mode, warn",
        {"all": True, "on_proxy_failure": "warn", **CHECK},
        (dead("Node2"),),
        warns="nothing listens",
        would_end="anna1 anna2 bert1 carla2 robot",
        kept="api scheduler",
        most_deletes=0,
    ),
    Row(
        "a dead node that is not meant",
        {"users": ["anna"], "proxies": ["Central"]},
        (dead("Node2"),),
        ended="anna1 anna2",
    ),
    Row(
        "all nodes dead",
        {"all": True},
        (dead("Node2"), dead("Central")),
        kind="refused",
        says="nothing listens",
    ),
    Row(
        "all nodes dead, warn",
        {"all": True, "on_proxy_failure": "warn"},
        (dead("Node2"), dead("Central")),
        warns="Central.*nothing listens.*Node2.*nothing listens",
    ),
]

ROWS = [*rows(), *SINGLE_ROWS]
