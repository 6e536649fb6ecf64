# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The users' port: log in, stay, be sent back, be refused."""

from __future__ import annotations

import pytest
import requests

from ansible_collections.qlikops.sense.tests.integration.simulated import Client, Control, SiteInfo

LOGIN = "/sales/login?targetUri=%2Fsales%2Fhub"


@pytest.fixture
def user(site: SiteInfo, control: Control, names: None) -> Client:
    control.end_all()
    return Client(site, certificate=None, user=None)


def get(user: Client, path: str, node: str = "Central", **options: object) -> requests.Response:
    user.http.headers.pop("X-Qlik-Xrfkey", None)
    return user.call("user", "GET", path, node, **options)


def test_log_in_by_form(user: Client, control: Control) -> None:
    sent_away = get(user, "/sales/hub", query={"xrfkey": None})
    assert (sent_away.status_code, sent_away.headers["Location"]) == (302, LOGIN)
    assert "<form" in get(user, sent_away.headers["Location"]).text
    logged_in = user.call("user", "POST", LOGIN, data={"user": "lab\\anna"})
    assert (logged_in.status_code, logged_in.headers["Location"]) == (302, "/sales/hub")
    (session,) = control.sessions("LAB\\anna", virtual_proxy="sales", node="Central")
    assert logged_in.cookies == {"X-Qlik-Session-sales": session["session_id"]}
    assert get(user, "/sales/hub").status_code == 200
    assert get(user, "/hub").status_code == 302, "another virtual proxy has another cookie"
    assert len(control.sessions()) == 1


def test_log_in_by_query_and_header(user: Client, control: Control) -> None:
    assert get(user, "/login", query={"user": "LAB\\mei"}).headers["Location"] == "/"
    static = get(user, "/sales/hub", headers={"X-User": "mei"})
    dynamic = get(user, "/partner/emea/hub", "Node2", headers={"X-Partner-User": "PARTNER\\uwe.k"})
    assert static.status_code == dynamic.status_code == 200
    assert {(each["virtual_proxy"], each["user_directory"]) for each in control.sessions()} == {
        *(("", "LAB"), ("sales", "LAB"), ("partner/emea", "PARTNER"))
    }
    assert get(user, "/sales/hub", headers={"X-User": "mei"}).status_code == 200
    assert len(control.sessions()) == 3, "who has a session gets no other"


def test_nobody_is_sent_to_another_host(user: Client) -> None:
    for target in ("https://evil.example", "//evil.example", "evil"):
        answer = get(user, "/login", query={"user": "LAB\\mei", "targetUri": target})
        assert answer.headers["Location"] == "/"


def test_the_sixth_session_is_refused(site: SiteInfo, user: Client, control: Control) -> None:
    control.login("LAB\\anna", "Node2", "mashup", count=4)
    assert get(user, "/sales/hub", headers={"X-User": "anna"}).status_code == 200
    sixth = get(Client(site, certificate=None), "/sales/hub", headers={"X-User": "Anna"})
    assert sixth.status_code == 403
    assert "too many sessions active in parallel" in sixth.text
    assert "Set-Cookie" not in sixth.headers
    assert get(user, "/sales/hub").status_code == 200, "the fifth goes on"
    with pytest.raises(ValueError, match="too many sessions"):
        control.login("LAB\\anna", "Central")


def test_inactive_users_are_refused(user: Client, control: Control) -> None:
    for name in ("stefan", "quinn", "rosa"):
        refused = get(user, "/sales/hub", headers={"X-User": name})
        assert (refused.status_code, refused.text[:24]) == (403, "Your account is inactive")
    assert control.sessions() == []


def test_using_a_session_keeps_it_and_an_ended_one_leads_back_to_log_in(user: Client, control: Control) -> None:
    get(user, "/login", query={"user": "LAB\\mei"})
    for _hour in range(3):
        control.advance(20 * 60)
        assert get(user, "/hub").status_code == 200
    control.advance(31 * 60)
    gone = get(user, "/hub", query={"xrfkey": None})
    assert (gone.status_code, gone.headers["Location"]) == (302, "/login?targetUri=%2Fhub")


def test_personal_api(user: Client, control: Control) -> None:
    inactive = get(user, "/sales/qps/user", query={"targetUri": "/sales/hub"}).json()
    assert inactive == {"session": "inactive", "loginUri": LOGIN}
    assert get(user, "/sales/qps/user").json() == {"session": "inactive"}
    get(user, "/sales/hub", headers={"X-User": "hiroshi"})
    assert get(user, "/sales/qps/user").json() == {
        "userDirectory": "LAB",
        "userId": "hiroshi",
        "userName": "山田 浩",
        "logoutUri": "/sales/qps/user",
    }
    assert user.call("user", "DELETE", "/sales/qps/user").json() == {"session": "inactive"}
    assert control.sessions() == []


def test_who_logs_in_is_known_to_qrs_afterwards(user: Client, client: Client, control: Control) -> None:
    query = "userId eq 'zoran'"
    assert client.qrs("/qrs/user/count", filter=query).json() == {"value": 0}
    get(user, "/sales/hub", headers={"X-User": "zoran"})
    assert client.qrs("/qrs/user/count", filter=query).json() == {"value": 1}


def test_qrs_through_a_virtual_proxy(site: SiteInfo, user: Client, control: Control) -> None:
    path = "/sales/qrs/proxyservice/count"
    assert user.call("user", "GET", path).status_code == 302, "nobody has logged in"
    as_admin = user.call("user", "GET", path, headers={"X-User": "admin"})
    assert as_admin.json() == {"value": 3}
    assert len(control.sessions("LAB\\admin")) == 1
    assert user.call("user", "GET", path).json() == {"value": 3}, "the cookie says who asks"
    assert user.call("user", "GET", path, query={"xrfkey": "x"}).status_code == 403
    stranger = Client(site, certificate=None, user="INTERNAL\\sa_api")
    assert stranger.call("user", "GET", "/qrs/about").status_code == 302, (
        "X-Qlik-User is no header of this virtual proxy"
    )


def test_each_call_to_qrs_without_a_cookie_is_a_session_more(site: SiteInfo, user: Client, control: Control) -> None:
    path, header = "/sales/qrs/proxyservice/count", {"X-User": "admin"}
    for number in range(1, 6):
        forgetful = Client(site, certificate=None, user=None)
        assert forgetful.call("user", "GET", path, headers=header).json() == {"value": 3}
        assert len(control.sessions("LAB\\admin")) == number
    assert forgetful.call("user", "GET", path, headers=header).json() == {"value": 3}, "with its cookie it stays one"
    sixth = user.call("user", "GET", path, headers=header)
    assert sixth.status_code == 403
    assert "You cannot access Qlik Sense because you have too many sessions active in parallel" in sixth.text
    assert len(control.sessions("LAB\\admin")) == 5
    mei = user.call("user", "GET", "/sales/qrs/about", headers={"X-User": "mei"})
    assert mei.status_code == 200, "the limit is of each user"


def test_prefixes_not_served_here_belong_to_the_default_virtual_proxy(user: Client) -> None:
    answer = get(user, "/partner/emea/hub", query={"xrfkey": None})
    assert answer.headers["Location"].startswith("/login?")
