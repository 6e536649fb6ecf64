# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles and playbooks stay within the limits that the check of the house counts."""

from __future__ import annotations

import pathlib
import subprocess
import sys

from ansible_collections.qlikops.sense.plugins.module_utils import _module

ROOT = pathlib.Path(_module.__file__).resolve().parents[2]


def test_nothing_is_above_a_limit() -> None:
    done = subprocess.run(
        [sys.executable, "tools/check_house.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\n") >= 4
