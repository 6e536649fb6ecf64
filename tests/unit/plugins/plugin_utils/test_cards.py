# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages for Teams and Slack: bounded, without markup, without names."""

from __future__ import annotations

import html
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.plugin_utils import _notice
from ansible_collections.qlikops.sense.plugins.plugin_utils._cards import slack_message, teams_card
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import HOSTILE

anything = st.text(st.one_of(st.sampled_from(HOSTILE), st.characters(exclude_categories=["Cs"])), max_size=300)
longest = st.sampled_from(["x", "&", "漢", "\U0001f600", "<"]).map(lambda char: char * 5000)
texts = st.one_of(anything, longest)
numbers = st.integers(0, 10**6)
proxies = st.fixed_dictionaries({"name": texts, "description": texts, "sessions": numbers, "users": numbers})
notices = st.fixed_dictionaries(
    {
        "subject": texts.map(lambda text: text or "x"),
        "message": texts.map(lambda text: text or "x"),
        "when": texts,
        "reason": texts,
        "contact": texts,
        "headline": texts,
        "nodes": st.lists(texts, max_size=30),
        "people": numbers,
        "elsewhere": numbers,
        "complete": st.booleans(),
        "virtual_proxies": st.lists(proxies, max_size=40),
    }
)


def notice(**asked: str) -> dict[str, Any]:
    words = dict.fromkeys(("subject", "message", "when", "reason", "contact"), "")
    return _notice.notice({}, {**words, **asked})


def lines(card: dict[str, Any]) -> list[str]:
    body = card["attachments"][0]["content"]["body"]
    return ["".join(run["text"] for run in block["inlines"]) for block in body]


def known(count: int = 2, **more: Any) -> dict[str, Any]:
    served = [{"name": f"/p{n}", "description": "", "sessions": n + 1, "users": 1} for n in range(count)]
    about = {"headline": "29 sessions of 16 people", "people": 16, "elsewhere": 5, "nodes": ["Node2"]}
    return {**notice(when="on Sunday", reason="CHG 1"), **about, "virtual_proxies": served, **more}


def test_a_card_says_what_when_and_how_many() -> None:
    card = teams_card(known())
    assert card["type"] == "message"
    assert card["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert lines(card) == [
        "Maintenance of Qlik Sense on Sunday",
        known()["message"],
        "When: on Sunday",
        "Nodes: Node2",
        "Connected: 29 sessions of 16 people",
        "Also connected to another node: 5 of them",
        "Why: CHG 1",
        "By virtual proxy",
        "/p0: 1 session of 1 user",
        "/p1: 2 sessions of 1 user",
    ]


def test_a_message_for_slack_says_the_same() -> None:
    message = slack_message(known())
    texts = [block["text"]["text"] for block in message["blocks"]]
    assert "\n".join(texts).split("\n") == lines(teams_card(known()))
    assert message["text"].endswith("29 sessions of 16 people")


def test_what_is_not_known_is_not_there() -> None:
    empty = notice()
    assert lines(teams_card(empty)) == [empty["subject"], empty["message"]]
    assert len(slack_message(empty)["blocks"]) == 2
    assert "Not complete: a part of the site did not answer, so there are more" in lines(
        teams_card(known(complete=False))
    )
    assert not [line for line in lines(teams_card(known(nodes=[]))) if "another node" in line]


def test_many_virtual_proxies_are_counted() -> None:
    assert lines(teams_card(known(23)))[-1] == "and 3 more virtual proxies"
    assert lines(teams_card(known(21)))[-1] == "and 1 more virtual proxy"
    assert slack_message(known(23))["blocks"][-1]["text"]["text"].endswith("and 3 more virtual proxies")


@given(notices)
def test_a_card_is_never_too_large_and_has_no_text_that_is_markdown(found: dict[str, Any]) -> None:
    card = teams_card(found)
    assert len(json.dumps(card)) < 28_000
    for block in card["attachments"][0]["content"]["body"]:
        assert block["type"] == "RichTextBlock"
        assert {run["type"] for run in block["inlines"]} == {"TextRun"}


@given(notices)
def test_a_message_for_slack_keeps_the_limits_and_calls_nobody(found: dict[str, Any]) -> None:
    message = slack_message(found)
    blocks = [block["text"] for block in message["blocks"]]
    assert len(blocks) <= 4
    assert len(blocks[0]["text"]) <= 150
    assert all(0 < len(block["text"]) <= 3000 for block in blocks)
    assert {(block["type"], block["emoji"]) for block in blocks} == {("plain_text", False)}
    for text in (message["text"], *(block["text"] for block in blocks)):
        assert "<" not in text
        assert ">" not in text
        rest = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
        assert "&" not in rest
        assert html.unescape(text) == text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
