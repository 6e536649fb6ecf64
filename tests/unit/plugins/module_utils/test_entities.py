# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checked reader: what is read without doubt, and the words for everything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._api.entities import Fields, objects_of, value_of
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError

REQUEST = "GET https://qlik1:4242/qrs/thing/full"
NAMES = ("initializing", "no_communication", "running")
READERS: dict[str, Callable[[Fields, str], object]] = {
    "text": Fields.text,
    "required_text": Fields.required_text,
    "written": Fields.written,
    "number": Fields.number,
    "flag": Fields.flag,
    "required_flag": Fields.required_flag,
    "enum": lambda fields, name: fields.enum(name, NAMES, "unknown"),
    "object": Fields.object,
    "objects": Fields.objects,
}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def fields(value: Any) -> Fields:
    return Fields({"field": value}, REQUEST, "[3].settings")


@pytest.mark.parametrize("item", [{}, {"field": None}])
def test_what_is_absent_or_null_takes_its_default(item: dict[str, Any]) -> None:
    read = Fields(item, REQUEST)
    assert (read.text("field"), read.written("field"), read.number("field")) == ("", "", None)
    assert (read.flag("field"), read.flag("field", default=True)) == (False, True)
    assert read.enum("field", NAMES, "unknown") == "unknown"
    assert list(read.object("field")) == []
    assert read.objects("field") == []


@pytest.mark.parametrize(
    ("reader", "value", "read"),
    [
        ("text", "anna", "anna"),
        ("text", "", ""),
        ("required_text", "0", "0"),
        ("written", "anna", "anna"),
        ("written", 5, "5"),
        ("written", 1.5, "1.5"),
        ("written", True, "true"),
        ("number", 4243, 4243),
        ("number", "4243", 4243),
        ("number", "0", 0),
        ("number", 30.0, 30),
        ("flag", True, True),
        ("flag", "False", False),
        ("flag", "TRUE", True),
        ("required_flag", "true", True),
        ("required_flag", False, False),
        ("enum", 2, "running"),
        ("enum", "2", "running"),
        ("enum", 0, "initializing"),
        ("enum", "NoCommunication", "no_communication"),
        ("enum", "NO_COMMUNICATION", "no_communication"),
        ("enum", "FieldRunning", "running"),
        ("enum", 3, "unknown"),
        ("enum", -1, "unknown"),
        ("enum", "Sleeping", "unknown"),
        ("enum", "", "unknown"),
    ],
)
def test_what_leaves_no_doubt_is_read(reader: str, value: Any, read: Any) -> None:
    assert READERS[reader](fields(value), "field") == read


@pytest.mark.parametrize(
    ("reader", "value", "words"),
    [
        ("text", 7, "is a number, text was expected."),
        ("text", False, "is a flag, text was expected."),
        ("required_text", None, "is missing, text was expected."),
        ("required_text", "", "is empty text, text was expected."),
        ("written", ["x"], "is a list, text was expected."),
        ("written", {"x": 1}, "is an object, text was expected."),
        ("number", True, "is a flag, a whole number was expected."),
        ("number", 1.5, "is a number, a whole number was expected."),
        ("number", float("inf"), "is a number, a whole number was expected."),
        ("number", float("nan"), "is a number, a whole number was expected."),
        ("number", "", "is empty text, a whole number was expected."),
        ("number", "4_243", "is text, a whole number was expected."),
        ("number", "٤٢", "is text, a whole number was expected."),
        ("number", "9" * 5000, "is text, a whole number was expected."),
        ("number", "-1", "is a number out of range, one from 0 to 2147483647 was expected."),
        ("number", 2**31, "is a number out of range, one from 0 to 2147483647 was expected."),
        ("flag", "maybe", "is text, a flag was expected."),
        ("flag", "", "is empty text, a flag was expected."),
        ("flag", 1, "is a number, a flag was expected."),
        ("flag", [], "is a list, a flag was expected."),
        ("required_flag", None, "is missing, a flag was expected."),
        ("enum", True, "is a flag, the number or the name of a choice was expected."),
        ("enum", {}, "is an object, the number or the name of a choice was expected."),
        ("object", [], "is a list, an object was expected."),
        ("object", "", "is empty text, an object was expected."),
        ("objects", {}, "is an object, a list was expected."),
        ("objects", "x", "is text, a list was expected."),
    ],
)
def test_everything_else_is_told_by_request_and_place(reader: str, value: Any, words: str) -> None:
    with pytest.raises(QlikError) as caught:
        READERS[reader](fields(value), "field")
    assert caught.value.kind == "unexpected_answer"
    assert caught.value.reason == f"{REQUEST}: [3].settings.field {words}"
    assert caught.value.hint == "Check that host and port are those of the service."


def complaint(reader: str, value: Any) -> QlikError | None:
    try:
        READERS[reader](fields(value), "field")
    except QlikError as error:
        return error
    return None


@given(st.sampled_from(sorted(READERS)), ANY_JSON)
def test_no_value_ends_in_another_error(reader: str, value: Any) -> None:
    error = complaint(reader, value)
    assert error is None or error.kind == "unexpected_answer"


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("value", ["the-secret", ["the-secret"], {"x": "the-secret"}, [["the-secret"]]])
def test_values_are_never_quoted(reader: str, value: Any) -> None:
    assert "the-secret" not in str(complaint(reader, value))


def test_places_lead_through_objects_and_lists() -> None:
    (_first, second) = objects_of([{}, {"settings": {"proxies": [{}, {"id": 5}]}}], REQUEST)
    proxy = second.object("settings").objects("proxies")[1]
    with pytest.raises(QlikError) as caught:
        proxy.text("id")
    assert caught.value.reason == f"{REQUEST}: [1].settings.proxies[1].id is a number, text was expected."


@pytest.mark.parametrize(("element", "kind"), [("vp0", "text"), (None, "missing"), ([], "a list"), (1, "a number")])
def test_an_element_that_is_no_object_is_told_by_its_place(element: Any, kind: str) -> None:
    with pytest.raises(QlikError) as caught:
        fields([{}, element]).objects("field")
    assert caught.value.reason == f"{REQUEST}: [3].settings.field[1] is {kind}, an object was expected."


@pytest.mark.parametrize("data", [None, {}, "text", [1], [None]])
def test_an_answer_that_is_no_list_of_objects_is_refused(data: Any) -> None:
    with pytest.raises(QlikError, match="a list of objects was expected"):
        objects_of(data, REQUEST)


@pytest.mark.parametrize("data", [3, "3", {"value": 3}, {"value": "3"}])
def test_one_value_bare_or_in_an_object(data: Any) -> None:
    assert value_of(data, REQUEST).number("value") == 3
