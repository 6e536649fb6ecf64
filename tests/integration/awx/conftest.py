# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook awx_setup run against a stand-in for AWX, and the site that its jobs would find."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from ansible_collections.qlikops.sense.tests.integration.awx import serving, setting_up
from ansible_collections.qlikops.sense.tests.integration.modules.conftest import awkward_site, modules, tree

__all__ = ["awkward_site", "modules", "tree"]  # fixtures


@pytest.fixture
def setup(tree: pathlib.Path, tmp_path: pathlib.Path) -> Iterator[setting_up.Setup]:
    """An AWX with nothing in it, and settings that are filled in."""
    with serving.serving(setting_up.ROOT) as (awx, address):
        yield setting_up.Setup(awx, address, tree, tmp_path)
