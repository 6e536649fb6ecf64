# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Custom banner messages over real TLS: written, read, refused; and arranged through the control interface."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest
import requests

from ansible_collections.qlikops.sense.tests.integration.simulated import Client, Control, SiteInfo, start

PATH = "/qrs/custombannermessage"
BODY = {"name": "Night", "message": "At 22:00", "messageType": 2, "isActive": True, "duration": 30}
NIGHT = {"name": "Night", "message": "At 22:00", "message_type": "warning", "active": True, "duration": 30}


def send(client: Client, method: str, path: str = PATH, body: object = None) -> requests.Response:
    return client.call("qrs", method, path, json=body)


def test_filters_are_understood_where_there_is_no_banner(client: Client, control: Control) -> None:
    for query in ("isActive eq True", "messageType eq Warning", "duration gt 5", "name eq 'x'"):
        assert client.qrs(f"{PATH}/count", filter=query).json() == {"value": 0}
    assert client.qrs(PATH, filter="nonsense eq 'x'").status_code == 400


def test_tags_are_a_list(client: Client, control: Control) -> None:
    assert send(client, "POST", body={**BODY, "tags": 5}).status_code == 400
    assert send(client, "POST", body={**BODY, "tags": None}).json()["tags"] == []
    (entity,) = client.qrs(f"{PATH}/full").json()
    assert send(client, "PUT", f"{PATH}/{entity['id']}", {**entity, "tags": "x"}).status_code == 400


def test_from_creation_to_removal(client: Client, control: Control) -> None:
    made = send(client, "POST", body={**BODY, "id": "00000000-0000-0000-0000-000000000000"})
    assert made.status_code == 201
    entity = made.json()
    audit = {"id", "createdDate", "modifiedDate", "modifiedByUserName", "schemaPath", "privileges"}
    assert entity.keys() == {*BODY, *audit, "tags"}
    assert {key: entity[key] for key in BODY} == BODY
    assert entity["modifiedByUserName"] == "INTERNAL\\sa_api"
    assert not entity["id"].startswith("00000000")
    one = f"{PATH}/{entity['id']}"
    assert client.qrs(f"{PATH}/full").json() == [entity]
    assert client.qrs(one).json() == entity
    assert "modifiedDate" not in client.qrs(PATH).json()[0]
    assert client.qrs(f"{PATH}/count").json() == {"value": 1}
    changed = send(client, "PUT", one, {**entity, "message": "At 23:00", "messageType": "Error", "tags": [{"id": "t"}]})
    assert changed.status_code == 200
    assert changed.json() == {
        **entity,
        "message": "At 23:00",
        "messageType": 3,
        "tags": [{"id": "t"}],
        "modifiedDate": changed.json()["modifiedDate"],
    }
    assert changed.json()["modifiedDate"] > entity["modifiedDate"]
    (kept,) = control.banners()
    assert {key: kept[key] for key in NIGHT} == {**NIGHT, "message": "At 23:00", "message_type": "error"}
    assert (kept["id"], kept["modified_by"]) == (entity["id"], "INTERNAL\\sa_api")
    gone = send(client, "DELETE", one)
    assert (gone.status_code, gone.content) == (204, b"")
    assert send(client, "DELETE", one).status_code == 404
    assert send(client, "PUT", one, changed.json()).status_code == 404
    assert client.qrs(f"{PATH}/count").json() == {"value": 0}
    assert control.counters()["writes"] == len(control.writes()) == 5


def test_what_a_put_leaves_out_stays(client: Client, control: Control) -> None:
    (entry,) = control.put_banners(NIGHT)
    one = f"{PATH}/{entry['id']}"
    date = client.qrs(one).json()["modifiedDate"]
    answer = send(client, "PUT", one, {"Id": entry["id"], "ModifiedDate": date, "IsActive": False})
    assert answer.status_code == 200
    assert {key: answer.json()[key] for key in BODY} == {**BODY, "isActive": False}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name eq 'NIGHT'", 1),
        ("name eq 'Nigh'", 0),
        ("messageType eq Warning", 1),
        ("messageType eq Error", 0),
        ("isActive eq True and duration gt 10", 1),
        (r"message so '\'n'", 1),
    ],
)
@pytest.mark.parametrize("shape", ["number", "name"])
def test_filters(client: Client, control: Control, query: str, found: int, shape: str) -> None:
    control.switches(banner_message_type=shape)
    control.put_banners(
        {**NIGHT, "message": "don't 'n"}, {**NIGHT, "name": "Day", "message_type": "info", "active": False}
    )
    assert client.qrs(f"{PATH}/count", filter=query).json() == {"value": found}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (None, "The body is not an object."),
        ([BODY], "The body is not an object."),
        *(({key: value for key, value in BODY.items() if key != left_out}, left_out) for left_out in BODY),
        ({**BODY, "duration": "30"}, "'duration' is of another type"),
        ({**BODY, "isActive": 1}, "'isActive' is of another type"),
        ({**BODY, "messageType": 4}, "none of the enum"),
        ({**BODY, "messageType": "Loud"}, "none of the enum"),
        ({**BODY, "name": " "}, "The name is empty."),
    ],
)
def test_what_cannot_be_created(client: Client, control: Control, body: object, words: str) -> None:
    answer = send(client, "POST", body=body)
    assert answer.status_code == 400
    assert words in answer.text
    assert control.banners() == []


def test_a_body_that_is_no_json(client: Client) -> None:
    assert client.call("qrs", "POST", PATH, data=b"{").status_code == 400


