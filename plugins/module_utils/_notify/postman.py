# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hands mails to a mail server over one connection, and keeps every refusal with the server's words."""

from __future__ import annotations

import contextlib
import smtplib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ansible_collections.qlikops.sense.plugins.module_utils._notify.mail_server import (
    Client,
    MailServer,
    NoServer,
    Opener,
    hangs,
)

CLOSING = 421


@dataclass(frozen=True)
class Envelope:
    """A mail as the server gets it. ``copies`` get it, too, but it is not sent for them alone."""

    recipients: Sequence[str]
    copies: Sequence[str]
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """``refused``: the server's words by address. ``failure`` says why nobody got the mail, or may not have got it.

    With neither, all recipients got it. ``tried`` is false where the server had been given up.
    """

    refused: dict[str, str] = field(default_factory=dict)
    failure: str = ""
    tried: bool = True


class Lost(Exception):
    """The connection is gone. The text says why; ``hangs`` where the time was over."""

    def __init__(self, reason: str, hangs: bool = False) -> None:
        super().__init__(reason)
        self.hangs = hangs


class Postman:
    """Delivers mails one after another. Opens a connection when it needs one, and a new one where it was lost."""

    def __init__(self, server: MailServer, warn: Callable[[str], None] = lambda _text: None) -> None:
        self._server = server
        self._opener = Opener(server, warn)
        self._client: Client | None = None
        self._refused: dict[str, str] = {}
        self._may_have_it = False

    def check(self) -> str:
        """Connects and logs in, and sends nothing; why that does not work, or nothing."""
        try:
            self._client = self._opener.open()
        except NoServer as error:
            return str(error)
        finally:
            self.close()
        return ""

    def deliver(self, envelopes: Iterable[Envelope], sender: str) -> list[Outcome]:
        """One outcome for each. A server that can't be used, hangs, or hangs up twice in a row is given up."""
        outcomes: list[Outcome] = []
        losses, given_up = 0, False
        for envelope in envelopes:
            if given_up:
                outcomes.append(Outcome(tried=False))
                continue
            try:
                outcomes.append(self._delivered(envelope, sender))
                losses = 0
            except NoServer as error:
                outcomes.append(Outcome(failure=str(error)))
                given_up = True
            except Lost as error:
                losses += 1
                outcomes.append(Outcome(dict(self._refused), str(error)))
                given_up = error.hangs or losses > 1
        self.close()
        return outcomes

    def close(self) -> None:
        client, self._client = self._client, None
        if client:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                client.quit()
            client.close()

    def _delivered(self, envelope: Envelope, sender: str) -> Outcome:
        is_used = self._client is not None
        try:
            return self._tried(envelope, sender)
        except Lost as error:
            # Servers hang up between two mails, such as after a number of them. Not one byte of this one was sent.
            if not is_used or self._may_have_it or error.hangs:
                raise
        return self._tried(envelope, sender)

    def _tried(self, envelope: Envelope, sender: str) -> Outcome:
        self._may_have_it, self._refused = False, {}
        self._client = self._client or self._opener.open()
        try:
            return self._transaction(self._client, envelope, sender)
        except (smtplib.SMTPException, OSError, Lost) as error:
            client, self._client = self._client, None
            client.close()
            if isinstance(error, Lost):
                raise
            doubt = " It may have been delivered anyway." if self._may_have_it else ""
            raise Lost(f"{self._server.no_answer(error)}{doubt}", hangs(error)) from None

    def _transaction(self, client: Client, envelope: Envelope, sender: str) -> Outcome:
        options = [f"size={len(envelope.content)}"] if client.has_extn("size") else []
        code, words = self._answer(client.mail(sender, options))
        if code != 250:
            return self._stopped(f"the server refused the sender {sender}: {words}")
        for address in (*envelope.recipients, *envelope.copies):
            code, words = self._answer(client.rcpt(address))
            if code not in (250, 251):
                self._refused[address] = words
        if all(address in self._refused for address in envelope.recipients):
            return self._stopped("")
        code, words = self._answer(client.docmd("DATA"))
        if code != 354:
            return self._stopped(f"the server refused the mail: {words}")
        self._may_have_it = True
        code, words = self._answer(_content_sent(client, envelope.content))
        return Outcome(self._refused, "" if code == 250 else f"the server refused the mail: {words}")

    def _stopped(self, failure: str) -> Outcome:
        """What was refused stays so even if the server hangs up before it is asked for the next mail."""
        outcome = Outcome(self._refused, failure)
        if self._client:
            try:
                self._client.rset()
            except (smtplib.SMTPException, OSError):
                self._client.close()
                self._client = None
        return outcome

    def _answer(self, answer: tuple[int, bytes]) -> tuple[int, str]:
        """The status and the words with it. Raises Lost where the server closes the connection."""
        code, words = answer[0], self._server.said(*answer)
        if code == CLOSING:
            self._may_have_it = False
            raise Lost(f"the server closed the connection: {words}")
        return code, words


def _content_sent(client: Client, content: bytes) -> tuple[int, bytes]:
    lines = content if content.endswith(b"\r\n") else content + b"\r\n"
    client.send(lines.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    return client.getreply()
