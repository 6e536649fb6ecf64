#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: site_report
short_description: Show what the check of a site has found, and write it to files
version_added: 0.1.0
description:
  - Makes a table of 80 columns at most, a page, JSON and the description of a site for a rehearsal out of what
    M(qlikops.sense.qlik_site_check) has returned.
  - The page is one file. It asks for nothing from anywhere, and every value in it is escaped.
  - Runs on the controller, and writes on the host that the task runs on. Files are for their owner alone.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._attributes
attributes:
  check_mode:
    support: none
    details:
      - The files were asked for, so they are written in check mode, too.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  check:
    description: What M(qlikops.sense.qlik_site_check) has returned.
    type: dict
    required: true
  dir:
    description:
      - Directory for the files, with an absolute path. It is made for its owner alone if need be. Empty for none.
    type: str
    default: ""
  name:
    description: What the names of the files begin with, unless given the name of the host in the inventory.
    type: str
    default: ""
  formats:
    description:
      - Which files. V(site) is the description for C(simulated_site_description) of the role
        P(qlikops.sense.simulated_site#role), which is left out if the site could not be read.
    type: list
    elements: str
    choices: [html, json, site]
    default: [html, json, site]
  title:
    description: Title of the page.
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

- name: Write what was found
  qlikops.sense.site_report:
    check: "{{ found }}"
    dir: /srv/reports
    name: production
  register: report

- name: Show what was found
  ansible.builtin.debug:
    msg: "{{ report.table }}"
"""

RETURN = r"""
table:
  description: The check as text for the screen, and what to do.
  returned: success
  type: str
files:
  description: Paths of the files that were written.
  returned: success
  type: list
  elements: str
  sample: [/srv/reports/production.html, /srv/reports/production.json, /srv/reports/production.site.yml]
failure:
  description: Why there is no report, with C(kind), C(reason) and C(hint).
  returned: when there is none
  type: dict
"""
