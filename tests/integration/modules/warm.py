# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python that has imported what the modules import, and runs each of them in a fork of itself.

Two thirds of the time of a module in a new process are imports. Run as a program, this file is that Python: it reads a
line of JSON for each module, with its ``path`` and files for ``stdin``, ``stdout`` and ``stderr``, and answers with the
exit status. Of what is left, most would be the tidying up of all that was imported, so a module that has ended is not
given the time for it.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pathlib
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping

HERE = pathlib.Path(__file__).resolve()
MODULES = HERE.parents[3] / "plugins" / "modules"
LONGEST_RUN = 60


class WarmPython:
    """Runs one module at a time. It ends with the process that it was made in, whose end closes its input."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._one_at_a_time = threading.Lock()
        self._python = subprocess.Popen(
            [sys.executable, str(HERE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(environment),
            text=True,
        )

    def run(self, path: pathlib.Path, given: str) -> subprocess.CompletedProcess[str]:
        """What ``subprocess.run`` gives for the module at this path, ``given`` being its standard input."""
        assert self._python.stdin
        assert self._python.stdout
        with tempfile.TemporaryDirectory() as scratch:
            files = {name: pathlib.Path(scratch, name) for name in ("stdin", "stdout", "stderr")}
            files["stdin"].write_text(given, encoding="utf-8")
            job = {"path": str(path), **{name: str(file) for name, file in files.items()}}
            with self._one_at_a_time:
                self._python.stdin.write(f"{json.dumps(job)}\n")
                self._python.stdin.flush()
                status = int(self._python.stdout.readline())
            said = [files[name].read_text(encoding="utf-8") for name in ("stdout", "stderr")]
        return subprocess.CompletedProcess([str(path)], status, *said)


def main() -> None:
    for module in MODULES.glob("[!_]*.py"):
        importlib.import_module(f"ansible_collections.qlikops.sense.plugins.modules.{module.stem}")
    gc.freeze()
    for line in sys.stdin:
        job = json.loads(line)
        if os.fork() == 0:
            become(job)
            return
        _process, status = os.wait()
        print(os.waitstatus_to_exitcode(status), flush=True)


def become(job: Mapping[str, str]) -> None:
    """Be the process of a module, to the end, or killed where that takes too long."""
    signal.alarm(LONGEST_RUN)
    for name, number in (("stdout", 1), ("stderr", 2)):
        with open(job[name], "wb") as stream:
            os.dup2(stream.fileno(), number)
    with open(job["stdin"], encoding="utf-8") as sys.stdin:
        try:
            runpy.run_path(job["path"], run_name="__main__")
        except SystemExit as end:
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(end.code or 0))


if __name__ == "__main__":
    main()
