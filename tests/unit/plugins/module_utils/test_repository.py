# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._api.entities import Fields
from ansible_collections.qlikops.sense.plugins.module_utils._api.qrs import (
    LONGEST_FILTER,
    Repository,
    ServiceState,
    qrs_root,
    quoted,
    user_filters,
)
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import Node, VirtualProxy
from ansible_collections.qlikops.sense.plugins.module_utils._model.user import KnownUser
from ansible_collections.qlikops.sense.tests.unit.plugins import builders
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import FakeRest, Reply, Wire, failed_with, unreachable
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import names

QRS = "GET qlik1.example.com:4242/qrs"
PROXIES = f"{QRS}/proxyservice/full?filter=serverNodeConfiguration.proxyEnabled eq True"


def repository(answers: dict[str, Any], **options: Any) -> tuple[Repository, FakeRest]:
    rest = FakeRest(answers)
    return Repository(rest, builders.connection(**options)), rest


def read_filter(text: str) -> list[tuple[str, str]]:
    """A reader of the part of the filter language that is used: the names in it, and nothing else may stand there."""
    found = []
    position = 0

    def expect(words: str) -> None:
        nonlocal position
        assert text.startswith(words, position), f"{words!r} expected at {position} of {text!r}"
        position += len(words)

    def string() -> str:
        nonlocal position
        expect("'")
        value = ""
        while text[position] != "'":
            if text[position] == "\\":
                position += 1
                assert text[position] in "\\'"
            value += text[position]
            position += 1
        position += 1
        return value

    while True:
        expect("(userDirectory eq ")
        directory = string()
        expect(" and userId eq ")
        found.append((directory, string()))
        expect(")")
        if position == len(text):
            return found
        expect(" or ")


@given(st.lists(st.tuples(names, names), max_size=12), st.integers(1, 600))
def test_filters_give_back_exactly_the_names_in_batches_of_bounded_length(
    users: list[tuple[str, str]], longest: int
) -> None:
    filters = list(user_filters(users, longest))
    batches = [read_filter(text) for text in filters]
    assert [user for batch in batches for user in batch] == users
    sizes = [len(quote(text, safe="")) for text in filters]
    assert all(size <= longest or len(batch) == 1 for size, batch in zip(sizes, batches, strict=True))


@given(st.text())
def test_a_quoted_string_ends_where_it_should(value: str) -> None:
    assert read_filter(f"(userDirectory eq {quoted(value)} and userId eq {quoted(value)})") == [(value, value)]


