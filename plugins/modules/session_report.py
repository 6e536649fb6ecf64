#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: session_report
short_description: Report who is connected, or whom the restart of nodes would affect
version_added: 0.1.0
description:
  - Lists the sessions of the whole site with M(qlikops.sense.qlik_session_info), makes a report of them, and writes it
    as a page, as data, as a table and as text, on the host that the task runs on. Files are for their owner alone.
  - Returns a table for the screen and an overview that stays small however large the site is. The sessions themselves
    are returned only if O(return_data) asks for them.
  - Of the nodes in O(proxies) it also says what M(qlikops.sense.qlik_restart_info) knows, which are the tasks that run
    there, whether the node is central, who would take that role and when, and how old its heartbeat is. What QRS does
    not tell is said to be unknown.
  - All that is wrong with the options is told at once, before the site is read.
  - The role P(qlikops.sense.session_report#role) shows the table, hands the overview on, and tells people.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._connection
  - qlikops.sense._attributes
  - qlikops.sense._attributes.actiongroup_qlik
attributes:
  check_mode:
    support: none
    details:
      - The site is never changed. The report was requested, so its files are also written in check mode.
  diff_mode:
    support: none
    details:
      - Reports name users, so what changes in them is never shown.
  idempotent:
    support: none
    details:
      - Each call is a new look at the site.
options:
  proxies:
    description:
      - Nodes that would be restarted, by node name, host name or id of the proxy service. The report is then about the
        sessions there. Without any it is about the whole site.
    type: list
    elements: str
    default: []
  exclude_users:
    description: Users to leave out of everything, as O(qlikops.sense.qlik_session_info#module:exclude_users).
    type: list
    elements: str
  email_attributes:
    description: Where addresses stand, as O(qlikops.sense.qlik_session_info#module:email_attributes).
    type: list
    elements: str
    default:
      - email
  anonymous_users:
    description: Who is a visitor, as O(qlikops.sense.qlik_session_info#module:anonymous_users).
    type: list
    elements: str
    default:
      - NONE\*
  service_users:
    description: Who is a service account, as O(qlikops.sense.qlik_session_info#module:service_users).
    type: list
    elements: str
    default:
      - INTERNAL\*
  title:
    description: The title. Unless given it says whether the report is about the whole site or about nodes.
    type: str
    default: ""
  near_limit:
    description: Users with as many sessions or more are near the limit of five. V(0) for none.
    type: int
    default: 4
  runaway_user:
    description: Users with more sessions are runaways. V(0) for none.
    type: int
    default: 10
  runaway_virtual_proxy:
    description: Virtual proxies with more sessions are runaways. V(0) for none.
    type: int
    default: 1000
  screen_rows:
    description: How many rows each part of RV(table) may have. What is left out is counted. V(0) for all.
    type: int
    default: 50
  dir:
    description:
      - Directory for the files, with an absolute path. It is made for its owner alone if it is not there. Without it no
        file is written.
    type: str
    default: ""
  name:
    description: What the names of the files begin with. The inventory name unless given.
    type: str
  suffix:
    description: What stands between O(name) and the ending, in the names of the files. It may be empty.
    type: str
    default: -sessions
  formats:
    description:
      - Which files to write. V(html) is a page with charts, V(json) the whole for programs, V(csv) a row for every
        session, V(markdown) a text for a ticket. The CSV begins with the byte order mark by which a spreadsheet knows
        UTF-8, and what a spreadsheet would take for a formula gets an apostrophe before it.
    type: list
    elements: str
    choices: [html, json, csv, markdown]
    default: [html, json, csv, markdown]
  csv_delimiter:
    description: What stands between cells. Spreadsheets expect V(;) where numbers are written with a decimal comma.
    type: str
    choices: [",", ";", "|", "\t"]
    default: ","
  page_template:
    description: Template of the page, see O(qlikops.sense.report_page#module:template).
    type: path
  pseudonyms:
    description:
      - Whether users are called by labels, and their directories, ids, names and addresses are left out. The label of a
        user is a keyed hash, so it is the same in every report with the same key.
    type: bool
    default: false
  key_file:
    description:
      - File that says whose label is whose, on the same host, with an absolute path. Needed with O(pseudonyms). It is
        made if it is not there, and grows with every user that it meets. Keep it away from the reports.
      - Only one host of a play may use it at a time. The first that does goes on, the others are refused.
    type: str
    default: ""
  channels:
    description:
      - Channels over which the role P(qlikops.sense.notify_users#role) is going to tell people about the report. If
        there are any, RV(report) is returned. V(mail) needs addresses, so it is refused together with O(pseudonyms).
    type: list
    elements: str
    default: []
  return_data:
    description: Whether RV(data) is returned. With thousands of sessions it takes ansible-core seconds.
    type: bool
    default: false
notes:
  - Use C(no_log) where O(channels) or O(return_data) are given, for the result has addresses then.
seealso:
  - module: qlikops.sense.qlik_session_info
  - module: qlikops.sense.report_page
"""

EXAMPLES = r"""
- name: See whom a restart of qlik2 would affect, and write a page about it
  qlikops.sense.session_report:
    host: qlik1.example.com
    client_cert: /etc/qlik/client.pem
    client_key: /etc/qlik/client_key.pem
    ca_path: /etc/qlik/root.pem
    proxies: [qlik2.example.com]
    dir: /srv/reports
    formats: [html]
  delegate_to: localhost
  register: affected

- name: Show it
  ansible.builtin.debug:
    msg: "{{ affected.table }}"

- name: Stop unless few people are affected
  ansible.builtin.assert:
    that: affected.overview.summary.people < 10
"""

RETURN = r"""
table:
  description: The report as text for the screen, as wide as the terminal.
  returned: success
  type: str
  sample: |-
    If Node2 is restarted, as of 2026-01-15T09:30:00Z
    24 sessions of 15 people over 4 virtual proxies on Node2
overview:
  description: The report in short. Each list has at most 50 entries, the counts are of all.
  returned: success
  type: dict
  contains:
    title:
      description: The title.
      type: str
      sample: If Node2 is restarted
    observed_at:
      description: When the sessions were listed.
      type: str
      sample: "2026-01-15T09:30:00Z"
    complete:
      description: Whether everything could be listed.
      type: bool
    unread:
      description: Nodes of which something could not be listed.
      type: list
      elements: str
      sample: []
    proxies:
      description: Names of the nodes that the report is about. None for the whole site.
      type: list
      elements: str
      sample: [Node2]
    pseudonyms:
      description: Whether labels stand for users.
      type: bool
    summary:
      description:
        - Counts of C(people), C(users), C(sessions), C(anonymous_sessions), C(service_sessions), people with another
          session C(elsewhere), users C(at_limit) and C(near_limit), C(runaways), C(unlinked) virtual proxies, people
          who are C(missing) in QRS or C(unknown), people C(without_email), C(nodes) and C(virtual_proxies).
        - C(rows_without_session), how many sessions QRS counts that no proxy service lists, null if not known.
      type: dict
      sample:
        people: 15
        sessions: 29
        elsewhere: 4
    virtual_proxies:
      description: C(prefix), C(sessions) and C(users) of each virtual proxy.
      type: list
      elements: dict
    nodes:
      description: C(name), C(sessions), C(users) and C(reachable) of each node.
      type: list
      elements: dict
    at_limit:
      description: C(user), C(name), C(sessions) and C(limit), V(at) or V(near), of users at or near the limit of five.
      type: list
      elements: dict
    runaways:
      description: C(what), C(name), C(sessions) and C(threshold) of each runaway.
      type: list
      elements: dict
    unlinked:
      description: C(prefix) of each virtual proxy that is linked to no proxy service.
      type: list
      elements: dict
    unlisted:
      description:
        - C(user), C(name), C(sessions) and C(rows) of users of whom QRS counts sessions that no proxy service lists.
      type: list
      elements: dict
    files:
      description: Paths of the files that were written.
      type: list
      elements: str
      sample: [/srv/reports/production-sessions.html]
report:
  description: RV(data) without its sessions, for C(notify_users_report) of the role P(qlikops.sense.notify_users#role).
  returned: success and O(channels) is not empty
  type: dict
data:
  description: The whole report, as the file in JSON has it.
  returned: success and O(return_data=true)
  type: dict
failure:
  description:
    - Why there is no report, with C(kind), C(reason) and C(hint), and with C(problems) where options are wrong.
  returned: when there is none
  type: dict
"""
