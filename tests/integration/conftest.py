# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for everything that talks to a simulated site."""

from __future__ import annotations

import os
import pathlib
import re
import socket
from collections.abc import Generator, Iterator
from typing import Any

import pytest
import requests

from ansible_collections.qlikops.sense.tests.integration import simulated

# Ansible leaves it to Python when its lines come out, and a test that reads them from a pipe waits for each.
os.environ["PYTHONUNBUFFERED"] = "1"

SESSION_ID = re.compile(r"(/session/)[^/? ]+")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails shows what its simulated site saw, so that one that fails once in a thousand tells why."""
    report = yield
    if report.when == "call" and report.failed:
        used = [getattr(value, "control", value) for value in item.funcargs.values()]
        for control in {id(one): one for one in used if isinstance(one, simulated.Control)}.values():
            report.sections.append((f"simulated site at {control.site_info['control']}", what_it_saw(control)))
    return report


def what_it_saw(control: simulated.Control) -> str:
    """Counters, faults and the last requests, without session ids."""
    try:
        counters, faults, entries = control.counters(), control.faults(), control.journal()[-50:]
    except requests.RequestException as error:
        return f"it does not answer: {error}"
    # A fault may name a session id anywhere in its path and its body.
    rules = ["fault {kind} of {listener} {node} {method}, {times} times".format_map(fault) for fault in faults]
    lines = [
        "{time} {listener} {node} connection {connection}: {method} {path} {status}".format_map(entry)
        for entry in entries
    ]
    return "\n".join([str(counters), *rules, *(SESSION_ID.sub(r"\1***", line) for line in lines)])


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulated.SiteInfo]:
    """The role's own three-node site; it runs as long as the tests do. Use ``control`` to find it fresh."""
    state_dir = tmp_path_factory.mktemp("simulated") / "site"
    site_info = simulated.start(state_dir, simulated.FILES / "site.yml")
    yield site_info
    simulated.stop(state_dir)


@pytest.fixture
def control(site: simulated.SiteInfo) -> simulated.Control:
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
def client(site: simulated.SiteInfo, names: None) -> simulated.Client:
    """A client with the administrator's certificate."""
    return simulated.Client(site)


@pytest.fixture
def real_ports() -> Iterator[None]:
    """Ask for it before ``state_dir``, so that the site is stopped before another test has the ports."""
    with simulated.the_real_ports():
        yield


@pytest.fixture
def state_dir(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """A state directory for a site of the test's own, which is stopped afterwards."""
    directory = tmp_path / "state"
    yield directory
    simulated.stop(directory)