def test_names_are_unique(client: Client, control: Control) -> None:
    control.put_banners(NIGHT, {**NIGHT, "name": "Day"})
    assert send(client, "POST", body=BODY).status_code == 400
    assert send(client, "POST", body={**BODY, "name": "NIGHT"}).status_code == 400
    control.switches(duplicate_banner="409")
    assert send(client, "POST", body=BODY).status_code == 409
    day = client.qrs(f"{PATH}/full", filter="name eq 'day'").json()[0]
    assert send(client, "PUT", f"{PATH}/{day['id']}", {**day, "name": "night"}).status_code == 409
    assert send(client, "PUT", f"{PATH}/{day['id']}", {**day, "name": "DAY"}).json()["name"] == "DAY"
    control.switches(banner_names="exact")
    assert send(client, "POST", body={**BODY, "name": "NIGHT"}).status_code == 201
    assert send(client, "POST", body={**BODY, "name": "NIGHT"}).status_code == 409


def test_an_older_date_is_a_conflict(client: Client, control: Control) -> None:
    (entry,) = control.put_banners(NIGHT)
    one = f"{PATH}/{entry['id']}"
    first = client.qrs(one).json()
    second = send(client, "PUT", one, {**first, "duration": 31}).json()
    stale = send(client, "PUT", one, {**first, "duration": 32})
    assert stale.status_code == 409
    assert stale.json() == [
        {
            "id": entry["id"],
            "name": "Night",
            "modifiedByUserName": "INTERNAL\\sa_api",
            "modifiedDate": second["modifiedDate"],
        }
    ]
    undated = {key: value for key, value in second.items() if key != "modifiedDate"}
    assert send(client, "PUT", one, undated).status_code == 409
    assert send(client, "PUT", one, {**second, "modifiedDate": "2100-01-01T00:00:00.000Z"}).status_code == 200
    assert send(client, "PUT", one, {**second, "id": "another"}).status_code == 400
    control.switches(stale_banner="accepted")
    assert send(client, "PUT", one, {**undated, "duration": 33}).json()["duration"] == 33


def test_an_older_release_has_none(client: Client, control: Control) -> None:
    (entry,) = control.put_banners(NIGHT)
    control.switches(banners="absent")
    for method, path in (("GET", f"{PATH}/full"), ("POST", PATH), ("PUT", f"{PATH}/{entry['id']}"), ("DELETE", PATH)):
        answer = send(client, method, path, BODY)
        assert (answer.status_code, answer.text) == (404, "No matching endpoint found")


def test_everybody_reads_and_administrators_write(site: SiteInfo, names: None, control: Control) -> None:
    (entry,) = control.put_banners(NIGHT)
    anna = Client(site, user="LAB\\anna")
    assert [each["name"] for each in anna.qrs(f"{PATH}/full").json()] == ["Night"]
    assert anna.qrs("/qrs/user/full").json() == []
    for method, path in (("POST", PATH), ("PUT", f"{PATH}/{entry['id']}"), ("DELETE", f"{PATH}/{entry['id']}")):
        answer = send(anna, method, path, BODY)
        assert (answer.status_code, answer.text) == (403, "Forbidden")
    nobody = Client(site, user=None)
    assert send(nobody, "DELETE", f"{PATH}/{entry['id']}").status_code == 204
    assert send(Client(site, certificate=None), "POST", body=BODY).status_code == 403
    assert control.banners() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", f"{PATH}/full"), ("PUT", PATH), ("DELETE", PATH), ("PATCH", PATH), ("POST", "/qrs/user")],
)
def test_other_writes_are_unknown(client: Client, method: str, path: str) -> None:
    assert send(client, method, path, BODY).text == "No matching endpoint found"


def test_an_answer_may_get_lost_after_the_work_is_done(client: Client, control: Control) -> None:
    control.fault("lost", method="POST", times=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        send(client, "POST", body=BODY)
    assert [each["name"] for each in control.banners()] == ["Night"]
    assert [entry["status"] for entry in control.writes()] == [None]


# Control interface and description


def test_banners_are_put_and_taken_away(control: Control) -> None:
    (first,) = control.put_banners(NIGHT)
    kept, new = control.put_banners({**NIGHT, "duration": 5}, {"name": "Night", "message": "again"})
    assert (kept["id"], kept["created"]) == (first["id"], first["created"])
    assert kept["modified"] > first["modified"]
    assert new["id"] != first["id"]
    assert (new["message_type"], new["active"], new["duration"]) == ("standard", True, 10)
    assert control.call("DELETE", "/banners") == {"removed": 2}
    assert control.banners() == []
    assert control.counters()["writes"] == 0


@pytest.mark.parametrize(
    ("banner", "words"),
    [
        ({"name": "x"}, "banners[0]: message is missing"),
        ({"name": " ", "message": "m"}, "banners[0]: name is empty"),
        ({"name": "x", "message": "m", "colour": "red"}, "banners[0]: unknown key 'colour'; there are name, message"),
        ({"name": "x", "message": "m", "message_type": "loud"}, "message_type is one of standard, info"),
        ({"name": "x", "message": "m", "duration": 0}, "duration is at least one second"),
    ],
)
def test_banners_that_do_not_fit(control: Control, banner: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        control.put_banners(banner)


def test_a_site_may_start_with_banners(state_dir: pathlib.Path) -> None:
    site = start(
        state_dir,
        {
            "nodes": [{"name": "Central", "host_name": "qlik1.example.com"}],
            "banners": [NIGHT, {"name": "b", "message": ""}],
        },
    )
    control = Control(site)
    before = control.banners()
    assert [each["name"] for each in before] == ["Night", "b"]
    control.put_banners({"name": "other", "message": "m"})
    control.reset()
    assert [(each["id"], each["name"]) for each in control.banners()] == [(each["id"], each["name"]) for each in before]
