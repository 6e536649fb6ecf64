# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils import _site
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request, Response
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Outcome
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyLink, VirtualProxy
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site
from ansible_collections.qlikops.sense.tests.unit.plugins import builders
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import FakeRest, Turn, failed_with, unreachable

QRS = "GET qlik1.example.com:4242/qrs"
PROXIES = f"{QRS}/proxyservice/full?filter=serverNodeConfiguration.proxyEnabled eq True"
VIRTUAL_PROXIES = f"{QRS}/virtualproxyconfig/full"
CENTRAL, NODE2 = "central.example.com:4243", "node2.example.com:4243"
LISTS: dict[str, Any] = {
    f"GET {node}/qps{prefix}/session": [] for node in (CENTRAL, NODE2) for prefix in ("", "/sales")
}
PAIRS = builders.topology().links
GONE = Response(404, None, repeated=False)


def struct(session_id: str, user: str = "anna") -> dict[str, Any]:
    return {"UserDirectory": "LAB", "UserId": user, "Attributes": [], "SessionId": session_id}


def site_with(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], **options: Any) -> tuple[Site, FakeRest]:
    rest = FakeRest(answers)
    monkeypatch.setattr(_site, "Rest", lambda _connection: rest)
    return Site(builders.connection(**{"max_parallel": 1, **options})), rest


def described(name: str) -> dict[str, Any]:
    return {
        "id": f"id-of-{name}",
        "serverNodeConfiguration": {"name": name, "hostName": f"{name.lower()}.example.com"},
        "settings": {
            "listenPort": 443,
            "restListenPort": 4243,
            "virtualProxies": [{"id": "vp-default", "prefix": ""}, {"id": "vp-sales", "prefix": "sales"}],
        },
    }


def test_a_list_of_p_pairs_is_p_plus_two_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    virtual_proxies = [{"id": "vp-default", "prefix": ""}, {"id": "vp-sales", "prefix": "sales"}]
    answers = {PROXIES: [described("Central"), described("Node2")], VIRTUAL_PROXIES: virtual_proxies, **LISTS}
    answers[f"GET {NODE2}/qps/sales/session"] = [struct("one"), struct("two", "bert")]
    site, rest = site_with(monkeypatch, answers)
    with site:
        topology = site.topology()
        listing = site.read(topology.links)
    assert sorted(rest.asked) == sorted([VIRTUAL_PROXIES, PROXIES, *LISTS])
    assert [(session.user, session.proxy.name) for session in listing.sessions] == [
        ("LAB\\anna", "Node2"),
        ("LAB\\bert", "Node2"),
    ]
    assert listing.links == topology.links
    assert listing.failures == ()
    assert rest.closed


def test_only_the_pairs_wanted_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    site, rest = site_with(monkeypatch, LISTS)
    site.read([PAIRS[1], PAIRS[2]])
    assert rest.asked == [f"GET {CENTRAL}/qps/sales/session", f"GET {NODE2}/qps/session"]


def test_sessions_are_in_the_order_of_the_pairs_however_they_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {place: [struct(place)] for place in LISTS}
    site, _rest = site_with(monkeypatch, answers, max_parallel=4)
    assert [session.link for session in site.read(PAIRS).sessions] == list(PAIRS)


