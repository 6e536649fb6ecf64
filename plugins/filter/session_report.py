# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of who is connected, out of the list of all sessions."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.plugins.plugin_utils._report import ReportBuilder
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_advice import Thresholds
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_key import Key, NoKey
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import NotListed, Site, data_of, site_of, text
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: session_report
short_description: Report who is connected, or who a restart would hit
version_added: 0.1.0
description:
  - Turns the result of M(qlikops.sense.qlik_session_info) into the report that the role
    P(qlikops.sense.session_report#role) shows, writes and hands on, and that
    P(qlikops.sense.report_table#filter) and P(qlikops.sense.report_csv#filter) take.
author:
  - Contributors to the qlikops.sense project (@qlikops)
positional: proxies
options:
  _input:
    description:
      - The result of M(qlikops.sense.qlik_session_info), asked about the whole site with
        O(qlikops.sense.qlik_session_info#module:resolve_users=true), whether or not it is serialized.
    type: raw
    required: true
  proxies:
    description:
      - The nodes that would be restarted, as node name or host name. Without any the report is about the whole site.
    type: list
    elements: str
    default: []
  title:
    description: The title. Without one it says whether it is about the whole site or about nodes to be restarted.
    type: str
    default: ""
  near_limit:
    description: Users with as many sessions or more are near the limit of five. V(0) for none.
    type: int
    default: 4
  runaway_user:
    description: Users with more sessions are runaways. V(0) for none.
    type: int
    default: 10
  runaway_virtual_proxy:
    description: Virtual proxies with more sessions are runaways. V(0) for none.
    type: int
    default: 1000
  pseudonym_key:
    description:
      - A key of P(qlikops.sense.pseudonym_key#filter) with all the users in the input. Users are then called by their
        labels, and their directories, ids, names and e-mail addresses are left out.
    type: raw
  serialized:
    description:
      - Whether to return the report as a text in JSON, which the filters that take a report take, too. For
        ansible-core a text is much less work than large lists are.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Ask who is connected
  qlikops.sense.qlik_session_info:
    resolve_users: true
  register: connected

- name: Say how many people a restart of qlik2 would hit
  ansible.builtin.debug:
    msg: "{{ report.summary.people }} people, of whom {{ report.summary.elsewhere }} are on another node, too"
  vars:
    report: "{{ connected | qlikops.sense.session_report(['qlik2.example.com']) }}"
"""

RETURN = r"""
_value:
  description: The report, as a dictionary or as text.
  type: raw
"""


def session_report(
    listed: Any,
    proxies: Sequence[str] | str = (),
    title: str = "",
    near_limit: int = 4,
    runaway_user: int = 10,
    runaway_virtual_proxy: int = 1000,
    pseudonym_key: Any = None,
    serialized: bool = False,
) -> dict[str, Any] | str:
    """See DOCUMENTATION."""
    try:
        labels = Key.read(pseudonym_key).by_user() if pseudonym_key else None
        site = site_of(data_of(listed), labels)
    except NoKey as error:
        raise AnsibleFilterError(f"session_report: pseudonym_key is not a key: {error}.") from error
    except NotListed as error:
        raise AnsibleFilterError(f"session_report: this is no result of qlik_session_info to use: {error}.") from error
    names = [proxies] if isinstance(proxies, str) else list(proxies)
    chosen = tuple(dict.fromkeys(_node(site, text(name)) for name in names if name))
    thresholds = Thresholds(int(near_limit), int(runaway_user), int(runaway_virtual_proxy))
    report = ReportBuilder(site, chosen, thresholds, text(title), pseudonyms=labels is not None).build()
    return never_a_template(json.dumps(report, ensure_ascii=False, indent=1) if serialized else report)


def _node(site: Site, name: str) -> str:
    for node in site.nodes:
        if fold(name) in (fold(node.name), fold(node.host_name)):
            return node.name
    has = ", ".join(f"{node.name} ({node.host_name})" for node in site.nodes)
    raise AnsibleFilterError(f"session_report: the site has no proxy service {name}. It has: {has or 'none at all'}.")


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any] | str]]:
        return {"session_report": session_report}
