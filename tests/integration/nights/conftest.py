# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site of three nodes behind a real HAProxy, and a stand-in for ansible.windows."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.nights.haproxy import HAProxy
from ansible_collections.qlikops.sense.tests.integration.nights.night import ROOT, SHARED, Night, fresh


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Where Ansible finds the checkout and the stand-in as collections."""
    tree = tmp_path_factory.mktemp("tree")
    for name, target in {"qlikops/sense": ROOT, "ansible/windows": SHARED / "windows"}.items():
        link = tree / "ansible_collections" / name
        link.parent.mkdir(parents=True)
        link.symlink_to(target, target_is_directory=True)
    return tree


@pytest.fixture(scope="session")
def balanced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[simulated.SiteInfo, HAProxy]]:
    """The site of the molecule scenarios; it runs as long as the tests do."""
    state_dir = tmp_path_factory.mktemp("balanced") / "site"
    site_info = simulated.start(state_dir, SHARED / "vars" / "site.yml", "--balancer", "haproxy")
    haproxy = HAProxy(site_info)
    yield site_info, haproxy
    simulated.stop(state_dir)
    haproxy.close()


@pytest.fixture
def night(balanced: tuple[simulated.SiteInfo, HAProxy], tree: pathlib.Path, tmp_path: pathlib.Path) -> Night:
    """A night in which nothing has happened yet."""
    night = Night(*balanced, tree, tmp_path)
    fresh(night)
    return night
