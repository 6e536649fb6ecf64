# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows that QRS lists, and which of them a filter selects."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from functools import reduce
from typing import Any

from ..model.clock import iso
from ..model.enums import MEMBERS
from ..services.filter_language import Comparison, Expression, FilterError, parse

_NUMBER = re.compile(r"[0-9]{1,9}")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda has, wanted: has == wanted,
    "ne": lambda has, wanted: has != wanted,
    "gt": lambda has, wanted: has > wanted,
    "ge": lambda has, wanted: has >= wanted,
    "lt": lambda has, wanted: has < wanted,
    "le": lambda has, wanted: has <= wanted,
    "sw": lambda has, wanted: has.startswith(wanted),
    "ew": lambda has, wanted: has.endswith(wanted),
    "so": lambda has, wanted: wanted in has,
}
_FOR_TEXTS = frozenset({"sw", "ew", "so"})  # D
_FOR_ORDER = frozenset({"gt", "ge", "lt", "le"})  # of numbers, enums and dates, not of texts (D)
Predicate = Callable[["Row"], bool]


class Row:
    """One object: ``full`` and ``condensed`` as answered, ``entity`` (default ``full``) as filters see it."""

    def __init__(self, full: dict[str, Any], condensed: dict[str, Any], entity: dict[str, Any] | None = None) -> None:
        self.full = full
        self.condensed = condensed
        self.values: dict[str, list[Any]] = {}
        _flatten(entity or full, "", self.values)


def _flatten(value: object, path: str, into: dict[str, list[Any]]) -> None:
    """Every value by its dotted path in lower case; the elements of a list share theirs."""
    if isinstance(value, dict):
        for key, each in value.items():
            _flatten(each, f"{path}.{key}".lower().lstrip("."), into)
    elif isinstance(value, list):
        into.setdefault(path, [])
        for each in value:
            _flatten(each, path, into)
    else:
        into.setdefault(path, []).append(value.casefold() if isinstance(value, str) else value)


