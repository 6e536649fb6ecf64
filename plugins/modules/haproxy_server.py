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
  - Reads the state of one server over HAProxy's runtime API, in one backend or in several, sets it if another is
    wanted, and reads it again as a proof.
  - The role P(qlikops.sense.proxy_restart#role) takes proxy nodes out of the load balancer with it. Unlike
    M(community.general.haproxy) it can look without touching, and has a check mode.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._attributes
attributes:
  check_mode:
    support: full
    details:
      - Fails if the socket lacks the right to set the state.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  backend:
    description: Name of the backend, or names of all backends that have the server.
    type: list
    elements: str
    required: true
  server:
    description:
      - Name of the server in the backend, in any case. One that a backend does not have is an error.
      - Where the names of several servers differ only in case, it must be spelled exactly.
    type: str
    required: true
  state:
    description:
      - V(ready) takes traffic, V(drain) only that of clients that are bound to it, V(maint) none.
      - Without it the module only looks.
    type: str
    choices: [ready, drain, maint]
  wait_for:
    description:
      - Waits until HAProxy's checks say so of the server in all these backends, after its state was set. A time-out is
        a failure. In check mode nothing is waited for.
    type: str
    choices: [running, stopped]
  wait_timeout:
    description: How many seconds to wait, from 0 to 86400.
    type: int
    default: 60
  went_down_since:
    description:
      - RV(downs) of an earlier call. Fails if there is a backend of these in which checks do not find the server down
        now and have not done so since then. That proves that what was stopped meanwhile is this server.
      - In check mode it is not looked at.
    type: dict
  wait_interval:
    description: How many seconds between two looks, from 1 to 3600.
    type: int
    default: 2
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
  description:
    - The state now, in check mode the one that would be. Of several backends the one in which the server takes most.
  returned: success
  type: str
  sample: drain
previous_state:
  description: The state found, of several backends the one in which the server took most.
  returned: success
  type: str
  sample: ready
health:
  description:
    - What HAProxy's checks say of the server, V(stopped), V(starting), V(running), V(stopping) or V(unknown). With
      several backends V(running) only if they all say so.
  returned: success
  type: str
  sample: running
checked:
  description: Whether HAProxy checks the health of the server in each of these backends. False where it does not say.
  returned: success
  type: bool
  sample: true
downs:
  description:
    - How often checks have found the server down since HAProxy has started, by backend. A backend for which it does not
      say is not in there.
  returned: success
  type: dict
  sample: {"qlik": 3}
servers:
  description: All servers of these backends as they were found.
  returned: success
  type: list
  elements: dict
  contains:
    backend:
      description: Name of the backend.
      type: str
      sample: qlik
    name:
      description: Name of the server.
      type: str
      sample: qlik1
    state:
      description: V(ready), V(drain) or V(maint).
      type: str
      sample: ready
    health:
      description: What HAProxy's checks say, as in RV(health).
      type: str
      sample: running
    weight:
      description: Weight. With 0 the server takes nobody new.
      type: int
      sample: 1
    checked:
      description: Whether HAProxy checks the health of the server, null where it does not say.
      type: bool
      sample: true
    address:
      description: Address, V(-) where HAProxy has resolved none.
      type: str
      sample: 192.0.2.11
    port:
      description: Port, null where HAProxy does not say.
      type: int
      sample: 443
elsewhere:
  description:
    - Servers of other backends at the address and port of this server, with the keys of RV(servers). They send users to
      the same node.
  returned: success
  type: list
  elements: dict
  sample: []
failure:
  description: Why the module could not do its work, with C(kind), C(reason) and C(hint).
  returned: when it could not
  type: dict
"""

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, require_range
from ansible_collections.qlikops.sense.plugins.module_utils._haproxy import RuntimeApi
from ansible_collections.qlikops.sense.plugins.module_utils._haproxy_state import STATES, Server
from ansible_collections.qlikops.sense.plugins.module_utils._module import Module, errors_as_failures
from ansible_collections.qlikops.sense.plugins.module_utils._words import non_empty

RUNNING = "running"
STOPPED = "stopped"
AWAITED = (RUNNING, STOPPED)
RANGES = {"wait_timeout": (0, 86_400), "wait_interval": (1, 3600)}


def main() -> None:
    module = Module(
        argument_spec={
            "backend": {"type": "list", "elements": "str", "required": True},
            "server": {"type": "str", "required": True},
            "state": {"type": "str", "choices": list(STATES)},
            "wait_for": {"type": "str", "choices": list(AWAITED)},
            "wait_timeout": {"type": "int", "default": 60},
            "went_down_since": {"type": "dict"},
            "wait_interval": {"type": "int", "default": 2},
            "socket": {"type": "str", "default": "/run/haproxy/admin.sock"},
            "timeout": {"type": "int", "default": 10},
        }
    )
    options = module.params
    with errors_as_failures(module):
        for option, (least, most) in RANGES.items():
            require_range(option, options[option], least, most)
        api = RuntimeApi(options["socket"], options["timeout"])
        backends = list(dict.fromkeys(non_empty(options["backend"])))
        before = [api.server(backend, options["server"]) for backend in backends]
        found = [server for backend in backends for server in api.servers(backend)]
        elsewhere = [each for each in api.servers() if each.backend not in backends and is_at_any(each, before)]
        wanted = options["state"] or takes_most(before)
        to_set = [server for server in before if options["state"] and server.state != wanted]
        now = before
        if module.check_mode and options["state"]:
            api.require_admin()
        if to_set and not module.check_mode:
            now = [api.set_state(server, wanted) if server in to_set else server for server in before]
        if options["wait_for"] and not module.check_mode:
            now = wait_for(api, now, options)
        downs = api.downs(now)
        if options["went_down_since"] is not None and not module.check_mode:
            require_went_down(now, options["went_down_since"], downs)
    module.exit_json(
        changed=bool(to_set),
        state=wanted,
        previous_state=takes_most(before),
        health=next((server.health for server in now if server.health != RUNNING), RUNNING),
        downs=downs,
        checked=all(server.checked for server in now),
        servers=[server.as_result() for server in found],
        elsewhere=[server.as_result() for server in elsewhere],
        diff={"before": {"state": takes_most(before)}, "after": {"state": wanted}},
    )


def wait_for(api: RuntimeApi, servers: Sequence[Server], options: Mapping[str, Any]) -> list[Server]:
    """The servers when checks say of all of them what is waited for. Raises QlikError where the time is over."""
    wanted, end = options["wait_for"], time.monotonic() + options["wait_timeout"]
    while True:
        now = [api.server(server.backend, server.name) for server in servers]
        others = [server for server in now if server.health != wanted]
        left = end - time.monotonic()
        if not others:
            return now
        if left <= 0:
            seen = ", ".join(f"{server.backend}/{server.name} {server.health}" for server in others)
            raise QlikError(
                "timed_out",
                f"After {options['wait_timeout']} seconds HAProxy's checks do not say {wanted}: {seen}.",
                "Compare the address and the checks of the server with the node.",
            )
        time.sleep(min(options["wait_interval"], left))


def require_went_down(servers: Iterable[Server], before: Mapping[str, Any], downs: Mapping[str, int]) -> None:
    """Raises QlikError where that is not known of all of them. A reload of HAProxy counts from 0 again."""
    unseen = [
        f"{server.backend}/{server.name}"
        for server in servers
        if server.health != STOPPED and not downs.get(server.backend, 0) > before.get(server.backend, math.inf)
    ]
    if unseen:
        raise QlikError(
            "not_seen_down",
            f"HAProxy's checks have not found {', '.join(unseen)} down meanwhile.",
            "Compare the address and the checks of the server with the node.",
        )


def takes_most(servers: Iterable[Server]) -> str:
    """The state of the server that takes most users."""
    return min((server.state for server in servers), key=STATES.index)


def is_at_any(server: Server, others: Iterable[Server]) -> bool:
    return any(server.is_at(other) for other in others)


if __name__ == "__main__":
    main()
