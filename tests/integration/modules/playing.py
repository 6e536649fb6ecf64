# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays run as a user of the collection would run them."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import yaml

from ansible_collections.qlikops.sense.tests.integration import warm
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules, assert_no_secret

GROUP = "group/qlikops.sense.qlik"
Tasks = list[dict[str, Any]]


class Ansible:
    """Runs playbooks with a HOME that is new."""

    def __init__(self, modules: Modules, tree: pathlib.Path, home: pathlib.Path) -> None:
        self.modules = modules
        self._home = home
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "QLIK_SENSE_"))},
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "NO_PROXY": "*",
            "ANSIBLE_COLLECTIONS_PATH": str(tree),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_PIPELINING": "true",
        }

    def play(self, tasks: Tasks, *options: str, environment: dict[str, str] | None = None, **play: Any) -> str:
        """Run a play with the connection in ``qlik``; all that was printed. AssertionError unless it succeeds.

        No session id, key, password or xrfkey of the site stands in it.
        """
        ids = self.modules.session_ids()
        process = self._started([warm.ansible()], tasks, *options, environment=environment, **play)
        output, _nothing = process.communicate(timeout=120)
        assert process.returncode == 0, output[-5000:]
        assert_no_secret(output, self.modules.site_info, [*ids, *self.modules.session_ids()])
        return output

    def start(
        self, tasks: Tasks, *options: str, environment: dict[str, str] | None = None, **play: Any
    ) -> subprocess.Popen[str]:
        """The same play under way, in a process group of its own; its output is standard output and error."""
        return self._started([sys.executable, "-m", "ansible"], tasks, *options, environment=environment, **play)

    def _started(
        self, ansible: list[str], tasks: Tasks, *options: str, environment: dict[str, str] | None, **play: Any
    ) -> subprocess.Popen[str]:
        connection = self.modules.connection()
        paths = self.modules.site_info["certificates"]
        connection["client_key"] = paths["client_key_encrypted"]
        connection["client_key_password"] = paths["client_key_password"]
        given = {"qlik": connection, "ansible_python_interpreter": warm.interpreter(), **play.pop("vars", {})}
        variables = self._file("variables.json", json.dumps(given))
        defaults = {GROUP: "{{ qlik }}"}
        head = {"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, **play}
        playbook = self._file("playbook.yml", yaml.safe_dump([{**head, "tasks": tasks}], allow_unicode=True))
        return subprocess.Popen(
            [*ansible, "playbook", "-e", f"@{variables}", *options, str(playbook)],
            env={**self._environment, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def _file(self, name: str, text: str) -> pathlib.Path:
        file = self._home / name
        file.write_text(text, encoding="utf-8")
        return file


def ensure(*conditions: str) -> dict[str, Any]:
    """A task that fails the play unless all conditions hold."""
    return {"ansible.builtin.assert": {"that": list(conditions)}}
