# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mail as bytes, made of what it says. Line breaks in a name or a header never become headers. Pure."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.utils import localtime, make_msgid

from ansible_collections.qlikops.sense.plugins.module_utils._notify.address import Mailbox, one_line

# Seven bits for text, as not every server knows 8BITMIME.
POLICY = policy.SMTP.clone(cte_type="7bit")


@dataclass(frozen=True)
class Letter:
    """A mail to send. ``to`` and ``bcc`` are addresses; with an empty ``to`` the sender stands there."""

    to: Sequence[str]
    cc: Sequence[Mailbox]
    bcc: Sequence[str]
    subject: str
    text: str = field(repr=False)
    attachments: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def recipients(self) -> list[str]:
        """Whom the mail is for, each once."""
        return list(dict.fromkeys([*self.to, *(one.address for one in self.cc), *self.bcc]))

    def copy_to(self, sender: Mailbox) -> list[str]:
        """The sender gets a copy of what is addressed to it."""
        return [] if self.to or sender.address in self.recipients else [sender.address]


def as_bytes(letter: Letter, sender: Mailbox, headers: Sequence[tuple[str, str]]) -> bytes:
    """The mail as it is handed to a server. Nobody in ``bcc`` stands in it."""
    message = EmailMessage(policy=POLICY)
    message["From"] = sender.as_header()
    message["To"] = ", ".join(letter.to) if letter.to else sender.as_header()
    if letter.cc:
        message["Cc"] = [one.as_header() for one in letter.cc]
    message["Subject"] = one_line(letter.subject)
    message["Date"] = localtime()
    message["Message-ID"] = make_msgid(domain=sender.domain)
    for name, value in headers:
        message[name] = one_line(value)
    message.set_content(letter.text)
    for path, content in letter.attachments.items():
        # No server or program on the way may change line ends or characters of it.
        name = one_line(os.path.basename(path))
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()
