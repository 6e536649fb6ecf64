# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sessions are stale: each rule by values, all of them against the naive oracle."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.filter.stale_sessions import stale_sessions
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Reading
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session, in_order
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import Pair, Scope
from ansible_collections.qlikops.sense.plugins.module_utils._model.user import KnownUser
from ansible_collections.qlikops.sense.plugins.module_utils._result import Report
from ansible_collections.qlikops.sense.plugins.module_utils._rules.selection import Selection
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.plugins.plugin_utils._stale import span
from ansible_collections.qlikops.sense.tests.unit.plugins import builders, oracle
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import STATES, World, possible_options, worlds

CENTRAL_SALES = Pair(builders.CENTRAL, builders.SALES)
NODE2_DEFAULT = Pair(builders.NODE2, builders.DEFAULT)
SELECTION = ("proxies", "virtual_proxies", "users", "exclude_users")


def listed(world: World) -> dict[str, Any]:
    """The result of qlik_session_info with resolve_users over the whole site."""
    users = {
        session.user_key: KnownUser(
            session.user_directory, session.user_id, "", (), world.states.get(session.user_key, frozenset())
        )
        for session in world.sessions
    }
    ages = Ages.from_option(world.first_seen, builders.NOW)
    scope = Scope.of(world.topology.proxies, world.topology.virtual_proxies)
    reading = Reading(world.topology.pairs, tuple(world.sessions))
    ordered = tuple(in_order(world.sessions))
    return Report(ordered, scope, reading, ages, users, builders.USER_RULES, with_ids=False).as_result()


def world_of(*sessions: Session, first_seen: dict[str, str] | None = None, **states: str) -> World:
    known = {("lab", user): frozenset({state}) for user, state in states.items()}
    return World(builders.topology(), list(sessions), first_seen or {}, known)


def several(count: int, user: str = "LAB\\anna", pair: Pair = CENTRAL_SALES) -> list[Session]:
    return [builders.session(user, f"{user} {number}", pair) for number in range(count)]


def whys(world: World, **options: Any) -> dict[str, str]:
    return {session["ref"]: session["why"] for session in stale_sessions(listed(world), **options)["sessions"]}


# Each rule


def test_without_a_rule_nothing_is_stale() -> None:
    found = stale_sessions(listed(world_of(*several(7), anna="blacklisted")), users=["anna"])
    assert found["sessions"] == []
    assert found["summary"] == {"sessions": 7, "stale": 0, "users": 0, "rules": {}, "of_unknown_age": 7}
    assert found["at_limit"] == []


def test_unanswered_questions_of_a_survey_leave_everything_off() -> None:
    blank = dict.fromkeys(
        ["proxies", "virtual_proxies", "users", "exclude_users", "protect_users", "user_states", "min_age"], ""
    )
    numbers = {"keep_per_user": "", "runaway_user": "0", "runaway_virtual_proxy": 0}
    world = world_of(*several(7), anna="blacklisted")
    assert whys(world, **blank, **numbers) == {}
    assert whys(world, users=[""], user_states=[""], min_age="0", keep_per_user=None) == {}
    assert whys(world, min_age=0) == {}


def test_a_user_who_should_have_none_loses_all() -> None:
    one, other = builders.session("LAB\\quinn", "1"), builders.session("LAB\\anna", "2")
    world = world_of(one, other, quinn="blacklisted")
    assert whys(world, user_states="inactive, blacklisted") == {one.ref: "user is blacklisted"}
    assert whys(world, user_states=["missing"]) == {}


def test_of_several_states_the_most_telling_one_is_told() -> None:
    rosa = builders.session("LAB\\rosa", "1")
    world = World(
        builders.topology(), [rosa], {}, {rosa.user_key: frozenset({"inactive", "removed_externally", "blacklisted"})}
    )
    assert whys(world, user_states=STATES) == {rosa.ref: "user was removed from the user directory"}
    assert whys(world, user_states=["inactive"]) == {rosa.ref: "user is inactive"}


def test_an_old_session_is_stale_and_one_of_unknown_age_is_not() -> None:
    old, young, unknown = several(3)
    seen = {old.ref: "2026-01-15T00:20:00Z", young.ref: "2026-01-15T09:29:00Z"}
    assert whys(world_of(old, young, unknown, first_seen=seen), min_age="8h") == {
        old.ref: "first seen 9 hours 10 minutes ago, limit 8 hours"
    }


