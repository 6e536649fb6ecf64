# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""QRS over real TLS: lists, filters, refusals."""

from __future__ import annotations

import pytest

from ansible_collections.qlikops.sense.tests.integration.simulated import Client, Control, SiteInfo

XSRF = "XSRF prevention check failed. Possible XSRF discovered."


def test_about_and_ping(client: Client) -> None:
    about = client.qrs("/qrs/about").json()
    assert (about["schemaPath"], about["nodeType"]) == ("About", 1)
    assert client.qrs("/qrs/about", node="Node2").json()["nodeType"] == 2
    for path in ("/ssl/ping", "/qrs/ssl/ping"):
        assert client.qrs(path).text == "Ping successful."


def test_proxy_services(client: Client, site: SiteInfo) -> None:
    services = {each["serverNodeConfiguration"]["name"]: each for each in client.qrs("/qrs/ProxyService/full").json()}
    assert list(services) == ["Central", "Node2", "Engine1"]
    for node in site["nodes"]:
        if node["proxy"]:
            service = services[node["name"]]
            assert service["id"] == node["proxy_service_id"]
            assert service["settings"]["listenPort"] == node["user_port"]
            assert service["settings"]["restListenPort"] == node["qps_port"]
    linked = [each["prefix"] for each in services["Node2"]["settings"]["virtualProxies"]]
    assert linked == ["", "sales", "partner/emea", "mashup"]
    enabled = client.qrs("/qrs/proxyservice/full", filter="serverNodeConfiguration.proxyEnabled eq True").json()
    assert [each["serverNodeConfiguration"]["name"] for each in enabled] == ["Central", "Node2"]
    local = client.qrs("/qrs/proxyservice/local", node="Node2").json()
    assert local == services["Node2"] == client.qrs(f"/qrs/proxyservice/{local['id']}").json()
    assert client.qrs("/qrs/servernodeconfiguration/local", node="Node2").json()["proxyServiceID"] == local["id"]
    assert client.qrs("/qrs/proxyservice/00000000-0000-0000-0000-000000000000").status_code == 404


def test_filter_on_enabled_proxies_may_not_work(client: Client, control: Control) -> None:
    query = "serverNodeConfiguration.proxyEnabled eq True"
    control.switches(filter_proxy_enabled="ignored")
    assert len(client.qrs("/qrs/proxyservice/full", filter=query).json()) == 3
    control.switches(filter_proxy_enabled="refused")
    assert client.qrs("/qrs/proxyservice/full", filter=query).status_code == 400


def test_services_may_be_condensed_to_their_ids(client: Client, control: Control) -> None:
    for kind, query in (
        ("proxyservice", "serverNodeConfiguration.name eq 'Node2'"),
        ("servicestatus", "serviceType eq Proxy"),
    ):
        full = client.qrs(f"/qrs/{kind}/full", filter=query).json()
        control.switches(condensed_services="fields")
        assert "serverNodeConfiguration" in client.qrs(f"/qrs/{kind}").json()[0]
        control.switches(condensed_services="bare")
        bare = [{"id": each["id"], "privileges": None} for each in full]
        assert client.qrs(f"/qrs/{kind}", filter=query).json() == bare, "filters still see what is not shown"
        assert [each["id"] for each in client.qrs(f"/qrs/{kind}/full", filter=query).json()] == [
            each["id"] for each in full
        ]
        assert "serverNodeConfiguration" in client.qrs(f"/qrs/{kind}/{full[0]['id']}").json()


def test_virtual_proxies(client: Client) -> None:
    configs = {each["prefix"]: each for each in client.qrs("/qrs/virtualproxyconfig/full").json()}
    default, sales = configs[""], configs["sales"]
    assert default["defaultVirtualProxy"] is True
    assert default["sessionCookieHeaderName"] == "X-Qlik-Session"
    assert (sales["authenticationMethod"], sales["headerAuthenticationStaticUserDirectory"]) == (1, "LAB")
    assert sales["sessionInactivityTimeout"] == 60
    assert [each["name"] for each in configs["mashup"]["loadBalancingServerNodes"]] == ["Engine1"]
    assert "createdDate" in sales
    assert "createdDate" not in client.qrs("/qrs/virtualproxyconfig").json()[0]


