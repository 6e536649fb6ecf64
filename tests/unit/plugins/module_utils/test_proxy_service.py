# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._api.qps import ProxyServiceApi, SessionStruct
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection, Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Response
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.tests.unit.plugins import builders
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import FakeRest, Reply, Wire, unreachable

NODE = "central:4243"


def api(answers: dict[str, Any]) -> tuple[ProxyServiceApi, FakeRest]:
    rest = FakeRest(answers)
    return ProxyServiceApi(rest, Endpoint("central", 4243)), rest


@pytest.mark.parametrize(
    ("answer", "alive"),
    [
        ({"value": True}, True),
        ({"value": "true"}, True),
        ({"value": "True"}, True),
        (True, True),
        ("true", True),
        ({"value": False}, False),
        ({"value": "false"}, False),
        (False, False),
        (Response(503, None, repeated=False), False),
        (Response(503, {"value": True}, repeated=False), False),
    ],
)
def test_alive(answer: Any, alive: bool) -> None:
    service, rest = api({f"GET {NODE}/qps/alive": answer})
    assert service.is_alive() is alive
    assert rest.asked == [f"GET {NODE}/qps/alive"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({}, "missing"),
        (None, "missing"),
        ({"value": None}, "missing"),
        ([True], "a list"),
        ("secret", "text"),
        (1, "a number"),
        ({"value": ""}, "empty text"),
        ({"value": {"value": True}}, "an object"),
    ],
)
def test_whether_it_is_alive_is_never_guessed(answer: Any, kind: str) -> None:
    service, _rest = api({f"GET {NODE}/qps/alive": answer})
    with pytest.raises(QlikError) as caught:
        service.is_alive()
    assert caught.value.kind == "unexpected_answer"
    assert caught.value.reason == f"GET https://{NODE}/qps/alive: value is {kind}, a flag was expected."


@pytest.mark.parametrize("error", [unreachable(), Response(403, None, repeated=False)])
def test_whether_it_is_alive_is_not_known_where_it_can_not_be_asked(error: Any) -> None:
    service, _rest = api({f"GET {NODE}/qps/alive": error})
    with pytest.raises(RequestFailed):
        service.is_alive()


@pytest.mark.parametrize(
    ("prefix", "path"),
    [
        ("", "/qps/session"),
        ("sales", "/qps/sales/session"),
        ("a/b", "/qps/a/b/session"),
        ("Ünï x?#%", "/qps/%C3%9Cn%C3%AF%20x%3F%23%25/session"),
    ],
)
def test_paths_of_prefixes(prefix: str, path: str) -> None:
    service, rest = api({f"GET {NODE}{path}": [], f"DELETE {NODE}{path}/the-id": {}})
    assert service.sessions(prefix) == []
    assert service.end(prefix, "the-id", "label") is True
    assert rest.asked == [f"GET {NODE}{path}", f"DELETE {NODE}{path}/the-id"]


def test_ids_of_listed_sessions_are_kept_out_of_messages_from_then_on() -> None:
    service, rest = api({f"GET {NODE}/qps/session": [{"SessionId": "one"}, {"SessionId": "two"}]})
    service.sessions("")
    assert rest.remembered == ["one", "two"]


def test_a_session_as_qps_gives_it() -> None:
    service, _rest = api(
        {
            f"GET {NODE}/qps/session": [
                {
                    "UserDirectory": "LAB",
                    "UserId": "anna",
                    "UserName": None,
                    "Attributes": [
                        {"group": "Finance"},
                        {"group": "HR"},
                        {"Email": ""},
                        {"x": None, "y": 5},
                        {"z": True},
                    ],
                    "SessionId": "one",
                },
                {"UserDirectory": "LAB", "UserId": "bert", "SessionId": "two"},
                {"SessionId": "three", "Attributes": None, "UserName": "Carl"},
            ]
        }
    )
    assert service.sessions("") == [
        SessionStruct(
            "LAB", "anna", "", {"group": ["Finance", "HR"], "Email": [""], "x": [""], "y": ["5"], "z": ["true"]}, "one"
        ),
        SessionStruct("LAB", "bert", "", {}, "two"),
        SessionStruct("", "", "Carl", {}, "three"),
    ]


