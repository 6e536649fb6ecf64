# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users as QRS shows them, and visitors without a login, whom it does not know."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

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
    card = simulated.start(state_dir, SITE)
    control, client = simulated.Control(card), simulated.Client(card)

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
        visitor = simulated.Client(card, certificate=None, user=None)
        assert visitor.call("door", "GET", f"/{prefix}/hub").status_code == 200
        assert visitor.call("door", "GET", f"/{prefix}/hub").status_code == 200  # the cookie says who it is
        (session,) = control.sessions(virtual_proxy=prefix)
        assert session["user_directory"] == "NONE"
        assert len(session["user_id"]) == len("anonymous") + 36
    assert client.qrs("/qrs/user/count").json() == known
    named = simulated.Client(card, certificate=None, user=None)
    named.call("door", "GET", "/open/hub", headers={"X-User": "LAB\\anna"})
    assert len(control.sessions("LAB\\anna", virtual_proxy="open")) == 1
    assert visitor.call("door", "GET", "/hub").status_code == 302  # no visitors here


def attributes(client: simulated.Client) -> list[tuple[str, str]]:
    (user,) = client.qrs("/qrs/user/full", filter="userId eq 'anna'").json()
    return [(attribute["attributeType"], attribute["attributeValue"]) for attribute in user["attributes"]]
