# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs modules, each in a process of its own, and searches all they say for secrets."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.qlikops.sense.tests.integration import simulated, warm

ROOT = pathlib.Path(__file__).resolve().parents[3]
XRFKEY = re.compile(r"xrfkey[\"']?\s*[=:]\s*[\"']?[0-9a-z]{16}", re.IGNORECASE)
MODULES = ROOT / "plugins" / "modules"
LONGEST_RUN = 60
NOT_INHERITED = ("QLIK_SENSE_", "PYTEST_")


@dataclass(frozen=True)
class Run:
    """What a module said: its result, and everything it wrote."""

    result: dict[str, Any] = field(repr=False)
    returncode: int
    output: str = field(repr=False)

    @property
    def message(self) -> str:
        return str(self.result.get("msg", ""))

    @property
    def failed(self) -> bool:
        return self.returncode != 0

    @property
    def failure(self) -> dict[str, Any]:
        """``kind``, ``reason``, ``hint`` and what else a failed request is described by."""
        assert self.failed
        failure: dict[str, Any] = self.result["failure"]
        return failure

    @property
    def sessions(self) -> list[dict[str, Any]]:
        sessions: list[dict[str, Any]] = self.result["sessions"]
        return sessions

    @property
    def users(self) -> list[str]:
        """``DIRECTORY\\id`` of every session, in order."""
        return [session["user"] for session in self.sessions]

    @property
    def outcomes(self) -> dict[str, str]:
        """Outcome of every session by its ref."""
        return {session["ref"]: session["outcome"] for session in self.sessions}


class Modules:
    """Runs modules against one simulated site, with its connection unless told otherwise."""

    def __init__(self, site_info: simulated.SiteInfo, tree: pathlib.Path) -> None:
        self.site_info = site_info
        self.control = simulated.Control(site_info)
        self._tree = tree

    def connection(self) -> dict[str, Any]:
        """The connection options of the site."""
        paths = self.site_info["certificates"]
        return {
            "host": self.site_info["host"],
            "qrs_port": self.site_info["qrs_port"],
            "host_map": self.site_info["host_map"],
            "client_cert": paths["client"],
            "client_key": paths["client_key"],
            "ca_path": paths["root"],
            "timeout": 10,
            "retries": 0,
        }

    def info(self, **options: Any) -> Run:
        """Run qlik_session_info."""
        return self.run("qlik_session_info", **options)

    def end(self, **options: Any) -> Run:
        """Run qlik_session."""
        return self.run("qlik_session", **options)

    def dry(self, **options: Any) -> Run:
        """Run qlik_session in check mode."""
        return self.run("qlik_session", _ansible_check_mode=True, **options)

    def proxies(self, **options: Any) -> Run:
        """Run qlik_proxy_info."""
        return self.run("qlik_proxy_info", **options)

    def run(
        self,
        module: str,
        *,
        environment: Mapping[str, str] | None = None,
        ids_wanted: bool = False,
        before: Iterable[str] = (),
        **options: Any,
    ) -> Run:
        """Run a module; options of None are left out. ``before``: Python that is run in its process first.

        Whatever it writes must hold no secret; session ids only where they are wanted.
        """
        ids = [] if ids_wanted else self.session_ids()
        arguments = {name: value for name, value in {**self.connection(), **options}.items() if value is not None}
        run = self._started(MODULES / f"{module}.py", arguments, environment or {}, "\n".join(before))
        assert_no_secret(run.output, self.site_info, [] if ids_wanted else [*ids, *self.session_ids()])
        return run

    def session_ids(self) -> list[str]:
        """The ids of the live sessions."""
        return [session["session_id"] for session in self.control.sessions()]

    def refs(self, **options: Any) -> dict[str, str]:
        """Session id -> ref."""
        sessions = self.info(include_session_ids=True, ids_wanted=True, **options).sessions
        return {session["session_id"]: session["ref"] for session in sessions}

    def _started(
        self, path: pathlib.Path, arguments: Mapping[str, Any], environment: Mapping[str, str], before: str
    ) -> Run:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
        # What is set or done before a module begins may matter to what it imports.
        python = sys.executable if before or environment else warm.interpreter()
        code = f"{before}\nimport runpy\nrunpy.run_path({str(path)!r}, run_name='__main__')"
        done = subprocess.run(
            [python, *(["-c", code] if before else [str(path)])],
            input=json.dumps({"ANSIBLE_MODULE_ARGS": dict(arguments)}),
            env={**inherited, "PYTHONPATH": str(self._tree), "NO_PROXY": "*", **environment},
            capture_output=True,
            text=True,
            timeout=LONGEST_RUN,
            check=False,
        )
        output = done.stdout + done.stderr
        assert "Traceback" not in output, output
        return Run(json.loads(done.stdout), done.returncode, output)


def assert_no_secret(output: str, site_info: simulated.SiteInfo, session_ids: Iterable[str]) -> None:
    """No session id, no key, no password of a key and nothing like an xrfkey stands in the output."""
    found = [secret for secret in [*session_ids, *key_secrets(site_info)] if secret in output]
    found += [match.group() for match in XRFKEY.finditer(output)]
    assert not found, f"{found[0]} is in the output: ...{output.partition(found[0])[0][-300:]}"


def key_secrets(site_info: simulated.SiteInfo) -> list[str]:
    """The password of the encrypted key, and every line of the keys' text."""
    paths = site_info["certificates"]
    keys = ("client_key", "client_key_encrypted", "rogue_client_key")
    lines = [line for key in keys for line in pathlib.Path(paths[key]).read_text(encoding="ascii").splitlines()]
    return [paths["client_key_password"], *(line for line in lines if len(line) > 40 and "-----" not in line)]
