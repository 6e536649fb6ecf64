# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mail server and a receiver of webhooks on loopback, which keep what they get."""

from __future__ import annotations

import datetime
import email
import email.policy
import http.server
import ipaddress
import json
import pathlib
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE = "127.0.0.1"


@dataclass(frozen=True)
class Mail:
    """A mail as it arrived; ``to`` are those that the server was told to hand it to."""

    sender: str
    to: list[str]
    raw: bytes = field(repr=False)
    encrypted: bool

    @property
    def message(self) -> EmailMessage:
        message = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def text(self) -> str:
        for part in self.message.walk():
            if part.get_content_type() == "text/plain":
                return str(part.get_content()).replace("\r\n", "\n")
        raise AssertionError("a mail without text")

    @property
    def attachments(self) -> dict[str, bytes]:
        return {str(part.get_filename()): part.get_content() for part in self.message.iter_attachments()}


class MailServer:
    """Takes mails; does not want the addresses in ``refused``, and only who knows ``password``, if there is one."""

    def __init__(
        self, refused: Mapping[str, str] | None = None, password: str = "", tls: ssl.SSLContext | None = None
    ) -> None:
        self.mails: list[Mail] = []
        self.logins: set[object] = set()  # connections: smtplib tries each way to log in over one
        self._refused = refused or {}
        self._password = password
        self._controller = Controller(
            self,
            hostname=HERE,
            port=_free_port(),
            tls_context=tls,
            authenticator=self._authenticated if password else None,
            auth_required=bool(password),
            auth_require_tls=True,
        )

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._controller.stop()

    @property
    def variables(self) -> dict[str, Any]:
        return {"notify_users_mail_host": HERE, "notify_users_mail_port": self._controller.port}

    async def handle_RCPT(  # noqa: N802 aiosmtpd looks for this name  # the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self._refused:
            return self._refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 aiosmtpd looks for this name
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        sender = envelope.mail_from or ""
        self.mails.append(Mail(sender, list(envelope.rcpt_tos), content, session.ssl is not None))
        return "250 OK"

    def _authenticated(self, _server: SMTP, session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
        self.logins.add(session.peer)
        assert isinstance(given, LoginPassword)
        success = given.password == self._password.encode()
        return AuthResult(success=success, handled=success)  # what is not handled, the server refuses by itself


def tls_context(directory: pathlib.Path) -> ssl.SSLContext:
    """Of a server, with a certificate that only who has ``authority`` of the same directory trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HERE)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HERE))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = authority(directory)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def authority(directory: pathlib.Path) -> pathlib.Path:
    return directory / "mail.pem"


class Silent:
    """Takes connections and says nothing."""

    def __enter__(self) -> Silent:
        self._socket = socket.create_server((HERE, 0))
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])


class Webhook:
    """Answers posts one after the other with the answers it is given, the last one again and again."""

    def __init__(self, *answers: tuple[int, str], headers: Mapping[str, str] | None = None) -> None:
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.others: list[str] = []  # requests that are no posts
        self._answers = list(answers)
        webhook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                webhook.posts.append((self.path, json.loads(body)))
                status, words = webhook.answer()
                content = words.replace("PATH", self.path).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def do_GET(self) -> None:
                webhook.others.append(self.path)
                self.send_error(404)

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer((HERE, 0), Handler)

    def __enter__(self) -> Webhook:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def origin(self) -> str:
        return f"http://{HERE}:{self._server.server_address[1]}"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [body for _path, body in self.posts]

    def answer(self) -> tuple[int, str]:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def _free_port() -> int:
    with http.server.HTTPServer((HERE, 0), http.server.BaseHTTPRequestHandler) as server:
        return int(server.server_address[1])
