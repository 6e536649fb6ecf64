# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import html
import json
import uuid
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given

from ansible_collections.qlikops.sense.plugins.module_utils._client.masking import (
    LONGEST_SPELLING,
    WINDOW,
    Secrets,
    masked,
    quotable,
    readable,
    without_ids,
)
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import session_ids


def in_url(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


DISGUISES: list[Callable[[str], str]] = [
    str,
    in_url,
    lambda text: in_url(text).lower(),
    lambda text: in_url(in_url(text)),
    json.dumps,
    html.escape,
    lambda text: html.escape(json.dumps(text)),
    lambda text: text.upper(),
]


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("secret", ["ab/cd+ef", 'a\\b"c', "<ünï&✓>", "\U0001f600-x", "100%41 x", "\ud83d-half"])
def test_no_spelling_of_a_secret_is_left(secret: str, disguise: Callable[[str], str]) -> None:
    spelled = disguise(secret)
    assert spelled.strip('"') not in masked(f"no /session/{spelled} here", secret)


@given(session_ids)
def test_a_secret_as_it_is_leaves_the_other_words(secret: str) -> None:
    assert secret not in masked(f"| {secret} |", secret).replace("***", "")


def test_other_words_stay() -> None:
    assert masked("no /session/the-id?x=1 here", "the-id") == "no /session/***?x=1 here"
    assert masked("nothing &amp; %41 here", "the-id") == "nothing &amp; %41 here"
    assert masked("nothing to hide", "") == "nothing to hide"


def test_what_is_no_utf_8_is_readable_all_the_same() -> None:
    assert (readable("Größe".encode()), readable("Größe".encode("latin-1"))) == ("Größe", "Größe")


def test_what_ends_within_a_character_is_utf_8_all_the_same() -> None:
    assert readable("Größe ✓".encode()[:-1], is_cut=True) == "Größe "
    assert readable("Café".encode("latin-1")) == "Café"


# Ids of other sessions

ID = "2734806e-c2e6-4d72-8c84-8a1964638fc3"
ODD = "q8-Zt_51.kP"  # as a virtual proxy with ids of its own makes them


def in_page(text: str) -> str:
    return "".join(f"&#{ord(char)};" for char in text)


def in_json(text: str) -> str:
    return "".join(f"\\u{ord(char):04x}" for char in text)


@pytest.mark.parametrize("disguise", [*DISGUISES, in_page, in_json])
@pytest.mark.parametrize("guid", [ID, ID.upper(), f"{{{ID}}}", f"urn:uuid:{ID}", ID.replace("-", "")])
def test_whatever_looks_like_a_guid_is_masked(guid: str, disguise: Callable[[str], str]) -> None:
    text = without_ids(f"the session {disguise(guid)} is gone").lower()
    assert not [part for part in ID.split("-") if disguise(part).lower().strip('"') in text]


def test_the_words_around_a_guid_stay() -> None:
    assert without_ids(f"the session {{{ID}}} is gone") == "the session *** is gone"
    assert without_ids(f"see %7B{ID}%7D") == "see %7B***%7D"
    assert without_ids("version 31.7.0-2024, 12:00:01, deadbeef") == "version 31.7.0-2024, 12:00:01, deadbeef"


@pytest.mark.parametrize(
    "spelled",
    [
        '{"SessionId":"VALUE"}',
        '{"session_id" : "VALUE", "a": 1}',
        '{"sessionId":"VALUE',
        '{"SessionIds": ["VALUE"]}',
        "{'SessionId': 'VALUE'}",
        "<SessionId>VALUE</SessionId>",
        "<d:session_id><![CDATA[VALUE]]></d:session_id>",
        '<session sessionId="VALUE"/>',
        "/login?sessionId=VALUE&x=1",
        "/login?back=%2Fhub%3FsessionId%3DVALUE%26x",
        json.dumps(json.dumps({"SessionId": "VALUE"})),
        json.dumps(json.dumps(json.dumps({"SessionId": "VALUE"}))),
        html.escape('{"SessionId": "VALUE"}'),
        "SESSIONID: VALUE",
        "Session ID = VALUE.",
        "the session id VALUE is unknown",
        '<SessionId xsi:type="xs:string">VALUE</SessionId>',
        '{"name": "SessionId", "value": "VALUE"}',
        "/qps/sales/session/VALUE?x=1",
        "%2Fqps%2Fsession%2FVALUE",
        "X-Qlik-Session=VALUE; Path=/",
        "Set-Cookie: x-qlik-session-sales=VALUE; Secure",
        "X-Qlik-Session-a.b: VALUE",
        '{"X-Qlik-Session": "VALUE"}',
        "X-Qlik-Session%3DVALUE",
        r'{"Session\u0049d": "VALUE"}',
    ],
)
def test_the_value_of_a_session_field_is_masked(spelled: str) -> None:
    text = without_ids(f"odd: {spelled.replace('VALUE', ODD)}")
    assert "***" in text
    assert not [part for part in (ODD, "q8-Zt", "51.kP") if part in text]


def test_no_other_field_is_masked() -> None:
    for text in (
        '{"UserId": "anna", "session": 3}',
        "The session has timed out.",
        "No session id given",
        "X-Qlik-User: UserId=anna",
    ):
        assert without_ids(text) == text


@pytest.mark.parametrize("disguise", [*DISGUISES, in_page, in_json])
def test_known_ids_are_masked_however_they_look(disguise: Callable[[str], str]) -> None:
    secrets = Secrets()
    secrets.remember(iter(["other/one=", "", ODD]))
    secrets.remember(["third-of-them"])
    for known in (ODD, "other/one=", "third-of-them"):
        assert disguise(known).strip('"') not in quotable(f"no {disguise(known)} here", secrets)


def test_a_short_id_is_masked_as_a_word_only() -> None:
    secrets = Secrets()
    secrets.remember(["ab", "a/b"])
    assert quotable("about ab, AB and grab", secrets) == "about ***, *** and grab"
    assert quotable("about a%2Fb", secrets) == "about ***"
    assert quotable("about &#97;b", secrets) == "***"


def test_an_id_that_begins_like_another_leaves_nothing_of_it() -> None:
    secrets = Secrets()
    secrets.remember(["abcd-efgh", "abcd-efgh-ijkl"])
    assert quotable("no abcd-efgh-ijkl here", secrets) == "no *** here"


@pytest.mark.parametrize("known", [True, False])
def test_no_half_of_an_id_is_left_at_the_end_of_the_window(known: bool) -> None:
    secrets = Secrets()
    if known:
        secrets.remember([ID])
    for offset in range(1, 36):
        filled = f"{ID} " * ((WINDOW - offset) // 37)
        text = filled + "." * (WINDOW - offset - len(filled)) + ID
        assert "2734" not in quotable(text, secrets)


def test_no_more_than_the_beginning_of_a_long_text_is_looked_at() -> None:
    secrets = Secrets()
    ids = [str(uuid.UUID(int=number * 2**100)) for number in range(5000)]
    secrets.remember(ids)
    assert len(quotable("x" * 50_000_000, secrets)) == WINDOW - LONGEST_SPELLING
    assert "-" not in quotable(" ".join(ids), secrets)
