# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""QPS over real TLS: sessions read and ended, in every spelling a client uses."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from ansible_collections.qlikops.sense.tests.integration.simulated import Client, Control, SiteInfo


def ids(client: Client, path: str, node: str = "Central") -> list[str]:
    return [session["SessionId"] for session in client.qps(path, node).json()]


def test_lists_are_of_one_proxy_and_one_virtual_proxy(client: Client, control: Control) -> None:
    for node in ("Central", "Node2"):
        for prefix in ("", "sales", "mashup"):
            wanted = [each["session_id"] for each in control.sessions(node=node, virtual_proxy=prefix)]
            path = f"/qps/{prefix}/session" if prefix else "/qps/session"
            assert ids(client, path, node) == wanted
            assert ids(client, f"/qps//{prefix}//session", node) == wanted
    assert len(ids(client, "/qps/partner/emea/session", "Node2")) == 6
    for prefix in ("partner/emea", "old-saml", "Sales"):
        assert client.qps(f"/qps/{prefix}/session").status_code == 404
    control.switches(unknown_prefix="empty")
    assert client.qps("/qps/old-saml/session").json() == []
    assert client.qps("/qps/old-saml/session/x").status_code == 404


def test_struct(client: Client, control: Control) -> None:
    control.end_all()
    control.login("lab\\Åsa", "Central", attributes=[{"group": "A"}, {"group": ""}], session_id="a b/c")
    struct = {
        "UserDirectory": "LAB",
        "UserId": "Åsa",
        "Attributes": [{"group": "A"}, {"group": ""}],
        "SessionId": "a b/c",
    }
    assert client.qps("/qps/session").json() == [struct]
    path = f"/qps/session/{quote('a b/c', safe='')}"
    assert client.qps(path).json() == struct
    control.switches(user_name_field="null")
    assert client.qps("/qps/session").json() == [{**struct, "UserName": None}]
    assert client.qps(path, method="DELETE").json() == {**struct, "UserName": None}
    assert control.sessions() == []


def test_end_one_session(client: Client, control: Control) -> None:
    victim = control.sessions("LAB\\bjorn", node="Central")[0]["session_id"]
    path = f"/qps/sales/session/{victim}"
    assert client.qps(f"/qps/session/{victim}").status_code == 404, "of another virtual proxy"
    assert client.qps(path, node="Node2", method="DELETE").status_code == 404, "of another proxy"
    ended = client.qps(path, method="DELETE")
    assert (ended.status_code, ended.json()["SessionId"]) == (200, victim)
    assert client.qps(path, method="DELETE").status_code == client.qps(path).status_code == 404
    assert len(control.sessions()) == 59


def test_end_the_sessions_of_a_user(client: Client, control: Control) -> None:
    path = "/qps/mashup/user/lab/SVC_mashup"
    assert len(client.qps(path).json()) == 9
    assert len(client.qps(path, method="DELETE").json()) == 9
    assert (client.qps(path).json(), client.qps(path, method="DELETE").json()) == ([], [])
    assert len(control.sessions("LAB\\svc_mashup")) == 5, "those of the other proxy stay"
    control.switches(user_without_sessions="not_found")
    assert client.qps(path).status_code == client.qps(path, method="DELETE").status_code == 404


def test_add_a_session(client: Client, control: Control) -> None:
    body = {"userDirectory": "lab", "USERID": "New.One", "Attributes": [{"group": "A"}], "sessionId": "chosen"}
    added = client.qps("/qps/sales/session", method="POST", json=body)
    assert added.status_code == 201
    struct = {"UserDirectory": "LAB", "UserId": "New.One", "Attributes": [{"group": "A"}], "SessionId": "chosen"}
    assert added.json() == {**struct, "NewUser": True}
    assert client.qps("/qps/sales/session/chosen").json() == struct
    control.switches(add_session_status=200)
    again = client.qps("/qps/session", method="POST", json={"UserDirectory": "LAB", "UserId": "New.One"})
    assert (again.status_code, again.json()["NewUser"], again.json()["Attributes"]) == (200, False, [])
    two_names = [{"a": 1, "b": 2}]
    bad: list[object] = [{}, [], {"UserId": "x"}, {"UserDirectory": "LAB", "UserId": "x", "Attributes": two_names}]
    for wrong in bad:
        assert client.qps("/qps/session", method="POST", json=wrong).status_code == 400
    assert client.qps("/qps/session", method="POST", data=b"{").status_code == 400
    assert client.qps("/qps/old-saml/session", method="POST", json=body).status_code == 404


