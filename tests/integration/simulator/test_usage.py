# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Usage rows of QRS, with every switch, and what is told of nodes before they are restarted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.simulated import Client, Control, SiteInfo

LICENSES = ("professional", "analyzer", "user", "login", "analyzer_capacity")
PATHS = {
    "professional": "/qrs/license/professionalaccessusage",
    "analyzer": "/qrs/license/analyzeraccessusage",
    "user": "/qrs/license/useraccessusage",
    "login": "/qrs/license/loginaccessusage",
    "analyzer_capacity": "/qrs/license/analyzertimeaccessusage",
}
SITE: dict[str, Any] = {
    "virtual_proxies": [{"prefix": "", "session_inactivity_timeout": 1440}],
    "nodes": [
        {"name": "Central", "host_name": "qlik1.example.com", "virtual_proxies": [""]},
        {"name": "Rim", "host_name": "qlik2.example.com", "virtual_proxies": [""], "failover_candidate": True},
    ],
    "users": [{"directory": "LAB", "id": each, "license": each} for each in (*LICENSES, "none")],
    "sessions": [
        {"user": f"LAB\\{each}", "node": "Rim", "virtual_proxy": "", "count": 2, "age": 300, "idle": 45}
        for each in (*LICENSES, "none")
    ],
}


@pytest.fixture(scope="module")
def licensed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteInfo]:
    state_dir = tmp_path_factory.mktemp("licensed") / "site"
    yield simulated.start(state_dir, SITE)
    simulated.stop(state_dir)


@pytest.fixture
def arranged(licensed: SiteInfo, names: None) -> tuple[Control, Client]:
    control = Control(licensed)
    control.reset()
    return control, Client(licensed)


