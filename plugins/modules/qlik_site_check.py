#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qlik_site_check
short_description: Check whether this collection fits a Qlik Sense site
version_added: 0.1.0
description:
  - Checks a client-managed Qlik Sense site from the host that the module runs on. Returns a list of lines, each with a
    status, what the module saw, and what to do about it. The module changes nothing.
  - "The lines are in groups. C(reach): whether every node can be reached. C(certificates): certificates, and the clocks
    of the nodes. C(rights): what O(api_user) may read. C(interfaces): whether the services have what this collection
    relies on, according to their own description. C(behaviour): what Qlik does not document, as far as reading shows
    it. C(site): how the site is set up. C(balancer): whether the servers of HAProxy are the nodes of the site."
  - No line contains the name of a user or an id, so you can attach the result to a bug report. It does contain the
    names of nodes and the prefixes of virtual proxies.
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
      - The status from which the module fails. It returns all lines in any case.
    type: str
    choices: [problem, warning, never]
    default: problem
  certificate_warn_days:
    description:
      - A certificate that is valid for fewer days is a warning. Must not be less than O(certificate_problem_days).
    type: int
    default: 60
  certificate_problem_days:
    description: A certificate that is valid for fewer days is a problem.
    type: int
    default: 14
  haproxy_backend:
    description:
      - The backends of HAProxy that contain the users' ports of the site. Without them, the lines of C(balancer) are
        V(unknown).
    type: list
    elements: str
    default: []
  haproxy_socket:
    description: The admin socket of HAProxy on the host that the module runs on, a path or host:port.
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
  description: The lines of the check. A result always has all lines.
  returned: always
  type: list
  elements: dict
  contains:
    group:
      description: The group of the line, such as C(certificates).
      type: str
      sample: certificates
    name:
      description: The name of the line in its group.
      type: str
      sample: services
    status:
      description: V(ok), V(unknown), V(warning) or V(problem).
      type: str
      sample: warning
    seen:
      description: What the module saw, in a sentence. If something is not ok, the sentence says only that.
      type: str
      sample: "QPS of Node2: valid for 41 days"
    advice:
      description: What to do about it. Empty if there is nothing to do.
      type: str
      sample: Create new certificates in the QMC in time, and export client_cert, client_key and ca_path again.
summary:
  description: The number of lines, the number of lines with each status, and the worst status.
  returned: always
  type: dict
  sample:
    checks: 47
    ok: 44
    unknown: 2
    warning: 1
    problem: 0
    status: warning
description:
  description:
    - The site in the form that the role P(qlikops.sense.simulated_site#role) takes in
      C(simulated_site_description), with its nodes, virtual proxies, links, time-outs, and numbers of sessions and
      users. The names of users are made up.
    - What the module found out about the behaviour of the site sets the switches of the simulated site.
    - Empty if the module could not read the site from QRS.
  returned: always
  type: dict
  sample:
    virtual_proxies: [{prefix: "", description: Default}]
    nodes: [{name: Central, host_name: qlik1.example.com, central: true, virtual_proxies: [""]}]
    users: []
    sessions: []
    switches: {unknown_prefix: not_found}
observed_at:
  description: When the check started.
  returned: always
  type: str
  sample: "2026-01-15T09:30:00Z"
failure:
  description:
    - Why the module failed. C(kind) is V(not_well) if a line has the status in O(fail_on) or a worse one. C(reason) and
      C(hint) are the parts of C(msg). If a request failed, C(request), C(status) and C(words) of the server say more.
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
