# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules joined by or: each by values, all of them against the naive oracle."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages, age_in_words
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session, in_order
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyLink
from ansible_collections.qlikops.sense.plugins.module_utils._rules.selection import Selection
from ansible_collections.qlikops.sense.plugins.module_utils._rules.stale import Why, rules_from_option, select_by_rules
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.tests.unit.plugins import builders, oracle
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import STATES, World, possible_options, worlds

CENTRAL_SALES = ProxyLink(builders.CENTRAL, builders.SALES)
NODE2_DEFAULT = ProxyLink(builders.NODE2, builders.DEFAULT)
SURPLUS: dict[str, Callable[[Session], str]] = {
    "keep_per_user": lambda session: fold(session.user),
    "keep_per_virtual_proxy": lambda session: fold(session.virtual_proxy.prefix),
}
Rules = list[dict[str, Any]]


def world_of(*sessions: Session, first_seen: dict[str, str] | None = None, **states: str) -> World:
    known = {("lab", user): frozenset({state}) for user, state in states.items()}
    return World(builders.topology(), list(sessions), first_seen or {}, known)


def several(count: int, user: str = "LAB\\anna", link: ProxyLink = CENTRAL_SALES) -> list[Session]:
    return [builders.session(user, f"{user} {number}", link) for number in range(count)]


def selected(
    world: World, any_of: Rules, protect: list[str] | None = None, skip_blank: bool = False, **selection: Any
) -> dict[str, Why]:
    """Ref -> why, as a module selects that has these options."""
    ages = Ages.from_option(world.first_seen, builders.NOW)
    candidates = Selection.from_options(selection).before_surplus(world.sessions, ages, world.states)
    rules = rules_from_option(any_of, skip_blank)
    assert rules is not None
    return select_by_rules(
        world.sessions, candidates, rules, ages, world.states, lambda session: is_protected(session, protect or [])
    )


def is_protected(session: Session, protect: list[str]) -> bool:
    return any(oracle.fits_user(pattern, session) for pattern in protect)


def reasons(world: World, *any_of: dict[str, Any], **options: Any) -> dict[str, str]:
    return {ref: why.reason for ref, why in selected(world, list(any_of), **options).items()}


# Each rule


def test_without_rules_there_are_none_to_fulfil() -> None:
    assert rules_from_option(None, skip_blank=False) is None
    assert rules_from_option([], skip_blank=True) is None


BLANK: list[dict[str, Any] | None] = [
    None,
    {},
    {"name": "old"},
    {"name": "old", "users": [], "attributes": {}, "min_age": None},
    {"users": [" ", ""], "proxies": [","], "attributes": {"group": ""}},
    {"exclude_users": ["anna"]},
    {"keep_per_user": 0, "keep_per_virtual_proxy": 0},
]


@pytest.mark.parametrize("rule", [*BLANK, {"min_age": "0s"}, {"min_age": "0m", "exclude_users": ["anna"]}])
def test_a_rule_that_narrows_nothing_down_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(BadOption, match=r"any_of\[1\]: this rule has no condition, so it would select every"):
        rules_from_option([{"users": ["anna"]}, rule], skip_blank=False)


@pytest.mark.parametrize("rule", [*BLANK, {"min_age": "0s"}, {"min_age": "0"}, {"min_age": 0}])
def test_or_left_out_where_that_is_asked_for_and_then_selects_nothing(rule: dict[str, Any]) -> None:
    assert rules_from_option([rule], skip_blank=True) == ()
    world = world_of(*several(3), *several(1, "LAB\\ben"))
    assert selected(world, [rule], skip_blank=True) == {}
    assert len(selected(world, [rule, {"users": ["anna"]}], skip_blank=True)) == 3


def test_a_user_who_should_have_none_loses_all() -> None:
    one, other = builders.session("LAB\\quinn", "1"), builders.session("LAB\\anna", "2")
    world = world_of(one, other, quinn="blacklisted")
    assert reasons(world, {"user_states": ["inactive", "blacklisted"]}) == {one.ref: "user is blacklisted"}
    assert reasons(world, {"user_states": ["missing"]}) == {}


def test_of_several_states_the_most_telling_one_is_told() -> None:
    rosa = builders.session("LAB\\rosa", "1")
    world = World(
        builders.topology(), [rosa], {}, {rosa.user_key: frozenset({"inactive", "removed_externally", "blacklisted"})}
    )
    assert reasons(world, {"user_states": STATES}) == {rosa.ref: "user was removed from the user directory"}
    assert reasons(world, {"user_states": ["inactive"]}) == {rosa.ref: "user is inactive"}


def test_an_old_session_is_selected_and_one_of_unknown_age_is_not() -> None:
    old, young, unknown = several(3)
    seen = {old.ref: "2026-01-15T00:20:00Z", young.ref: "2026-01-15T09:29:00Z"}
    world = world_of(old, young, unknown, first_seen=seen)
    assert reasons(world, {"min_age": "8h"}) == {old.ref: "first seen 9 h 10 min ago, limit 8 h"}