def test_batches_are_as_large_as_they_may_be() -> None:
    users = [("LAB", f"user{number}") for number in range(1000)]
    filters = list(user_filters(users))
    condition = len(quote(f"(userDirectory eq 'LAB' and userId eq 'user{100}') or ", safe=""))
    assert len(filters) <= -(-1000 // (LONGEST_FILTER // condition - 1))
    assert max(len(quote(text, safe="")) for text in filters) <= LONGEST_FILTER


def test_a_batch_of_users_is_one_filter() -> None:
    users = [("LAB", "u" * 1000), ("LAB", "v" * 1000), ("LAB", "w" * 4000)]
    assert list(user_filters(users)) == [
        " or ".join(f"(userDirectory eq 'LAB' and userId eq '{letter * 1000}')" for letter in "uv"),
        f"(userDirectory eq 'LAB' and userId eq '{'w' * 4000}')",
    ]


def test_no_users_need_no_filter() -> None:
    assert list(user_filters([])) == []


def test_a_name_that_no_url_can_hold_does_not_keep_the_others_from_being_asked_for() -> None:
    users = [("LAB", "anna"), ("LAB", "half a character \ud83d"), ("\udc00", "bert"), ("LAB", "carla")]
    (text,) = user_filters(users)
    assert read_filter(text) == [users[0], users[3]]


HOSTILE_NAMES = [
    "o'brien",
    "dom\\joe",
    "trailing\\",
    "\\'",
    "'' or userId ne '",
    "x') or (userId ne 'y",
    '"double"',
    "100%",
    "%27",
    "a&filter=b&xrfkey=c",
    "a#b",
    "a+b c",
    "a/b?c=d;e",
    "山田 Дмитрий",
    "فريد",
    "\U0001f600",
    "e\u0301",
    "tab\tnewline\n",
    "İıßſ",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_arrives_as_it_is(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    wire = Wire([Reply(body=[])]).install(monkeypatch)
    site = Repository(Rest(no_tls(monkeypatch)), builders.connection())
    (text,) = user_filters([("LAB", name), (name.replace("\\", "/"), "x")])
    site.users(text, ["email"])
    (sent,) = wire.sent
    assert sent.query.keys() == {"filter", "xrfkey"}
    assert read_filter(*sent.query["filter"]) == [("LAB", name), (name.replace("\\", "/"), "x")]
    assert sent.path == "/qrs/user/full"
    assert "#" not in sent.target
    assert sent.target.isascii()


@given(st.lists(st.tuples(names, names), min_size=60, max_size=90))
@settings(max_examples=25)
def test_request_lines_are_bounded_as_they_are_sent(users: list[tuple[str, str]]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        wire = Wire([Reply(body=[])]).install(monkeypatch)
        prefix = "a/virtual proxy"
        site = Repository(Rest(no_tls(monkeypatch)), builders.connection(qrs_virtual_proxy=prefix))
        for text in user_filters(users):
            site.users(text, ["email"])
    asked = [read_filter(*sent.query["filter"]) for sent in wire.sent]
    assert [user for batch in asked for user in batch] == users
    # http.sys takes 16 KiB, balancers and proxies on the way often half of it.
    assert max(len(f"GET {sent.target} HTTP/1.1") for sent in wire.sent) < LONGEST_FILTER + 100
    assert len(wire.sent) < len(users) / 3


def no_tls(monkeypatch: pytest.MonkeyPatch) -> Connection:
    """The connection, without the files that a TLS context is made of."""
    monkeypatch.setattr(Connection, "tls_context", lambda _connection: None)
    return builders.connection()


def test_a_user_as_qrs_gives_it() -> None:
    site, rest = repository(
        {
            f"{QRS}/user/full": [
                {
                    "userId": "anna",
                    "userDirectory": "LAB",
                    "name": "Anna Ek",
                    "attributes": [
                        {"attributeType": "email", "attributeValue": "anna@lab.example"},
                        {"attributeType": "Email", "attributeValue": "ek@lab.example"},
                        {"attributeType": "email", "attributeValue": None},
                        {"attributeType": "EMAIL", "attributeValue": "Anna@lab.example"},
                        {"attributeType": "email", "attributeValue": "none"},
                        {"attributeType": "group", "attributeValue": "HR@lab"},
                        {"attributeType": "mail", "attributeValue": "a.ek@lab.example"},
                    ],
                    "inactive": True,
                    "blacklisted": False,
                    "removedExternally": True,
                },
                {"userId": "bert", "userDirectory": "LAB", "name": None, "attributes": None},
            ]
        }
    )
    assert site.users("a filter", ("email",)) == [
        KnownUser(
            "LAB",
            "anna",
            "Anna Ek",
            ("anna@lab.example", "ek@lab.example"),
            frozenset({"inactive", "removed_externally"}),
        ),
        KnownUser("LAB", "bert", "", (), frozenset()),
    ]
    assert rest.asked == [f"{QRS}/user/full?filter=a filter"]
    assert [user.emails for user in site.users("a filter", ("mail", "email"))] == [
        ("a.ek@lab.example", "anna@lab.example", "ek@lab.example"),
        (),
    ]
    assert [user.emails for user in site.users("a filter", ())] == [(), ()]


def test_virtual_proxies() -> None:
    site, rest = repository(
        {
            f"{QRS}/virtualproxyconfig/full": [
                {
                    "id": "1",
                    "prefix": "sales",
                    "description": "Sales",
                    "sessionCookieHeaderName": "X-Qlik-Session-sales",
                    "sessionInactivityTimeout": 20,
                    "loadBalancingServerNodes": [{"name": "Central", "hostName": "qlik1.example.com"}],
                },
                {"id": "2", "prefix": None, "loadBalancingServerNodes": None},
            ]
        }
    )
    assert site.virtual_proxies() == [
        VirtualProxy("1", "sales", "Sales", "X-Qlik-Session-sales", 20, (Node("Central", "qlik1.example.com"),)),
        VirtualProxy("2", ""),
    ]
    assert rest.asked == [f"{QRS}/virtualproxyconfig/full"]


ALL_PROXIES = f"{QRS}/proxyservice/full"
ENABLED = {"id": "1", "serverNodeConfiguration": {"name": "Central"}}
DISABLED = {"id": "2", "serverNodeConfiguration": {"name": "Engine1", "proxyEnabled": False}}
DISABLED_IN_WORDS = {"id": "3", "serverNodeConfiguration": {"name": "Engine2", "proxyEnabled": "False"}}


def ids(items: list[Fields]) -> list[str]:
    return [item.text("id") for item in items]


def test_proxy_services_are_asked_for_once_and_only_enabled_ones() -> None:
    site, rest = repository({PROXIES: [ENABLED, DISABLED, DISABLED_IN_WORDS]})
    assert ids(site.proxy_services()) == ["1"]
    assert rest.asked == [PROXIES]


@pytest.mark.parametrize(
    "filtered", [failed_with(400), failed_with(404), failed_with(500), failed_with(200), [], None, "x", ["x"]]
)
def test_proxy_services_are_asked_for_without_a_filter_where_it_brings_nothing(filtered: Any) -> None:
    site, rest = repository({PROXIES: filtered, ALL_PROXIES: [DISABLED, ENABLED, DISABLED_IN_WORDS]})
    assert ids(site.proxy_services()) == ["1"]
    assert rest.asked == [PROXIES, ALL_PROXIES]


@pytest.mark.parametrize("error", [failed_with(403), failed_with(401), failed_with(503), unreachable()])
def test_other_failures_of_the_filter_are_raised(error: RequestFailed) -> None:
    site, rest = repository({PROXIES: error, ALL_PROXIES: [ENABLED]})
    with pytest.raises(RequestFailed) as caught:
        site.proxy_services()
    assert caught.value is error
    assert rest.asked == [PROXIES]


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_list_without_a_filter_that_fails_is_raised(status: int) -> None:
    site, rest = repository({PROXIES: failed_with(400), ALL_PROXIES: failed_with(status)})
    with pytest.raises(RequestFailed) as caught:
        site.proxy_services()
    assert caught.value.status == status
    assert rest.asked == [PROXIES, ALL_PROXIES]


@pytest.mark.parametrize(
    ("filtered", "unfiltered", "asked"),
    [([], [], [PROXIES, ALL_PROXIES]), ([], [DISABLED], [PROXIES, ALL_PROXIES]), ([DISABLED], [], [PROXIES])],
)
def test_an_empty_list_of_proxy_services_is_explained_by_missing_rights(
    filtered: list[Any], unfiltered: list[Any], asked: list[str]
) -> None:
    site, rest = repository({PROXIES: filtered, ALL_PROXIES: unfiltered}, api_user="LAB\\anna")
    with pytest.raises(QlikError) as caught:
        site.proxy_services()
    assert rest.asked == asked
    assert caught.value.kind == "no_proxies"
    assert caught.value.reason == "QRS on qlik1.example.com:4242 shows no proxy service to LAB\\anna."
    assert "api_user" in caught.value.hint


@pytest.mark.parametrize(
    ("answer", "count"), [({"value": 7}, 7), ({"value": 0}, 0), (7, 7), ({"value": "3"}, 3), ({}, 0)]
)
def test_how_many_users_are_shown(answer: Any, count: int) -> None:
    site, _rest = repository({f"{QRS}/user/count": answer, f"{QRS}/user/count as LAB\\anna": 1})
    assert site.count_users() == count
    assert site.count_users("LAB\\anna") == 1


@pytest.mark.parametrize("answer", [[], "many", {"value": -1}, {"value": True}, {"value": [1]}])
def test_a_number_of_users_that_can_not_be_read_is_not_guessed(answer: Any) -> None:
    site, _rest = repository({f"{QRS}/user/count": answer})
    with pytest.raises(QlikError, match=r"/qrs/user/count: value is .*, .* was expected\.") as caught:
        site.count_users()
    assert caught.value.kind == "unexpected_answer"


@pytest.mark.parametrize("prefix", ["/a b/", "a b"])
def test_a_prefix_is_quoted_in_the_path(prefix: str) -> None:
    connection = Connection("qlik1", "client.pem", "client_key.pem", qrs_virtual_proxy=prefix)
    assert qrs_root(connection) == "/a%20b/qrs"


@pytest.mark.parametrize(
    ("settings", "options", "port"),
    [
        ({"restListenPort": 5000}, {}, 5000),
        ({}, {}, 4243),
        ({"restListenPort": None}, {}, 4243),
        ({"restListenPort": "5000"}, {}, 5000),
        (None, {}, 4243),
        ({"restListenPort": "none"}, {"qps_port": 6000}, 6000),
        ({"restListenPort": 5000}, {"qps_port": 6000}, 6000),
    ],
)
def test_the_port_of_a_proxy_service_is_the_one_qrs_names_unless_told_otherwise(
    settings: dict[str, Any] | None, options: dict[str, Any], port: int
) -> None:
    site, _rest = repository({}, **options)
    assert site.proxy_service(Fields({"id": "1", "settings": settings}, "GET"), {}).qps_port == port


def test_a_proxy_service_takes_all_fields_of_its_virtual_proxies_where_they_are_known() -> None:
    site, _rest = repository({})
    item = {
        "id": "1",
        "serverNodeConfiguration": {"name": "Central", "hostName": "qlik1.example.com"},
        "settings": {"listenPort": 443, "virtualProxies": [{"id": "vp-sales", "prefix": "sales"}, {"id": "x"}]},
    }
    service = site.proxy_service(Fields(item, "GET"), {"vp-sales": builders.SALES})
    assert service.node == Node("Central", "qlik1.example.com")
    assert service.listen_port == 443
    assert service.virtual_proxies == (builders.SALES, VirtualProxy("x", ""))


def test_states_of_proxy_services_by_node_name() -> None:
    node = {"serverNodeConfiguration": {"name": "Central"}}
    other = {"serverNodeConfiguration": {"name": "Node2"}}
    third = {"serverNodeConfiguration": {"name": "Node3"}}
    site, rest = repository(
        {
            f"{QRS}/servicestatus/full": [
                {**node, "serviceType": 0, "serviceState": 4, "timestamp": "then"},
                {**node, "serviceType": 1, "serviceState": 2, "timestamp": "2026-01-15T09:29:41.120Z"},
                {**other, "serviceType": "Proxy", "serviceState": 3, "timestamp": None},
                {**third, "serviceType": "1", "serviceState": 17},
                {"serverNodeConfiguration": {"name": "NODE4"}, "serviceType": "PROXY", "serviceState": "Running"},
                {"serverNodeConfiguration": {"name": "İ"}, "serviceType": "ServiceTypeProxy", "serviceState": "Odd"},
                {"serverNodeConfiguration": {"name": "Straße"}, "serviceType": 1, "serviceState": None},
                {**node, "serviceType": 9, "serviceState": 2},
                {**node, "serviceType": None},
            ]
        }
    )
    assert site.proxy_states() == {
        "central": ServiceState("running", "2026-01-15T09:29:41.120Z"),
        "node2": ServiceState("no_communication", ""),
        "node3": ServiceState("unknown", ""),
        "node4": ServiceState("running", ""),
        "İ": ServiceState("unknown", ""),
        "straße": ServiceState("unknown", ""),
    }
    assert rest.asked == [f"{QRS}/servicestatus/full"]


@pytest.mark.parametrize(
    ("prefix", "root"), [(None, "/qrs"), ("", "/qrs"), ("/", "/qrs"), ("admin", "/admin/qrs"), ("/a/b/", "/a/b/qrs")]
)
def test_qrs_may_be_reached_through_a_virtual_proxy(prefix: str | None, root: str) -> None:
    rest = FakeRest({f"GET qlik1.example.com:4242{root}/virtualproxyconfig/full": []})
    Repository(rest, Connection("qlik1.example.com", "", "", qrs_virtual_proxy=prefix)).virtual_proxies()
    assert rest.asked == [f"GET qlik1.example.com:4242{root}/virtualproxyconfig/full"]


@pytest.mark.parametrize("data", [None, {}, "text", [1], [[]], 5])
def test_another_shape_than_a_list_of_objects_is_refused(data: Any) -> None:
    site, _rest = repository({f"{QRS}/virtualproxyconfig/full": data})
    with pytest.raises(QlikError) as caught:
        site.virtual_proxies()
    assert caught.value.kind == "unexpected_answer"
    assert "GET https://qlik1.example.com:4242/qrs/virtualproxyconfig/full" in caught.value.reason


ODD_PROXY_SERVICES = [
    ({"id": None}, "id is missing, text"),
    ({"id": 5}, "id is a number, text"),
    ({"settings": "x"}, "settings is text, an object"),
    ({"settings": []}, "settings is a list, an object"),
    ({"settings": {"virtualProxies": ["vp0"]}}, "settings.virtualProxies[0] is text, an object"),
    ({"settings": {"virtualProxies": {}}}, "settings.virtualProxies is an object, a list"),
    ({"settings": {"virtualProxies": [{"id": "a"}, {}]}}, "settings.virtualProxies[1].id is missing, text"),
    ({"settings": {"restListenPort": "x"}}, "settings.restListenPort is text, a whole number"),
    ({"settings": {"restListenPort": True}}, "settings.restListenPort is a flag, a whole number"),
    ({"settings": {"restListenPort": 0}}, "settings.restListenPort is a number out of range, one from 1 to 65535"),
    (
        {"settings": {"restListenPort": "65536"}},
        "settings.restListenPort is a number out of range, one from 1 to 65535",
    ),
    ({"settings": {"listenPort": -1}}, "settings.listenPort is a number out of range, one from 0 to 65535"),
    ({"serverNodeConfiguration": []}, "serverNodeConfiguration is a list, an object"),
    ({"serverNodeConfiguration": {"name": 7}}, "serverNodeConfiguration.name is a number, text"),
    ({"serverNodeConfiguration": {"proxyEnabled": "maybe"}}, "serverNodeConfiguration.proxyEnabled is text, a flag"),
    ({"serverNodeConfiguration": {"proxyEnabled": 0}}, "serverNodeConfiguration.proxyEnabled is a number, a flag"),
]


@pytest.mark.parametrize(("odd", "what"), ODD_PROXY_SERVICES)
def test_a_proxy_service_of_another_shape_is_not_guessed(odd: dict[str, Any], what: str) -> None:
    site, _rest = repository({PROXIES: [{"id": "1"}, {"id": "2", **odd}]})
    with pytest.raises(QlikError) as caught:
        [site.proxy_service(item, {}) for item in site.proxy_services()]
    assert caught.value.kind == "unexpected_answer"
    assert caught.value.reason == (
        f"GET https://qlik1.example.com:4242/qrs/proxyservice/full: [1].{what} was expected."
    )


@pytest.mark.parametrize(
    ("path", "read", "item", "what"),
    [
        ("user", lambda site: site.users("", ()), {"attributes": ["x"]}, "attributes[0] is text, an object"),
        ("user", lambda site: site.users("", ()), {"inactive": "maybe"}, "inactive is text, a flag"),
        ("user", lambda site: site.users("", ()), {"blacklisted": 1}, "blacklisted is a number, a flag"),
        ("user", lambda site: site.users("", ()), {"userId": 1001}, "userId is a number, text"),
        ("user", lambda site: site.users("", ()), {"userDirectory": ""}, "userDirectory is empty text, text"),
        (
            "servicestatus",
            Repository.proxy_states,
            {"serviceType": 1, "serviceState": [2]},
            "serviceState is a list, the number or the name of a choice",
        ),
        (
            "servicestatus",
            Repository.proxy_states,
            {"serviceType": True},
            "serviceType is a flag, the number or the name of a choice",
        ),
        ("virtualproxyconfig", Repository.virtual_proxies, {"id": "1", "prefix": 5}, "prefix is a number, text"),
    ],
)
def test_what_can_not_be_read_without_doubt_is_an_error(
    path: str, read: Callable[[Repository], object], item: dict[str, Any], what: str
) -> None:
    site, _rest = repository({f"{QRS}/{path}/full": [{"userDirectory": "LAB", "userId": "anna", **item}]})
    with pytest.raises(QlikError) as caught:
        read(site)
    assert caught.value.kind == "unexpected_answer"
    assert caught.value.reason == f"GET https://qlik1.example.com:4242/qrs/{path}/full: [0].{what} was expected."


def test_flags_and_numbers_in_words_are_read() -> None:
    site, _rest = repository(
        {
            f"{QRS}/user/full": [
                {
                    "userDirectory": "LAB",
                    "userId": "anna",
                    "inactive": "False",
                    "blacklisted": "true",
                    "removedExternally": None,
                    "attributes": [{"attributeType": None, "attributeValue": 5}],
                }
            ],
            f"{QRS}/virtualproxyconfig/full": [{"id": "1", "sessionInactivityTimeout": "30"}],
        }
    )
    (user,) = site.users("", ("email",))
    assert user.states == {"blacklisted"}
    assert site.virtual_proxies()[0].session_inactivity_timeout == 30
