# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages, age_of_timestamp, iso
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyLink
from ansible_collections.qlikops.sense.tests.unit.plugins import builders
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import World, times, worlds

ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def remember(world: World, memory: dict[str, str], now: datetime) -> dict[str, str]:
    """One run over the whole site."""
    links = world.topology.links
    return Ages.from_option(memory, now).brought_up_to_date(world.sessions, links, links)


@given(worlds())
def test_a_second_run_at_the_same_time_changes_nothing(world: World) -> None:
    once = remember(world, world.first_seen, builders.NOW)
    assert remember(world, once, builders.NOW) == once
    assert list(once) == sorted(once)


@given(worlds(), st.integers(0, 10**8))
def test_what_was_seen_keeps_its_time_and_ages_as_the_clock_goes_on(world: World, seconds: int) -> None:
    once = remember(world, world.first_seen, builders.NOW)
    later = builders.NOW + timedelta(seconds=seconds)
    assert remember(world, once, later) == once
    first, second = (Ages.from_option(once, now) for now in (builders.NOW, later))
    for session in world.sessions:
        assert (second.of(session) or 0) - (first.of(session) or 0) == seconds


@given(worlds(), st.integers(1, 10**8))
def test_a_clock_set_back_makes_no_age_negative_and_is_put_right_by_itself(world: World, seconds: int) -> None:
    once = remember(world, world.first_seen, builders.NOW)
    earlier = builders.NOW - timedelta(seconds=seconds)
    ages = Ages.from_option(once, earlier)
    assert all((ages.of(session) or 0) >= 0 for session in world.sessions)
    again = remember(world, once, earlier)
    assert again.keys() == once.keys()
    assert all(time <= iso(earlier) for time in again.values())


@given(worlds(), st.randoms(use_true_random=False))
def test_refs_of_unread_pairs_are_kept_of_read_ones_pruned_of_unlinked_ones_forgotten(
    world: World, chance: random.Random
) -> None:
    gone = [Session(link, "LAB", "gone", "", {}, f"gone {link.tag}") for link in world.topology.links]
    unlinked = ProxyLink(builders.proxy_service("Elsewhere"), builders.SALES)
    stranger = builders.session(session_id="stranger", link=unlinked)
    memory = {session.ref: "2026-01-01T00:00:00Z" for session in [*gone, stranger]}
    read = [link for link in world.topology.links if chance.random() < 0.5]
    seen = [session for session in world.sessions if session.link in read]
    ages = Ages.from_option({**world.first_seen, **memory}, builders.NOW)
    brought = ages.brought_up_to_date(seen, read, world.topology.links)
    unread_tags = {link.tag for link in world.topology.links} - {link.tag for link in read}
    expected = {session.ref for session in seen}
    expected |= {ref for ref in {**world.first_seen, **memory} if ref[:6] in unread_tags}
    assert set(brought) == expected
    assert stranger.ref not in brought


@given(worlds())
def test_a_session_seen_for_the_first_time_has_no_age_but_a_time(world: World) -> None:
    ages = Ages.from_option({}, builders.NOW)
    assert [ages.of(session) for session in world.sessions] == [None] * len(world.sessions)
    assert {ages.first_seen(session) for session in world.sessions} <= {"2026-01-15T09:30:00Z"}


def test_an_age_is_counted_from_the_time_given() -> None:
    session = builders.session()
    ages = Ages.from_option({session.ref: "2026-01-15T08:00:00Z"}, builders.NOW)
    assert ages.of(session) == 5400
    assert ages.first_seen(session) == "2026-01-15T08:00:00Z"


@given(times, st.integers(-840, 840))
def test_every_time_written_is_read_again(time: datetime, minutes: int) -> None:
    aware = time.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    text = iso(aware)
    assert text.endswith("Z")
    ages = Ages.from_option({"a-b": text}, datetime(2200, 1, 1, tzinfo=timezone.utc))
    assert ages.remembered["a-b"] == aware


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("2026-01-15T09:29:41.120Z", 18),
        ("2026-01-15T09:29:41.1234567Z", 18),
        ("2026-01-15T09:29:41.5Z", 18),
        ("2026-01-15T09:29:41Z", 19),
        ("2026-01-15T09:29:41", 19),
        ("2026-01-15T10:29:41+01:00", 19),
        ("2026-01-15 09:29:41Z", 19),
        ("2026-01-15T09:31:00Z", 0),
        ("", None),
        ("never", None),
        ("2026-13-15T09:29:41Z", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_ages_of_timestamps_as_dot_net_writes_them(text: str, age: int | None) -> None:
    assert age_of_timestamp(text, builders.NOW) == age


@pytest.mark.parametrize("text", ["yesterday", "", None, 5, {}, "2026-01-15T25:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_in_first_seen_is_refused(text: object) -> None:
    with pytest.raises(BadOption) as caught:
        Ages.from_option({"a1-b2": text}, builders.NOW)
    assert caught.value.reason == f"first_seen: '{text}' of a1-b2 is not a time."
    assert caught.value.hint == "Give back what an earlier run returned as first_seen."


def test_old_years_are_written_so_that_they_can_be_read() -> None:
    assert iso(datetime(999, 1, 1, tzinfo=timezone.utc)) == "0999-01-01T00:00:00Z"
