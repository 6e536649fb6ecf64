# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users as QRS shows them, and visitors without a login, whom it does not know."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import requests

from ansible_collections.qlikops.sense.tests.integration import simulated

SITE: dict[str, Any] = {
    "virtual_proxies": [
        {"prefix": ""},
        {"prefix": "open", "anonymous_access": "allowed", "header_authentication_header_name": "X-User"},
        {"prefix": "fair", "anonymous_access": "always"},
    ],
    "nodes": [{"name": "Central", "host_name": "qlik1.example.com", "virtual_proxies": ["", "open", "fair"]}],
    "users": [
        {
            "directory": "LAB",
            "id": "anna",
            "email": "anna@lab.example",
            "attributes": [{"mail": "a@b"}, {"group": None}],
        }
    ],
}


@pytest.mark.usefixtures("names")
def test_attributes_and_visitors(state_dir: pathlib.Path) -> None:
    site_info = simulated.start(state_dir, SITE)
    control, client = simulated.Control(site_info), simulated.Client(site_info)

    modes = {each["prefix"]: each["anonymousAccessMode"] for each in client.qrs("/qrs/virtualproxyconfig/full").json()}
    assert modes == {"": 0, "open": 1, "fair": 2}

    assert attributes(client) == [("Email", "anna@lab.example"), ("mail", "a@b"), ("group", "")]
    control.user("LAB\\anna", attributes=[{"mail": "other@lab.example"}])
    assert attributes(client) == [("Email", "anna@lab.example"), ("mail", "other@lab.example")]
    with pytest.raises(ValueError, match="attributes: an attribute is a mapping of one name to one value, not 'mail'"):
        control.user("LAB\\anna", attributes=["mail"])
    control.reset()
    assert len(attributes(client)) == 3

    known = client.qrs("/qrs/user/count").json()
    for prefix in ("open", "fair"):
        visitor = simulated.Client(site_info, certificate=None, user=None)
        assert visitor.call("user", "GET", f"/{prefix}/hub").status_code == 200
        assert visitor.call("user", "GET", f"/{prefix}/hub").status_code == 200  # the cookie says who it is
        (session,) = control.sessions(virtual_proxy=prefix)
        assert session["user_directory"] == "NONE"
        assert len(session["user_id"]) == len("anonymous") + 36
    assert client.qrs("/qrs/user/count").json() == known
    named = simulated.Client(site_info, certificate=None, user=None)
    named.call("user", "GET", "/open/hub", headers={"X-User": "LAB\\anna"})
    assert len(control.sessions("LAB\\anna", virtual_proxy="open")) == 1
    assert visitor.call("user", "GET", "/hub").status_code == 302  # no visitors here


def test_rights_shorten_lists_and_counts_of_users(
    site: simulated.SiteInfo, control: simulated.Control, names: None
) -> None:
    client, monitor = simulated.Client(site), simulated.Client(site, user="internal\\SA_MONITOR")
    everybody = shown(client)
    rosa = next(each for each in client.qrs("/qrs/user").json() if each["userId"] == "rosa")
    partners = {name for name in everybody if name.startswith("PARTNER\\")}
    assert len(partners) == 3

    for setting, seen in (
        ("none", set()),
        ("own", {"INTERNAL\\sa_api"}),
        ("directory:Partner", partners),
        ("0%", set()),
        ("100%", everybody),
    ):
        control.switches(readable_users=setting)
        assert shown(client) == seen, setting
        assert client.qrs(f"/qrs/user/{rosa['id']}").status_code == (200 if seen == everybody else 404)
        assert client.qrs("/qrs/user/count", filter="blacklisted eq True").json()["value"] == (seen == everybody)
        assert client.qrs("/qrs/proxyservice/count").json() == {"value": 3}, "users alone are hidden"
    assert control.switches(readable_users="DIRECTORY:Partner")["readable_users"] == "DIRECTORY:Partner"
    assert shown(client) == partners
    control.switches(readable_users="own")
    assert shown(monitor) == {"INTERNAL\\sa_monitor"}
    for repository in (None, "INTERNAL\\sa_repository"):
        assert shown(simulated.Client(site, user=repository)) == everybody, "rights do not bind the site itself"

    control.switches(readable_users="50%")
    half = shown(client)
    assert half == shown(monitor)
    assert set() < half < everybody
    control.switches(readable_users="80%")
    assert half <= shown(client), "a larger share holds the smaller one"
    assert shown(simulated.Client(site, user="LAB\\anna")) == set(), "no switch gives rights to those without"
    for wrong in ("some", "101%", "directory:", "50"):
        with pytest.raises(ValueError, match="is one of all, none, own, directory:LAB, 50%, not"):
            control.switches(readable_users=wrong)


def test_users_as_a_table(client: simulated.Client, site: simulated.SiteInfo, control: simulated.Control) -> None:
    columns = [
        {"name": "who", "columnType": "Property", "definition": "UserId"},
        {"name": "mail", "columnType": "Property", "definition": "attributes.attributeValue"},
    ]

    def ask(who: simulated.Client, columns: object, **query: str) -> requests.Response:
        body = {"entity": "User", "columns": columns}
        return who.call("qrs", "POST", "/qrs/User/table", json=body, query=query)

    every = ask(client, columns, orderby="userId desc", filter="userDirectory eq 'PARTNER'")
    assert every.status_code == 201
    uwe, anna, number = every.json()["rows"]
    assert every.json()["columnNames"] == ["who", "mail"]
    assert uwe == ["uwe.k", ["uwe@partner.example"]]
    part = ask(client, columns, orderby="userId desc", filter="userDirectory eq 'PARTNER'", skip="1", take="1")
    assert part.json()["rows"] == [anna]
    assert number[0] == "1042"
    control.switches(readable_users="own")
    assert [row[0] for row in ask(client, columns).json()["rows"]] == ["sa_api"]
    assert ask(simulated.Client(site, user="LAB\\anna"), columns).json() == {"columnNames": ["who", "mail"], "rows": []}

    wrong: list[object] = [None, ["x"], [{"name": "x", "columnType": "Function", "definition": "Count(id)"}]]
    for bad in wrong:
        assert ask(client, bad).status_code == 400
    unknown = ask(client, [{"name": "x", "columnType": "Property", "definition": "nme"}])
    assert (unknown.status_code, unknown.text) == (400, "The property 'nme' does not exist.")
    assert ask(client, columns, take="-1").status_code == 400
    assert client.call("qrs", "POST", "/qrs/user/table", data=b"{").status_code == 400
    assert client.qrs("/qrs/user/table").status_code == 404
    assert control.counters()["writes"] == 0, "a list is no write, however it is asked for"
    assert client.qrs("/qrs/user/table", method="PUT").status_code == 404
    assert control.counters()["writes"] == 1


def shown(client: simulated.Client) -> set[str]:
    """The users of the lists, which agree with each other and with the count."""
    short, full = client.qrs("/qrs/user").json(), client.qrs("/qrs/user/full").json()
    assert [each["id"] for each in short] == [each["id"] for each in full]
    assert client.qrs("/qrs/user/count").json() == {"value": len(full)}
    return {f"{each['userDirectory']}\\{each['userId']}" for each in full}


def attributes(client: simulated.Client) -> list[tuple[str, str]]:
    (user,) = client.qrs("/qrs/user/full", filter="userId eq 'anna'").json()
    return [(attribute["attributeType"], attribute["attributeValue"]) for attribute in user["attributes"]]
