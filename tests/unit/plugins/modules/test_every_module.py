# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils import _module
from ansible_collections.qlikops.sense.plugins.modules import (
    qlik_banner,
    qlik_failover,
    qlik_proxy_info,
    qlik_session,
    qlik_session_info,
    qlik_session_wait,
    qlik_user_info,
)
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import FakeRest, failed_with, unreachable
from ansible_collections.qlikops.sense.tests.unit.plugins.running import (
    BANNERS,
    CENTRAL,
    CONNECTION,
    NODE2,
    QRS,
    USAGE,
    Result,
    install,
    params_of,
    run,
    site_answers,
    struct,
)

MODULES: dict[str, Any] = {
    "qlik_banner": qlik_banner,
    "qlik_failover": qlik_failover,
    "qlik_proxy_info": qlik_proxy_info,
    "qlik_session": qlik_session,
    "qlik_session_info": qlik_session_info,
    "qlik_session_wait": qlik_session_wait,
    "qlik_user_info": qlik_user_info,
}
NEEDED: dict[str, dict[str, Any]] = {
    "qlik_banner": {"name": "Maintenance", "text": "Back at 10"},
    "qlik_failover": {"node": "Central"},
    "qlik_restart_info": {"node": "Central"},
    "qlik_session": {"all": True},
    "qlik_user_info": {"users": ["LAB\\anna"]},
}


def info(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], **options: Any) -> tuple[Result, FakeRest]:
    rest = install(monkeypatch, answers)
    return run(monkeypatch, qlik_session_info.main, **{**CONNECTION, "max_parallel": 1, **options}), rest


def proxies(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], **options: Any) -> tuple[Result, FakeRest]:
    rest = install(monkeypatch, answers)
    return run(monkeypatch, qlik_proxy_info.main, **{**CONNECTION, "max_parallel": 1, **options}), rest


@pytest.fixture(autouse=True)
def without_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("QLIK_SENSE_")]:
        monkeypatch.delenv(name)


def test_sessions_are_listed_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = site_answers(
        central=[struct("1", "LAB\\bert"), struct("2", "LAB\\anna")], node2_sales=[struct("3", "LAB\\anna", group="HR")]
    )
    result, rest = info(monkeypatch, answers)
    assert [session["user"] for session in result["sessions"]] == ["LAB\\anna", "LAB\\bert", "LAB\\anna"]
    assert result["sessions"][2]["attributes"] == {"group": ["HR"]}
    assert result["changed"] is False
    assert len(rest.asked) == 2 + 4 + 5
    assert all(place.startswith("GET ") for place in rest.asked)
    by_id, _rest = info(monkeypatch, answers, sort_by="userid")
    assert [session["user_id"] for session in by_id["sessions"]] == ["anna", "anna", "bert"]


def test_only_what_may_be_meant_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = {"proxies": ["node2"], "virtual_proxies": ["/"]}
    _result, rest = info(monkeypatch, site_answers(), **narrow, activity="none")
    assert rest.asked[2:] == [f"GET {NODE2}/qps/session"]
    _result, rest = info(monkeypatch, site_answers(), **narrow)
    assert sorted(rest.asked[2:]) == sorted([*USAGE, f"GET {NODE2}/qps/session"])


def with_others(answers: dict[str, Any], directory: str, users: int = 9) -> dict[str, Any]:
    """The answers, and so many more users of a directory, each known to QRS and with a session on Node2."""
    ids = [f"known{number}" for number in range(users)]
    known = [{"userDirectory": directory, "userId": user_id} for user_id in ids]
    sessions = [struct(f"of {directory} {user_id}", f"{directory}\\{user_id}") for user_id in ids]
    users_path, list_path = f"{QRS}/user/full", f"GET {NODE2}/qps/session"
    return {**answers, users_path: answers[users_path] + known, list_path: answers[list_path] + sessions}


def test_users_are_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = site_answers(central=[struct("1"), struct("2"), struct("3", "LAB\\bert")])
    result, rest = info(monkeypatch, answers, resolve_users=True)
    counts = [f"{QRS}/user/count", f"{QRS}/user/count as INTERNAL\\sa_repository"]  # for bert is not there
    assert len(rest.asked) == 2 + 4 + 5 + 1 + 2
    assert rest.asked[-2:] == counts
    assert rest.asked[-3] == (
        f"{QRS}/user/full?filter=(userDirectory eq 'LAB' and userId eq 'anna')"
        " or (userDirectory eq 'LAB' and userId eq 'bert')"
    )
    assert {user["user"]: user["state"] for user in result["users"]} == {
        "LAB\\anna": "inactive",
        "LAB\\bert": "unknown",
    }


