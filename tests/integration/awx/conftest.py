# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook awx_setup run against a stand-in for AWX, and the site that its jobs would find."""

from __future__ import annotations

import pathlib
import shutil
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration.awx import (
    jobs,
    network,
    serving,
    setting_up,
    stand_in,
)
from ansible_collections.qlikops.sense.tests.integration.modules.conftest import awkward_site, modules, tree
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules, assert_no_secret

__all__ = ["awkward_site", "modules", "tree"]  # fixtures
NODES = ["qlik1.example.com", "qlik2.example.com"]


@pytest.fixture
def setup(tree: pathlib.Path, tmp_path: pathlib.Path) -> Iterator[setting_up.Setup]:
    """An AWX with nothing in it, and settings that are filled in."""
    with serving.serving() as (awx, address):
        yield setting_up.Setup(awx, address, tree, tmp_path)


@pytest.fixture(scope="session")
def finished(tree: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> stand_in.Awx:
    """What one run makes of an AWX with nothing but people in it, behind the gateway of AAP."""
    with serving.serving(setting_up.GATEWAY) as (awx, address):
        setting_up.people(awx)
        setup = setting_up.Setup(awx, address, tree, tmp_path_factory.mktemp("finished"))
        assert setup.run(**setting_up.PEOPLE) > 10
    return awx


@pytest.fixture
def again(setup: setting_up.Setup, finished: stand_in.Awx) -> setting_up.Setup:
    """An AWX that was set up already, and the settings that it was set up with, ``PEOPLE`` among them."""
    setup.awx.take_over(finished)
    return setup


@pytest.fixture(scope="session")
def made(awkward_site: dict[str, Any], tree: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> stand_in.Awx:
    """An AWX set up for the awkward site; its keeper is this machine."""
    return set_up(awkward_site, tree, tmp_path_factory.mktemp("awx"), awx_setup_nodes=NODES)


def set_up(awkward_site: dict[str, Any], tree: pathlib.Path, home: pathlib.Path, **settings: Any) -> stand_in.Awx:
    paths = awkward_site["certificates"]
    exported = home / "exported"
    exported.mkdir()
    for name, key in {"client.pem": "client", "client_key.pem": "client_key_encrypted", "root.pem": "root"}.items():
        shutil.copy(paths[key], exported / name)
    with serving.serving() as (awx, address):
        setting_up.Setup(awx, address, tree, home).run(
            awx_setup_qlik_host=awkward_site["host"],
            awx_setup_certificates=str(exported),
            awx_setup_key_password=paths["client_key_password"],
            **settings,
            awx_setup_keeper_variables={"ansible_connection": "local"},
            awx_setup_keeper_directory=str(home),
            awx_setup_variables={
                "qlik_qrs_port": awkward_site["qrs_port"],
                "qlik_host_map": awkward_site["host_map"],
                "stale_sessions_user_states": ["blacklisted"],
                "proxy_restart_accept_outage": True,
                "proxy_restart_central": True,
            },
            awx_setup_node_variables={"ansible_connection": "local"},  # no Windows here
        )
    return awx


@pytest.fixture
def launch(made: stand_in.Awx, modules: Modules, tree: pathlib.Path, tmp_path: pathlib.Path) -> jobs.Launch:
    """Launch a job; all that it printed. It is a success, shows no secret, and looks for no name but the site's."""
    ids = modules.session_ids()
    known = {"127.0.0.1", *modules.site_info["host_map"]}

    def launch(
        what: str,
        answers: dict[str, Any],
        *options: str,
        artifacts: dict[str, Any] | None = None,
        fails: bool = False,
        before: Sequence[str] = (),
        **environment: str | None,
    ) -> str:
        """``what``: a job template, or with ``artifacts`` a node of the workflow. Whether it ``fails`` is looked at."""
        directory = tmp_path / str(len(list(tmp_path.iterdir())))
        noted = network.recorder(tmp_path / f"{directory.name}-network")
        environment = {"PYTHONPATH": str(noted), **environment}
        if artifacts is None:
            ran = jobs.launch(made, tree, directory, what, answers, *options, before=before, **environment)
        else:
            ran = jobs.launch_node(
                made, tree, directory, what, answers, artifacts, *options, before=before, **environment
            )
        assert (ran.returncode != 0) is fails, ran.stdout[-5000:]
        assert network.names(noted) <= known
        assert_no_secret(ran.stdout, modules.site_info, ids)
        return ran.stdout

    return launch
