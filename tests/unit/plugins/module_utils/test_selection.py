# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Listing
from ansible_collections.qlikops.sense.plugins.module_utils._model.patterns import UserPatterns
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session, in_order
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import (
    Node,
    ProxyLink,
    ProxyService,
    Topology,
    VirtualProxy,
)
from ansible_collections.qlikops.sense.plugins.module_utils._rules.selection import Selection
from ansible_collections.qlikops.sense.plugins.module_utils._words import non_empty, seconds
from ansible_collections.qlikops.sense.tests.unit.plugins import builders, oracle
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import (
    World,
    names,
    options_for,
    possible_options,
    trimmed,
    worlds,
)


def select(world: World, options: dict[str, Any], sessions: list[Session] | None = None) -> list[Session]:
    ages = Ages.from_option(world.first_seen, builders.NOW)
    return Selection.from_options(options).select(world.sessions if sessions is None else sessions, ages, world.states)


@given(st.data())
def test_without_keep_per_user_exactly_the_sessions_that_every_option_means_are_selected(data: st.DataObject) -> None:
    world = data.draw(worlds())
    options = data.draw(options_for(world))
    options.pop("keep_per_user", None)
    expected = [session.ref for session in world.sessions if oracle.is_meant(session, options, world)]
    assert [session.ref for session in select(world, options)] == expected


@pytest.mark.parametrize(
    "option",
    ["proxies", "virtual_proxies", "users", "attributes", "session_refs", "session_ids", "user_states", "min_age"],
)
@given(data=st.data())
def test_each_option_alone_selects_exactly_the_sessions_it_means(option: str, data: st.DataObject) -> None:
    world = data.draw(worlds())
    alone = {option: data.draw(possible_options(world)[option])}
    expected = {session.ref for session in world.sessions if oracle.is_meant(session, alone, world)}
    assert {session.ref for session in select(world, alone)} == expected


@given(st.data())
def test_nothing_outside_the_selection_is_ever_selected_with_keep_per_user_either(data: st.DataObject) -> None:
    world = data.draw(worlds())
    options = {"keep_per_user": data.draw(st.integers(0, 3)), **data.draw(options_for(world))}
    selected = select(world, options)
    assert all(oracle.is_meant(session, options, world) for session in selected)
    assert len({session.ref for session in selected}) == len(selected)


@given(st.data())
def test_excluded_users_are_never_selected_whatever_else_is_said(data: st.DataObject) -> None:
    world = data.draw(worlds())
    options = data.draw(options_for(world))
    assume(world.sessions)
    victim = data.draw(st.sampled_from(world.sessions))
    pattern = victim.user.replace("*", "?").replace(" ", "?")
    assume(oracle.fits_user(pattern, victim))
    options["exclude_users"] = [pattern]
    selected = select(world, options)
    assert victim.ref not in {session.ref for session in selected}


@given(st.data())
def test_one_more_option_never_selects_more(data: st.DataObject) -> None:
    world = data.draw(worlds())
    options = data.draw(options_for(world))
    keep = options.pop("keep_per_user", None)
    for name in list(options):
        fewer = {other: value for other, value in options.items() if other != name}
        assert refs(select(world, options)) <= refs(select(world, fewer))
    if keep is not None:
        assert refs(select(world, {**options, "keep_per_user": keep})) <= refs(select(world, options))


@given(st.data())
def test_beside_keep_per_user_one_more_option_never_selects_more_of_any_user(data: st.DataObject) -> None:
    # Which ones may change: the surplus is taken from the sessions that are otherwise selected.
    world = data.draw(worlds())
    options = {**data.draw(options_for(world)), "keep_per_user": data.draw(st.integers(0, 3))}
    for name in set(options) - {"keep_per_user"}:
        fewer = {other: value for other, value in options.items() if other != name}
        with_it = oracle.how_many_of_each_user(select(world, options))
        without = oracle.how_many_of_each_user(select(world, fewer))
        assert all(count <= without[user] for user, count in with_it.items())


@given(st.data())
def test_keep_per_user_takes_the_surplus_of_the_whole_site_and_no_more(data: st.DataObject) -> None:
    world = data.draw(worlds())
    options = data.draw(options_for(world))
    options.pop("keep_per_user", None)
    keep = data.draw(st.integers(0, 4))
    candidates = oracle.how_many_of_each_user(select(world, options))
    everywhere = oracle.how_many_of_each_user(world.sessions)
    selected = oracle.how_many_of_each_user(select(world, {**options, "keep_per_user": keep}))
    assert {user: selected[user] for user in candidates} == {
        user: min(count, max(0, everywhere[user] - keep)) for user, count in candidates.items()
    }


