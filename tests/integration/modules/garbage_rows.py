# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Usage rows of which many make no sense, and what can be known by them. Nothing of the collection is used here."""

from __future__ import annotations

import copy
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.qlikops.sense.tests.integration.modules.activity_oracle import Known
from ansible_collections.qlikops.sense.tests.integration.modules.town import Real

# License -> name in the path of its rows.
PATHS = {
    "professional": "professional",
    "analyzer": "analyzer",
    "user": "user",
    "login": "login",
    "analyzer_capacity": "analyzertime",
}
OF_USERS = ("login", "analyzer_capacity")
Rows = dict[str, list[dict[str, Any]]]

NO_TIMES = (
    None,
    "",
    " ",
    "yesterday",
    "1753-01-01T00:00:00.000Z",
    "0001-01-01T00:00:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999Z",
    "9999-12-31T23:59:59.999-14:00",
    "2026-02-30T12:00:00.000Z",
    "2026-02-20T25:00:00.000Z",
    "1768469400",
    "2026-01-15T09:30:00.000Z2026-01-15T09:30:00.000Z",
    "\u0000",
    "٢٠٢٦-01-15T09:30:00.000Z",
    "x" * 10_000,
)
NO_NAMES = (None, "", "nobody", "\\", "LAB\\", "\\u1", "INTERNAL\\sa_repository", "internal\\SA_API")
WRONG_TYPES: tuple[Any, ...] = (5, True, [], {}, 1.5, ["2026-01-15T09:30:00.000Z"])
TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def spoilt(rows: Rows, luck: random.Random, when: float, sessions: dict[str, Real], wrong_types: bool) -> Rows:
    """The rows with about a third of them spoilt. With ``wrong_types`` a field of one is of a wrong type, too."""
    made = copy.deepcopy(rows)
    for license_, items in made.items():
        for item in list(items):
            if luck.random() < 0.35:
                _spoil(items, item, license_, luck, when, sessions)
    if wrong_types:
        item = luck.choice(made[luck.choice([license_ for license_ in made if made[license_]])])
        place = luck.choice([item, *(item.get("sessions") or [])])
        place[luck.choice(["modifiedByUserName", "sessionID", "latestActivity"])] = luck.choice(WRONG_TYPES)
    return made


def _spoil(
    items: list[dict[str, Any]],
    item: dict[str, Any],
    license_: str,
    luck: random.Random,
    when: float,
    sessions: dict[str, Real],
) -> None:
    part = luck.choice(item["sessions"]) if license_ in OF_USERS else item
    field = luck.choice(["latestActivity", "createdDate" if license_ in OF_USERS else "useStartTime"])
    what = luck.randrange(7)
    if what == 0:
        part[field] = luck.choice(NO_TIMES)
    elif what == 1:
        part[field] = _utc(when + luck.choice([3600, 86_400, 10**9]))
    elif what == 2:  # the same, spelled otherwise
        time = datetime.fromisoformat(part[field].replace("Z", "+00:00"))
        other = time.astimezone(timezone(timedelta(hours=luck.choice([-5, 5.5, 14]))))
        part[field] = luck.choice([other.isoformat(), time.isoformat(timespec="microseconds")[:-6] + "1Z"])
    elif what == 3:
        item["modifiedByUserName"] = luck.choice(
            [*NO_NAMES, luck.choice(sorted(real.user for real in sessions.values()))]
        )
    elif what == 4:  # of the same user, it could not be told from a good one
        others = sorted(each for each, real in sessions.items() if real.user != item["modifiedByUserName"])
        part["sessionID"] = luck.choice([None, "", "not there", luck.choice(others)])
    elif what == 5:
        del part[field]
    else:
        twin = copy.deepcopy(item)
        (twin["sessions"][0] if license_ in OF_USERS else twin)[field] = luck.choice(NO_TIMES)
        items.append(twin)


def known_by(rows: Rows, sessions: dict[str, Real], when: float) -> dict[str, Known]:
    """What can be known of sessions by these rows; a list with a wrong type in it is not read at all."""
    of_session: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for license_, items in rows.items():
        if all(_is_well_typed(license_, item) for item in items):
            for session_id, user, started, last_active in _told(license_, items):
                session = sessions.get(session_id)
                if session and user in ("", session.user.lower()):
                    of_session[session_id].append((license_, started, last_active))
    known = {}
    for session_id, told in of_session.items():
        created = _latest([started for _license, started, _active in told], when)
        latest = _latest([active for _license, _started, active in told], when)
        if created and latest:
            latest = max(created, latest)
        known[session_id] = Known(sessions[session_id].license, created, latest)
    return known


def _told(license_: str, items: list[dict[str, Any]]) -> Iterator[tuple[str, str, str, str]]:
    """Session id, user or "" where anybody's, start and last activity."""
    for item in items:
        if license_ in OF_USERS:
            user = f"{item['user']['userDirectory']}\\{item['user']['userId']}".lower()
            for each in item["sessions"]:
                yield _text(each, "sessionID"), user, _text(each, "createdDate"), _text(each, "latestActivity")
        else:
            directory, _backslash, user_id = _text(item, "modifiedByUserName").lower().partition("\\")
            is_named = directory and user_id and directory != "internal"
            user = f"{directory}\\{user_id}" if is_named else ""
            yield _text(item, "sessionID"), user, _text(item, "useStartTime"), _text(item, "latestActivity")


def _text(item: dict[str, Any], field: str) -> str:
    return item.get(field) or ""


def _is_well_typed(license_: str, item: dict[str, Any]) -> bool:
    """Whether the fields that tell something hold text; what nobody has to read may be anything."""
    if license_ not in OF_USERS:
        return _are_texts(item, ("modifiedByUserName", "sessionID", "useStartTime", "latestActivity"))
    return all(_are_texts(each, ("sessionID", "createdDate", "latestActivity")) for each in item["sessions"])


def _are_texts(item: dict[str, Any], fields: tuple[str, ...]) -> bool:
    return all(isinstance(item.get(field), (str, type(None))) for field in fields)


def _latest(texts: list[str], when: float) -> float | None:
    """The latest of them; None if any is none that can be."""
    times = [_read(text, when) for text in texts]
    return None if None in times else max(time for time in times if time is not None)


def _read(text: str, when: float) -> float | None:
    match = TIME.fullmatch(text)
    if match is None or match[3] is None:
        return None
    try:
        zone = match[3].replace("Z", "+00:00")
        time = datetime.fromisoformat(f"{match[1]}.{(match[2] or '0')[:6].ljust(6, '0')}{zone}").timestamp()
    except (ValueError, OverflowError):
        return None
    return time if -120 <= when - time <= 366 * 86_400 else None


def _utc(when: float) -> str:
    return datetime.fromtimestamp(when, timezone.utc).isoformat(timespec="milliseconds")[:-6] + "Z"
