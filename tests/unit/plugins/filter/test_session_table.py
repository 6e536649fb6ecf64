# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.filter.session_table import session_table
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Failure, Listing
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import Scope
from ansible_collections.qlikops.sense.plugins.module_utils._result import Result
from ansible_collections.qlikops.sense.plugins.plugin_utils._columns import SESSION_COLUMNS
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import cell_width
from ansible_collections.qlikops.sense.tests.unit.plugins import builders
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import World, worlds


def result_of(world: World, failed: bool = False) -> dict[str, Any]:
    failures = (Failure(world.topology.links[0], "why " * 30, "what to do", unreachable=True),) if failed else ()
    listing = Listing(world.topology.links, tuple(world.sessions), failures)
    scope = Scope.of(world.topology.proxies, world.topology.virtual_proxies)
    ages = Ages.from_option(world.first_seen, builders.NOW)
    return Result(tuple(world.sessions), scope, listing, ages, {}, builders.USER_RULES, with_ids=True).as_result()


@given(worlds(most=4), st.integers(20, 220), st.booleans())
def test_no_line_is_wider_than_told_and_none_can_move_the_cursor(world: World, width: int, failed: bool) -> None:
    text = session_table(result_of(world, failed), width=width)
    assert all(cell_width(line) <= width for line in text.split("\n"))
    assert all(line.isprintable() for line in text.split("\n"))


@given(worlds(most=6), st.lists(st.sampled_from(sorted(SESSION_COLUMNS)), unique=True, min_size=1, max_size=3))
def test_every_session_has_a_row_and_asked_columns_are_there_in_order(world: World, columns: list[str]) -> None:
    lines = session_table(result_of(world), columns=columns, width=2000, parts=["sessions"]).split("\n")
    if not world.sessions:
        assert lines == [""]
        return
    assert len(lines) == len(world.sessions) + 2
    positions = [lines[0].index(SESSION_COLUMNS[column][0]) for column in columns]
    assert positions == sorted(positions)


@given(worlds(most=6))
def test_sorting_by_a_column_sorts_by_it(world: World) -> None:
    text = session_table(result_of(world), columns=["ref"], sort_by=["ref"], width=500, parts=["sessions"])
    refs = text.split("\n")[2:]
    assert refs == sorted(session.ref for session in world.sessions)


def small() -> dict[str, Any]:
    site = builders.topology()
    sessions = [builders.session("LAB\\anna", "1"), builders.session("LAB\\bert", "2")]
    scope = Scope.of(site.proxies, site.virtual_proxies)
    listing = Listing(site.links, tuple(sessions))
    ages = Ages.from_option({sessions[0].ref: "2026-01-15T08:00:00Z"}, builders.NOW)
    return Result(tuple(sessions), scope, listing, ages, {}, builders.USER_RULES, with_ids=False).as_result()


def test_totals() -> None:
    assert session_table(small(), width=160, parts=["totals"]).split("\n") == [
        "2 sessions of 2 users; 2 proxy services and 3 virtual proxies looked at",
        "linked to no proxy service: /old",
    ]


def test_the_ages_are_told_in_words() -> None:
    text = session_table(small(), columns=["user", "age"], width=160, parts=["sessions"])
    assert text.split("\n") == [
        "User      Age",
        "--------  ----------",
        "LAB\\anna  1 h 30 min",
        "LAB\\bert",
    ]


def test_what_was_kept_is_a_part_of_its_own() -> None:
    result = small()
    result["kept"] = [{**result["sessions"][1], "reason": "protect_users names this user"}]
    text = session_table(result, width=160, parts=["kept"])
    assert text.startswith("Kept:\n")
    assert "bert" in text
    assert text.endswith("protect_users names this user")
    assert session_table(small(), width=160, parts=["kept"]) == ""


def test_less_telling_columns_go_first_and_the_user_stays() -> None:
    wide, narrow = (session_table(small(), width=width, parts=["sessions"]).split("\n") for width in (200, 60))
    assert "Session cookie" in wide[0]
    assert "Session cookie" not in narrow[0]
    assert "User id" in narrow[0]
    assert len(narrow) == len(wide) == 4


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"columns": ["user", "colour"]}, "columns has no 'colour'. There are: virtual_proxy, "),
        ({"sort_by": "colour"}, "sort_by has no 'colour'."),
        ({"parts": ["all"]}, "parts has no 'all'. There are: totals, proxies, users, sessions, kept."),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(options: dict[str, Any], text: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        session_table(small(), **options)
    assert text in str(caught.value)


@pytest.mark.parametrize("given_input", [None, "text", [], {}, {"failed": True, "msg": "x"}])
def test_another_input_is_refused(given_input: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="not the result of qlik_session_info"):
        session_table(given_input)


def test_users_with_the_number_of_their_sessions() -> None:
    users = [
        {"user": "LAB\\anna", "name": "Anna Ek", "sessions": 2, "state": "active", "virtual_proxies": ["", "sales"]},
        {"user": "LAB\\bert", "name": "", "sessions": 1, "state": "inactive", "virtual_proxies": ["sales"]},
    ]
    result = {"proxies": [], "virtual_proxies": [], "sessions": [], "users": users}
    assert session_table(result, parts=["users"], width=80).splitlines() == [
        "User      Name     Sessions  State     Virtual proxies",
        "--------  -------  --------  --------  ---------------",
        "LAB\\anna  Anna Ek  2                   /, /sales",
        "LAB\\bert           1         inactive  /sales",
    ]
    assert session_table({**result, "users": []}, parts=["users"]) == ""
