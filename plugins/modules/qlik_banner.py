#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qlik_banner
short_description: Show a banner in the hub of a Qlik Sense site, or take it away
version_added: 0.1.0
description:
  - Creates, changes or removes a custom banner message of a client-managed Qlik Sense site, the same as under
    I(Custom banner messages) in the QMC.
  - The hub shows a banner to users when they log in, by default to all of them; security rules of the site can narrow
    that down. Who is in an app already does not see it.
  - Banners are identified by their name. Case makes no difference, unless there is a banner of exactly that name.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._connection
  - qlikops.sense._attributes
  - qlikops.sense._attributes.actiongroup_qlik
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
notes:
  - Qlik marks this part of its API as experimental, so that a release of Qlik Sense may change it or take it away. It
    is documented for May 2024 and later. A site without it makes this module fail, also with O(state=absent).
  - O(api_user) needs the right to create, change and remove custom banner messages. QRS shows only what O(api_user) may
    read, so a banner hidden from it counts as absent.
options:
  name:
    description:
      - Name of the banner. Users do not see it.
    type: str
    required: true
  state:
    description:
      - V(present) makes it as the other options say; a banner with all that already is left alone.
      - V(absent) removes it.
    type: str
    choices:
      - present
      - absent
    default: present
  text:
    description:
      - What is shown, the message of the banner. Needed unless O(state=absent). Blanks at its ends are left out.
    type: str
  message_type:
    description:
      - How it looks, V(standard) green, V(info) blue, V(warning) yellow, V(error) red.
    type: str
    choices:
      - standard
      - info
      - warning
      - error
    default: standard
  active:
    description:
      - Whether it is shown. A banner that is not active waits to be.
    type: bool
    default: true
  duration:
    description:
      - How many seconds it is shown to a user who logs in.
    type: int
    default: 10
seealso:
  - name: CustomBannerMessage
    description: The reference of the API that this module uses.
    link: https://help.qlik.com/en-US/sense-developer/APIs/RepositoryServiceAPI/index.html?page=1692
"""

EXAMPLES = r"""
- name: Announce a maintenance to everybody who logs in
  qlikops.sense.qlik_banner:
    host: qlik1.example.com
    client_cert: /etc/qlik/client.pem
    client_key: /etc/qlik/client_key.pem
    ca_path: /etc/qlik/root.pem
    name: Maintenance
    text: Qlik Sense is being maintained on Sunday from 6 to 8 o'clock. Some sessions will end.
    message_type: warning
    duration: 30

- name: Take the announcement away
  qlikops.sense.qlik_banner:
    name: Maintenance
    state: absent
"""

RETURN = r"""
banner:
  description: The banner as it is now, in check mode as it would be. The C(id) is empty where it is not known yet.
  returned: always; empty with O(state=absent)
  type: dict
  sample:
    id: 7c2d9a52-93a5-4b0e-8f51-6f2f1f0c1d35
    name: Maintenance
    message: Qlik Sense is being maintained on Sunday from 6 to 8 o'clock. Some sessions will end.
    message_type: warning
    active: true
    duration: 30
failure:
  description:
    - Why the module could not do its work, for programs. C(kind) is a word, C(reason) and C(hint) are what C(msg) says.
      If a request failed, C(request), C(status) and the server's C(words) say more.
  returned: when it could not
  type: dict
  sample:
    kind: forbidden
    reason: "POST https://qlik1.example.com:4242/qrs/custombannermessage: the answer was 403 Forbidden, with the words:
      Forbidden."
    hint: "The certificate in client_cert was not accepted: it must be exported from the QMC of this very site. If it
      is, LAB\\anna (api_user) lacks the rights."
    request: POST https://qlik1.example.com:4242/qrs/custombannermessage
    status: 403
    words: Forbidden
"""

from ansible_collections.qlikops.sense.plugins.module_utils._api.banner import MESSAGE_TYPES, Banner, checked_name
from ansible_collections.qlikops.sense.plugins.module_utils._module import QlikModule, errors_as_failures
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site


def main() -> None:
    module = QlikModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "text": {"type": "str"},
            "message_type": {"type": "str", "choices": list(MESSAGE_TYPES), "default": "standard"},
            "active": {"type": "bool", "default": True},
            "duration": {"type": "int", "default": 10},
        }
    )
    options = module.params
    with errors_as_failures(module):
        name = checked_name(options)
        wanted = Banner.from_options(options) if options["state"] == "present" else None
        with Site(module.connection()) as site:
            change = site.banners().settle(name, wanted, write=not module.check_mode)
    lost = change.differences_to(wanted)
    if lost:
        module.warn(f"QRS stored other values for the banner ({', '.join(lost)}). The next run will try it again.")
    module.exit_json(
        changed=change.is_one,
        banner=change.after.as_result() if change.after else {},
        diff=change.as_diff(),
    )


if __name__ == "__main__":
    main()
