#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qlik_session_info
short_description: List the proxy sessions of a Qlik Sense site
version_added: 0.1.0
description:
  - Lists who is connected to a client-managed Qlik Sense site, over all proxy services and virtual proxies at once,
    with totals.
  - The selection options are those of M(qlikops.sense.qlik_session), so what this module shows is what that one ends.
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  detail:
    description:
      - How much to return. On a large site, Ansible needs longer to handle the result than the module needs to list the
        sessions, so return only what you use.
      - V(users) leaves out RV(sessions) and RV(first_seen). V(summary) leaves out RV(users), too.
    type: str
    choices:
      - sessions
      - users
      - summary
    default: sessions
extends_documentation_fragment:
  - qlikops.sense._connection
  - qlikops.sense._selection
  - qlikops.sense._attributes
  - qlikops.sense._attributes.info_module
  - qlikops.sense._attributes.actiongroup_qlik
seealso:
  - module: qlikops.sense.qlik_session
  - module: qlikops.sense.qlik_proxy_info
  - plugin: qlikops.sense.session_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: See who is connected
  qlikops.sense.qlik_session_info:
    host: qlik1.example.com
    client_cert: /etc/qlik/client.pem
    client_key: /etc/qlik/client_key.pem
    ca_path: /etc/qlik/root.pem
  register: connected

- name: Show it as a table
  ansible.builtin.debug:
    msg: "{{ connected | qlikops.sense.session_table }}"

- name: See who a restart of one node would affect, with names and addresses
  qlikops.sense.qlik_session_info:
    proxies: [qlik2.example.com]
    exclude_users: ['INTERNAL\*']
    resolve_users: true
  register: affected

- name: See how many people are connected, where some service accounts and kiosks are not of Qlik's own
  qlikops.sense.qlik_session_info:
    resolve_users: true
    email_attributes: [mail, email]
    anonymous_users: ['NONE\*', 'LAB\kiosk?']
    service_users: ['INTERNAL\*', 'LAB\svc_*']
  register: connected

- name: Count the people who are connected
  qlikops.sense.qlik_session_info:
    detail: summary
  register: counted

- name: Have their addresses
  ansible.builtin.debug:
    msg: "{{ connected.users | selectattr('kind', 'eq', 'person') | map(attribute='emails') | flatten }}"

- name: Find what users have beyond four sessions
  qlikops.sense.qlik_session_info:
    keep_per_user: 4

- name: Find sessions that are old, and what users have beyond four sessions
  qlikops.sense.qlik_session_info:
    first_seen: "{{ connected.first_seen }}"
    any_of:
      - {name: old, min_age: 8h}
      - {name: many, keep_per_user: 4}

- name: Find sessions of people who have left
  qlikops.sense.qlik_session_info:
    user_states: [removed_externally, blacklisted, missing]
"""

RETURN = r"""
sessions:
  description: The sessions selected, in the order of O(sort_by).
  returned: if O(detail=sessions)
  type: list
  elements: dict
  contains:
    ref:
      description: A short hash that stands for the session, for O(session_refs).
      type: str
      sample: 3f9a1c-0c1d2e3f4a5b
    user:
      description: User directory and id.
      type: str
      sample: LAB\anna
    user_directory:
      description: User directory.
      type: str
      sample: LAB
    user_id:
      description: User id.
      type: str
      sample: anna
    user_name:
      description: The name that came with the session. Most sites give none.
      type: str
      sample: ""
    attributes:
      description: The attributes of the session, each name with all of its values.
      type: dict
      sample:
        group: [Finance, HR]
    virtual_proxy:
      description: Prefix of the virtual proxy, empty for the default one.
      type: str
      sample: sales
    virtual_proxy_id:
      description: Id of the virtual proxy in QRS.
      type: str
      sample: 5a1e0b7c-62d3-4a51-8f0e-6f6cbb2d93d1
    proxy:
      description: Name of the node whose proxy service holds the session.
      type: str
      sample: Central
    proxy_host:
      description: Host name of that node.
      type: str
      sample: qlik1.example.com
    first_seen:
      description: When the session was first seen, now if it is not in O(first_seen).
      type: str
      sample: "2026-01-15T08:00:00Z"
    age:
      description:
        - Seconds since it began or, where QRS does not tell, since it was first seen. Null if it is not in
          O(first_seen) either.
      type: int
      sample: 5400
    age_source:
      description: V(qrs) if it is the time since RV(sessions[].started), V(memory) if since RV(sessions[].first_seen).
      type: str
      choices: [qrs, memory]
      sample: qrs
    started:
      description: When it began according to QRS, null if that is not known. See O(activity).
      type: str
      sample: "2026-01-15T08:00:00Z"
    last_active:
      description: When QRS last noted activity, null if that is not known.
      type: str
      sample: "2026-01-15T08:50:00Z"
    idle:
      description:
        - Seconds since then by QRS's own clock, null if that is not known. QRS notes activity late, so the user may
          have been active since.
      type: int
      sample: 2400
    license:
      description: The allocation that the session holds, null if that is not known.
      type: str
      choices: [professional, analyzer, analyzer_capacity, user, login]
      sample: analyzer
    rule:
      description: The name of the rule that selected it.
      type: str
      returned: when O(any_of) is given
      sample: old
    reason:
      description: Why the rule selected it, in words.
      type: str
      returned: when O(any_of) is given
      sample: first seen 9 h 10 min ago, limit 8 h
    session_id:
      description: The id.
      type: str
      returned: when O(include_session_ids=true)