def rows(client: Client, license_: str, **query: str) -> list[dict[str, Any]]:
    answer = client.qrs(f"{PATHS[license_]}/full", **query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def elements(client: Client, license_: str) -> list[dict[str, Any]]:
    """What is told of each session, whatever the kind of its row."""
    return [each for row in rows(client, license_) for each in row.get("sessions", [row])]


def minutes_ago(client: Client, text: str) -> int:
    now = parsedate_to_datetime(client.qrs("/qrs/about").headers["Date"])
    return round((now - datetime.fromisoformat(text.replace("Z", "+00:00"))).total_seconds() / 60)


@pytest.mark.parametrize("license_", LICENSES)
def test_each_kind_has_the_sessions_of_its_users_with_their_past(
    arranged: tuple[Control, Client], license_: str
) -> None:
    control, client = arranged
    expected = {session["session_id"] for session in control.sessions(f"LAB\\{license_}")}
    assert {each["sessionID"] for each in elements(client, license_)} == expected
    for row in rows(client, license_):
        assert minutes_ago(client, row["useStartTime"]) == 300
        assert minutes_ago(client, row["latestActivity"]) == 45
        assert (row["modifiedByUserName"], row["hostName"]) == (f"LAB\\{license_}", "qlik2.example.com")
    assert client.qrs(f"{PATHS[license_]}/count").json() == {"value": len(rows(client, license_))}
    (one, *_rest) = rows(client, license_)
    assert client.qrs(f"{PATHS[license_]}/{one['id']}").json() == one
    assert client.qrs(PATHS[license_]).json()[0].keys() == {"id", "privileges"}


def test_who_has_no_allocation_leaves_no_row(arranged: tuple[Control, Client]) -> None:
    control, client = arranged
    without = {session["session_id"] for session in control.sessions("LAB\\none")}
    assert len(without) == 2
    assert not without & {each["sessionID"] for license_ in LICENSES for each in elements(client, license_)}
    control.user("LAB\\none", license="analyzer")
    assert without <= {each["sessionID"] for each in elements(client, "analyzer")}


def test_rows_of_passes_are_of_a_user(arranged: tuple[Control, Client]) -> None:
    _control, client = arranged
    for license_ in ("login", "analyzer_capacity"):
        (row,) = rows(client, license_)
        assert row["user"]["userId"] == license_
        assert (row["useStopTime"], len(row["sessions"])) == (None, 2)
        assert rows(client, license_, filter=f"user.userId eq '{license_}'") == [row]
        assert rows(client, license_, filter="user.userId eq 'somebody'") == []


def test_filters_go_by_user_and_by_session(arranged: tuple[Control, Client]) -> None:
    control, client = arranged
    wanted = control.sessions("LAB\\analyzer")[0]["session_id"]
    (row,) = rows(client, "analyzer", filter=f"sessionID eq '{wanted}'")
    assert row["sessionID"] == wanted
    assert len(rows(client, "analyzer", filter="modifiedByUserName eq 'lab\\\\ANALYZER'")) == 2
    control.end_all()
    control.advance(301)
    assert rows(client, "analyzer", filter="sessionID eq 'none at all'") == []


def test_activity_is_what_people_do_or_what_is_said_of_them(arranged: tuple[Control, Client]) -> None:
    control, client = arranged
    ids = [session["session_id"] for session in control.sessions("LAB\\user")]
    body = {"session_ids": ids[:1], "age_seconds": 7200, "idle_seconds": 600}
    assert control.call("PUT", "/activity", body) == {"sessions": 1}
    told = {row["sessionID"]: minutes_ago(client, row["latestActivity"]) for row in rows(client, "user")}
    assert told == {ids[0]: 10, ids[1]: 45}
    browser = Client(client.site_info, certificate=None, user=None)
    cookie = {"Cookie": f"X-Qlik-Session={ids[1]}"}
    assert browser.call("user", "GET", "/hub", "Rim", headers=cookie).status_code == 200
    assert {row["sessionID"]: minutes_ago(client, row["latestActivity"]) for row in rows(client, "user")} == {
        ids[0]: 10,
        ids[1]: 0,
    }
    assert control.call("PUT", "/activity", {"user": "LAB\\user", "idle_seconds": 60}) == {"sessions": 2}
    entries = [{"session_ids": [each], "idle_seconds": 120} for each in ids]
    assert control.call("PUT", "/activity", {"entries": entries}) == {"sessions": 2}
    for wrong, words in (({"idle": 1}, "unknown key"), ({"idle_seconds": -1}, "number of seconds")):
        with pytest.raises(ValueError, match=words):
            control.call("PUT", "/activity", wrong)


def test_rows_outlive_their_sessions(arranged: tuple[Control, Client]) -> None:
    control, client = arranged
    control.end_all()
    assert len(elements(client, "professional")) == 2
    assert rows(client, "login")[0]["useStopTime"] is not None
    control.advance(299)
    assert len(elements(client, "professional")) == 2
    control.advance(2)
    assert [elements(client, license_) for license_ in LICENSES] == [[]] * 5
    control.reset()
    control.switches(usage_outlives_seconds=0)
    control.end_all()
    assert elements(client, "professional") == []


def test_rows_lag(arranged: tuple[Control, Client]) -> None:
    control, client = arranged
    control.switches(usage_lag_seconds=600)
    control.advance(1200)
    control.login("LAB\\analyzer", "Central")
    control.call("PUT", "/activity", {"user": "LAB\\user", "idle_seconds": 0})
    assert len(rows(client, "analyzer")) == 2
    assert {minutes_ago(client, row["latestActivity"]) for row in rows(client, "user")} <= {65, 320}
    control.advance(600)
    assert len(rows(client, "analyzer")) == 3
    assert {minutes_ago(client, row["latestActivity"]) for row in rows(client, "user")} == {10}


def test_ids_that_do_not_match(arranged: tuple[Control, Client]) -> None:
    control, client = arranged
    real = {session["session_id"] for session in control.sessions("LAB\\login")}
    control.switches(usage_session_ids="upper")
    assert {each["sessionID"] for each in elements(client, "login")} == {each.upper() for each in real}
    control.switches(usage_session_ids="hashed")
    hashed = {hashlib.sha1(each.encode(), usedforsecurity=False).hexdigest() for each in real}
    assert {each["sessionID"] for each in elements(client, "login")} == hashed


def test_times_without_a_zone(arranged: tuple[Control, Client]) -> None:
    control, client = arranged
    for setting, hours in (("bare", 0.0), ("east", 5.5), ("west", -5.0)):
        control.switches(usage_times=setting)
        for row in rows(client, "analyzer"):
            bare = datetime.fromisoformat(row["latestActivity"]).replace(tzinfo=timezone.utc)
            assert minutes_ago(client, (bare - timedelta(hours=hours)).isoformat()) == 45


def test_who_is_shown_rows(arranged: tuple[Control, Client]) -> None:
    control, client = arranged
    itself = Client(client.site_info, user="INTERNAL\\sa_repository")
    stranger = Client(client.site_info, user="LAB\\analyzer")
    assert rows(stranger, "analyzer") == []
    control.switches(usage_shown="none")
    assert rows(client, "analyzer") == []
    assert len(rows(itself, "analyzer")) == 2
    control.switches(usage_shown="refused")
    assert client.qrs(f"{PATHS['analyzer']}/full").status_code == 403
    assert len(rows(itself, "analyzer")) == 2
    control.switches(usage_shown="absent")
    assert {each.qrs(f"{PATHS['analyzer']}/full").status_code for each in (client, itself)} == {404}


def test_rows_that_are_doubled_or_missing(arranged: tuple[Control, Client]) -> None:
    control, client = arranged
    control.switches(usage_rows="doubled", usage_modified_by="repository")
    doubled = rows(client, "professional")
    assert (len(doubled), len({row["id"] for row in doubled}), len({row["sessionID"] for row in doubled})) == (4, 4, 2)
    assert {row["modifiedByUserName"] for row in doubled} == {"INTERNAL\\sa_repository"}
    assert {minutes_ago(client, row["latestActivity"]) for row in doubled} == {45, 300}
    control.switches(usage_rows="0%")
    assert [elements(client, license_) for license_ in LICENSES] == [[]] * 5
    control.switches(usage_rows="50%")
    assert 0 < sum(len(elements(client, license_)) for license_ in LICENSES) < 10


def test_tasks_that_run(arranged: tuple[Control, Client]) -> None:
    control, client = arranged
    path = "/qrs/executionsession/full"
    assert client.qrs(path).json() == []
    tasks = [
        {"name": "Nightly", "node": "Rim", "app": "Sales", "user": "LAB\\anna", "started_seconds_ago": 120},
        {"name": "Users", "node": "Central", "kind": "user_sync"},
    ]
    control.call("PUT", "/tasks", {"tasks": tasks})
    reload_, sync = client.qrs(path).json()
    assert (reload_["reloadTask"]["name"], reload_["app"]["name"], reload_["user"]) == ("Nightly", "Sales", "LAB\\anna")
    assert reload_["executionResult"]["executingNodeName"] == "qlik2.example.com"
    assert minutes_ago(client, reload_["executionResult"]["startTime"]) == 2
    assert (sync["userSyncTask"]["name"], sync["reloadTask"], sync["app"]) == ("Users", None, None)
    for setting, name in (("name", "Rim"), ("blank", "")):
        control.switches(executing_node=setting)
        assert client.qrs(path).json()[0]["executionResult"]["executingNodeName"] == name
    for wrong in ({"name": "x"}, {"name": "x", "node": "nowhere"}, {"name": "x", "node": "Rim", "kind": "y"}):
        with pytest.raises(ValueError, match=r"node|kind"):
            control.call("PUT", "/tasks", {"tasks": [wrong]})
    control.reset()
    assert client.qrs(path).json() == []


def test_the_central_role_moves_and_heartbeats_stop(arranged: tuple[Control, Client]) -> None:
    control, client = arranged
    (cluster,) = client.qrs("/qrs/servicecluster/full").json()
    assert cluster["settings"]["sharedPersistenceProperties"]["failoverTimeout"] == 10
    control.call("PUT", "/nodes/Rim", {"silent_seconds": 600})
    beats = {
        each["serverNodeConfiguration"]["name"]: each for each in client.qrs("/qrs/servernodeheartbeat/full").json()
    }
    assert {name: minutes_ago(client, each["timestamp"]) for name, each in beats.items()} == {"Central": 0, "Rim": 10}

    def central() -> list[str]:
        nodes = client.qrs("/qrs/servernodeconfiguration/full").json()
        return [node["name"] for node in nodes if node["isCentral"]]

    rim = beats["Rim"]["serverNodeConfiguration"]["id"]
    stranger = Client(client.site_info, user="LAB\\analyzer")
    assert stranger.qrs(f"/qrs/failover/tonode/{rim}", method="POST").status_code == 403
    assert client.qrs("/qrs/failover/tonode/nowhere", method="POST").status_code == 404
    assert central() == ["Central"]
    assert client.qrs(f"/qrs/failover/tonode/{rim}", method="POST").status_code == 204
    assert central() == ["Rim"]
    control.reset()
    assert central() == ["Central"]
