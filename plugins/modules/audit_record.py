#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_record
short_description: Append a record of what was done, by whom and why
version_added: 0.1.0
description:
  - Appends one line to a file, a JSON object that says when, who, why, and what.
  - The role P(qlikops.sense.end_sessions#role) keeps its audit log with it, and so can your own tasks.
  - Each record is written at once and is on the disk when the module returns, also when several jobs write to the same
    file. What is in the file already is never changed; a last line that was cut off when its writer died gets its end
    first.
  - A file that is not there is made with mode 0600. Its directory must be there.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._attributes
attributes:
  check_mode:
    support: full
    details:
      - Returns the record, and fails if the file could not be written.
  diff_mode:
    support: full
  idempotent:
    support: none
    details:
      - Each call is a record of its own.
options:
  path:
    description: The file, on the host that the task runs on. It grows until you rotate it.
    type: path
    required: true
  event:
    description: What happened, as a word.
    type: str
    required: true
  reason:
    description: Why, such as the number of a ticket.
    type: str
  details:
    description:
      - Whatever else there is to know. Entries called C(session_id) or C(session_ids) are left out, at any depth, for
        anyone who reads a session id can take over the session. References of sessions are fine.
    type: dict
    default: {}
  selection:
    description:
      - What selects the sessions that are about to be ended, as options of M(qlikops.sense.qlik_session). It goes into
        the details as C(selected), without what is not given.
    type: dict
  result:
    description:
      - The result of M(qlikops.sense.qlik_session), be it a success or a failure. What became of each session goes into
        the details, and no more of a user than the directory and the id.
    type: dict
  id:
    description: Id of the record. A new one unless given. Records that belong together may have the same.
    type: str
  who:
    description:
      - More about who runs this. What is found out stands in the same dictionary and wins; it is C(login) and
        C(controller), and in AWX C(awx_user), C(awx_job_id), C(awx_job_template), C(awx_launch_type), C(awx_schedule),
        C(awx_workflow_job_id) and C(awx_workflow_job), as far as there are any.
    type: dict
    default: {}
  playbook:
    description: Which playbook runs. Found out unless given.
    type: str
  host:
    description: Which host of the inventory the record is about. The one whose task this is unless given.
    type: str
notes:
  - The host that the task runs on needs Python on Linux or another Unix.
seealso:
  - module: qlikops.sense.qlik_session
"""

EXAMPLES = r"""
- name: Keep a record of who was blocked, and why
  qlikops.sense.audit_record:
    path: /var/log/qlik/audit.jsonl
    event: user_blocked
    reason: "{{ qlik_reason }}"
    details:
      user: LAB\anna
  delegate_to: localhost

- name: End what one user has open
  qlikops.sense.qlik_session:
    users: ['LAB\anna']
  register: ended

- name: Keep a record of it
  qlikops.sense.audit_record:
    path: /var/log/qlik/audit.jsonl
    event: sessions_ended
    result: "{{ ended }}"
  delegate_to: localhost
"""

RETURN = r"""
record:
  description: The record as it was written, in check mode as it would be.
  returned: success
  type: dict
  contains:
    time:
      description: When it was written.
      type: str
      sample: "2026-01-15T09:30:00Z"
    id:
      description: Its id.
      type: str
      sample: 3f0c1f0a-6d0e-4c53-8a0a-7f6f3f4b9a51
    event:
      description: O(event).
      type: str
      sample: user_blocked
    who:
      description: See O(who).
      type: dict
      sample:
        login: awx
        controller: automation-job-4711
        awx_user: anna
        awx_job_id: 4711
    reason:
      description: O(reason), or an empty text.
      type: str
      sample: Ticket 12345
    playbook:
      description: Which playbook ran, or an empty text.
      type: str
      sample: qlikops.sense.drain_and_restart
    host:
      description: Which host of the inventory it is about, or an empty text.
      type: str
      sample: qlik2.example.com
    details:
      description:
        - O(details), with those of O(selection) and O(result).
        - Of a result they are C(summary), how many sessions had which outcome; C(sessions), each with C(user),
          C(virtual_proxy), C(proxy), C(ref), C(outcome), C(outcome_reason), and C(rule) and C(reason) if rules selected
          it; C(kept), how many were spared for which reason; C(complete) and C(failures), what could not be listed;
          C(failure), what the module failed with, or an empty text.
      type: dict
bytes:
  description: How long the line is.
  returned: success
  type: int
  sample: 420
failure:
  description: Why the record was not written, with C(kind), C(reason) and C(hint).
  returned: when it was not
  type: dict
"""

import json
import uuid
from datetime import datetime, timezone
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._audit import append, as_line, check
from ansible_collections.qlikops.sense.plugins.module_utils._audit_details import ended_part, given_part
from ansible_collections.qlikops.sense.plugins.module_utils._module import Module, errors_as_failures


def main() -> None:
    module = Module(
        argument_spec={
            "path": {"type": "path", "required": True},
            "event": {"type": "str", "required": True},
            "reason": {"type": "str"},
            "details": {"type": "dict", "default": {}},
            "selection": {"type": "dict"},
            "result": {"type": "dict", "no_log": True},  # no secret, but as long as the list of sessions
            "id": {"type": "str"},
            "who": {"type": "dict", "default": {}},
            "playbook": {"type": "str"},
            "host": {"type": "str"},
        }
    )
    path = module.params["path"]
    with errors_as_failures(module):
        line = as_line(record_of(module.params))
        if module.check_mode:
            check(path)
        else:
            append(path, line)
    record = json.loads(line)
    diff = {"diff": {"before_header": path, "after_header": path, "before": "", "after": record}}
    module.exit_json(changed=True, record=record, bytes=len(line), **(diff if module._diff else {}))


def record_of(options: dict[str, Any]) -> dict[str, Any]:
    texts = {name: options[name] or "" for name in ("reason", "playbook", "host")}
    return {
        "time": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "id": options["id"] or str(uuid.uuid4()),
        "event": options["event"],
        "who": options["who"],
        **texts,
        "details": details_of(options),
    }


def details_of(options: dict[str, Any]) -> dict[str, Any]:
    selected = {} if options["selection"] is None else {"selected": given_part(options["selection"])}
    ended = {} if options["result"] is None else ended_part(options["result"])
    return {**options["details"], **selected, **ended}


if __name__ == "__main__":
    main()
