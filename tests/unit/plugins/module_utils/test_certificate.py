# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a certificate is what the library cryptography reads of it."""

from __future__ import annotations

import datetime
import pathlib
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ansible_collections.qlikops.sense.plugins.module_utils._model.certificate import read_der, read_pem
from ansible_collections.qlikops.sense.tests.unit.plugins import certificates
from qlik_simulator.model.certificates import Authority

BEGIN = datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.timezone.utc)


def made(
    key: Any, digest: Any = None, years: int = 5, names: tuple[str, ...] = ("qlik1", "qlik1.example.com")
) -> bytes:
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Example"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "Größe"),
        ]
    )
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "QLIK1-CA")])
    addresses = [x509.DNSName(each) for each in names]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(2**127 + 5)
        .not_valid_before(BEGIN)
        .not_valid_after(BEGIN.replace(day=28, year=2024 + years))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .sign(key, digest)
    )
    return certificate.public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize("years", [5, 30])  # from 2050 on dates are written in another way
def test_names_and_dates(years: int) -> None:
    found = read_der(made(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256(), years))
    assert found
    assert (found.subject, found.issuer) == ("Größe", "QLIK1-CA")
    assert found.names == ("qlik1", "qlik1.example.com")
    assert (found.begins, found.ends) == (BEGIN, BEGIN.replace(day=28, year=2024 + years))
    assert not found.is_self_signed


@pytest.mark.parametrize(
    ("make", "digest", "key", "bits", "signature"),
    [
        (lambda: rsa.generate_private_key(65537, 1024), hashes.SHA256(), "RSA 1024", 1024, "SHA-256"),
        (lambda: rsa.generate_private_key(65537, 2048), hashes.SHA512(), "RSA 2048", 2048, "SHA-512"),
        (lambda: ec.generate_private_key(ec.SECP384R1()), hashes.SHA384(), "EC 384", 384, "SHA-384"),
        (ed25519.Ed25519PrivateKey.generate, None, "another kind of key", None, "another"),
    ],
)
def test_keys_and_signatures(make: Any, digest: Any, key: str, bits: int | None, signature: str) -> None:
    found = read_der(made(make(), digest))
    assert found
    assert (found.key, found.key_bits, found.signature) == (key, bits, signature)


def test_certificates_as_real_sites_have_them() -> None:
    authority = Authority("qlik1.example.com")
    root = read_pem(authority.root.pem().decode())
    server = read_pem(authority.server("qlik1.example.com").pem().decode())
    assert root
    assert server
    assert root.is_self_signed
    assert (server.issuer, server.names, server.key) == (root.subject, ("qlik1.example.com",), "RSA 2048")


def test_a_file_as_it_is_written_elsewhere(pem: certificates.Export) -> None:
    text = pathlib.Path(pem.client).read_text()
    assert read_pem(f"Bag Attributes\r\n{text}".replace("\n", "\r\n")) == read_pem(text)


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "-----BEGIN"])
def test_what_is_none(text: str) -> None:
    assert read_pem(text) is None


def test_no_beginning_of_a_certificate_is_one() -> None:
    whole = made(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    assert read_der(whole)
    assert not any(read_der(whole[:size]) for size in range(len(whole)))
