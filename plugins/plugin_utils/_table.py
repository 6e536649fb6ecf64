# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text tables that fit a width given in terminal cells, whatever script their words are in."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Collection, Iterator, Sequence

# How far the default callback of ansible-core indents a text, with result_format=yaml.
INDENTATION = 8
DEFAULT_WIDTH = 160
GAP = "  "
NARROWEST = 8
ELLIPSIS = "…"
FILLERS = {"Mn", "Me", "Cf"}
DOUBLE = {"W", "F"}


def table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int, elastic: Collection[str] = ()) -> list[str]:
    """Lines of a table no wider than ``width``; words in the ``elastic`` columns are cut with an ellipsis for that.

    Where not even that fits, each row becomes a block of ``name: value`` lines.
    """
    cells = _printable(header, rows)
    widths = _fitting(cells, width, elastic)
    if widths is None:
        return list(_blocks(cells[0], cells[1:], width))
    rule = [GAP.join("-" * columns for columns in widths)]
    lines = [_line(row, widths) for row in cells]
    return lines[:1] + rule + lines[1:]


def terminal_width() -> int:
    """How many cells the terminal leaves to a text; as many as most have where there is none."""
    return shutil.get_terminal_size((DEFAULT_WIDTH + INDENTATION, 24)).columns - INDENTATION


def fits(header: Sequence[str], rows: Sequence[Sequence[str]], width: int, elastic: Collection[str] = ()) -> bool:
    """Whether ``table`` can keep the rows as rows."""
    return _fitting(_printable(header, rows), width, elastic) is not None


def _printable(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[printable(cell) for cell in row] for row in (header, *rows)]


def printable(text: str) -> str:
    """Without anything that could move the cursor, colour the screen or turn the direction of writing."""
    return "".join(char if char.isprintable() else "�" for char in text)


def cell_width(text: str) -> int:
    """How many cells of a terminal a text takes."""
    return sum(_char_width(char) for char in text)


def cut(text: str, width: int) -> str:
    """The beginning of a text that fits, marked where it was cut."""
    if cell_width(text) <= width:
        return text
    taken, room = "", width - cell_width(ELLIPSIS)
    for char in text:
        room -= _char_width(char)
        if room < 0:
            break
        taken += char
    return taken + ELLIPSIS


def _char_width(char: str) -> int:
    if unicodedata.category(char) in FILLERS:
        return 0
    return 2 if unicodedata.east_asian_width(char) in DOUBLE else 1


def _fitting(cells: Sequence[Sequence[str]], width: int, elastic: Collection[str]) -> list[int] | None:
    """The width of each column: cells are taken from the widest elastic one until the table fits; None if it can't."""
    columns = range(len(cells[0]))
    widths = [max(cell_width(row[column]) for row in cells) for column in columns]
    surplus = sum(widths) + len(GAP) * (len(widths) - 1) - width
    while surplus > 0:
        spare = [column for column in columns if cells[0][column] in elastic and widths[column] > NARROWEST]
        if not spare:
            return None
        widths[max(spare, key=widths.__getitem__)] -= 1
        surplus -= 1
    return widths


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (cut(cell, width) for cell, width in zip(row, widths, strict=True))
    return GAP.join(cell + " " * (width - cell_width(cell)) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _blocks(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    for number, row in enumerate(rows):
        if number:
            yield ""
        for name, value in zip(header, row, strict=True):
            if value:
                yield cut(f"{name}: {value}", width)