class Table:
    """The objects of one type. ``models`` show what properties they have, where there may be none of them."""

    def __init__(self, rows: Iterable[Row], models: Iterable[Row] = ()) -> None:
        self.rows = list(rows)
        self._paths: dict[str, type] = {}
        for row in (*self.rows, *models):
            for path, values in row.values.items():
                seen = next((type(value) for value in values if value is not None), list if not values else type(None))
                if self._paths.get(path, list) in (list, type(None)):
                    self._paths[path] = seen
        self._index: dict[str, dict[Any, set[int]]] = {}
        self._rendered: dict[bool, bytes] = {}

    def seen(self, may_see: Callable[[Row], bool] = lambda _row: False) -> Table:
        """The same to somebody who may see a part of it, or none: filters are understood, and select only from that."""
        seen = Table(row for row in self.rows if may_see(row))
        seen._paths = self._paths
        return seen

    def select(self, filter_text: str | None, order_by: str | None = None) -> list[Row]:
        """The rows a filter selects, in order. FilterError for what QRS refuses."""
        rows = self.rows
        if filter_text is not None:
            expression = parse(filter_text)
            test = self._test(expression)
            likely = self._likely(expression)
            pool = rows if likely is None else [rows[number] for number in sorted(likely)]
            rows = [row for row in pool if test(row)]
        return self._ordered(rows, order_by) if order_by else rows

    def rendered(self, full: bool) -> bytes:
        """The whole list as QRS answers with it; kept."""
        if full not in self._rendered:
            self._rendered[full] = render(self.rows, full)
        return self._rendered[full]

    def by_id(self, wanted: str) -> Row | None:
        """The object of this id."""
        numbers = self._indexed("id").get(wanted.casefold())
        return self.rows[min(numbers)] if numbers else None

    def _test(self, expression: Expression) -> Predicate:
        if isinstance(expression, Comparison):
            return self._comparison(expression)
        tests = [self._test(part) for part in expression.parts]
        if expression.joined_by == "and":
            return lambda row: all(test(row) for test in tests)
        return lambda row: any(test(row) for test in tests)

    def _comparison(self, comparison: Comparison) -> Predicate:
        wanted = self._wanted(comparison)
        compare = _COMPARE[comparison.operator]
        name = comparison.name
        if _NUMBER.fullmatch(name):
            always = compare(int(name), wanted)  # "1 eq 1", with which a client says: all (C)
            return lambda _row: always
        return lambda row: any(value is not None and compare(value, wanted) for value in row.values.get(name, ()))

    def _wanted(self, comparison: Comparison) -> Any:
        """The value to compare with, of the property's own type."""
        kind = self.kind(comparison.name)
        if kind is not str and kind not in _READ:
            return comparison.value.casefold()  # no object has a value there that could tell the type
        operator = comparison.operator
        if (operator in _FOR_TEXTS and kind is not str) or (operator in _FOR_ORDER and kind in (str, bool)):
            raise FilterError("Invalid expression")  # I
        if kind is str:
            if comparison.quoted or _GUID.fullmatch(comparison.value):
                return comparison.value.casefold()
            raise FilterError("Invalid expression")
        try:
            return _READ[kind](comparison)
        except (ValueError, KeyError) as error:
            raise FilterError("Invalid expression") from error

    def kind(self, name: str) -> type:
        """The type of a property by its path in lower case. FilterError when no object has it."""
        if name in self._paths:
            return self._paths[name]
        if _NUMBER.fullmatch(name):
            return int
        if any(kind is list and name.startswith(f"{path}.") for path, kind in self._paths.items()) or not self._paths:
            return object  # a part of a list that happens to be empty
        raise FilterError(f"The property '{name}' does not exist.")  # text: N

    def _likely(self, expression: Expression) -> set[int] | None:
        """Numbers of the rows that may fit, from an index on equality; None when only looking at each can tell.

        Clients ask for users in batches (this one or that one or ...), where looking at each is slow.
        """
        if isinstance(expression, Comparison):
            if expression.operator != "eq" or _NUMBER.fullmatch(expression.name):
                return None
            return self._indexed(expression.name).get(self._wanted(expression), set())
        found = [self._likely(part) for part in expression.parts]
        known = [numbers for numbers in found if numbers is not None]
        if expression.joined_by == "or":
            return set().union(*known) if len(known) == len(found) else None
        return reduce(set.__and__, known) if known else None

    def _indexed(self, name: str) -> dict[Any, set[int]]:
        if name not in self._index:
            index: dict[Any, set[int]] = {}
            for number, row in enumerate(self.rows):
                for value in row.values.get(name, ()):
                    index.setdefault(value, set()).add(number)
            self._index[name] = index
        return self._index[name]

    def _ordered(self, rows: list[Row], order_by: str) -> list[Row]:
        """``name asc, userId desc``; what is missing comes first."""
        for part in reversed(order_by.split(",")):
            name, _space, direction = part.strip().lower().partition(" ")
            if direction.strip() not in ("", "asc", "desc"):
                raise FilterError("Invalid expression")
            self.kind(name)

            def key(row: Row, name: str = name) -> tuple[bool, Any]:
                present = [value for value in row.values.get(name, ()) if value is not None]
                return (bool(present), present[0] if present else 0)

            rows = sorted(rows, key=key, reverse=direction.strip() == "desc")
        return rows


def _boolean(comparison: Comparison) -> bool:
    return {"true": True, "false": False}[comparison.value.lower()]


def _number(comparison: Comparison) -> int:
    members = MEMBERS.get(comparison.name.rpartition(".")[2], ())
    lowered = [member.lower() for member in members]
    if comparison.value.lower() in lowered:
        return lowered.index(comparison.value.lower())
    return int(comparison.value)


def _date(comparison: Comparison) -> datetime:
    """Quoted, ``'2012-05-09 12:00:00'`` (D)."""
    if not comparison.quoted:
        raise ValueError(comparison.value)
    when = datetime.fromisoformat(re.sub(r"Z$", "+00:00", comparison.value.strip(), flags=re.IGNORECASE))
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)


_READ: Mapping[type, Callable[[Comparison], Any]] = {bool: _boolean, int: _number, datetime: _date}


def render(rows: Iterable[Row], full: bool, privileges: list[str] | None = None) -> bytes:
    """A list as QRS answers with it; with what the user may do to each, where that is wanted."""
    objects = [row.full if full else row.condensed for row in rows]
    return to_json(objects if privileges is None else [{**each, "privileges": privileges} for each in objects])


def to_json(value: object) -> bytes:
    """JSON with the dates as QRS spells them."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_spell).encode()


def _spell(value: object) -> str:
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(type(value).__name__)
