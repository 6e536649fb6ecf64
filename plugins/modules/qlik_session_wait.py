#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qlik_session_wait
short_description: Wait until proxy sessions of a Qlik Sense site have ended
version_added: 0.1.0
description:
  - Waits until the sessions that the selection options name, usually those of one proxy service, have ended by
    themselves, or the time is over.
  - A time-out is a failure, with who is left in the result.
  - An action plugin of the same name shows how it goes while it waits, with a line whenever the number changes and at
    least every 30 seconds.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._connection
  - qlikops.sense._selection
  - qlikops.sense._attributes
  - qlikops.sense._attributes.info_module
  - qlikops.sense._attributes.actiongroup_qlik
attributes:
  check_mode:
    support: full
    details:
      - Reports who is there and does not wait.
options:
  wait_timeout:
    description:
      - How many seconds to wait in all, at most a week. V(0) looks once.
    type: int
    default: 600
  wait_interval:
    description:
      - How many seconds to wait between two looks, from 1 to 3600.
    type: int
    default: 10
  until_sessions:
    description:
      - How many of the sessions may be left.
    type: int
    default: 0
  until_no_tasks:
    description:
      - Whether to also wait until no task runs on the nodes of the proxy services looked at. Where QRS does not tell
        which tasks run, they are waited for until it does. A task of which it does not say where it runs may run there.
    type: bool
    default: false
  lease:
    description:
      - A lease that is renewed at every look, so that it does not become stale however long the wait is.
      - These are options of M(qlikops.sense.restart_lease), among which C(hold) says for how many seconds it is needed
        after the wait, and C(host), the host that has it, that of the task unless given.
      - If another run has it now, the wait fails. If it can't be renewed for another reason, a line says so, and the
        wait goes on.
      - The action plugin renews it, so not with C(async). In check mode it is left alone.
    type: dict
notes:
  - Monitoring and service accounts keep their sessions alive by asking again and again, and would be waited for in
    vain. Name them in O(exclude_users).
  - While the proxy service can still be reached, users who are signed in by themselves come back. Take the node out of
    the load balancer first.
  - Where a proxy service does not answer, its sessions are taken to be there still, and are waited for until it answers
    again. With O(on_proxy_failure=warn) they are taken to be gone.
seealso:
  - module: qlikops.sense.qlik_session_info
  - module: qlikops.sense.qlik_session
"""

EXAMPLES = r"""
- name: Wait until nobody is left on a node
  qlikops.sense.qlik_session_wait:
    host: qlik1.example.com
    client_cert: /etc/qlik/client.pem
    client_key: /etc/qlik/client_key.pem
    ca_path: /etc/qlik/root.pem
    proxies: [qlik2.example.com]
    exclude_users: ['INTERNAL\*', 'LAB\svc_*']
    wait_timeout: 1800

- name: Wait until a portal has become quiet, and go on in any case
  qlikops.sense.qlik_session_wait:
    virtual_proxies: [sales]
    until_sessions: 20
    wait_timeout: 300
  register: quiet
  failed_when: quiet is failed and not quiet.timed_out | default(false)
"""

RETURN = r"""
timed_out:
  description: Whether the time was over before few enough were left, or tasks had ended.
  returned: always
  type: bool
remaining:
  description: How many of the sessions are left.
  returned: always
  type: int
  sample: 0
elapsed:
  description: Seconds waited.
  returned: always
  type: float
  sample: 412.6
history:
  description: What was seen at each look.
  returned: always
  type: list
  elements: dict
  contains:
    time:
      description: When.
      type: str
      sample: "2026-01-15T09:30:00Z"
    sessions:
      description: How many of the sessions were there.
      type: int
      sample: 41
    users:
      description: How many users those belonged to.
      type: int
      sample: 29
    tasks:
      description: With O(until_no_tasks), how many tasks ran. Null if QRS did not tell.
      type: int
      sample: 1
