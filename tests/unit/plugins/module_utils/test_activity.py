# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What usage rows tell of sessions, and what they do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._api.usage import UsageApi
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Response
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._model.activity import Activities
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import iso
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import UserKey
from ansible_collections.qlikops.sense.plugins.module_utils._model.usage import LICENSES, Usage, UsageRow
from ansible_collections.qlikops.sense.plugins.module_utils._rules.plan import Plan, without_active
from ansible_collections.qlikops.sense.tests.unit.plugins import builders
from ansible_collections.qlikops.sense.tests.unit.plugins.builders import NOW
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import FakeRest
from ansible_collections.qlikops.sense.tests.unit.plugins.running import QRS

ANNA = ("lab", "anna")
SESSION = builders.session("LAB\\anna", "one")
HTTP_DATE = "Thu, 15 Jan 2026 09:30:00 GMT"


def ago(minutes: float) -> str:
    return iso(NOW - timedelta(minutes=minutes))


def row(
    started: str = "",
    last_active: str = "",
    session_id: str = "one",
    user: UserKey | None = ANNA,
    license_: str = "analyzer",
    names_user: bool = False,
) -> UsageRow:
    return UsageRow(license_, user, names_user, started, last_active, session_id)


def told(*rows: UsageRow, now: datetime | None = NOW) -> tuple[int | None, int | None, str]:
    """Age and idle time of the session in minutes, and its license."""
    activities = Activities(Usage(rows, now), [SESSION])
    age, idle = activities.age(SESSION), activities.idle(SESSION)
    return age and age // 60, idle if idle is None else idle // 60, activities.of(SESSION).license


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row(ago(300), ago(45))], (300, 45, "analyzer")),
        ([row(ago(300), ago(45), session_id="ONE")], (300, 45, "analyzer")),  # a database may change the case
        ([row(ago(300), ago(45), session_id="ONE"), row(ago(9), ago(9), session_id="One")], (None, None, "")),
        ([row(ago(300), ago(45), user=None)], (300, 45, "analyzer")),
        ([row(ago(300), ago(45), user=("internal", "sa_repository"))], (300, 45, "analyzer")),
        ([row(ago(300), ago(45), user=("lab", "bert"))], (None, None, "")),
        ([row(ago(300), ago(45), user=("internal", "x"), names_user=True)], (None, None, "")),
        ([row(ago(300), ago(45), session_id="two")], (None, None, "")),
        # Of several rows the one by which it is the youngest and the least idle.
        ([row(ago(300), ago(45)), row(ago(200), ago(90), license_="user")], (200, 45, "analyzer")),
        ([row(ago(300), ago(300)), row(ago(300), ago(45), license_="login")], (300, 45, "login")),
        # Nobody is idle for longer than the session lives.
        ([row(ago(60), ago(90))], (60, 60, "analyzer")),
        ([row(ago(300), ago(-1))], (300, 0, "analyzer")),  # clocks of two nodes
        ([row(ago(300), ago(-3))], (300, None, "analyzer")),
        ([row(ago(-3), ago(45))], (None, 45, "analyzer")),
        ([row(ago(300), "")], (300, None, "analyzer")),
        ([row("", ago(45))], (None, 45, "analyzer")),
        ([row(ago(300), "yesterday")], (300, None, "analyzer")),
        ([row(ago(300), "1753-01-01T00:00:00.000Z")], (300, None, "analyzer")),
        ([row("0001-01-01T00:00:00Z", ago(45))], (None, 45, "analyzer")),
        # One that can't be believed makes the others doubtful, too.
        ([row(ago(300), ago(45)), row(ago(300), ago(-60))], (300, None, "analyzer")),
    ],
)
def test_what_a_session_is_known_of(rows: list[UsageRow], expected: tuple[int | None, int | None, str]) -> None:
    assert told(*rows) == expected


def bare(text: str, hours: float = 0) -> str:
    return iso(datetime.fromisoformat(text.replace("Z", "+00:00")) + timedelta(hours=hours)).rstrip("Z")


@pytest.mark.parametrize("hours", [-12, -5, -1, -0.25, 0, 0.25, 2, 5.5, 14])
@pytest.mark.parametrize("others", [(), (1,), (600,), (1, 600), (330,)])
def test_times_without_a_zone_never_make_a_session_look_idler(hours: float, others: Iterable[int]) -> None:
    rows = [
        row(bare(ago(300), hours), bare(ago(45), hours)),
        *(row(bare(ago(700), hours), bare(ago(each), hours), f"other {each}") for each in others),
    ]
    age, idle, _license = told(*rows)
    assert idle is None or idle <= 45
    assert age is None or age <= 300
    if hours == 0 and 1 in others:
        assert (age, idle) == (300, 45)


def test_without_the_time_of_qrs_nothing_is_known() -> None:
    assert told(row(ago(300), ago(45)), now=None) == (None, None, "analyzer")


@pytest.mark.parametrize(("later", "spared"), [(0, False), (1, True)])
def test_only_a_row_that_has_changed_spares_at_the_second_look(later: float, spared: bool) -> None:
    """The date of an answer has whole seconds, so a row just written is ahead of it, at the first look alone."""
    first = Activities(Usage((row(ago(300), ago(-0.5)),), NOW), [SESSION])
    second = Activities(Usage((row(ago(300), ago(-0.5 - later)),), NOW + timedelta(minutes=2)), [SESSION])
    assert first.idle(SESSION) == 0
    assert bool(without_active(Plan((SESSION,), ()), first, second).kept) is spared


