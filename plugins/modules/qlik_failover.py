#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qlik_failover
short_description: Make another node of a Qlik Sense site the central one
version_added: 0.1.0
description:
  - Moves the role of the central node to a failover candidate of a client-managed Qlik Sense site, and waits until QRS
    says that this node is the central one and no other is.
  - A node that is central already is left alone.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._connection
  - qlikops.sense._attributes
  - qlikops.sense._attributes.actiongroup_qlik
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  node:
    description:
      - The node to become central, by its name, its host name, or the id of the node.
    type: str
    required: true
  only_from:
    description:
      - Move the role only if one of these nodes has it, by name, host name or the id of the node, and refuse otherwise.
        So nothing is undone that somebody else has done since.
    type: list
    elements: str
  wait_timeout:
    description:
      - How many seconds the move may take, at most a week.
    type: int
    default: 300
  wait_interval:
    description:
      - How many seconds to wait between two looks, from 1 to 3600.
    type: int
    default: 5
notes:
  - Qlik documents the request, but not what else happens as the role moves, such as whether services restart or users
    notice. Try it on a site where that does not matter.
  - O(host) should be a node that stays reachable meanwhile.
  - The role does not move back by itself. Call the module again with the node that had it, RV(before).
seealso:
  - module: qlikops.sense.qlik_restart_info
"""

EXAMPLES = r"""
- name: Make another node the central one
  qlikops.sense.qlik_failover:
    host: qlik2.example.com
    client_cert: /etc/qlik/client.pem
    client_key: /etc/qlik/client_key.pem
    ca_path: /etc/qlik/root.pem
    node: qlik2.example.com
  register: moved

- name: Move the role back
  qlikops.sense.qlik_failover:
    node: "{{ moved.before[0] }}"
    only_from: ["{{ moved.central }}"]
"""

RETURN = r"""
central:
  description: Name of the central node, in check mode of the one that would be.
  returned: success
  type: str
  sample: Node2
before:
  description: Names of the nodes that were central before, usually one.
  returned: success
  type: list
  elements: str
  sample: [Central]
elapsed:
  description: Seconds until QRS said so.
  returned: success
  type: float
  sample: 12.4
failure:
  description:
    - Why the module could not do its work, for programs. C(kind) is a word, C(reason) and C(hint) are what C(msg) says.
      If a request failed, C(request), C(status) and the server's C(words) say more.
  returned: when it could not
  type: dict
  sample:
    kind: refused
    reason: Node3 is no failover candidate.
    hint: "Make it one in the QMC. Candidates beside the central node: Node2."
    request: null
    status: null
    words: ""
"""

import time

from ansible_collections.qlikops.sense.plugins.module_utils._central import (
    find_node,
    is_central_alone,
    require_candidate,
    require_from,
    wait_until_central,
)
from ansible_collections.qlikops.sense.plugins.module_utils._errors import require_range
from ansible_collections.qlikops.sense.plugins.module_utils._module import QlikModule, errors_as_failures
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site
from ansible_collections.qlikops.sense.plugins.module_utils._words import non_empty

RANGES = {"wait_timeout": (0, 604_800), "wait_interval": (1, 3600)}


def main() -> None:
    module = QlikModule(
        argument_spec={
            "node": {"type": "str", "required": True},
            "only_from": {"type": "list", "elements": "str"},
            "wait_timeout": {"type": "int", "default": 300},
            "wait_interval": {"type": "int", "default": 5},
        }
    )
    options = module.params
    elapsed = 0.0
    with errors_as_failures(module):
        for option, (least, most) in RANGES.items():
            require_range(option, options[option], least, most)
        with Site(module.connection()) as site:
            cluster = site.cluster()
            nodes = cluster.nodes()
            wanted = find_node(nodes, options["node"])
            changes = not is_central_alone(nodes, wanted)
            only_from = non_empty(options["only_from"])
            if changes:
                require_candidate(nodes, wanted)
                if only_from:
                    require_from(nodes, only_from)
            if changes and not module.check_mode:
                cluster.move_central(wanted)
                elapsed = wait_until_central(
                    cluster.nodes,
                    wanted,
                    options["wait_timeout"],
                    options["wait_interval"],
                    monotonic=time.monotonic,
                    sleep=time.sleep,
                )
    before = [node.name for node in nodes if node.central]
    module.exit_json(
        changed=changes,
        central=wanted.name,
        before=before,
        elapsed=round(elapsed, 1),
        diff={"before": {"central": before}, "after": {"central": [wanted.name]}},
    )


if __name__ == "__main__":
    main()