users:
  description: The users of these sessions.
  returned: unless O(detail=summary)
  type: list
  elements: dict
  contains:
    user:
      description: User directory and id.
      type: str
      sample: LAB\anna
    user_directory:
      description: User directory.
      type: str
      sample: LAB
    user_id:
      description: User id.
      type: str
      sample: anna
    kind:
      description:
        - V(anonymous) for a visitor without a login according to O(anonymous_users), V(service) for a service account
          according to O(service_users), else V(person).
      type: str
      choices: [person, anonymous, service]
      sample: person
    sessions:
      description: How many of the sessions are theirs.
      type: int
      sample: 2
    rows_without_session:
      description:
        - How many sessions QRS counts as theirs that no proxy service lists, null if that is not known. They may keep a
          user out who has fewer than five sessions. For some minutes after a session has ended this is normal.
        - Known only if all sessions of the site were listed, and rows say whose they are.
      type: int
      sample: 0
    virtual_proxies:
      description: Prefixes of the virtual proxies they have them over.
      type: list
      elements: str
      sample: ["", sales]
    proxies:
      description: Names of the nodes they have them on.
      type: list
      elements: str
      sample: [Central]
    name:
      description: Name according to QRS, empty for a user it does not know.
      type: str
      returned: when users were resolved
      sample: Anna Ek
    emails:
      description:
        - E-mail addresses according to QRS, or to the user's sessions where QRS has none, by O(email_attributes). Each
          stands there once.
      type: list
      elements: str
      returned: when users were resolved
      sample: [anna@lab.example]
    state:
      description:
        - V(active), V(inactive), V(blacklisted), V(removed_externally), V(missing) for a user QRS does not know,
          V(unknown) for one that it does not show where O(api_user) may lack the right to read all users, or
          V(anonymous) for one it was not asked for.
        - A user is V(missing) only if QRS shows as many users to O(api_user) as to Qlik's own account, and at least
          nine other users of the same directory for each one it does not show, among the users of all sessions that
          were listed.
      type: str
      choices: [active, inactive, blacklisted, removed_externally, missing, unknown, anonymous]
      returned: when users were resolved
      sample: active
    states:
      description: All of these words that apply but V(active), for a user may be inactive and blacklisted.
      type: list
      elements: str
      returned: when users were resolved
      sample: []
users_without_session:
  description:
    - Users of whom QRS counts sessions though no proxy service lists any of them, and how many. RV(users[]) has those
      who also have sessions.
    - Also empty if that is not known. C(rows_without_session) of RV(summary) is null then.
  returned: unless O(detail=summary)
  type: list
  elements: dict
  sample: [{user: 'LAB\bert', user_directory: LAB, user_id: bert, rows_without_session: 5}]
proxies:
  description: The proxy services looked at.
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
    virtual_proxies:
      description: Prefixes of the virtual proxies linked to it.
      type: list
      elements: str
      sample: ["", sales]
    sessions:
      description: How many of the sessions it holds.
      type: int
      sample: 8
    users:
      description: How many users those belong to.
      type: int
      sample: 6
    reachable:
      description: Whether it answered, null if there was nothing to ask it.
      type: bool
      sample: true
virtual_proxies:
  description: The virtual proxies looked at, those linked to no proxy service among them.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Id in QRS.
      type: str
      sample: 5a1e0b7c-62d3-4a51-8f0e-6f6cbb2d93d1
    prefix:
      description: Prefix, empty for the default virtual proxy.
      type: str
      sample: sales
    description:
      description: Description.
      type: str
      sample: Sales portal
    session_cookie_header_name:
      description: Name of its session cookie.
      type: str
      sample: X-Qlik-Session-sales
    session_inactivity_timeout:
      description: Minutes after which an idle session ends by itself.
      type: int
      sample: 30
    load_balancing_nodes:
      description: Nodes whose engines it uses, each with C(name) and C(host_name).
      type: list
      elements: dict
      sample:
        - name: Central
          host_name: qlik1.example.com
    proxies:
      description: Names of the nodes whose proxy services serve it.
      type: list
      elements: str
      sample: [Central]
    sessions:
      description: How many of the sessions are over it.
      type: int
      sample: 5
    users:
      description: How many users those belong to.
      type: int
      sample: 4
