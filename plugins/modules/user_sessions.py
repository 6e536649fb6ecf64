#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: user_sessions
short_description: Tell the help desk about the sessions of a user
version_added: 0.1.0
description:
  - Lists the sessions of a user over the whole site, and says in sentences whether the user may log in, and whether the
    limit of five is reached.
  - Called again with O(seen), it waits for a new session while the user tries to log in, and says what is likely the
    reason if there is none. What it finds is shown while it waits.
  - Ends nothing itself. The role P(qlikops.sense.user_sessions#role) does so between the two calls, and records it.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._connection
  - qlikops.sense._attributes
  - qlikops.sense._attributes.info_module
  - qlikops.sense._attributes.actiongroup_qlik
options:
  user:
    description:
      - The user, as DIRECTORY\\id, the id alone for all directories, or a pattern with V(*) and V(?). It must not be
        empty.
    type: str
  several:
    description: Whether it may be more than one user. Else that is refused.
    type: bool
    default: false
  end:
    description: Whether the sessions are going to be ended, so that RV(to_end) names them.
    type: bool
    default: false
  refs:
    description: Only these are going to be ended. It is refused if the user has none of them.
    type: list
    elements: str
    default: []
  wait:
    description: With O(seen), how many seconds to wait for a new session. V(0) for not at all, as in check mode.
    type: int
    default: 0
  wait_interval:
    description: How many seconds between two looks, 1 or more.
    type: int
    default: 3
  seen:
    description: What the module returned when it was called before, for the same user.
    type: dict
  ended:
    description: The result of M(qlikops.sense.qlik_session), if sessions were ended in between.
    type: dict
  email_attributes:
    description: Where addresses stand, as O(qlikops.sense.qlik_session_info#module:email_attributes).
    type: list
    elements: str
    default:
      - email
  anonymous_users:
    description: Who is a visitor, as O(qlikops.sense.qlik_session_info#module:anonymous_users).
    type: list
    elements: str
    default:
      - NONE\*
  service_users:
    description: Who is a service account, as O(qlikops.sense.qlik_session_info#module:service_users).
    type: list
    elements: str
    default:
      - INTERNAL\*
seealso:
  - module: qlikops.sense.qlik_session_info
  - module: qlikops.sense.qlik_user_info
"""

EXAMPLES = r"""
- name: Look up a user
  qlikops.sense.user_sessions:
    host: qlik1.example.com
    client_cert: /etc/qlik/client.pem
    client_key: /etc/qlik/client_key.pem
    ca_path: /etc/qlik/root.pem
    user: LAB\anna
  register: found

- name: Show the state of the user
  ansible.builtin.debug:
    msg: "{{ found.answer.said | join('\n') }}"

- name: Wait for a minute while the user tries to log in
  qlikops.sense.user_sessions:
    host: qlik1.example.com
    client_cert: /etc/qlik/client.pem
    client_key: /etc/qlik/client_key.pem
    ca_path: /etc/qlik/root.pem
    user: LAB\anna
    seen: "{{ found }}"
    wait: 60
"""

RETURN = r"""
answer:
  description: What was found out.
  returned: success
  type: dict
  contains:
    user:
      description: O(user).
      type: str
      sample: LAB\anna
    users:
      description: The users with sessions, as RV(qlikops.sense.qlik_session_info#module:users).
      type: list
      elements: dict
    sessions:
      description: Their sessions, as RV(qlikops.sense.qlik_session_info#module:sessions).
      type: list
      elements: dict
    said:
      description: Sentences for a person.
      type: list
      elements: str
      sample: ["LAB\\anna (Anna Ek) may log in. 1 session of the 5 that a user may have."]
    ended:
      description: C(summary) of O(ended), how many sessions had which outcome.
      type: dict
    appeared:
      description: The new sessions.
      type: list
      elements: dict
    complete:
      description: Whether all proxy services answered.
      type: bool
table:
  description: The sessions as text for the screen. Empty without any.
  returned: success
  type: str
to_end:
  description: References of the sessions to end, if O(end=true).
  returned: success
  type: list
  elements: str
known:
  description: The users with their state, also a user without a session.
  returned: success
  type: list
  elements: dict
failures:
  description: What could not be listed, as RV(qlikops.sense.qlik_session_info#module:failures).
  returned: success
  type: list
  elements: dict
failure:
  description:
    - Why there is no answer, with C(kind), C(reason) and C(hint), and with C(problems) where options are wrong.
  returned: when there is none
  type: dict
"""
