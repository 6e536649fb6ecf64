# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows about usage rows of QRS that are missing, late, doubled, unreadable, of other users, or of no sense."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.qlikops.sense.tests.integration.faults import answers
from ansible_collections.qlikops.sense.tests.integration.faults.answers import Answer
from ansible_collections.qlikops.sense.tests.integration.faults.row import Row, Step, when
from ansible_collections.qlikops.sense.tests.integration.faults.site import SESSIONS, Site, id_of

IDLE = {"any_of": [{"min_idle": "2h"}]}
USER_OF = {session.label: session.user for session in SESSIONS}
ANALYZER = "QRS GET /qrs/license/analyzeraccessusage/full"
ANY_USAGE = "QRS GET /qrs/license/"


def ago(hours: float) -> str:
    return (datetime.now(timezone.utc) - timedelta(hours=hours)).isoformat(timespec="milliseconds")[:-6] + "Z"


def noted(label: str, idle: float, kind: str = "analyzer", **fields: Any) -> Step:
    """QRS has a row of this session, which began 30 hours ago and is idle for so many."""

    def arrange(site: Site) -> None:
        row = {
            "id": f"row {label}",
            "sessionID": id_of(label),
            "modifiedByUserName": USER_OF[label],
            "useStartTime": ago(30),
            "latestActivity": ago(idle),
            **fields,
        }
        site.usage.setdefault(kind, []).append(row)

    return arrange


def passed(label: str, idle: float, user: str) -> Step:
    """The session draws on a login pass of this user."""

    def arrange(site: Site) -> None:
        directory, _backslash, user_id = user.partition("\\")
        session = {"sessionID": id_of(label), "createdDate": ago(30), "latestActivity": ago(idle)}
        row = {"user": {"userDirectory": directory, "userId": user_id}, "sessions": [session]}
        site.usage.setdefault("login", []).append(row)

    return arrange


TWO = (noted("anna1", 3), noted("bert1", 1))


def rows() -> Iterator[Row]:
    yield Row("activity: who is idle goes", IDLE, TWO, ended="anna1")
    yield Row("activity: a row is missing", IDLE, (noted("bert1", 1),))
    yield Row("activity: there are no rows", IDLE)
    yield Row("activity: a row is late", IDLE, (*TWO, noted("carla1", 30)), ended="anna1 carla1")
    yield Row("activity: a row is doubled, once older", IDLE, (*TWO, noted("anna1", 1)))
    yield Row("activity: a row is doubled in another kind", IDLE, (*TWO, noted("anna1", 1, "professional")))
    yield Row("activity: a row is doubled as it is", IDLE, (*TWO, noted("anna1", 3)), ended="anna1")
    yield Row("activity: a row is of somebody else", IDLE, (noted("anna1", 3, modifiedByUserName="LAB\\bert"),))
    yield Row("activity: a pass is of somebody else", IDLE, (passed("anna1", 3, "LAB\\bert"),))
    yield Row("activity: a pass is of the user", IDLE, (passed("anna1", 3, "lab\\ANNA"),), ended="anna1")
    yield Row(
        "activity: rows of sessions that are no more",
        IDLE,
        (*TWO, noted("anna1", 9, sessionID="x" * 36)),
        ended="anna1",
    )
    for name, time in (
        ("yet to come", ago(-1)),
        ("no date at all", "1753-01-01T00:00:00.000Z"),
        ("of the year 1", "0001-01-01T00:00:00"),
        ("no time", "yesterday"),
        ("null", None),
        ("empty", ""),
        ("without a zone", ago(3).rstrip("Z")),
    ):
        yield Row(f"activity: the time of a row is {name}", IDLE, (noted("anna1", 3, latestActivity=time),))
    yield Row(
        "activity: times without a zone, one of them of now",
        IDLE,
        (
            noted("anna1", 3, useStartTime=ago(4).rstrip("Z"), latestActivity=ago(3).rstrip("Z")),
            noted("bert1", 0, latestActivity=ago(0).rstrip("Z")),
        ),
        ended="anna1",
    )
    for name, odd in (
        ("a number", 5),
        ("a list", []),
        ("an object", {}),
        ("a flag", True),
    ):
        yield Row(f"activity: the id of a row is {name}", IDLE, (*TWO, noted("anna2", 3, sessionID=odd)))
        yield Row(f"activity: the time of a row is {name}", IDLE, (*TWO, noted("anna2", 3, latestActivity=odd)))
    for name, saying in (
        ("a refusal", answers.status(403)),
        ("an error", answers.status(500)),
        ("a page", answers.html()),
        ("garbage", answers.GARBAGE),
        ("an object", answers.as_json({"rows": []})),
        ("numbers", answers.as_json([1, 2])),
        ("nothing", answers.EMPTY),
        ("half of it", answers.HALF),
        ("cut off", answers.CUT),
        ("lost", answers.LOST),
    ):
        yield from unreadable(name, saying)


def unreadable(name: str, saying: Answer) -> Iterator[Row]:
    yield Row(f"activity: one list of rows is {name}", IDLE, (*TWO, when(ANALYZER, saying)))
    yield Row(f"activity: every list of rows is {name}", IDLE, (*TWO, when(ANY_USAGE, saying)))
    yield Row(
        f"activity: one list of rows is {name}, the others are good",
        IDLE,
        (*TWO, noted("carla1", 4, "user"), when(ANALYZER, saying)),
        ended="carla1",
    )
    yield Row(
        f"activity: it is required, and one list of rows is {name}",
        {**IDLE, "activity": "require"},
        (*TWO, when(ANALYZER, saying)),
        kind="no_activity",
        says="Usage rows of analyzer access could not be read",
        where="",
    )


ROWS = list(rows())
