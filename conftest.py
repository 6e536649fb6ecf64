# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets plain pytest import the checkout as ansible_collections.qlikops.sense, from any directory and any clone."""

from __future__ import annotations

import pathlib
import sys
import tempfile

NAMESPACE, NAME = "qlikops", "sense"
ROOT = pathlib.Path(__file__).resolve().parent

if ROOT.parts[-3:] != ("ansible_collections", NAMESPACE, NAME):  # there, ansible-test brings a loader of its own
    _TREE = tempfile.TemporaryDirectory(prefix=f"{NAMESPACE}-{NAME}-")
    _LINK = pathlib.Path(_TREE.name, "ansible_collections", NAMESPACE, NAME)
    _LINK.parent.mkdir(parents=True)
    _LINK.symlink_to(ROOT, target_is_directory=True)
    sys.path.insert(0, _TREE.name)
