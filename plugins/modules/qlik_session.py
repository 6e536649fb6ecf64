#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qlik_session
short_description: End proxy sessions of a Qlik Sense site
version_added: 0.1.0
description:
  - Ends the sessions that the selection options name, over all proxy services and virtual proxies of a client-managed
    Qlik Sense site, each by its id.
  - Check mode makes the same plan and changes nothing.
  - Ending a session logs its user out. It is no ban. With single sign-on the next click makes a new session; to keep a
    user out, block the user in the QMC first.
  - A user who was at the limit of five sessions has to wait five minutes after one of them ended before a new one is
    allowed.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._connection
  - qlikops.sense._selection
  - qlikops.sense._attributes
  - qlikops.sense._attributes.actiongroup_qlik
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - The difference shows the sessions meant to be ended.
  idempotent:
    support: partial
    details:
      - A second run finds nothing to end, unless users have logged in again meanwhile.
options:
  state:
    description:
      - The selected sessions must not exist.
    type: str
    choices:
      - absent
    default: absent
  all:
    description:
      - Must be V(true) if no other option selects sessions, for all sessions of the site are meant then.
        O(exclude_users) alone does not count as a selection.
    type: bool
    default: false
  protect_users:
    description:
      - Users whose sessions are not ended, even if they are selected, written as in O(users). They are listed in
        RV(kept). Sessions of O(api_user) are never ended.
      - An empty list protects nobody else.
    type: list
    elements: str
    default:
      - INTERNAL\*
  max_sessions:
    description:
      - If more sessions than this would be ended, fail before any is.
    type: int
  max_percent:
    description:
      - If more than this percentage of all sessions of the site would be ended, fail before any is. The whole site is
        read for it.
    type: float
seealso:
  - module: qlikops.sense.qlik_session_info
  - plugin: qlikops.sense.session_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: End what one user has open
  qlikops.sense.qlik_session:
    host: qlik1.example.com
    client_cert: /etc/qlik/client.pem
    client_key: /etc/qlik/client_key.pem
    ca_path: /etc/qlik/root.pem
    users: ['LAB\anna']

- name: See who would be thrown off a node, without doing it
  qlikops.sense.qlik_session:
    proxies: [qlik2.example.com]
  check_mode: true
  register: would

- name: End the surplus of accounts that leak sessions, but never more than a tenth of the site
  qlikops.sense.qlik_session:
    users: ['svc_*']
    keep_per_user: 3
    max_percent: 10

- name: End sessions that are old, and what anybody has beyond four sessions, and remember the ages of the others
  qlikops.sense.qlik_session:
    any_of:
      - {name: old, min_age: 8h}
      - {name: many, keep_per_user: 4}
    memory: "{{ remembered }}"
    remember: true
    max_percent: 20
  vars:
    remembered: ""

- name: See what a rule by idle time would end
  qlikops.sense.qlik_session:
    min_idle: 4h
  check_mode: true

- name: End the sessions of people who have left
  qlikops.sense.qlik_session:
    user_states: [removed_externally, blacklisted, missing]

- name: End everything but what monitoring needs
  qlikops.sense.qlik_session:
    all: true
    protect_users: ['INTERNAL\*', 'LAB\svc_monitoring']
