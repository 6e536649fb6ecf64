# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates and keys for tests, small and quickly made: elliptic curves in place of Qlik's RSA,
which only the weak ones have."""

from __future__ import annotations

import datetime
import pathlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

PASSWORD = "correct horse"
KeyFormat = serialization.PrivateFormat


@dataclass(frozen=True)
class Export:
    """Paths of what a QMC would export, and of things that go wrong with it."""

    root: str
    client: str
    key: str
    server: str
    server_key: str
    encrypted_pkcs8: str
    encrypted_traditional: str
    other_key: str
    pfx: str
    garbage: str
    empty: str
    leaf_first: str
    root_first: str
    weak: str
    weak_key: str
    under_weak_root: str

    @property
    def options(self) -> dict[str, str]:
        return {"host": "localhost", "client_cert": self.client, "client_key": self.key, "ca_path": self.root}


def export(folder: pathlib.Path) -> Export:
    """Makes all of it in a folder. The certificates of the server and the weak one are issued to ``localhost``."""
    root_key, client_key, server_key, other = (ec.generate_private_key(ec.SECP256R1()) for _number in range(4))
    root = _certificate("QLIK1-CA", root_key, "QLIK1-CA", root_key, is_root=True)
    client = _certificate("QlikClient", client_key, "QLIK1-CA", root_key)
    server = _certificate("localhost", server_key, "QLIK1-CA", root_key, is_server=True)
    weak_key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    weak = _certificate("localhost", weak_key, "QLIK1-CA", root_key, is_server=True)
    weak_root = _certificate("OLD-CA", weak_key, "OLD-CA", weak_key, is_root=True)
    locked = serialization.BestAvailableEncryption(PASSWORD.encode())
    contents = {
        "root": _pem(root),
        "client": _pem(client),
        "key": _key(client_key),
        "server": _pem(server),
        "server_key": _key(server_key),
        "encrypted_pkcs8": client_key.private_bytes(serialization.Encoding.PEM, KeyFormat.PKCS8, locked),
        "encrypted_traditional": client_key.private_bytes(
            serialization.Encoding.PEM, KeyFormat.TraditionalOpenSSL, locked
        ),
        "other_key": _key(other),
        "pfx": pkcs12.serialize_key_and_certificates(b"client", client_key, client, None, locked),
        "garbage": b"\x00\x01 this is no certificate",
        "empty": b"",
        "leaf_first": _pem(client, root),
        "root_first": _pem(root, client),
        "weak": _pem(weak),
        "weak_key": _key(weak_key),
        "under_weak_root": _pem(client, weak_root),
    }
    paths = {}
    for name, content in contents.items():
        path = folder / f"{name}.pem"
        path.write_bytes(content)
        paths[name] = str(path)
    return Export(**paths)


def _pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates)


def _key(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, KeyFormat.TraditionalOpenSSL, serialization.NoEncryption())


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    is_root: bool = False,
    is_server: bool = False,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=7))
        .not_valid_after(now + datetime.timedelta(days=365))
    )
    if is_root:  # like Qlik's: no key usage
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if is_server:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