@given(st.data())
def test_keep_per_user_takes_the_oldest_first_and_equal_ones_in_order_of_prefix(data: st.DataObject) -> None:
    world = data.draw(worlds())
    keep = data.draw(st.integers(0, 4))
    selected = refs(select(world, {"keep_per_user": keep}))

    def taken_at(session: Session) -> tuple[int, int]:
        age = oracle.age_in_seconds(session, world)
        by_prefix = [other.ref for other in in_order(world.sessions)]
        return -(age or 0), by_prefix.index(session.ref)

    for user in oracle.how_many_of_each_user(world.sessions):
        theirs = sorted((session for session in world.sessions if session.user_key == user), key=taken_at)
        surplus = max(0, len(theirs) - keep)
        assert [session.ref in selected for session in theirs] == [True] * surplus + [False] * keep_left(theirs, keep)


def keep_left(theirs: list[Session], keep: int) -> int:
    return min(keep, len(theirs))


@given(st.data(), st.randoms(use_true_random=False))
def test_what_is_selected_does_not_depend_on_the_order_of_the_lists(data: st.DataObject, chance: random.Random) -> None:
    world = data.draw(worlds())
    options = data.draw(options_for(world))
    shuffled = list(world.sessions)
    chance.shuffle(shuffled)
    assert refs(select(world, options)) == refs(select(world, options, shuffled))


@given(st.data())
def test_a_session_of_unknown_age_is_never_old(data: st.DataObject) -> None:
    world = data.draw(worlds())
    options = {**data.draw(options_for(world)), "min_age": data.draw(st.sampled_from(["0s", "1s", "1h"]))}
    assert all(session.ref in world.first_seen for session in select(world, options))


@given(st.data())
def test_the_pairs_covered_are_enough_to_find_everything_selected(data: st.DataObject) -> None:
    world = data.draw(worlds())
    options = data.draw(options_for(world))
    selection = Selection.from_options(options)
    assert all(selection.covers(session.link) for session in select(world, options))


@given(st.data())
def test_the_scope_names_every_proxy_and_virtual_proxy_of_the_selected_sessions(data: st.DataObject) -> None:
    world = data.draw(worlds())
    options = data.draw(options_for(world))
    scope = Selection.from_options(options).scope(world.topology)
    selected = select(world, options)
    assert {session.proxy.id for session in selected} <= {proxy.id for proxy in scope.proxies}
    assert {session.virtual_proxy.id for session in selected} <= {proxy.id for proxy in scope.virtual_proxies}


def refs(sessions: list[Session]) -> set[str]:
    return {session.ref for session in sessions}


@given(st.lists(names, max_size=3), names, names)
def test_user_patterns_agree_with_the_naive_reading_of_wildcards(patterns: list[str], one: str, other: str) -> None:
    session = builders.session(f"{one.replace(chr(92), '/')}\\{other}")
    stripped = [trimmed(pattern) for pattern in patterns]
    assert UserPatterns(stripped).match(session) is any(oracle.fits_user(pattern, session) for pattern in stripped)


@pytest.mark.parametrize(
    ("pattern", "user", "matches"),
    [
        ("LAB\\anna", "LAB\\anna", True),
        ("lab\\ANNA", "LAB\\anna", True),
        ("anna", "OTHER\\anna", True),
        ("LAB\\anna", "OTHER\\anna", False),
        ("LAB\\*", "LAB\\anna", True),
        ("*\\anna", "OTHER\\anna", True),
        ("LAB\\ann", "LAB\\anna", False),
        ("LAB\\nna", "LAB\\anna", False),
        ("LAB\\ann?", "LAB\\anna", True),
        ("LAB\\anna?", "LAB\\anna", False),
        ("LAB\\a[n]na", "LAB\\anna", False),
        ("LAB\\a[n]na", "LAB\\a[n]na", True),
        ("LAB\\a.na", "LAB\\anna", False),
        ("LAB\\anna|x", "LAB\\anna", False),
        ("LAB\\a*", "LAB\\a\nb", True),
        ("LAB\\a", "LAB\\a\n", False),
        ("LAB\\a\\b", "LAB\\a\\b", True),
        ("", "LAB\\anna", False),
        ("INTERNAL\\*", "INTERNAL2\\sa_api", False),
    ],
)
def test_user_patterns(pattern: str, user: str, matches: bool) -> None:
    assert UserPatterns([pattern]).match(builders.session(user)) is matches


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90s", 90), ("15m", 900), ("8h", 28800), ("2d", 172800), ("1w", 604800), (" 8 H ", 28800), ("0s", 0)],
)
def test_durations(text: str, expected: int) -> None:
    assert seconds("min_age", text) == expected


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_duration(text: str | None) -> None:
    assert seconds("min_age", text) is None