def test_anonymous_users_are_neither_asked_for_nor_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    visitor, robot = "NONE\\anonymous9d0c", "INTERNAL\\sa_monitor"
    answers = site_answers(central=[struct("1"), struct("2", visitor), struct("3", robot)])
    answers = with_others(with_others(answers, "INTERNAL"), "NONE")
    result, rest = info(monkeypatch, answers, resolve_users=True)
    result["users"] = [user for user in result["users"] if not user["user_id"].startswith("known")]
    assert {user["user"]: (user["kind"], user["state"], user["states"]) for user in result["users"]} == {
        "LAB\\anna": ("person", "inactive", ["inactive"]),
        visitor: ("anonymous", "anonymous", ["anonymous"]),
        robot: ("service", "missing", ["missing"]),
    }
    assert result["summary"]["people"] == 1
    (asked_for,) = (place for place in rest.asked if "/user/full" in place)
    assert "INTERNAL" in asked_for
    assert "anonymous" not in asked_for
    clean_up, _rest = info(monkeypatch, answers, user_states=["missing", "inactive"])
    assert [session["user"] for session in clean_up["sessions"]] == [robot, "LAB\\anna"]
    for patterns in ("", [""]):  # as good as not given
        again, _rest = info(monkeypatch, answers, user_states=["missing"], anonymous_users=patterns)
        assert [session["user"] for session in again["sessions"]] == [robot]
    told_so, _rest = info(monkeypatch, answers, user_states=["missing"], anonymous_users=[])
    assert [session["user"] for session in told_so["sessions"]] == [robot, visitor]


def test_anonymous_users_alone_need_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = site_answers(central=[struct("1", "NONE\\anonymous9d0c")])
    result, rest = info(monkeypatch, answers, resolve_users=True)
    assert [user["state"] for user in result["users"]] == ["anonymous"]
    assert len(rest.asked) == 2 + 4 + 5


@pytest.mark.parametrize(
    ("options", "emails"),
    [
        ({}, ["anna@lab.example"]),
        ({"email_attributes": ""}, ["anna@lab.example"]),
        ({"email_attributes": ["mail", "EMAIL"]}, ["ek@lab.example", "anna@lab.example"]),
        ({"email_attributes": "Mail"}, ["ek@lab.example"]),
        ({"email_attributes": ["smtp"]}, ["session@lab.example"]),
        ({"email_attributes": []}, []),
    ],
)
def test_addresses(monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], emails: list[str]) -> None:
    attributes = [
        {"attributeType": "Email", "attributeValue": "anna@lab.example"},
        {"attributeType": "mail", "attributeValue": "ek@lab.example"},
    ]
    answers = {
        **site_answers(central=[struct("1", SMTP="session@lab.example", email="other@lab.example")]),
        f"{QRS}/user/full": [{"userDirectory": "LAB", "userId": "anna", "attributes": attributes}],
    }
    result, _rest = info(monkeypatch, answers, resolve_users=True, **options)
    assert [user["emails"] for user in result["users"]] == [emails]


def test_states_select(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = site_answers(central=[struct("1"), struct("2", "LAB\\bert")])
    result, _rest = info(monkeypatch, with_others(answers, "LAB", users=8), user_states=["missing"])
    assert [session["user_id"] for session in result["sessions"]] == ["bert"]


def test_a_user_whom_qrs_does_not_show_is_missing_only_where_it_shows_nearly_all_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = site_answers(central=[struct("1"), struct("2", "LAB\\bert")])
    refused, _rest = info(monkeypatch, with_others(answers, "LAB", users=7), user_states=["missing"])
    assert refused["failure"]["kind"] == "missing_not_proven"
    assert "LAB\\bert" in refused["msg"]
    shown, _rest = info(monkeypatch, with_others(answers, "OTHER"), users=["bert"], resolve_users=True)
    assert [user["state"] for user in shown["users"]] == ["unknown"]


def test_ages_go_in_and_out(monkeypatch: pytest.MonkeyPatch) -> None:
    first, _rest = info(monkeypatch, site_answers(central=[struct("1")]))
    memory = dict.fromkeys(first["first_seen"], "2020-01-01T00:00:00Z")
    second, _rest = info(monkeypatch, site_answers(central=[struct("1"), struct("2")]), first_seen=memory, min_age="1h")
    assert [session["age"] > 3600 for session in second["sessions"]] == [True]
    assert len(second["first_seen"]) == 2
    assert memory.items() <= second["first_seen"].items()


@pytest.mark.parametrize("on_proxy_failure", ["fail", "warn"])
def test_a_proxy_service_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, on_proxy_failure: str) -> None:
    answers = {**site_answers(central=[struct("1")]), f"GET {NODE2}/qps/session": unreachable()}
    good, _rest = info(monkeypatch, site_answers())
    result, _rest = info(monkeypatch, answers, on_proxy_failure=on_proxy_failure)
    assert bool(result.get("failed")) is (on_proxy_failure == "fail")
    told = result["msg"] if on_proxy_failure == "fail" else str(result["warnings"])
    assert "Not all sessions could be listed. Proxy service Node2, virtual proxies /, /sales:" in told
    assert result.keys() - {"failed", "msg", "failure", "warnings", "exception"} == good.keys() - {"warnings"}
    assert len(result["sessions"]) == 1
    assert result["complete"] is False
    assert [proxy["reachable"] for proxy in result["proxies"]] == [True, False]


