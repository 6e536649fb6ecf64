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

from ansible_collections.qlikops.sense.plugins.plugin_utils._progress import duration
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import INDENTATION, printable, table

DOCUMENTATION = r"""
name: restart_table
short_description: Show what became of each node in a rolling restart, or whether it may be restarted
version_added: 0.1.0
description:
  - Turns the reports that the role P(qlikops.sense.proxy_restart#role) hands on by C(set_stats), under the key
    C(proxy_restart), into a table. Below it stands what else went wrong, such as a banner that could not be removed.
  - Results of M(qlikops.sense.qlik_restart_info) become a table of whether each node may be restarted, with the reasons
    below it.
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  _input:
    description: The reports, or the results of M(qlikops.sense.qlik_restart_info), in the order they shall be shown in.
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

COLUMNS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "Node": lambda report: report["node"],
    "Result": lambda report: report["result"],
    "Began": lambda report: report["timeline"][0]["time"],
    "Took": lambda report: duration(_seconds(report["timeline"])),
    "Sessions": lambda report: report["hit"].get("sessions", 0),
    "Users": lambda report: report["hit"].get("users", 0),
    "Left": lambda report: report["left_by_themselves"],
    "Ended": lambda report: _count(report, "ended"),
    "Came back": lambda report: _count(report, "came_back"),
    "Failed at": lambda report: report["failure"].get("task", ""),
}

BEFORE: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "Node": lambda answer: answer["node"]["name"],
    "May be restarted": lambda answer: "yes" if answer["allowed"] else "no",
    "Because of": lambda answer: ", ".join(reason["key"] for reason in answer["reasons"]),
    "Sessions": lambda answer: answer["affected"].get("sessions", ""),
    "Users": lambda answer: len(answer["affected"]["users"]) if answer["affected"] else "",
    "Others out": lambda answer: ", ".join(out["node"] for out in answer["out"]),
}


def restart_table(reports: Any, width: int | None = None) -> str:
    """See DOCUMENTATION."""
    reports = list(reports)
    if reports and all(isinstance(report, Mapping) and "allowed" in report for report in reports):
        return _before(reports, width)
    if not all(isinstance(report, Mapping) and "timeline" in report for report in reports):
        raise AnsibleFilterError("restart_table: the input is not a list of reports of the role proxy_restart.")
    rows = [[str(value(report)) for value in COLUMNS.values()] for report in reports]
    width = width or shutil.get_terminal_size((160 + INDENTATION, 24)).columns - INDENTATION
    troubles = [f"{report['node']}: {trouble}" for report in reports for trouble in report.get("troubles") or []]
    return "\n".join([*table(list(COLUMNS), rows, width, {"Failed at"}), *troubles]) if rows else ""


def _before(answers: Sequence[Mapping[str, Any]], width: int | None) -> str:
    """Whether each node may be restarted, and below the table why not, and what else is to be known."""
    rows = [[str(value(answer)) for value in BEFORE.values()] for answer in answers]
    width = width or shutil.get_terminal_size((160 + INDENTATION, 24)).columns - INDENTATION
    told = [
        f"{answer['node']['name']}: {' '.join(filter(None, (answer['message'], *answer['notes'])))}"
        for answer in answers
        if answer["message"] or answer["notes"]
    ]
    return "\n".join([*table(list(BEFORE), rows, width), *map(printable, told)])


def _count(report: Mapping[str, Any], name: str) -> int:
    """Of all, also where only some are in what ``set_stats`` handed on."""
    return len(report[name]) + int((report.get("left_out") or {}).get(name, 0))


def _seconds(timeline: Sequence[Mapping[str, str]]) -> float:
    begin, end = (datetime.fromisoformat(timeline[at]["time"].replace("Z", "+00:00")) for at in (0, -1))
    return (end - begin).total_seconds()


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"restart_table": restart_table}
