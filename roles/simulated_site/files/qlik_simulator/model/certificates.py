# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates shaped exactly like those of real sites, written as a QMC export is.

Measured on three real sites (V): RSA-2048, sha256WithRSA, version 3, a subject of one CN as UTF8String, subject and
authority key identifiers, a private extension naming the purpose; no key usage, no extended key usage, basic
constraints on the root alone, one DNS name on a server; one PEM block a file; keys in PKCS#1.
"""

from __future__ import annotations

import datetime
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

PURPOSE = x509.ObjectIdentifier("1.3.6.1.5.5.7.13.3")
WEAK_BITS = 1024  # which the security level 2 of OpenSSL refuses
_BACK_DATED = datetime.timedelta(days=7)
_LIFETIME = datetime.timedelta(days=5 * 365 + 1)


@dataclass(frozen=True)
class Flaw:
    """What is odd about a certificate: it is ``expired``, ``expiring``, ``wrong_name``, ``rogue`` or ``weak``.

    ``days``: how long one that is expiring is good for.
    """

    kind: str
    days: int = 0


@dataclass(frozen=True)
class Identity:
    """A certificate and the key it belongs to."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    def pem(self) -> bytes:
        """The certificate, one block."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self, password: str | None = None) -> bytes:
        """The key in PKCS#1 (V); with a password encrypted as OpenSSL does it for this format (the real cipher: N)."""
        protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if password:
            protection = serialization.BestAvailableEncryption(password.encode())
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, protection
        )


def new_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """A fresh RSA key; the costly part of making a certificate."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def make_root(common_name: str) -> Identity:
    """A self-signed root, ``CN=<host>-CA``."""
    key = new_key()
    certificate = _build(common_name, key, None, "Root", [], None)
    return Identity(certificate, key)


def make_client(root: Identity) -> Identity:
    """The client certificate, ``CN=QlikClient``."""
    key = new_key()
    return Identity(_build("QlikClient", key, root, "Client", [], None), key)


def make_server(root: Identity, key: rsa.RSAPrivateKey, host_name: str, days_left: float | None = None) -> Identity:
    """A server certificate with the one name ``host_name``, good for as long as real ones unless told."""
    ends = None if days_left is None else _now() + datetime.timedelta(days=days_left)
    return Identity(_build(host_name, key, root, "Service", [x509.DNSName(host_name)], ends), key)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _build(
    common_name: str,
    key: rsa.RSAPrivateKey,
    root: Identity | None,
    purpose: str,
    names: list[x509.DNSName],
    ends: datetime.datetime | None,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])
    begins = _now() - _BACK_DATED
    issuer_key = root.key if root else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(root.certificate.subject if root else subject)
        .public_key(key.public_key())
        .serial_number(secrets.randbits(119) | 1 << 119)  # 16 bytes, the first of them zero (V)
        .not_valid_before(begins)
        .not_valid_after(ends or begins + _LIFETIME + _BACK_DATED)
    )
    if root is None:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = (
        builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(x509.UnrecognizedExtension(PURPOSE, _octets(purpose)), critical=False)
    )
    return builder.sign(issuer_key, hashes.SHA256())


def _octets(text: str) -> bytes:
    """``text`` as a DER OCTET STRING (short form: below 128 bytes)."""
    value = text.encode("ascii")
    return bytes([0x04, len(value)]) + value


class Authority:
    """All certificates of a site: its root, its client, and a rogue root with a client of the same name."""

    def __init__(self, central_host: str) -> None:
        self.root = make_root(f"{central_host}-CA")
        self.rogue_root = make_root("ROGUE-CA")
        self.client = make_client(self.root)
        self.rogue_client = make_client(self.rogue_root)
        # One key serves all servers: making a key is what start-up spends its time on, and no client can tell.
        self.server_key = new_key()

    def server(self, host_name: str) -> Identity:
        """The certificate of a node."""
        return make_server(self.root, self.server_key, host_name)

    def flawed_server(self, host_name: str, flaw: Flaw) -> Identity:
        """A certificate of a node that is not as it should be."""
        if flaw.kind == "rogue":
            return make_server(self.rogue_root, self.server_key, host_name)
        if flaw.kind == "weak":
            return make_server(self.root, new_key(WEAK_BITS), host_name)
        name = f"not-{host_name}" if flaw.kind == "wrong_name" else host_name
        # An hour more, so that days that are counted while the site runs are whole.
        left = {"expired": -1.0, "expiring": flaw.days + 1 / 24}.get(flaw.kind)
        return make_server(self.root, self.server_key, name, left)

    def export(self, directory: Path, central_host: str) -> dict[str, str]:
        """Write what the QMC would export for ``central_host``, and the rogue set; return the card's paths."""
        export = directory / "exported_certificates" / central_host
        rogue = directory / "exported_certificates" / "rogue"
        password = secrets.token_urlsafe(12)
        server = self.server(central_host)
        return {
            "root": write_private(export / "root.pem", self.root.pem()),
            "client": write_private(export / "client.pem", self.client.pem()),
            "client_key": write_private(export / "client_key.pem", self.client.key_pem()),
            "client_key_encrypted": write_private(export / "client_key_encrypted.pem", self.client.key_pem(password)),
            "client_key_password": password,
            "server": write_private(export / "server.pem", server.pem()),
            "server_key": write_private(export / "server_key.pem", server.key_pem()),
            "rogue_root": write_private(rogue / "root.pem", self.rogue_root.pem()),
            "rogue_client": write_private(rogue / "client.pem", self.rogue_client.pem()),
            "rogue_client_key": write_private(rogue / "client_key.pem", self.rogue_client.key_pem()),
        }


def write_private(path: Path, content: bytes) -> str:
    """Write a file that its owner alone may read, from its first byte on; return the path."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return str(path)