running_tasks:
  description:
    - Tasks that run still, as in RV(qlikops.sense.qlik_restart_info#module:running_tasks). Null if QRS does not tell.
  returned: with O(until_no_tasks)
  type: list
  elements: dict
sessions:
  description: The sessions left, as in RV(qlikops.sense.qlik_session_info#module:sessions).
  returned: always
  type: list
  elements: dict
users:
  description: Their users as in RV(qlikops.sense.qlik_session_info#module:users).
  returned: always
  type: list
  elements: dict
proxies:
  description: Proxy services looked at as in RV(qlikops.sense.qlik_session_info#module:proxies).
  returned: always
  type: list
  elements: dict
virtual_proxies:
  description: Virtual proxies looked at as in RV(qlikops.sense.qlik_session_info#module:virtual_proxies).
  returned: always
  type: list
  elements: dict
summary:
  description: Totals as in RV(qlikops.sense.qlik_session_info#module:summary).
  returned: always
  type: dict
failures:
  description: What could not be listed at the last look, as in RV(qlikops.sense.qlik_session_info#module:failures).
  returned: always
  type: list
  elements: dict
complete:
  description: Whether everything that was asked at the last look has answered.
  returned: always
  type: bool
observed_at:
  description: When the last look was.
  returned: always
  type: str
  sample: "2026-01-15T09:30:00Z"
notes:
  description: What a person should know of the result, in sentences.
  returned: always
  type: list
  elements: str
  sample: []
memory:
  description: What to store for the next run, as in RV(qlikops.sense.qlik_session_info#module:memory).
  returned: when O(remember)
  type: dict
first_seen:
  description: O(first_seen) brought up to date for the next run.
  returned: unless O(remember)
  type: dict
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

import time
from datetime import datetime, timezone

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError, require_range
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import in_words
from ansible_collections.qlikops.sense.plugins.module_utils._module import (
    QlikModule,
    errors_as_failures,
    selection_spec,
)
from ansible_collections.qlikops.sense.plugins.module_utils._query import inquire
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site
from ansible_collections.qlikops.sense.plugins.module_utils._wait import (
    RANGES,
    Wait,
    WaitPolicy,
    wait,
    who_is_left,
)


def main() -> None:
    module = QlikModule(
        argument_spec={
            "wait_timeout": {"type": "int", "default": 600},
            "wait_interval": {"type": "int", "default": 10},
            "until_sessions": {"type": "int", "default": 0},
            "until_no_tasks": {"type": "bool", "default": False},
            "lease": {"type": "dict"},
            **selection_spec(),
        }
    )
    options = module.params
    with errors_as_failures(module):
        policy = patience_of(module)
        with Site(module.connection()) as site:
            waited = wait(
                lambda: inquire(site, options, datetime.now(timezone.utc)),
                policy,
                incomplete_counts=options["on_proxy_failure"] == "warn",
                monotonic=time.monotonic,
                sleep=time.sleep,
                running=(lambda query: site.cluster().running_tasks(proxy.node for proxy in query.scope.proxies))
                if options["until_no_tasks"]
                else None,
            )
        finish(module, waited)


def patience_of(module: QlikModule) -> WaitPolicy:
    """Raises BadOption. In check mode one look has to do."""
    if module.params["lease"]:
        raise BadOption("lease", "the module alone can't renew it.", "Call it in a task without async.")
    for option, (least, most) in RANGES.items():
        require_range(option, module.params[option], least, most)
    return WaitPolicy(
        0 if module.check_mode else module.params["wait_timeout"],
        module.params["wait_interval"],
        module.params["until_sessions"],
    )


def finish(module: QlikModule, waited: Wait) -> None:
    result = {
        "changed": False,
        **waited.query.result(module.params["include_session_ids"]).as_result(),
        **waited.query.memory(),
        "notes": waited.query.notes(),
        **waited.as_result(),
    }
    if module.params["until_no_tasks"]:
        tasks = waited.tasks
        result["running_tasks"] = None if tasks is None else [task.as_result() for task in tasks]
    unread = in_words(waited.query.listing.failures)
    if waited.timed_out and not module.check_mode:
        left = (
            f"{result['remaining']} sessions are left: {who_is_left(result['users'])}." if result["remaining"] else ""
        )
        said = ("Timed out.", left, waited.tasks_left(), unread)
        module.fail(QlikError("timed_out", " ".join(filter(None, said))), **result)
    if unread:
        module.warn(f"Not all sessions could be listed. {unread}")
    module.exit_json(**{**result, "timed_out": False})


if __name__ == "__main__":
    main()
