#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qlik_proxy_info
short_description: List the proxy services of a Qlik Sense site and whether they are alive
version_added: 0.1.0
description:
  - Lists the proxy services of a client-managed Qlik Sense site with the virtual proxies linked to them, asks each one
    whether it is alive, and says what the Repository service believes of it.
  - A proxy service that does not answer is a result, not a failure of the module.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._connection
  - qlikops.sense._attributes
  - qlikops.sense._attributes.info_module
  - qlikops.sense._attributes.actiongroup_qlik
options:
  proxies:
    description:
      - Only these proxy services, by node name or host name. A name the site does not have is an error.
    type: list
    elements: str
  known:
    description:
      - A proxy service as an earlier call returned it. It alone is asked whether it is alive, and QRS is not asked at
        all. What QRS would say is V(unknown) then, and the rest is as given.
    type: dict
    version_added: 0.1.0
seealso:
  - module: qlikops.sense.qlik_session_info
"""

EXAMPLES = r"""
- name: Look at all proxy services
  qlikops.sense.qlik_proxy_info:
    host: qlik1.example.com
    client_cert: /etc/qlik/client.pem
    client_key: /etc/qlik/client_key.pem
    ca_path: /etc/qlik/root.pem
  register: site

- name: Wait until a proxy service is back
  qlikops.sense.qlik_proxy_info:
    proxies: [qlik2.example.com]
  register: node
  until: node.proxies[0].alive
  retries: 30
  delay: 10
"""

RETURN = r"""
proxies:
  description: The proxy services.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Id in QRS.
      type: str
      sample: 9d5d7900-3e52-4f22-b6b9-51f38a3afe86
    name:
      description: Name of the node.
      type: str
      sample: Central
    host_name:
      description: Host name of the node.
      type: str
      sample: qlik1.example.com
    qps_port:
      description: Port of the proxy service's API.
      type: int
      sample: 4243
    listen_port:
      description: Port where users come in, null if QRS names none.
      type: int
      sample: 443
    central:
      description: Whether its node is the central one.
      type: bool
      sample: false
    virtual_proxies:
      description: Prefixes of the virtual proxies linked to it.
      type: list
      elements: str
      sample: ["", sales]
    alive:
      description: Whether it says it is alive.
      type: bool
      sample: true
    reachable:
      description: Whether it answered at all.
      type: bool
      sample: true
    reason:
      description: Why it could not be asked, empty if it could.
      type: str
      sample: ""
    hint:
      description: What to do about that.
      type: str
      sample: ""
    service_state:
      description:
        - What QRS believes of it. V(initializing), V(certificates_not_installed), V(running), V(no_communication),
          V(disabled) or V(unknown). This lags behind; see RV(proxies[].service_state_age).
      type: str
      sample: running
    service_state_at:
      description: When QRS last looked, as it says itself. Empty if it does not say.
      type: str
      sample: "2026-01-15T09:29:41.120Z"
    service_state_age:
      description: Seconds since then by the clock of the host that runs the module, null if QRS does not say.
      type: int
      sample: 19
virtual_proxies:
  description:
    - The virtual proxies of the site, as in RV(qlikops.sense.qlik_session_info#module:virtual_proxies) without counts.
  returned: always
  type: list
  elements: dict
unlinked_virtual_proxies:
  description: Prefixes of the virtual proxies that no proxy service serves.
  returned: always
  type: list
  elements: str
  sample: [old]
summary:
  description: Totals.
  returned: always
  type: dict
  sample:
    proxies: 2
    alive: 2
    virtual_proxies: 3
    unlinked_virtual_proxies: 1
observed_at:
  description: When the proxy services were asked.
  returned: always
  type: str
  sample: "2026-01-15T09:30:00Z"
failure:
  description:
    - Why the module could not do its work, for programs. C(kind) is a word, C(reason) and C(hint) are what C(msg) says.
      If a request failed, C(request), C(status) and the server's C(words) say more.
  returned: when it could not
  type: dict
  sample:
    kind: name_mismatch
    reason: "GET https://qlik:4242/qrs/virtualproxyconfig/full: the node's certificate is not issued to qlik. It is
      issued to qlik1.example.com."
    hint: Use the name that is in the certificate, and give the address to connect to in host_map.
    request: GET https://qlik:4242/qrs/virtualproxyconfig/full
    status: null
    words: ""
"""

from datetime import datetime, timezone

from ansible_collections.qlikops.sense.plugins.module_utils._model.age import iso
from ansible_collections.qlikops.sense.plugins.module_utils._module import QlikModule, errors_as_failures
from ansible_collections.qlikops.sense.plugins.module_utils._proxy_state import describe_proxies
from ansible_collections.qlikops.sense.plugins.module_utils._result import virtual_proxy_result
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site
from ansible_collections.qlikops.sense.plugins.module_utils._words import non_empty


def main() -> None:
    module = QlikModule(
        argument_spec={"proxies": {"type": "list", "elements": "str"}, "known": {"type": "dict"}},
    )
    options = module.params
    with errors_as_failures(module), Site(module.connection()) as site:
        now = datetime.now(timezone.utc)
        topology, scope, proxies = describe_proxies(site, non_empty(options["proxies"]), options["known"], now)
        unlinked = sorted(virtual_proxy.prefix for virtual_proxy in topology.unlinked())
        virtual_proxies = [
            {**virtual_proxy_result(virtual_proxy), "proxies": scope.names_of_proxies_with(virtual_proxy)}
            for virtual_proxy in scope.virtual_proxies
        ]
    module.exit_json(
        changed=False,
        proxies=proxies,
        virtual_proxies=virtual_proxies,
        unlinked_virtual_proxies=unlinked,
        summary={
            "proxies": len(proxies),
            "alive": sum(proxy["alive"] for proxy in proxies),
            "virtual_proxies": len(virtual_proxies),
            "unlinked_virtual_proxies": len(unlinked),
        },
        observed_at=iso(now),
    )


if __name__ == "__main__":
    main()
