# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the molecule scenarios that are named, or all, three at a time: for most of the time they wait.

Each has a molecule of its own, so one that fails stops no other. Their playbooks, and the modules of all playbooks, are
run by warm programs. What a scenario runs to see it end or to kill it is a new ansible-playbook.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed

from ansible_collections.qlikops.sense.tests.integration import warm

EXTENSIONS = pathlib.Path(__file__).resolve().parents[1] / "extensions"
AT_A_TIME = 3


def main() -> None:
    scenarios = sys.argv[1:] or sorted(file.parent.name for file in EXTENSIONS.glob("molecule/*/molecule.yml"))
    failed = []
    with tempfile.TemporaryDirectory() as programs, ThreadPoolExecutor(AT_A_TIME) as threads:
        playbook = pathlib.Path(programs, "ansible-playbook")
        playbook.write_text(f'#!/bin/sh\nexec {warm.ansible()} playbook "$@"\n', encoding="utf-8")
        playbook.chmod(0o700)
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "MODULES_PYTHON": warm.interpreter()}
        runs = {threads.submit(run, scenario, environment): scenario for scenario in scenarios}
        for done in as_completed(runs):
            print(done.result().stdout, flush=True)
            failed += [runs[done]] if done.result().returncode else []
    print(f"{len(scenarios) - len(failed)} scenarios passed, {len(failed)} failed", *sorted(failed))
    sys.exit(1 if failed else 0)


def run(scenario: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["molecule", "test", "--scenario-name", scenario],
        cwd=EXTENSIONS,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    main()
