# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._given import changed_by_yaml, without_empty_answers
from ansible_collections.qlikops.sense.plugins.module_utils._model.patterns import UserPatterns
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold, is_blank, non_empty, seconds
from ansible_collections.qlikops.sense.tests.unit.plugins import builders

texts = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("one", "other"),
    [("straße", "STRASSE"), ("ali", "al\u0131"), ("ilk", "\u0130lk"), ("\ufb01x", "fix"), ("\u017fam", "sam")],
)
def test_people_whom_only_a_wider_fold_makes_one_stay_two(one: str, other: str) -> None:
    assert fold(one) != fold(other)
    assert not UserPatterns([f"LAB\\{one}"]).match(builders.session(f"LAB\\{other}"))
    assert not UserPatterns([f"LAB\\{other}"]).match(builders.session(f"LAB\\{one}"))


@given(texts)
def test_a_fold_keeps_the_length_and_folds_once(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)
    assert fold(text) == "".join(char if char == "İ" else char.lower() for char in text)


@given(texts.filter(lambda text: "\\" not in text and "*" not in text and "?" not in text), texts)
def test_a_pattern_without_wildcards_matches_whom_the_fold_calls_the_same(pattern: str, user_id: str) -> None:
    assert UserPatterns([pattern]).match(builders.session(f"LAB\\{user_id}")) is (fold(pattern) == fold(user_id))


BLANKS = ["", " ", "\r\n", "\u00a0", "\u200b", "\ufeff", "\u2028", "\t,\u3000", "\x00"]


@pytest.mark.parametrize("text", BLANKS)
def test_what_nobody_can_see_is_blank_everywhere(text: str) -> None:
    assert is_blank(text)
    assert non_empty([text, "anna"]) == ("anna",)
    assert "protect_users" not in without_empty_answers({"protect_users": [text]})
    assert without_empty_answers({"protect_users": []}) == {"protect_users": []}
    assert seconds("min_age", text) is None


@pytest.mark.parametrize("text", ["a", "0", "\ud800", "\U000f0000", "*"])
def test_what_stands_for_something_is_not_blank(text: str) -> None:
    assert not is_blank(f" {text}\u00a0")


@pytest.mark.parametrize("number", ["480", "0", "34"])
def test_a_duration_without_a_unit_is_refused_with_what_would_be_right(number: str) -> None:
    with pytest.raises(BadOption) as caught:
        seconds("min_age", number)
    assert f"{number}s" in caught.value.hint
    assert "8:00" in caught.value.hint


def test_a_duration_too_long_for_any_clock_is_refused_in_few_words() -> None:
    with pytest.raises(BadOption) as caught:
        seconds("min_age", "9" * 5000 + "s")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("params", "shown"),
    [
        ({"protect_users": [34]}, "34"),
        ({"users": [False]}, "False"),
        ({"users": 34}, "34"),
        ({"users": ["anna", ["bert"]]}, None),
        ({"exclude_users": [{"a": "b"}]}, None),
        ({"attributes": {"group": [1.5]}}, "1.5"),
        ({"attributes": {"group": True}}, "True"),
        ({"virtual_proxies": [1]}, "1"),
        ({"min_age": 480}, "480"),
        ({"host_map": {"qlik1": 127}}, "127"),
        ({"session_ids": [4711]}, "a value"),
    ],
)
def test_what_yaml_has_changed_is_refused(params: dict[str, object], shown: str | None) -> None:
    error = changed_by_yaml(params)
    if params == {"users": ["anna", ["bert"]]}:
        assert error is None  # ansible-core refuses or joins lists in lists by itself
        return
    assert error
    assert error.option == next(iter(params))
    assert shown is None or shown in error.reason
    assert "quotes" in error.hint
    assert "4711" not in str(error)


def test_numbers_where_numbers_are_meant_are_left_alone() -> None:
    assert changed_by_yaml({"timeout": 30, "keep_per_user": 3, "users": ["00042", None], "min_age": "8h"}) is None
