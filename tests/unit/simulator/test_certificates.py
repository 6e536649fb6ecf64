# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates, field by field against those of real sites."""

from __future__ import annotations

import datetime
import pathlib
import stat

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtensionOID, NameOID

from qlik_simulator.model.certificates import PURPOSE, Authority, Flaw

HOST = "qlik1.example.com"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(HOST)


@pytest.fixture(scope="module")
def certificates(authority: Authority) -> dict[str, x509.Certificate]:
    return {
        "root": authority.root.certificate,
        "server": authority.server(HOST).certificate,
        "client": authority.client.certificate,
    }


@pytest.mark.parametrize(
    ("which", "subject", "purpose", "critical", "extensions"),
    [
        ("root", f"{HOST}-CA", b"\x04\x04Root", {ExtensionOID.BASIC_CONSTRAINTS}, {ExtensionOID.BASIC_CONSTRAINTS}),
        ("server", HOST, b"\x04\x07Service", set(), {ExtensionOID.SUBJECT_ALTERNATIVE_NAME}),
        ("client", "QlikClient", b"\x04\x06Client", set(), set()),
    ],
)
def test_shape(
    certificates: dict[str, x509.Certificate],
    which: str,
    subject: str,
    purpose: bytes,
    critical: set[x509.ObjectIdentifier],
    extensions: set[x509.ObjectIdentifier],
) -> None:
    certificate = certificates[which]
    assert certificate.version is x509.Version.v3
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 2048
    assert certificate.signature_algorithm_oid._name == "sha256WithRSAEncryption"
    assert [(name.oid, name.value) for name in certificate.subject] == [(NameOID.COMMON_NAME, subject)]
    assert [(name.oid, name.value) for name in certificate.issuer] == [(NameOID.COMMON_NAME, f"{HOST}-CA")]
    assert b"\x0c" + bytes([len(subject)]) + subject.encode() in certificate.subject.public_bytes()  # UTF8String
    always = {ExtensionOID.SUBJECT_KEY_IDENTIFIER, ExtensionOID.AUTHORITY_KEY_IDENTIFIER, PURPOSE}
    assert {each.oid for each in certificate.extensions} == always | extensions
    assert {each.oid for each in certificate.extensions if each.critical} == critical
    private = certificate.extensions.get_extension_for_oid(PURPOSE).value
    assert isinstance(private, x509.UnrecognizedExtension)
    assert private.value == purpose


def test_names_keys_and_dates(certificates: dict[str, x509.Certificate]) -> None:
    root, server = certificates["root"], certificates["server"]
    constraints = root.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, None)
    alternative = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(alternative) == [x509.DNSName(HOST)]
    assert PURPOSE.dotted_string == "1.3.6.1.5.5.7.13.3"
    key_of_root = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    for certificate in certificates.values():
        authority_key = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        assert authority_key.key_identifier == key_of_root
        assert authority_key.authority_cert_issuer is None
        assert certificate.serial_number.bit_length() == 120  # as DER: 16 bytes, the first of them zero
        age = datetime.datetime.now(datetime.timezone.utc) - certificate.not_valid_before_utc
        assert datetime.timedelta(days=6) < age < datetime.timedelta(days=8)
        lasts = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        assert 5 * 365 <= lasts.days <= 5 * 366 + 14


def test_who_signed_whom(authority: Authority, certificates: dict[str, x509.Certificate]) -> None:
    for certificate in certificates.values():
        certificate.verify_directly_issued_by(authority.root.certificate)
    with pytest.raises(ValueError, match="Issuer"):
        authority.rogue_client.certificate.verify_directly_issued_by(authority.root.certificate)


def test_flaws(authority: Authority) -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    expired = authority.flawed_server(HOST, Flaw("expired")).certificate
    assert expired.not_valid_before_utc < expired.not_valid_after_utc < now
    wrong = authority.flawed_server(HOST, Flaw("wrong_name")).certificate
    names = wrong.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [f"not-{HOST}"]
    rogue = authority.flawed_server(HOST, Flaw("rogue")).certificate
    rogue.verify_directly_issued_by(authority.rogue_root.certificate)
    expiring = authority.flawed_server(HOST, Flaw("expiring", 40)).certificate
    assert (expiring.not_valid_after_utc - now).days == 40


def test_export(authority: Authority, tmp_path: pathlib.Path) -> None:
    paths = authority.export(tmp_path, HOST)
    password = paths.pop("client_key_password").encode()
    folder = tmp_path / "exported_certificates" / HOST
    assert {path.name for path in folder.iterdir()} == {
        *("root.pem", "client.pem", "client_key.pem", "client_key_encrypted.pem", "server.pem", "server_key.pem")
    }
    for path in map(pathlib.Path, paths.values()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text().count("-----BEGIN ") == 1
    for name in ("client_key", "server_key", "rogue_client_key"):
        assert pathlib.Path(paths[name]).read_text().startswith("-----BEGIN RSA PRIVATE KEY-----\nM")
    encrypted = pathlib.Path(paths["client_key_encrypted"]).read_bytes()
    key = serialization.load_pem_private_key(encrypted, password)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.public_key() == authority.client.certificate.public_key()
    with pytest.raises(TypeError):
        serialization.load_pem_private_key(encrypted, None)