def test_the_surplus_of_a_user_is_stale_oldest_first() -> None:
    sessions = several(4) + several(3, "lab\\ANNA", NODE2_DEFAULT)
    old = {session.ref: "2026-01-15T08:00:00Z" for session in sessions[5:]}
    found = whys(world_of(*sessions, first_seen=old), keep_per_user="4")
    assert set(found.values()) == {"7 sessions of one user, keeps 4"}
    assert set(old) < set(found)
    assert len(found) == 3


def test_the_surplus_of_a_runaway_user_is_stale() -> None:
    world = world_of(*several(12, "LAB\\svc"), *several(9))
    assert list(whys(world, runaway_user=10).values()) == ["user has 12 sessions, over 10"] * 2


def test_the_surplus_of_a_runaway_virtual_proxy_is_stale_over_all_of_its_nodes() -> None:
    sessions = [builders.session(f"LAB\\{number}", str(number), NODE2_DEFAULT) for number in range(6)]
    others = [builders.session(f"LAB\\{number}", f"o{number}") for number in range(6)]
    world = world_of(*sessions, *others, *several(9))
    found = whys(world, runaway_virtual_proxy=10)
    assert list(found.values()) == ["virtual proxy / has 12 sessions, over 10"] * 2
    assert list(whys(world, runaway_virtual_proxy=8, virtual_proxies=["/sales"]).values()) == [
        "virtual proxy /sales has 9 sessions, over 8"
    ]


def test_what_one_rule_takes_the_next_does_not_take_again() -> None:
    sessions = several(7)
    old = {session.ref: "2026-01-14T08:00:00Z" for session in sessions[:2]}
    found = stale_sessions(listed(world_of(*sessions, first_seen=old)), min_age="1d", keep_per_user=4)
    assert found["summary"]["rules"] == {"min_age": 2, "keep_per_user": 1}
    assert {session["ref"] for session in found["sessions"] if session["rule"] == "min_age"} == set(old)
    assert "7 sessions of one user, keeps 4" in {session["why"] for session in found["sessions"]}


def test_the_protected_are_counted_but_never_stale() -> None:
    world = world_of(*several(3, "INTERNAL\\sa_scheduler"), *several(2))
    found = whys(world, runaway_virtual_proxy=1, protect_users=["internal\\*"])
    assert set(found) == {session.ref for session in world.sessions[3:]}


def test_users_at_the_limit_who_shall_lose_a_session_are_named() -> None:
    world = world_of(*several(5), *several(4, "LAB\\ben"), *several(6, "LAB\\carl"), quinn="inactive")
    assert stale_sessions(listed(world), keep_per_user=3)["at_limit"] == ["LAB\\anna", "LAB\\carl"]
    assert stale_sessions(listed(world), keep_per_user=5)["at_limit"] == ["LAB\\carl"]


# What is refused


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"keep_per_user": "four"}, "'four' is not a number"),
        ({"runaway_user": -1}, "'-1' is not a number"),
        ({"min_age": "8 o'clock"}, "is not a duration"),
        ({"min_age": 480}, "480s"),
        ({"users": [34]}, "'00042'"),
        ({"exclude_users": [False]}, "truth value"),
        ({"protect_users": [8.5]}, "quotes"),
        ({"virtual_proxies": 8}, "quotes"),
        ({"user_states": ["gone"]}, "there is no state 'gone'"),
        ({"proxies": ["Node9"]}, "the site has no 'Node9'"),
        ({"virtual_proxies": ["/sale"]}, "the site has no 'sale'"),
        ({"keep": 4}, "there is no option keep"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=words):
        stale_sessions(listed(world_of(*several(1))), **options)


def test_something_else_than_a_listing_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="not the result of qlik_session_info"):
        stale_sessions({"sessions": []})


def test_states_that_were_not_asked_for_are_missed() -> None:
    result = listed(world_of(*several(1)))
    for user in result["users"]:
        del user["state"], user["states"]
    with pytest.raises(AnsibleFilterError, match="resolve_users"):
        stale_sessions(result, user_states=["inactive"])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (5400, "1 hour 30 minutes"),
        (32400, "9 hours"),
        (86400, "1 day"),
        (2 * 86400 + 7260, "2 days 2 hours"),
        (86400 + 60, "1 day"),
    ],
)
def test_a_time_span_in_words(seconds: int, words: str) -> None:
    assert span(seconds) == words


# All rules


def rules_for(world: World) -> st.SearchStrategy[dict[str, Any]]:
    possible = possible_options(world)
    numbers = st.integers(0, 4)
    return st.fixed_dictionaries(
        {},
        optional={
            **{name: possible[name] for name in SELECTION},
            "protect_users": possible["exclude_users"],
            "user_states": possible["user_states"],
            "min_age": possible["min_age"],
            **dict.fromkeys(("keep_per_user", "runaway_user", "runaway_virtual_proxy"), numbers),
        },
    )


