# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of a page: every cell escaped, columns with nothing in them left out. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.plugins.plugin_utils import _report_words as words
from ansible_collections.qlikops.sense.plugins.plugin_utils._page_text import (
    comma_separated,
    isolated,
    mail_link,
    number,
    parsed,
    short_moment,
)
from ansible_collections.qlikops.sense.plugins.plugin_utils._progress import duration
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import shown

Row = Mapping[str, Any]
# With more rows a table scrolls in a box of its own.
LONG = 30
# With more rows a browser that runs the page's script first shows so many, for layout takes its time.
MOST_AT_FIRST = 300


@dataclass(frozen=True)
class Column:
    """``cell``: what is shown, escaped. ``order``: a number to sort by, for columns of numbers."""

    title: str
    cell: Callable[[Row], Markup]
    order: Callable[[Row], float | None] | None = None


@dataclass(frozen=True)
class Table:
    """``rows`` and ``far_rows``: the bodies. ``columns``: those that have something in them."""

    id: str
    title: str
    nouns: str
    columns: tuple[Column, ...]
    rows: Markup
    far_rows: Markup
    count: int

    @property
    def is_long(self) -> bool:
        return self.count > LONG


def table(anchor: str, title: str, nouns: str, columns: Sequence[Column], rows: Sequence[Row]) -> Table:
    kept, cells = [], []
    for column in columns:
        found = [column.cell(row) for row in rows]
        if any(found):
            kept.append(column)
            cells.append([f"<td{start}>{cell}</td>" for start, cell in zip(_starts(column, rows), found, strict=True)])
    # Joined as texts, for Markup would look at each of the many cells once more. All of them are escaped.
    lines = [f"<tr>{''.join(row)}</tr>" for row in zip(*cells, strict=True)]
    near, far = Markup("\n".join(lines[:MOST_AT_FIRST])), Markup("\n".join(lines[MOST_AT_FIRST:]))
    return Table(anchor, title, nouns, tuple(kept), near, far, len(rows))


def _starts(column: Column, rows: Sequence[Row]) -> list[str]:
    """What stands in the first tag of each cell."""
    if column.order is None:
        return [""] * len(rows)
    return [f' data-n="{"" if value is None else round(value)}"' for value in map(column.order, rows)]


def count(title: str, key: str) -> Column:
    """A column of whole numbers, nothing for nought."""
    return Column(title, lambda row: escape(number(row[key]) if row[key] else ""), lambda row: row[key])


def word(title: str, value: Callable[[Row], str]) -> Column:
    return Column(title, lambda row: isolated(value(row)))


def users_table(report: Row) -> Table:
    elsewhere = bool(report["proxies"])
    one_node = len(report["proxies"]) == 1
    columns = [
        word("User", lambda user: user["user"]),
        word("Name", lambda user: user["name"]),
        Column("E-mail", lambda user: comma_separated(map(mail_link, user["emails"]))),
        word("Kind", words.kind),
        word("State", words.state),
        count("Sessions", "sessions"),
        *([count("In all", "sessions_in_all")] if elsewhere else []),
        Column("Virtual proxies", lambda user: prefixes(user["virtual_proxies"])),
        *([] if one_node else [Column("Nodes", lambda user: names(user["nodes"]))]),
        Column("Also on", lambda user: places(user["elsewhere"])),
        count("Unlisted", "rows_without_session"),
        Column("Limit", lambda user: limit(user["limit"])),
    ]
    return table("users", "Users", "users", columns, report["users"])


def sessions_table(report: Row) -> Table:
    columns = [
        word("User", lambda session: session["user"]),
        word("Name", lambda session: session["name"]),
        word("Kind", words.kind),
        word("Virtual proxy", lambda session: shown(session["virtual_proxy"])),
        word("Node", lambda session: session["node"]),
        Column("Reference", lambda session: Markup(f"<code>{escape(session['ref'])}</code>")),
        Column("Since (UTC)", lambda session: escape(short_moment(there_since(session))), when),
        Column("Age", lambda session: escape(age(session)), lambda session: session["age"]),
        Column("Idle", lambda session: escape(idle(session)), lambda session: session["idle"]),
        word("License", lambda session: session["license"].replace("_", " ")),
    ]
    return table("sessions", "Sessions", "sessions", columns, report["sessions"])