@pytest.mark.parametrize("text", ["-1", "1.5h", "h", "1 month", "8h30m", "٣", "1e3"])
def test_what_is_no_duration_is_refused_with_the_option_named(text: str) -> None:
    with pytest.raises(BadOption, match="min_age") as caught:
        seconds("min_age", text)
    assert text in caught.value.reason
    assert "8h" in caught.value.hint


def test_a_negative_keep_per_user_is_refused() -> None:
    with pytest.raises(BadOption, match=r"keep_per_user: -1 is too small\. The least is 0\."):
        Selection.from_options({"keep_per_user": -1})


def test_words_leaves_out_empty_entries_and_the_blanks_around_the_others() -> None:
    assert non_empty(["", " ", " a ", "b"]) == ("a", "b")
    assert non_empty(None) == ()


@pytest.mark.parametrize(
    "options",
    [
        {"proxies": ["Central"]},
        {"virtual_proxies": ["/"]},
        {"users": ["anna"]},
        {"attributes": {"group": "HR"}},
        {"session_refs": ["a-b"]},
        {"session_ids": ["x"]},
        {"user_states": ["missing"]},
        {"min_age": "0s"},
        {"keep_per_user": 0},
    ],
)
def test_each_of_these_options_is_a_selection(options: dict[str, Any]) -> None:
    assert Selection.from_options(options).is_given


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"exclude_users": ["anna"]},
        {"users": []},
        {"users": ["", " "]},
        {"virtual_proxies": [""]},
        {"min_age": " "},
        {"attributes": {}},
        {"attributes": {"group": []}},
        {"attributes": {"group": ""}},
        {"attributes": {"group": [""]}},
        {"attributes": {"group": None}},
    ],
)
def test_none_of_these_options_is_a_selection(options: dict[str, Any]) -> None:
    assert not Selection.from_options(options).is_given


@pytest.mark.parametrize("pattern", ["", [], [""], None])
def test_an_attribute_without_a_pattern_narrows_nothing_down(pattern: Any) -> None:
    sessions = [
        builders.session(session_id="1", attributes={"group": ["HR"]}),
        builders.session(session_id="2", attributes={"group": [""]}),
        builders.session(session_id="3"),
    ]
    selection = Selection.from_options({"users": ["anna"], "attributes": {"group": pattern}})
    assert len(selection.select(sessions, Ages.from_option(None, builders.NOW), {})) == 3


def test_all_attributes_named_must_be_there_and_one_of_the_values_is_enough() -> None:
    both = builders.session(session_id="1", attributes={"Group": ["Finance", "HR"], "email": ["a@x"]})
    one = builders.session(session_id="2", attributes={"group": ["HR"]})
    selection = Selection.from_options({"attributes": {"GROUP": ["none", "h?"], "Email": "*@X"}})
    assert selection.select([both, one], Ages.from_option(None, builders.NOW), {}) == [both]


def test_a_number_as_an_attribute_pattern_is_taken_as_its_digits() -> None:
    session = builders.session(attributes={"floor": ["3"]})
    selection = Selection.from_options({"attributes": {"floor": 3}})
    assert selection.select([session], Ages.from_option(None, builders.NOW), {}) == [session]


def test_a_proxy_the_site_does_not_have_is_an_error_that_lists_what_it_has() -> None:
    with pytest.raises(BadOption) as caught:
        Selection.from_options({"proxies": ["central", "Node9"]}).scope(builders.topology())
    assert str(caught.value) == (
        "proxies: the site has no 'Node9'. It has: Central (central.example.com), Node2 (node2.example.com)."
    )


def test_a_prefix_the_site_does_not_have_is_an_error_that_lists_what_it_has() -> None:
    with pytest.raises(BadOption) as caught:
        Selection.from_options({"virtual_proxies": ["/SALES/", "hr"]}).scope(builders.topology())
    assert str(caught.value) == "virtual_proxies: the site has no 'hr'. It has: /, old, sales."


