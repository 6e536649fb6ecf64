# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mail server: how to reach it, how to log in, and why that did not work, in words without the password."""

from __future__ import annotations

import base64
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._client.deadline import (
    LimitedPlainSocket,
    LimitedSocket,
    time_limit,
)
from ansible_collections.qlikops.sense.plugins.module_utils._client.masking import Secrets, quotable
from ansible_collections.qlikops.sense.plugins.module_utils._client.no_answer import causes_of
from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._notify.address import one_line

LONGEST_WORDS = 200
# Ports on which TLS is begun by STARTTLS, if at all.
NEVER_TLS_FIRST = (25, 587)


@dataclass(frozen=True)
class MailServer:
    """How to reach a mail server; ``timeout`` in seconds bounds each of its answers.

    ``secure``: ``always`` is TLS from the first byte, ``starttls`` TLS before anything is said, ``try`` one of these
    where the server offers it, ``never`` neither.
    """

    host: str
    port: int = 25
    secure: str = "try"
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 20
    ca_path: str = ""
    validate_certs: bool = True

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def verifies(self) -> bool:
        """Where no encryption at all would do, an unknown certificate does, too."""
        return self.validate_certs and (self.secure in ("always", "starttls") or bool(self.ca_path))

    def tls_context(self) -> ssl.SSLContext:
        """Raises BadOption where ``ca_path`` can't be used."""
        if self.verifies:
            try:
                context = ssl.create_default_context(cafile=self.ca_path or None)
            except OSError as error:
                words = getattr(error, "reason", None) or error.strerror or "it holds no certificate"
                raise BadOption("mail_ca_path", f"{self.ca_path} can't be used: {words}.") from error
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        context.sslsocket_class = LimitedSocket
        return context

    def quoted(self, text: str) -> str:
        """Words of the server or of Python, on one line, without the password in any form in which it is sent."""
        words = quotable(text, Secrets(), *self._sent_secrets())
        words = one_line(words)
        return words if len(words) <= LONGEST_WORDS else f"{words[: LONGEST_WORDS - 1]}…"

    def _sent_secrets(self) -> list[str]:
        if not self.password:
            return []
        plain = f"\0{self.username}\0{self.password}"
        return [self.password, *(base64.b64encode(text.encode()).decode() for text in (self.password, plain))]

    def said(self, code: int, words: bytes | str) -> str:
        """An answer of the server, such as ``550 no such user``."""
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        return self.quoted(f"{code} {text}".strip())

    def no_answer(self, error: Exception) -> str:
        """Why there was no answer, in words."""
        if hangs(error):
            return f"no answer within {self.timeout:g} seconds."
        for cause in causes_of(error):
            if isinstance(cause, ssl.SSLCertVerificationError):
                return (
                    f"the server's certificate is not trusted ({self.quoted(cause.verify_message)})."
                    " mail_ca_path names a file with the certificate of the authority that signed it."
                )
            if isinstance(cause, ssl.SSLError):
                return f"TLS failed ({(getattr(cause, 'reason', None) or 'unknown error').replace('_', ' ').lower()})."
            if isinstance(cause, smtplib.SMTPResponseException):
                return self.said(cause.smtp_code, cause.smtp_error)
        causes = (cause for cause in causes_of(error) if isinstance(cause, OSError))
        system = next((cause.strerror for cause in causes if cause.strerror), "")
        return f"{system or self.quoted(str(error)) or type(error).__name__}.".replace("..", ".")


class NoServer(Exception):
    """No mail can be sent: the server is not reached, not trusted or does not take the login. The text says why."""


class _NoTls(NoServer):
    """The server does not begin with TLS."""


class Client(smtplib.SMTP):
    """No answer takes longer than ``timeout`` as a whole, however slowly it trickles."""

    def __init__(self, server: MailServer, tls_first: ssl.SSLContext | None) -> None:
        self._tls_first = tls_first
        super().__init__(timeout=server.timeout)
        # smtplib itself would connect before there is a greeting to wait for.
        self._host = server.host

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        # typeshed does not know this method of smtplib.
        plain = LimitedPlainSocket.instead_of(super()._get_socket(host, port, timeout))  # type: ignore[misc]  # see above
        return self._tls_first.wrap_socket(plain, server_hostname=host) if self._tls_first else plain

    def getreply(self) -> tuple[int, bytes]:
        with time_limit(self.timeout):
            answer = super().getreply()
        if self.sock:
            self.sock.settimeout(self.timeout)  # what was left of the time is not the limit for what is sent
        return answer


class Opener:
    """Opens connections to a mail server. ``warn`` is called where a password goes out in the clear."""

    def __init__(self, server: MailServer, warn: Callable[[str], None]) -> None:
        self._server = server
        self._context = server.tls_context()
        self._warn = warn

    def open(self) -> Client:
        """A connection that is ready for mail. Raises NoServer."""
        if self._server.secure == "always":
            return self._connected(self._context)
        if self._server.secure == "try" and self._server.port not in NEVER_TLS_FIRST:
            try:
                return self._connected(self._context)
            except _NoTls:
                pass
        return self._connected(None)

    def _connected(self, tls_first: ssl.SSLContext | None) -> Client:
        client = Client(self._server, tls_first)
        try:
            code, words = client.connect(self._server.host, self._server.port)
            if code != 220:
                raise NoServer(f"the server does not accept mail: {self._server.said(code, words)}")
            client.ehlo_or_helo_if_needed()
            is_encrypted = tls_first is not None or self._encrypted(client)
            if self._server.username:
                self._log_in(client, is_encrypted)
        except NoServer:
            client.close()
            raise
        except (smtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            if tls_first and self._server.secure == "try" and _is_no_tls(error):
                raise _NoTls(self._server.no_answer(error)) from None
            raise NoServer(self._server.no_answer(error)) from None
        return client

    def _encrypted(self, client: Client) -> bool:
        if self._server.secure == "never":
            return False
        if not client.has_extn("starttls"):
            if self._server.secure == "starttls":
                raise NoServer(
                    f"StartTLS is not offered by {self._server}, so nothing was sent. Where the connection is encrypted"
                    " from the start, mail_secure must be always."
                )
            return False
        code, words = client.starttls(context=self._context)
        if code != 220:
            raise NoServer(f"the server did not begin TLS: {self._server.said(code, words)}")
        client.ehlo_or_helo_if_needed()
        return True

    def _log_in(self, client: Client, is_encrypted: bool) -> None:
        if not is_encrypted:
            self._warn(
                f"The password for {self._server} is sent without encryption. mail_secure=starttls forbids that."
            )
        try:
            client.login(self._server.username, self._server.password)
        except smtplib.SMTPAuthenticationError as error:
            words = self._server.said(error.smtp_code, error.smtp_error)
            raise NoServer(f"Authentication to {self._server} failed: {words}") from None
        except smtplib.SMTPNotSupportedError:
            raise NoServer(f"Authentication to {self._server} failed: the server offers no login.") from None
        except UnicodeEncodeError:
            raise NoServer(f"Authentication to {self._server} failed: smtplib takes ASCII passwords only.") from None


def hangs(error: Exception) -> bool:
    return any(isinstance(cause, TimeoutError) for cause in causes_of(error))


def _is_no_tls(error: Exception) -> bool:
    causes = list(causes_of(error))
    is_tls = any(isinstance(cause, (ssl.SSLError, ConnectionResetError)) for cause in causes)
    return is_tls and not any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes)
