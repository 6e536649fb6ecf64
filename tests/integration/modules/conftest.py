# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site with everything that is awkward, and the modules run against it."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules import playing, running, sites


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Where Python and Ansible find the checkout as the collection."""
    tree = tmp_path_factory.mktemp("tree")
    link = tree / "ansible_collections" / "qlikops" / "sense"
    link.parent.mkdir(parents=True)
    link.symlink_to(running.ROOT, target_is_directory=True)
    return tree


@pytest.fixture(scope="session")
def awkward_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulated.SiteInfo]:
    """The site info of ``sites.AWKWARD``; it runs as long as the tests do."""
    state_dir = tmp_path_factory.mktemp("awkward") / "site"
    yield simulated.start(state_dir, sites.AWKWARD)
    simulated.stop(state_dir)


@pytest.fixture
def modules(awkward_site: simulated.SiteInfo, tree: pathlib.Path) -> running.Modules:
    """The modules against the awkward site, which is as if it had just been started."""
    modules = running.Modules(awkward_site, tree)
    modules.control.reset()
    return modules


@pytest.fixture
def control(modules: running.Modules) -> simulated.Control:
    """The control interface of the awkward site."""
    return modules.control


@pytest.fixture
def ansible(modules: running.Modules, tree: pathlib.Path, tmp_path: pathlib.Path) -> playing.Ansible:
    """Ansible itself, against the awkward site."""
    return playing.Ansible(modules, tree, tmp_path)
