# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guides show as YAML is what Ansible takes."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^( *)\.\. code-block:: yaml\n\n((?:\1    .*\n|\n)+)", re.MULTILINE)


def examples() -> Iterator[Any]:
    for guide in sorted((ROOT / "docs/docsite/rst").glob("*.rst")):
        for number, found in enumerate(BLOCK.finditer(guide.read_text(encoding="utf-8")), 1):
            yield pytest.param(textwrap.dedent(found[2]), id=f"{guide.stem}-{number}")


@pytest.mark.parametrize("example", list(examples()))
def test_an_example_is_valid(example: str, tmp_path: pathlib.Path) -> None:
    content = yaml.safe_load(example)
    if isinstance(content, dict):
        return  # variables or an inventory
    is_playbook = "hosts" in content[0]
    play = content if is_playbook else [{"hosts": "localhost", "gather_facts": False, "tasks": content}]
    playbook = tmp_path / "example.yml"
    playbook.write_text(yaml.safe_dump(play), encoding="utf-8")
    link = tmp_path / "ansible_collections/qlikops/sense"
    link.parent.mkdir(parents=True)
    link.symlink_to(ROOT, target_is_directory=True)
    done = subprocess.run(
        [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "--syntax-check", str(playbook)],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(tmp_path), "ANSIBLE_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_guides_have_examples() -> None:
    assert len(list(examples())) >= 10
