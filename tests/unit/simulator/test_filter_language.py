# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter language of QRS, against what is known of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlik_simulator.services.filter_language import Comparison, FilterError, Group, parse
from qlik_simulator.services.table import Row, Table

WHEN = datetime(2026, 1, 15, 8, 0, 0, tzinfo=timezone.utc)


def table() -> Table:
    def row(name: str, number: int, enabled: bool, tags: list[str]) -> Row:
        entity = {
            "id": f"0000000{number}-0000-0000-0000-00000000000{number}",
            "name": name,
            "createdDate": WHEN.replace(day=number + 1),
            "serviceType": number,
            "privileges": None,
            "tags": [{"name": tag} for tag in tags],
            "serverNodeConfiguration": {"proxyEnabled": enabled, "hostName": f"qs{number}.example.com"},
        }
        return Row(entity, {"name": name})

    return Table(
        [
            row("Anna", 1, True, ["red"]),
            row("Björn", 2, False, []),
            row("O'Neill", 3, True, ["red", "blue"]),
            row("back\\slash", 4, False, []),
        ]
    )


def selected(text: str, order_by: str | None = None) -> list[str]:
    return [row.full["name"] for row in table().select(text, order_by)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("name eq 'anna'", ["Anna"]),
        ("name EQ 'ANNA'", ["Anna"]),
        ("NAME eq 'BJÖRN'", ["Björn"]),
        ("name ne 'anna'", ["Björn", "O'Neill", "back\\slash"]),
        ("name sw 'b'", ["Björn", "back\\slash"]),
        ("name ew 'N'", ["Björn"]),
        ("name so 'eil'", ["O'Neill"]),
        (r"name eq 'O\'Neill'", ["O'Neill"]),
        (r"name eq 'back\\slash'", ["back\\slash"]),
        ("serverNodeConfiguration.proxyEnabled eq True", ["Anna", "O'Neill"]),
        ("servernodeconfiguration.PROXYENABLED eq false", ["Björn", "back\\slash"]),
        ("serverNodeConfiguration.hostName ew '.example.com' and serviceType eq Proxy", ["Anna"]),
        ("serviceType eq engine", ["O'Neill"]),
        ("serviceType ge 3", ["O'Neill", "back\\slash"]),
        ("createdDate lt '2026-01-03 08:00:00'", ["Anna"]),
        ("createdDate le '2026-01-03T08:00:00.000Z'", ["Anna", "Björn"]),
        ("id eq 00000002-0000-0000-0000-000000000002", ["Björn"]),
        ("tags.name eq 'red'", ["Anna", "O'Neill"]),
        ("name eq 'anna' or name eq 'björn' and serverNodeConfiguration.proxyEnabled eq True", ["Anna"]),
        ("(name eq 'anna' or name eq 'björn') and serverNodeConfiguration.proxyEnabled eq False", ["Björn"]),
        ("((name eq 'anna'))", ["Anna"]),
        ("(name eq 'anna')or(name eq 'björn')", ["Anna", "Björn"]),
        ("name eq 'nobody'", []),
        ("1 eq 1", ["Anna", "Björn", "O'Neill", "back\\slash"]),
        ("1 eq 1 and name eq 'anna'", ["Anna"]),
        ("1 eq 2 or name eq 'anna'", ["Anna"]),
    ],
)
def test_what_a_filter_selects(text: str, names: list[str]) -> None:
    assert selected(text) == names


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("()", "Invalid expression"),
        ("name eq 'a' and ()", "Invalid expression"),
        ("name eq 'O''Neill'", "Cannot parse the expression: name eq 'O''Neill'"),
        ("name eq 'open", "Cannot parse the expression: name eq 'open"),
        ('name eq "anna"', 'Cannot parse the expression: name eq "anna"'),
        ("", "Cannot parse the expression: "),
        ("name", "Cannot parse the expression: name"),
        ("name eq", "Cannot parse the expression: name eq"),
        ("name is 'anna'", "Cannot parse the expression: name is 'anna'"),
        ("name eq 'a' name eq 'b'", "Cannot parse the expression: name eq 'a' name eq 'b'"),
        ("name eq 'a' and", "Cannot parse the expression: name eq 'a' and"),
        ("(name eq 'a'", "Cannot parse the expression: (name eq 'a'"),
        ("name eq 'a')", "Cannot parse the expression: name eq 'a')"),
        ("name eq anna", "Invalid expression"),
        ("serviceType eq Nonsense", "Invalid expression"),
        ("serviceType sw 'P'", "Invalid expression"),
        ("name gt 'b'", "Invalid expression"),
        ("serverNodeConfiguration.proxyEnabled ge False", "Invalid expression"),
        ("1 eq name", "Invalid expression"),
        ("serverNodeConfiguration.proxyEnabled eq 1", "Invalid expression"),
        ("createdDate eq 'yesterday'", "Invalid expression"),
        ("nme eq 'anna'", "The property 'nme' does not exist."),
        ("name.first eq 'anna'", "The property 'name.first' does not exist."),
    ],
)
def test_what_a_filter_is_refused_for(text: str, answer: str) -> None:
    with pytest.raises(FilterError) as refusal:
        table().select(text)
    assert str(refusal.value) == answer


