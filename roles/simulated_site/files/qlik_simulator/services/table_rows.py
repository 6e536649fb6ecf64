# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``POST .../table``: the objects a filter selects as rows of chosen columns (paths and body: C)."""

from __future__ import annotations

from typing import Any

from ..services.filter_language import FilterError
from ..services.table import Row, Table


def tabulate(table: Table, rows: list[Row], body: object, query: dict[str, str]) -> dict[str, object]:
    """The answer; FilterError for what QRS refuses. Columns are properties; what else QRS can count is not here."""
    columns = body.get("columns") if isinstance(body, dict) else None
    if not isinstance(columns, list):
        raise FilterError("The body has no columns.")  # N
    named = [_column(table, column) for column in columns]
    first = _number(query, "skip", 0)
    shown = rows[first : first + _number(query, "take", len(rows))]
    return {
        "columnNames": [name for name, _path in named],
        "rows": [[_value(row.full, path) for _name, path in named] for row in shown],
    }


def _column(table: Table, column: object) -> tuple[str, list[str]]:
    """The name of a column, and the path of its property."""
    given = {key.lower(): value for key, value in column.items()} if isinstance(column, dict) else {}
    name, kind, definition = (given.get(key) for key in ("name", "columntype", "definition"))
    if not (isinstance(name, str) and isinstance(definition, str) and str(kind).lower() == "property"):
        raise FilterError("A column has a name, the columnType Property and a definition.")  # N
    table.kind(definition.lower())
    return name, definition.lower().split(".")


def _value(value: Any, path: list[str]) -> object:
    """The property, or that of each element where a list is on the way."""
    if not path:
        return value
    if isinstance(value, list):
        return [_value(each, path) for each in value]
    lowered = {key.lower(): each for key, each in value.items()} if isinstance(value, dict) else {}
    return _value(lowered.get(path[0]), path[1:])


def _number(query: dict[str, str], key: str, default: int) -> int:
    text = query.get(key, str(default))
    if not (text.isascii() and text.isdigit()):
        raise FilterError(f"{key} is no number.")  # N
    return int(text)
