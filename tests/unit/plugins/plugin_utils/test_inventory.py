# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes out of the answers of QRS, and what the inventory makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._api.nodes import nodes_of, read_answers
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.plugins.module_utils._model.node import ServerNode
from ansible_collections.qlikops.sense.plugins.plugin_utils import _inventory as words
from ansible_collections.qlikops.sense.tests.unit.plugins.builders import connection
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import FakeRest, failed_with

QRS = "GET qlik1.example.com:4242/qrs"
ANSWERS: dict[str, list[dict[str, Any]]] = {
    "nodes": [
        {
            "id": "a",
            "name": "Central",
            "hostName": "qlik1",
            "isCentral": True,
            "proxyEnabled": True,
            "nodePurpose": 2,
            "tags": [{"name": "rack"}],
            "customProperties": [
                {"value": "A1", "definition": {"name": "Room"}},
                {"value": 7, "definition": {"name": "Room"}},
            ],
        },
        {"id": "b", "name": "Rim", "hostName": "qlik2", "engineEnabled": True, "nodePurpose": 9},
    ],
    "proxies": [
        {
            "serverNodeConfiguration": {"id": "a"},
            "settings": {"listenPort": 443, "virtualProxies": [{"prefix": "sales"}, {"prefix": ""}]},
        },
        # QRS has one for a node without a proxy, too.
        {"serverNodeConfiguration": {"id": "b"}, "settings": {"listenPort": 443, "restListenPort": 4300}},
    ],
    "states": [
        {"serverNodeConfiguration": {"id": "a"}, "serviceType": 1, "serviceState": 2},
        {"serverNodeConfiguration": {"id": "a"}, "serviceType": "Engine", "serviceState": "NoCommunication"},
    ],
    "heartbeats": [{"serverNodeConfiguration": {"id": "b"}, "timestamp": "2026-01-15T09:29:41.120Z"}],
}


def test_nodes_with_all_that_is_said_of_them() -> None:
    central, rim = nodes_of(ANSWERS, connection())
    assert central == ServerNode(
        id="a",
        name="Central",
        host_name="qlik1",
        central=True,
        purpose="both",
        services=("proxy",),
        proxy_port=4243,
        listen_port=443,
        prefixes=("", "sales"),
        tags=("rack",),
        custom_properties={"Room": ("A1", "7")},
        service_states={"proxy": "running", "engine": "no_communication"},
    )
    assert rim == ServerNode(
        id="b",
        name="Rim",
        host_name="qlik2",
        services=("engine",),
        heartbeat="2026-01-15T09:29:41.120Z",
    )


def test_the_lists_are_read_as_they_come() -> None:
    paths = {"nodes": "servernodeconfiguration", "proxies": "proxyservice", "states": "servicestatus"}
    answers = {f"{QRS}/{path}/full": ANSWERS[what] for what, path in paths.items()}
    beats = f"{QRS}/servernodeheartbeat/full"
    assert read_answers(FakeRest({**answers, beats: ANSWERS["heartbeats"]}), connection()) == ANSWERS
    for status in (403, 404):
        found = read_answers(FakeRest({**answers, beats: failed_with(status)}), connection())
        assert found == {**ANSWERS, "heartbeats": []}
    with pytest.raises(RequestFailed, match="500"):
        read_answers(FakeRest({**answers, beats: failed_with(500)}), connection())
    with pytest.raises(RequestFailed, match="403"):
        read_answers(FakeRest({**answers, f"{QRS}/proxyservice/full": failed_with(403), beats: []}), connection())


@pytest.mark.parametrize("spoilt", [{"name": "no id"}, {"id": "a", "isCentral": "perhaps"}, {"id": "a", "tags": "x"}])
def test_what_is_of_another_shape_is_refused(spoilt: dict[str, Any]) -> None:
    with pytest.raises(QlikError, match=r"servernodeconfiguration/full: \[0\]\."):
        nodes_of({**ANSWERS, "nodes": [spoilt]}, connection())


def test_no_node_is_said_to_be_a_matter_of_rights() -> None:
    with pytest.raises(QlikError, match="shows no node to"):
        nodes_of({**ANSWERS, "nodes": []}, connection())


def test_groups() -> None:
    central, rim = nodes_of(ANSWERS, connection())
    assert words.groups_of(central) == ["qlik_nodes", "qlik_proxies", "qlik_central"]
    assert words.groups_of(rim) == ["qlik_nodes", "qlik_engines"]


def test_names_of_their_own() -> None:
    central, rim = nodes_of(ANSWERS, connection())
    words.require_names_of_their_own([("qlik1", central), ("qlik2", rim)])
    with pytest.raises(QlikError, match=r"Two nodes would be the host QLIK: those with the ids a and b\."):
        words.require_names_of_their_own([("qlik", central), ("QLIK", rim)])


@pytest.mark.parametrize(("host", "wanted"), [("QLIK1", {}), ("central", {}), ("other", {"qlik_node": "qlik1"})])
def test_the_roles_find_the_node(host: str, wanted: dict[str, str]) -> None:
    assert words.node_variable(nodes_of(ANSWERS, connection())[0], host) == wanted


def test_no_password_is_handed_on() -> None:
    given = {"host": "qlik1", "client_key_password": "secret", "timeout": 5}
    made = connection(client_key_password="secret", timeout=5)
    assert words.connection_variables(given, made) == {"qlik_host": "qlik1.example.com", "qlik_timeout": 5}


@pytest.mark.parametrize("name", ["all", "LOCALHOST", "qlik_central"])
def test_a_name_that_is_not_for_a_node_is_refused(name: str) -> None:
    node = ServerNode("a", "Central", "qlik1")
    with pytest.raises(QlikError, match=f"id a would be the host {name}, which means something else"):
        words.require_names_of_their_own([(name, node)])
