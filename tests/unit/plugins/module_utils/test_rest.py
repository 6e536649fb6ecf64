# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import logging
import re
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote

import pytest
import urllib3
from hypothesis import given
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, ProtocolError, ProxyError, ReadTimeoutError, SSLError

from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection, Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request, expect_list
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.tests.unit.plugins.certificates import Export
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import Reply, Wire, refused
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import session_ids

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
NODE = Endpoint("qlik1.example.com", 4242)
ABOUT = Request("GET", "/qrs/about")
CREATE = Request("POST", "/qrs/tag", body={"name": "x"})
CHANGE = Request("PUT", "/qrs/tag/x", body={"id": "x"})
END = Request("DELETE", "/qps/session/", secret="the-secret-id", label="a1b2c3-d4e5f6")


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def client(pem: Export, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes a client out of a script and options: (client, what was sent, pauses)."""
    clients: list[Rest] = []

    def make(*script: Any, **options: Any) -> tuple[Rest, Wire, list[float]]:
        wire = Wire(list(script) or [Reply()]).install(monkeypatch)
        pauses: list[float] = []
        rest = Rest(Connection.from_options({**pem.options, **options}), sleep=pauses.append)
        clients.append(rest)
        return rest, wire, pauses

    yield make
    for rest in clients:
        rest.close()


def test_headers_and_query_of_a_request(client: Any) -> None:
    rest, wire, _pauses = client(timeout=17)
    rest.send(NODE, Request("GET", "/qrs/user/full", {"filter": "name eq 'a&b #+ é'"}))
    (sent,) = wire.sent
    assert (sent.method, sent.path, sent.timeout) == ("GET", "/qrs/user/full", 17)
    xrfkey = sent.headers["X-Qlik-Xrfkey"]
    assert re.fullmatch("[0-9A-Za-z]{16}", xrfkey)
    assert sent.query == {"filter": ["name eq 'a&b #+ é'"], "xrfkey": [xrfkey]}
    assert "+" not in sent.target
    assert "name%20eq%20%27a%26b%20%23%2B%20%C3%A9%27" in sent.target
    assert sent.headers["X-Qlik-User"] == "UserDirectory=INTERNAL; UserId=sa_api"
    assert sent.headers["Accept"] == "application/json"
    assert sent.headers["Host"] == "qlik1.example.com:4242"
    assert sent.headers["Connection"] == "keep-alive"
    assert "Authorization" not in sent.headers
    assert "Cookie" not in sent.headers


def test_each_client_has_an_xrfkey_of_its_own_and_keeps_it(client: Any) -> None:
    keys = set()
    for _number in range(5):
        rest, wire, _pauses = client()
        rest.send(NODE, ABOUT)
        rest.send(NODE, ABOUT)
        first, second = (sent.headers["X-Qlik-Xrfkey"] for sent in wire.sent)
        assert first == second
        keys.add(first)
    assert len(keys) == 5


def test_a_mapped_host_is_reached_at_its_address_under_its_own_name(client: Any) -> None:
    rest, wire, _pauses = client(host_map={"QLIK1.example.com": "127.0.0.9", "six": "::1"})
    rest.send(NODE, ABOUT)
    rest.send(Endpoint("six", 4243), ABOUT)
    first, second = wire.sent
    assert (first.pool.host, first.pool.port) == ("127.0.0.9", 4242)
    assert first.headers["Host"] == "qlik1.example.com:4242"
    assert first.pool.conn_kw["server_hostname"] == "qlik1.example.com"
    assert (second.pool.host.strip("[]"), second.pool.port) == ("::1", 4243)
    assert second.headers["Host"] == "six:4243"
    assert second.pool.conn_kw["server_hostname"] == "six"


def test_every_host_has_the_one_context_and_nothing_to_add_to_it(client: Any) -> None:
    rest, wire, _pauses = client()
    for host in ("a", "b"):
        rest.send(Endpoint(host, 4243), ABOUT)
    first, second = wire.sent
    assert first.pool.conn_kw["ssl_context"] is second.pool.conn_kw["ssl_context"]
    for sent in wire.sent:
        pool: Any = sent.pool
        assert pool.cert_reqs in (None, "CERT_REQUIRED")  # None, with an old requests: what the context says
        assert (pool.ca_certs, pool.ca_cert_dir, pool.assert_hostname) == (None, None, None)


def test_a_host_keeps_one_pool_as_large_as_max_parallel(client: Any) -> None:
    rest, wire, _pauses = client(max_parallel=3)
    for _number in range(4):
        rest.send(NODE, ABOUT)
    pools = {id(sent.pool): sent.pool for sent in wire.sent}
    (pool,) = pools.values()
    assert pool.pool is not None
    assert pool.pool.maxsize == 3
    assert pool.block is True


@given(session_id=session_ids.filter(lambda one: one not in {".", ".."}))  # the Proxy API refuses these two
def test_a_session_id_arrives_as_it_is_in_one_segment(session_id: str, pem: Export) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        wire = Wire([Reply()]).install(monkeypatch)
        rest = Rest(Connection.from_options({**pem.options, "use_proxy": False}))
        rest.send(NODE, Request("DELETE", "/qps/sales/session/", secret=session_id, label="x"))
        rest.close()
    segments = wire.sent[0].path.split("/")
    assert segments[:-1] == ["", "qps", "sales", "session"]
    assert unquote(segments[-1]) == session_id


@pytest.mark.parametrize("path", ["/qps/a/b/session", "/qps/%C3%9Cn%20x%3F%23%25/session", "/qrs/user/full"])
def test_a_path_arrives_as_it_is(client: Any, path: str) -> None:
    rest, wire, _pauses = client()
    rest.send(NODE, Request("GET", path))
    assert wire.sent[0].path == path


@pytest.mark.parametrize(
    ("reply", "data"),
    [
        (Reply(200, {"a": [1, "é"]}), {"a": [1, "é"]}),
        (Reply(200, []), []),
        (Reply(200, b"\xef\xbb\xbf[1]"), [1]),
        (Reply(200, ""), None),
        (Reply(200, " \r\n"), None),
    ],
)
def test_what_an_answer_holds(client: Any, reply: Reply, data: Any) -> None:
    rest, _wire, _pauses = client(reply)
    answer = rest.send(NODE, ABOUT)
    assert (answer.status, answer.data, answer.repeated) == (200, data, False)


def test_the_body_of_an_accepted_failure_is_not_read_as_json(client: Any) -> None:
    rest, _wire, _pauses = client(Reply(404, "<html>not here</html>"))
    assert rest.send(NODE, END, accept=(200, 404)).data is None


def test_a_body_is_sent_as_json(client: Any) -> None:
    rest, wire, _pauses = client(Reply(201, {"id": "x"}))
    answer = rest.send(NODE, Request("POST", "/qrs/tag", body={"name": "é", "on": True}), accept=(201,))
    (sent,) = wire.sent
    assert (sent.method, sent.path) == ("POST", "/qrs/tag")
    assert sent.body == '{"name": "\\u00e9", "on": true}'
    assert sent.headers["Content-Type"] == "application/json"
    assert (answer.status, answer.data) == (201, {"id": "x"})


def test_without_a_body_nothing_is_said_of_one(client: Any) -> None:
    rest, wire, _pauses = client()
    rest.send(NODE, ABOUT)
    assert wire.sent[0].body is None
    assert "Content-Type" not in wire.sent[0].headers


def test_a_success_of_a_write_must_be_json_or_empty(client: Any) -> None:
    rest, _wire, _pauses = client(Reply(204, ""))
    assert rest.send(NODE, CHANGE, accept=(200, 204)).data is None
    rest, _wire, _pauses = client(Reply(200, "<html><title>Log in</title></html>"))
    with pytest.raises(RequestFailed, match="a web page titled 'Log in'"):
        rest.send(NODE, CHANGE)


def test_a_session_that_was_ended_with_odd_words_keeps_its_status(client: Any) -> None:
    rest, _wire, _pauses = client(Reply(202, "done"))
    with pytest.raises(RequestFailed) as caught:
        rest.send(NODE, END, accept=(200, 202))
    assert (caught.value.kind, caught.value.status, caught.value.words) == ("not_json", 202, "done")


def test_no_cookie_is_kept(client: Any) -> None:
    rest, wire, _pauses = client(Reply(headers={"Set-Cookie": "X-Qlik-Session=abc"}))
    rest.send(NODE, ABOUT)
    rest.send(NODE, ABOUT)
    assert "Cookie" not in wire.sent[1].headers
    assert rest.own_sessions() == set()


# Through a virtual proxy

DOOR = {"host": NODE.host_name, "qrs_virtual_proxy": "api"}
COOKIE = {"Set-Cookie": "X-Qlik-Session-api=own-id; Path=/; HttpOnly; Secure; SameSite=None"}


def test_requests_through_a_virtual_proxy_share_one_session_which_ends_with_them(client: Any) -> None:
    rest, wire, _pauses = client(Reply(headers=COOKIE), Reply(), **DOOR)
    rest.send(NODE, ABOUT)
    assert rest.own_sessions() == {"own-id"}
    rest.send(NODE, ABOUT)
    rest.close()
    assert [sent.headers.get("Cookie") for sent in wire.sent] == [None, *["X-Qlik-Session-api=own-id"] * 2]
    assert [(sent.method, sent.path) for sent in wire.sent[2:]] == [("DELETE", "/api/qps/user")]


@pytest.mark.parametrize("options", [{}, DOOR])
def test_own_sessions_can_be_asked_for_while_connections_are_opened(client: Any, options: dict[str, str]) -> None:
    class BeingChanged(dict[Any, Any]):
        def items(self) -> Any:
            raise RuntimeError("dictionary changed size during iteration")

    rest, _wire, _pauses = client(Reply(headers=COOKIE), **options)
    rest.send(NODE, ABOUT)
    kept, rest._sessions = rest._sessions, BeingChanged(rest._sessions)
    assert rest.own_sessions() == ({"own-id"} if options else set())
    rest._sessions = kept


def test_the_proxy_services_are_not_sent_that_cookie(client: Any) -> None:
    rest, wire, _pauses = client(Reply(headers=COOKIE), **DOOR)
    rest.send(NODE, ABOUT)
    rest.send(Endpoint(NODE.host_name, 4243), ABOUT)
    assert "Cookie" not in wire.sent[1].headers


@pytest.mark.parametrize("trouble", [Reply(status=500), Reply(body="no JSON"), ProtocolError("gone")])
def test_what_goes_wrong_at_log_out_is_no_failure(client: Any, trouble: Any) -> None:
    rest, wire, _pauses = client(Reply(headers=COOKIE), trouble, **DOOR, retries=0)
    rest.send(NODE, ABOUT)
    rest.close()
    assert len(wire.sent) == 2


def test_who_was_not_let_in_need_not_log_out(client: Any) -> None:
    rest, wire, _pauses = client(Reply(status=403), **DOOR)
    with pytest.raises(RequestFailed):
        rest.send(NODE, ABOUT)
    rest.close()
    assert len(wire.sent) == 1


@pytest.mark.parametrize(("user_port", "at_once"), [(DOOR, 1), ({}, 4)])
def test_only_the_first_request_through_a_virtual_proxy_goes_alone(
    client: Any, monkeypatch: pytest.MonkeyPatch, user_port: dict[str, str], at_once: int
) -> None:
    rest, wire, _pauses = client(Reply(headers=COOKIE), **user_port)
    first_answers, others_came = threading.Event(), threading.Barrier(4)
    sent: list[int] = []
    answer = HTTPConnectionPool.urlopen

    def urlopen(pool: Any, *arguments: Any, **options: Any) -> Any:
        sent.append(1)
        if len(sent) <= at_once:
            assert first_answers.wait(30)
        return answer(pool, *arguments, **options)

    monkeypatch.setattr(HTTPConnectionPool, "urlopen", urlopen)

    def ask() -> None:
        others_came.wait(30)
        rest.send(NODE, ABOUT)

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask) for _request in range(4)]
        while len(sent) < at_once:
            time.sleep(0.01)
        count = len(sent)
        first_answers.set()
        for each in asked:
            each.result(30)
    assert count == at_once
    assert len([one for one in wire.sent if "Cookie" not in one.headers]) == at_once
    assert len(wire.sent) == 4


def test_too_many_sessions_are_told_as_that(client: Any) -> None:
    words = "You cannot access Qlik Sense because you have too many sessions active in parallel."
    rest, _wire, _pauses = client(Reply(status=403, body=words), **DOOR)
    with pytest.raises(RequestFailed) as caught:
        rest.send(NODE, ABOUT)
    assert caught.value.kind == "too_many_sessions"
    assert "five" in caught.value.hint


# Failures, and what is repeated


def broken(pool: Any) -> Exception:
    return ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))


def test_a_connection_closed_while_writing_is_tried_again(client: Any) -> None:
    rest, wire, _pauses = client(closed_while_writing, Reply())
    assert rest.send(NODE, END).repeated is True
    assert len(wire.sent) == 2


def test_a_damaged_compression_is_called_so(client: Any) -> None:
    rest, wire, _pauses = client(Reply(200, "x", breaks_with=damaged_gzip))
    with pytest.raises(RequestFailed, match="can't be decompressed") as caught:
        rest.send(NODE, ABOUT)
    assert (caught.value.kind, len(wire.sent)) == ("damaged_answer", 1)


def test_nesting_without_end_is_no_json(client: Any) -> None:
    rest, _wire, _pauses = client(Reply(200, "[" * 200_000))
    with pytest.raises(RequestFailed) as caught:
        rest.send(NODE, ABOUT)
    assert caught.value.kind == "not_json"


def test_words_without_a_charset_are_utf_8(client: Any) -> None:
    call = Request("DELETE", "/qps/session/", secret="ünï-✓", label="a1b2c3-d4e5f6")
    rest, _wire, _pauses = client(Reply(500, "Größe: ünï-✓", headers={"Content-Type": "text/html"}))
    with pytest.raises(RequestFailed) as caught:
        rest.send(NODE, call)
    assert caught.value.words == "Größe: ***"


def test_half_a_character_in_an_id_goes_into_the_url_somehow(client: Any) -> None:
    rest, wire, _pauses = client(Reply(404))
    rest.send(NODE, Request("DELETE", "/qps/session/", secret="\ud83d"), accept=(404,))
    assert wire.sent[0].path == "/qps/session/%ED%A0%BD"


def unresolved(pool: Any) -> Exception:
    cause = socket.gaierror(-2, "Name or service not known")
    error = urllib3.exceptions.NewConnectionError(pool, "Failed to resolve 'qlik1'")
    error.__cause__ = cause
    return MaxRetryError(pool, "/x?xrfkey=secret", error)


def slow_to_connect(pool: Any) -> Exception:
    return MaxRetryError(pool, "/x?xrfkey=secret", urllib3.exceptions.ConnectTimeoutError(pool, "timed out"))


def slow_to_answer(pool: Any) -> Exception:
    return ReadTimeoutError(pool, "/x?xrfkey=secret", "Read timed out.")


def broken_tls(pool: Any) -> Exception:
    cause = ssl.SSLError(1, "[SSL: INTERNAL_ERROR] internal error")
    cause.reason = "INTERNAL_ERROR"
    return MaxRetryError(pool, "/x?xrfkey=secret", SSLError(cause))


def closed_while_writing(pool: Any) -> Exception:
    return MaxRetryError(pool, "/x", SSLError(ssl.SSLEOFError(8, "EOF occurred in violation of protocol (_ssl.c:1)")))


def damaged_gzip() -> Exception:
    return urllib3.exceptions.DecodeError("failed to decode it", OSError("incorrect header check"))


def proxy_down(pool: Any) -> Exception:
    return MaxRetryError(pool, "/x", ProxyError("Unable to connect to proxy", OSError("refused")))


def slow_body() -> Exception:
    return ReadTimeoutError(None, "/x", "Read timed out.")  # type: ignore[arg-type]  # no pool is needed here


def half_a_body() -> Exception:
    return urllib3.exceptions.IncompleteRead(10, 20)


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (refused, "connection_refused"),
        (broken, "connection_lost"),
        (closed_while_writing, "connection_lost"),
        (unresolved, "name_unknown"),
        (Reply(502, "busy"), "server_error"),
        (Reply(503, "busy"), "server_error"),
        (Reply(504, "busy"), "server_error"),
        (Reply(200, "[", breaks_with=half_a_body), "connection_lost"),
    ],
)
@pytest.mark.parametrize("retries", [0, 1, 2, 5])
def test_what_may_pass_is_repeated_as_often_as_told_with_growing_pauses(
    client: Any, trouble: Any, kind: str, retries: int
) -> None:
    rest, wire, pauses = client(trouble, retries=retries)
    with pytest.raises(RequestFailed) as caught:
        rest.send(NODE, ABOUT)
    assert caught.value.kind == kind
    assert len(wire.sent) == retries + 1
    assert pauses == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2][:retries])


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (slow_to_connect, "timeout"),
        (slow_to_answer, "timeout"),
        (broken_tls, "tls"),
        (proxy_down, "http_proxy"),
        (Reply(200, "[", breaks_with=slow_body), "timeout"),
        (Reply(200, "<html><title>Sign in</title>"), "not_json"),
        (Reply(400, "Invalid expression"), "unexpected_status"),
        (Reply(401), "login_wanted"),
        (Reply(403), "forbidden"),
        (Reply(404), "not_found"),
        (Reply(302, headers={"Location": "https://login"}), "redirect"),
        (Reply(500), "server_error"),
    ],
)
def test_what_will_not_pass_is_not_repeated(client: Any, trouble: Any, kind: str) -> None:
    rest, wire, pauses = client(trouble, retries=5)
    with pytest.raises(RequestFailed) as caught:
        rest.send(NODE, ABOUT)
    assert caught.value.kind == kind
    assert len(wire.sent) == 1
    assert pauses == []


@pytest.mark.parametrize(
    "trouble", [broken, Reply(502), Reply(503), Reply(504), Reply(200, "x", breaks_with=half_a_body)]
)
def test_what_would_create_something_twice_is_never_repeated(client: Any, trouble: Any) -> None:
    rest, wire, pauses = client(trouble, retries=5)
    with pytest.raises(RequestFailed):
        rest.send(NODE, CREATE)
    assert len(wire.sent) == 1
    assert pauses == []


@pytest.mark.parametrize("trouble", [refused, unresolved])
def test_what_never_arrived_may_be_repeated_whatever_it_is(client: Any, trouble: Any) -> None:
    rest, wire, _pauses = client(trouble, trouble, Reply(201, {"id": "x"}), retries=2)
    assert rest.send(NODE, CREATE, accept=(201,)).repeated is False
    assert [sent.body for sent in wire.sent] == ['{"name": "x"}'] * 3


@pytest.mark.parametrize("trouble", [broken, Reply(503)])
def test_a_change_is_repeated_with_its_body(client: Any, trouble: Any) -> None:
    rest, wire, _pauses = client(trouble, Reply(200, {}))
    assert rest.send(NODE, CHANGE).repeated is True
    assert [(sent.method, sent.body) for sent in wire.sent] == [("PUT", '{"id": "x"}')] * 2


def test_a_request_that_succeeds_at_last_is_an_answer_like_any_other(client: Any) -> None:
    rest, wire, pauses = client(refused, Reply(503), Reply(200, [1]))
    answer = rest.send(NODE, ABOUT)
    assert (answer.data, answer.repeated) == ([1], True)
    assert len(wire.sent) == 3
    assert pauses == pytest.approx([0.2, 0.4])
    assert len({sent.target for sent in wire.sent}) == 1


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        ("7", 7),
        ("0", 0),
        ("86400", 30),
        ("soon", 0.2),
        ("-5", 0.2),
        ("1.5", 0.2),
        ("", 0.2),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 30),
        ("Mon, 01 Jan 99999 00:00:00 GMT", 0.2),
    ],
)
def test_retry_after_is_honoured_within_reason(client: Any, header: str, pause: float) -> None:
    rest, _wire, pauses = client(Reply(503, headers={"Retry-After": header}), Reply())
    rest.send(NODE, ABOUT)
    assert pauses == pytest.approx([pause])


def test_retry_after_as_a_time(client: Any) -> None:
    soon = (datetime.now(timezone.utc) + timedelta(seconds=12)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    rest, _wire, pauses = client(Reply(503, headers={"Retry-After": soon}), Reply())
    rest.send(NODE, ABOUT)
    assert 8 < pauses[0] <= 12


def test_all_pauses_for_a_service_last_no_longer_than_its_tries_may(client: Any) -> None:
    rest, _wire, pauses = client(Reply(503, headers={"Retry-After": "20"}), timeout=2, retries=1)
    for node in (NODE, NODE, Endpoint("qlik2.example.com", 4243)):
        with pytest.raises(RequestFailed):
            rest.send(node, ABOUT)
    assert pauses[0] == 4
    assert 0 <= pauses[1] <= 4  # what is left of the same four seconds, for nobody has slept here
    assert pauses[2] == 4


def test_too_many_requests_are_repeated_where_the_server_says_when(client: Any) -> None:
    rest, wire, pauses = client(Reply(429, headers={"Retry-After": "7"}), Reply(200, [1]))
    assert rest.send(NODE, ABOUT).data == [1]
    assert (len(wire.sent), pauses) == (2, [7])


@pytest.mark.parametrize(("call", "headers"), [(ABOUT, {}), (CREATE, {"Retry-After": "7"})])
def test_other_too_many_requests_are_not_repeated(client: Any, call: Request, headers: dict[str, str]) -> None:
    rest, wire, pauses = client(Reply(429, headers=headers), retries=5)
    with pytest.raises(RequestFailed) as caught:
        rest.send(NODE, call)
    assert (caught.value.status, len(wire.sent), pauses) == (429, 1, [])


@pytest.mark.parametrize(
    ("first", "repeated"),
    [(broken, True), (Reply(200, "x", breaks_with=half_a_body), True), (refused, False), (unresolved, False)],
)
def test_whether_an_earlier_answer_was_lost_is_told(client: Any, first: Any, repeated: bool) -> None:
    rest, _wire, _pauses = client(first, Reply(404))
    assert rest.send(NODE, END, accept=(200, 404)).repeated is repeated


@pytest.mark.parametrize("host", ["qlik1..example.com", "x" * 70, f"{'é' * 64}.example.com"])
def test_a_name_that_no_host_can_have_is_unknown(pem: Export, host: str) -> None:
    rest = Rest(Connection.from_options({**pem.options, "use_proxy": False}), sleep=lambda _pause: None)
    with pytest.raises(RequestFailed) as caught:
        rest.send(Endpoint(host, 4242), ABOUT)
    rest.close()
    assert caught.value.kind == "name_unknown"
    assert host in caught.value.reason


# Secrets


@pytest.mark.parametrize(
    "trouble",
    [
        refused,
        broken,
        unresolved,
        slow_to_connect,
        slow_to_answer,
        broken_tls,
        proxy_down,
        Reply(500, "no /qps/session/the-secret-id?xrfkey={key} here"),
        Reply(404, "the-secret-id {key}"),
        Reply(302, headers={"Location": "https://login?back=/qps/session/the-secret-id?xrfkey={key}"}),
        Reply(200, "<html><title>the-secret-id {key}</title>"),
        Reply(200, "odd the-secret-id {key}"),
    ],
)
def test_no_secret_stands_in_an_error_or_a_log(client: Any, trouble: Any, caplog: pytest.LogCaptureFixture) -> None:
    rest, wire, _pauses = client(trouble, retries=0)
    key = vars(rest)["_xrfkey"]
    if isinstance(trouble, Reply):
        headers = {name: value.replace("{key}", key) for name, value in trouble.headers.items()}
        wire.script = [Reply(trouble.status, str(trouble.body).replace("{key}", key), headers)]
    caplog.set_level(logging.INFO)
    with pytest.raises(RequestFailed) as caught:
        rest.send(NODE, END)
    trace = "".join(traceback.format_exception(caught.value, chain=True)).replace(__file__, "")
    shown = f"{caught.value} {caught.value.details()} {caught.value!r} {caplog.text} {without_source(trace)}"
    assert "the-secret-id" not in shown
    assert key not in shown
    assert "secret" not in shown
    assert "DELETE https://qlik1.example.com:4242/qps/session/a1b2c3-d4e5f6" in caught.value.reason


def without_source(trace: str) -> str:
    """A traceback without the lines of source that it quotes."""
    return "\n".join(line for line in trace.splitlines() if not line.startswith(" "))


LIST = '[{"UserDirectory": "LAB", "UserId": "anna", "SessionId": "2734806e-c2e6-4d72-8c84-8a1964638fc3"'


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, LIST),
        Reply(200, f" \n{LIST}, "),
        Reply(200, LIST[:-20]),
        Reply(201, f"{LIST}}}]"),
        Reply(206, f"{LIST}}}]"),
        Reply(500, f"{LIST}}}]"),
        Reply(200, f"garbage {LIST}"),
    ],
)
def test_ids_of_a_list_that_cannot_be_used_do_not_leak(client: Any, reply: Reply) -> None:
    rest, _wire, _pauses = client(reply)
    with pytest.raises(RequestFailed) as caught:
        rest.send(NODE, Request("GET", "/qps/session"))
    assert "2734806e" not in f"{caught.value} {caught.value.details()}"


def test_ids_of_other_sessions_do_not_leak_but_the_request_is_told_in_full(client: Any) -> None:
    tag = "/qrs/tag/5e0bd1f0-7a8b-4a5e-9d5c-0c1b2a3d4e5f"
    guid = "2734806e-c2e6-4d72-8c84-8a1964638fc3"
    location = f"https://login?X-Qlik-Session={guid}&old=listed-before"
    rest, _wire, _pauses = client(Reply(302, f"the sessions {guid} and listed-before", {"Location": location}))
    rest.remember_secrets(["listed-before"])
    with pytest.raises(RequestFailed) as caught:
        rest.send(NODE, Request("GET", tag))
    assert caught.value.words == "the sessions *** and ***"
    assert caught.value.reason == (
        f"GET https://qlik1.example.com:4242{tag}: the response was 302 Found, which leads to"
        " https://login?X-Qlik-Session=***&old=***, with the words: the sessions *** and ***."
    )


def test_the_filter_of_a_request_is_shown(client: Any) -> None:
    rest, _wire, _pauses = client(Reply(400, "Cannot parse the expression"))
    with pytest.raises(RequestFailed) as caught:
        rest.send(NODE, Request("GET", "/qrs/user/full", {"filter": "userId eq 'é'"}))
    assert caught.value.request.startswith("GET https://qlik1.example.com:4242/qrs/user/full?filter=userId eq ")
    assert caught.value.words == "Cannot parse the expression"
    assert caught.value.status == 400


# Proxies of the environment


def proxy_of(wire: Wire) -> str | None:
    proxy = wire.sent[-1].pool.proxy
    return None if proxy is None else f"{proxy.host}:{proxy.port}"


@pytest.mark.parametrize(
    ("environment", "options", "proxy"),
    [
        ({}, {}, None),
        ({"HTTPS_PROXY": "http://gate:3128"}, {}, "gate:3128"),
        ({"https_proxy": "http://gate:3128"}, {}, "gate:3128"),
        ({"ALL_PROXY": "http://gate:3128"}, {}, "gate:3128"),
        ({"HTTP_PROXY": "http://gate:3128"}, {}, None),
        ({"HTTPS_PROXY": "http://gate:3128"}, {"use_proxy": False}, None),
        ({"HTTPS_PROXY": "http://gate:3128", "NO_PROXY": "qlik1.example.com"}, {}, None),
        ({"HTTPS_PROXY": "http://gate:3128", "NO_PROXY": ".example.com"}, {}, None),
        ({"HTTPS_PROXY": "http://gate:3128", "NO_PROXY": "*.example.com"}, {}, None),
        ({"HTTPS_PROXY": "http://gate:3128", "NO_PROXY": "qlik1.example.com:4242"}, {}, None),
        ({"HTTPS_PROXY": "http://gate:3128", "NO_PROXY": "qlik1.example.com:4243"}, {}, "gate:3128"),
        ({"HTTPS_PROXY": "http://gate:3128", "NO_PROXY": "qlik2.example.com"}, {}, "gate:3128"),
        ({"HTTPS_PROXY": "http://gate:3128", "NO_PROXY": "10.1.2.3"}, {"host_map": {NODE.host_name: "10.1.2.3"}}, None),
        (
            {"HTTPS_PROXY": "http://gate:3128", "NO_PROXY": "10.0.0.0/8"},
            {"host_map": {NODE.host_name: "10.1.2.3"}},
            None,
        ),
        (
            {"HTTPS_PROXY": "http://gate:3128", "NO_PROXY": NODE.host_name},
            {"host_map": {NODE.host_name: "10.1.2.3"}},
            None,
        ),
        ({"HTTPS_PROXY": "http://gate:3128"}, {"host_map": {NODE.host_name: "10.1.2.3"}}, "gate:3128"),
    ],
)
def test_proxies_of_the_environment(
    client: Any,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    options: dict[str, Any],
    proxy: str | None,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    rest, wire, _pauses = client(**options)
    rest.send(NODE, ABOUT)
    assert proxy_of(wire) == proxy


def test_the_node_is_verified_by_name_through_a_proxy_too(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://gate:3128")
    rest, wire, _pauses = client(host_map={NODE.host_name: "10.1.2.3"})
    rest.send(NODE, ABOUT)
    pool: Any = wire.sent[0].pool
    assert pool.host == "10.1.2.3"
    assert pool.conn_kw["server_hostname"] == "qlik1.example.com"
    assert pool.conn_kw["ssl_context"].cert_store_stats()["x509_ca"] == 1
    assert pool.ca_certs is None


@pytest.mark.parametrize("data", [[], [{}], [{"a": 1}, {"b": 2}]])
def test_a_list_of_objects_is_taken(data: list[dict[str, Any]]) -> None:
    assert expect_list(data, "GET x") is data


@pytest.mark.parametrize("data", [{}, "x", [1], [None], [[{}]]])
def test_other_shapes_are_refused_without_being_quoted(data: Any) -> None:
    with pytest.raises(QlikError) as caught:
        expect_list(data, "GET x")
    assert caught.value.reason == "GET x: a list of objects was expected, but the response has another shape."


def test_no_answer_at_all_is_called_empty() -> None:
    with pytest.raises(QlikError, match="a list of objects was expected, but the response is empty"):
        expect_list(None, "GET x")
