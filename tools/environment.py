# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The environment that the checks run in: the right Pythons are found, and everything written stays in the checkout.

ansible-test, ansible-lint and molecule keep caches and installed collections under HOME, where one project's leftovers
change the results of the next; so the checks get a HOME of their own. Through links it shows what of the user's own
HOME decides how packages are fetched and repositories read.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
HOME = CACHE / "home"
COLLECTIONS = CACHE / "galaxy"

# Every ansible-core as a controller: the Pythons it supports. ansible-core's support matrix.
CONTROLLER_PYTHONS = {
    "2.16": ("3.10", "3.11", "3.12"),
    "2.17": ("3.10", "3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.11", "3.12", "3.13"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.12", "3.13", "3.14"),
}

_SHARED_SETTINGS = (".config/git", ".config/pip", ".config/uv", ".gitconfig", ".netrc", ".pip")
# The names under which ansible-core 2.16 and 2.17, 2.18 and 2.19, 2.20 and 2.21 look for a downloaded get-pip.py.
_GET_PIP_NAMES = ("get_pip_23_1_2.py", "get_pip_24_2.py", "get_pip_25_2.py")


def newest_core(python: str) -> str:
    """The newest ansible-core whose controller runs on this Python, given and returned as `major.minor`."""
    return [core for core, pythons in CONTROLLER_PYTHONS.items() if python in pythons][-1]


def matrix_session(core: str, python: str) -> str:
    """The name of the session of nox that checks this pair."""
    return f"matrix-{core}-python{python}"


def python_directories(path: str) -> list[pathlib.Path]:
    """Directories with real interpreters 3.10 or later that a version manager on this PATH keeps.

    Shims are no use to programs that look for every python3.x: one that has no version behind it answers with an error.
    """
    managers = [pathlib.Path(entry).parent for entry in path.split(os.pathsep) if entry.endswith("/shims")]
    managers += [pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")]
    kept = {found for manager in managers for found in manager.glob("versions/3.*/bin")}
    kept |= {found for manager in managers for found in manager.glob("installs/python/3.*/bin")}
    return sorted(directory for directory in kept if re.match(r"3\.[1-9]\d", directory.parent.name))


def search_path(path: str) -> str:
    """PATH with the environment that runs this first, without shims, and with the interpreters behind them."""
    real = [entry for entry in path.split(os.pathsep) if entry and not entry.endswith("/shims")]
    return os.pathsep.join(
        dict.fromkeys([str(pathlib.Path(sys.executable).parent), *real, *map(str, python_directories(path))])
    )


def installed_pythons() -> dict[str, str]:
    """`major.minor` -> path of every interpreter of the support matrix that is on PATH."""
    wanted = sorted({python for pythons in CONTROLLER_PYTHONS.values() for python in pythons})
    found = {python: shutil.which(f"python{python}") for python in wanted}
    return {python: path for python, path in found.items() if path}


def prepare_home() -> None:
    """Make the HOME of the checks, with the user's own settings of pip, uv and git, and what ansible-test needs."""
    user_home = pathlib.Path.home()
    if user_home == HOME:  # already within
        return
    HOME.mkdir(parents=True, exist_ok=True)
    for name in _SHARED_SETTINGS:
        link = HOME / name
        if (user_home / name).exists() and not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(user_home / name)
    (HOME / "ansible.cfg").touch()
    downloads = HOME / ".ansible" / "test" / "cache"
    downloads.mkdir(parents=True, exist_ok=True)
    for name in _GET_PIP_NAMES:
        shutil.copyfile(ROOT / "tools" / "get_pip.py", downloads / name)


def enter() -> None:
    """Switch this process, and all it starts, to the environment of the checks."""
    if not (ROOT / ".git").exists():
        raise SystemExit("The checks ask git which files belong to the project: run them in a git checkout.")
    prepare_home()
    os.environ["PATH"] = search_path(os.environ["PATH"])
    os.environ["HOME"] = str(HOME)
    os.environ["UV_PYTHON_DOWNLOADS"] = "never"
    # The checks start thousands of processes. Where PYTHONDONTWRITEBYTECODE is set, each would compile what it imports.
    os.environ["UV_COMPILE_BYTECODE"] = "true"
    os.environ["UV_SYSTEM_CERTS"] = "true"  # where the network has an authority of its own, pip is told, and uv is not
    # A user's own settings, of Ansible or of a real site, must not decide whether the project passes.
    for name in [name for name in os.environ if name.startswith(("ANSIBLE_", "QLIK_SENSE_"))]:
        del os.environ[name]
    os.environ["ANSIBLE_CONFIG"] = str(HOME / "ansible.cfg")
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)