def test_one_request_more_for_each_batch_of_users(monkeypatch: pytest.MonkeyPatch) -> None:
    site, rest = site_with(monkeypatch, {f"{QRS}/user/full": [{"userDirectory": "LAB", "userId": "anna"}]})
    assert [user.user_id for user in site.users([("LAB", "anna"), ("LAB", "bert")], ["email"])] == ["anna"]
    assert len(rest.asked) == 1
    many = [("LAB", f"{number:04}{'x' * 996}") for number in range(10)]  # five fill a batch
    assert [user.user_id for user in site.users(many, ["email"])] == ["anna", "anna"]
    assert len(rest.asked) == 1 + 2


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_batches_of_users_go_out_side_by_side_but_no_more_than_allowed(
    monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    batches = 6
    together = threading.Barrier(min(workers, batches))
    now, most, lock = 0, 0, threading.Lock()

    class CountingRest(FakeRest):
        def send(self, endpoint: Endpoint, request: Request, accept: Collection[int] = (200,)) -> Response:
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            together.wait(timeout=10)  # nobody gets an answer before as many have asked
            answer = super().send(endpoint, request, accept)
            with lock:
                now -= 1
            return answer

    rest = CountingRest({f"{QRS}/user/full": []})
    monkeypatch.setattr(_site, "Rest", lambda _connection: rest)
    site = Site(builders.connection(max_parallel=workers))
    assert site.users([("LAB", f"{number}{'x' * 4000}") for number in range(batches)], []) == []
    assert len(rest.asked) == batches
    assert most == min(workers, batches)


def test_users_come_in_the_order_they_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [("LAB", f"{number}{'x' * 4000}") for number in range(6)]
    answers = {
        f"{QRS}/user/full?filter=(userDirectory eq 'LAB' and userId eq '{user_id}')": [
            {"userDirectory": directory, "userId": user_id}
        ]
        for directory, user_id in names
    }
    site, _rest = site_with(monkeypatch, answers, max_parallel=4)
    assert [(user.directory, user.user_id) for user in site.users(names, [])] == names


def test_a_batch_that_fails_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    site, _rest = site_with(monkeypatch, {f"{QRS}/user/full": [Turn([]), Turn(failed_with(500))]})
    with pytest.raises(QlikError, match="the response was 500"):
        site.users([("LAB", "x" * 4000), ("LAB", "y" * 4000)], [])


def test_no_users_are_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    site, rest = site_with(monkeypatch, {})
    assert site.users([], ["email"]) == []
    assert rest.asked == []


def test_a_dead_proxy_service_is_asked_once_and_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: dict[str, Any] = {**LISTS, f"GET {NODE2}/qps/session": [struct("one")]}
    answers[f"GET {CENTRAL}/qps/session"] = unreachable("GET https://central.example.com:4243/qps/session")
    site, rest = site_with(monkeypatch, answers)
    listing = site.read(PAIRS)
    assert rest.asked == [
        f"GET {CENTRAL}/qps/session",
        f"GET {NODE2}/qps/session",
        f"GET {NODE2}/qps/sales/session",
    ]
    assert len(listing.sessions) == 1
    assert [(failure.link, failure.unreachable) for failure in listing.failures] == [(PAIRS[0], True), (PAIRS[1], True)]
    assert len({(failure.reason, failure.hint) for failure in listing.failures}) == 1
    assert listing.pairs_read == [PAIRS[2], PAIRS[3]]


@pytest.mark.parametrize("workers", [2, 4])
def test_a_dead_proxy_service_is_asked_at_most_once_by_each_worker(
    monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    many = [ProxyLink(builders.CENTRAL, VirtualProxy(str(number), str(number))) for number in range(30)]
    answers = {f"GET {CENTRAL}/qps/{number}/session": unreachable() for number in range(30)}
    site, rest = site_with(monkeypatch, answers, max_parallel=workers)
    assert len(site.read(many).failures) == 30
    assert 1 <= len(rest.asked) <= workers


def test_an_answer_that_is_an_error_does_not_speak_for_the_other_virtual_proxies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site, rest = site_with(monkeypatch, {**LISTS, f"GET {CENTRAL}/qps/session": failed_with(500)})
    listing = site.read(PAIRS)
    assert len(rest.asked) == 4
    assert [(failure.link, failure.unreachable) for failure in listing.failures] == [(PAIRS[0], False)]


def test_reading_the_topology_anew_gives_a_dead_proxy_service_another_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        PROXIES: [described("Central")],
        VIRTUAL_PROXIES: [],
        f"GET {CENTRAL}/qps/session": [Turn(unreachable()), Turn([struct("one")])],
        f"GET {CENTRAL}/qps/sales/session": [],
    }
    site, _rest = site_with(monkeypatch, answers)
    assert not site.read(site.topology().links).sessions
    assert not site.read(PAIRS[:1]).sessions
    assert len(site.read(site.topology().links).sessions) == 1


def test_ending_is_a_request_each_and_one_list_for_each_pair_affected(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = [
        builders.session(session_id="one", link=PAIRS[0]),
        builders.session(session_id="two", link=PAIRS[0]),
        builders.session(session_id="th/ree", link=PAIRS[3]),
    ]
    answers = {
        f"DELETE {CENTRAL}/qps/session/one": struct("one"),
        f"DELETE {CENTRAL}/qps/session/two": GONE,
        f"DELETE {NODE2}/qps/sales/session/th/ree": struct("th/ree"),
        **LISTS,
    }
    site, rest = site_with(monkeypatch, answers)
    end_result = site.end(sessions)
    assert sorted(rest.asked[:3]) == sorted(list(answers)[:3])
    assert sorted(rest.asked[3:]) == sorted([f"GET {CENTRAL}/qps/session", f"GET {NODE2}/qps/sales/session"])
    assert [end_result.outcomes[session.ref] for session in sessions] == [
        Outcome("ended"),
        Outcome("already_gone"),
        Outcome("ended"),
    ]
    assert end_result.failures == ()


def test_nothing_to_end_is_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    site, rest = site_with(monkeypatch, {})
    assert site.end([]).outcomes == {}
    assert rest.asked == []


def test_a_session_that_is_still_there_counts_as_failed_and_a_new_one_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    stays, goes = (builders.session(session_id=name, link=PAIRS[0]) for name in ("stays", "goes"))
    answers = {
        f"DELETE {CENTRAL}/qps/session/stays": {},
        f"DELETE {CENTRAL}/qps/session/goes": {},
        f"GET {CENTRAL}/qps/session": [struct("stays"), struct("back by single sign-on")],
    }
    site, _rest = site_with(monkeypatch, answers)
    end_result = site.end([stays, goes])
    assert end_result.outcomes[stays.ref].state == "failed"
    assert "kept the session" in end_result.outcomes[stays.ref].reason
    assert end_result.outcomes[goes.ref] == Outcome("ended")
    assert len(end_result.outcomes) == 2


def test_a_session_that_is_not_known_and_yet_listed_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    session = builders.session(session_id="odd", link=PAIRS[0])
    answers = {
        f"DELETE {CENTRAL}/qps/session/odd": Response(404, None, repeated=False),
        f"GET {CENTRAL}/qps/session": [struct("odd")],
    }
    site, _rest = site_with(monkeypatch, answers)
    (outcome,) = site.end([session]).outcomes.values()
    assert (outcome.state, "(404), but still lists it" in outcome.reason) == ("failed", True)


def lost(kind: str = "connection_lost") -> RequestFailed:
    return RequestFailed(kind, "no answer.", request="DELETE x")


@pytest.mark.parametrize("kind", ["connection_lost", "timeout"])
def test_where_no_answer_comes_any_more_it_may_have_been_ended(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    session = builders.session(session_id="one", link=PAIRS[0])
    answers = {
        f"DELETE {CENTRAL}/qps/session/one": lost(kind),
        f"GET {CENTRAL}/qps/alive": unreachable(),
        f"GET {CENTRAL}/qps/session": unreachable(),
    }
    site, rest = site_with(monkeypatch, answers)
    (outcome,) = site.end([session]).outcomes.values()
    assert outcome == Outcome("failed", "DELETE x: no answer. It may have been ended anyway.")
    assert rest.asked == [one for one in answers if kind == "connection_lost" or "alive" not in one]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([], Outcome("ended")),
        ([struct("bad")], Outcome("failed", "DELETE x: no answer.")),
        (failed_with(500), Outcome("failed", "DELETE x: no answer. It may have been ended anyway.")),
    ],
)
def test_where_the_proxy_service_lives_its_list_tells_what_an_answer_would_have_told(
    monkeypatch: pytest.MonkeyPatch, listed: Any, expected: Outcome
) -> None:
    bad, good = (builders.session(session_id=name, link=PAIRS[number]) for number, name in enumerate(("bad", "good")))
    answers = {
        f"DELETE {CENTRAL}/qps/session/bad": lost(),
        f"GET {CENTRAL}/qps/alive": {"value": True},
        f"DELETE {CENTRAL}/qps/sales/session/good": {},
        f"GET {CENTRAL}/qps/session": listed,
        f"GET {CENTRAL}/qps/sales/session": [],
    }
    site, rest = site_with(monkeypatch, answers)
    outcomes = site.end([bad, good]).outcomes
    assert rest.asked == list(answers)
    assert (outcomes[bad.ref], outcomes[good.ref]) == (expected, Outcome("ended"))


def test_a_proxy_service_that_is_starting_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (builders.session(session_id=name, link=PAIRS[0]) for name in ("first", "second"))
    answers = {
        f"DELETE {CENTRAL}/qps/session/first": lost(),
        f"GET {CENTRAL}/qps/alive": {"value": False},
        f"GET {CENTRAL}/qps/session": failed_with(503),
    }
    site, rest = site_with(monkeypatch, answers)
    outcomes = site.end([first, second]).outcomes
    assert rest.asked == list(answers)
    assert "not tried" in outcomes[second.ref].reason


def test_a_list_that_cannot_be_read_again_is_told_and_changes_no_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    session = builders.session(session_id="one", link=PAIRS[0])
    answers = {f"DELETE {CENTRAL}/qps/session/one": {}, f"GET {CENTRAL}/qps/session": failed_with(500)}
    site, _rest = site_with(monkeypatch, answers)
    end_result = site.end([session])
    assert end_result.outcomes == {session.ref: Outcome("ended")}
    assert [(failure.link, failure.reason) for failure in end_result.failures] == [
        (PAIRS[0], "GET https://node: the response was 500.")
    ]


def test_one_that_fails_does_not_keep_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = builders.session(session_id="bad", link=PAIRS[0])
    good = builders.session(session_id="good", link=PAIRS[1])
    odd = builders.session(session_id="..", link=PAIRS[0])
    answers = {
        f"DELETE {CENTRAL}/qps/session/bad": Response(403, None, repeated=False),
        f"DELETE {CENTRAL}/qps/sales/session/good": {},
        f"GET {CENTRAL}/qps/session": [struct("bad"), struct("..")],
        f"GET {CENTRAL}/qps/sales/session": [],
    }
    site, rest = site_with(monkeypatch, answers)
    end_result = site.end([bad, good, odd])
    assert [end_result.outcomes[session.ref].state for session in (bad, good, odd)] == ["failed", "ended", "failed"]
    assert sorted(rest.asked) == sorted(answers)


def test_ending_on_a_dead_proxy_service_tries_once_and_gives_all_its_sessions_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dead = [builders.session(session_id=str(number), link=PAIRS[number % 2]) for number in range(6)]
    alive = builders.session(session_id="alive", link=PAIRS[2])
    answers: dict[str, Any] = {
        f"DELETE {CENTRAL}/qps{'/sales' * (number % 2)}/session/{number}": unreachable() for number in range(6)
    }
    answers.update({f"DELETE {NODE2}/qps/session/alive": {}, f"GET {NODE2}/qps/session": []})
    site, rest = site_with(monkeypatch, answers)
    end_result = site.end([*dead, alive])
    assert rest.asked == [
        f"DELETE {CENTRAL}/qps/session/0",
        f"DELETE {NODE2}/qps/session/alive",
        f"GET {NODE2}/qps/session",
    ]
    assert [end_result.outcomes[session.ref] for session in dead] == [
        Outcome("failed", str(unreachable())),
        *[Outcome("failed", f"not tried, because the proxy service did not answer: {unreachable()}")] * 5,
    ]
    assert end_result.outcomes[alive.ref] == Outcome("ended")


def test_alive_is_one_request_each_and_tells_why_one_could_not_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    error = unreachable()
    site, rest = site_with(monkeypatch, {f"GET {CENTRAL}/qps/alive": {"value": True}, f"GET {NODE2}/qps/alive": error})
    assert site.alive([builders.CENTRAL, builders.NODE2]) == [True, error]
    assert rest.asked == [f"GET {CENTRAL}/qps/alive", f"GET {NODE2}/qps/alive"]


def test_trouble_with_qrs_is_raised_and_connections_are_closed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    site, rest = site_with(monkeypatch, {PROXIES: failed_with(403), VIRTUAL_PROXIES: failed_with(403)})
    with pytest.raises(QlikError), site:
        site.topology()
    assert rest.closed


def refused_with(kind: str, status: int | None) -> RequestFailed:
    return RequestFailed(kind, "so it was.", "", request="DELETE x", status=status)


@pytest.mark.parametrize(
    "error",
    [
        refused_with("server_error", 500),
        refused_with("server_error", 503),
        refused_with("not_json", 200),
        refused_with("redirect", 302),
        refused_with("connection_lost", None),
        refused_with("timeout", None),
    ],
    ids=lambda error: f"{error.kind}-{error.status}",
)
@pytest.mark.parametrize("is_listed", [True, False])
def test_after_anything_but_a_clear_refusal_the_list_settles_it(
    monkeypatch: pytest.MonkeyPatch, error: RequestFailed, is_listed: bool
) -> None:
    session = builders.session(session_id="one", link=PAIRS[0])
    answers = {
        f"DELETE {CENTRAL}/qps/session/one": error,
        f"GET {CENTRAL}/qps/alive": {"value": True},
        f"GET {CENTRAL}/qps/session": [struct("one")] if is_listed else [],
    }
    site, _rest = site_with(monkeypatch, answers)
    assert [outcome.state for outcome in site.end([session]).outcomes.values()] == ["failed" if is_listed else "ended"]


@pytest.mark.parametrize("status", [400, 403, 429])
@pytest.mark.parametrize(("listed", "state"), [(True, "failed"), (False, "already_gone"), (None, "failed")])
def test_after_a_clear_refusal_the_session_may_have_ended_by_itself(
    monkeypatch: pytest.MonkeyPatch, status: int, listed: bool | None, state: str
) -> None:
    session = builders.session(session_id="one", link=PAIRS[0])
    again: Any = unreachable() if listed is None else [struct("one")] if listed else []
    answers = {
        f"DELETE {CENTRAL}/qps/session/one": refused_with("forbidden", status),
        f"GET {CENTRAL}/qps/session": again,
    }
    site, rest = site_with(monkeypatch, answers)
    (outcome,) = site.end([session]).outcomes.values()
    assert outcome.state == state
    assert bool(outcome.reason) is (state == "failed")
    assert "may have been ended" not in outcome.reason
    assert rest.asked == list(answers)


def test_a_proxy_service_in_trouble_is_given_up_after_three_answers_and_the_list_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sessions = [builders.session(session_id=str(number), link=PAIRS[0]) for number in range(8)]
    answers: dict[str, Any] = {f"DELETE {CENTRAL}/qps/session/{number}": failed_with(503) for number in range(8)}
    answers[f"GET {CENTRAL}/qps/session"] = [struct(str(number)) for number in range(1, 8)]
    site, rest = site_with(monkeypatch, answers)
    outcomes = list(site.end(sessions).outcomes.values())
    assert len(rest.asked) == 3 + 1
    assert outcomes[0] == Outcome("ended")
    assert {outcome.state for outcome in outcomes[1:]} == {"failed"}
    assert sum("not tried" in outcome.reason for outcome in outcomes) == 5


def test_one_success_starts_the_count_of_answers_in_trouble_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = [builders.session(session_id=str(number), link=PAIRS[0]) for number in range(5)]
    answers: dict[str, Any] = {f"DELETE {CENTRAL}/qps/session/{number}": failed_with(503) for number in range(5)}
    answers |= {f"DELETE {CENTRAL}/qps/session/2": {}, f"GET {CENTRAL}/qps/session": []}
    site, rest = site_with(monkeypatch, answers)
    assert {outcome.state for outcome in site.end(sessions).outcomes.values()} == {"ended"}
    assert len(rest.asked) == 5 + 1


def test_a_session_named_twice_is_one_and_ids_on_two_proxies_are_two(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        **LISTS,
        f"GET {CENTRAL}/qps/session": [struct("a"), struct("a")],
        f"GET {NODE2}/qps/session": [struct("a")],
    }
    site, _rest = site_with(monkeypatch, answers)
    sessions = site.read(PAIRS).sessions
    assert [session.proxy.name for session in sessions] == ["Central", "Node2"]
    assert len({session.ref for session in sessions}) == 2


def test_an_id_with_two_users_makes_the_list_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {**LISTS, f"GET {CENTRAL}/qps/session": [struct("secret"), struct("secret", "bert")]}
    site, _rest = site_with(monkeypatch, answers)
    listing = site.read(PAIRS)
    assert listing.sessions == ()
    assert [failure.link for failure in listing.failures] == [PAIRS[0]]
    assert "secret" not in listing.failures[0].reason
