# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows about limits: what is huge, endless or not meant for a machine has an end, and says so in few words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.qlikops.sense.tests.integration.faults import answers
from ansible_collections.qlikops.sense.tests.integration.faults.answers import Answer, Manner, text
from ansible_collections.qlikops.sense.tests.integration.faults.row import Row, Step, logged_in, only, when
from ansible_collections.qlikops.sense.tests.integration.faults.rows_lists import (
    DEFAULT_ONE,
    ELSEWHERE,
    LIST,
    LIST_OF_CENTRAL,
)
from ansible_collections.qlikops.sense.tests.integration.faults.site import Saying

ALL = {"all": True}
DORA = {"users": ["dora"]}
MEGABYTE = 1024 * 1024
# Options beyond all bounds: how the complaint goes on.
BEYOND: tuple[tuple[str, Any, str], ...] = (
    ("timeout", 10_000_000_000, "10000000000 is too large"),
    ("timeout", 0, "0 is too small"),
    ("timeout", -1, "-1 is too small"),
    ("retries", 10**12, "too large"),
    ("retries", -1, "too small"),
    ("max_parallel", 3_000_000, "3000000 is too large"),
    ("max_parallel", 0, "0 is too small"),
    ("max_parallel", 10**40, "too large"),
    ("qrs_port", 0, "not a port"),
    ("qrs_port", 70_000, "not a port"),
    ("qps_port", -1, "not a port"),
    ("qps_port", 10**30, "not a port"),
    ("max_percent", 1e308, "not a percentage"),
    ("min_age", "9" * 5000, "is not a duration"),
    ("min_age", "9" * 5000 + "h", "is not a duration"),
    ("min_age", "9999999999h", "is not a duration"),
    ("client_cert", "/etc/\x00client.pem", "control character"),
    ("client_key", "/etc/client_key.pem\x00", "control character"),
    ("ca_path", "/etc/root.pem\n", "control character"),
    ("host", "qlik1\x00.example.com", "control character"),
    ("host_map", {"qlik1.example.com": "127.0.0.1\x00"}, "control character"),
    ("host_map", {"qlik1\r\n.example.com": "127.0.0.1"}, "control character"),
    ("api_user", "INTERNAL\\sa_api\r\nX-Evil: 1", "control character"),
    ("qrs_virtual_proxy", "hdr\x00", "control character"),
    ("client_cert", "-----BEGIN CERTIFICATE-----\nMII", "the content of a file, not a path"),
    ("client_key", "/" + "k" * 2000, "can't be read: File name too long"),
    ("proxies", ["n" * 100_000], "the site has no"),
    ("virtual_proxies", ["v" * 100_000], "the site has no"),
    ("first_seen", {"3f9a1c-0c1d2e3f4a5b": "t" * 100_000}, "is not a time"),
    ("api_user", "u" * 100_000, "does not name a user"),
    ("host", "h" * 100_000 + "/", "not a host name"),
)
HALF_A_CHARACTER = ("host", "api_user", "min_age", "client_cert", "ca_path", "qrs_virtual_proxy")


def rows() -> Iterator[Row]:
    for number, (option, value, says) in enumerate(BEYOND):
        yield Row(
            f"beyond {number}: {option}",
            {**ALL, option: value},
            kind="bad_option",
            says=f"^{option}: .*{says}",
            most_deletes=0,
        )

    for option in HALF_A_CHARACTER:
        yield Row(
            f"beyond: half a character in {option}",
            {**ALL, option: "INTERNAL\\sa\ud800"},
            kind="bad_option",
            says=f"^{option}: ",
            most_deletes=0,
        )


def _crowd() -> tuple[Step, ...]:
    return tuple(logged_in(f"crowd{number}", f"LAB\\crowd{number}", "Node2") for number in range(1000))


def _made(make: Callable[[], Answer]) -> Saying:
    """An answer that is not made before it is asked for."""
    return lambda site, request: make()


def _bomb(begins: bytes, fill: bytes, megabytes: int = 20) -> Answer:
    return answers.gzipped(begins + fill * (megabytes * MEGABYTE))


def _bomb_in_bomb() -> Answer:
    twice = answers.gzipped(_bomb(b"[", b" ").body).body
    return Answer(body=twice, headers={"Content-Encoding": "gzip, gzip"})