def test_proxy_services(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {**site_answers(), f"GET {NODE2}/qps/alive": unreachable("GET https://node2.example.com:4243/qps/alive")}
    result, rest = proxies(monkeypatch, answers)
    central, node2 = result["proxies"]
    assert (central["alive"], central["reachable"], central["central"], central["reason"]) == (True, True, True, "")
    assert (central["service_state"], central["listen_port"]) == ("running", 443)
    assert central["service_state_age"] > 0
    assert (node2["alive"], node2["reachable"], node2["central"]) == (False, False, False)
    assert "nothing listens there." in node2["reason"]
    assert node2["hint"]
    assert (node2["service_state"], node2["service_state_at"], node2["service_state_age"]) == ("unknown", "", None)
    assert result["unlinked_virtual_proxies"] == ["old"]
    assert result["summary"] == {"proxies": 2, "alive": 1, "virtual_proxies": 3, "unlinked_virtual_proxies": 1}
    assert len(rest.asked) == 2 + 2 + 2
    assert result["changed"] is False


def test_a_proxy_service_that_answers_badly_is_reachable_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _rest = proxies(monkeypatch, {**site_answers(), f"GET {CENTRAL}/qps/alive": failed_with(500)})
    assert (result["proxies"][0]["alive"], result["proxies"][0]["reachable"]) == (False, True)


def test_only_the_proxy_services_named_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    result, rest = proxies(monkeypatch, site_answers(), proxies=["NODE2"])
    assert [proxy["name"] for proxy in result["proxies"]] == ["Node2"]
    assert [place for place in rest.asked if "/qps/" in place] == [f"GET {NODE2}/qps/alive"]


def test_waiting_ends_when_nobody_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, site_answers())
    result = run(monkeypatch, qlik_session_wait.main, **CONNECTION)
    assert (result["remaining"], result["timed_out"], len(result["history"])) == (0, False, 1)


@pytest.mark.parametrize(
    ("options", "failed"),
    [({"wait_timeout": 0}, True), ({"_ansible_check_mode": True}, False), ({"until_sessions": 1}, False)],
)
def test_waiting_for_someone_who_stays(monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], failed: bool) -> None:
    install(monkeypatch, site_answers(central=[struct("1")]))
    result = run(monkeypatch, qlik_session_wait.main, **CONNECTION, **options)
    assert bool(result.get("failed")) is failed
    assert result["remaining"] == 1
    assert result["timed_out"] is failed
    if failed:
        assert "LAB\\anna (1)" in result["msg"]


COUNT = f"{QRS}/user/count"


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ((10, 10), "missing"),
        ((500, 500), "missing"),
        ((9, 9), "unknown"),  # so few may be what everybody may read
        ((0, 0), "unknown"),
        ((10, 11), "unknown"),
        ((10, failed_with(403)), "unknown"),
        ((failed_with(404), 10), "unknown"),
        ((10, "many"), "unknown"),
    ],
)
def test_users_by_name_whether_they_have_sessions_or_not(
    monkeypatch: pytest.MonkeyPatch, counts: tuple[Any, Any], state: str
) -> None:
    shown, all_of_them = counts
    install(monkeypatch, {**site_answers(), COUNT: shown, f"{COUNT} as INTERNAL\\sa_repository": all_of_them})
    names = ["lab\\Anna", "LAB\\bert", "LAB\\anna"]
    result = run(monkeypatch, qlik_user_info.main, **{**CONNECTION, "users": names})
    assert [(user["user"], user["state"], user["states"]) for user in result["users"]] == [
        ("LAB\\anna", "inactive", ["inactive"]),
        ("LAB\\bert", state, [state]),
    ]
    assert result["changed"] is False


