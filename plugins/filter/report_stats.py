# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What later steps of a workflow get of a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import text
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import NoReport, checked
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: report_stats
short_description: Cut a report down to what later steps of a workflow need
version_added: 0.1.0
description:
  - Turns a report of P(qlikops.sense.session_report#filter) into one that stays small however large the site is, for
    M(ansible.builtin.set_stats). It has no single session, and of the users those who are at or near the limit.
author:
  - Contributors to the qlikops.sense project (@qlikops)
positional: files
options:
  _input:
    description: The report.
    type: dict
    required: true
  files:
    description: Paths of the files that were written of the report.
    type: list
    elements: str
    default: []
  most:
    description: How many entries each list may have. The counts in C(summary) are of all.
    type: int
    default: 50
"""

EXAMPLES = r"""
- name: Hand on who is connected
  ansible.builtin.set_stats:
    data:
      connected: "{{ connected | qlikops.sense.session_report | qlikops.sense.report_stats }}"
"""

RETURN = r"""
_value:
  description:
    - C(title), C(observed_at), C(complete), C(proxies), C(pseudonyms), C(summary) and C(files), as C(unread) the nodes
      of which something could not be read, and with the most telling keys of each entry C(virtual_proxies), C(nodes),
      C(at_limit), C(runaways) and C(unlinked).
  type: dict
"""

WHOLE = ("title", "observed_at", "complete", "proxies", "pseudonyms", "summary")
LISTS: Mapping[str, tuple[str, ...]] = {
    "virtual_proxies": ("prefix", "sessions", "users"),
    "nodes": ("name", "sessions", "users", "reachable"),
    "at_limit": ("user", "name", "sessions", "limit"),
    "runaways": ("what", "name", "sessions", "threshold"),
    "unlinked": ("prefix",),
}


def report_stats(report: Any, files: Sequence[str] = (), most: int = 50) -> dict[str, Any]:
    """See DOCUMENTATION."""
    try:
        found = checked(report)
    except NoReport as error:
        raise AnsibleFilterError(f"report_stats: {error}.") from error
    whole = {key: found[key] for key in WHOLE}
    lists = {
        name: [{key: entry[key] for key in keys} for entry in found[name][: int(most)]] for name, keys in LISTS.items()
    }
    unread = list(dict.fromkeys(failure["proxy"] for failure in found["failures"]))
    return never_a_template({**whole, **lists, "unread": unread, "files": [text(file) for file in files]})


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"report_stats": report_stats}