def test_filters_are_understood_where_there_is_nothing_to_select() -> None:
    every = table()
    for none in (every.seen(), Table([], models=every.rows)):
        assert none.rows == []
        for text in ("serverNodeConfiguration.proxyEnabled eq True", "serviceType ne Engine", "tags.name eq 'red'"):
            assert none.select(text, "createdDate desc") == []
        for wrong in ("nme eq 'anna'", "name eq anna", "serviceType eq Nonsense"):
            with pytest.raises(FilterError):
                none.select(wrong)
    assert Table([]).select("anything gt 3 and more eq True", "whatever") == []


def test_what_has_no_value_anywhere_may_be_of_any_type() -> None:
    bare = Table([Row({"id": "x", "tags": [], "privileges": None}, {})])
    for text in ("tags.name eq 'red'", "tags.isRed eq True", "privileges eq 'read'", "tags.number gt 3"):
        assert bare.select(text) == []


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("authenticationMethod", "headerDynamicUserDirectory"),
        ("anonymousAccessMode", "AlwaysAnonymous"),
        ("nodePurpose", "Both"),
        ("sameSiteAttributeHttps", "Lax"),
        ("messageType", "Warning"),
    ],
)
def test_enums_by_name(name: str, member: str) -> None:
    numbers = Table([Row({"id": str(number), name: number}, {}) for number in range(3)])
    assert [row.full[name] for row in numbers.select(f"{name} eq {member}")] == [2]


def test_and_binds_tighter_than_or() -> None:
    a, b, c = (Comparison(name, "eq", "x", True) for name in "abc")
    assert parse("a eq 'x' or b eq 'x' and c eq 'x'") == Group("or", (a, Group("and", (b, c))))
    assert parse("a eq 'x' and b eq 'x' or c eq 'x'") == Group("or", (Group("and", (a, b)), c))


def test_too_many_parentheses_are_refused_instead_of_ending_the_simulator() -> None:
    with pytest.raises(FilterError):
        parse("(" * 5000 + "a eq 'x'" + ")" * 5000)


def test_parentheses_side_by_side_are_no_depth() -> None:
    batch = " or ".join(f"(name eq 'user{number}')" for number in range(500))
    assert selected(batch) == []


def test_order() -> None:
    every = "name ne ''"
    assert selected(every, "name") == ["Anna", "back\\slash", "Björn", "O'Neill"]
    assert selected(every, "name desc") == ["O'Neill", "Björn", "back\\slash", "Anna"]
    assert selected(every, "serverNodeConfiguration.proxyEnabled, name desc") == [
        "Björn",
        "back\\slash",
        "O'Neill",
        "Anna",
    ]
    for wrong in ("name up", "nme"):
        with pytest.raises(FilterError):
            selected(every, wrong)


@given(st.text())
def test_any_text_can_be_asked_for(text: str) -> None:
    quoted = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    assert parse(f"name eq {quoted}") == Comparison("name", "eq", text, True)


@given(st.text(alphabet="()'\\\" aeqndor.T1", max_size=40))
def test_no_text_does_worse_than_a_refusal(text: str) -> None:
    with contextlib.suppress(FilterError):
        table().select(text)


names = st.sampled_from(["Anna", "Björn", "O'Neill", "back\\slash", "nobody", "b"])
comparisons = st.builds(lambda operator, name: (operator, name), st.sampled_from(["eq", "ne", "sw", "so"]), names)


@given(st.lists(st.lists(comparisons, min_size=1, max_size=3), min_size=1, max_size=3))
def test_the_index_changes_nothing_about_what_is_found(alternatives: list[list[tuple[str, str]]]) -> None:
    check: dict[str, Callable[[str, str], bool]] = {
        "eq": str.__eq__,
        "ne": str.__ne__,
        "sw": str.startswith,
        "so": str.__contains__,
    }
    text = " or ".join(
        " and ".join(f"name {operator} '{_escaped(name)}'" for operator, name in alternative)
        for alternative in alternatives
    )
    expected = [
        row.full["name"]
        for row in table().rows
        if any(
            all(check[operator](row.full["name"].casefold(), name.casefold()) for operator, name in alternative)
            for alternative in alternatives
        )
    ]
    assert selected(text) == expected


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
