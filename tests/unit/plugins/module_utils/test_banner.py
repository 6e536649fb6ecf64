# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._api.banner import (
    MESSAGE_TYPES,
    Banner,
    Banners,
    Change,
    checked_name,
    plan_change,
)
from ansible_collections.qlikops.sense.plugins.module_utils._api.entities import Fields
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request, Response
from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError, RequestFailed
from ansible_collections.qlikops.sense.tests.unit.plugins import builders
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import FakeRest, Turn, failed_with, unreachable
from ansible_collections.qlikops.sense.tests.unit.plugins.running import banner
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import SPELLINGS, names

QRS = "qlik1.example.com:4242/qrs/custombannermessage"
LIST = f"GET {QRS}/full?filter=name eq 'Night'"
ONE = f"{QRS}/id-of-Night"
NIGHT = Banner("Night", "Back at 10")
OTHER = replace(NIGHT, message="Back at 11", message_type="error", active=False, duration=60)

messages = st.text(st.one_of(st.sampled_from("ab \n\r\t\x0b\u2028'\"\\<&漢"), st.characters(exclude_categories=["Cs"])))
banners = st.builds(
    Banner.from_options,
    st.fixed_dictionaries(
        {
            "name": names.filter(lambda name: bool(name.strip()) and name.strip().isprintable()),
            "text": messages.filter(lambda message: bool(message.strip())),
            "message_type": st.sampled_from(MESSAGE_TYPES),
            "active": st.booleans(),
            "duration": st.integers(1, 10**6),
        }
    ),
)


def read(entity: dict[str, Any]) -> Banner:
    return Banner.from_entity(Fields(entity, "GET x"))


def with_answers(answers: dict[str, Any], **options: Any) -> tuple[Banners, FakeRest]:
    rest = FakeRest(answers)
    return Banners(rest, builders.connection(**options)), rest


class Repository(FakeRest):
    """Keeps banners as QRS does: names compare without case, answers hold numbers or names of types."""

    def __init__(self, spelled: bool, *entities: dict[str, Any]) -> None:
        super().__init__({})
        self.spelled = spelled
        self.entities = {entity["id"]: entity for entity in entities}
        self._numbers = itertools.count()

    def send(self, endpoint: Endpoint, request: Request, accept: Collection[int] = (200,)) -> Response:
        self.asked.append(request.method)
        identity = request.path.rpartition("/")[2]
        if request.method == "GET":
            wanted = read_filter(request.query["filter"]).casefold()
            found = [each for each in self.entities.values() if each["name"].casefold() == wanted]
            return Response(200, [self._shown(each) for each in found], repeated=False)
        if request.method == "DELETE":
            del self.entities[identity]
            return Response(204, None, repeated=False)
        if request.method == "POST":
            identity = f"id-{next(self._numbers)}"
        self.entities[identity] = {**request.body, "id": identity}
        return Response(201, self._shown(self.entities[identity]), repeated=False)

    def _shown(self, entity: dict[str, Any]) -> dict[str, Any]:
        number = entity["messageType"]
        return {**entity, "messageType": MESSAGE_TYPES[number].title() if self.spelled else number}


def read_filter(text: str) -> str:
    """The name in ``name eq '...'``, and nothing else may stand there."""
    begin, end = "name eq '", "'"
    assert text.startswith(begin)
    assert text.endswith(end)
    value, rest = "", text[len(begin) : -1]
    while rest:
        assert not rest.startswith("'")
        if rest.startswith("\\"):
            rest = rest[1:]
            assert rest[:1] in ("\\", "'")
        value, rest = value + rest[:1], rest[1:]
    return value


# Properties


@given(wanted=banners, others=st.lists(banners, max_size=2), spelling=st.sampled_from(SPELLINGS), spelled=st.booleans())
def test_once_is_enough_and_no_other_banner_is_touched(
    wanted: Banner, others: list[Banner], spelling: Any, spelled: bool
) -> None:
    strangers = [
        {**each.as_entity(), "id": f"other-{number}"}
        for number, each in enumerate(others)
        if each.name.casefold() != wanted.name.casefold()
    ]
    rest = Repository(spelled, *strangers)
    site = Banners(rest, builders.connection())
    first = site.settle(wanted.name, wanted)
    assert (first.before, first.after, rest.asked) == (None, wanted, ["GET", "POST"])
    again = replace(wanted, name=spelling(wanted.name))
    if again.name.casefold() == wanted.name.casefold():
        second = site.settle(again.name, again)
        assert (second.is_one, second.after, rest.asked[2:]) == (False, wanted, ["GET"])
    changed = site.settle(wanted.name, replace(wanted, message="another", duration=wanted.duration + 1))
    assert (changed.is_one, rest.asked[-2:]) == (True, ["GET", "PUT"])
    gone = site.settle(wanted.name, None)
    assert (gone.before, gone.after) == (changed.after, None)
    assert not site.settle(wanted.name, None).is_one
    assert list(rest.entities.values()) == strangers


