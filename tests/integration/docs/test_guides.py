# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guides show as YAML is what Ansible takes."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import textwrap
from collections.abc import Iterator

import yaml

from ansible_collections.qlikops.sense.tests.integration import warm

ROOT = pathlib.Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^( *)\.\. code-block:: yaml\n\n((?:\1    .*\n|\n)+)", re.MULTILINE)


def examples() -> Iterator[tuple[str, str]]:
    """Each example, and a name that tells where it is from."""
    for guide in sorted((ROOT / "docs/docsite/rst").glob("*.rst")):
        for number, found in enumerate(BLOCK.finditer(guide.read_text(encoding="utf-8")), 1):
            yield f"{guide.stem}-{number}.yml", textwrap.dedent(found[2])


def test_the_examples_are_valid(tmp_path: pathlib.Path) -> None:
    playbooks = []
    for name, example in examples():
        content = yaml.safe_load(example)
        if isinstance(content, dict):
            continue  # variables or an inventory
        is_playbook = "hosts" in content[0]
        play = content if is_playbook else [{"hosts": "localhost", "gather_facts": False, "tasks": content}]
        playbooks.append(tmp_path / name)
        playbooks[-1].write_text(yaml.safe_dump(play), encoding="utf-8")
    assert len(playbooks) >= 10
    link = tmp_path / "ansible_collections/qlikops/sense"
    link.parent.mkdir(parents=True)
    link.symlink_to(ROOT, target_is_directory=True)
    done = subprocess.run(
        [warm.ansible(), "playbook", "--syntax-check", *playbooks],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(tmp_path), "ANSIBLE_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert all(f"playbook: {playbook}" in done.stdout for playbook in playbooks)
