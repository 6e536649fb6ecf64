# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The warm programs do what those do that they stand for."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.qlikops.sense.tests.integration import warm
from ansible_collections.qlikops.sense.tests.integration.simulated import wait_until

WHAT_IT_HAS = """
import os, sys
print(sys.argv[1:], os.getcwd(), os.environ["ONLY"], "PATH" in os.environ, __name__)
print("trouble", file=sys.stderr)
sys.exit(7)
"""

WHO_IT_IS = """
import os, pathlib, subprocess
sleep = subprocess.Popen(["sleep", "600"])
pathlib.Path({file!r}).write_text(f"{{os.getpid()}} {{sleep.pid}}")
sleep.wait()
"""


@pytest.fixture(params=["at a path", "read"])
def program(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_program_has_the_arguments_directory_streams_and_environment_of_its_caller(
    program: str, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "program.py"
    file.write_text(WHAT_IT_HAS)
    arguments = [str(file), "a b", "ö"] if program == "at a path" else []
    done = {
        python: subprocess.run(
            [python, *arguments],
            input=None if arguments else WHAT_IT_HAS,
            env={"ONLY": "this"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        for python in (sys.executable, warm.interpreter())
    }
    cold, warmed = done.values()
    assert (warmed.returncode, warmed.stdout, warmed.stderr) == (cold.returncode, cold.stdout, cold.stderr)
    assert warmed.returncode == 7


def test_what_a_new_python_would_run_at_its_start_is_run(tmp_path: pathlib.Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('at the start')")
    done = subprocess.run(
        [warm.interpreter()],
        input="print('then')",
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "at the start\nthen\n"


def test_options_are_left_to_the_real_python() -> None:
    done = subprocess.run([warm.interpreter(), "-c", "print(6 * 7)"], capture_output=True, text=True, check=True)
    assert done.stdout == "42\n"


@pytest.mark.skipif("LONG_TAIL" in os.environ, reason="a real one does not take its children with it")
def test_what_kills_the_caller_kills_the_program_and_its_children(tmp_path: pathlib.Path) -> None:
    ids = tmp_path / "ids"
    program = WHO_IT_IS.format(file=str(ids))
    with subprocess.Popen([warm.interpreter()], stdin=subprocess.PIPE, text=True) as caller:
        assert caller.stdin
        caller.stdin.write(program)
        caller.stdin.close()
        wait_until(lambda: ids.exists() and len(ids.read_text().split()) == 2)
        caller.kill()
    wait_until(lambda: not any(alive(int(process)) for process in ids.read_text().split()))


def test_a_playbook_reads_the_configuration_of_its_caller(tmp_path: pathlib.Path) -> None:
    playbook = tmp_path / "playbook.yml"
    playbook.write_text("[{hosts: localhost, gather_facts: false, tasks: [{name: Fail, ansible.builtin.fail: }]}]")
    for callback, shown in (("default", "TASK [Fail]"), ("oneline", "localhost | FAILED!")):
        done = subprocess.run(
            [warm.ansible(), "playbook", str(playbook)],
            env={**os.environ, "HOME": str(tmp_path), "ANSIBLE_STDOUT_CALLBACK": callback},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert shown in done.stdout


def alive(process: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