@given(wanted=st.none() | banners, found=st.none() | banners)
def test_a_plan_made_true_leaves_nothing_to_plan(wanted: Banner | None, found: Banner | None) -> None:
    change = plan_change(wanted, found)
    assert change.before == found
    assert plan_change(wanted, change.after) == Change(change.after, change.after)
    assert (change.after is None) is (wanted is None)
    if wanted and found and change.after:
        assert change.after == replace(wanted, name=found.name)


@given(banners)
def test_a_banner_survives_the_way_to_qrs_and_back(wanted: Banner) -> None:
    assert read(wanted.as_entity()) == wanted


# What is asked, to the letter


def test_creation() -> None:
    site, rest = with_answers({LIST: [], f"POST {QRS}": Response(201, banner("Night"), repeated=False)})
    change = site.settle("Night", NIGHT)
    assert rest.asked == [LIST, f"POST {QRS}"]
    assert rest.bodies == [
        {"name": "Night", "message": "Back at 10", "messageType": 0, "isActive": True, "duration": 10},
    ]
    assert change.before is None
    assert change.after is not None
    assert change.after.as_result() == {
        "id": "id-of-Night",
        "name": "Night",
        "message": "Back at 10",
        "message_type": "standard",
        "active": True,
        "duration": 10,
    }


def test_an_update_sends_the_whole_object_as_it_was_read() -> None:
    after = banner("Night", message="Back at 11", messageType=3, isActive=False, duration=60)
    site, rest = with_answers({LIST: [banner("Night")], f"PUT {ONE}": after})
    change = site.settle("Night", OTHER)
    assert rest.asked == [LIST, f"PUT {ONE}"]
    assert rest.bodies == [after]
    assert (change.before, change.after) == (NIGHT, OTHER)


def test_removal() -> None:
    site, rest = with_answers({LIST: [banner("Night")], f"DELETE {ONE}": Response(204, None, repeated=False)})
    change = site.settle("Night", None)
    assert rest.asked == [LIST, f"DELETE {ONE}"]
    assert (change.before, change.after) == (NIGHT, None)


@pytest.mark.parametrize(("wanted", "found"), [(NIGHT, [banner("Night")]), (None, [])])
def test_nothing_to_do(wanted: Banner | None, found: list[Any]) -> None:
    site, rest = with_answers({LIST: found})
    assert not site.settle("Night", wanted).is_one
    assert rest.asked == [LIST]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [(NIGHT, []), (OTHER, [banner("Night")]), (None, [banner("Night")]), (NIGHT, [banner("Night")])],
)
def test_without_writing_the_change_is_the_same(wanted: Banner | None, found: list[Any]) -> None:
    site, rest = with_answers({LIST: found})
    change = site.settle("Night", wanted, write=False)
    assert rest.asked == [LIST]
    assert change == plan_change(wanted, read(found[0]) if found else None)


def test_an_answer_without_the_entity_is_read_again() -> None:
    turns = [Turn([]), Turn([banner("Night")])]
    site, rest = with_answers({LIST: turns, f"POST {QRS}": Response(200, None, repeated=False)})
    assert site.settle("Night", NIGHT).after == NIGHT
    assert rest.asked == [LIST, f"POST {QRS}", LIST]


def test_qrs_through_a_virtual_proxy() -> None:
    place = "qlik1.example.com:443/api/qrs/custombannermessage"
    site, rest = with_answers(
        {f"GET {place}/full": [banner("Night")], f"DELETE {place}/id-of-Night": {}},
        qrs_virtual_proxy="/api",
        qrs_port=443,
    )
    assert site.settle("Night", None).is_one
    assert rest.asked[1:] == [f"DELETE {place}/id-of-Night"]


# The same name


def test_the_spelling_of_the_name_stays() -> None:
    site, rest = with_answers({"GET " + QRS + "/full": [banner("NIGHT", id="id-of-Night")]})
    assert not site.settle("Night", NIGHT).is_one
    assert rest.asked == [LIST]


def test_the_name_as_it_is_written_goes_before_others() -> None:
    both = [banner("NIGHT"), banner("Night", duration=5)]
    site, rest = with_answers({LIST: both, f"PUT {ONE}": banner("Night")})
    assert site.settle("Night", NIGHT).is_one
    assert rest.asked[1:] == [f"PUT {ONE}"]