def test_users(client: Client) -> None:
    rosa = client.qrs("/qrs/user/full", filter="userId eq 'ROSA'").json()[0]
    assert (rosa["inactive"], rosa["removedExternally"], rosa["blacklisted"]) == (True, True, False)
    assert rosa["attributes"][0]["attributeValue"] == "rosa@lab.example"
    grace = client.qrs("/qrs/user", filter=r"name ew 'o\'neill'").json()
    (fields,) = [sorted(each) for each in grace]
    assert fields == ["id", "name", "privileges", "userDirectory", "userDirectoryConnectorName", "userId"]
    partners = client.qrs("/qrs/user/full", filter="userDirectory eq 'partner'", orderby="userId desc").json()
    assert [each["userId"] for each in partners] == ["uwe.k", "anna", "1042"]
    assert client.qrs("/qrs/user/count", filter="blacklisted eq True").json() == {"value": 1}


def test_what_it_says_of_its_api(client: Client, control: Control) -> None:
    """Enums and relations are what Qlik-Cli reads before it shows anything."""
    enums = client.qrs("/qrs/about/api/enums").json()
    (types,) = [each["values"] for each in enums.values() if "ServiceStatus.ServiceType" in each["usages"]]
    assert types[:2] == ["0: Repository", "1: Proxy"]
    relations = client.qrs("/qrs/About/api/relations").json()
    assert "ServiceStatus.ServerNodeConfiguration > ServerNodeConfiguration" in relations
    described = client.qrs("/qrs/about/api/description").json()
    posts = client.call("qrs", "GET", "/qrs/about/api/description", query={"method": "post"})
    assert posts.json() == [line for line in described if line.startswith("POST ")] != []
    for line in described:
        method, path = line.split()
        if method == "GET" and "{" not in path:
            assert client.qrs(path).status_code == 200, line
    assert client.qrs("/qrs/about/api/nothing").status_code == 404
    assert client.qrs("/qrs/about/openapi").json() == ["main"]
    paths = client.qrs("/qrs/about/openapi/main").json()["paths"]
    assert {"/user/full", "/custombannermessage/full"} <= paths.keys()
    assert client.qrs("/qrs/about/openapi/nothing").status_code == 404
    control.switches(banners="absent")
    assert not [line for line in client.qrs("/qrs/about/api/description").json() if "banner" in line]


def test_privileges_are_told_when_asked_for(site: SiteInfo, client: Client, control: Control) -> None:
    control.put_banners({"name": "Move", "message": "We move."})
    for path in ("/qrs/user", "/qrs/user/full", "/qrs/proxyservice/full"):
        assert {each["privileges"] for each in client.qrs(path).json()} == {None}
        for each in client.qrs(path, privileges="true").json():
            assert each["privileges"] == ["create", "read", "update", "delete"]
        one = f"{path.removesuffix('/full')}/{client.qrs(path).json()[0]['id']}"
        assert client.qrs(one).json()["privileges"] is None
        assert client.qrs(one, privileges="True").json()["privileges"]
    (banner,) = Client(site, user="LAB\\anna").qrs("/qrs/custombannermessage", privileges="true").json()
    assert banner["privileges"] == ["read"]


def test_service_status_lags_behind(client: Client, control: Control) -> None:
    query = "serviceType eq Proxy and serverNodeConfiguration.name eq 'Node2'"

    def status() -> tuple[int, str]:
        (each,) = client.qrs("/qrs/servicestatus/full", filter=query).json()
        return each["serviceState"], each["timestamp"]

    control.switches(service_status_seconds=100_000)
    before = status()
    assert before[0] == 2
    control.proxy("Node2", "stop")
    assert status() == before
    control.advance(100_000)
    after = status()
    assert after[0] == 3
    assert after[1] > before[1]
    control.switches(service_status_seconds=0)
    control.proxy("Node2", "start", starting_seconds=60)
    assert status()[0] == 0
    disabled = client.qrs("/qrs/servicestatus/count", filter="serviceType eq Proxy and serviceState eq Disabled")
    assert disabled.json() == {"value": 1}