def test_the_surplus_of_a_user_is_selected_oldest_first() -> None:
    sessions = several(4) + several(3, "lab\\ANNA", NODE2_DEFAULT)
    old = {session.ref: "2026-01-15T08:00:00Z" for session in sessions[5:]}
    found = reasons(world_of(*sessions, first_seen=old), {"keep_per_user": 4})
    assert set(found.values()) == {"user has 7 sessions, keeps 4"}
    assert set(old) < set(found)
    assert len(found) == 3


def test_the_surplus_of_a_virtual_proxy_is_selected_over_all_of_its_nodes() -> None:
    sessions = [builders.session(f"LAB\\{number}", str(number), NODE2_DEFAULT) for number in range(6)]
    others = [builders.session(f"LAB\\{number}", f"o{number}") for number in range(6)]
    world = world_of(*sessions, *others, *several(9))
    found = reasons(world, {"keep_per_virtual_proxy": 10})
    assert list(found.values()) == ["virtual proxy / has 12 sessions, keeps 10"] * 2
    assert list(reasons(world, {"keep_per_virtual_proxy": 8}, virtual_proxies=["/sales"]).values()) == [
        "virtual proxy /sales has 9 sessions, keeps 8"
    ]


def test_each_option_of_a_rule_is_told_that_is_more_than_a_name() -> None:
    sessions = several(3)
    old = {session.ref: "2026-01-15T00:30:00Z" for session in sessions[:2]}
    world = world_of(*sessions, first_seen=old, anna="inactive")
    both = {"user_states": ["inactive"], "min_age": "8h", "keep_per_user": 2, "virtual_proxies": ["sales"]}
    assert list(reasons(world, both).values()) == [
        "user is inactive; first seen 9 h ago, limit 8 h; user has 3 sessions, keeps 2"
    ]
    named = {"users": ["anna"], "virtual_proxies": ["sales"], "exclude_users": ["ben"]}
    assert set(reasons(world, named).values()) == {"matches virtual_proxies and users and exclude_users"}


def test_what_one_rule_takes_the_next_does_not_take_again() -> None:
    sessions = several(7)
    old = {session.ref: "2026-01-14T08:00:00Z" for session in sessions[:2]}
    found = selected(
        world_of(*sessions, first_seen=old), [{"name": "old", "min_age": "1d"}, {"name": "many", "keep_per_user": 4}]
    )
    assert Counter(why.rule for why in found.values()) == {"old": 2, "many": 1}
    assert {ref for ref, why in found.items() if why.rule == "old"} == set(old)
    assert "user has 7 sessions, keeps 4" in {why.reason for why in found.values()}


def test_the_protected_are_counted_but_the_surplus_is_not_taken_from_them() -> None:
    world = world_of(*several(3, "INTERNAL\\sa_scheduler"), *several(2))
    found = reasons(world, {"keep_per_virtual_proxy": 1}, protect=["internal\\*"])
    assert set(found) == {session.ref for session in world.sessions[3:]}


def test_what_a_rule_selects_of_the_protected_still_counts_for_the_next() -> None:
    world = world_of(*several(3, "LAB\\svc"), *several(2))
    rules: Rules = [{"name": "first", "users": ["svc"]}, {"name": "second", "keep_per_virtual_proxy": 4}]
    found = selected(world, rules, protect=["svc"])
    assert Counter(why.rule for why in found.values()) == {"first": 3, "second": 1}


def test_a_rule_without_a_name_is_called_by_its_options() -> None:
    (anna,) = several(1)
    found = selected(world_of(anna), [{"users": ["anna"], "virtual_proxies": ["sales"]}])
    assert found[anna.ref].rule == "virtual_proxies and users"


# What is refused


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"keep_per_user": -1}, r"any_of\[0\].keep_per_user: -1 is too small"),
        (
            {"keep_per_user": 1, "keep_per_virtual_proxy": 1},
            r"any_of\[0\].keep_per_virtual_proxy: it can't be combined",
        ),
        ({"min_age": "8 o'clock"}, r"any_of\[0\].min_age: '8 o'clock' is not a duration"),
        ({"min_age": "480"}, r"any_of\[0\].min_age: 480 has no unit"),
    ],
)
def test_what_makes_no_sense_is_refused(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(BadOption, match=words):
        rules_from_option([rule], skip_blank=True)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"proxies": ["Node9"]}, r"any_of\[0\].proxies: the site has no 'Node9'"),
        ({"virtual_proxies": ["/sale"]}, r"any_of\[0\].virtual_proxies: the site has no 'sale'"),
    ],
)
def test_a_name_that_the_site_does_not_have_is_refused(rule: dict[str, Any], words: str) -> None:
    (checked,) = rules_from_option([rule], skip_blank=False) or ()
    with pytest.raises(BadOption, match=words):
        checked.check_names(builders.topology())


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (61, "1 min"),
        (5400, "1 h 30 min"),
        (32400, "9 h"),
        (86400, "1 d"),
        (2 * 86400 + 7260, "2 d 2 h"),
        (86400 + 60, "1 d"),
    ],
)
def test_an_age_in_words(seconds: int, words: str) -> None:
    assert age_in_words(seconds) == words


