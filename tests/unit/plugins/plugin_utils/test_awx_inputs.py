# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of the settings: those that AWX or the jobs would refuse are told before anything is sent."""

from __future__ import annotations

import base64
import pathlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_inputs import FileError, inputs_of
from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_settings import settings_of
from ansible_collections.qlikops.sense.tests.unit.plugins.plugin_utils.test_awx_settings import FILLED_IN

PEM = serialization.Encoding.PEM
FORMATS = serialization.PrivateFormat
KEYS: dict[str, Any] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "ec": ec.generate_private_key(ec.SECP256R1()),
    "rsa": rsa.generate_private_key(65537, 2048),
}
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def written(kind: str, form: serialization.PrivateFormat, password: str = "") -> str:
    how = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    return str(KEYS[kind].private_bytes(PEM, form, how), "ascii")


OPEN_KEY = written("ed25519", FORMATS.OpenSSH)
# Its beginning says so; the rest does not matter to anybody here.
CLOSED = base64.encodebytes(b"openssh-key-v1\0\0\0\0\x0aaes256-ctr\0\0\0\x06bcrypt" + bytes(99)).decode()
CLOSED_KEY = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{CLOSED}-----END OPENSSH PRIVATE KEY-----\n"


@pytest.fixture
def files(tmp_path: pathlib.Path) -> pathlib.Path:
    for name in ("client.pem", "root.pem"):
        (tmp_path / name).write_text(CERTIFICATE)
    (tmp_path / "client_key.pem").write_text(written("rsa", FORMATS.PKCS8))
    (tmp_path / "ssh").write_text(OPEN_KEY)
    return tmp_path


def read(files: pathlib.Path, **changed: str) -> dict[str, dict[str, str]]:
    where = {"awx_setup_certificates": str(files), "awx_setup_ssh_key_file": str(files / "ssh")}
    return inputs_of(
        settings_of({**FILLED_IN, **where, **{f"awx_setup_{name}": text for name, text in changed.items()}})
    )


@pytest.mark.parametrize(
    "key",
    [
        OPEN_KEY,
        OPEN_KEY.replace("\n", "\r\n"),
        written("rsa", FORMATS.OpenSSH),
        written("rsa", FORMATS.TraditionalOpenSSL),
        written("ec", FORMATS.TraditionalOpenSSL),
        written("ec", FORMATS.PKCS8),
    ],
)
def test_keys_of_every_format_are_taken(files: pathlib.Path, key: str) -> None:
    (files / "ssh").write_text(key)
    assert read(files)["ssh"]["ssh_key_data"].splitlines() == key.splitlines()


@pytest.mark.parametrize(
    "key",
    [
        CLOSED_KEY,
        written("rsa", FORMATS.TraditionalOpenSSL, "words"),
        OPEN_KEY.replace("b3BlbnNz", "b3BlbnN"),
    ],
)
def test_a_key_with_a_passphrase_is_refused_and_not_shown(files: pathlib.Path, key: str) -> None:
    (files / "ssh").write_text(key)
    with pytest.raises(FileError) as caught:
        read(files)
    assert str(caught.value) == (
        f"{files}/ssh has a passphrase, and jobs have nobody to ask. Remove it: ssh-keygen -p -N '' -f {files}/ssh."
    )


@pytest.mark.parametrize(
    "key",
    [
        "",
        "ssh-ed25519 AAAA qlikops@ops\n",
        CERTIFICATE,
        written("rsa", FORMATS.PKCS8, "words"),
        OPEN_KEY.replace("-----END", "---END"),
        f"{OPEN_KEY}ssh-ed25519 AAAA\n",
        "PuTTY-User-Key-File-3: ssh-ed25519\n",
    ],
)
def test_what_awx_takes_for_no_key_is_refused(files: pathlib.Path, key: str) -> None:
    (files / "ssh").write_text(key)
    with pytest.raises(FileError, match=r"ssh is no private key that AWX takes\. Create one: ssh-keygen -t ed25519"):
        read(files)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("client.pem", OPEN_KEY, "client.pem has no certificate in PEM format"),
        ("root.pem", "\x00DER", "root.pem has no certificate in PEM format"),
        ("client_key.pem", CERTIFICATE, "client_key.pem has no key in PEM format"),
        (
            "client_key.pem",
            written("rsa", FORMATS.PKCS8, "words"),
            "client_key.pem is encrypted. Set awx_setup_key_password",
        ),
    ],
)
def test_a_certificate_that_is_none_is_refused(files: pathlib.Path, name: str, content: str, words: str) -> None:
    (files / name).write_text(content)
    with pytest.raises(FileError) as caught:
        read(files)
    assert words in str(caught.value)


def test_an_encrypted_key_with_its_password_is_taken(files: pathlib.Path) -> None:
    (files / "client_key.pem").write_text(written("rsa", FORMATS.PKCS8, "words"))
    connection = read(files, key_password="words")["connection"]
    assert connection["client_key"].startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert connection["client_key_password"] == "words"


def test_a_file_that_is_not_there_is_told(files: pathlib.Path) -> None:
    (files / "root.pem").unlink()
    with pytest.raises(FileError, match=r"root\.pem is not there\. See awx_setup_certificates"):
        read(files)
