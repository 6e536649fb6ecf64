#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: site_report
short_description: Make a table and files from the check of a site
version_added: 0.1.0
description:
  - Makes a table of at most 80 columns, a page, a JSON file and the description of the site for a rehearsal from the
    result of M(qlikops.sense.qlik_site_check).
  - The page is a single file that loads nothing from elsewhere. All values in it are escaped.
  - The module runs on the controller and writes the files on the host of the task. Only their owner can read them.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._attributes
attributes:
  check_mode:
    support: none
    details:
      - The module writes the files in check mode too.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  check:
    description: The result of M(qlikops.sense.qlik_site_check).
    type: dict
    required: true
  dir:
    description:
      - The absolute path of the directory for the files. If need be, the module creates it for its owner only.
      - If it is empty, the module writes no files.
    type: str
    default: ""
  name:
    description: The beginning of the file names. The default is the name of the host in the inventory.
    type: str
    default: ""
  formats:
    description:
      - The files to write. V(site) is the description for C(simulated_site_description) of the role
        P(qlikops.sense.simulated_site#role). The module leaves it out if the site could not be read.
    type: list
    elements: str
    choices: [html, json, site]
    default: [html, json, site]
  title:
    description: The title of the page.
    type: str
    default: Check of the site
seealso:
  - module: qlikops.sense.qlik_site_check
"""

EXAMPLES = r"""
- name: Check the site
  qlikops.sense.qlik_site_check:
    fail_on: never
  register: found

- name: Write the files
  qlikops.sense.site_report:
    check: "{{ found }}"
    dir: /srv/reports
    name: production
  register: report

- name: Show the table
  ansible.builtin.debug:
    msg: "{{ report.table }}"
"""

RETURN = r"""
table:
  description: The lines of the check as a table, and what to do.
  returned: success
  type: str
headline:
  description: How many lines have which status.
  returned: success
  type: str
  sample: 1 problem, 2 warnings, 4 unknown, 40 ok
files:
  description: The paths of the files.
  returned: success
  type: list
  elements: str
  sample: [/srv/reports/production.html, /srv/reports/production.json, /srv/reports/production.site.yml]
failure:
  description: Why there is no report, with C(kind), C(reason) and C(hint).
  returned: when there is none
  type: dict
"""
