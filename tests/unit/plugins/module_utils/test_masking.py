# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import html
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given

from ansible_collections.qlikops.sense.plugins.module_utils._masking import masked, readable, without_ids
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


GUID = "2734806e-c2e6-4d72-8c84-8a1964638fc3"


@pytest.mark.parametrize(
    "words",
    [
        f"session {GUID} is unknown",
        f"<SessionId>{GUID.upper()}</SessionId>",
        f"{{'SessionId': '{GUID}'}}",
        f'{{"error": "{{\\"SessionId\\": \\"{GUID}\\"}}"}}',
        f"Cookie: X-Qlik-Session-sales={GUID}; path=/",
        f"urn:uuid:{GUID}",
        f"{{{GUID}}}",
        GUID.replace("-", ""),
        f"/qps/session/{GUID}?x=1",
    ],
)
def test_ids_of_other_sessions_are_masked_however_they_stand_there(words: str) -> None:
    shown = without_ids(words)
    assert GUID[:8] not in shown.lower()
    assert GUID[-12:] not in shown.lower()


@pytest.mark.parametrize(
    "words",
    ["X-Qlik-Session=opaque1", "'sessionId': 'opaque1'", '\\"session_id\\": \\"opaque1\\"', "SessionId=opaque1&a=b"],
)
def test_values_of_session_fields_are_masked_whatever_they_look_like(words: str) -> None:
    assert "opaque1" not in without_ids(words)


@pytest.mark.parametrize(
    "words", ["Forbidden", "Your account is inactive.", "XSRF prevention check failed.", "port 4243"]
)
def test_words_without_ids_stay(words: str) -> None:
    assert without_ids(words) == words
