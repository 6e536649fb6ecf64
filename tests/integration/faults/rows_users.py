# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows about names: one fold and one notion of blank, whichever option a name stands in."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.qlikops.sense.tests.integration.faults.row import (
    Row,
    Step,
    field_of,
    logged_in,
    moved,
    only,
)
from ansible_collections.qlikops.sense.tests.integration.faults.site import SESSIONS, live

PROXIES = "QRS GET /qrs/proxyservice/full"
KELVIN = "\N{KELVIN SIGN}"
DOTLESS_I = "\N{LATIN SMALL LETTER DOTLESS I}"
# Two spellings, and whether they are one name. Case is ignored character by character, as databases do.
SPELLINGS: tuple[tuple[str, str, bool], ...] = (
    ("anna", "ANNA", True),
    ("ärmel", "ÄRMEL", True),
    ("дмитрий", "ДМИТРИЙ", True),
    ("kim", f"{KELVIN}im", True),
    ("ǆenan", "ǅenan", True),
    ("straße", "STRASSE", False),
    ("straße", "STRAẞE", True),
    ("ibrahim", "İbrahim", False),
    ("i̇brahim", "İbrahim", False),
    ("irmak", f"{DOTLESS_I}rmak", False),
    ("Irmak", f"{DOTLESS_I}rmak", False),
    ("ﬁona", "fiona", False),
    ("σοφος", "ΣΟΦΟΣ", False),
    ("josé", "jose\N{COMBINING ACUTE ACCENT}", False),
    ("\N{LATIN SMALL LETTER LONG S}am", "sam", False),
    ("\N{MICRO SIGN}arie", "\N{GREEK SMALL LETTER MU}arie", False),
)


def lone(user: str) -> Step:
    """Nobody is logged in but this user, and dora."""
    return only(live("one", user, "Node2"), next(session for session in SESSIONS if session.label == "dora"))


def rows() -> Iterator[Row]:
    for there, given, is_one in SPELLINGS:
        name = f"{there!a} and {given!a} are {'one' if is_one else 'two'}"
        yield Row(
            f"fold: {name} in users",
            {"users": [f"LAB\\{given}", "dora"]},
            (lone(f"LAB\\{there}"),),
            ended="one dora" if is_one else "dora",
        )
        yield Row(
            f"fold: {name} in directories and ids, excluded and protected",
            {
                "all": True,
                "exclude_users": [f"{given}\\three", f"{given}_two"],
                "protect_users": [f"{given}\\four", f"LAB\\{given}"],
            },
            (
                lone(f"LAB\\{there}"),
                logged_in("two", f"LAB\\{there}_two", "Central"),
                logged_in("three", f"{there}\\three", "Central"),
                logged_in("four", f"{there}\\four", "Node2", "sales"),
            ),
            ended="dora" if is_one else "one two three four dora",
            kept="one four" if is_one else "",
        )
        yield Row(
            f"fold: {name} in api_user, attributes and keep_per_user",
            {
                "attributes": {given: f"{given}*"},
                "keep_per_user": 0,
                "api_user": f"LAB\\{given}",
                "max_parallel": 2,
            },
            (
                only(),
                logged_in("one", f"LAB\\{there}", "Node2", **{there: f"{there}-1"}),
                logged_in("two", "LAB\\two", "Node2", **{there: f"{there}-2"}),
            ),
            ended="two" if is_one else "",
            kept="one" if is_one else "",
        )
        yield _places(name, there, given, is_one)


def _places(name: str, there: str, given: str, is_one: bool) -> Row:
    """A prefix and the name of a node."""
    return Row(
        f"fold: {name} in prefixes and nodes",
        {"virtual_proxies": [given], "proxies": [given], "users": ["anna", "bert"]},
        (
            moved("vp-sales", there),
            field_of(PROXIES, 1, "serverNodeConfiguration.name", there),
        ),
        ended="bert2" if is_one else "",
        kind="" if is_one else "bad_option",
        says="the site has no",
        hint="It has: ",
    )


