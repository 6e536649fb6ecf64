# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the checks by nox and ends with a table of the outcome: `test` for all of them, `matrix` for every ansible-core.

All checks run even when one has failed; the cheap ones come first. What takes long runs side by side, for most of it
waits now and then; one part is shown as it runs, and the output of the others follows.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import typing as t

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tools import environment

SHOWN = ("antsibull-nox-config", "formatters", "codeqa", "yamllint", "extra-checks", "unit", "integration")
BESIDE = {
    "sanity": ("typing", "docs-check", "ansible-lint", "sanity", "build-import-check"),
    "molecule": ("molecule",),
}
LONGEST = "molecule"  # it waits for most of its time, so all are done sooner if it need not wait for a processor, too
OUTCOMES = environment.CACHE / "checks"

Session = dict[str, t.Any]


class Nox:
    """A run of nox that goes on beside what the block does; it does not outlive the block.

    ``name`` tells its files in `.cache/checks` from those of another run. ``niceness`` is how far it stands back where
    processors are short.
    """

    def __init__(self, name: str, *selection: str, output: t.IO[bytes] | None = None, niceness: int = 0) -> None:
        self._report = OUTCOMES / f"{name}.json"
        self._report.unlink(missing_ok=True)
        command = ["nice", "-n", str(niceness), sys.executable, "-m", "nox", "--report", str(self._report), *selection]
        # With CI set the checks only look, where otherwise the formatter would change files.
        variables = {**os.environ, "CI": "true"}
        self._process = subprocess.Popen(command, cwd=environment.ROOT, env=variables, stdout=output, stderr=output)

    def __enter__(self) -> Nox:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            # What nox does on Ctrl-C: it ends what it started, which it does not when it is terminated.
            self._process.send_signal(signal.SIGINT)
            self._process.wait()

    def sessions(self) -> list[Session]:
        """Wait for the end; each session as nox reports it: `name`, `result` (`success`, `failed`...), `duration`."""
        self._process.wait()
        if not self._report.exists():
            raise SystemExit(f"nox ended without a report: {self._report.stem}")
        sessions: list[Session] = json.loads(self._report.read_text(encoding="utf-8"))["sessions"]
        return sessions


def run_tests() -> list[Session]:
    logs = {name: OUTCOMES / f"{name}.log" for name in BESIDE}
    with contextlib.ExitStack() as stack:
        beside = []
        for name, checks in BESIDE.items():
            output = stack.enter_context(logs[name].open("wb"))
            run = Nox(name, "-s", *checks, output=output, niceness=0 if name == LONGEST else 10)
            beside.append(stack.enter_context(run))
            print(f"Beside: {', '.join(checks)}, to {logs[name].relative_to(environment.ROOT)}", flush=True)
        shown = stack.enter_context(Nox("shown", "-s", *SHOWN, niceness=10))
        sessions = [session for run in (shown, *beside) for session in run.sessions()]
    for log in logs.values():
        with log.open("rb") as written:
            shutil.copyfileobj(written, sys.stdout.buffer)
    return sessions


def run_matrix() -> list[Session]:
    with Nox("matrix", "-t", "matrix") as matrix:
        return matrix.sessions()


def print_checks(sessions: list[Session]) -> None:
    """One line for every check."""
    for session in sessions:
        print(f"{session['name']:<24}{session['result']:<10}{session['duration']:>7.1f} s")


def print_matrix(sessions: list[Session]) -> None:
    """A grid of ansible-core by Python. A dash: not a supported pair; absent: that Python is not installed."""
    results = {session["name"]: session["result"] for session in sessions}
    pythons = sorted({python for supported in environment.CONTROLLER_PYTHONS.values() for python in supported})
    print("ansible-core  " + "".join(f"{'Python ' + python:<14}" for python in pythons))
    for core, supported in environment.CONTROLLER_PYTHONS.items():
        cells = (
            results.get(environment.matrix_session(core, python), "absent") if python in supported else "-"
            for python in pythons
        )
        print(f"{core:<14}" + "".join(f"{cell:<14}" for cell in cells))
    for session in sessions:
        if session["result"] != "success":
            print(f"{session['name']}: {session['reason']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["test", "matrix"])
    OUTCOMES.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    if parser.parse_args().what == "test":
        sessions, print_table = run_tests(), print_checks
    else:
        sessions, print_table = run_matrix(), print_matrix
    failed = sum(session["result"] != "success" for session in sessions)
    print()
    print_table(sessions)
    print(f"\n{time.monotonic() - begin:.0f} s in all")
    print(f"{len(sessions) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
