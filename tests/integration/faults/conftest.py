# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The odd site, and the modules run against it."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.faults import server
from ansible_collections.qlikops.sense.tests.integration.faults.oracle import SHORTEST_SECRET
from ansible_collections.qlikops.sense.tests.integration.faults.site import Site
from ansible_collections.qlikops.sense.tests.integration.modules import running


class OddModules(running.Modules):
    """The modules against the odd site."""

    def __init__(self, site_info: simulated.SiteInfo, tree: pathlib.Path, site: Site) -> None:
        super().__init__(site_info, tree)
        self._site = site

    def session_ids(self) -> list[str]:
        return [session.id for session in self._site.before if len(session.id) > SHORTEST_SECRET]


@dataclass(frozen=True)
class Odd:
    """The odd site, and how modules are run against it."""

    site_info: simulated.SiteInfo
    site: Site
    run: Callable[..., running.Run]


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Odd]:
    """One site for all rows."""
    tree = tmp_path_factory.mktemp("tree")
    link = tree / "ansible_collections" / "qlikops" / "sense"
    link.parent.mkdir(parents=True)
    link.symlink_to(running.ROOT, target_is_directory=True)
    with server.serving(tmp_path_factory.mktemp("odd")) as (site_info, site):
        yield Odd(site_info, site, OddModules(site_info, tree, site).run)