def naively(world: World, options: dict[str, Any]) -> dict[str, str]:
    """Ref -> rule, one session at a time."""
    selection = {name: options[name] for name in SELECTION if name in options}
    protected = options.get("protect_users", [])
    candidates = [
        session
        for session in in_order(world.sessions)
        if oracle.is_meant(session, selection, world)
        and not any(oracle.fits_user(pattern, session) for pattern in protected)
    ]
    gone: dict[str, str] = {}
    for rule in ("user_states", "min_age"):
        if options.get(rule) not in (None, "0s"):
            for session in candidates:
                if session.ref not in gone and oracle.is_meant(session, {rule: options[rule]}, world):
                    gone[session.ref] = rule
    whose: dict[str, Callable[[Session], str]] = {
        "keep_per_user": lambda session: fold(session.user),
        "runaway_user": lambda session: fold(session.user),
        "runaway_virtual_proxy": lambda session: fold(session.virtual_proxy.prefix),
    }
    for rule, owner in whose.items():
        while options.get(rule):
            left = Counter(owner(session) for session in world.sessions if session.ref not in gone)
            may_go = [s for s in candidates if s.ref not in gone and left[owner(s)] > options[rule]]
            if not may_go:
                break
            gone[max(may_go, key=lambda session: oracle.age_in_seconds(session, world) or 0).ref] = rule
    return gone


@given(st.data())
def test_what_is_stale_and_by_which_rule_is_what_the_naive_oracle_says(data: st.DataObject) -> None:
    world = data.draw(worlds())
    options = data.draw(rules_for(world))
    found = stale_sessions(listed(world), **options)
    assert {session["ref"]: session["rule"] for session in found["sessions"]} == naively(world, options)
    assert found["summary"]["stale"] == sum(found["summary"]["rules"].values())


@given(st.data())
def test_nothing_outside_of_the_selection_is_ever_stale(data: st.DataObject) -> None:
    world = data.draw(worlds())
    options = data.draw(rules_for(world))
    selection = {name: options[name] for name in SELECTION if name in options}
    for session in of_refs(world, stale_sessions(listed(world), **options)["sessions"]):
        assert oracle.is_meant(session, selection, world)
        assert not any(oracle.fits_user(pattern, session) for pattern in options.get("protect_users", []))


@pytest.mark.parametrize("rule", ["user_states", "min_age", "keep_per_user"])
@given(data=st.data())
def test_one_rule_takes_what_qlik_session_takes_by_the_option_of_that_name(rule: str, data: st.DataObject) -> None:
    world = data.draw(worlds())
    options = {name: value for name, value in data.draw(rules_for(world)).items() if name in SELECTION}
    options[rule] = data.draw(possible_options(world)[rule].filter(lambda value: value not in (0, "0s")))
    ages = Ages.from_option(world.first_seen, builders.NOW)
    ended = Selection.from_options(options).select(world.sessions, ages, world.states)
    found = stale_sessions(listed(world), **options)["sessions"]
    assert {session["ref"] for session in found} == {session.ref for session in ended}


@given(st.data(), st.randoms(use_true_random=False))
def test_it_does_not_depend_on_the_order_of_the_listing_which_is_kept(
    data: st.DataObject, chance: random.Random
) -> None:
    world = data.draw(worlds())
    options = data.draw(rules_for(world))
    result = listed(world)
    found = [session["ref"] for session in stale_sessions(result, **options)["sessions"]]
    chance.shuffle(result["sessions"])
    again = [session["ref"] for session in stale_sessions(result, **options)["sessions"]]
    assert set(again) == set(found)
    assert again == [session["ref"] for session in result["sessions"] if session["ref"] in found]


@given(st.data())
def test_when_they_are_gone_nothing_more_is_stale(data: st.DataObject) -> None:
    world = data.draw(worlds())
    options = data.draw(rules_for(world))
    gone = {session["ref"] for session in stale_sessions(listed(world), **options)["sessions"]}
    left = World(world.topology, [s for s in world.sessions if s.ref not in gone], world.first_seen, world.states)
    assert stale_sessions(listed(left), **options)["sessions"] == []


def of_refs(world: World, found: Iterable[dict[str, Any]]) -> list[Session]:
    refs = {session["ref"] for session in found}
    return [session for session in world.sessions if session.ref in refs]
