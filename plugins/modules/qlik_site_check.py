#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qlik_site_check
short_description: Check a Qlik Sense site before you trust this collection with it
version_added: 0.1.0
description:
  - Looks at a client-managed Qlik Sense site from the host that the module runs on, and says line by line what is well,
    what is not, and what to do about it. Nothing is changed.
  - "The groups are: C(reach), whether every node can be reached; C(certificates), with the clocks of the nodes;
    C(rights) of O(api_user); C(interfaces), what the services say of themselves against what this collection relies on;
    C(behaviour) that no document states, as far as reading can tell; C(site), how it is set up; and C(balancer)."
  - No line names a user or an id, so that the result can go into the report of a fault. Names of nodes and prefixes of
    virtual proxies are in it.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._connection
  - qlikops.sense._attributes
  - qlikops.sense._attributes.info_module
  - qlikops.sense._attributes.actiongroup_qlik
options:
  fail_on:
    description:
      - From which status on the module fails. It returns all the same what it has found.
    type: str
    choices: [problem, warning, never]
    default: problem
  certificate_warn_days:
    description: A certificate that is good for fewer days is a warning. At least O(certificate_problem_days).
    type: int
    default: 60
  certificate_problem_days:
    description: A certificate that is good for fewer days is a problem.
    type: int
    default: 14
  haproxy_backend:
    description:
      - Backends of HAProxy whose servers are the users' ports of the site. Without it the lines of C(balancer) are
        V(unknown).
    type: list
    elements: str
    default: []
  haproxy_socket:
    description: HAProxy's admin socket, a path or host:port, as the host that runs the module sees it.
    type: str
    default: /run/haproxy/admin.sock
seealso:
  - module: qlikops.sense.qlik_proxy_info
  - module: qlikops.sense.qlik_restart_info
"""

EXAMPLES = r"""
- name: Check the site
  qlikops.sense.qlik_site_check:
    host: qlik1.example.com
    client_cert: /etc/qlik/client.pem
    client_key: /etc/qlik/client_key.pem
    ca_path: /etc/qlik/root.pem
    fail_on: never
  register: site

- name: Show what is not well
  ansible.builtin.debug:
    msg: "{{ site.checks | rejectattr('status', 'equalto', 'ok') }}"
"""

RETURN = r"""
checks:
  description: One entry for each line of the check. The lines are always the same.
  returned: always
  type: list
  elements: dict
  contains:
    group:
      description: What it belongs to, such as C(certificates).
      type: str
      sample: certificates
    name:
      description: Which line of the group it is.
      type: str
      sample: services
    status:
      description: V(ok), V(unknown), V(warning) or V(problem).
      type: str
      sample: warning
    seen:
      description: What came back, in a sentence. Where something is not well, only that.
      type: str
      sample: "QPS of Node2: good for 41 days"
    advice:
      description: What to do about it. Empty where nothing is to be done.
      type: str
      sample: Have the QMC make new certificates in time, and export client_cert, client_key and ca_path again.
summary:
  description: How many lines there are, how many of each status, and the worst status of all.
  returned: always
  type: dict
  sample:
    checks: 41
    ok: 38
    unknown: 2
    warning: 1
    problem: 0
    status: warning
description:
  description:
    - The site as the role P(qlikops.sense.simulated_site#role) takes it in C(simulated_site_description), with its
      nodes, virtual proxies, links, time-outs, and numbers of sessions and users. Users have made-up names.
    - What was found about the behaviour of the site sets the switches of the simulated one.
    - Empty if QRS did not show the site.
  returned: always
  type: dict
  sample:
    virtual_proxies: [{prefix: "", description: Default}]
    nodes: [{name: Central, host_name: qlik1.example.com, central: true, virtual_proxies: [""]}]
    users: []
    sessions: []
    switches: {unknown_prefix: not_found}
observed_at:
  description: When the check began.
  returned: always
  type: str
  sample: "2026-01-15T09:30:00Z"
failure:
  description:
    - Why the module could not do its work, or that something is as bad as O(fail_on) says. C(kind) is a word, C(reason)
      and C(hint) are what C(msg) says. If a request failed, C(request), C(status) and the server's C(words) say more.
  returned: when it failed
  type: dict
  sample:
    kind: not_well
    reason: "The site has 1 problem: reach/qps."
    hint: ""
    request: null
    status: null
    words: ""
"""

from collections.abc import Sequence
from datetime import datetime, timezone

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError, require_range
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import iso
from ansible_collections.qlikops.sense.plugins.module_utils._model.check import (
    PROBLEM,
    STATUSES,
    WARNING,
    Check,
    Limits,
    summary_of,
)
from ansible_collections.qlikops.sense.plugins.module_utils._module import QlikModule, errors_as_failures
from ansible_collections.qlikops.sense.plugins.module_utils._rules._site_check.everything import checks_of
from ansible_collections.qlikops.sense.plugins.module_utils._site_check import look
from ansible_collections.qlikops.sense.plugins.module_utils._site_description import description_of
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted, non_empty

NEVER = "never"
MOST_DAYS = 3650


def main() -> None:
    module = QlikModule(
        argument_spec={
            "fail_on": {"type": "str", "choices": [PROBLEM, WARNING, NEVER], "default": PROBLEM},
            "certificate_warn_days": {"type": "int", "default": 60},
            "certificate_problem_days": {"type": "int", "default": 14},
            "haproxy_backend": {"type": "list", "elements": "str", "default": []},
            "haproxy_socket": {"type": "str", "default": "/run/haproxy/admin.sock"},
        }
    )
    options = module.params
    with errors_as_failures(module):
        limits = limits_of(options["certificate_warn_days"], options["certificate_problem_days"])
        now = datetime.now(timezone.utc)
        seen = look(module.connection(), now, non_empty(options["haproxy_backend"]), options["haproxy_socket"])
        checks = checks_of(seen, limits)
        result = {
            "changed": False,
            "checks": [check.as_result() for check in checks],
            "summary": summary_of(checks),
            "description": description_of(seen),
            "observed_at": iso(now),
        }
        trouble = not_well(checks, options["fail_on"])
        if trouble:
            module.fail(trouble, **result)
    module.exit_json(**result)


def limits_of(warn_days: int, problem_days: int) -> Limits:
    """Raises BadOption."""
    for option, days in (("certificate_warn_days", warn_days), ("certificate_problem_days", problem_days)):
        require_range(option, days, 0, MOST_DAYS)
    if warn_days < problem_days:
        reason = f"{warn_days} is less than certificate_problem_days, {problem_days}."
        raise BadOption("certificate_warn_days", reason, "A warning comes before the problem.")
    return Limits(warn_days, problem_days)


def not_well(checks: Sequence[Check], fail_on: str) -> QlikError | None:
    """Why the module fails, None where it does not."""
    if fail_on == NEVER:
        return None
    bad = [check for check in checks if STATUSES.index(check.status) >= STATUSES.index(fail_on)]
    if not bad:
        return None
    names = ", ".join(f"{check.group}/{check.name}" for check in bad)
    counts = [(status, sum(check.status == status for check in bad)) for status in (PROBLEM, WARNING)]
    said = " and ".join(counted(count, status) for status, count in counts if count)
    return QlikError("not_well", f"The site has {said}: {names}.", "checks says what was seen, and what to do.")


if __name__ == "__main__":
    main()
