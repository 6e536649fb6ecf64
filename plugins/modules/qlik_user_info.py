#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qlik_user_info
short_description: Tell in which state QRS has users
version_added: 0.1.0
description:
  - Asks the repository service of a client-managed Qlik Sense site for users by their names, whether they have sessions
    or not. M(qlikops.sense.qlik_session_info) tells the same of users who have sessions.
  - A user who is V(inactive), V(blacklisted) or V(removed_externally) is refused at the next login.
  - QRS leaves out users that O(api_user) may not read. A user it does not show is V(missing) only if it shows at least
    ten users, and as many of them to O(api_user) as to V(INTERNAL\\sa_repository), Qlik's own account. Only the number
    is asked for as that account, which the certificate allows. Through O(qrs_virtual_proxy) nobody is V(missing).
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._connection
  - qlikops.sense._attributes
  - qlikops.sense._attributes.info_module
  - qlikops.sense._attributes.actiongroup_qlik
options:
  users:
    description:
      - The users, each as V(DIRECTORY\\id). Case is ignored. There are no wildcards here.
    type: list
    elements: str
    required: true
  email_attributes:
    description:
      - Types of the attributes in QRS that hold e-mail addresses, without regard to case, the best first.
    type: list
    elements: str
    default:
      - email
seealso:
  - module: qlikops.sense.qlik_session_info
"""

EXAMPLES = r"""
- name: See whether a user may log in
  qlikops.sense.qlik_user_info:
    host: qlik1.example.com
    client_cert: /etc/qlik/client.pem
    client_key: /etc/qlik/client_key.pem
    ca_path: /etc/qlik/root.pem
    users: ['LAB\anna']
  register: known

- name: Say it
  ansible.builtin.debug:
    msg: "{{ known.users[0].user }} is {{ known.users[0].state }}"
"""

RETURN = r"""
users:
  description: The users in the order asked for, each once.
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: User directory and id, spelled as in QRS.
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
    name:
      description: Name.
      type: str
      sample: Anna Ek
    emails:
      description: E-mail addresses.
      type: list
      elements: str
      sample: [anna@lab.example]
    state:
      description:
        - V(active), V(inactive), V(blacklisted), V(removed_externally), V(missing) for a user QRS does not know,
          or V(unknown) for one that it does not show where O(api_user) may lack the right to read all users.
      type: str
      sample: active
    states:
      description: All of these words that apply but V(active).
      type: list
      elements: str
      sample: []
failure:
  description:
    - Why the module could not do its work, for programs. C(kind) is a word, C(reason) and C(hint) are what C(msg) says.
      If a request failed, C(request), C(status) and the server's C(words) say more.
  returned: when it could not
  type: dict
  sample:
    kind: timeout
    reason: "GET https://qlik1.example.com:4242/qrs/user/full: no answer within 30 seconds."
    hint: The node hangs, is overloaded, or a firewall swallows the connection. timeout allows more seconds.
    request: GET https://qlik1.example.com:4242/qrs/user/full
    status: null
    words: ""
"""

from collections.abc import Iterable
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import user_key
from ansible_collections.qlikops.sense.plugins.module_utils._model.user import (
    KnownUser,
    UserRules,
    in_doubt,
    missing_user,
)
from ansible_collections.qlikops.sense.plugins.module_utils._module import QlikModule, errors_as_failures
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site
from ansible_collections.qlikops.sense.plugins.module_utils._words import non_empty


def main() -> None:
    module = QlikModule(
        argument_spec={
            "users": {"type": "list", "elements": "str", "required": True},
            "email_attributes": {"type": "list", "elements": "str", "default": ["email"]},
        }
    )
    with errors_as_failures(module):
        names = asked_for(non_empty(module.params["users"]))
        with Site(module.connection()) as site:
            known = site.users(names, UserRules.from_options(module.params).email_attributes)
            found = {user.key: user for user in known}
            users = {user_key(*name): found.get(user_key(*name)) or missing_user(*name) for name in names}
            if len(found) < len(users) and not site.shows_all_users():
                users = in_doubt(users)
    module.exit_json(changed=False, users=[as_result(user) for user in users.values()])


def asked_for(users: Iterable[str]) -> list[tuple[str, str]]:
    """Directory and id of each user, each user once."""
    names: dict[tuple[str, str], tuple[str, str]] = {}
    for user in users:
        directory, backslash, user_id = user.partition("\\")
        if not (directory and backslash and user_id):
            raise BadOption(
                "users", f"'{user}' names no user directory.", "Write DIRECTORY\\id, for example LAB\\anna."
            )
        names.setdefault(user_key(directory, user_id), (directory, user_id))
    return list(names.values())


def as_result(user: KnownUser) -> dict[str, Any]:
    return {
        "user": f"{user.directory}\\{user.user_id}",
        "user_directory": user.directory,
        "user_id": user.user_id,
        "name": user.name,
        "emails": list(user.emails),
        "state": user.state,
        "states": sorted(user.states),
    }


if __name__ == "__main__":
    main()
