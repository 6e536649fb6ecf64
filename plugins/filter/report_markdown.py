# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as Markdown."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from jinja2 import TemplateError

from ansible_collections.qlikops.sense.plugins.plugin_utils._report_markdown import as_markdown
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import NoReport, checked
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: report_markdown
short_description: Write a report as Markdown, for a ticket
version_added: 0.1.0
description:
  - Fills a report of P(qlikops.sense.session_report#filter) into a Jinja template.
  - Every value is escaped, so that the name of a user stays text, whatever is in it. It neither breaks a table nor
    becomes a link, HTML, or the mention of a person.
author:
  - Contributors to the qlikops.sense project (@qlikops)
positional: template
options:
  _input:
    description: The report.
    type: dict
    required: true
  template:
    description:
      - Path of a template on the controller. It sees C(report), C(headline), C(failures), C(unlinked) and C(most). The
        one of the role P(qlikops.sense.session_report#role) shows how.
    type: path
    required: true
  most:
    description: How many rows each table may have. What is left out is counted. V(0) for all.
    type: int
    default: 500
"""

EXAMPLES = r"""
- name: Write who is connected for a ticket
  ansible.builtin.copy:
    content: "{{ connected | qlikops.sense.session_report | qlikops.sense.report_markdown('templates/mine.md.j2') }}"
    dest: /tmp/sessions.md
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The template filled in.
  type: str
"""


def report_markdown(report: Any, template: str, most: int = 500) -> str:
    """See DOCUMENTATION."""
    try:
        found = checked(report)
        source = pathlib.Path(template).read_text(encoding="utf-8")
        return never_a_template(as_markdown(found, source, int(most) or len(found["sessions"]) + len(found["nodes"])))
    except NoReport as error:
        raise AnsibleFilterError(f"report_markdown: {error}.") from error
    except (OSError, UnicodeError, TemplateError) as error:
        raise AnsibleFilterError(f"report_markdown: the template {template} can't be used: {error}") from error


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"report_markdown": report_markdown}
