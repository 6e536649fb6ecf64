# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._rules.plan import Caps, Plan, Protection, plan_ending
from ansible_collections.qlikops.sense.tests.unit.plugins import builders, oracle
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import patterns_for, worlds


def plan_of(size: int) -> Plan:
    return Plan((builders.session(),) * size, ())


@given(st.integers(0, 50), st.integers(0, 50))
def test_max_sessions_holds_exactly_at_the_border(size: int, cap: int) -> None:
    objection = Caps(max_sessions=cap).objection(plan_of(size), 1000)
    assert bool(objection) is (size > cap)
    if objection:
        assert objection.startswith(f"Nothing was ended: {size} sessions would be, {size - cap} more than max_sessions")


@given(st.integers(0, 10000), st.integers(0, 60), st.integers(0, 100000))
def test_max_percent_holds_exactly_at_the_border(hundredths: int, size: int, more: int) -> None:
    everything = size + more
    cap = hundredths / 100
    objection = Caps(max_percent=cap).objection(plan_of(size), everything)
    assert bool(objection) is (Fraction(size * 100) > Fraction(hundredths, 100) * everything)


@pytest.mark.parametrize(
    ("cap", "size", "everything", "objects"),
    [
        (0.29, 290, 100000, False),
        (0.29, 291, 100000, True),
        (10.0, 1, 10, False),
        (10.0, 2, 19, True),
        (33.3, 333, 1000, False),
        (0.0, 0, 0, False),
        (0.0, 1, 1000, True),
        (100.0, 5, 5, False),
    ],
)
def test_max_percent(cap: float, size: int, everything: int, objects: bool) -> None:
    assert bool(Caps(max_percent=cap).objection(plan_of(size), everything)) is objects


def test_the_objection_of_max_percent_says_by_how_much() -> None:
    objection = Caps(max_percent=10).objection(plan_of(14), 95)
    assert re.search(r"\b14 sessions would be, 5 more than max_percent allows", objection)
    assert "10 % of 95 sessions" in objection


def test_both_caps_count() -> None:
    assert Caps(3, 100).objection(plan_of(4), 4)
    assert Caps(4, 50).objection(plan_of(4), 4)
    assert not Caps(4, 100).objection(plan_of(4), 4)
    assert not Caps().objection(plan_of(4), 4)


@pytest.mark.parametrize(
    ("caps", "text"),
    [
        ((-1, None), "max_sessions: -1 is too small."),
        ((None, -0.5), "max_percent: -0.5 is not a percentage."),
        ((None, 100.1), "max_percent: 100.1 is not a percentage."),
        ((None, float("nan")), "max_percent: nan is not a percentage."),
    ],
)
def test_caps_that_cannot_be_meant_are_refused(caps: tuple[int | None, float | None], text: str) -> None:
    with pytest.raises(BadOption) as caught:
        Caps(*caps)
    assert caught.value.reason == text


@given(st.data())
def test_every_selected_session_is_either_ended_or_kept_and_protection_is_exact(data: st.DataObject) -> None:
    world = data.draw(worlds())
    protect = data.draw(st.lists(patterns_for(world), max_size=2))
    spoken_for = data.draw(st.sampled_from([session.user for session in world.sessions] or ["INTERNAL\\sa_api"]))
    plan = plan_ending(world.sessions, Protection(protect, spoken_for.swapcase()))

    def is_spared(session: Session) -> bool:
        given_patterns = [pattern for pattern in protect if pattern.strip()]
        return oracle.same(session.user, spoken_for) or any(
            oracle.fits_user(pattern, session) for pattern in given_patterns
        )

    assert list(plan.to_end) == [session for session in world.sessions if not is_spared(session)]
    assert [kept.session for kept in plan.kept] == [session for session in world.sessions if is_spared(session)]


def test_the_reason_for_keeping_a_session_is_told() -> None:
    asking, guarded, other = (builders.session(user) for user in ("internal\\SA_API", "LAB\\Anna", "LAB\\bert"))
    plan = plan_ending([asking, guarded, other], Protection(["lab\\anna"], "INTERNAL\\sa_api"))
    assert plan.to_end == (other,)
    assert [(kept.session, kept.reason) for kept in plan.kept] == [
        (asking, "sessions of api_user are never ended"),
        (guarded, "protect_users names this user"),
    ]


def test_blanks_around_a_protected_user_do_not_unprotect_it() -> None:
    plan = plan_ending([builders.session("LAB\\bert")], Protection(["LAB\\anna", " LAB\\bert "], "INTERNAL\\sa_api"))
    assert not plan.to_end


def test_empty_entries_protect_nobody() -> None:
    everyone = [builders.session("LAB\\anna"), builders.session("\\")]
    assert list(plan_ending(everyone, Protection(["", " "], "INTERNAL\\sa_api")).to_end) == everyone