def test_whether_users_are_missing_is_not_asked_where_all_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = install(monkeypatch, site_answers())
    run(monkeypatch, qlik_user_info.main, **{**CONNECTION, "users": ["LAB\\anna"]})
    assert len(rest.asked) == 1


def test_through_a_virtual_proxy_nobody_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    place = f"{QRS}/user/full".replace("/qrs/", "/api/qrs/")
    rest = install(monkeypatch, {place: []})
    options = {**CONNECTION, "users": ["LAB\\anna"], "qrs_virtual_proxy": "api"}
    result = run(monkeypatch, qlik_user_info.main, **options)
    assert result["users"][0]["state"] == "unknown"
    assert len(rest.asked) == 1


@pytest.mark.parametrize("name", ["anna", "LAB\\", "\\anna"])
def test_a_user_without_directory_is_not_asked_for(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    rest = install(monkeypatch, site_answers())
    result = run(monkeypatch, qlik_user_info.main, **{**CONNECTION, "users": [name]})
    assert result["failure"]["reason"] == f"users: '{name}' names no user directory."
    assert rest.asked == []


# What all modules have in common


def test_a_known_proxy_service_is_asked_without_qrs(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _rest = proxies(monkeypatch, site_answers(), proxies=["Node2"])
    known = result["proxies"][0]
    again, rest = proxies(monkeypatch, {f"GET {NODE2}/qps/alive": {"value": True}}, known=known)
    assert rest.asked == [f"GET {NODE2}/qps/alive"]
    left_out = {"service_state": "unknown", "service_state_at": "", "service_state_age": None}
    assert again["proxies"] == [{**known, **left_out}]
    odd, _rest = proxies(monkeypatch, {}, known={"id": "x"})
    assert odd["failure"]["kind"] == "unexpected_answer"
    assert "known: name is missing" in odd["msg"]


@pytest.fixture(params=sorted(MODULES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def run_module(monkeypatch: pytest.MonkeyPatch, name: str, **options: Any) -> Result:
    install(monkeypatch, site_answers())
    return run(monkeypatch, MODULES[name].main, **{**NEEDED.get(name, {}), **options})


def given(monkeypatch: pytest.MonkeyPatch, name: str, **options: Any) -> dict[str, Any]:
    """The parameters that a module sees."""
    install(monkeypatch, site_answers())
    return params_of(monkeypatch, MODULES[name].main, **{**NEEDED.get(name, {}), **options})


EMPTY: list[Any] = ["", " ", "\t\n", [""], ["", " "]]


@pytest.mark.parametrize("empty", EMPTY)
def test_an_empty_answer_to_any_question_is_as_good_as_none(
    monkeypatch: pytest.MonkeyPatch, name: str, empty: Any
) -> None:
    options = given(monkeypatch, name, **CONNECTION)
    answers = {option: empty for option in options if option not in {*CONNECTION, *NEEDED.get(name, {})}}
    assert given(monkeypatch, name, **CONNECTION, **answers) == given(monkeypatch, name, **CONNECTION)


@pytest.mark.parametrize("empty", EMPTY)
@pytest.mark.parametrize("option", sorted(CONNECTION))
def test_an_empty_answer_for_a_required_option_is_missing(
    monkeypatch: pytest.MonkeyPatch, name: str, option: str, empty: Any
) -> None:
    result = run_module(monkeypatch, name, **{**CONNECTION, option: empty})
    assert result["failed"] is True
    assert f"missing required arguments: {option}" in result["msg"]


VARIABLES = {
    "host": ("QLIK_SENSE_HOST", "qlik1.example.com", "qlik1.example.com"),
    "qrs_port": ("QLIK_SENSE_QRS_PORT", "4242", 4242),
    "client_cert": ("QLIK_SENSE_CLIENT_CERT", "/c.pem", "/c.pem"),
    "client_key": ("QLIK_SENSE_CLIENT_KEY", "/k.pem", "/k.pem"),
    "ca_path": ("QLIK_SENSE_CA_PATH", "/root.pem", "/root.pem"),
    "validate_certs": ("QLIK_SENSE_VALIDATE_CERTS", "no", False),
    "api_user": ("QLIK_SENSE_API_USER", "LAB\\robot", "LAB\\robot"),
}


def test_the_environment_stands_in_for_options(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for variable, text, _value in VARIABLES.values():
        monkeypatch.setenv(variable, text)
    monkeypatch.setenv("QLIK_SENSE_CLIENT_KEY_PASSWORD", "a-password")
    params = given(monkeypatch, name)
    assert {option: params[option] for option in VARIABLES} == {
        option: value for option, (_variable, _text, value) in VARIABLES.items()
    }
    assert params["client_key_password"] == "a-password"
    assert "a-password" not in str(run_module(monkeypatch, name))


def test_an_option_goes_before_the_environment_and_an_empty_one_does_not(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("QLIK_SENSE_API_USER", "LAB\\robot")
    assert given(monkeypatch, name, **CONNECTION, api_user="LAB\\anna")["api_user"] == "LAB\\anna"
    assert given(monkeypatch, name, **CONNECTION, api_user="")["api_user"] == "LAB\\robot"


def test_empty_variables_are_as_good_as_none(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    plain = given(monkeypatch, name, **CONNECTION)
    for variable, _text, _value in VARIABLES.values():
        monkeypatch.setenv(variable, "")
    monkeypatch.setenv("QLIK_SENSE_CLIENT_KEY_PASSWORD", "")
    assert given(monkeypatch, name, **CONNECTION) == plain
    assert "missing required arguments: client_cert, client_key, host" in run_module(monkeypatch, name)["msg"]


def test_certificates_that_are_not_verified_are_warned_of(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert "warnings" not in run_module(monkeypatch, name, **CONNECTION)
    result = run_module(monkeypatch, name, **CONNECTION, validate_certs=False)
    assert "validate_certs is false" in str(result["warnings"])


def test_what_cannot_be_meant_is_a_failure_with_words_for_programs(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    result = run_module(monkeypatch, name, **CONNECTION, api_user="robot")
    assert result["failed"] is True
    assert result["msg"].startswith("api_user: 'robot' does not name a user. Write")
    assert result["failure"] == {
        "kind": "bad_option",
        "reason": "api_user: 'robot' does not name a user.",
        "hint": "Write DIRECTORY\\id, for example INTERNAL\\sa_api.",
    }


def test_a_request_that_failed_is_told_in_full(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    anna = f"{QRS}/user/full?filter=(userDirectory eq 'LAB' and userId eq 'anna')"
    nodes = f"{QRS}/servernodeconfiguration/full"
    first = (f"{QRS}/virtualproxyconfig/full", f"GET {BANNERS}/full", anna, nodes)
    install(monkeypatch, {**site_answers(), **dict.fromkeys(first, failed_with(500))})
    result = run(monkeypatch, MODULES[name].main, **CONNECTION, **NEEDED.get(name, {}))
    assert result["failed"] is True
    assert result["failure"].keys() == {"kind", "reason", "hint", "request", "status", "words"}
    assert result["failure"]["status"] == 500


def test_without_requests_the_message_names_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(_module, "REQUESTS_IMPORT_ERROR", "Traceback: No module named 'requests'")
    result = run_module(monkeypatch, name, **CONNECTION)
    assert result["failed"] is True
    assert "Failed to import the required Python library (requests)" in result["msg"]


def test_the_client_can_be_imported_without_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    place = "ansible_collections.qlikops.sense.plugins.module_utils._client.http"
    with pytest.MonkeyPatch.context() as patch:
        package = importlib.import_module(place.rpartition(".")[0])
        patch.setattr(package, "http", sys.modules[place])
        patch.setitem(sys.modules, "requests", None)
        patch.delitem(sys.modules, place)
        error = importlib.import_module(place).REQUESTS_IMPORT_ERROR
    assert "requests" in error
    assert "Traceback" in error


@pytest.mark.parametrize(
    ("detail", "left_out"),
    [
        ("users", {"sessions", "first_seen"}),
        ("summary", {"sessions", "first_seen", "users", "users_without_session"}),
    ],
)
def test_detail_leaves_out_lists_and_changes_nothing_else(
    monkeypatch: pytest.MonkeyPatch, detail: str, left_out: set[str]
) -> None:
    answers = site_answers(central=[struct("one"), struct("two", "LAB\\bert")])
    whole, _rest = info(monkeypatch, answers)
    less, _rest = info(monkeypatch, answers, detail=detail)
    assert set(whole) - set(less) == left_out
    apart = {*left_out, "observed_at", "invocation"}
    assert {key: less[key] for key in less if key not in apart} == {
        key: whole[key] for key in whole if key not in apart
    }
    assert less["summary"]["sessions"] == 2
