# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""qsAPI, an independent client of Qlik Sense from PyPI, gets along with the simulated site, verification on."""

from __future__ import annotations

import json
import pathlib
import sys

import pytest
import qsAPI  # type: ignore[import-untyped]  # it has no type hints
import requests

from ansible_collections.qlikops.sense.tests.integration.simulated import Control, SiteInfo, start

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 13),
    reason="Python 3.13 refuses Qlik's root certificate (no key usage), and qsAPI can't be told to take it",
)
USER = ("INTERNAL", "sa_repository")


@pytest.fixture
def trusted(site: SiteInfo, control: Control, names: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """qsAPI can switch verification on, but not name a root: so Qlik's is made the only one that requests trusts."""
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", site["certificates"]["root"])


@pytest.fixture
def certificate(site: SiteInfo) -> tuple[str, str]:
    return site["certificates"]["client"], site["certificates"]["client_key"]


@pytest.fixture
def qrs(site: SiteInfo, trusted: None, certificate: tuple[str, str]) -> qsAPI.QRS:
    return qsAPI.QRS(proxy=site["host"], port=site["qrs_port"], certificate=certificate, verify=True, user=USER)


@pytest.fixture
def qps(site: SiteInfo, trusted: None, certificate: tuple[str, str]) -> qsAPI.QPS:
    node = site["nodes"][0]
    client = qsAPI.QPS(proxy=node["host_name"], port=node["qps_port"], certificate=certificate, verify=True, user=USER)
    # Its DeleteSession reads an attribute that version 2.2 never sets, and then does not use what it read.
    client.driver.preffix = None
    return client


@pytest.mark.usefixtures("trusted")
def test_it_does_verify(site: SiteInfo, certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", site["certificates"]["rogue_root"])
    with pytest.raises(requests.exceptions.SSLError):
        qsAPI.QRS(proxy=site["host"], port=site["qrs_port"], certificate=certificate, verify=True, user=USER)


def test_objects_of_the_repository(qrs: qsAPI.QRS) -> None:
    assert qrs.getAbout()["nodeType"] == 1
    assert qrs.getEnum()["ServiceTypeEnum"]["values"][1] == "1: Proxy"
    assert "GET /qrs/about" in qrs.getDescription(method="GET")
    assert qrs.count("user", "userDirectory eq 'partner'") == 3
    assert qrs.count("user", "1 eq 1") == qrs.count("user")
    assert qrs.count("proxyservice", "serverNodeConfiguration.proxyEnabled eq True") == 2
    found = qrs.UserGet(pFilter=r"name sw 'Grace O\'Neill' or (userId eq 'mei' and userDirectory eq 'lab')")
    assert [each["userId"] for each in found] == ["grace", "mei"]
    names = qrs.UserDictAttributes(pFilter="userId eq '1042'", key="userId", attr="name")
    assert names == {"1042": "Chloé Dubois"}
    services = qrs.driver.get("/qrs/proxyservice/full", {"filter": "serverNodeConfiguration.name so 'node'"}).json()
    assert [each["serverNodeConfiguration"]["hostName"] for each in services] == ["qlik2.example.com"]


def test_a_banner_is_created_changed_and_removed(qrs: qsAPI.QRS, control: Control) -> None:
    """It reads, changes and sends back the whole object, as Qlik tells clients to (D)."""
    path = "/qrs/custombannermessage"
    wanted = {"name": "Night", "message": "At 22:00", "messageType": 2, "isActive": True, "duration": 30}
    assert qrs.driver.post(path, data=json.dumps(wanted)).status_code == 201
    (entity,) = qrs.driver.get(f"{path}/full", {"filter": "name eq 'night' and messageType eq Warning"}).json()
    one = f"{path}/{entity['id']}"
    assert qrs.driver.put(one, data=json.dumps({**entity, "duration": 60})).json()["duration"] == 60
    assert qrs.driver.put(one, data=json.dumps(entity)).status_code == 409
    assert [(banner["message_type"], banner["duration"]) for banner in control.banners()] == [("warning", 60)]
    assert qrs.count("custombannermessage", "isActive eq True") == 1
    assert qrs.driver.delete(one).status_code == 204
    assert control.banners() == []


def test_sessions_of_a_user_and_one_session(qps: qsAPI.QPS, control: Control) -> None:
    wanted = [each["session_id"] for each in control.sessions("LAB\\anna", node="Central", virtual_proxy="")]
    sessions = qps.GetUser("LAB", "anna").json()
    assert [session["SessionId"] for session in sessions] == wanted
    assert qps.GetSession(wanted[0]).json() == sessions[0]
    listed = qps.driver.get("/qps/session").json()
    assert set(wanted) < {session["SessionId"] for session in listed}


def test_ending_a_session(qps: qsAPI.QPS, control: Control) -> None:
    victim = control.sessions("LAB\\kamala")[0]["session_id"]
    assert qps.DeleteSession(victim).json()["SessionId"] == victim
    assert control.sessions("LAB\\kamala") == []
    assert qps.DeleteSession(victim).status_code == 404


def test_ending_the_sessions_of_a_user(qps: qsAPI.QPS, control: Control) -> None:
    ended = qps.DeleteUser("LAB", "anna").json()
    assert len(ended) == 2
    left = control.sessions("LAB\\anna")
    assert [(each["node"], each["virtual_proxy"]) for each in left] == [("Node2", "sales")]


def test_qrs_through_a_virtual_proxy(state_dir: pathlib.Path, names: None, monkeypatch: pytest.MonkeyPatch) -> None:
    site = start(
        state_dir,
        {
            "virtual_proxies": [{"prefix": ""}, {"prefix": "api", "header_authentication_header_name": "X-Qlik-User"}],
            "nodes": [
                {"name": "Central", "host_name": "qlik1.example.com", "central": True, "virtual_proxies": ["", "api"]}
            ],
        },
    )
    files = site["certificates"]
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", files["root"])
    Control(site).switches(qlik_user_at_user_port="no_session")
    qrs = qsAPI.QRS(
        proxy=site["host"],
        port=site["nodes"][0]["user_port"],
        vproxy="api",
        certificate=(files["client"], files["client_key"]),
        verify=True,
        user=USER,
    )
    assert qrs.count("virtualproxyconfig") == 2
    assert Control(site).sessions() == []
    Control(site).switches(qlik_user_at_user_port="session")
    assert qrs.count("virtualproxyconfig") == 2
    assert [session["virtual_proxy"] for session in Control(site).sessions()] == ["api"], "the header logged it in"
