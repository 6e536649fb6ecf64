# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._model.user import (
    KnownUser,
    UserRules,
    addresses,
    anonymous_user,
    missing_user,
)
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.tests.unit.plugins import builders, oracle
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import HOSTILE, World, patterns_for, worlds

ANNA = KnownUser("LAB", "anna", "Anna Ek", ("anna@lab.example",), frozenset())
DEFAULTS = {"email_attributes": ["email"], "anonymous_users": ["NONE\\*"], "service_users": ["INTERNAL\\*"]}


def rules(**options: Any) -> UserRules:
    return UserRules.from_options({**DEFAULTS, **options})


def sessions_of(*users: str, **attributes: list[str]) -> list[Session]:
    return [builders.session(user, f"{user} {number}", attributes=attributes) for number, user in enumerate(users)]


# States


@pytest.mark.parametrize(
    ("states", "word"),
    [
        (set(), "active"),
        ({"inactive"}, "inactive"),
        ({"inactive", "removed_externally"}, "removed_externally"),
        ({"inactive", "blacklisted"}, "blacklisted"),
        ({"inactive", "blacklisted", "removed_externally"}, "removed_externally"),
    ],
)
def test_the_most_telling_state_stands_for_all(states: set[str], word: str) -> None:
    assert KnownUser("LAB", "anna", "Anna", (), frozenset(states)).state == word


def test_a_stand_in_is_known_by_its_name_in_any_spelling() -> None:
    for user, state in ((missing_user("lab", "ANNA"), "missing"), (anonymous_user("lab", "ANNA"), "anonymous")):
        assert (user.state, user.name, user.emails) == (state, "", ())
        assert user.key == ANNA.key


# Kinds


@pytest.mark.parametrize(
    ("user", "options", "kind"),
    [
        ("LAB\\anna", {}, "person"),
        ("NONE\\anonymous0b1c", {}, "anonymous"),
        ("none\\x", {}, "anonymous"),
        ("NONESUCH\\anna", {}, "person"),
        ("LAB\\none", {}, "person"),
        ("internal\\SA_API", {}, "service"),
        ("LAB\\svc_mail", {"service_users": ["svc_*"]}, "service"),
        ("INTERNAL\\sa_api", {"service_users": ["svc_*"]}, "person"),
        ("NONE\\anonymous0b1c", {"service_users": ["*"]}, "anonymous"),
        ("LAB\\kiosk1", {"anonymous_users": ["LAB\\kiosk?"]}, "anonymous"),
        ("NONE\\anonymous0b1c", {"anonymous_users": []}, "person"),
        ("INTERNAL\\sa_api", {"service_users": []}, "person"),
        ("LAB\\anna", {"anonymous_users": ["", " "]}, "person"),
    ],
)
def test_kinds(user: str, options: dict[str, Any], kind: str) -> None:
    assert rules(**options).kind(sessions_of(user)) == kind


@st.composite
def worlds_and_patterns(draw: st.DrawFn) -> tuple[World, list[str], list[str]]:
    world = draw(worlds())
    patterns = st.lists(st.one_of(patterns_for(world), st.sampled_from(["NONE\\*", "INTERNAL\\*"])), max_size=3)
    return world, draw(patterns), draw(patterns)


def expected_kind(theirs: Sequence[Session], anonymous: list[str], service: list[str]) -> str:
    for kind, patterns in (("anonymous", anonymous), ("service", service)):
        if any(oracle.fits_user(pattern, session) for pattern in patterns for session in theirs if pattern.strip()):
            return kind
    return "person"


@given(worlds_and_patterns(), st.data())
def test_everybody_is_resolved_once_and_anonymous_users_are_not_asked_for(
    drawn: tuple[World, list[str], list[str]], data: st.DataObject
) -> None:
    world, anonymous, service = drawn
    how = rules(anonymous_users=anonymous, service_users=service)
    asked = how.to_ask_for(world.sessions)
    keys = [(fold(directory), fold(user_id)) for directory, user_id in asked]
    known = [name for name in asked if data.draw(st.booleans())]
    states = {key: data.draw(st.frozensets(st.sampled_from(["inactive", "blacklisted"]))) for key in keys}
    answer = [KnownUser(*name, "Name", (), states[fold(name[0]), fold(name[1])]) for name in known]
    users = how.join(world.sessions, answer, world.sessions)
    everyone = oracle.how_many_of_each_user(world.sessions)
    assert users.keys() == everyone.keys()
    assert len(set(keys)) == len(keys)
    for key, user in users.items():
        theirs = [session for session in world.sessions if session.user_key == key]
        kind = expected_kind(theirs, anonymous, service)
        assert how.kind(theirs) == kind
        assert (key in keys) is (kind != "anonymous")
        if kind == "anonymous":
            assert (user.state, user.states, user.name) == ("anonymous", frozenset({"anonymous"}), "")
        elif key in {known_user.key for known_user in answer}:
            assert (user.states, user.name) == (states[key], "Name")
        else:
            assert (user.states, user.name) == (frozenset({"missing"}), "")


# What QRS answers