def virtual_proxies_table(report: Row) -> Table:
    columns = [
        word("Virtual proxy", lambda proxy: shown(proxy["prefix"])),
        word("Description", lambda proxy: proxy["description"]),
        count("Sessions", "sessions"),
        count("Users", "users"),
        Column("By node", lambda proxy: by_node(proxy["nodes"])),
        Column("Note", lambda proxy: escape("runaway" if proxy["runaway"] else "")),
    ]
    return table("virtual-proxies", "Virtual proxies", "virtual proxies", columns, report["virtual_proxies"])


def nodes_table(report: Row) -> Table:
    answers = {True: "yes", False: "no"}
    columns = [
        word("Node", lambda node: node["name"]),
        word("Host", lambda node: node["host_name"]),
        count("Sessions", "sessions"),
        count("Users", "users"),
        Column("Answers", lambda node: escape(answers.get(node["reachable"], ""))),
        Column("Chosen", lambda node: escape("yes" if node["chosen"] else "")),
    ]
    return table("nodes", "Nodes", "nodes", columns, report["nodes"])


def limit_table(report: Row) -> Table:
    columns = [
        word("User", lambda user: user["user"]),
        word("Name", lambda user: user["name"]),
        word("Kind", words.kind),
        count("Sessions", "sessions"),
        Column("Virtual proxies", lambda user: prefixes(user["virtual_proxies"])),
        Column("Nodes", lambda user: names(user["nodes"])),
        Column("Limit", lambda user: limit(user["limit"])),
    ]
    return table("limit", "At or near the limit", "users at or near the limit", columns, report["at_limit"])


def unlisted_table(report: Row) -> Table:
    columns = [
        word("User", lambda user: user["user"]),
        word("Name", lambda user: user["name"]),
        Column("Sessions", lambda user: escape(number(user["sessions"])), lambda user: user["sessions"]),  # 0 is news
        count("Unlisted", "rows"),
    ]
    title = "Counted by Qlik, but on no proxy service"
    return table("unlisted", title, "users with unlisted sessions", columns, report.get("unlisted") or [])


def left_table(drain: Row) -> Table:
    """Whose sessions were ended, and who has come back."""
    back = {fold(name) for name in drain["came_back"]}
    ended: Counter[str] = Counter(drain["ended"])
    also = [name for name in drain["came_back"] if fold(name) not in {fold(user) for user in ended}]
    rows = [{"user": user, "ended": ended[user], "back": fold(user) in back} for user in [*ended, *also]]
    columns = [
        word("User", lambda row: row["user"]),
        count("Sessions ended", "ended"),
        Column("Came back", lambda row: escape("yes" if row["back"] else "")),
    ]
    return table("ended", "Whose sessions were ended", "users whose sessions were ended", columns, rows)


def hit_table(drain: Row) -> Table:
    """Who was on the node, where there is no report to say it."""
    columns = [
        word("User", lambda user: user["user"]),
        word("Name", lambda user: user.get("name") or ""),
        Column("E-mail", lambda user: comma_separated(map(mail_link, user.get("emails") or []))),
        count("Sessions", "sessions"),
        Column("Virtual proxies", lambda user: prefixes(user["virtual_proxies"])),
    ]
    return table("affected", "Who was on it", "users", columns, drain["affected_users"])


def prefixes(found: Sequence[str]) -> Markup:
    return comma_separated(isolated(shown(prefix)) for prefix in found)


def names(found: Sequence[str]) -> Markup:
    return comma_separated(map(isolated, found))


def places(found: Sequence[Row]) -> Markup:
    return comma_separated(
        Markup("%s on %s") % (isolated(shown(place["virtual_proxy"])), isolated(place["node"])) for place in found
    )


def by_node(found: Sequence[Row]) -> Markup:
    """``Central 9, Node2 9``, with spaces that do not break."""
    return comma_separated(
        Markup("%s\u00a0%s") % (isolated(node["name"]), number(node["sessions"])) for node in found if node["sessions"]
    )


def limit(found: str) -> Markup:
    text = words.limit({"limit": found})
    return Markup('<span class="limit %s">%s</span>') % (found, text) if text else Markup()


def age(session: Row) -> str:
    return "" if session["age"] is None else duration(session["age"])


def idle(session: Row) -> str:
    return "" if session["idle"] is None else duration(session["idle"])


def there_since(session: Row) -> str | None:
    """What the age counts from: the start that QRS knows, or else the memory's first sight."""
    since: str | None = session["started"] or session["first_seen"]
    return since


def when(session: Row) -> float | None:
    time = parsed(there_since(session) or "")
    return time.timestamp() if time else None
