# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sessions of a report as CSV."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils._report_csv import as_csv
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import NoReport, checked
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: report_csv
short_description: Write the sessions of a report as CSV
version_added: 0.1.0
description:
  - Turns a report of P(qlikops.sense.session_report#filter) into CSV with a row for every session, for a spreadsheet.
  - The text begins with the byte order mark by which a spreadsheet knows UTF-8, and its lines end as RFC 4180 wants.
  - What a spreadsheet would take for a formula gets an apostrophe before it, and characters that break lines become
    spaces.
author:
  - Contributors to the qlikops.sense project (@qlikops)
positional: delimiter
options:
  _input:
    description: The report.
    type: dict
    required: true
  delimiter:
    description: What stands between cells. Spreadsheets expect V(;) where numbers are written with a decimal comma.
    type: str
    choices: [",", ";", "|", "\t"]
    default: ","
"""

EXAMPLES = r"""
- name: Write who is connected for a spreadsheet
  ansible.builtin.copy:
    content: "{{ connected | qlikops.sense.session_report | qlikops.sense.report_csv }}"
    dest: /tmp/sessions.csv
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The lines of the file, of which the first has the names of the columns.
  type: str
"""

DELIMITERS = (",", ";", "|", "\t")


def report_csv(report: Any, delimiter: str = ",") -> str:
    """See DOCUMENTATION."""
    if delimiter not in DELIMITERS:
        raise AnsibleFilterError(f"report_csv: the delimiter is one of , ; | and a tab, not '{delimiter}'.")
    try:
        found = checked(report)
    except NoReport as error:
        raise AnsibleFilterError(f"report_csv: {error}.") from error
    return never_a_template(as_csv(found, str(delimiter)))


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"report_csv": report_csv}
