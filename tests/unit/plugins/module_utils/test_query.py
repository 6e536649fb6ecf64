# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._errors import MissingNotProven
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Listing
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyLink, Topology
from ansible_collections.qlikops.sense.plugins.module_utils._model.user import KnownUser
from ansible_collections.qlikops.sense.plugins.module_utils._query import SessionQuery, inquire
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.tests.unit.plugins import builders, oracle
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import (
    STATES,
    World,
    options_for,
    patterns_for,
    possible_options,
    worlds,
)


class FakeSite(Site):
    """A site in memory; QRS knows whom ``known`` names, in lower case, whatever it is asked for."""

    def __init__(self, world: World, known: Iterable[tuple[str, str]], shows_all: bool = True) -> None:
        self.world = world
        self.shows_all = shows_all
        self.known = set(known)
        self.asked: list[list[tuple[str, str]]] = []

    def topology(self) -> Topology:
        return self.world.topology

    def read(self, links: Iterable[ProxyLink]) -> Listing:
        wanted = tuple(links)
        return Listing(wanted, tuple(session for session in self.world.sessions if session.link in wanted))

    def keep_secret(self, session_ids: Iterable[str]) -> None:
        pass

    def shows_all_users(self) -> bool:
        return self.shows_all

    def users(self, names: Iterable[tuple[str, str]], email_attributes: Collection[str]) -> list[KnownUser]:
        self.asked.append(list(names))
        return [
            KnownUser(directory, user_id, "Name", (), self.world.states[key] - {"missing"})
            for directory, user_id in self.asked[-1]
            if (key := (fold(directory), fold(user_id))) in self.known
        ]


@st.composite
def sites(draw: st.DrawFn) -> tuple[FakeSite, dict[str, Any]]:
    """A site, and options with patterns for anonymous users."""
    world = draw(worlds())
    keys = sorted({session.user_key for session in world.sessions})
    patterns = st.lists(patterns_for(world), max_size=2).map(lambda given: ["NONE\\*", *given])
    options = {**draw(options_for(world)), "anonymous_users": draw(patterns), "resolve_users": draw(st.booleans())}
    return FakeSite(world, draw(st.sets(st.sampled_from(keys))) if keys else [], draw(st.booleans())), options


def is_anonymous(session: Session, world: World, patterns: list[str]) -> bool:
    """Whether a pattern fits the user, however spelled in another session."""
    return any(
        oracle.fits_user(pattern, other)
        for other in world.sessions
        if other.user_key == session.user_key
        for pattern in patterns
        if pattern.strip()
    )


@given(sites(), st.lists(st.sampled_from(STATES), min_size=1))
def test_no_state_ever_means_an_anonymous_user(site_and_options: tuple[FakeSite, dict[str, Any]], states: Any) -> None:
    site, options = site_and_options
    with contextlib.suppress(MissingNotProven):
        assert_no_anonymous_user_is_selected(site, {**options, "user_states": states})


def assert_no_anonymous_user_is_selected(site: FakeSite, options: dict[str, Any]) -> None:
    query = inquire(site, options, builders.NOW)
    states = options["user_states"]
    patterns = options["anonymous_users"]
    assert not [session for session in query.selected if is_anonymous(session, site.world, patterns)]
    for session in query.selected:
        state = site.world.states[session.user_key] - {"missing"} if session.user_key in site.known else {"missing"}
        assert state & set(states)


@given(sites())
def test_qrs_is_asked_at_most_twice_and_for_no_anonymous_user(
    site_and_options: tuple[FakeSite, dict[str, Any]],
) -> None:
    site, options = site_and_options
    try:
        query = inquire(site, options, builders.NOW)
    except MissingNotProven:
        return
    asked = [name for names in site.asked for name in names]
    keys = [(fold(directory), fold(user_id)) for directory, user_id in asked]
    assert len(site.asked) <= 2  # again only where somebody is not there
    assert len(set(keys)) == len(keys)
    assert bool(site.asked) is bool(options["resolve_users"] or options.get("user_states"))
    anonymous = {s.user_key for s in site.world.sessions if is_anonymous(s, site.world, options["anonymous_users"])}
    assert not anonymous & set(keys)
    for user in query.result(with_ids=False).as_result()["users"]:
        key = fold(user["user_directory"]), fold(user["user_id"])
        assert user["kind"] == ("anonymous" if key in anonymous else "person")
        assert ("state" in user) is bool(site.asked)
        if site.asked:
            assert (user["state"] == "anonymous") is (key in anonymous)
            assert (user["state"] in ("missing", "unknown")) is (key not in anonymous and key not in site.known)
            assert user["state"] != "missing" or site.shows_all


def test_addresses_come_from_sessions_that_are_not_selected_too() -> None:
    site = builders.topology()
    plain = builders.session(session_id="1", link=site.links[0])
    telling = builders.session(session_id="2", link=site.links[3], attributes={"Mail": ["anna@lab.example"]})
    world = World(site, [plain, telling], {}, {})
    options = {"session_refs": [plain.ref], "resolve_users": True, "email_attributes": ["mail"]}
    query: SessionQuery = inquire(FakeSite(world, []), options, builders.NOW)
    (user,) = query.result(with_ids=False).as_result()["users"]
    assert (user["sessions"], user["emails"], user["state"]) == (1, ["anna@lab.example"], "unknown")


@given(sites(), st.data())
def test_with_rules_no_more_is_selected_than_without_and_each_says_why(
    site_and_options: tuple[FakeSite, dict[str, Any]], data: st.DataObject
) -> None:
    site, options = site_and_options
    possible = possible_options(site.world)
    rule = st.one_of(*(st.fixed_dictionaries({name: possible[name]}) for name in ("users", "proxies", "attributes")))
    rules = data.draw(st.lists(rule, min_size=1, max_size=3))
    without_surplus = {name: value for name, value in options.items() if name != "keep_per_user"}
    try:
        everything = inquire(site, without_surplus, builders.NOW).selected
        query = inquire(site, {**without_surplus, "any_of": rules}, builders.NOW)
    except MissingNotProven:
        return
    meant = [session.ref for session in everything if any(oracle.is_meant(session, one, site.world) for one in rules)]
    assert [session.ref for session in query.selected] == meant
    for session in query.result(with_ids=False).as_result()["sessions"]:
        assert session["rule"] in ("users", "proxies", "attributes")
        assert session["reason"] == f"matches {session['rule']}"


def test_the_surplus_around_rules_is_taken_from_what_they_select() -> None:
    site = builders.topology()
    sessions = [builders.session("LAB\\anna", str(number), site.links[number % 4]) for number in range(6)]
    world = World(site, sessions, {}, {})
    options = {"any_of": [{"proxies": ["Central"]}, {"proxies": ["Node2"], "virtual_proxies": ["sales"]}]}
    assert len(inquire(FakeSite(world, []), options, builders.NOW).selected) == 5
    assert len(inquire(FakeSite(world, []), {**options, "keep_per_user": 3}, builders.NOW).selected) == 3
