# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The memory of first-seen times: what is written comes back, and whatever comes back is understood or said."""

from __future__ import annotations

import json
from datetime import timezone
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.filter.recall_sessions import recall_sessions
from ansible_collections.qlikops.sense.plugins.filter.remember_sessions import remember_sessions
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages, iso
from ansible_collections.qlikops.sense.tests.unit.plugins.builders import NOW
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import times

HERE = [{"id": "9d5d7900", "host_name": "qlik1.example.com"}, {"id": "1b2c", "host_name": "qlik2.example.com"}]
ELSEWHERE = [{"id": "77aa", "host_name": "qlik1.example.com"}]
refs = st.builds("{}-{}".format, st.sampled_from(["3f9a1c", "00aa11"]), st.from_regex(r"[0-9a-f]{12}", fullmatch=True))
memories = st.dictionaries(refs, times.map(lambda time: iso(time.replace(tzinfo=timezone.utc))), max_size=6)


def listed(first_seen: dict[str, str], proxies: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {"first_seen": first_seen, "proxies": HERE if proxies is None else proxies, "observed_at": iso(NOW)}


@given(memories)
def test_what_is_remembered_comes_back(first_seen: dict[str, str]) -> None:
    text = remember_sessions(listed(first_seen))
    assert recall_sessions(text, HERE) == {"state": "kept", "first_seen": first_seen, "stored_at": iso(NOW)}
    assert recall_sessions(text + "\n") == recall_sessions(text)  # as a file may have it
    assert recall_sessions(json.loads(text)) == recall_sessions(text)  # as a template of ansible-core 2.18 may have it
    assert remember_sessions(listed(dict(reversed(first_seen.items())))) == text


def test_it_is_one_line_that_no_template_takes_for_a_dictionary() -> None:
    text = remember_sessions(listed({"3f9a1c-0c1d2e3f4a5b": "2026-01-15T08:00:00Z"}))
    assert not text.startswith(("{", "["))
    assert "\n" not in text
    assert json.loads(text)["first_seen"] == {"2026-01-15T08:00:00Z": ["3f9a1c-0c1d2e3f4a5b"]}


def test_ten_thousand_sessions_are_about_200_kilobytes() -> None:
    first_seen = {
        f"3f9a1c-{number:012x}": f"2026-01-15T{number // 500:02d}:{number % 4 * 15:02d}:00Z" for number in range(10_000)
    }
    assert len(remember_sessions(listed(first_seen))) < 225_000


@pytest.mark.parametrize(
    ("text", "state"),
    [(None, "none"), ("", "empty"), (" \n", "empty"), ({}, "empty"), ("{", "unreadable"), ("5", "unreadable")],
)
def test_what_is_no_memory_is_said(text: Any, state: str) -> None:
    assert recall_sessions(text, HERE) == {"state": state, "first_seen": {}, "stored_at": ""}


@pytest.mark.parametrize(
    "change",
    [
        {"qlikops.sense": 2},
        {"first_seen": ["3f9a1c-0c1d2e3f4a5b"]},
        {"first_seen": {"yesterday": ["3f9a1c-0c1d2e3f4a5b"]}},
        {"first_seen": None},
        {"site": None},
        {"stored_at": "yesterday"},
    ],
)
def test_what_a_memory_can_not_hold_is_unreadable(change: dict[str, Any]) -> None:
    content = json.loads(remember_sessions(listed({"3f9a1c-0c1d2e3f4a5b": "2026-01-15T08:00:00Z"})))
    assert recall_sessions(json.dumps(content))["state"] == "kept"
    assert recall_sessions(json.dumps({**content, **change}))["state"] == "unreadable"


@given(memories, st.data())
def test_half_a_memory_is_unreadable(first_seen: dict[str, str], data: st.DataObject) -> None:
    text = remember_sessions(listed(first_seen)).strip()
    assert recall_sessions(text[: data.draw(st.integers(1, len(text) - 1))])["state"] == "unreadable"


json_like = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=4,
)


@given(
    st.one_of(st.text(), json_like, st.fixed_dictionaries({}, optional={"site": json_like, "first_seen": json_like}))
)
def test_whatever_comes_back_there_is_an_answer(text: Any) -> None:
    for value in (text, json.dumps(text)):
        assert recall_sessions(value, HERE)["first_seen"] == {}


@given(memories)
def test_a_memory_that_is_kept_is_taken_by_the_modules(first_seen: dict[str, str]) -> None:
    recalled = recall_sessions(remember_sessions(listed(first_seen)))
    try:
        Ages.from_option(recalled["first_seen"], NOW)
    except QlikError as error:
        pytest.fail(str(error))


def test_a_memory_of_another_site_is_told_by_its_proxy_services() -> None:
    text = remember_sessions(listed({}, HERE))
    assert recall_sessions(text, HERE[1:])["state"] == "kept"  # a node was removed
    assert recall_sessions(text, HERE[1:] + ELSEWHERE)["state"] == "kept"  # and one added
    assert recall_sessions(text, ELSEWHERE)["state"] == "other_site"
    copy = [{**proxy, "host_name": f"test-{proxy['host_name']}"} for proxy in HERE]
    assert recall_sessions(text, copy)["state"] == "other_site"
    shouted = [{**proxy, "host_name": proxy["host_name"].upper()} for proxy in HERE]
    assert recall_sessions(text, shouted)["state"] == "kept"


def test_a_clock_that_was_set_back_makes_nothing_old_when_it_is_right_again() -> None:
    before = remember_sessions({**listed({"3f9a1c-aa": "2026-01-15T07:00:00Z"}), "observed_at": "2026-01-15T12:00:00Z"})
    recalled = recall_sessions(before, HERE)
    set_back = {"3f9a1c-aa": "2026-01-15T02:00:00Z", "3f9a1c-bb": "2026-01-15T02:00:00Z"}
    text = remember_sessions({**listed(set_back), "observed_at": "2026-01-15T02:00:00Z"}, recalled)
    assert recall_sessions(text, HERE) == {
        "state": "kept",
        "first_seen": {"3f9a1c-aa": "2026-01-15T07:00:00Z", "3f9a1c-bb": "2026-01-15T12:00:00Z"},
        "stored_at": "2026-01-15T12:00:00Z",
    }
    later = {**listed(set_back), "observed_at": "2026-01-15T12:00:01Z"}
    assert remember_sessions(later, recalled) == remember_sessions(later)


def test_something_else_is_not_remembered() -> None:
    with pytest.raises(AnsibleFilterError, match="not the result of qlik_session_info"):
        remember_sessions({"first_seen": {}})
