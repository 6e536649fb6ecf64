# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows about what servers say: ids of sessions are in it, in every spelling there is, and no message may hold one."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote

from ansible_collections.qlikops.sense.tests.integration.faults import answers
from ansible_collections.qlikops.sense.tests.integration.faults.answers import Answer, text
from ansible_collections.qlikops.sense.tests.integration.faults.row import Row, logged_in, when
from ansible_collections.qlikops.sense.tests.integration.faults.rows_lists import (
    DEFAULT_ONE,
    ELSEWHERE,
    LIST,
    LIST_OF_CENTRAL,
)
from ansible_collections.qlikops.sense.tests.integration.faults.site import OPAQUE_ID, Request, Site, id_of

ALL = {"all": True}
DORA = {"users": ["dora"]}
NODE2 = "Node2 GET /qps/session$"
OTHER = id_of("anna1")
OWN = id_of("dora")
# How a server may write an id.
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda known: f"Could not end {known} now",
    "in upper case": lambda known: f"Could not end {known.upper()} now",
    "in braces": lambda known: f"Could not end {{{known}}} now",
    "without hyphens": lambda known: f"Could not end {known.replace('-', '')} now",
    "in XML": lambda known: f"<Fault><SessionId>{known}</SessionId></Fault>",
    "in XML with a namespace": lambda known: f'<q:Fault xmlns:q="x"><q:SessionId a="1">{known}</q:SessionId></q:Fault>',
    "in CDATA": lambda known: f"<SessionId><![CDATA[{known}]]></SessionId>",
    "in an attribute of XML": lambda known: f"<Fault SessionId='{known}'/>",
    "in JSON": lambda known: json.dumps({"error": {"SessionId": known}}),
    "in single quotes": lambda known: f"{{'SessionId': '{known}'}}",
    "in JSON in JSON": lambda known: json.dumps({"inner": json.dumps({"SessionId": known})}),
    "in JSON in JSON in JSON": lambda known: json.dumps(json.dumps({"inner": json.dumps({"SessionId": known})})),
    "in JSON as name and value": lambda known: json.dumps({"name": "SessionId", "value": known}),
    "in a list of JSON": lambda known: json.dumps({"sessionIds": ["x", known]}),
    "in JSON with escapes": lambda known: '{"SessionId": "' + "".join(f"\\u{ord(char):04x}" for char in known) + '"}',
    "in a cookie": lambda known: f"Cookie: X-Qlik-Session={known}; Path=/",
    "in a cookie of a virtual proxy": lambda known: f"Set-Cookie: X-Qlik-Session-sales={known}; HttpOnly",
    "in a path": lambda known: f"DELETE /qps/sales/session/{known} failed",
    "in a URL": lambda known: f"https://qlik1.example.com:4243/qps/session/{quote(known)}?user=anna",
    "in a URL in a URL": lambda known: f"/login?target={quote(f'/qps/session/{quote(known, safe=str())}', safe='')}",
    "URL-encoded": lambda known: "id=" + "".join(f"%{ord(char):02x}" for char in known),
    "twice URL-encoded": lambda known: quote("id=" + "".join(f"%{ord(char):02X}" for char in known)),
    "in HTML": lambda known: f"<p>Session <b>{html.escape(known)}</b></p>",
    "in HTML with references": lambda known: "<p>" + "".join(f"&#{ord(char)};" for char in known) + "</p>",
    "in HTML with hexadecimal ones": lambda known: "<p>" + "".join(f"&#x{ord(char):x};" for char in known) + "</p>",
    "in the title of a page": lambda known: f"<html><head><title>No {known}</title></head></html>",
    "in a stack trace": lambda known: f"System.Exception: Session id '{known}' at Qlik.Proxy.End(String {known})",
    "in a form": lambda known: f"sessionId={known}&user=anna",
    "in YAML": lambda known: f"session_id: {known}\nuser: anna",
    "in INI": lambda known: f"SessionId = {known}",
    "with a line break before": lambda known: f"SessionId:\r\n  {known}",
    "with an underscore": lambda known: f"x_{known}_y",
    "after 200 blanks": lambda known: f"{' ' * 200}{known}",
    "cut by the end of the quote": lambda known: f"{'x' * 285} {known}",
    "cut by the end of the window": lambda known: f"{' ' * 8180}{known}",
}


def rows() -> Iterator[Row]:
    for name, spell in SPELLINGS.items():
        yield Row(
            f"bodies: another's and the own id {name}, 500 to DELETE",
            {"users": ["dora", "svc_report"]},
            (when("DELETE .*/dora", text(f"{spell(OTHER)} {spell(OWN)} {spell(OPAQUE_ID)}", 500)),),
            kind="not_ended",
            says="1 of 2 .* 500",
            failed="dora",
            ended="robot",
        )
        yield Row(
            f"bodies: the id of a list not yet read {name}, to GET",
            {**ALL, "max_parallel": 1},
            (when(NODE2, text(spell(OTHER), 500)), when(LIST, text(spell(OWN)))),
            kind="refused",
            says=r"qps/session: the response (is|was)",
            would_end="anna2 bert2 carla1 emil robot",
            most_deletes=0,
        )


