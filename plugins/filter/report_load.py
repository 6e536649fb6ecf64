# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as data again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import NoReport, checked
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: report_load
short_description: Read a report that is text
version_added: 0.1.0
description:
  - Turns the text that P(qlikops.sense.session_report#filter) returns with
    O(qlikops.sense.session_report#filter:serialized=true) into data. Unlike with
    P(ansible.builtin.from_json#filter), no name in it is ever taken for a template.
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  _input:
    description: The report as text.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Read a report that was written into a file
  ansible.builtin.set_fact:
    report: "{{ lookup('ansible.builtin.file', '/srv/reports/site-sessions.json') | qlikops.sense.report_load }}"
"""

RETURN = r"""
_value:
  description: The report.
  type: dict
"""


def report_load(report: Any) -> dict[str, Any]:
    """See DOCUMENTATION."""
    try:
        return never_a_template(dict(checked(report)))
    except NoReport as error:
        raise AnsibleFilterError(f"report_load: {error}.") from error


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"report_load": report_load}
