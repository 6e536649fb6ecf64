#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: report_page
short_description: Write a page of a report, or of the restart of a node
version_added: 0.1.0
description:
  - Writes an HTML page of a report that M(qlikops.sense.session_report) has made, of what the role
    P(qlikops.sense.proxy_restart#role) reports of a node, or of both.
  - The page is one file. It asks for nothing from anywhere, and a Content-Security-Policy in it lets it run its own
    script only. Every value is escaped, so that the name of a user stays text, whatever is in it.
  - Runs on the controller, and writes on the host that the task runs on. Files are for their owner alone.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._attributes
attributes:
  check_mode:
    support: none
    details:
      - The page was requested, so it is also written in check mode.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  path:
    description: Where to write the page, with an absolute path. Its directory is made for its owner alone if need be.
    type: str
    required: true
  data_path:
    description: Where to write the same in JSON, as C(drain) and C(report), with an absolute path. Empty for nowhere.
    type: str
    default: ""
  report:
    description: The report, as RV(qlikops.sense.session_report#module:data) or as its text in JSON.
    type: raw
  report_file:
    description:
      - File in JSON to read the report from, on the same host, with an absolute path, as
        M(qlikops.sense.session_report) or O(data_path) has written it. It may be O(data_path) itself. A page with a
        O(drain) is written without the report if it cannot be read, with a warning.
    type: str
    default: ""
  drain:
    description: What the role P(qlikops.sense.proxy_restart#role) reports of one node.
    type: dict
  template:
    description:
      - Template of the page, on the controller. It sees C(title), C(report) and C(drain), and with C(inline) and
        C(digest) style sheets and scripts in its own directory. The one of the role
        P(qlikops.sense.session_report#role) unless given; it shows how.
    type: path
seealso:
  - module: qlikops.sense.session_report
"""

EXAMPLES = r"""
- name: Write a page with a template of your own, of a report that was kept
  qlikops.sense.report_page:
    path: /srv/reports/qlik2.html
    report_file: /srv/reports/production-sessions.json
    template: "{{ playbook_dir }}/templates/mine.html.j2"
"""

RETURN = r"""
files:
  description: Paths of the files that were written.
  returned: success
  type: list
  elements: str
  sample: [/srv/reports/qlik2.html]
failure:
  description: Why no page was written, with C(kind), C(reason) and C(hint).
  returned: when it was not
  type: dict
"""
