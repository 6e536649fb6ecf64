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
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import INDENTATION, table

DOCUMENTATION = r"""
name: restart_table
short_description: Show what became of each node in a rolling restart
version_added: 0.1.0
description:
  - Turns the reports that the role P(qlikops.sense.proxy_restart#role) hands on by C(set_stats), under the key
    C(proxy_restart), into a table. Below it stands what else went wrong, such as a banner that could not be removed.
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  _input:
    description: The reports, in the order they shall be shown in.
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


def restart_table(reports: Any, width: int | None = None) -> str:
    """See DOCUMENTATION."""
    reports = list(reports)
    if not all(isinstance(report, Mapping) and "timeline" in report for report in reports):
        raise AnsibleFilterError("restart_table: the input is not a list of reports of the role proxy_restart.")
    rows = [[str(value(report)) for value in COLUMNS.values()] for report in reports]
    width = width or shutil.get_terminal_size((160 + INDENTATION, 24)).columns - INDENTATION
    troubles = [f"{report['node']}: {trouble}" for report in reports for trouble in report.get("troubles") or []]
    return "\n".join([*table(list(COLUMNS), rows, width, {"Failed at"}), *troubles]) if rows else ""


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
