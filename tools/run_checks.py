# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the checks by nox and ends with a table of the outcome: `test` for all of them, `matrix` for every ansible-core.

All checks run even when one has failed; the cheap ones come first.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import typing as t

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tools import environment

TEST = (
    *("antsibull-nox-config", "formatters", "codeqa", "yamllint", "extra-checks"),
    *("typing", "unit", "docs-check", "integration", "ansible-lint"),
    *("sanity", "units", "build-import-check", "molecule"),
)


def run_nox(*selection: str) -> list[dict[str, t.Any]]:
    """Run sessions of nox; nox's report of each: `name`, `result` (`success`, `failed`, ...), `reason`, `duration`."""
    with tempfile.TemporaryDirectory() as scratch:
        report = pathlib.Path(scratch, "report.json")
        command = [sys.executable, "-m", "nox", "--report", str(report), *selection]
        # With CI set the checks only look, where otherwise the formatter would change files.
        subprocess.run(command, cwd=environment.ROOT, env={**os.environ, "CI": "true"}, check=False)
        if not report.exists():
            raise SystemExit("nox ended without a report")
        sessions: list[dict[str, t.Any]] = json.loads(report.read_text(encoding="utf-8"))["sessions"]
        return sessions


def print_checks(sessions: list[dict[str, t.Any]]) -> None:
    """One line for every check."""
    for session in sessions:
        print(f"{session['name']:<24}{session['result']:<10}{session['duration']:>7.1f} s")


def print_matrix(sessions: list[dict[str, t.Any]]) -> None:
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
    if parser.parse_args().what == "test":
        sessions, print_table = run_nox("-s", *TEST), print_checks
    else:
        sessions, print_table = run_nox("-t", "matrix"), print_matrix
    failed = sum(session["result"] != "success" for session in sessions)
    print()
    print_table(sessions)
    print(f"\n{sum(session['duration'] for session in sessions):.0f} s in all")
    print(f"{len(sessions) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