def test_the_answer_may_be_spelled_otherwise_come_twice_and_hold_strangers() -> None:
    wanted = sessions_of("LAB\\anna", "LAB\\bert")
    other = KnownUser("lab", "ANNA", "Anna Ek", (), frozenset())
    stranger = KnownUser("LAB", "stranger", "", (), frozenset())
    users = rules().join(wanted, [other, other, stranger], wanted)
    assert {key: (user.name, user.state) for key, user in users.items()} == {
        ("lab", "anna"): ("Anna Ek", "active"),
        ("lab", "bert"): ("", "missing"),
    }


@pytest.mark.parametrize("turned", [False, True])
def test_of_users_who_differ_in_case_alone_the_right_one_is_taken(turned: bool) -> None:
    inactive = KnownUser("LAB", "anna", "anna", (), frozenset({"inactive"}))
    active = KnownUser("LAB", "ANNA", "ANNA", (), frozenset())
    answer = [inactive, active][:: -1 if turned else 1]
    for spelled, name in (("LAB\\anna", "anna"), ("LAB\\ANNA", "ANNA"), ("LAB\\Anna", "ANNA")):
        session = sessions_of(spelled)
        assert rules().join(session, answer, session)["lab", "anna"].name == name


# Addresses


def test_addresses_of_qrs_go_before_those_of_sessions() -> None:
    session = sessions_of("LAB\\anna", email=["other@lab.example"])
    assert rules().join(session, [ANNA], session)[ANNA.key].emails == ("anna@lab.example",)


@pytest.mark.parametrize("known", [[], [KnownUser("LAB", "anna", "Anna Ek", (), frozenset())]])
def test_addresses_that_qrs_does_not_have_come_from_any_session_of_the_user(known: list[KnownUser]) -> None:
    selected = sessions_of("LAB\\anna")
    others = [
        builders.session("lab\\ANNA", "1", attributes={"EMail": ["a@lab.example", "", "not one"], "mail": ["x@y"]}),
        builders.session("LAB\\anna", "2", attributes={"email": ["A@LAB.example", " b@lab.example "]}),
        builders.session("LAB\\bert", "3", attributes={"email": ["bert@lab.example"]}),
    ]
    found = rules().join(selected, known, [*selected, *others])
    assert {key: set(map(fold, user.emails)) for key, user in found.items()} == {
        ("lab", "anna"): {"a@lab.example", "b@lab.example"}
    }
    assert found == rules().join(selected, known, [*reversed(others), *selected])  # whoever answers first
    by_name = rules(email_attributes=["MAIL", "Email", "mail"]).join(selected, known, others)
    assert by_name["lab", "anna"].emails[0] == "x@y"
    assert len(by_name["lab", "anna"].emails) == 3


def test_without_names_of_attributes_nobody_has_an_address() -> None:
    session = sessions_of("LAB\\anna", email=["anna@lab.example"])
    assert rules(email_attributes=[]).join(session, [], session)[ANNA.key].emails == ()


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("anna@lab.example", True),
        ("Anna.Ek+qlik@LAB", True),
        ("ännä@täst.example", True),
        ("o'brien@lab.example", True),
        ("", False),
        ("anna", False),
        ("@lab.example", False),
        ("anna@", False),
        ("anna@lab@example", False),
        ("anna ek@lab.example", False),
        ("Anna Ek <anna@lab.example>", False),
        ("anna@lab.example,bert@lab.example", False),
        ("anna@lab.example;bert", False),
        ("anna@lab.example\nBcc: all@lab.example", False),
        ("anna@lab.example\x00", False),
        ("\u202eanna@lab.example", False),
        ("mailto:anna@lab.example", False),
        ('"anna"@lab.example', False),
    ],
)
def test_what_looks_like_an_address(value: str, is_one: bool) -> None:
    assert addresses([("email", value)], ["email"]) == ((value,) if is_one else ())


parts = st.text(st.one_of(st.sampled_from("abAB.@-"), st.sampled_from(HOSTILE)), max_size=4)
values = st.one_of(parts, st.builds("{}@{}".format, parts, parts), st.sampled_from(["a@b", "A@b", "a@B", " a@b "]))
attributes = st.lists(st.tuples(st.sampled_from(["email", "Email", "mail", "group"]), values), max_size=8)


@given(attributes, st.lists(st.sampled_from(["email", "mail", "none"]), unique=True))
def test_addresses_are_those_asked_for_each_once_in_order(links: list[tuple[str, str]], wanted: list[str]) -> None:
    found = addresses(links, wanted)
    assert len({fold(address) for address in found}) == len(found)
    first_places = []
    for address in found:
        assert re.fullmatch(r"[^@]+@[^@]+", address)
        assert not set(address) & set(' \t\r\n\x00\x1b\x9b,;:<>()[]"\\\u200b\u202e\u2066\ufeff')
        places = [
            (wanted.index(name.lower()), place)
            for place, (name, value) in enumerate(links)
            if name.lower() in wanted and fold(value.strip()) == fold(address)
        ]
        first_places.append(min(places))
        assert links[min(places)[1]][1].strip() == address  # as it was spelled the first time
    assert first_places == sorted(first_places)
    plain = {fold(v.strip()) for name, v in links if name.lower() in wanted and re.fullmatch(r"\w+@\w+", v)}
    assert plain <= {fold(address) for address in found}