def test_the_default_virtual_proxy_is_called_a_slash_and_the_site_may_lack_it() -> None:
    site = builders.topology(builders.proxy_service("Central", [builders.SALES]), unlinked=())
    with pytest.raises(BadOption, match="the site has no '/'"):
        Selection.from_options({"virtual_proxies": ["/"]}).scope(site)


@pytest.mark.parametrize(
    ("options", "proxies", "prefixes"),
    [
        ({}, ["Central", "Node2"], ["", "old", "sales"]),
        ({"proxies": ["NODE2.example.com"]}, ["Node2"], ["", "sales"]),
        ({"proxies": ["node2", "central"]}, ["Central", "Node2"], ["", "sales"]),
        ({"virtual_proxies": ["/"]}, ["Central", "Node2"], [""]),
        ({"virtual_proxies": ["Sales", "old"]}, ["Central", "Node2"], ["old", "sales"]),
        ({"proxies": ["Central"], "virtual_proxies": ["old"]}, ["Central"], []),
    ],
)
def test_scope(options: dict[str, Any], proxies: list[str], prefixes: list[str]) -> None:
    scope = Selection.from_options(options).scope(builders.topology())
    assert [proxy.name for proxy in scope.proxies] == proxies
    assert [virtual_proxy.prefix for virtual_proxy in scope.virtual_proxies] == prefixes


def test_a_prefix_with_slashes_inside_keeps_them() -> None:
    link = ProxyLink(builders.CENTRAL, VirtualProxy("deep", "a/b"))
    assert Selection.from_options({"virtual_proxies": ["/A/B/"]}).covers(link)
    assert not Selection.from_options({"virtual_proxies": ["ab"]}).covers(link)


def test_ids_are_not_in_the_representation_of_a_selection() -> None:
    assert "secret-id" not in repr(Selection.from_options({"session_ids": ["secret-id"]}))


def site_of_confused_names() -> Topology:
    """What is the name of one node is the host name of another; prefixes that differ in case."""
    first = ProxyService("id-1", Node("qlik3.example.com", "qlik2.example.com"), 4243, 443, (builders.DEFAULT,))
    second = ProxyService("id-2", Node("Spare", "qlik3.example.com"), 4243, 443, (VirtualProxy("vp1", "Sales"),))
    return Topology((first, second), (builders.DEFAULT, VirtualProxy("vp1", "Sales"), VirtualProxy("vp2", "sales")))


def test_a_name_that_fits_two_proxy_services_is_refused_with_both_and_their_ids() -> None:
    with pytest.raises(BadOption) as caught:
        Selection(proxies=("QLIK3.example.com",)).scope(site_of_confused_names())
    assert "id-1" in caught.value.reason
    assert "id-2" in caught.value.reason
    assert "id" in caught.value.hint


@pytest.mark.parametrize("name", ["id-2", "ID-2", "spare"])
def test_an_id_or_a_name_of_its_own_means_one_proxy_service(name: str) -> None:
    site = site_of_confused_names()
    selection = Selection(proxies=(name,))
    assert [proxy.id for proxy in selection.scope(site).proxies] == ["id-2"]
    assert [link.proxy.id for link in site.links if selection.covers(link)] == ["id-2"]


def test_a_prefix_that_fits_two_spellings_is_refused_and_an_id_means_one() -> None:
    with pytest.raises(BadOption, match="matches more than one"):
        Selection(virtual_proxies=("SALES",)).scope(site_of_confused_names())
    scope = Selection(virtual_proxies=("vp1",)).scope(site_of_confused_names())
    assert [virtual_proxy.prefix for virtual_proxy in scope.virtual_proxies] == ["Sales"]


def test_what_no_list_has_is_told_and_an_id_only_by_its_place() -> None:
    site = builders.topology()
    there = builders.session(session_id="there", link=site.links[0])
    gone = builders.session(session_id="gone", link=site.links[0])
    options = {"session_refs": [there.ref, gone.ref, "nonsense"], "session_ids": ["there", "gone"]}
    selection = Selection.from_options(options)
    whole = Listing(site.links, (there,))
    assert selection.not_found(whole, site.links) == (gone.ref, "nonsense", "session_ids[1]")
    part = Listing(site.links[1:], ())
    assert selection.not_found(part, site.links) == ("nonsense",)