def test_tickets(client: Client, control: Control) -> None:
    before = control.sessions()
    body = {"userDirectory": "testdir", "USERID": "New.One", "attributes": [{"group": "A"}], "TargetId": "x"}
    tickets = set()
    for path in ("/qps/ticket", "/qps/sales/Ticket"):
        made = client.qps(path, method="POST", json=body)
        assert made.status_code == 201
        answer = made.json()
        tickets.add(answer.pop("Ticket"))
        assert answer == {
            "UserDirectory": "TESTDIR",
            "UserId": "New.One",
            "Attributes": [{"group": "A"}],
            "TargetUri": None,
        }
    assert len(tickets) == 2
    assert all(len(ticket) == 16 and ticket.isalnum() for ticket in tickets)
    assert control.sessions() == before, "a ticket is no session"
    bad: list[object] = [{}, [], {"UserId": "x"}, {"UserDirectory": "LAB", "UserId": 1}]
    for wrong in bad:
        assert client.qps("/qps/ticket", method="POST", json=wrong).status_code == 400
    assert client.qps("/qps/old-saml/ticket", method="POST", json=body).status_code == 404
    assert client.qps("/qps/ticket").status_code == 404, "tickets are made, not listed"


def test_routes_go_in_any_case_and_prefixes_do_not(client: Client) -> None:
    assert client.qps("/QPS/Alive").json() == {"value": True}
    assert client.qps("/qps/HEALTH").status_code == 200
    assert client.qps("/qps/About/OpenAPI/Main").json()["basePath"] == "/qps"
    sessions = client.qps("/qps/sales/session").json()
    assert client.qps("/Qps/sales/SESSION").json() == sessions
    assert client.qps("/qps/Sales/session").status_code == 404
    session_id = sessions[0]["SessionId"]
    assert client.qps(f"/qps/sales/Session/{session_id}").json() == sessions[0]
    assert client.qps(f"/qps/sales/session/{session_id.upper()}").status_code == 404
    assert len(client.qps("/QPS/mashup/USER/lab/svc_mashup", method="DELETE").json()) == 9


def test_an_ended_session_may_be_wrapped(client: Client, control: Control) -> None:
    control.switches(deleted_session="wrapped")
    first, second = client.qps("/qps/user/LAB/grace").json()
    path = f"/qps/session/{first['SessionId']}"
    assert client.qps(path).json() == first, "only the answer to DELETE is another"
    assert client.qps(path, method="DELETE").json() == {"session": first, "lastSessionForUser": False}
    assert client.qps(path, method="DELETE").status_code == 404
    path = f"/qps/session/{second['SessionId']}"
    assert client.qps(path, method="DELETE").json() == {"session": second, "lastSessionForUser": True}


def test_alive_health_about(client: Client) -> None:
    assert client.qps("/qps/alive").json() == {"value": True}
    assert client.qps("/qps/health").status_code == 200
    assert isinstance(client.qps("/qps/about/description").json(), list)
    assert isinstance(client.qps("/qps/about/relations").json(), list)
    described = client.qps("/qps/about/openapi/main").json()
    assert described["basePath"] == "/qps"
    assert set(described["paths"]["/{virtualproxy}/session/{id}"]) == {"get", "delete"}
    assert client.qps("/qps/about/openapi").json() == ["main", "personal"]


@pytest.mark.parametrize(
    "path", ["/", "/qps", "/qps/nothing", "/qps/about/nothing", "/sales/qps/session", "/qrs/about"]
)
def test_unknown_paths(client: Client, path: str) -> None:
    answer = client.qps(path)
    assert (answer.status_code, answer.text) == (404, "No matching endpoint found")


def test_order_of_checks(site: SiteInfo, client: Client, names: None) -> None:
    nobody = Client(site, certificate=None)
    assert nobody.qps("/nothing", query={"xrfkey": "x"}).text == "Forbidden"
    wrong_key = client.qps("/nothing", query={"xrfkey": "x"})
    assert (wrong_key.status_code, wrong_key.text[:28]) == (403, "XSRF prevention check failed")


def test_x_qlik_user_does_not_matter(site: SiteInfo, control: Control, names: None) -> None:
    for user in (None, "LAB\\stefan"):
        assert Client(site, user=user).qps("/qps/session").status_code == 200


def test_single_sign_on_brings_users_back(client: Client, control: Control) -> None:
    control.single_sign_on("lab\\kamala")
    (before,) = control.sessions("LAB\\kamala")
    client.qps(f"/qps/session/{before['session_id']}", method="DELETE")
    (after,) = control.sessions("LAB\\kamala")
    assert after["session_id"] != before["session_id"]
    assert (after["node"], after["virtual_proxy"]) == (before["node"], before["virtual_proxy"])


def test_idle_sessions_time_out_after_the_minutes_of_their_virtual_proxy(client: Client, control: Control) -> None:
    control.advance(31 * 60)
    assert client.qps("/qps/session").json() == []
    assert len(ids(client, "/qps/sales/session")) == 9
    control.advance(30 * 60)
    assert ids(client, "/qps/sales/session") == []
    assert len(ids(client, "/qps/mashup/session")) == 9