def everybody(_user: UserKey) -> bool:
    return True


def test_rows_without_a_session_are_counted_for_their_users() -> None:
    bert = ("lab", "bert")
    rows = (
        row(),
        row(session_id="two"),
        row(session_id="three"),
        row(session_id="four", user=bert),
        row(session_id="5"),
    )
    activities = Activities(Usage(rows, NOW), [SESSION])
    assert activities.rows_without_session(everybody) == {ANNA: 3, bert: 1}
    assert activities.rows_without_session(lambda user: user == bert) == {bert: 1}
    doubled = Activities(Usage((*rows, *rows), NOW), [SESSION])
    assert doubled.rows_without_session(everybody) == {ANNA: 3, bert: 1}
    nobody_here = Activities(Usage(rows[1:], NOW), [])
    assert nobody_here.rows_without_session(everybody) == {ANNA: 3, bert: 1}


@pytest.mark.parametrize(
    "usage",
    [
        Usage((), NOW),  # rights may hide them
        Usage((row(session_id="two"),), NOW),  # ids may not match
        Usage((row(), row(session_id="two")), NOW, failures=(("login", QlikError("x", "why")),)),
        Usage((row(user=("internal", "sa_repository")), row(session_id="two")), NOW),  # rows do not say whose they are
    ],
)
def test_where_nothing_can_be_counted_the_number_is_unknown(usage: Usage) -> None:
    assert Activities(usage, [SESSION]).rows_without_session(everybody) is None


def test_the_user_field_says_whose_a_row_is_whoever_wrote_others() -> None:
    rows = (row(names_user=True), row(session_id="two", names_user=True))
    assert Activities(Usage(rows, NOW), [SESSION]).rows_without_session(everybody) == {ANNA: 1}


@pytest.mark.parametrize(
    ("usage", "words"),
    [
        (Usage((row(ago(300), ago(45)),), NOW), []),
        (Usage((), NOW), ["QRS shows sa_api no usage rows."]),
        (Usage((row(session_id="two"),), NOW), ["None of the 1 usage row of QRS names one of the 1 session listed."]),
        (Usage((row(ago(300), ago(45)),), None), ["QRS does not tell its own time"]),
        (Usage((row(bare(ago(300)), bare(ago(45))),), NOW), ["without a time zone"]),
        (Usage((row(bare(ago(300)), bare(ago(5))),), NOW), []),
        (
            Usage((row(),), NOW, tuple((license_, QlikError("x", "Why.")) for license_ in ("login", "user"))),
            ["Usage rows of login access, user access could not be read. Why."],
        ),
    ],
)
def test_what_could_not_be_learned_is_said_once(usage: Usage, words: list[str]) -> None:
    doubts = Activities(usage, [SESSION]).doubts("sa_api")
    assert len(doubts) == len(words)
    assert all(word in doubt for word, doubt in zip(words, doubts, strict=True))


def test_rows_as_qrs_answers_them() -> None:
    times = {"useStartTime": ago(300), "latestActivity": ago(45)}
    session = {"createdDate": ago(30), "latestActivity": ago(9)}
    user = {"userDirectory": "LAB", "userId": "Anna"}
    answers = {
        "analyzer": [
            {**times, "sessionID": "one", "modifiedByUserName": "LAB\\Anna"},
            {**times, "sessionID": "", "modifiedByUserName": "nobody"},
            {"sessionID": "two", "modifiedByUserName": None},
        ],
        "login": [{**times, "user": user, "sessions": [{**session, "sessionID": "one"}, {"sessionID": None}]}],
        "analyzertime": [{**times, "modifiedByUserName": "LAB\\anna", "sessions": [{**session, "sessionID": "x"}]}],
    }
    rest = FakeRest(
        {
            f"{QRS}/license/{kind}accessusage/full": Response(200, items, repeated=False, date=HTTP_DATE)
            for kind, items in answers.items()
        }
    )
    api = UsageApi(rest, builders.connection(host="qlik1.example.com"))
    anna = replace(row(ago(300), ago(45)), called="LAB\\Anna")
    assert api.rows("analyzer") == ([anna, row(session_id="two", user=None)], NOW)
    login = row(ago(30), ago(9), license_="login", names_user=True)
    assert api.rows("login")[0] == [replace(login, called="LAB\\Anna")]
    capacity = row(ago(30), ago(9), "x", license_="analyzer_capacity")
    assert api.rows("analyzer_capacity")[0] == [replace(capacity, called="LAB\\anna")]
    assert {"one", "two", "x"} <= set(rest.remembered)


@pytest.mark.parametrize("date", ["", "soon", "Thu, 15 Jan 2026 09:30:00 -0000", "Thu, 99 Jan 2026 09:30:00 GMT"])
def test_a_date_that_cannot_be_read_is_none(date: str) -> None:
    rest = FakeRest({f"{QRS}/license/useraccessusage/full": Response(200, [], repeated=False, date=date)})
    assert UsageApi(rest, builders.connection(host="qlik1.example.com")).rows("user") == ([], None)


def test_every_license_has_words() -> None:
    for license_, words in LICENSES.items():
        activities = Activities(Usage((row(license_=license_),), NOW), [SESSION])
        assert activities.of(SESSION).source == f"QRS ({words})"
