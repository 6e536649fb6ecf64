# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The summary of a rolling restart, out of the reports of the role proxy_restart."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils._table import INDENTATION, fits, printable, table

DOCUMENTATION = r"""
name: restart_table
short_description: Show what became of each node in a rolling restart, or whether it may be restarted
version_added: 0.1.0
description:
  - Turns the reports that the role P(qlikops.sense.proxy_restart#role) hands on by C(set_stats), under the key
    C(proxy_restart), into a table. C(State) is that of the node in the balancer. Who was there in C(Users) has C(Left),
    was C(Ended), or is C(Still) there; those who were ended and are there again are C(Back). Each user counts once.
  - Below it stands what else went wrong, such as a banner that could not be removed.
  - Results of M(qlikops.sense.qlik_restart_info) become a table of whether each node may be restarted, with the reasons
    below it. Between reports they stand for nodes that were not touched.
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  _input:
    description: The reports, or the results of M(qlikops.sense.qlik_restart_info), in display order.
    type: list
    elements: dict
    required: true
  width:
    description: How many characters wide the text may be. Without it what the terminal leaves, 160 where there is none.
    type: int
"""

EXAMPLES = r"""
- name: Show what became of the nodes
  ansible.builtin.debug:
    msg: "{{ proxy_restart.values() | qlikops.sense.restart_table }}"
"""

RETURN = r"""
_value:
  description: Lines of text.
  type: str
"""

Row = Mapping[str, Any]


def _is_report(row: Row) -> bool:
    return "timeline" in row


def _name(row: Row) -> str:
    return str(row["node"] if _is_report(row) else row["node"]["name"])


def _was_done(row: Row) -> bool:
    return _is_report(row) and row["result"] != WOULD_BE_RESTARTED


LONGEST_IN_SECONDS = 120
WOULD_BE_RESTARTED = "would be restarted"
NOT_COUNTED = "-"
AFTER: dict[str, Callable[[Row], Any]] = {
    "Node": _name,
    "Result": lambda row: row["result"] if _is_report(row) else _untouched(row),
    "State": lambda row: row.get("balancer_state") or "",
    "Took": lambda row: _took(row["timeline"]) if _was_done(row) else "",
    "Users": lambda row: _there(row) if _is_report(row) else "",
    "Left": lambda row: _users(row, "left") if _was_done(row) else "",
    "Ended": lambda row: _users(row, "ended") if _was_done(row) else "",
    "Still": lambda row: _users(row, "still_there") if _was_done(row) else "",
    "Back": lambda row: _count(row, "came_back") if _was_done(row) else "",
}
BEFORE: dict[str, Callable[[Row], Any]] = {
    "Node": _name,
    "Allowed": lambda answer: "yes" if answer["allowed"] else "no",
    "Sessions": lambda answer: _number(answer["affected"].get("sessions")),
    "Users": lambda answer: len(answer["affected"]["users"]) if answer["affected"] else NOT_COUNTED,
    "Balancer": lambda answer: answer["balancer_state"],
    "Window": lambda answer: answer["window"],
    "Because of": lambda answer: ", ".join(reason["key"] for reason in answer["reasons"]),
}
AGAIN = "To go on, run the same command again: it begins with the nodes that are out."


def restart_table(reports: Any, width: int | None = None) -> str:
    """See DOCUMENTATION."""
    rows = list(reports)
    if not all(isinstance(row, Mapping) and (_is_report(row) or "allowed" in row) for row in rows):
        raise AnsibleFilterError(
            "restart_table: the input is not a list of reports of proxy_restart, or results of qlik_restart_info."
        )
    width = width or shutil.get_terminal_size((160 + INDENTATION, 24)).columns - INDENTATION
    return "\n".join(_after(rows, width) if any(map(_is_report, rows)) else _before(rows, width))


def _after(rows: Sequence[Row], width: int) -> list[str]:
    """What became of each node, and below the table what went wrong, and what to do next."""
    failed = [row for row in rows if _is_report(row) and row["failure"]]
    told = [f"{row['node']} failed at: {row['failure'].get('task', '')}. {row.get('way_back', '')}" for row in failed]
    troubles = [f"{row['node']}: {trouble}" for row in rows for trouble in row.get("troubles") or []]
    return [*_table(AFTER, rows, width), *map(printable, [*told, *troubles]), *([AGAIN] if failed else [])]


def _before(answers: Sequence[Row], width: int) -> list[str]:
    """Whether each node may be restarted, and below the table why not, and what else is to be known."""
    if not answers:
        return []
    told = [
        f"{_name(answer)}: {' '.join(filter(None, (answer['message'], *answer['notes'])))}"
        for answer in answers
        if answer["message"] or answer["notes"]
    ]
    return [*_table(BEFORE, answers, width), *map(printable, told)]


def _table(columns: Mapping[str, Callable[[Row], Any]], rows: Sequence[Row], width: int) -> list[str]:
    """Without columns that have nothing in them, and without the domain of the nodes where that is too wide."""
    cells = {title: [str(value(row)) for row in rows] for title, value in columns.items()}
    told = {title: column for title, column in cells.items() if any(column)}
    if not fits(list(told), _lines(told), width):
        told["Node"] = _without_domain(told["Node"])
    return table(list(told), _lines(told), width)


def _lines(columns: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    return list(zip(*columns.values(), strict=True))


def _without_domain(names: Sequence[str]) -> list[str]:
    """As they are where that would leave two alike, or a number out of an address."""
    short = [name.partition(".")[0] for name in names]
    return list(names) if len(set(short)) < len(set(names)) or any(map(str.isdigit, short)) else short


def _untouched(answer: Row) -> str:
    return "untouched" if answer["allowed"] else "refused"


def _number(value: Any) -> str:
    """What was never counted is not 0."""
    return NOT_COUNTED if value is None else str(value)


def _count(report: Row, name: str) -> int:
    """Of all, also where only some are in what ``set_stats`` handed on."""
    return len(report[name]) + int((report.get("left_out") or {}).get(name, 0))


def _there(report: Row) -> str:
    """Before or meanwhile; where nobody looked later on, before."""
    return _users(report, "there") if report.get("users") else _number(report["affected"].get("users"))


def _users(report: Row, name: str) -> str:
    return _number((report.get("users") or {}).get(name))


def _took(timeline: Sequence[Mapping[str, str]]) -> str:
    """Short, so that nine columns fit into 80."""
    seconds = _seconds(timeline)
    return f"{seconds:.0f} s" if seconds < LONGEST_IN_SECONDS else f"{seconds / 60:.0f} min"


def _seconds(timeline: Sequence[Mapping[str, str]]) -> float:
    begin, end = (datetime.fromisoformat(timeline[at]["time"].replace("Z", "+00:00")) for at in (0, -1))
    return (end - begin).total_seconds()


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"restart_table": restart_table}
