# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CSV that opens right in a spreadsheet, and runs nothing there."""

from __future__ import annotations

import csv
import io
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.plugin_utils._report_csv import cell
from ansible_collections.qlikops.sense.tests.unit.plugins.listings import Listed, listed, results, session, user
from ansible_collections.qlikops.sense.tests.unit.plugins.reports import csv_of, report_of

DELIMITERS = ",;|\t"
HEADER = [
    "User",
    "Name",
    "E-mail addresses",
    "Kind",
    "State",
    "Virtual proxy",
    "Node",
    "Session",
    "First seen",
    "Age in seconds",
    "Sessions in all",
    "Also elsewhere",
    "Limit",
    "Idle in seconds",
    "License",
    "Started",
]
WIDE = "\uff1d\uff0b\uff0d\uff20\u2212"
formulas = st.text(st.sampled_from("=+-@\t\r\n ,;|\"'a\u200b\ufeff\u00a0\u202e" + WIDE), max_size=8)


def rows(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=delimiter))


def begins_a_formula(text: str) -> bool:
    """As a spreadsheet that skips what is not seen, and folds wide characters, would have it."""
    seen = next((char for char in text if unicodedata.category(char)[0] not in "ZC"), "")
    return unicodedata.normalize("NFKC", seen) in ("=", "+", "-", "@", "\u2212")


def test_a_row_for_every_session() -> None:
    sessions = [
        session("LAB\\anna", "Node2", ref="1-a", age=90, idle=5400, license="analyzer", started="2026-01-15T08:00:00Z"),
        session("LAB\\anna", "Central", "vp-sales"),
        session("LAB\\юрій", "Node2", ref="2-b"),
    ]
    users = [user("LAB\\anna", "Anna, called Å", ["a@lab.example", "b@lab.example"])]
    text = csv_of(report_of(listed(sessions, users), ["Node2"]))
    assert text.startswith("\ufeffUser,Name,")
    assert text.count("\r\n") == 3
    assert text.replace("\r\n", "").count("\n") == 0
    header, first, second = rows(text)
    assert header == HEADER
    assert first == [
        "LAB\\anna",
        "Anna, called Å",
        "a@lab.example, b@lab.example",
        "person",
        "active",
        "/",
        "Node2",
        "1-a",
        "2026-01-15T09:30:00Z",
        "90",
        "2",
        "/sales on Central",
        "",
        "5400",
        "analyzer",
        "2026-01-15T08:00:00Z",
    ]
    assert second[0] == "LAB\\юрій"
    assert second[9] == ""


@given(results(), st.sampled_from(DELIMITERS))
def test_it_comes_back_whole(result: Listed, delimiter: str) -> None:
    report = report_of(result)
    header, *found = rows(csv_of(report, delimiter), delimiter)
    assert header == HEADER
    assert len(found) == len(report["sessions"])
    users = {entry["user"]: entry for entry in report["users"]}
    for row, entry in zip(found, report["sessions"], strict=True):
        assert len(row) == len(HEADER)
        expected = [entry["user"], entry["name"], ", ".join(users[entry["user"]]["emails"])]
        assert row[:3] == [cell(value) for value in expected]
        assert not any(begins_a_formula(value) for value in row)


@given(formulas, formulas, st.sampled_from(DELIMITERS), st.sampled_from(DELIMITERS))
@example(name="x;=1", email=" ;\uff1d2", delimiter=",", other=";")
def test_no_cell_is_a_formula_whatever_delimiter_is_expected(name: str, email: str, delimiter: str, other: str) -> None:
    result = listed([session("LAB\\anna")], [user("LAB\\anna", name, [email])])
    text = csv_of(report_of(result), delimiter)
    for row in rows(text, other):
        assert not any(begins_a_formula(value) for value in row)
    assert text.count("\r\n") == 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+46", "'+46"),
        ("-x", "'-x"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "  '=1"),
        ("\t=1", " '=1"),
        ("\r\n@x", " '@x"),
        ("\uff1d1", "'\uff1d1"),
        ("\u200b=1", "\u200b'=1"),
        ("x;=1", "x;'=1"),
        ("Anna-Lena O'Neil", "Anna-Lena O'Neil"),
        ("a = b", "a = b"),
        ("anna@lab.example", "anna@lab.example"),
        ("one\ntwo", "one two"),
        (None, ""),
        (0, "0"),
    ],
)
def test_what_becomes_of_a_cell(value: Any, expected: str) -> None:
    assert cell(value) == expected
