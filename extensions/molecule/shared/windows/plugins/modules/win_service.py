# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the Windows module of this name: stops and starts the proxy service of a simulated node.

Other services exist in its log alone, one JSON object a line: when, node, service, state.
"""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

PROXY_SERVICE = "QlikSenseProxyService"
NO_HTTP_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["stopped", "started"], "required": True},
            "node": {"type": "str", "required": True},
            "control": {"type": "str", "required": True},
            "log": {"type": "path", "required": True},
            "starting_seconds": {"type": "float", "required": True},
            "broken": {"type": "list", "elements": "str", "required": True},
        },
    )
    options = module.params
    changed = True
    if options["name"] == PROXY_SERVICE:
        changed = (proxy_state(options) == "stopped") == (options["state"] == "started")
        if changed and not (options["state"] == "started" and options["node"] in options["broken"]):
            change_proxy(options)
    with Path(options["log"]).open("a", encoding="utf-8") as log:
        print(json.dumps({"at": time.time(), **{key: options[key] for key in ("node", "name", "state")}}), file=log)
    module.exit_json(changed=changed, name=options["name"], state=options["state"], exists=True)


def proxy_state(options: dict[str, Any]) -> str:
    """What the simulated site says of the proxy of this node."""
    status = call(options, "/status")
    name = next(node["name"] for node in status["nodes"] if node["host_name"] == options["node"])
    return str(status["proxies"][name])


def change_proxy(options: dict[str, Any]) -> None:
    action = {"stopped": "stop", "started": "start"}[options["state"]]
    call(options, f"/proxies/{options['node']}", {"action": action, "starting_seconds": options["starting_seconds"]})


def call(options: dict[str, Any], path: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with NO_HTTP_PROXY.open(urllib.request.Request(options["control"] + path, data), timeout=20) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main()
