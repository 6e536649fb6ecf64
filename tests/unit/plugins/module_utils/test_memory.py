# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The memory of first-seen times: what is written comes back, and whatever comes back is understood or told."""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, Refused
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages, iso, parsed
from ansible_collections.qlikops.sense.plugins.module_utils._model.memory import Memory, marks_of, recall, remember
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import Node, ProxyService
from ansible_collections.qlikops.sense.tests.unit.plugins.builders import CENTRAL, NODE2, NOW
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import times

HERE = marks_of([CENTRAL, NODE2])
ELSEWHERE = marks_of([ProxyService("77aa", CENTRAL.node, 4243, 443, ())])
REF, TIME = "3f9a1c-0c1d2e3f4a5b", "2026-01-15T08:00:00Z"
refs = st.builds("{}-{}".format, st.sampled_from(["3f9a1c", "00aa11"]), st.from_regex(r"[0-9a-f]{12}", fullmatch=True))
memories = st.dictionaries(refs, times.map(lambda time: iso(time.replace(tzinfo=timezone.utc))), max_size=6)


def stored(first_seen: dict[str, str], site: list[str] | None = None) -> str:
    return remember(first_seen, HERE if site is None else site, NOW, Memory("none"))


@given(memories)
def test_what_is_remembered_comes_back(first_seen: dict[str, str]) -> None:
    text = stored(first_seen)
    assert recall(text) == Memory("kept", first_seen, iso(NOW), frozenset(HERE))
    assert recall(text + "\n") == recall(text)  # as a file may have it
    assert recall(json.loads(text)) == recall(text)  # as a template of ansible-core 2.18 may have it
    assert stored(dict(reversed(first_seen.items()))) == text


def test_it_is_one_line_that_no_template_takes_for_a_dictionary() -> None:
    text = stored({REF: TIME})
    assert not text.startswith(("{", "["))
    assert "\n" not in text
    assert json.loads(text)["first_seen"] == {TIME: [REF]}


def test_ten_thousand_sessions_are_about_200_kilobytes() -> None:
    first_seen = {
        f"3f9a1c-{number:012x}": f"2026-01-15T{number // 500:02d}:{number % 4 * 15:02d}:00Z" for number in range(10_000)
    }
    assert len(stored(first_seen)) < 225_000


@pytest.mark.parametrize(
    ("text", "state"),
    [(None, "none"), ("", "none"), (" \n", "none"), ({}, "none"), ("{", "unreadable"), ("5", "unreadable")],
)
def test_what_is_no_memory_is_told(text: Any, state: str) -> None:
    assert recall(text) == Memory(state)


CHANGES: list[dict[str, Any]] = [
    {"qlikops.sense": 0},
    {"qlikops.sense": "1"},
    {"first_seen": [REF]},
    {"first_seen": {"yesterday": [REF]}},
    {"first_seen": None},
    {"site": None},
    {"stored_at": "yesterday"},
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_memory_can_not_hold_is_unreadable(change: dict[str, Any]) -> None:
    content = json.loads(stored({REF: TIME}))
    assert recall(json.dumps(content)).state == "kept"
    assert recall(json.dumps({**content, **change})).state == "unreadable"


def test_a_format_to_come_is_refused_so_that_nothing_overwrites_it() -> None:
    with pytest.raises(Refused, match="it has format 2, and this version of the collection reads 1 at most"):
        recall(json.dumps({"qlikops.sense": 2}))


@given(memories, st.data())
def test_half_a_memory_is_unreadable(first_seen: dict[str, str], data: st.DataObject) -> None:
    text = stored(first_seen).strip()
    assert recall(text[: data.draw(st.integers(1, len(text) - 1))]).state == "unreadable"


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
        assert not recall(value).first_seen


@given(memories)
def test_a_memory_that_is_kept_is_taken_for_ages(first_seen: dict[str, str]) -> None:
    try:
        Ages.from_option(recall(stored(first_seen)).first_seen, NOW)
    except QlikError as error:
        pytest.fail(str(error))


def test_a_memory_of_another_site_is_told_by_its_proxy_services() -> None:
    memory = recall(stored({}))
    memory.require_site(HERE[1:])  # a node was removed
    memory.require_site(HERE[1:] + ELSEWHERE)  # and one added
    shouted = ProxyService(CENTRAL.id, Node("Other", CENTRAL.host_name.upper()), 4243, 443, ())
    memory.require_site(marks_of([shouted]))
    copied = ProxyService(CENTRAL.id, Node("Central", f"test-{CENTRAL.host_name}"), 4243, 443, ())
    for site in (ELSEWHERE, marks_of([copied])):
        with pytest.raises(Refused, match="belongs to another site"):
            memory.require_site(site)


def test_what_was_lost_is_of_no_site() -> None:
    for text in (None, "{"):
        recall(text).require_site(ELSEWHERE)


def test_a_clock_that_was_set_back_makes_nothing_old_when_it_is_right_again() -> None:
    noon, night = parsed("2026-01-15T12:00:00Z"), parsed("2026-01-15T02:00:00Z")
    before = recall(remember({"3f9a1c-aa": "2026-01-15T07:00:00Z"}, HERE, noon, Memory("none")))
    seen = dict.fromkeys(["3f9a1c-aa", "3f9a1c-bb"], iso(night))
    assert recall(remember(seen, HERE, night, before)) == Memory(
        "kept", {"3f9a1c-aa": "2026-01-15T07:00:00Z", "3f9a1c-bb": iso(noon)}, iso(noon), frozenset(HERE)
    )
    later = noon + timedelta(seconds=1)
    assert remember(seen, HERE, later, before) == remember(seen, HERE, later, Memory("none"))


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "This is the first run, or the memory was lost"), ("{", "The memory of sessions can't be read")],
)
def test_a_memory_that_did_not_come_back_is_told(text: Any, words: str) -> None:
    sentence = recall(text).note(NOW)
    assert words in sentence
    assert sentence.endswith(
        "Ages that QRS does not tell are counted from now on, and nothing is selected by those this time."
    )


def test_a_clock_that_was_set_back_is_told_unless_by_seconds() -> None:
    memory = recall(stored({}))
    sentence = memory.note(NOW - timedelta(hours=10))
    assert sentence.startswith(f"The clock has been set back: the last run was at {iso(NOW)}.")
    assert memory.note(NOW - timedelta(seconds=30)) == memory.note(NOW) == ""
