# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.plugin_utils._table import cell_width, cut, fits, printable, table
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import HOSTILE, names

cells = st.one_of(st.sampled_from(["", "漢字かな", "Ålesund", "e\u0301\u0301", "\U0001f600!", "x" * 30]), names)
tables = st.integers(1, 4).flatmap(
    lambda columns: st.tuples(
        st.just([f"H{number}" for number in range(columns)]),
        st.lists(st.lists(cells, min_size=columns, max_size=columns), min_size=1, max_size=5),
        st.sets(st.sampled_from([f"H{number}" for number in range(columns)])),
    )
)


def width_on_a_terminal(text: str) -> int:
    """Counted once more, character by character."""
    wide = sum(1 for char in text if unicodedata.east_asian_width(char) in "WF")
    none = sum(1 for char in text if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"))
    both = sum(
        1
        for char in text
        if unicodedata.east_asian_width(char) in "WF"
        and (unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"))
    )
    return len(text) + wide - none - both


@given(tables, st.integers(1, 120))
def test_no_line_is_wider_than_told(parts: tuple[list[str], list[list[str]], set[str]], width: int) -> None:
    header, rows, elastic = parts
    assert all(width_on_a_terminal(line) <= width for line in table(header, rows, width, elastic))


@given(tables, st.integers(1, 200))
def test_rows_stay_rows_exactly_where_they_fit(parts: tuple[list[str], list[list[str]], set[str]], width: int) -> None:
    header, rows, elastic = parts
    lines = table(header, rows, width, elastic)
    if fits(header, rows, width, elastic):
        assert len(lines) == len(rows) + 2
        assert set(lines[1]) <= {"-", " "}
    else:
        filled = [sum(1 for cell in row if cell) for row in rows]
        assert len(lines) == sum(filled) + len(rows) - 1


@given(tables)
def test_with_room_enough_every_cell_stands_whole_in_its_row_and_column(
    parts: tuple[list[str], list[list[str]], set[str]],
) -> None:
    header, rows, elastic = parts
    lines = table(header, rows, 1000, elastic)
    starts = [0]
    for rule in lines[1].split("  "):
        starts.append(starts[-1] + len(rule) + 2)
    for row, line in zip(rows, lines[2:], strict=True):
        for start, cell in zip(starts, row, strict=False):
            at = index_of_cell(line, start)
            assert line[at : at + len(cell)].rstrip() == printable(cell).rstrip()


def index_of_cell(line: str, cell: int) -> int:
    """The character that stands where so many terminal cells have been taken."""
    index = 0
    while index < len(line) and width_on_a_terminal(line[:index]) < cell:
        index += 1
    return index


@given(st.text())
def test_what_is_printable_moves_no_cursor_and_turns_no_writing(text: str) -> None:
    clean = printable(text)
    assert len(clean) == len(text)
    assert all(unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for char in clean)


@pytest.mark.parametrize("char", [char for char in HOSTILE if unicodedata.category(char) in ("Cc", "Cf")])
def test_hostile_characters_become_visible(char: str) -> None:
    (_header, _rule, line) = table(["Name"], [[f"a{char}b"]], 80)
    assert line == "a\ufffdb"


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("abc", 3),
        ("漢字", 4),
        ("e\u0301", 1),
        ("\uff21", 2),
        ("\uff71", 1),
        ("\U0001f600", 2),
        ("\u200b", 0),
        ("…", 1),
    ],
)
def test_cell_width(text: str, width: int) -> None:
    assert cell_width(text) == width


@given(cells, st.integers(1, 40))
def test_a_text_is_cut_only_where_it_must_and_marked_there(text: str, width: int) -> None:
    shorter = cut(text, width)
    assert cell_width(shorter) <= max(width, cell_width("…"))
    if cell_width(text) <= width:
        assert shorter == text
    else:
        assert shorter.endswith("…")
        assert text.startswith(shorter[:-1])


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("漢字かな", 5, "漢字…"), ("漢字かな", 4, "漢…"), ("ab", 1, "…")],
)
def test_cut(text: str, width: int, expected: str) -> None:
    assert cut(text, width) == expected


def test_a_table() -> None:
    lines = table(["User", "Description"], [["anna", "a long description"], ["漢字", "short"]], 22, {"Description"})
    assert lines == [
        "User  Description",
        "----  ----------------",
        "anna  a long descript…",
        "漢字  short",
    ]


def test_only_elastic_columns_are_cut_and_not_below_eight_cells() -> None:
    header, rows = ["User", "Description"], [["anna maria", "a long description"]]
    assert table(header, rows, 20, {"Description"})[2] == "anna maria  a long …"
    assert table(header, rows, 19, {"Description"}) == ["User: anna maria", "Description: a lon…"]
    assert not fits(header, rows, 29, {"User"}) or "a long description" in table(header, rows, 29, {"User"})[2]


def test_the_widest_elastic_column_gives_way_first() -> None:
    lines = table(["A", "B"], [["a" * 20, "b" * 12]], 26, {"A", "B"})
    assert lines[2] == f"{'a' * 11}…  {'b' * 12}"


def test_blocks_leave_out_what_is_empty_and_keep_rows_apart() -> None:
    lines = table(["User", "Proxy service"], [["anna", "Central"], ["", "Node2"]], 10)
    assert lines == ["User: anna", "Proxy ser…", "", "Proxy ser…"]


def test_what_cannot_be_seen_takes_the_room_of_what_stands_for_it() -> None:
    hidden = [["\u200b" * 20]]
    assert not fits(["Name"], hidden, 10)
    assert fits(["Name"], hidden, 20)
    assert table(["Name"], hidden, 10) == ["Name: \ufffd\ufffd\ufffd…"]
