# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the answer of a webhook means, without the URL; and how often it is tried."""

from __future__ import annotations

import html
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._notify import webhook as _webhook
from ansible_collections.qlikops.sense.plugins.module_utils._notify.webhook import Response, Webhook, answer_of, post
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import HOSTILE

TOKEN = "s3cr3t-T0k3n/B00XYZ123"
URL = f"https://hooks.example.com/services/{TOKEN}?api=1&sig=abc%2Bdef"
anything = st.text(st.one_of(st.sampled_from(HOSTILE), st.characters(exclude_categories=["Cs"])), max_size=300)
GOOD, WEAK = Response(True, False, 200, ""), Response(False, True, 429, "the response was 429")


@pytest.mark.parametrize(
    ("channel", "status", "content", "is_told", "again"),
    [
        ("teams", 202, "", True, False),
        ("teams", 200, "1", True, False),
        ("teams", 200, "Webhook message delivery failed with error: returned HTTP error 429 with", False, True),
        ("teams", 200, "Webhook message delivery failed with error: returned HTTP error 413 with", False, False),
        ("slack", 200, "ok", True, False),
        ("slack", 200, "delivery failed", True, False),
        ("slack", 202, "", False, False),
        ("slack", 404, "no_service", False, False),
        ("slack", 429, "", False, True),
        ("teams", 503, "", False, True),
        ("teams", -1, "", False, False),
    ],
)
def test_what_an_answer_means(channel: str, status: int, content: str, is_told: bool, again: bool) -> None:
    answer = answer_of(channel, status, content, URL)
    assert (answer.told, answer.again, answer.status) == (is_told, again, status)
    assert bool(answer.why) is not is_told


def test_why_says_the_words_of_the_server_or_of_the_client() -> None:
    assert answer_of("slack", 404, "no_service\n", URL).why == "the response was 404, with the words: no_service"
    assert answer_of("slack", -1, "Connection refused", URL).why == "no answer: Connection refused"
    assert len(answer_of("slack", 500, "x" * 9999, URL).why) == 200


secret_words = st.text("abcXYZ0189-_.~+/=%&<>\"' é", min_size=8, max_size=30)


@given(secret_words, anything, st.sampled_from([str, quote, unquote, html.escape, str.upper, str.lower]), st.booleans())
def test_no_answer_tells_the_url(secret: str, around: str, spelled: Any, as_value: bool) -> None:
    escaped = quote(secret, safe="")
    url = f"https://x.example/hook?sig={escaped}" if as_value else f"https://x.example/hook/{escaped}"
    for piece in (secret, escaped, url):
        words = f"{around} {spelled(piece)} {around}"
        for status in (404, -1):
            why = answer_of("slack", status, words, url).why
            assert escaped not in why
            assert " ".join(secret.split()) not in why


@pytest.mark.parametrize(
    ("tries", "retries", "pauses", "last"),
    [
        ([(GOOD, None)], 3, [], GOOD),
        ([(WEAK, None), (WEAK, 30.0), (WEAK, 2.0), (GOOD, None)], 3, [10, 30, 10], GOOD),
        ([(WEAK, None), (WEAK, None)], 1, [10], WEAK),
        ([(WEAK, 3600.0)], 3, [], WEAK),
        ([(WEAK, None)], 0, [], WEAK),
    ],
)
def test_a_message_is_posted_until_it_is_taken(
    monkeypatch: pytest.MonkeyPatch, tries: list[Any], retries: int, pauses: list[float], last: Response
) -> None:
    answers: Iterator[Any] = iter(tries)
    monkeypatch.setattr(_webhook, "_tried", lambda *_arguments: next(answers))
    slept: list[float] = []
    assert post(Webhook("slack", URL, retries=retries), {}, slept.append) == last
    assert slept == pauses
    assert list(answers) == []


def test_without_requests_it_is_a_failure_of_the_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_webhook, "REQUESTS_IMPORT_ERROR", "Traceback")
    assert "requests is missing" in post(Webhook("slack", URL), {}).why


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.exceptions.ReadTimeout(URL), "nothing came within 30 seconds"),
        (requests.exceptions.ConnectionError(ConnectionRefusedError(111, "Connection refused")), "Connection refused"),
        (requests.exceptions.ConnectionError(f"Max retries exceeded with url: {URL}"), "the connection broke"),
        (requests.exceptions.SSLError(ssl.SSLError(1, "[SSL: X] y")), "TLS failed (unknown error)"),
        (requests.exceptions.ProxyError(URL), "the HTTP proxy of the environment could not be used"),
    ],
)
def test_no_answer_in_words(monkeypatch: pytest.MonkeyPatch, error: Exception, words: str) -> None:
    def fail(*_arguments: Any, **_options: Any) -> None:
        raise error

    monkeypatch.setattr(requests.Session, "post", fail)
    assert post(Webhook("slack", URL), {}) == Response(False, False, -1, f"no answer: {words}")
