# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What later steps of a workflow get of the restart of a node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: restart_stats
short_description: Cut the report of a node down to what later steps of a workflow need
version_added: 0.1.0
description:
  - Turns the whole report of the role P(qlikops.sense.proxy_restart#role) on a node into the one that it hands on by
    C(set_stats). That stays small however many users there are, since AWX keeps it with the job and gives it to every
    later job of the workflow.
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  _input:
    description: The report.
    type: dict
    required: true
  most:
    description: How many entries each list may have.
    type: int
    default: 50
"""

EXAMPLES = r"""
- name: Hand on what became of the nodes
  ansible.builtin.set_stats:
    data:
      proxy_restart: "{{ {inventory_hostname: report | qlikops.sense.restart_stats} }}"
"""

RETURN = r"""
_value:
  description:
    - The report, in which no list is longer than O(most). C(left_out) says how many entries of each list that are, none
      where none are. C(hit_users) has the users with most sessions, each with C(user), C(name), C(emails) and
      C(sessions); C(history) has looks from the first to the last one.
  type: dict
"""

OF_A_USER = ("user", "name", "emails", "sessions")
CAPPED = ("hit_users", "ended", "came_back", "history")
LONG = ("told",)


def restart_stats(report: Any, most: int = 50) -> dict[str, Any]:
    """See DOCUMENTATION."""
    if not isinstance(report, Mapping) or not all(isinstance(report.get(name), Sequence) for name in CAPPED):
        raise AnsibleFilterError("restart_stats: the input is not a report of the role proxy_restart.")
    if int(most) < 2:
        raise AnsibleFilterError("restart_stats: most must be 2 or more.")
    most = int(most)
    users = sorted(report["hit_users"], key=lambda user: (-user["sessions"], user["user"]))
    small = {
        "hit_users": [{key: user[key] for key in OF_A_USER if key in user} for user in users[:most]],
        "ended": list(report["ended"][:most]),
        "came_back": list(report["came_back"][:most]),
        "history": _thinned(report["history"], most),
    }
    left_out = {name: len(report[name]) - len(small[name]) for name in CAPPED if len(report[name]) > len(small[name])}
    whole = {key: value for key, value in report.items() if key not in LONG}
    return never_a_template({**whole, **small, "left_out": left_out})


def _thinned(looks: Sequence[Any], most: int) -> list[Any]:
    """So many of them, evenly, with the first and the last one."""
    if len(looks) <= most:
        return list(looks)
    return [looks[at * (len(looks) - 1) // (most - 1)] for at in range(most)]


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"restart_stats": restart_stats}