# All rules


def rules_for(world: World) -> st.SearchStrategy[Rules]:
    """Rules that each narrow something down."""
    possible = possible_options(world)
    criteria = {option: possible[option] for option in possible if option not in ("session_refs", "session_ids")}
    criteria["keep_per_virtual_proxy"] = st.integers(0, 4)
    rule = st.fixed_dictionaries({}, optional=criteria).filter(is_meaningful)
    return st.lists(rule, min_size=1, max_size=4).map(
        lambda rules: [{"name": f"rule {number}", **rule} for number, rule in enumerate(rules)]
    )


def is_meaningful(rule: dict[str, Any]) -> bool:
    if "keep_per_user" in rule and "keep_per_virtual_proxy" in rule:
        return False
    try:
        return bool(rules_from_option([rule], skip_blank=False))
    except BadOption:
        return False


def selection_for(world: World) -> st.SearchStrategy[dict[str, Any]]:
    possible = possible_options(world)
    return st.fixed_dictionaries({}, optional={name: possible[name] for name in ("proxies", "users", "exclude_users")})


@st.composite
def cases(draw: st.DrawFn) -> tuple[World, Rules, list[str], dict[str, Any]]:
    """A world, rules for it, who is protected, and a selection around the rules."""
    world = draw(worlds())
    nobody: list[str] = []
    protect = draw(st.one_of(st.just(nobody), possible_options(world)["exclude_users"]))
    return world, draw(rules_for(world)), protect, draw(selection_for(world))


def naively(world: World, rules: Rules, protect: list[str], selection: dict[str, Any]) -> dict[str, str]:
    """Ref -> rule, one session at a time."""
    candidates = [session for session in in_order(world.sessions) if oracle.is_meant(session, selection, world)]
    found: dict[str, str] = {}

    def is_left(session: Session) -> bool:
        return session.ref not in found or is_protected(session, protect)

    for rule in rules:
        others = {option: value for option, value in rule.items() if option != "name" and option not in SURPLUS}
        meant = [s for s in candidates if s.ref not in found and oracle.is_meant(s, others, world)]
        counting = next((option for option in SURPLUS if rule.get(option)), None)
        if counting is None:
            found.update({session.ref: rule["name"] for session in meant})
            continue
        owner, taken = SURPLUS[counting], Counter[str]()
        number = Counter(owner(session) for session in world.sessions if is_left(session))
        if counting == "keep_per_virtual_proxy":
            meant = [session for session in meant if not is_protected(session, protect)]
        for session in sorted(meant, key=lambda s: -(oracle.age_in_seconds(s, world) or 0)):
            if number[owner(session)] - taken[owner(session)] > rule[counting]:
                taken[owner(session)] += 1
                found[session.ref] = rule["name"]
    return found


@given(cases())
def test_what_is_selected_and_by_which_rule_is_what_the_naive_oracle_says(
    case: tuple[World, Rules, list[str], dict[str, Any]],
) -> None:
    world, rules, protect, selection = case
    found = selected(world, rules, protect, **selection)
    assert {ref: why.rule for ref, why in found.items()} == naively(world, rules, protect, selection)
    assert all(why.reason for why in found.values())


@given(cases())
def test_nothing_is_selected_that_the_selection_or_its_rule_does_not_mean(
    case: tuple[World, Rules, list[str], dict[str, Any]],
) -> None:
    world, rules, protect, selection = case
    by_name = {rule["name"]: rule for rule in rules}
    for ref, why in selected(world, rules, protect, **selection).items():
        (session,) = (session for session in world.sessions if session.ref == ref)
        rule = {name: value for name, value in by_name[why.rule].items() if name != "name" and name not in SURPLUS}
        assert oracle.is_meant(session, {**selection}, world)
        assert oracle.is_meant(session, rule, world)


@given(st.data())
def test_one_rule_alone_selects_what_the_same_options_select_by_themselves(data: st.DataObject) -> None:
    world = data.draw(worlds())
    rule = data.draw(rules_for(world))[0]
    ages = Ages.from_option(world.first_seen, builders.NOW)
    alone = Selection.from_options(rule).select(world.sessions, ages, world.states)
    assert set(selected(world, [rule])) == {session.ref for session in alone}


@given(cases(), st.randoms(use_true_random=False))
def test_it_does_not_depend_on_the_order_of_the_lists(
    case: tuple[World, Rules, list[str], dict[str, Any]], chance: random.Random
) -> None:
    world, rules, protect, selection = case
    found = selected(world, rules, protect, **selection)
    chance.shuffle(world.sessions)
    assert selected(world, rules, protect, **selection) == found


@given(cases())
def test_when_they_are_gone_nothing_more_is_to_end(case: tuple[World, Rules, list[str], dict[str, Any]]) -> None:
    world, rules, protect, selection = case
    found = selected(world, rules, protect, **selection)
    left = [s for s in world.sessions if s.ref not in found or is_protected(s, protect)]
    again = selected(World(world.topology, left, world.first_seen, world.states), rules, protect, **selection)
    assert not [s for s in left if s.ref in again and not is_protected(s, protect)]
