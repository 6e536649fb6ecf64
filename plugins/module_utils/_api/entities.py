# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checked reader of what QRS and QPS answer.

A field that is absent or null takes its default. One of another type is read where that leaves no doubt, such as
"4243" for a number; else it is an error that names the field. Values are never quoted, for they may be secrets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._client.message import expect_list
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
FLAGS = {"true": True, "false": False}
MOST_INT32 = 2**31 - 1


class Fields:
    """The fields of one object. ``path`` is its place inside the answer to ``request``, such as ``[3].settings``."""

    def __init__(self, item: Mapping[str, Any], request: str, path: str = "") -> None:
        self._item = item
        self._request = request
        self._path = path

    @property
    def as_answered(self) -> dict[str, Any]:
        """All of the object, unchecked, to be sent back as it came."""
        return dict(self._item)

    def __iter__(self) -> Iterator[str]:
        """The names of the fields that were answered."""
        return iter(self._item)

    def text(self, name: str) -> str:
        """Text, "" unless given. A number is none: an id of 7 may have been 007."""
        value = self._item.get(name)
        if value is None or isinstance(value, str):
            return value or ""
        raise self._unexpected(name, "text")

    def required_text(self, name: str) -> str:
        """Text that is not empty."""
        text = self.text(name)
        if not text:
            raise self._unexpected(name, "text")
        return text

    def written(self, name: str) -> str:
        """A value that is text by its meaning whatever its type: numbers and flags are written as in JSON."""
        value = self._item.get(name)
        return json.dumps(value) if isinstance(value, (bool, int, float)) else self.text(name)

    def number(self, name: str, least: int = 0, most: int = MOST_INT32) -> int | None:
        """A whole number within bounds, None unless given."""
        value = self._item.get(name)
        if value is None:
            return None
        number = _whole_number(value)
        if number is None:
            raise self._unexpected(name, "a whole number")
        if not least <= number <= most:
            raise self._unexpected(name, f"one from {least} to {most}", "a number out of range")
        return number

    def required_number(self, name: str) -> int:
        """A whole number, from 0 up, that must be given."""
        number = self.number(name)
        if number is None:
            raise self._unexpected(name, "a whole number")
        return number

    def flag(self, name: str, default: bool = False) -> bool:
        """A flag. Neither 0 and 1 nor other words are taken for one."""
        return default if self._item.get(name) is None else self.required_flag(name)

    def required_flag(self, name: str) -> bool:
        """A flag that must be given."""
        value = self._item.get(name)
        flag = FLAGS.get(value.lower()) if isinstance(value, str) else value
        if not isinstance(flag, bool):
            raise self._unexpected(name, "a flag")
        return flag

    def enum(
        self, name: str, names: Sequence[str], other: str, spelled: Mapping[str, str] = MappingProxyType({})
    ) -> str:
        """One of ``names``, given by its number or its name in any spelling, such as ``NoCommunication``.

        ``spelled`` adds spellings to a name. Any other number or name may come from a later release and is called
        ``other``, as where none is given.
        """
        value = self._item.get(name)
        if value is None:
            return other
        number = _whole_number(value)
        if number is not None:
            return names[number] if 0 <= number < len(names) else other
        if not isinstance(value, str):
            raise self._unexpected(name, "the number or the name of a choice")
        spellings = {_letters(spelling): each for each in names for spelling in (each, f"{name}{each}")}
        return {**spellings, **spelled}.get(_letters(value), other)

    def object(self, name: str) -> Fields:
        """An object, one without fields unless given."""
        value = self._item.get(name)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise self._unexpected(name, "an object")
        return Fields(value, self._request, self._place(name))

    def objects(self, name: str) -> list[Fields]:
        """A list of objects, empty unless given."""
        value = self._item.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._unexpected(name, "a list")
        for index, element in enumerate(value):
            if not isinstance(element, dict):
                raise self._unexpected(f"{name}[{index}]", "an object", _kind(element))
        return [Fields(element, self._request, f"{self._place(name)}[{index}]") for index, element in enumerate(value)]

    def _place(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def _unexpected(self, name: str, wanted: str, came: str = "") -> QlikError:
        return QlikError(
            "unexpected_answer",
            f"{self._request}: {self._place(name)} is {came or _kind(self._item.get(name))}, {wanted} was expected.",
            "Check that host and port are those of the service.",
        )


def objects_of(data: Any, request: str) -> list[Fields]:
    """The answer as a list of objects; raises QlikError for any other shape."""
    return [Fields(item, request, f"[{index}]") for index, item in enumerate(expect_list(data, request))]


def value_of(data: Any, request: str) -> Fields:
    """An answer of one ``value``: bare (D) or as the only field of an object (C: qlik-api 1.2, 2.2)."""
    return Fields(data if isinstance(data, dict) else {"value": data}, request)


def _whole_number(value: Any) -> int | None:
    if isinstance(value, str):
        return int(value) if WHOLE_NUMBER.fullmatch(value) else None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _letters(name: str) -> str:
    return name.lower().replace("_", "")


def _kind(value: Any) -> str:
    if value is None:
        return "missing"
    if isinstance(value, str):
        return "text" if value else "empty text"
    if isinstance(value, bool):
        return "a flag"
    if isinstance(value, (int, float)):
        return "a number"
    return "a list" if isinstance(value, list) else "an object"
