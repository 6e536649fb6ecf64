# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of who is connected as text."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils._report_text import as_text
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import NoReport, checked
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import INDENTATION

DOCUMENTATION = r"""
name: report_table
short_description: Show who is connected, or who a restart would hit, as text
version_added: 0.1.0
description:
  - Turns a report of P(qlikops.sense.session_report#filter) into text for the screen. Totals come first, then what
    could not be listed, sessions by virtual proxy and node, who has them, who is at or near the limit of five,
    runaways, virtual proxies that are linked to nothing, and what there is to know about all that.
  - Columns with nothing in them are left out.
author:
  - Contributors to the qlikops.sense project (@qlikops)
positional: most
options:
  _input:
    description: The report.
    type: dict
    required: true
  most:
    description: How many rows each table may have. What is left out is counted. V(0) for all.
    type: int
    default: 50
  width:
    description: How many characters wide the text may be. Without it what the terminal leaves, 160 where there is none.
    type: int
"""

EXAMPLES = r"""
- name: Show who is connected
  ansible.builtin.debug:
    msg: "{{ connected | qlikops.sense.session_report | qlikops.sense.report_table }}"
"""

RETURN = r"""
_value:
  description: Lines of text.
  type: str
"""


def report_table(report: Any, most: int = 50, width: int | None = None) -> str:
    """See DOCUMENTATION."""
    try:
        found = checked(report)
    except NoReport as error:
        raise AnsibleFilterError(f"report_table: {error}.") from error
    columns = int(width or shutil.get_terminal_size((160 + INDENTATION, 24)).columns - INDENTATION)
    return as_text(found, columns, int(most) or len(found["sessions"]) + len(found["virtual_proxies"]) + 1)


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"report_table": report_table}
