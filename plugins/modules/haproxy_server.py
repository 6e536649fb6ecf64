#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_server
short_description: See or set the state of a server in HAProxy
version_added: 0.1.0
description:
  - Reads the state of one server of a backend over HAProxy's runtime API, sets it if another is wanted, and reads it
    again as a proof.
  - The role P(qlikops.sense.proxy_restart#role) takes proxy nodes out of the load balancer with it. Unlike
    M(community.general.haproxy) it can look without touching, and has a check mode.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  backend:
    description: Name of the backend.
    type: str
    required: true
  server:
    description:
      - Name of the server in the backend, in any case. One the backend does not have is an error.
      - Where the names of several servers differ only in case, it must be spelled exactly.
    type: str
    required: true
  state:
    description:
      - V(ready) takes traffic, V(drain) only that of clients that are bound to it, V(maint) none.
      - Without it the module only looks.
    type: str
    choices: [ready, drain, maint]
  socket:
    description:
      - Path of the C(stats socket) that HAProxy was configured with at C(level admin), or V(host:port).
    type: str
    default: /run/haproxy/admin.sock
  timeout:
    description: How many seconds HAProxy may take for the whole of an answer, from 1 to 3600.
    type: int
    default: 10
"""

EXAMPLES = r"""
- name: See whether a node takes traffic
  qlikops.sense.haproxy_server:
    backend: qlik
    server: qlik2
  delegate_to: balancer.example.com
  register: server

- name: Let nobody new onto it
  qlikops.sense.haproxy_server:
    backend: qlik
    server: qlik2
    state: drain
  delegate_to: balancer.example.com
"""

RETURN = r"""
state:
  description: The state now, in check mode the one that would be.
  returned: success
  type: str
  sample: drain
previous_state:
  description: The state found.
  returned: success
  type: str
  sample: ready
health:
  description: What HAProxy's checks say of the server, V(stopped), V(starting), V(running), V(stopping) or V(unknown).
  returned: success
  type: str
  sample: running
servers:
  description: All servers of the backend as they were found, each with C(name), C(state) and C(health).
  returned: success
  type: list
  elements: dict
  sample:
    - name: qlik1
      state: ready
      health: running
failure:
  description: Why the module could not do its work, with C(kind), C(reason) and C(hint).
  returned: when it could not
  type: dict
"""

from ansible_collections.qlikops.sense.plugins.module_utils._haproxy import STATES, RuntimeApi
from ansible_collections.qlikops.sense.plugins.module_utils._module import Module, errors_as_failures


def main() -> None:
    module = Module(
        argument_spec={
            "backend": {"type": "str", "required": True},
            "server": {"type": "str", "required": True},
            "state": {"type": "str", "choices": list(STATES)},
            "socket": {"type": "str", "default": "/run/haproxy/admin.sock"},
            "timeout": {"type": "int", "default": 10},
        }
    )
    options = module.params
    with errors_as_failures(module):
        api = RuntimeApi(options["socket"], options["timeout"])
        server = api.server(options["backend"], options["server"])
        found = api.servers(options["backend"])
        wanted = options["state"] or server.state
        changed = wanted != server.state
        now = api.set_state(server, wanted) if changed and not module.check_mode else server
    module.exit_json(
        changed=changed,
        state=wanted,
        previous_state=server.state,
        health=now.health,
        servers=[{"name": each.name, "state": each.state, "health": each.health} for each in found],
        diff={"before": {"state": server.state}, "after": {"state": wanted}},
    )


if __name__ == "__main__":
    main()