"""

RETURN = r"""
sessions:
  description:
    - The sessions meant to be ended, with the keys of RV(qlikops.sense.qlik_session_info#module:sessions) and the two
      below.
  returned: always
  type: list
  elements: dict
  contains:
    outcome:
      description:
        - V(ended), V(already_gone) if it ended by itself meanwhile, V(failed), or V(would_end) where nothing was tried,
          in check mode and when the module refused.
        - The lists are read again afterwards. A session that is still there has failed; one for which no answer came,
          and which is not there any more, has ended.
      type: str
      sample: ended
    outcome_reason:
      description: Why it failed, else empty.
      type: str
      sample: ""
kept:
  description:
    - The sessions selected but spared, with the keys of RV(qlikops.sense.qlik_session_info#module:sessions). They are
      protected, or they were selected by idle time or number and QRS noted activity right before they were to end.
  returned: always
  type: list
  elements: dict
  contains:
    reason:
      description: Why it was spared, also with O(any_of).
      type: str
      sample: protect_users names this user
summary:
  description:
    - Totals as in RV(qlikops.sense.qlik_session_info#module:summary), how many sessions had which outcome, and as
      C(listed) how many were listed, selected or not.
  returned: always
  type: dict
  sample:
    sessions: 3
    users: 2
    people: 2
    rows_without_session: null
    users_at_limit: 0
    proxies: 2
    virtual_proxies: 3
    ended: 3
    already_gone: 0
    failed: 0
    would_end: 0
    kept: 1
    listed: 12
    rules: {old: 2, many: 1}
users:
  description: Users of these sessions as in RV(qlikops.sense.qlik_session_info#module:users).
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
at_limit:
  description:
    - Users who lose one of five or more sessions, as far as they were listed. Qlik Sense allows them a new one only
      five minutes later.
  returned: always
  type: list
  elements: str
  sample: ['LAB\anna']
outcome:
  description: What became of the sessions as a whole.
  returned: always
  type: str
  choices: [nothing to do, ended, would be ended, failed]
  sample: ended
message:
  description: The numbers in one line.
  returned: always
  type: str
  sample: "412 sessions listed, 3 to end: 2 ended, 1 already gone"
notes:
  description: What a person should know of the result, in sentences.
  returned: always
  type: list
  elements: str
  sample: []
failures:
  description: What could not be listed, before or after, as in RV(qlikops.sense.qlik_session_info#module:failures).
  returned: always
  type: list
  elements: dict
complete:
  description: Whether everything that was asked has answered.
  returned: always
  type: bool
observed_at:
  description: When the sessions were listed.
  returned: always
  type: str
  sample: "2026-01-15T09:30:00Z"
not_found:
  description:
    - What O(session_refs) and O(session_ids) name and no list has. A reference stands here as it was given, an id as
      its place in the option. What could be in a list that was not read is not told.
  returned: always
  type: list
  elements: str
  sample: ["3f9a1c-0c1d2e3f4a5b", "session_ids[0]"]
memory:
  description:
    - What to store for the next run, as in RV(qlikops.sense.qlik_session_info#module:memory), without the sessions that
      were ended.
  returned: when O(remember)
  type: dict
first_seen:
  description: O(first_seen) brought up to date for the next run, without the sessions that were ended.
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

from datetime import datetime, timezone
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._ended import ended_result, problem_of
from ansible_collections.qlikops.sense.plugins.module_utils._errors import Refused
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import (
    WOULD_END,
    EndResult,
    Outcome,
    in_words,
)
from ansible_collections.qlikops.sense.plugins.module_utils._module import (
    QlikModule,
    errors_as_failures,
    selection_spec,
)
from ansible_collections.qlikops.sense.plugins.module_utils._query import SessionQuery, inquire
from ansible_collections.qlikops.sense.plugins.module_utils._rules.criteria import Criteria
from ansible_collections.qlikops.sense.plugins.module_utils._rules.plan import Caps, Plan, Protection, plan_ending
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site


def main() -> None:
    module = QlikModule(
        argument_spec={
            "state": {"type": "str", "choices": ["absent"], "default": "absent"},
            "all": {"type": "bool", "default": False},
            "protect_users": {"type": "list", "elements": "str", "default": ["INTERNAL\\*"]},
            "max_sessions": {"type": "int"},
            "max_percent": {"type": "float"},
            **selection_spec(),
        }
    )
    options = module.params
    with errors_as_failures(module):
        require_selection(options)
        caps = Caps(options["max_sessions"], options["max_percent"])
        protection = Protection(options["protect_users"], options["api_user"])
        with Site(module.connection()) as site:
            now, count_all = datetime.now(timezone.utc), caps.max_percent is not None
            query = inquire(site, options, now, count_all, protection.spares)
            plan = plan_ending(query.selected, protection)
            refusal = reason_to_refuse(query, plan, caps, options["on_proxy_failure"])
            if module.check_mode or refusal:
                end_result = not_tried(plan)
            else:
                plan = query.second_look(site, plan)
                end_result = site.end(plan.to_end)
        unread = in_words((*query.listing.failures, *end_result.failures))
        problem = problem_of(end_result, refusal, unread if options["on_proxy_failure"] == "fail" else "")
        result = ended_result(query, plan, end_result, options["include_session_ids"], refusal, problem)
    if problem:
        module.fail(problem, **result)
    if unread:
        module.warn(f"Not all sessions could be listed. {unread}")
    module.exit_json(**result)


def require_selection(options: dict[str, Any]) -> None:
    if not (Criteria.from_options(options).is_given or options["all"]):
        raise Refused(
            "No option selects sessions, so this would end all sessions of the site.",
            "Select some by proxies, virtual_proxies, users or the like, or set all: true."
            " An empty list does not select any.",
        )


def reason_to_refuse(query: SessionQuery, plan: Plan, caps: Caps, on_proxy_failure: str) -> str:
    """Why nothing may be ended, or an empty text."""
    unread = in_words(query.listing.failures)
    if unread and on_proxy_failure == "fail":
        return f"Nothing was ended, because not all sessions could be listed. {unread}"
    return caps.objection(plan, len(query.listing.sessions))


def not_tried(plan: Plan) -> EndResult:
    return EndResult({session.ref: Outcome(WOULD_END) for session in plan.to_end})


if __name__ == "__main__":
    main()