def test_what_was_before_a_reset_is_not_seen_after_it(client: Client, control: Control) -> None:
    stopped = "serviceType eq Proxy and serviceState eq NoCommunication"
    control.proxy("Node2", "stop")
    control.advance(1000)
    assert client.qrs("/qrs/servicestatus/count", filter=stopped).json() == {"value": 1}
    control.reset()
    assert client.qrs("/qrs/servicestatus/count", filter=stopped).json() == {"value": 0}


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ({"filter": "()"}, 400, "Invalid expression"),
        ({"filter": "name eq 'O''Neill'"}, 400, "Cannot parse the expression: name eq 'O''Neill'"),
        ({"filter": "nme eq 'x'"}, 400, "The property 'nme' does not exist."),
        ({"orderby": "nme"}, 400, "The property 'nme' does not exist."),
        ({"xrfkey": "short"}, 403, XSRF),
        ({"xrfkey": "0123456789abcdeF"}, 403, XSRF),
    ],
)
def test_refusals(client: Client, query: dict[str, str], status: int, text: str) -> None:
    answer = client.qrs("/qrs/user", **query)
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_what_an_unencoded_filter_ends_in(client: Client) -> None:
    node, key = client.node(), client.http.headers["X-Qlik-Xrfkey"]
    url = f"https://{node['host_name']}:{node['qrs_port']}/qrs/user"
    ampersand = client.http.get(f"{url}?xrfkey={key!s}&filter=name eq 'a&b'", timeout=10)
    assert (ampersand.status_code, ampersand.text) == (400, "Missing parameter value(s)")
    hash_sign = client.http.get(f"{url}?filter=name eq 'a#b'&xrfkey={key!s}", timeout=10)
    assert (hash_sign.status_code, hash_sign.text) == (403, XSRF)


def test_unknown_paths(client: Client) -> None:
    for path in ("/", "/qrs", "/qrs/nothing", "/qrs/user/full/more", "/qps/alive"):
        answer = client.qrs(path)
        assert (answer.status_code, answer.text) == (404, "No matching endpoint found"), path
    assert client.qrs("/qrs/user", method="DELETE").status_code == 404


def test_users_see_what_they_may(site: SiteInfo, control: Control, names: None) -> None:
    for user in ("LAB\\anna", "LAB\\nobody"):
        client = Client(site, user=user)
        assert client.qrs("/qrs/proxyservice/full").json() == []
        assert client.qrs("/qrs/user/count").json() == {"value": 0}
        assert client.qrs("/qrs/about").status_code == 200
        enabled = client.qrs("/qrs/proxyservice", filter="serverNodeConfiguration.proxyEnabled eq True")
        assert (enabled.status_code, enabled.json()) == (200, [])
        assert client.qrs("/qrs/proxyservice", filter="nonsense eq True").status_code == 400
    for user in ("internal\\SA_REPOSITORY", "LAB\\admin"):
        assert len(Client(site, user=user).qrs("/qrs/proxyservice").json()) == 3
    for user in ("LAB\\stefan", "LAB\\quinn", "LAB\\rosa"):
        refused = Client(site, user=user).qrs("/qrs/proxyservice")
        assert refused.status_code == 403
        assert refused.text == "Your account is inactive. Contact your administrator to activate it."
    nobody = Client(site, user=None)
    assert len(nobody.qrs("/qrs/proxyservice").json()) == 3
    control.switches(qrs_without_user="forbid", disabled_proxy_service="absent")
    assert nobody.qrs("/qrs/proxyservice").status_code == 403
    assert len(Client(site).qrs("/qrs/proxyservice").json()) == 2


def test_users_named_in_url_encoded_utf8(site: SiteInfo, control: Control, names: None) -> None:
    control.user("LAB\\åsa", inactive=True)
    client = Client(site, user="LAB\\%C3%A5sa")
    assert client.qrs("/qrs/proxyservice").status_code == 403