summary:
  description:
    - Totals of the lists above, as C(people) the users of that kind, and as C(users_at_limit) the users with five or
      more of the sessions listed.
    - C(rows_without_session) is of all users that O(users) and O(exclude_users) mean, also of those without a session.
    - With O(any_of) also C(rules), how many of the sessions each rule selected.
  returned: always
  type: dict
  sample:
    sessions: 12
    users: 9
    people: 8
    rows_without_session: 0
    users_at_limit: 1
    proxies: 2
    virtual_proxies: 3
    rules: {old: 2, many: 1}
failures:
  description: What could not be listed.
  returned: always
  type: list
  elements: dict
  contains:
    proxy:
      description: Name of the node.
      type: str
      sample: Node2
    virtual_proxy:
      description: Prefix of the virtual proxy.
      type: str
      sample: sales
    reason:
      description: What happened.
      type: str
    hint:
      description: What to do.
      type: str
complete:
  description: Whether everything that was asked has answered.
  returned: always
  type: bool
observed_at:
  description: When the sessions were listed.
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
  description: What to store for the next run.
  returned: when O(remember)
  type: dict
  contains:
    text:
      description: O(memory) for the next run, one line of JSON. It holds references of sessions, never their ids.
      type: str
    state:
      description: What became of O(memory). V(none) if there was nothing in it.
      type: str
      choices: [none, kept, unreadable]
      sample: kept
    stored_at:
      description: When O(memory) was stored, empty unless it was kept.
      type: str
      sample: "2026-01-15T09:15:00Z"
    note:
      description: What a person should know of O(memory), empty where all is well.
      type: str
      sample: ""
    of_unknown_age:
      description: How many of the sessions listed were seen for the first time.
      type: int
      sample: 3
first_seen:
  description:
    - O(first_seen) brought up to date for the next run. Sessions that are gone are left out, but those of a proxy
      service that was not asked or did not answer keep their times.
  returned: if O(detail=sessions), unless O(remember)
  type: dict
  sample:
    3f9a1c-0c1d2e3f4a5b: "2026-01-15T08:00:00Z"
not_found:
  description:
    - What O(session_refs) and O(session_ids) name and no list has. A reference stands here as it was given, an id as
      its place in the option. What could be in a list that was not read is not told.
  returned: always
  type: list
  elements: str
  sample: ["3f9a1c-0c1d2e3f4a5b", "session_ids[0]"]
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

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import in_words
from ansible_collections.qlikops.sense.plugins.module_utils._module import (
    QlikModule,
    errors_as_failures,
    selection_spec,
)
from ansible_collections.qlikops.sense.plugins.module_utils._query import SessionQuery, inquire
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site

NOT_USERS = ("sessions", "first_seen")
LEFT_OUT = {"sessions": (), "users": NOT_USERS, "summary": (*NOT_USERS, "users", "users_without_session")}


def main() -> None:
    detail = {"type": "str", "default": "sessions", "choices": ["sessions", "users", "summary"]}
    module = QlikModule(argument_spec={"detail": detail, **selection_spec()})
    with errors_as_failures(module), Site(module.connection()) as site:
        query = inquire(site, module.params, datetime.now(timezone.utc), shows_activity=True)
        finish(module, query)


def finish(module: QlikModule, query: SessionQuery) -> None:
    result = {
        "changed": False,
        **query.result(module.params["include_session_ids"]).as_result(),
        **query.memory(),
        "users_without_session": users_without_session(query),
        "notes": query.notes(),
        "not_found": list(query.not_found),
    }
    for key in LEFT_OUT[module.params["detail"]]:
        result.pop(key, None)
    problem = in_words(query.listing.failures)
    if problem and module.params["on_proxy_failure"] == "fail":
        module.fail(QlikError("incomplete", f"Not all sessions could be listed. {problem}"), **result)
    if problem:
        module.warn(f"Not all sessions could be listed. {problem}")
    module.exit_json(**result)


def users_without_session(query: SessionQuery) -> list[dict[str, Any]]:
    activities, rows = query.ages.activities, query.rows_without_session
    return [] if activities is None or rows is None else activities.users_without_session(rows)


if __name__ == "__main__":
    main()
