# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._connection import Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.plugins.module_utils._proxy_service import ProxyServiceApi, SessionStruct
from ansible_collections.qlikops.sense.plugins.module_utils._rest import Answer
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import FakeRest, unreachable

NODE = "central:4243"


def api(answers: dict[str, Any]) -> tuple[ProxyServiceApi, FakeRest]:
    rest = FakeRest(answers)
    return ProxyServiceApi(rest, Endpoint("central", 4243)), rest


@pytest.mark.parametrize(
    ("answer", "alive"),
    [
        ({"value": True}, True),
        ({"value": "true"}, True),
        ({"value": False}, False),
        ({}, False),
        (None, False),
        ([True], False),
        (Answer(503, None, repeated=False), False),
    ],
)
def test_alive(answer: Any, alive: bool) -> None:
    service, rest = api({f"GET {NODE}/qps/alive": answer})
    assert service.is_alive() is alive
    assert rest.asked == [f"GET {NODE}/qps/alive"]


@pytest.mark.parametrize("error", [unreachable(), Answer(403, None, repeated=False)])
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


def test_a_session_as_qps_gives_it() -> None:
    service, _rest = api(
        {
            f"GET {NODE}/qps/session": [
                {
                    "UserDirectory": "LAB",
                    "UserId": "anna",
                    "UserName": None,
                    "Attributes": [{"group": "Finance"}, {"group": "HR"}, {"Email": ""}, {"x": None, "y": 5}],
                    "SessionId": "one",
                },
                {"UserDirectory": "LAB", "UserId": "bert", "SessionId": "two"},
                {"SessionId": "three", "Attributes": None, "UserName": "Carl"},
            ]
        }
    )
    assert service.sessions("") == [
        SessionStruct("LAB", "anna", "", {"group": ["Finance", "HR"], "Email": [""], "x": [""], "y": ["5"]}, "one"),
        SessionStruct("LAB", "bert", "", {}, "two"),
        SessionStruct("", "", "Carl", {}, "three"),
    ]


@pytest.mark.parametrize(
    "item",
    [
        {"UserId": "anna"},
        {"SessionId": ""},
        {"SessionId": "secret-id", "Attributes": {"group": "HR"}},
        {"SessionId": "secret-id", "Attributes": ["group"]},
        {"SessionId": "secret-id", "Attributes": "group"},
    ],
)
def test_sessions_of_another_shape_are_an_error_without_the_id(item: dict[str, Any]) -> None:
    service, _rest = api({f"GET {NODE}/qps/sales/session": [item]})
    with pytest.raises(QlikError) as caught:
        service.sessions("sales")
    assert caught.value.kind == "unexpected_answer"
    assert "secret-id" not in str(caught.value)


def test_a_virtual_proxy_that_the_proxy_service_does_not_know() -> None:
    service, _rest = api({f"GET {NODE}/qps/sales/session": Answer(404, None, repeated=False)})
    with pytest.raises(RequestFailed) as caught:
        service.sessions("sales")
    assert caught.value.status == 404
    assert "/sales" in caught.value.hint


@pytest.mark.parametrize(
    ("answer", "was_there"),
    [
        (Answer(200, {}, repeated=False), True),
        (Answer(200, None, repeated=True), True),
        (Answer(202, None, repeated=False), True),
        (Answer(204, None, repeated=False), True),
        (Answer(404, None, repeated=False), False),
        # The first try got through, only its answer was lost.
        (Answer(404, None, repeated=True), True),
    ],
)
def test_ending(answer: Answer, was_there: bool) -> None:
    service, _rest = api({f"DELETE {NODE}/qps/session/the-id": answer})
    assert service.end("", "the-id", "label") is was_there


def test_ending_that_is_refused_raises() -> None:
    service, _rest = api({f"DELETE {NODE}/qps/session/the-id": Answer(403, None, repeated=False)})
    with pytest.raises(RequestFailed):
        service.end("", "the-id", "label")


@pytest.mark.parametrize("session_id", [".", "..", "...", ""])
def test_an_id_that_would_be_folded_out_of_a_url_is_never_sent(session_id: str) -> None:
    service, rest = api({})
    with pytest.raises(QlikError, match="a1-b2: the id of this session can't be part of a URL") as caught:
        service.end("", session_id, "a1-b2")
    assert caught.value.kind == "unsafe_id"
    assert rest.asked == []


@pytest.mark.parametrize("prefix", [".", "..", "hub/..", "./hub", "a//b", "a/./b"])
def test_a_prefix_that_urls_fold_away_is_never_asked_for(prefix: str) -> None:
    rest = FakeRest({})
    api = ProxyServiceApi(rest, Endpoint("node", 4243))
    for ask in (lambda: api.sessions(prefix), lambda: api.end(prefix, "one", "ref")):
        with pytest.raises(QlikError, match="can't be part of a URL"):
            ask()
    assert rest.asked == []


@pytest.mark.parametrize("prefix", ["", "sales", "partner/emea", "v1.2", "...", "a.b/c"])
def test_other_dots_are_fine(prefix: str) -> None:
    path = f"GET node:4243/qps/{prefix}/session".replace("qps//", "qps/")
    assert ProxyServiceApi(FakeRest({path: []}), Endpoint("node", 4243)).sessions(prefix) == []
