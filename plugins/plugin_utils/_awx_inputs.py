# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes into the credentials of AWX, secrets included, out of settings and files on the controller."""

from __future__ import annotations

import pathlib

from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_settings import Settings

Inputs = dict[str, dict[str, str]]


class MissingFileError(ValueError):
    """A file of the settings that is not there or can't be read, as a sentence."""


def inputs_of(settings: Settings) -> Inputs:
    """Key of a credential -> its inputs. Raises MissingFileError."""
    certificates = pathlib.Path(settings.certificates).expanduser()
    return {
        "connection": {
            "host": settings.qlik_host,
            "api_user": settings.qlik_api_user,
            "client_certificate": _content(certificates / "client.pem"),
            "client_key": _content(certificates / "client_key.pem"),
            "client_key_password": settings.key_password,
            "root_certificate": _content(certificates / "root.pem"),
        },
        "windows": {"user": settings.windows_user, "password": settings.windows_password},
        "ssh": {
            "username": settings.ssh_user,
            "ssh_key_data": _content(pathlib.Path(settings.ssh_key_file).expanduser()),
        },
        "messages": {
            "mail_username": settings.mail_username,
            "mail_password": settings.mail_password,
            "teams_url": settings.teams_url,
            "slack_url": settings.slack_url,
        },
    }


def _content(file: pathlib.Path) -> str:
    """A key must end with a line feed, and with one only."""
    try:
        return file.read_text(encoding="utf-8").rstrip() + "\n"
    except (OSError, UnicodeDecodeError) as error:
        why = "is not there" if isinstance(error, FileNotFoundError) else "can't be read as text"
        raise MissingFileError(f"{file} {why}. See awx_setup_certificates and awx_setup_ssh_key_file.") from error