@pytest.mark.parametrize("spellings", [("NIGHT", "night"), ("Night", "Night")])
@pytest.mark.parametrize("wanted", [None, NIGHT])
def test_several_of_the_name_are_an_error(spellings: tuple[str, ...], wanted: Banner | None) -> None:
    found = [banner(name, id=f"id-{number}") for number, name in enumerate(spellings)]
    site, rest = with_answers({LIST: found})
    with pytest.raises(QlikError) as caught:
        site.settle("Night", wanted)
    assert caught.value.kind == "ambiguous_name"
    assert f"there are 2 banners 'Night': '{spellings[0]}' (id-0), '{spellings[1]}' (id-1)." in str(caught.value)
    assert rest.asked == [LIST]


def test_whatever_a_filter_lets_through_no_other_banner_is_touched() -> None:
    found = [banner("Nightly"), banner("Day"), {"name": "Night"}]
    site, rest = with_answers({LIST: found})
    assert not site.settle("Night", None).is_one
    assert rest.asked == [LIST]


@pytest.mark.parametrize(
    ("name", "quoted"), [("it's", "it\\'s"), ("a\\", "a\\\\"), ("a' or name so '", "a\\' or name so \\'")]
)
def test_names_are_quoted(name: str, quoted: str) -> None:
    place = f"GET {QRS}/full?filter=name eq '{quoted}'"
    site, rest = with_answers({place: []})
    assert site.find(name) is None
    assert rest.asked == [place]


# Somebody else is faster


def test_removed_by_somebody_else_is_no_change() -> None:
    turns = [Turn([banner("Night")]), Turn([])]
    site, rest = with_answers({LIST: turns, f"DELETE {ONE}": Response(404, None, repeated=False)})
    assert not site.settle("Night", None).is_one
    assert rest.asked == [LIST, f"DELETE {ONE}", LIST]


def test_a_removal_whose_first_answer_was_lost_is_ours() -> None:
    turns = [Turn([banner("Night")]), Turn([])]
    site, _rest = with_answers({LIST: turns, f"DELETE {ONE}": Response(404, None, repeated=True)})
    change = site.settle("Night", None)
    assert (change.before, change.after) == (NIGHT, None)


def test_a_banner_that_vanished_before_its_update_is_created() -> None:
    answers = {
        LIST: [Turn([banner("Night", duration=5)]), Turn([])],
        f"PUT {ONE}": Response(404, None, repeated=False),
        f"POST {QRS}": banner("Night", id="new"),
    }
    site, rest = with_answers(answers)
    change = site.settle("Night", NIGHT)
    assert rest.asked == [LIST, f"PUT {ONE}", LIST, f"POST {QRS}"]
    assert "id" not in rest.bodies[1]
    assert change.after is not None
    assert (change.before, change.after.id) == (None, "new")


def test_a_conflict_is_looked_at_again() -> None:
    newer = banner("Night", duration=7, modifiedDate="2026-01-15T09:31:00.000Z", tags=[])
    answers = {
        LIST: [Turn([banner("Night", duration=5)]), Turn([newer])],
        f"PUT {ONE}": [Turn(Response(409, None, repeated=False)), Turn(banner("Night"))],
    }
    site, rest = with_answers(answers)
    change = site.settle("Night", NIGHT)
    assert rest.asked == [LIST, f"PUT {ONE}", LIST, f"PUT {ONE}"]
    assert rest.bodies[1] == {**newer, "duration": 10}
    assert change.before == replace(NIGHT, duration=7)


@pytest.mark.parametrize("repeated", [True, False])
def test_a_conflict_with_what_was_wanted_anyway(repeated: bool) -> None:
    """With an answer lost, the first try of this very update is what it is in conflict with."""
    turns = [Turn([banner("Night", duration=5)]), Turn([banner("Night")])]
    site, rest = with_answers({LIST: turns, f"PUT {ONE}": Response(409, None, repeated=repeated)})
    change = site.settle("Night", NIGHT)
    assert rest.asked == [LIST, f"PUT {ONE}", LIST]
    assert change.is_one is repeated
    assert change.after == NIGHT


@pytest.mark.parametrize("status", [400, 409])
@pytest.mark.parametrize("theirs", [NIGHT, OTHER])
def test_created_by_somebody_else_in_between(status: int, theirs: Banner) -> None:
    entity = {**banner("Night"), **theirs.as_entity()}
    answers = {
        LIST: [Turn([]), Turn([entity])],
        f"POST {QRS}": failed_with(status),
        f"PUT {ONE}": banner("Night"),
    }
    site, rest = with_answers(answers)
    change = site.settle("Night", NIGHT)
    assert rest.asked == [LIST, f"POST {QRS}", LIST, LIST, *([f"PUT {ONE}"] if theirs is OTHER else [])]
    assert (change.before, change.after) == (theirs, NIGHT)


