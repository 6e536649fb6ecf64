# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as text for the screen. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ansible_collections.qlikops.sense.plugins.plugin_utils import _report_words as words
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import shown
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import Row
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import fits, printable, table
from ansible_collections.qlikops.sense.plugins.plugin_utils._upkeep_words import upkeep_lines

Columns = Mapping[str, Callable[[Row], Any]]
# Cut where there is no room, names of users last.
ELASTIC = frozenset(("Description", "Nodes", "Where", "Also on", "Host", "Over", "On", "State"))
ELASTIC_AT_LAST = ELASTIC | {"Name", "User"}
USERS: Columns = {
    "User": lambda user: user["user"],
    "Name": lambda user: user["name"],
    "Kind": words.kind,
    "State": words.state,
    "Sessions": lambda user: user["sessions"],
    "In all": lambda user: user["sessions_in_all"],
    "Where": words.where,
    "Also on": words.elsewhere,
    "Unlisted": lambda user: user["rows_without_session"] or "",
    "Limit": lambda user: user["limit"],
}
AT_LIMIT: Columns = {
    "User": lambda user: user["user"],
    "Name": lambda user: user["name"],
    "Kind": words.kind,
    "Sessions": lambda user: user["sessions"],
    "Over": lambda user: words.joined(map(shown, user["virtual_proxies"])),
    "On": lambda user: words.joined(user["nodes"]),
    "Limit": lambda user: user["limit"],
}
UNLISTED: Columns = {
    "User": lambda user: user["user"],
    "Name": lambda user: user["name"],
    "Sessions": lambda user: user["sessions"],
    "Unlisted": lambda user: user["rows"],
}
NODES: Columns = {
    "Node": lambda node: node["name"],
    "Host": lambda node: node["host_name"],
    "Sessions": lambda node: node["sessions"],
    "Users": lambda node: node["users"],
    "Answers": lambda node: {True: "yes", False: "NO"}.get(node["reachable"], ""),
    "Chosen": lambda node: "yes" if node["chosen"] else "",
}


def as_text(report: Row, width: int, most: int) -> str:
    """Parts with an empty line between them. Tables have at most so many rows, and say how many more there are."""
    parts = [
        _wrapped([f"{report['title']}, as of {report['observed_at']}", words.headline(report)], width),
        _wrapped([f"NOT COMPLETE: {failure}" for failure in words.failures(report)], width),
        _wrapped([f"* {line}" for line in upkeep_lines(report["upkeep"])], width, indent="  "),
        _by_virtual_proxy(report, width, most),
        _table(NODES, report["nodes"], width, most),
        _titled("Who:", _table(_who(report), report["users"], width, most)),
        _titled("At or near the limit, in the whole site:", _table(AT_LIMIT, report["at_limit"], width, most)),
        _titled("Counted by Qlik, but on no proxy service:", _table(UNLISTED, report["unlisted"], width, most)),
        _titled("Runaways, in the whole site:", _runaways(report, width, most)),
        _wrapped([f"Linked to no proxy service: {words.unlinked(report)}"] if report["unlinked"] else [], width),
        _wrapped([f"* {sentence}" for sentence in report["advice"]], width, indent="  "),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _who(report: Row) -> Columns:
    """Nothing is said twice: neither all sessions where all are shown, nor the node where there is but one."""
    left_out = set() if report["proxies"] else {"In all"}
    columns = {title: value for title, value in USERS.items() if title not in left_out}
    if len(report["proxies"]) == 1:
        columns["Where"] = lambda user: words.joined(map(shown, user["virtual_proxies"]))
    return columns


def _by_virtual_proxy(report: Row, width: int, most: int) -> list[str]:
    """A column for every node where there is room for that, else all nodes in one."""
    head: Columns = {
        "Virtual proxy": lambda proxy: shown(proxy["prefix"]),
        "Description": lambda proxy: proxy["description"],
        "Users": lambda proxy: proxy["users"],
        "Sessions": lambda proxy: proxy["sessions"],
    }
    names = [node["name"] for node in report["nodes"] if node["chosen"] or not report["proxies"]]
    each: Columns = {name: partial(_sessions_on, name) for name in names}
    one: Columns = {
        "Nodes": lambda proxy: words.joined(
            f"{node['name']} {node['sessions']}" for node in proxy["nodes"] if node["sessions"]
        )
    }
    proxies, more = report["virtual_proxies"][:most], len(report["virtual_proxies"]) - most
    tight = {**head, "Description": lambda proxy: proxy["description"][:12]}
    columns = {**head, **each} if fits(*_cells({**tight, **each}, proxies), width, ELASTIC) else {**head, **one}
    return _table(columns, proxies, width, most) + _rest(more)


def _sessions_on(name: str, proxy: Row) -> Any:
    """Nothing where the node does not serve the virtual proxy."""
    return next((node["sessions"] for node in proxy["nodes"] if node["name"] == name), "")


def _runaways(report: Row, width: int, most: int) -> list[str]:
    found = report["runaways"]
    return _wrapped([f"* {words.runaway(runaway)}" for runaway in found[:most]], width, indent="  ") + _rest(
        len(found) - most
    )


def _table(columns: Columns, rows: Sequence[Row], width: int, most: int) -> list[str]:
    if not rows:
        return []
    header, cells = _cells(columns, rows[:most])
    elastic = ELASTIC if fits(header, cells, width, ELASTIC) else ELASTIC_AT_LAST
    return table(header, cells, width, elastic) + _rest(len(rows) - most)


def _cells(columns: Columns, rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Header and rows, without the columns that have nothing in them."""
    cells = {title: [str(value(row)) for row in rows] for title, value in columns.items()}
    chosen = {title: column for title, column in cells.items() if any(column)}
    return list(chosen), [list(row) for row in zip(*chosen.values(), strict=True)]


def _rest(more: int) -> list[str]:
    return [f"... and {more} more"] if more > 0 else []


def _titled(title: str, lines: list[str]) -> list[str]:
    return [title, *lines] if lines else []


def _wrapped(lines: Sequence[str], width: int, indent: str = "") -> list[str]:
    return [part for line in lines for part in textwrap.wrap(printable(line), width, subsequent_indent=indent) or [""]]