def _repeated(site: Site, request: Request) -> Answer:
    return text(f"You sent {request.path}?{request.query} with {site.keys}", 500)


def _reason_phrase(phrase: str) -> Answer:
    return answers.raw(f"HTTP/1.1 500 {phrase}\r\nContent-Length: 0\r\n\r\n".encode())


SINGLE_ROWS = [
    Row(
        "bodies: the request is repeated, key and all",
        DORA,
        (when("DELETE", _repeated),),
        kind="not_ended",
        says="500",
        failed="dora",
    ),
    Row(
        "bodies: the request is repeated by QRS",
        DORA,
        (when("QRS", _repeated),),
        kind="server_error",
        says="500",
    ),
    Row(
        "bodies: the id in the reason of the status",
        DORA,
        (when("DELETE", _reason_phrase(f"No session {OTHER} {OWN}")),),
        kind="not_ended",
        says="500",
        failed="dora",
    ),
    Row(
        "bodies: the id in a line that is no status",
        DORA,
        (when("DELETE", answers.raw(f"SESSION {OTHER} {OWN}\r\n\r\n".encode())),),
        kind="not_ended",
        says="connection broke",
        failed="dora",
    ),
    Row(
        "bodies: the id in Location",
        DORA,
        (when("DELETE", Answer(302, headers={"Location": f"/login?session={OWN}&other={OTHER.upper()}"})),),
        kind="not_ended",
        says="302 Found, which leads to",
        failed="dora",
    ),
    Row(
        "bodies: the id in the header Content-Encoding",
        DORA,
        (when("DELETE", Answer(200, b"x", {"Content-Encoding": OWN})),),
        kind="not_ended",
        says=".",
        failed="dora",
    ),
    Row(
        "bodies: the id in UTF-16",
        DORA,
        (when("DELETE", text(f"No session {OTHER} {OWN}".encode("utf-16"), 500)),),
        kind="not_ended",
        says="500",
        failed="dora",
    ),
    Row(
        "bodies: the id in half a list",
        DEFAULT_ONE,
        (when(LIST, text(f'[{{"SessionId": "{OTHER}", "User')),),
        kind="refused",
        says=f"{LIST_OF_CENTRAL}.*ends after",
        would_end=ELSEWHERE,
    ),
    Row(
        "bodies: the id as the name of a field",
        {"users": ["anna"]},
        (when("DELETE .*/anna1", answers.as_json({OWN: 1}, 500)),),
        kind="not_ended",
        says="500",
        failed="anna1",
        ended="anna2 anna3",
    ),
    Row(
        "bodies: an id that is a common word",
        {"users": ["olga"]},
        (
            logged_in("olga", "LAB\\olga", "Node2", session_id="session"),
            when("DELETE", text("Your session is unknown", 500)),
        ),
        kind="not_ended",
        says="500",
        failed="olga",
    ),
    Row(
        "bodies: an opaque id of a list that is read later, in plain text",
        {**ALL, "max_parallel": 1},
        (when(NODE2, text(f"The token {OPAQUE_ID} is bad", 500)),),
        kind="refused",
        says="500",
        would_end="anna1 anna2 bert1 bert2 carla1 carla2 emil robot",
        kept="api scheduler",
    ),
    *(
        Row(
            f"bodies: ids {name}, in a warning",
            {**DEFAULT_ONE, "on_proxy_failure": "warn", "users": ["LAB\\*"]},
            (when(LIST, text(f"{SPELLINGS[name](OTHER)} {SPELLINGS[name](OWN)}", 500)),),
            warns="Central, virtual proxies /: GET .* 500",
            ended="anna3 dora",
        )
        for name in ("plain", "in XML", "in single quotes", "in JSON in JSON", "in a cookie", "URL-encoded")
    ),
    Row(
        "bodies: ids given as an option",
        {"session_ids": [OWN, OPAQUE_ID]},
        (when("DELETE", text(f"No {OWN}, no {OPAQUE_ID}", 500)),),
        kind="not_ended",
        says="500",
        failed="dora robot",
    ),
    Row(
        "bodies: ids given as an option, and QRS knows them",
        {"session_ids": ["opaque-id-of-nobody", OPAQUE_ID]},
        (when("QRS", text(f"No {OPAQUE_ID}", 500)),),
        kind="server_error",
        says="500",
    ),
]

ROWS = [*rows(), *SINGLE_ROWS]
