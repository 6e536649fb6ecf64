# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter language of QRS: text in, expression out.

    or_group   = and_group ("or" and_group)*
    and_group  = term ("and" term)*
    term       = "(" or_group ")" | property operator value

Comparison operators eq ne gt ge lt le, string operators sw ew so; names may be dotted (D). Values: quoted texts with
backslash escapes; a doubled quote or a double-quoted value is refused with 400 (L); True and False; numbers; names of
enum members unquoted (D); GUIDs unquoted (I).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

OPERATORS = frozenset({"eq", "ne", "gt", "ge", "lt", "le", "sw", "ew", "so"})


class FilterError(ValueError):
    """A filter QRS refuses with 400; the message is the body of that answer."""


@dataclass(frozen=True)
class Comparison:
    """``property operator value``; ``quoted`` tells a text from a bare word. The property is in lower case."""

    name: str
    operator: str
    value: str
    quoted: bool


@dataclass(frozen=True)
class Group:
    """Parts joined by ``and`` or by ``or``."""

    joined_by: str
    parts: tuple[Expression, ...]


Expression = Comparison | Group


@dataclass(frozen=True)
class _Token:
    kind: str  # "(", ")", "text", "word"
    text: str


_TOKEN = re.compile(r"\s*(?:(?P<bracket>[()])|'(?P<text>(?:[^'\\]|\\.)*)'|(?P<word>[^\s()'\"\\]+))", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def parse(text: str) -> Expression:
    """The expression of a filter. FilterError carries what QRS would answer."""
    return _Parser(text).whole()


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    text = text.rstrip()
    previous_text_ended = -1
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.start("text") - 1 == previous_text_ended:
            raise FilterError(_cannot_parse(text))  # a stray or doubled quote, a double quote, a stray backslash
        position = match.end()
        if match["bracket"]:
            yield _Token(match["bracket"], match["bracket"])
        elif match["text"] is not None:
            previous_text_ended = position
            yield _Token("text", _ESCAPE.sub(r"\1", match["text"]))
        else:
            yield _Token("word", match["word"])


def _cannot_parse(text: str) -> str:
    return f"Cannot parse the expression: {text}"  # L


class _Parser:
    """Recursive descent over the tokens of one filter."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._next = 0
        self._depth = 0

    def whole(self) -> Expression:
        expression = self._group("or")
        if self._next < len(self._tokens):
            raise self._error()
        return expression

    def _group(self, joined_by: str) -> Expression:
        parts = [self._part(joined_by)]
        while self._word() == joined_by:
            self._next += 1
            parts.append(self._part(joined_by))
        return parts[0] if len(parts) == 1 else Group(joined_by, tuple(parts))

    def _part(self, joined_by: str) -> Expression:
        return self._group("and") if joined_by == "or" else self._term()

    def _term(self) -> Expression:
        if self._kind() == "(":
            return self._bracketed()
        name, operator, value = self._take("word"), self._take("word").lower(), self._value()
        if operator not in OPERATORS:
            raise self._error()
        return Comparison(name.lower(), operator, value.text, value.kind == "text")

    def _bracketed(self) -> Expression:
        self._next += 1
        self._depth += 1
        if self._kind() == ")":
            raise FilterError("Invalid expression")  # L
        if self._depth > 100:
            raise self._error()
        expression = self._group("or")
        self._take(")")
        self._depth -= 1
        return expression

    def _value(self) -> _Token:
        if self._kind() not in ("text", "word"):
            raise self._error()
        self._next += 1
        return self._tokens[self._next - 1]

    def _kind(self) -> str | None:
        return self._tokens[self._next].kind if self._next < len(self._tokens) else None

    def _word(self) -> str | None:
        return self._tokens[self._next].text.lower() if self._kind() == "word" else None

    def _take(self, kind: str) -> str:
        if self._kind() != kind:
            raise self._error()
        self._next += 1
        return self._tokens[self._next - 1].text

    def _error(self) -> FilterError:
        return FilterError(_cannot_parse(self._text))
