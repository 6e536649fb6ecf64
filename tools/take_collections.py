# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts collections out of PyPI's `ansible` package into a directory, so that no check depends on Galaxy.

The package is large and holds more than a hundred collections; only the named ones are kept.
"""

from __future__ import annotations

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile


def read_names(listing: pathlib.Path) -> list[str]:
    """The `namespace.name` of every line that is neither empty nor a comment."""
    lines = (line.strip() for line in listing.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def download_package(into: pathlib.Path) -> pathlib.Path:
    """The wheel of the newest `ansible` for this Python, by way of pip, so that its mirrors and its cache count."""
    command = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check"]
    subprocess.check_call([*command, "--no-deps", "--only-binary", ":all:", "--dest", str(into), "ansible"])
    return next(into.glob("ansible-*.whl"))


def take(wheel: pathlib.Path, names: list[str], into: pathlib.Path) -> None:
    """Replace `into` by a tree `ansible_collections/namespace/name` with the named collections."""
    prefixes = tuple(f"ansible_collections/{name.replace('.', '/')}/" for name in names)
    with zipfile.ZipFile(wheel) as package:
        members = [member for member in package.namelist() if member.startswith(prefixes)]
        missing = [prefix for prefix in prefixes if not any(member.startswith(prefix) for member in members)]
        if missing:
            raise SystemExit(f"{wheel.name} does not contain: {', '.join(missing)}")
        shutil.rmtree(into, ignore_errors=True)
        package.extractall(into, members)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("listing", type=pathlib.Path, help="file with the names of collections, one a line")
    parser.add_argument("into", type=pathlib.Path, help="directory to fill; whatever it holds is removed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        take(download_package(pathlib.Path(scratch)), read_names(arguments.listing), arguments.into)
    (arguments.into / "ready").touch()


if __name__ == "__main__":
    main()
