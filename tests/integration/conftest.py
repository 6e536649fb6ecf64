# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for everything that talks to a simulated site."""

from __future__ import annotations

import pathlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulated.Card]:
    """The card of the role's own three-node site; it runs as long as the tests do. Use ``control`` to find it fresh."""
    state_dir = tmp_path_factory.mktemp("simulated") / "site"
    card = simulated.start(state_dir, simulated.FILES / "site.yml")
    yield card
    simulated.stop(state_dir)


@pytest.fixture
def control(site: simulated.Card) -> simulated.Control:
    """The control interface of the site, after a reset: as if the site had just been started."""
    control = simulated.Control(site)
    control.reset()
    return control


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names below example.com lead to loopback, as a hosts file would have it; TLS still verifies the names."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *rest: Any, **options: Any) -> Any:
        return resolve("127.0.0.1" if str(host).endswith(".example.com") else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.fixture
def client(site: simulated.Card, names: None) -> simulated.Client:
    """A client with the administrator's certificate."""
    return simulated.Client(site)


@pytest.fixture
def state_dir(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """A state directory for a site of the test's own, which is stopped afterwards."""
    directory = tmp_path / "state"
    yield directory
    simulated.stop(directory)
