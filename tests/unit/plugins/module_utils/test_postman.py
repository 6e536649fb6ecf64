# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mails over a scripted connection: every refusal is kept, nothing is sent twice, and nothing becomes a header."""

from __future__ import annotations

import email
import email.policy
import smtplib
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._notify.address import Mailbox
from ansible_collections.qlikops.sense.plugins.module_utils._notify.letter import Letter, as_bytes
from ansible_collections.qlikops.sense.plugins.module_utils._notify.mail_server import MailServer, NoServer
from ansible_collections.qlikops.sense.plugins.module_utils._notify.postman import Envelope, Outcome, Postman
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import HOSTILE

SENDER = "qlik@x"
LOST = smtplib.SMTPServerDisconnected("Connection unexpectedly closed")


class Scripted:
    """A connection on which each command is answered as the script says, else with success."""

    sock = None

    def __init__(self, **script: Any) -> None:
        self.script = {name: list(answers) for name, answers in script.items()}
        self.said: list[str] = []

    def _answer(self, command: str, detail: str = "", good: int = 250) -> tuple[int, bytes]:
        self.said.append(f"{command} {detail}".strip())
        answers = self.script.get(command, [])
        answer = answers.pop(0) if answers else (good, b"OK")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def has_extn(self, _name: str) -> bool:
        return False

    def mail(self, sender: str, _options: Sequence[str]) -> tuple[int, bytes]:
        return self._answer("MAIL", sender)

    def rcpt(self, address: str) -> tuple[int, bytes]:
        return self._answer("RCPT", address)

    def docmd(self, command: str) -> tuple[int, bytes]:
        return self._answer(command, good=354)

    def send(self, content: bytes) -> None:
        self.said.append(content.decode())

    def getreply(self) -> tuple[int, bytes]:
        return self._answer("END")

    def rset(self) -> None:
        self._answer("RSET")

    def quit(self) -> None:
        self._answer("QUIT")

    def close(self) -> None:
        self.said.append("closed")


def deliver(*connections: Any, letters: int = 1, to: Sequence[str] = ("a@x", "b@x")) -> list[Outcome]:
    """The outcomes of some mails that go to the same people over these connections, one after another."""
    postman = Postman(MailServer("mail.example.com", password="sesame", username="q"))
    waiting = list(connections)

    class Opener:
        def open(self) -> Any:
            connection = waiting.pop(0)
            if isinstance(connection, NoServer):
                raise connection
            return connection

    postman._opener = Opener()  # type: ignore[assignment]  # a fake
    outcomes = postman.deliver([Envelope(to, [SENDER], b"Text\r\n.\r\n")] * letters, SENDER)
    assert waiting == []
    return outcomes


def test_one_connection_is_used_for_all() -> None:
    one = Scripted()
    assert deliver(one, letters=2) == [Outcome(), Outcome()]
    transaction = ["MAIL qlik@x", "RCPT a@x", "RCPT b@x", "RCPT qlik@x", "DATA", "Text\r\n..\r\n.\r\n", "END"]
    assert one.said == [*transaction, *transaction, "QUIT", "closed"]


def test_every_refusal_is_kept_and_the_others_get_their_mail() -> None:
    words = b"4.7.1 Greylisted \x1b[2J sesame"
    (outcome,) = deliver(Scripted(RCPT=[(451, words)]))
    assert outcome.failure == ""
    assert outcome.refused == {"a@x": "451 4.7.1 Greylisted �[2J ***"}


def test_nothing_is_sent_to_the_sender_alone() -> None:
    one = Scripted(RCPT=[(550, b"no"), (552, b"full")])
    assert deliver(one) == [Outcome({"a@x": "550 no", "b@x": "552 full"})]
    assert "DATA" not in one.said
    assert "RSET" in one.said
    cut = Scripted(RCPT=[(550, b"no"), (550, b"no")], RSET=[LOST])
    assert deliver(cut, Scripted(), letters=2)[1] == Outcome()


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ({"MAIL": [(550, b"who?")]}, "refused the sender qlik@x: 550 who?"),
        ({"DATA": [(554, b"spam")]}, "refused the mail: 554 spam"),
        ({"END": [(552, b"too large")]}, "refused the mail: 552 too large"),
    ],
)
def test_a_mail_that_is_refused_is_a_failure_and_the_next_is_tried(script: dict[str, Any], why: str) -> None:
    refused, good = deliver(Scripted(**script), letters=2)
    assert why in refused.failure
    assert good == Outcome()


@pytest.mark.parametrize("breaks_off", [LOST, (421, b"4.4.2 too many mails"), ConnectionResetError(104, "reset")])
def test_a_server_that_hangs_up_between_two_mails_gets_the_second_over_a_new_connection(breaks_off: Any) -> None:
    first, second = Scripted(MAIL=[(250, b"OK"), breaks_off]), Scripted()
    assert deliver(first, second, letters=2) == [Outcome(), Outcome()]
    assert second.said.count("DATA") == 1


def test_a_mail_that_may_have_been_taken_is_not_sent_again() -> None:
    first, second = Scripted(END=[(250, b"OK"), LOST]), Scripted()
    _good, lost, good = deliver(first, second, letters=3)
    assert "It may have been delivered anyway" in lost.failure
    assert good == Outcome()
    assert second.said.count("DATA") == 1


def test_refusals_outlive_the_connection() -> None:
    (outcome,) = deliver(Scripted(RCPT=[(550, b"no"), LOST]))
    assert outcome.refused == {"a@x": "550 no"}
    assert "Connection unexpectedly closed" in outcome.failure


def test_a_server_that_hangs_up_again_and_again_is_given_up() -> None:
    first, second, third = deliver(Scripted(MAIL=[LOST]), Scripted(MAIL=[LOST]), letters=3)
    assert first.failure
    assert second.failure
    assert third == Outcome(tried=False)


def test_a_server_that_hangs_or_can_not_be_used_is_given_up_at_once() -> None:
    hangs = smtplib.SMTPServerDisconnected("closed")
    hangs.__context__ = TimeoutError("timed out")
    first, second = deliver(Scripted(RCPT=[hangs]), letters=2)
    assert first.failure == "no answer within 20 seconds."
    assert not second.tried
    assert deliver(NoServer("Authentication failed"), letters=2) == [
        Outcome(failure="Authentication failed"),
        Outcome(tried=False),
    ]


anything = st.text(st.one_of(st.sampled_from("\r\n:<>@," + HOSTILE), st.characters(exclude_categories=["Cs"])))


@given(anything, anything, anything, anything)
def test_nothing_that_is_written_becomes_a_header(name: str, subject: str, header: str, text: str) -> None:
    sender = Mailbox(name.replace("\r", " ").replace("\n", " ").replace("\0", ""), "qlik@x.example")
    letter = Letter([], [], ["eve@x.example"], subject, text.replace("\0", ""))
    raw = as_bytes(letter, sender, [("X-Note", header)])
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    own = {"From", "To", "Subject", "Date", "Message-ID", "X-Note", "MIME-Version", "Content-Type"}
    assert set(message.keys()) == {*own, "Content-Transfer-Encoding"}
    assert len(message.keys()) == len(own) + 1


def test_a_copy_goes_to_the_sender_where_it_stands_as_the_recipient() -> None:
    sender = Mailbox("", SENDER)
    assert Letter([], [], ["a@x"], "", "").copy_to(sender) == [SENDER]
    assert Letter(["a@x"], [], [], "", "").copy_to(sender) == []
    assert Letter([], [Mailbox("", SENDER)], [], "", "").copy_to(sender) == []
