#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qlik_proxy_wait
short_description: Wait until a proxy service of a Qlik Sense site is back
version_added: 0.1.0
description:
  - Waits until a proxy service says that it is alive, runs according to QRS, is linked to the virtual proxies that it
    should serve, and answers on the port for users.
  - A time-out is a failure that says what is lacking. No request takes longer than what is left of the time.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._connection
  - qlikops.sense._attributes
  - qlikops.sense._attributes.info_module
  - qlikops.sense._attributes.actiongroup_qlik
attributes:
  check_mode:
    details:
      - Looks once, and does not fail if something is lacking.
options:
  proxy:
    description: The proxy service, by node name, host name or id. One that the site does not have is an error.
    type: str
    required: true
  virtual_proxies:
    description:
      - Prefixes of the virtual proxies that it must be linked to, such as those that it served before. An empty text is
        the prefix of the default virtual proxy.
    type: list
    elements: str
    default: []
  users_port:
    description:
      - Whether the port for users must answer, as seen from the host that runs the module. Any answer will do, except a
        status of 500 or more.
    type: bool
    default: true
  known:
    description:
      - The proxy service as M(qlikops.sense.qlik_proxy_info) or this module has returned it. Then QRS is not asked, and
        what it would say is not waited for.
    type: dict
  wait_timeout:
    description: How many seconds to wait, at most a week. With V(0) one look is made.
    type: int
    default: 600
  wait_interval:
    description: How many seconds between two looks, from 1 to 3600.
    type: int
    default: 5
seealso:
  - module: qlikops.sense.qlik_proxy_info
  - module: qlikops.sense.qlik_session_wait
"""

EXAMPLES = r"""
- name: Wait until the proxy service is back
  qlikops.sense.qlik_proxy_wait:
    host: qlik1.example.com
    client_cert: /etc/qlik/client.pem
    client_key: /etc/qlik/client_key.pem
    ca_path: /etc/qlik/root.pem
    proxy: qlik2.example.com
    wait_timeout: 300
"""

RETURN = r"""
proxy:
  description:
    - The proxy service at the last look, as in RV(qlikops.sense.qlik_proxy_info#module:proxies). Empty if QRS did not
      answer.
  returned: always
  type: dict
lacks:
  description: What is lacking, none if the proxy service is back.
  returned: always
  type: list
  elements: str
  sample: ["its proxy service is not alive", "QRS says stopped"]
elapsed:
  description: How many seconds it took.
  returned: always
  type: float
  sample: 41.2
observed_at:
  description: When the last look began.
  returned: always
  type: str
  sample: "2026-01-15T09:30:00Z"
timed_out:
  description: Whether the time was over first.
  returned: always
  type: bool
  sample: false
failure:
  description:
    - Why the module could not do its work, for programs. C(kind) is a word, C(reason) and C(hint) are what C(msg) says.
      If a request failed, C(request), C(status) and the server's C(words) say more.
  returned: when it could not
  type: dict
  sample:
    kind: timed_out
    reason: "After 600 seconds Node2 is not back: its proxy service is not alive; QRS says stopped."
    hint: ""
    request: null
    status: null
    words: ""
"""

import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError, require_range
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import iso
from ansible_collections.qlikops.sense.plugins.module_utils._module import QlikModule, errors_as_failures
from ansible_collections.qlikops.sense.plugins.module_utils._proof import (
    Look,
    users_port_lacks,
    wait_until_back,
    what_is_lacking,
)
from ansible_collections.qlikops.sense.plugins.module_utils._proxy_state import describe_proxies
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site

RANGES = {"wait_timeout": (0, 604_800), "wait_interval": (1, 3600)}


def main() -> None:
    module = QlikModule(
        argument_spec={
            "proxy": {"type": "str", "required": True},
            "virtual_proxies": {"type": "list", "elements": "str", "default": []},
            "users_port": {"type": "bool", "default": True},
            "known": {"type": "dict"},
            "wait_timeout": {"type": "int", "default": 600},
            "wait_interval": {"type": "int", "default": 5},
        }
    )
    options = module.params
    with errors_as_failures(module):
        for option, (least, most) in RANGES.items():
            require_range(option, options[option], least, most)
        connection = module.connection()
        timeout = 0 if module.check_mode else options["wait_timeout"]
        last, elapsed = wait_until_back(
            lambda ends_at: look(replace(connection, ends_at=ends_at), options),
            timeout,
            options["wait_interval"],
            monotonic=time.monotonic,
            sleep=time.sleep,
        )
        result = {
            "changed": False,
            "proxy": last.proxy or {},
            "lacks": list(last.lacks),
            "elapsed": round(elapsed, 1),
            "observed_at": iso(last.at),
            "timed_out": bool(last.lacks),
        }
        if last.lacks and not module.check_mode:
            name = (last.proxy or {}).get("name", options["proxy"])
            when = f"After {timeout} seconds {name} is not back" if timeout else f"{name} is not well"
            module.fail(QlikError("timed_out", f"{when}: {'; '.join(last.lacks)}."), **result)
    module.exit_json(**result)


def look(connection: Connection, options: dict[str, Any]) -> Look:
    """Raises BadOption where the site does not have the proxy service; what else goes wrong is lacking."""
    known = options["known"]
    now = datetime.now(timezone.utc)
    name = known["id"] if known and known.get("id") else options["proxy"]
    try:
        with Site(connection) as site:
            _topology, _scope, (proxy,) = describe_proxies(site, [name], known, now)
    except BadOption:
        raise
    except QlikError as error:
        return Look(now, None, (str(error).rstrip("."),))
    lacks = what_is_lacking(proxy, [prefix.strip("/") for prefix in options["virtual_proxies"]], asks_qrs=not known)
    if options["users_port"] and proxy["alive"] and proxy["listen_port"]:
        lacks += users_port_lacks(connection, proxy["host_name"], proxy["listen_port"])
    return Look(now, proxy, lacks)


if __name__ == "__main__":
    main()
