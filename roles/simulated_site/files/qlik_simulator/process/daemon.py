# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site in the background: starting it, looking after it, ending it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ..model.state import StateDirectory

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
ALREADY_RUNNING = 3  # exit code of `run`

PACKAGE = "qlik_simulator"


class StartError(Exception):
    """The site did not come up; the message says why."""


class AlreadyRunningError(StartError):
    """Another process runs a site in this directory."""


def start(arguments: list[str], state: StateDirectory) -> dict[str, Any]:
    """Start a site in the background and wait until it answers; return its site info.

    ``arguments`` are those of the command ``run``. StartError carries what the process said last.
    """
    pid = state.pid()
    if pid is not None:
        return {**_await_site_info(state, None), "started": False}
    state.prepare()
    package_root = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([package_root, known] if known else [package_root])}
    with open(os.open(state.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600), "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", PACKAGE, "run", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the site info, which is in its file as well
            stderr=log,
            cwd=state.path,
            env=environment,
            start_new_session=True,  # so that it outlives the task, the terminal and the play that started it
        )
    site_info = _await_site_info(state, process)
    return {**site_info, "started": site_info["pid"] == process.pid}


def _await_site_info(state: StateDirectory, process: subprocess.Popen[bytes] | None) -> dict[str, Any]:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        running = state.pid()
        site_info = state.site_info()
        if site_info and running == site_info["pid"] and (process is None or process.pid == running):
            return site_info
        if process is not None and process.poll() is not None:
            if running is None or process.returncode != ALREADY_RUNNING:
                raise StartError(_last_words(state))
            process = None  # somebody else was faster; theirs will do
        if process is None and running is None:
            raise StartError(f"the site in {state.path} ended while it was asked for")
        time.sleep(0.03)
    if process is not None:
        process.kill()
        process.wait()
    raise StartError(f"the site did not answer within {_START_SECONDS:.0f} seconds; see {state.log}")


def _last_words(state: StateDirectory) -> str:
    words = state.log.read_text(encoding="utf-8", errors="replace").strip().removeprefix("qlik_simulator: ")
    return words or f"the process of the site ended without a word; see {state.log}"


def stop(state: StateDirectory) -> bool:
    """End the site that runs here, if any; whether there was one. StartError when it does not go."""
    pid = state.pid()
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    if not _gone(state, _STOP_SECONDS):
        os.kill(pid, signal.SIGKILL)
        if not _gone(state, _STOP_SECONDS):
            raise StartError(f"process {pid} of the site in {state.path} does not end")
    return True


def _gone(state: StateDirectory, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while state.pid() is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True


def status(state: StateDirectory) -> dict[str, Any]:
    """The site info of the site, and whether it runs."""
    site_info = state.site_info() or {"state_dir": str(state.path)}
    site_info.pop("started", None)
    return {**site_info, "running": state.pid() is not None and "pid" in site_info}
