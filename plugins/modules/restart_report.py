#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: restart_report
short_description: Tell what became of a node in a rolling restart
version_added: 0.1.0
description:
  - Puts together what other modules of the collection have returned about one node, shows it as a line, and hands it on
    as C(set_stats) does, under the key C(proxy_restart), by host. What is handed on stays small however many users
    there are. C(left_out) says how many entries of a list that are.
  - The role P(qlikops.sense.proxy_restart#role) uses it.
  - This is an action plugin. It runs on the controller.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._attributes
  - qlikops.sense._attributes.info_module
options:
  node:
    description: Name of the node.
    type: str
    required: true
  affected:
    description: Who was on it, as M(qlikops.sense.qlik_session_info) has returned it.
    type: dict
  drained:
    description: How the wait went, as M(qlikops.sense.qlik_session_wait) has returned it.
    type: dict
  ended:
    description: Which sessions were ended, as M(qlikops.sense.qlik_session) has returned it.
    type: dict
  back:
    description: Who came back, as M(qlikops.sense.qlik_session_info) has returned it.
    type: dict
  asked:
    description:
      - What was known of the node when it was looked at last before the restart, as returned by
        M(qlikops.sense.qlik_restart_info). Whether it was central, who might have taken its role, its heartbeat and
        the tasks it ran become C(upkeep) of RV(report).
    type: dict
  adopted:
    description: Whether the node was found drained, and taken over.
    type: bool
    default: false
  moved:
    description: How its central role was moved to another node, as M(qlikops.sense.qlik_failover) has returned it.
    type: dict
  moved_back:
    description: How it was moved back, likewise.
    type: dict
  lease:
    description: What M(qlikops.sense.restart_lease) has returned last.
    type: dict
  failure:
    description:
      - The C(task) that failed, its C(message), and the C(results) of the task or of the items of its loop, of which
        C(stderr), C(content) and C(json) are shown. Empty if none did.
    type: dict
  way_back:
    description:
      - What the node C(lacks), C(observed_at) that time, as M(qlikops.sense.qlik_proxy_wait) has returned it, and the
        C(error) of the way back if that also failed.
    type: dict
  has_balancer:
    description: Whether there is a load balancer.
    type: bool
    default: false
  balancer_state:
    description: The state of the node in the balancer now.
    type: str
  told:
    description: Who was told, as the role P(qlikops.sense.notify_users#role) says.
    type: dict
  troubles:
    description: What else went wrong, as sentences.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Report
  qlikops.sense.restart_report:
    node: qlik2
    affected: "{{ before }}"
    drained: "{{ drain }}"
"""

RETURN = r"""
report:
  description:
    - The report. C(left_by_themselves), C(still_there), C(arrived) and C(users) are null where sessions were not
      counted.
    - C(central_moved) says what became of a central role that was moved away from the node, where it went C(to),
      whether an C(earlier) run moved it, and whether it is C(back).
  returned: always
  type: dict
message:
  description: Why the run failed and how the node was left, empty if it did not fail.
  returned: always
  type: str
  sample: ""
"""
