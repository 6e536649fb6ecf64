# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small site, jobs against it, and a place for the memory that stays when a job's container is gone."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.runner import sites
from ansible_collections.qlikops.sense.tests.integration.runner.awx import Awx

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Where Ansible finds the checkout as the collection."""
    tree = tmp_path_factory.mktemp("tree")
    link = tree / "ansible_collections" / "qlikops" / "sense"
    link.parent.mkdir(parents=True)
    link.symlink_to(ROOT, target_is_directory=True)
    return tree


@pytest.fixture(scope="session")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulated.SiteInfo]:
    """The site info of ``sites.SMALL``; it runs as long as the tests do."""
    state_dir = tmp_path_factory.mktemp("small") / "site"
    yield simulated.start(state_dir, sites.SMALL)
    simulated.stop(state_dir)


@pytest.fixture
def awx(small_site: simulated.SiteInfo, tree: pathlib.Path, tmp_path: pathlib.Path) -> Awx:
    """Jobs against the small site, which is as if it had just been started."""
    awx = Awx(small_site, tree, tmp_path / "jobs")
    awx.control.reset()
    return awx
