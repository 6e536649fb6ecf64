# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as one page."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from jinja2 import TemplateError

from ansible_collections.qlikops.sense.plugins.plugin_utils._page import as_page
from ansible_collections.qlikops.sense.plugins.plugin_utils._page_drain import DRAIN_KEYS
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import NoReport, checked, plain
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: report_page
short_description: Write a report as an HTML page
version_added: 0.1.0
description:
  - Fills a report of P(qlikops.sense.session_report#filter), what the role P(qlikops.sense.proxy_restart#role) reports
    of a node, or both, into a Jinja template.
  - The page is one file. It asks for nothing from anywhere, and a Content-Security-Policy in it lets it run its own
    script only.
  - Every value is escaped, so that the name of a user stays text, whatever is in it.
author:
  - Contributors to the qlikops.sense project (@qlikops)
positional: template
options:
  _input:
    description: The report. Null if there is only O(drain).
    type: dict
    required: true
  template:
    description:
      - Path of a template on the controller. It sees C(title), C(report) and C(drain), and with C(inline) and
        C(digest) style sheets and scripts in its own directory. The one of the role
        P(qlikops.sense.session_report#role) shows how.
    type: path
    required: true
  drain:
    description: What the role P(qlikops.sense.proxy_restart#role) reports of one node. Null if there is none.
    type: dict
"""

EXAMPLES = r"""
- name: Write who is connected as a page
  ansible.builtin.copy:
    content: "{{ connected | qlikops.sense.session_report | qlikops.sense.report_page('mine.html.j2') }}"
    dest: /tmp/sessions.html
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The template filled in.
  type: str
"""


def report_page(report: Any, template: str, drain: Any = None) -> str:
    """See DOCUMENTATION."""
    if not report and not drain:
        raise AnsibleFilterError("report_page: there is neither a report nor a drain to make a page of.")
    if drain and (not isinstance(drain, Mapping) or any(key not in drain for key in DRAIN_KEYS)):
        raise AnsibleFilterError("report_page: drain is not what the role proxy_restart reports of a node.")
    try:
        page = as_page(checked(report) if report else None, plain(drain) if drain else None, pathlib.Path(template))
    except NoReport as error:
        raise AnsibleFilterError(f"report_page: {error}.") from error
    except (OSError, ValueError, TemplateError) as error:
        raise AnsibleFilterError(f"report_page: the template {template} can't be used: {error}") from error
    return never_a_template(page)


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"report_page": report_page}
