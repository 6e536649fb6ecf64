# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mails that tell people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils._notice import letters
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import plain
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: notice_letters
short_description: List the mails that it takes to tell people
version_added: 0.1.0
description:
  - Takes what P(qlikops.sense.notice#filter) returns.
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  _input:
    description: What to tell, and whom.
    type: dict
    required: true
  mode:
    description: V(each) is a mail for everybody, V(bcc) one in blind copy for many.
    type: str
    choices: [bcc, each]
    default: bcc
  bunch:
    description: How many people one mail in blind copy has.
    type: int
    default: 50
  team:
    description: Whether there is one more for the team.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: See how many mails it takes
  ansible.builtin.debug:
    msg: "{{ notify_users_notice | qlikops.sense.notice_letters('bcc', 100) | length }}"
"""

RETURN = r"""
_value:
  description:
    - For every mail C(to) and C(bcc), lists of addresses; C(person), the entry of C(recipients) with O(mode=each), else
      empty; C(team), whether it is the one for the team; C(label), for the screen.
  type: list
  elements: dict
"""


def notice_letters(found: Any, mode: str = "bcc", bunch: int = 50, team: bool = False) -> list[dict[str, Any]]:
    """See DOCUMENTATION."""
    if mode not in ("bcc", "each"):
        raise AnsibleFilterError(f"notice_letters: mode must be bcc or each. It is {mode}.")
    if int(bunch) < 1:
        raise AnsibleFilterError(f"notice_letters: bunch must be 1 or more. It is {bunch}.")
    try:
        return never_a_template(letters(plain(found), mode, int(bunch), bool(team)))
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError("notice_letters: the input is not what the filter notice makes.") from error


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"notice_letters": notice_letters}
