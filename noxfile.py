# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# /// script
# dependencies = ["nox>=2026.8", "antsibull-nox>=1.10", "uv>=0.13"]
# ///

"""The checks of the project. `make` builds what they need before it calls nox: see CONTRIBUTING.md."""

from __future__ import annotations

import os
import pathlib
import platform
import shutil
import sys

import antsibull_nox
import nox
from antsibull_nox.sessions.collections import prepare_collections

ROOT = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from tools import environment

environment.enter()

nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.reuse_venv = "yes"
nox.options.error_on_external_run = True

PYTHON = ".".join(platform.python_version_tuple()[:2])
CORE = environment.newest_core(PYTHON)
TEST_REQUIREMENTS = (
    "-r",
    "tests/integration/requirements.txt",
    "-r",
    "tests/unit/requirements.txt",
    "pytest>=8",
    "pytest-xdist",
)
# Every worker has a simulated site of its own. The one that is done takes work from the others. They are one more than
# processors, for there is always one that waits.
WORKERS = min((os.cpu_count() or 1) + 1, 4)
PYTEST = (
    *("pytest", "-n", str(WORKERS), "--dist", "worksteal"),
    *("--durations", "40", "--durations-min", "5"),
)
# The other sanity tests look at the code with whatever Python they run on, and find the same.
SANITY_OF_EACH_PYTHON = ["--test", "compile", "--test", "import"]
# Roles, playbooks and guides are a matter of ansible-core; what is no part of it, of Python.
TESTS_OF_EACH_CORE = [f"tests/integration/{what}" for what in ("awx", "docs", "nights", "roles", "runner")]
TESTS_OF_EACH_PYTHON = [f"tests/integration/{what}" for what in ("page", "simulator")]
# Every kill point of the scenarios, and new processes throughout.
LONG_TAIL = {"LONG_TAIL": "true"}
SIMULATOR = "roles/simulated_site/files"

antsibull_nox.load_antsibull_nox_toml()


def link_collection() -> pathlib.Path:
    """A tree in which the checkout stands where Python and Ansible look for the collection."""
    tree = environment.CACHE / "tree"
    link = tree / "ansible_collections" / "qlikops" / "sense"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(ROOT, target_is_directory=True)
    return tree


def drop_environments_of_ansible_test() -> None:
    """Remove the environments that ansible-test leaves in its output; antsibull-nox cannot copy them back."""
    shutil.rmtree("tests/output/.tmp", ignore_errors=True)  # where it has left none, there is nothing to remove


@nox.session
def typing(session: nox.Session) -> None:
    """Check the types of the collection, the simulator, the tests and the tools: mypy, strict."""
    session.install("mypy", "types-PyYAML", "types-requests", f"ansible-core~={CORE}.0", "nox", *TEST_REQUIREMENTS)
    session.run(
        "mypy",
        *("-p", "ansible_collections.qlikops.sense.plugins"),
        *("-p", "ansible_collections.qlikops.sense.tests"),
        *("-p", "qlik_simulator"),
        *("-p", "tools"),
        env={"MYPYPATH": f"{link_collection()}:{ROOT / SIMULATOR}:{ROOT}"},
    )


@nox.session
def unit(session: nox.Session) -> None:
    """Run the unit and property tests."""
    run_pytest(session, "tests/unit")


@nox.session
def integration(session: nox.Session) -> None:
    """Run modules, roles and playbooks against the simulated site."""
    run_pytest(session, "tests/integration", "-m", "not long")


@nox.session
def molecule(session: nox.Session) -> None:
    """Run the molecule scenarios, or those that the arguments name."""
    run_molecule(session)


@nox.session(name="matrix-molecule", default=False, tags=["matrix"])
def matrix_molecule(session: nox.Session) -> None:
    """Run the molecule scenarios with all that they can do."""
    run_molecule(session, **LONG_TAIL)


def run_molecule(session: nox.Session, **environment: str) -> None:
    session.install("molecule", "-r", "tools/requirements-demo.txt")
    collections = prepare_collections(session, install_in_site_packages=False, install_out_of_tree=True)
    place = str(collections.current_place)
    paths = {"ANSIBLE_COLLECTIONS_PATH": place, "PYTHONPATH": place}
    session.run("python", "tools/run_molecule.py", *session.posargs, env={**paths, **environment})


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure the modules on large simulated sites, beside two plain clients."""
    session.install(f"ansible-core~={CORE}.0", *TEST_REQUIREMENTS)
    session.run("python", "tests/benchmark/bench.py", *session.posargs)


def run_pytest(session: nox.Session, tests: str, *options: str) -> None:
    """Run the tests in this directory, or those that the arguments name."""
    session.install(f"ansible-core~={CORE}.0", *TEST_REQUIREMENTS)
    session.run(*PYTEST, "--override-ini", f"testpaths={tests}", *options, *session.posargs)


for command, parameters in {"sanity": ["sanity"], "units": ["units", "--venv"]}.items():
    antsibull_nox.add_ansible_test_session(
        name=command,
        description=f"Run ansible-test {command} with ansible-core {CORE}, the newest that Python {PYTHON} can run",
        ansible_test_params=[*parameters, "--python", PYTHON],
        ansible_core_version=CORE,
        ansible_core_source="pypi",
        callback_after=drop_environments_of_ansible_test,
        default=True,
    )


def add_matrix() -> None:
    """A session for every ansible-core and every installed Python that it runs on as a controller."""
    for core, supported in environment.CONTROLLER_PYTHONS.items():
        pythons = [python for python in environment.installed_pythons() if python in supported]
        for python in pythons:
            add_matrix_session(core, python, is_newest_python=python == pythons[-1])


def add_matrix_session(core: str, python: str, is_newest_python: bool) -> None:
    """Every pair has its units, modules run by it, and what each Python may refuse; the rest runs once for each."""
    is_newest_core = core == environment.newest_core(python)
    sanity = ["ansible-test", "sanity", "--python", python, *([] if is_newest_python else SANITY_OF_EACH_PYTHON)]
    units = ["ansible-test", "units", "--venv", "--python", python] if is_newest_python else [*PYTEST, "tests/unit"]
    integration = [*PYTEST, "tests/integration/modules"]
    integration += TESTS_OF_EACH_CORE if is_newest_python else []
    integration += TESTS_OF_EACH_PYTHON if is_newest_core else []

    @nox.session(name=environment.matrix_session(core, python), python=python, default=False, tags=["matrix"])
    def matrix(session: nox.Session) -> None:
        session.install(f"ansible-core~={core}.0", *TEST_REQUIREMENTS)
        collections = prepare_collections(session, install_in_site_packages=False, install_out_of_tree=True)
        places = {"ansible-test": collections.current_path, "pytest": ROOT}
        failed = []
        for name, command in {"sanity": sanity, "units": units, "integration": integration}.items():
            with session.chdir(places[command[0]]):
                try:
                    session.run(*command, env=LONG_TAIL)
                except nox.command.CommandFailed:
                    failed.append(name)  # the rest of the pair is worth knowing, too
        if failed:
            session.error(", ".join(failed))

    matrix.__doc__ = f"Run sanity, units and integration with ansible-core {core} on Python {python}"


add_matrix()

if __name__ == "__main__":
    nox.main()
