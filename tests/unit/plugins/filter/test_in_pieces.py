# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A long text cut so that AWX shows all of it."""

from __future__ import annotations

import pytest

from ansible_collections.qlikops.sense.plugins.filter.in_pieces import MOST, OF_A_LINE, FilterModule

in_pieces = FilterModule().filters()["in_pieces"]


@pytest.mark.parametrize("line", ["", "a", "LAB\\anna  /sales  Node2", "\u00fc" * 60, "x" * 200])
def test_pieces_fit_and_nothing_is_lost(line: str) -> None:
    lines = [f"{number:3} {line}" for number in range(100)]
    pieces = in_pieces("\n".join(lines))
    assert [line for piece in pieces for line in piece.split("\n")] == lines
    assert len(pieces) > 1
    for piece in pieces:
        assert sum(len(line.encode()) + OF_A_LINE for line in piece.split("\n")) <= MOST


def test_what_fits_is_one_piece_and_nothing_is_none() -> None:
    assert in_pieces("one\n\ntwo") == ["one\n\ntwo"]
    assert in_pieces("") == []


def test_a_line_that_is_too_long_is_not_cut() -> None:
    assert in_pieces(f"a\n{'x' * 2000}\nb") == ["a", "x" * 2000, "b"]


def test_no_piece_begins_with_an_empty_line() -> None:
    assert in_pieces("\n".join(["x" * 850, "", "y"])) == ["x" * 850, "y"]
