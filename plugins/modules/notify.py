#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: notify
short_description: Tell users of a maintenance by mail, Teams and Slack
version_added: 0.1.0
description:
  - Sends mails to the people in a report of who is connected, and posts a message to the webhooks of Teams and Slack.
  - The texts are made on the controller. The host that the task runs on sends them, so it needs a way to the mail
    server and to the webhooks.
  - Every channel is tried, whatever came of the others. What a mail server refuses is returned for each recipient, with
    the server's words; the other recipients get their mail.
  - The role P(qlikops.sense.notify_users#role) calls this module, and also shows a banner.
author:
  - Contributors to the qlikops.sense project (@qlikops)
requirements:
  - requests, on the host that the task runs on, for Teams and Slack
extends_documentation_fragment:
  - qlikops.sense._attributes
attributes:
  check_mode:
    support: full
    details:
      - Returns who would be told. It connects to the mail server and logs in, so that what is wrong there shows, and
        sends nothing. Webhooks are not asked.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - Each call sends all mails and messages again.
options:
  channels:
    description:
      - V(mail), V(teams) and V(slack).
      - V(banner) and absolute paths of task files are for the role. They are only returned in RV(left).
    type: list
    elements: str
    default: []
  report:
    description:
      - Who is connected, the report of a site as the role P(qlikops.sense.session_report#role) makes it, also as text
        in JSON. Without it nobody can be told.
    type: raw
  subject:
    description: What it is about, in a few words. A text of the collection unless set.
    type: str
  text:
    description: What to tell, in a sentence or two. A text of the collection unless set.
    type: str
  when:
    description: When it is, as people say it, such as V(on Sunday from 6 to 8).
    type: str
  reason:
    description: Why it is.
    type: str
  contact:
    description: Whom to ask.
    type: str
  mail_host:
    description: Mail server. Needed for mail.
    type: str
  mail_port:
    description: Its port.
    type: int
    default: 25
  mail_secure:
    description:
      - V(always) encrypts the connection from the start, V(starttls) before a mail or the password is sent. If the
        server can not, nothing is sent.
      - V(try) encrypts where the server can, and accepts any certificate unless O(mail_ca_path) is set. V(never) does
        not encrypt.
      - Unless set, V(starttls) with O(mail_username), so that the password is never sent in the clear, and V(try)
        without.
    type: str
    choices: [always, never, starttls, try]
  mail_username:
    description: User name at the mail server, if it wants one.
    type: str
  mail_password:
    description: The password. Needed with O(mail_username).
    type: str
  mail_ca_path:
    description:
      - File in PEM format with the certificates of the authorities that may have signed the certificate of the mail
        server, on the host that the task runs on. Those that the host trusts unless set.
    type: path
  mail_validate_certs:
    description: Whether the certificate of the mail server must be valid with O(mail_secure=always) and V(starttls).
    type: bool
    default: true
  mail_timeout:
    description: For how many seconds to wait for an answer of the mail server.
    type: int
    default: 20
  mail_from:
    description:
      - Address that mails come from, such as V(Qlik team <qlik@example.com>). Needed for mail. Mails in blind copy are
        addressed to it.
    type: str
  mail_cc:
    description: Addresses of the team, which gets one mail of its own, with the attachments.
    type: list
    elements: str
    default: []
  mail_mode:
    description: V(bcc) sends one mail in blind copy to many people, V(each) one to everybody.
    type: str
    choices: [bcc, each]
    default: bcc
  mail_batch:
    description: How many people one mail in blind copy has at most.
    type: int
    default: 50
  mail_subject:
    description: Subject of mails. O(subject) unless set.
    type: str
  mail_template:
    description:
      - Template of the text, on the controller. It sees all variables, and C(notify_users_notice), which is RV(notice),
        C(notify_users_person), an entry of its C(recipients) or empty in a mail for many, and C(notify_users_for_team).
      - The one of the role P(qlikops.sense.notify_users#role) unless set.
    type: path
  mail_attach:
    description:
      - Files to attach to the mail to the team, on the host that the task runs on.
    type: list
    elements: path
    default: []
  mail_headers:
    description: More headers, as name=value. The default keeps most absence notes from being sent back.
    type: list
    elements: str
    default: [Auto-Submitted=auto-generated]
  teams_url:
    description: URL of the webhook of a workflow of Teams. A secret.
    type: str
  teams_template:
    description:
      - Template that renders the message in JSON, on the controller. It sees C(notify_users_notice). An Adaptive Card
        that names no user unless set.
    type: path
  slack_url:
    description: URL of an incoming webhook of Slack. A secret.
    type: str
  slack_template:
    description:
      - Template that renders the message in JSON, on the controller. It sees C(notify_users_notice). Blocks of plain
        text that name no user unless set.
    type: path
  webhook_timeout:
    description: For how many seconds to wait for the answer of a webhook.
    type: int
    default: 30
  webhook_retries:
    description: How often to try again after status 429, 500, 502, 503 or 504.
    type: int
    default: 3
  webhook_delay:
    description:
      - For how many seconds to wait before that. If the answer asks for more by C(Retry-After), it gets up to a minute;
        if it asks for more than that, it is not tried again.
    type: int
    default: 10
  on_failure:
    description: Whether to fail when a channel failed. With V(continue) see RV(told) for the failures.
    type: str
    choices: [fail, continue]
    default: fail
  validate_only:
    description: Check the options and files on the controller, and end. Nothing is run on the host of the task.
    type: bool
    default: false
  option_prefix:
    description: What the names of options begin with in messages, for roles with variables of these names.
    type: str
    default: ""
  prepared:
    description: The mails and messages, as the controller makes them of the other options. Not for playbooks.
    type: dict
notes:
  - A redirect of a webhook is not followed, as it would take the message, and in part the URL, elsewhere.
seealso:
  - module: qlikops.sense.qlik_banner
"""

EXAMPLES = r"""
- name: Report who is connected
  ansible.builtin.include_role:
    name: qlikops.sense.session_report

- name: Tell them
  qlikops.sense.notify:
    channels: [mail, teams]
    report: "{{ session_report_data }}"
    when: on Sunday from 6 to 8 o'clock
    contact: it@example.com
    mail_host: smtp.example.com
    mail_from: Qlik team <qlik@example.com>
    teams_url: "{{ vault_teams_url }}"
"""

RETURN = r"""
told:
  description: Who was told, and who was not.
  returned: when the options are valid
  type: dict
  contains:
    check_mode:
      description: Whether it was a dry run, in which nobody is told.
      type: bool
    mailed:
      description: Who got a mail, with C(user), C(name) and C(email).
      type: list
      elements: dict
    would_be_mailed:
      description: The same in check mode.
      type: list
      elements: dict
    without_email:
      description: People without an address, with C(user) and C(name).
      type: list
      elements: dict
    unusable:
      description: People whose address is none, with C(user), C(name) and C(email).
      type: list
      elements: dict
    refused:
      description:
        - Recipients that the mail server refused, with C(user), C(name), C(email), and the server's words as C(why). An
          address of the team has no C(user).
      type: list
      elements: dict
      sample:
        - user: LAB\anna
          name: Anna Ek
          email: anna@lab.example
          why: "451 4.7.1 Greylisted, try again later"
    not_mailed:
      description: Who got no mail because the mail failed as a whole, with C(user), C(name) and C(email).
      type: list
      elements: dict
    webhooks:
      description:
        - C(channel), C(told), C(status), and C(why) it was not told, for each message posted. C(status) is -1 without
          an answer.
      type: list
      elements: dict
    failures:
      description: C(channel) and C(message) of what did not work.
      type: list
      elements: dict
would_be_posted:
  description: C(channel) and C(body) of each message that would be posted.
  returned: in check mode
  type: list
  elements: dict
notice:
  description:
    - What is told. C(subject), C(message), C(when), C(reason), C(contact); of the report C(title), C(observed_at),
      C(complete), C(pseudonyms), C(headline), the C(nodes) that were chosen, and the numbers C(people) and
      C(elsewhere).
    - C(virtual_proxies) with C(name) such as C(/sales), C(description), C(sessions) and C(users).
    - C(recipients), the people who have an address, one entry an address, with C(user), C(name) and C(email);
      C(users), who has this address; C(virtual_proxies), C(nodes), and C(elsewhere), the sessions that the maintenance
      does not touch.
    - C(without_email) and C(unusable), people without an address, and with one that is none.
  returned: when the options are valid
  type: dict
left:
  description: The channels that are not for this module.
  returned: when the options are valid
  type: list
  elements: str
  sample: [banner]
lines:
  description: What to show to a person, without what RV(told) says in numbers only.
  returned: when the options are valid
  type: list
  elements: str
problems:
  description: A sentence for everything that is wrong with the options.
  returned: when they are not valid
  type: list
  elements: str
failure:
  description: Why nobody was told, for programs. C(kind) is a word, C(reason) and C(hint) are what C(msg) says.
  returned: when the options are not valid
  type: dict
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._module import Module, errors_as_failures, unforeseen
from ansible_collections.qlikops.sense.plugins.module_utils._notify.address import Mailbox, mailbox
from ansible_collections.qlikops.sense.plugins.module_utils._notify.letter import Letter, as_bytes
from ansible_collections.qlikops.sense.plugins.module_utils._notify.options import (
    Options,
    headers,
    mail_server,
    notify_spec,
    problems,
    webhook,
)
from ansible_collections.qlikops.sense.plugins.module_utils._notify.postman import Envelope, Postman
from ansible_collections.qlikops.sense.plugins.module_utils._notify.webhook import post

NOBODY: dict[str, Any] = {"outcomes": [], "failure": ""}


def main() -> None:
    module = Module(argument_spec=notify_spec())
    options, prepared = module.params, module.params["prepared"] or {}
    with errors_as_failures(module):
        wrong = problems(options)
        if wrong:
            raise QlikError("bad_option", " ".join(wrong))
        if not prepared:
            raise BadOption("prepared", "is missing.", "Call notify in a task, where its action plugin prepares it.")
    mail = _in_words(lambda: mails(module, options, prepared)) if prepared["letters"] else NOBODY
    posts = [] if module.check_mode else prepared["posts"]
    posted = [_in_words(partial(posting, options, one)) for one in posts]
    module.exit_json(changed=bool(prepared["letters"] or prepared["posts"]), mail=mail, webhooks=posted)


def _in_words(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The result of a channel. Whatever happens in one, what came of the others must not get lost."""
    try:
        return work()
    except QlikError as error:
        return {**NOBODY, "failure": str(error)}
    except Exception as error:
        return {**NOBODY, "failure": str(unforeseen(error))}


def mails(module: Module, options: Options, prepared: dict[str, Any]) -> dict[str, Any]:
    """``outcomes`` of all letters; in check mode none, and as ``failure`` why the server would take no mail."""
    postman = Postman(mail_server(options), module.warn)
    if module.check_mode:
        return {**NOBODY, "failure": postman.check()}
    sender = mailbox(options["mail_from"])
    if not sender:
        raise QlikError("bad_option", "mail_from: it is not an address.")
    outcomes: list[dict[str, Any]] = []
    envelopes = []
    for one in prepared["letters"]:
        try:
            envelopes.append(envelope(options, prepared["subject"], one, sender))
            outcomes.append({})
        except OSError as error:
            why = f"{error.filename} can't be attached: {error.strerror}."
            outcomes.append({"refused": {}, "failure": why, "tried": True})
    came = iter(postman.deliver(envelopes, sender.address))
    return {**NOBODY, "outcomes": [known or vars(next(came)) for known in outcomes]}


def envelope(options: Options, subject: str, one: dict[str, Any], sender: Mailbox) -> Envelope:
    """Raises OSError where a file to attach can't be read."""
    team = [found for found in map(mailbox, options["mail_cc"]) if found] if one["team"] else []
    paths = options["mail_attach"] if one["team"] else []
    attachments = {}
    for path in paths:
        with open(path, "rb") as file:
            attachments[path] = file.read()
    letter = Letter(one["to"], team, one["bcc"], subject, one["text"], attachments)
    return Envelope(letter.recipients, letter.copy_to(sender), as_bytes(letter, sender, headers(options)))


def posting(options: Options, one: dict[str, Any]) -> dict[str, Any]:
    """``answer``, and ``failure`` where there is none for a reason that nobody foresaw."""
    answer = post(webhook(options, one["channel"]), one["body"])
    return {**NOBODY, "answer": answer.as_result(one["channel"])}


if __name__ == "__main__":
    main()