def _page(status: int = 200, **headers: str) -> Saying:
    return _made(lambda: text(b"<html><body>" + b"<p>Oops</p>" * (50 * MEGABYTE // 11), status, **headers))


BODIES: dict[str, tuple[Saying, str]] = {
    "a gzip bomb of zeros": (_made(lambda: _bomb(b"", b"\0")), "."),
    "a gzip bomb of blanks": (_made(lambda: _bomb(b"", b" ")), "."),
    "a gzip bomb of a page": (_made(lambda: _bomb(b"<html>", b"x")), "web page"),
    "a gzip bomb in a gzip bomb": (_made(_bomb_in_bomb), "."),
    "an error page of 50 MB": (_page(500), "500"),
    "a page of 50 MB": (_page(), "web page"),
    "a redirect with 50 MB": (_page(302, Location="/login"), "302"),
    "a text without an end": (
        Answer(body=b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * MEGABYTE, manner=Manner.ENDLESS),
        "not JSON",
    ),
    "headers without an end": (
        Answer(body=b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * 1000, manner=Manner.ENDLESS),
        "connection broke",
    ),
    "a length beyond all bounds": (text("[", Content_Length="9" * 5000), "."),
    "a negative length": (text("[", Content_Length="-1"), "."),
    "a length of words": (text("[", Content_Length="long"), "."),
}

SINGLE_ROWS = [
    *(
        Row(
            f"body: {name}",
            {**DEFAULT_ONE, "timeout": 1 if "length" in name else 5},
            (when(LIST, answer),),
            kind="refused",
            says=f"{LIST_OF_CENTRAL}.*{says}",
            would_end=ELSEWHERE,
            most_deletes=0,
        )
        for name, (answer, says) in BODIES.items()
    ),
    Row(
        "body: a gzip bomb of a list",
        {**DEFAULT_ONE, "timeout": 15},
        (when(LIST, _made(lambda: _bomb(b"[", b" ", 260))),),
        kind="refused",
        says=f"{LIST_OF_CENTRAL}.*larger than 256 MiB",
        would_end=ELSEWHERE,
        most_deletes=0,
        seconds=45,
    ),
    Row(
        "body: an error page of 50 MB to DELETE",
        DORA,
        (when("DELETE", _page(500), obeyed=True),),
        ended="dora",
    ),
    Row(
        "body: a page of 50 MB to DELETE",
        DORA,
        (when("DELETE", _page()),),
        kind="not_ended",
        says="web page",
        failed="dora",
    ),
    Row(
        "beyond: a timeout of true",
        {**DORA, "timeout": True},
        kind="bad_option",
        says="^timeout: ",
    ),
    Row(
        "beyond: terminal escapes in an option",
        {"proxies": ["\x1b[2JNode2"]},
        kind="bad_option",
        says="^proxies: the site has no",
    ),
    Row(
        "beyond: an id of one letter",
        {"session_ids": ["a"], "proxies": ["nowhere"]},
        kind="bad_option",
        says="^proxies: the site has no 'nowhere'",
    ),
    Row(
        "beyond: a pattern that lesser matchers never finish",
        {"users": ["*a" * 200 + "b"], "max_parallel": 1},
        (only(), logged_in("odd", f"LAB\\{'a' * 2000}", "Node2")),
    ),
    Row(
        "beyond: ten thousand patterns",
        {"users": ["dora", *(f"LAB\\user{number}*" for number in range(10_000))]},
        ended="dora",
    ),
    Row(
        "beyond: a thousand sessions and a cap",
        {"users": ["crowd*"], "max_sessions": 999},
        _crowd(),
        kind="refused",
        says="1000 sessions would be, 1 more",
        where="max_sessions",
        would_end=" ".join(f"crowd{number}" for number in range(1000)),
        most_deletes=0,
    ),
    Row(
        "beyond: numbers of 30 digits as caps",
        {**DORA, "max_sessions": 10**30, "keep_per_user": 10**30, "users": ["nobody"]},
    ),
    Row("beyond: an attribute's pattern of 100 kB", {"attributes": {"group": "x" * 100_000}}),
    Row("beyond: a reference of 100 kB", {"session_refs": ["r" * 100_000]}, not_found=("r" * 100_000,)),
    Row("beyond: an id of 100 kB", {"session_ids": ["i" * 100_000]}, not_found=("session_ids[0]",)),
]

ROWS = [*rows(), *SINGLE_ROWS]
