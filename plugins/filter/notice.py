# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people are told of a maintenance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils import _notice
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import text
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import NoReport, checked
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: notice
short_description: Say what to tell people of a maintenance, and whom by mail
version_added: 0.1.0
description:
  - Takes a report of P(qlikops.sense.session_report#filter) and makes what the role P(qlikops.sense.notify_users#role)
    tells over its channels. Templates of mails see it as C(notify_users_notice).
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  _input:
    description: The report, also as text in JSON. Empty where nobody asked who is connected.
    type: raw
    required: true
  subject:
    description: What it is about, in a few words. A text of the collection's own if it is empty.
    type: str
    default: ""
  message:
    description: What to tell, in a sentence or two. A text of the collection's own if it is empty.
    type: str
    default: ""
  when:
    description: When it is, as people say it, such as V(on Sunday from 6 to 8).
    type: str
    default: ""
  reason:
    description: Why it is.
    type: str
    default: ""
  contact:
    description: Whom to ask.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: See who would get a mail
  ansible.builtin.debug:
    msg: "{{ (connected | qlikops.sense.session_report | qlikops.sense.notice).recipients | map(attribute='email') }}"
"""

RETURN = r"""
_value:
  description:
    - C(subject), C(message), C(when), C(reason), C(contact); of the report C(title), C(observed_at), C(complete),
      C(pseudonyms), C(headline), C(nodes) that were chosen, and the numbers C(people) and C(elsewhere).
    - C(virtual_proxies) with C(name) such as C(/sales), C(description), C(sessions) and C(users).
    - C(recipients), those people who have an address, one entry an address; C(user), C(name) and C(email), the first
      address there is; C(users), who has this address; C(virtual_proxies), C(nodes), and C(elsewhere), the sessions
      that the maintenance does not touch.
    - C(without_email) and C(unusable), people without an address, and with one that is none.
  type: dict
"""


def notice(
    report: Any, subject: str = "", message: str = "", when: str = "", reason: str = "", contact: str = ""
) -> dict[str, Any]:
    """See DOCUMENTATION."""
    asked = {"subject": subject, "message": message, "when": when, "reason": reason, "contact": contact}
    try:
        found = checked(report) if report else {}
        return never_a_template(_notice.notice(found, {name: text(value) for name, value in asked.items()}))
    except (NoReport, KeyError) as error:
        why = error if isinstance(error, NoReport) else f"the report has no {error}"
        raise AnsibleFilterError(f"notice: {why}.") from error


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"notice": notice}
