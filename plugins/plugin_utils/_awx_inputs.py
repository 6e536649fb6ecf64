# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes into the credentials of AWX, secrets included, out of settings and files on the controller.

Files are checked here. AWX would refuse a key with a message that begins with the key, so that message is hidden.
"""

from __future__ import annotations

import binascii
import pathlib
import re

from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_settings import Settings

Inputs = dict[str, dict[str, str]]


# What AWX 24.6.1 takes for the key of a machine (awx/main/validators.py), as ssh-keygen and openssl write them.
SSH_KEY = re.compile(
    r"-----BEGIN (|RSA |DSA |EC |OPENSSH )PRIVATE KEY-----\s+(.+?)\s+-----END \1PRIVATE KEY-----\s*", re.S
)
# Magic and length of the name of the cipher, then that name.
OPEN_KEY = b"openssh-key-v1\x00\x00\x00\x00\x04none"


class FileError(ValueError):
    """A file of the settings that is not there or is not what it should be, as a sentence."""


def inputs_of(settings: Settings) -> Inputs:
    """Key of a credential -> its inputs. Raises FileError."""
    certificates = pathlib.Path(settings.certificates).expanduser()
    ssh_key = pathlib.Path(settings.ssh_key_file).expanduser()
    return {
        "connection": {
            "host": settings.qlik_host,
            "api_user": settings.qlik_api_user,
            "client_certificate": _certificate(certificates / "client.pem"),
            "client_key": _client_key(certificates / "client_key.pem", settings.key_password),
            "client_key_password": settings.key_password,
            "root_certificate": _certificate(certificates / "root.pem"),
        },
        "windows": {"user": settings.windows_user, "password": settings.windows_password},
        "ssh": {
            "username": settings.ssh_user,
            "ssh_key_data": _ssh_key(ssh_key),
        },
        "messages": {
            "mail_username": settings.mail_username,
            "mail_password": settings.mail_password,
            "teams_url": settings.teams_url,
            "slack_url": settings.slack_url,
        },
    }


def _certificate(file: pathlib.Path) -> str:
    text = _content(file)
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise FileError(
            f"{file} has no certificate in PEM format. Export the certificates from the QMC in that format."
        )
    return text


def _client_key(file: pathlib.Path, password: str) -> str:
    text = _content(file)
    if "PRIVATE KEY-----" not in text:
        raise FileError(f"{file} has no key in PEM format. Export the certificates from the QMC in that format.")
    if "ENCRYPTED" in text and not password:
        raise FileError(f"{file} is encrypted. Set awx_setup_key_password to the password of the export.")
    return text


def _ssh_key(file: pathlib.Path) -> str:
    text = _content(file)
    key = SSH_KEY.fullmatch(text)
    if not key:
        raise FileError(f"{file} is no private key that AWX takes. Create one: ssh-keygen -t ed25519 -N '' -f {file}.")
    if _is_encrypted(*key.groups()):
        raise FileError(
            f"{file} has a passphrase, and jobs have nobody to ask. Remove it: ssh-keygen -p -N '' -f {file}."
        )
    return text


def _is_encrypted(kind: str, content: str) -> bool:
    """In the old formats, a header says it. In that of OpenSSH, the name of the cipher does."""
    if kind != "OPENSSH ":
        return "ENCRYPTED" in content
    try:
        return not binascii.a2b_base64(content).startswith(OPEN_KEY)
    except binascii.Error:
        return True


def _content(file: pathlib.Path) -> str:
    """A key must end with a line feed, and with one only."""
    try:
        return file.read_text(encoding="utf-8").rstrip() + "\n"
    except (OSError, UnicodeDecodeError) as error:
        why = "is not there" if isinstance(error, FileNotFoundError) else "can't be read as text"
        raise FileError(f"{file} {why}. See awx_setup_certificates and awx_setup_ssh_key_file.") from error