@pytest.mark.parametrize(
    ("item", "what"),
    [
        ({"UserId": "anna"}, "SessionId is missing, text"),
        ({"SessionId": ""}, "SessionId is empty text, text"),
        ({"SessionId": 4711}, "SessionId is a number, text"),
        ({"SessionId": ["secret-id"]}, "SessionId is a list, text"),
        ({"SessionId": "secret-id", "UserId": 7}, "UserId is a number, text"),
        ({"SessionId": "secret-id", "UserDirectory": {"x": 1}}, "UserDirectory is an object, text"),
        ({"SessionId": "secret-id", "UserName": True}, "UserName is a flag, text"),
        ({"SessionId": "secret-id", "Attributes": {"group": "HR"}}, "Attributes is an object, a list"),
        ({"SessionId": "secret-id", "Attributes": "group"}, "Attributes is text, a list"),
        ({"SessionId": "secret-id", "Attributes": [{}, "group"]}, "Attributes[1] is text, an object"),
        ({"SessionId": "secret-id", "Attributes": [None]}, "Attributes[0] is missing, an object"),
        ({"SessionId": "secret-id", "Attributes": [{"group": ["HR"]}]}, "Attributes[0].group is a list, text"),
    ],
)
def test_sessions_of_another_shape_are_an_error_without_the_id(item: dict[str, Any], what: str) -> None:
    service, _rest = api({f"GET {NODE}/qps/sales/session": [{"SessionId": "one"}, item]})
    with pytest.raises(QlikError) as caught:
        service.sessions("sales")
    assert caught.value.kind == "unexpected_answer"
    assert caught.value.reason == f"GET https://{NODE}/qps/sales/session: [1].{what} was expected."


UNSAFE_PREFIXES = [".", "..", "a/..", "../x", "a/./b", "a//b", "/a", "a/", "/", "a\nb", "a\x00", "\x7f", "a\x85b"]


@pytest.mark.parametrize("prefix", UNSAFE_PREFIXES)
def test_a_prefix_that_would_be_folded_or_cut_is_never_sent(prefix: str) -> None:
    service, rest = api({})
    requests: list[Callable[[], object]] = [
        lambda: service.sessions(prefix),
        lambda: service.end(prefix, "the-id", "label"),
    ]
    for request in requests:
        with pytest.raises(QlikError, match=re.escape(repr(prefix))) as caught:
            request()
        assert caught.value.kind == "unsafe_prefix"
        assert "QMC" in caught.value.hint
    assert rest.asked == []


@pytest.mark.parametrize("prefix", ["%2e%2e", "%2E", "a%2Fb", "...", ".a", "a..", "a\\..\\b", "%", "%0a"])
def test_a_prefix_that_only_looks_unsafe_arrives_as_it_is(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    monkeypatch.setattr(Connection, "tls_context", lambda _connection: None)
    wire = Wire([Reply(body=[])]).install(monkeypatch)
    assert ProxyServiceApi(Rest(builders.connection()), Endpoint("central", 4243)).sessions(prefix) == []
    (sent,) = wire.sent
    assert unquote(sent.path) == f"/qps/{prefix}/session"
    assert len(sent.path.split("/")) == 4


def test_a_virtual_proxy_that_the_proxy_service_does_not_know() -> None:
    service, _rest = api({f"GET {NODE}/qps/sales/session": Response(404, None, repeated=False)})
    with pytest.raises(RequestFailed) as caught:
        service.sessions("sales")
    assert caught.value.status == 404
    assert "/sales" in caught.value.hint


@pytest.mark.parametrize(
    ("answer", "was_there"),
    [
        (Response(200, {}, repeated=False), True),
        (Response(200, None, repeated=True), True),
        (Response(202, None, repeated=False), True),
        (Response(204, None, repeated=False), True),
        (Response(404, None, repeated=False), False),
        # The first try got through, only its answer was lost.
        (Response(404, None, repeated=True), True),
    ],
)
def test_ending(answer: Response, was_there: bool) -> None:
    service, _rest = api({f"DELETE {NODE}/qps/session/the-id": answer})
    assert service.end("", "the-id", "label") is was_there


def test_ending_that_is_refused_raises() -> None:
    service, _rest = api({f"DELETE {NODE}/qps/session/the-id": Response(403, None, repeated=False)})
    with pytest.raises(RequestFailed):
        service.end("", "the-id", "label")


def test_a_success_that_is_not_json_goes_up_unchanged() -> None:
    error = RequestFailed("not_json", "the answer is not JSON.", "Check.", request="DELETE https://node", status=200)
    service, _rest = api({f"DELETE {NODE}/qps/session/the-id": error})
    with pytest.raises(RequestFailed) as caught:
        service.end("", "the-id", "label")
    assert caught.value is error


@pytest.mark.parametrize("data", [None, {}, [], "gone", {"session": {"SessionId": 1}, "lastSessionForUser": "?"}])
def test_what_is_answered_to_an_ending_is_not_read(data: Any) -> None:
    service, _rest = api({f"DELETE {NODE}/qps/session/the-id": Response(200, data, repeated=False)})
    assert service.end("", "the-id", "label") is True


@pytest.mark.parametrize("session_id", [".", "..", "...", ""])
def test_an_id_that_would_be_folded_out_of_a_url_is_never_sent(session_id: str) -> None:
    service, rest = api({})
    with pytest.raises(QlikError, match="a1-b2: the id of this session can't be part of a URL") as caught:
        service.end("", session_id, "a1-b2")
    assert caught.value.kind == "unsafe_id"
    assert rest.asked == []
