# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key of the labels that stand for users in a report with pseudonyms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils._report_key import Key, NoKey
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import NotListed, data_of, text
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: pseudonym_key
short_description: Give users labels that stand for them in a report
version_added: 0.1.0
description:
  - Adds the users in the result of M(qlikops.sense.qlik_session_info) to a key, for
    P(qlikops.sense.session_report#filter).
  - The label of a user is a keyed hash of the user directory and id, so it is the same in every report with the same
    key. The key says whose label is whose. Keep it apart from the reports, and do not print it.
  - The key grows with every user that it meets.
author:
  - Contributors to the qlikops.sense project (@qlikops)
positional: known
options:
  _input:
    description: The result of M(qlikops.sense.qlik_session_info), whether or not it is serialized.
    type: raw
    required: true
  known:
    description:
      - The key of an earlier report, with C(secret) and C(labels), as a dictionary or as the text of a file in JSON.
        Without one a new secret is made up.
    type: raw
"""

EXAMPLES = r"""
- name: Make a key
  ansible.builtin.set_fact:
    key: "{{ connected | qlikops.sense.pseudonym_key }}"
  no_log: true

- name: Report without names
  ansible.builtin.set_fact:
    report: "{{ connected | qlikops.sense.session_report(pseudonym_key=key) }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: The key, with C(secret), and C(labels), which has the user of every label.
  type: dict
"""


def pseudonym_key(listed: Any, known: Any = None) -> dict[str, Any]:
    """See DOCUMENTATION."""
    try:
        users = [text(entry["user"]) for entry in data_of(listed)["users"]]
        key = Key.read(known) if known else Key.new()
    except NotListed as error:
        raise AnsibleFilterError(f"pseudonym_key: this is no result of qlik_session_info: {error}.") from error
    except NoKey as error:
        raise AnsibleFilterError(f"pseudonym_key: this is not a key: {error}.") from error
    return never_a_template(key.with_users(users).as_result())


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"pseudonym_key": pseudonym_key}