BLANK = {
    "a no-break space": "\N{NO-BREAK SPACE}",
    "CR and LF": "\r\n",
    "a zero width space": "\N{ZERO WIDTH SPACE}",
    "a byte order mark": "\N{ZERO WIDTH NO-BREAK SPACE}",
    "an ideographic space": "\N{IDEOGRAPHIC SPACE}",
    "a soft hyphen": "\N{SOFT HYPHEN}",
    "a word joiner": "\N{WORD JOINER}",
    "a tabulator": "\t",
}
ALL_BUT_SPARED = "anna1 anna2 anna3 bert1 bert2 carla1 carla2 dora emil robot guest"


def blanks() -> Iterator[Row]:
    for name, blank in BLANK.items():
        yield Row(
            f"blank: {name} selects nobody",
            {"users": [blank], "proxies": [blank, ""], "session_refs": [f" {blank}"]},
            kind="refused",
            says="No option selects sessions",
            where="option",
            hint="all: true",
            most_deletes=0,
        )
        yield Row(
            f"blank: {name} in protect_users leaves the default",
            {"all": True, "protect_users": [blank], "exclude_users": [blank], "users": [blank]},
            ended=ALL_BUT_SPARED,
            kept="api scheduler",
        )
        yield Row(
            f"blank: {name} around who is protected and excluded",
            {
                "users": ["anna", "dora", "bert"],
                "protect_users": [f"{blank}LAB\\anna{blank}", blank],
                "exclude_users": [f"{blank}bert{blank}"],
            },
            ended="dora",
            kept="anna1 anna2 anna3",
        )


SINGLE_ROWS = [
    Row(
        "blank: an empty protect_users protects nobody else",
        {"users": ["sa_*"], "protect_users": []},
        ended="scheduler",
        kept="api",
    ),
    Row(
        "blank: an empty text as protect_users leaves the default",
        {"users": ["sa_*", "dora"], "protect_users": ""},
        ended="dora",
        kept="api scheduler",
    ),
    Row(
        "blank: commas alone in protect_users",
        {"users": ["sa_*", "dora"], "protect_users": " , \N{NO-BREAK SPACE},"},
        ended="dora",
        kept="api scheduler",
    ),
    Row(
        "blank: a list in a text",
        {"users": "anna, dora,,", "protect_users": "INTERNAL\\*, anna"},
        ended="dora",
        kept="anna1 anna2 anna3",
    ),
    Row(
        "blank: a blank inside a name is part of it",
        {"users": ["LAB\\an na"]},
        (logged_in("other", "LAB\\an na", "Node2"),),
        ended="other",
    ),
    Row(
        "users: the wildcards of others are none",
        {"users": ["LAB\\a[n]na", "LAB\\ann{a,e}", "LAB\\^anna$", "LAB\\ann.", "LAB\\(anna)"]},
    ),
    Row(
        "users: names full of wildcards of others",
        {"users": ["LAB\\a[n]na", "LAB\\b.*"]},
        (logged_in("odd1", "LAB\\a[n]na", "Node2"), logged_in("odd2", "LAB\\b.x", "Node2")),
        ended="odd1 odd2",
    ),
    Row(
        "users: a backslash in an id",
        {"users": ["LAB\\dom\\*"]},
        (logged_in("odd1", "LAB\\dom\\joe", "Node2"),),
        ended="odd1",
    ),
    Row(
        "users: line breaks in an id",
        {"users": ["LAB\\*joe*"]},
        (logged_in("odd1", "LAB\\a\r\njoe\nb", "Node2"),),
        ended="odd1",
    ),
    Row(
        "users: api_user is spared in any case and whatever is protected",
        {"users": ["sa_api"], "protect_users": [], "api_user": "internal\\SA_API"},
        kept="api",
    ),
    Row(
        "users: excluded alone is no selection",
        {"exclude_users": ["anna"]},
        kind="refused",
        says="No option selects",
        where="option",
    ),
    Row(
        "users: protected alone is no selection",
        {"protect_users": ["anna"]},
        kind="refused",
        says="No option selects",
        where="option",
    ),
]

ROWS = [*rows(), *blanks(), *SINGLE_ROWS]
