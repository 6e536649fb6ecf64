# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs playbooks/awx_setup.yml as an administrator does."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import re
import subprocess
import sys
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from ansible_collections.qlikops.sense.tests.integration import warm
from ansible_collections.qlikops.sense.tests.integration.awx.serving import ROOT, TOKEN
from ansible_collections.qlikops.sense.tests.integration.awx.stand_in import Awx

KIT = ROOT / "extensions" / "awx"
PLAYBOOK = ROOT / "playbooks" / "awx_setup.yml"
MAKEFILE_PUTS_IT = ROOT / ".cache" / "galaxy"
GATEWAY = "/api/controller/"
NAME = "Qlik Sense production"  # in the settings as they are shipped


def ssh_key() -> str:
    """As ssh-keygen writes it: AWX looks at keys for machines."""
    form, nothing = serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    return ed25519.Ed25519PrivateKey.generate().private_bytes(serialization.Encoding.PEM, form, nothing).decode()


# In ansible-core 2.21: awx.awx tells when an update was finished by a name that Ansible has for itself.
OF_AN_UPDATE = "[WARNING]: Value for result key 'finished' of type str was converted to bool."
SECRETS = {
    "QLIK_SENSE_CLIENT_KEY_PASSWORD": "secret-of-the-key",
    "QLIK_WINDOWS_PASSWORD": "secret-of-windows",
    "client_key.pem": "-----BEGIN PRIVATE KEY-----\nsecret-key\n-----END PRIVATE KEY-----\n",
    "ssh_key": ssh_key(),
    "slack": "secret-of-slack",
}


def secret_lines() -> list[str]:
    """What must not stand anywhere, in parts neither."""
    lines = [line for secret in SECRETS.values() for line in secret.splitlines()]
    return [line for line in lines if not line.startswith("-----")]


PEOPLE: dict[str, Any] = {
    "awx_setup_operator_teams": ["Operations"],
    "awx_setup_instance_groups": ["near the nodes"],
    "awx_setup_galaxy_credentials": ["Ansible Galaxy"],
    "awx_setup_approver_users": ["anna"],
    "awx_setup_approver_teams": ["Operations", "Help desk"],
    "awx_setup_helpdesk_teams": ["Help desk"],
    "awx_setup_report_channels": ["teams"],
    "awx_setup_notification": {
        "notification_type": "slack",
        "notification_configuration": {"channels": ["#qlik"], "token": SECRETS["slack"]},
    },
}


def people(awx: Awx) -> None:
    """Those whom the settings name."""
    organization = awx.one("organizations", "Default")["id"]
    awx.create("users", {"username": "anna"})
    awx.create("teams", {"name": "Operations", "organization": organization})
    awx.create("teams", {"name": "Help desk", "organization": organization})
    for number in range(30):  # more than a page
        awx.create("labels", {"name": f"label {number}", "organization": organization})


class _Loader(yaml.SafeLoader):
    """Takes what Ansible calls unsafe for the text that it is."""


_Loader.add_constructor("!unsafe", lambda _loader, node: str(node.value))


def load(file: pathlib.Path) -> Any:
    with file.open(encoding="utf-8") as stream:
        return yaml.load(stream, Loader=_Loader)


def collections_path(*more: pathlib.Path) -> str:
    """Where awx.awx is, after ``more``."""
    wanted = [*map(str, more), os.environ.get("ANSIBLE_COLLECTIONS_PATH"), str(MAKEFILE_PUTS_IT)]
    return os.pathsep.join(filter(None, wanted))


def tool(name: str) -> str:
    """A program that is installed beside this Python."""
    return str(pathlib.Path(sys.executable).with_name(name))


@functools.cache
def documented() -> dict[str, Any]:
    """What ansible-doc tells of the modules of the playbook, all at once, for it takes long to start."""
    modules = sorted(set(re.findall(r"awx\.awx\.\w+(?=:$)", PLAYBOOK.read_text(encoding="utf-8"), re.MULTILINE)))
    told = subprocess.run(
        [tool("ansible-doc"), "--json", *modules],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": collections_path()},
        capture_output=True,
        text=True,
        check=False,
    )
    described: dict[str, Any] = json.loads(told.stdout or "{}")
    assert set(described) == set(modules), f"not all on {collections_path()}; `make` gets them. {told.stderr}"
    return {module: about["doc"] for module, about in described.items()}


class Setup:
    """An AWX, the settings of an administrator, and the playbook."""

    def __init__(self, awx: Awx, address: str, tree: pathlib.Path, home: pathlib.Path) -> None:
        self.awx = awx
        self.home = home
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "CONTROLLER_"))},
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "NO_PROXY": "*",
            "ANSIBLE_COLLECTIONS_PATH": collections_path(tree),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_DEPRECATION_WARNINGS": "false",  # those of awx.awx
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_PIPELINING": "true",  # a file less to copy for each of many modules
            "SSL_CERT_FILE": os.devnull,  # half of what a module does is to read authorities that nobody asks for
            "CONTROLLER_HOST": address,
            "CONTROLLER_OAUTH_TOKEN": TOKEN,
            "CONTROLLER_REQUEST_TIMEOUT": "60",  # the machine may be busy
            **({"CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX": awx.prefix} if awx.prefix != "/api/" else {}),
            "QLIK_SENSE_CLIENT_KEY_PASSWORD": SECRETS["QLIK_SENSE_CLIENT_KEY_PASSWORD"],
            "QLIK_WINDOWS_PASSWORD": SECRETS["QLIK_WINDOWS_PASSWORD"],
        }
        (home / ".ssh").mkdir()
        (home / ".ssh" / "qlikops").write_text(SECRETS["ssh_key"])
        certificates = home / "qlik-certificates"
        certificates.mkdir()
        for name in ("client.pem", "root.pem"):
            (certificates / name).write_text(f"-----BEGIN CERTIFICATE-----\n{name}\n-----END CERTIFICATE-----\n")
        (certificates / "client_key.pem").write_text(SECRETS["client_key.pem"])

    def start(
        self, *options: str, playbook: str = "qlikops.sense.awx_setup", **settings: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run with the settings as they are shipped, but for ``settings``. No secret stands in what is printed."""
        changed = ["-e", json.dumps({**settings, "ansible_python_interpreter": warm.interpreter()})]
        ran = subprocess.run(
            [
                *(warm.ansible(), "playbook", playbook),
                "-vvv",
                "-e",
                f"@{KIT / 'settings.yml'}",
                *changed,
                *options,
            ],
            env=self.environment,
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        assert not [line for line in secret_lines() if line in ran.stdout]
        return ran

    def run(self, *options: str, **settings: Any) -> int:
        """Run; how many tasks changed something."""
        ran = self.start(*options, **settings)
        assert ran.returncode == 0, ran.stdout[-5000:]
        warnings = {line for line in ran.stdout.splitlines() if "[WARNING]" in line}
        assert warnings <= {OF_AN_UPDATE}
        recap = re.search(r"changed=(\d+)", ran.stdout)
        assert recap
        return int(recap[1])