@pytest.mark.parametrize("status", [400, 409, 403, 500])
def test_a_creation_that_is_refused_is_told(status: int) -> None:
    site, rest = with_answers({LIST: [], f"POST {QRS}": failed_with(status)})
    with pytest.raises(RequestFailed) as caught:
        site.settle("Night", NIGHT)
    assert caught.value.status == status
    assert rest.asked == [LIST, f"POST {QRS}", *([LIST] if status in (400, 409) else [])]


@pytest.mark.parametrize("status", [404, 409])
def test_it_gives_up_in_the_end(status: int) -> None:
    found = [banner("Night", duration=5)]
    site, rest = with_answers({LIST: found, f"PUT {ONE}": Response(status, None, repeated=False)})
    with pytest.raises(QlikError) as caught:
        site.settle("Night", NIGHT)
    assert caught.value.kind == "contended"
    assert rest.asked == [LIST, f"PUT {ONE}"] * 3


# Failures


def test_a_release_without_banners_is_told_as_such() -> None:
    error = RequestFailed(
        "not_found", "the response was 404.", "Is this?", request=LIST, status=404, words="No matching"
    )
    site, _rest = with_answers({LIST: error})
    with pytest.raises(RequestFailed) as caught:
        site.settle("Night", None)
    assert (caught.value.kind, caught.value.status, caught.value.words) == ("no_banners", 404, "No matching")
    assert "too old for custom banner messages: Qlik documents them from May 2024 on, and as experimental" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("kind", "told"), [("connection_lost", True), ("timeout", True), ("connection_refused", False)]
)
def test_where_an_answer_was_lost_it_says_that_it_may_be_done(kind: str, told: bool) -> None:
    lost = unreachable()
    lost.kind = kind
    site, _rest = with_answers({LIST: [], f"POST {QRS}": lost})
    with pytest.raises(RequestFailed) as caught:
        site.settle("Night", NIGHT)
    assert ("may have been done anyway" in str(caught.value)) is told


@pytest.mark.parametrize("answer", [{"value": 1}, ["x"], None])
def test_a_list_of_another_shape_is_an_error(answer: Any) -> None:
    site, _rest = with_answers({LIST: answer})
    with pytest.raises(QlikError, match="a list of objects was expected"):
        site.find("Night")


# Values


@pytest.mark.parametrize(
    ("answered", "message_type"),
    [
        *((number, name) for number, name in enumerate(MESSAGE_TYPES)),
        ("2", "warning"),
        ("Warning", "warning"),
        ("Information", "info"),
        (4, "unknown"),
        (-1, "unknown"),
        (None, "unknown"),
        ("²", "unknown"),
    ],
)
def test_types_as_qrs_may_give_them(answered: Any, message_type: str) -> None:
    assert read(banner("Night", messageType=answered)).message_type == message_type


def test_an_entity_with_gaps_is_one_to_be_filled() -> None:
    found = read({"id": "x", "name": "Night", "message": None, "duration": None})
    assert plan_change(NIGHT, found).is_one


@pytest.mark.parametrize(
    "field", [{"isActive": "perhaps"}, {"isActive": 1}, {"duration": "long"}, {"message": ["a"]}, {"messageType": {}}]
)
def test_a_field_that_can_not_be_read_is_named_and_nothing_is_written(field: dict[str, Any]) -> None:
    site, rest = with_answers({LIST: [banner("Other", isActive=[]), banner("Night", **field)]})
    with pytest.raises(QlikError, match=rf"\[1\]\.{next(iter(field))} is ") as caught:
        site.settle("Night", OTHER)
    assert caught.value.kind == "unexpected_answer"
    assert rest.asked == [LIST]


def test_flags_in_words_are_read() -> None:
    assert read(banner("Night", isActive="False")).active is False
    assert read(banner("Night", isActive="True")).active is True


OPTIONS = {"name": "Night", "text": "m", "message_type": "info", "active": True, "duration": 1}


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"text": None}, "text"),
        ({"text": ""}, "text"),
        ({"text": " \n"}, "text"),
        ({"duration": 0}, "duration"),
        ({"duration": -5}, "duration"),
        ({"duration": 2**31}, "duration"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "a\u202eb"}, "name"),
    ],
)
def test_what_cannot_be_meant(options: dict[str, Any], option: str) -> None:
    with pytest.raises(BadOption) as caught:
        Banner.from_options({**OPTIONS, **options})
    assert caught.value.option == option


def test_blanks_and_line_ends_make_no_difference() -> None:
    assert checked_name({"name": " Night\n"}) == "Night"
    assert Banner.from_options({**OPTIONS, "text": "\n a\r\nb \n"}).message == "a\nb"
    assert read(banner("Night", message="a\r\nb\n")).message == "a\nb"
