# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin user_sessions: what the help desk is told, when it is told, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.action import user_sessions
from ansible_collections.qlikops.sense.plugins.plugin_utils import _user_words as words
from ansible_collections.qlikops.sense.tests.unit.plugins.acting import Host, Result, act
from ansible_collections.qlikops.sense.tests.unit.plugins.listings import listed, session

plugin: Any = user_sessions


def user(sessions: int, state: str = "active", name: str = "Anna Ek") -> Result:
    return {"user": "LAB\\anna", "name": name, "state": state, "sessions": sessions}


def silent(*proxies: str) -> list[Result]:
    return [{"proxy": proxy} for proxy in proxies]


def test_a_user_with_room_for_more() -> None:
    assert words.state_sentences("anna", [user(1)], []) == [
        "LAB\\anna (Anna Ek) may log in. 1 session of the 5 that a user may have."
    ]


@pytest.mark.parametrize(("sessions", "told"), [(4, False), (5, True), (6, True)])
def test_the_limit_of_five_is_told_with_the_five_minutes(sessions: int, told: bool) -> None:
    sentences = words.state_sentences("anna", [user(sessions)], [])
    assert any("is at the limit" in sentence and "five minutes later" in sentence for sentence in sentences) is told


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("inactive", "is inactive in the repository, so logins are refused"),
        ("blacklisted", "is blacklisted in the repository, so logins are refused"),
        ("removed_externally", "was removed from the user directory, so logins are refused"),
        ("missing", "is not known to the repository"),
        ("something new", "is of unknown state"),
    ],
)
def test_the_state_of_a_user_who_has_no_session(state: str, said: str) -> None:
    first, second = words.state_sentences("LAB\\anna", [user(0, state, name="")], [])
    assert first.startswith(f"LAB\\anna {said}")
    assert first.endswith(". 0 sessions of the 5 that a user may have.")
    assert second == "No session of LAB\\anna."


def test_nothing_is_known_of_a_pattern_that_nobody_matches() -> None:
    assert words.state_sentences("ann*", [], []) == ["No session of ann*."]


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (
            {**user(2), "rows": 2, "rows_without_session": 3},
            "LAB\\anna: 5 rows, 2 sessions. Qlik counts 3 that no proxy service knows. Wait five minutes, for a row"
            " outlives its session for a while. If that does not help, end the sessions. If there are still as many,"
            " restart the engine and the proxy services.",
        ),
        (
            {**user(0), "rows": 0, "rows_without_session": 5},
            "LAB\\anna: 5 rows, 0 sessions. Qlik counts 5 that no proxy service knows. Wait five minutes, for a row"
            " outlives its session for a while. If there are still as many, restart the engine and the proxy services.",
        ),
        ({**user(2), "rows": 2, "rows_without_session": 0}, None),
        ({**user(2), "rows": 0, "rows_without_session": None}, None),
    ],
)
def test_sessions_that_no_proxy_knows_are_told_with_their_cures(who: Result, said: str | None) -> None:
    sentences = words.state_sentences("LAB\\anna", [who], [])
    assert [sentence for sentence in sentences if "no proxy service knows" in sentence] == ([said] if said else [])


def test_what_could_not_be_seen_is_told() -> None:
    (sentence,) = words.state_sentences("anna", [user(1)], silent("Node2", "Node2"))[1:]
    assert sentence.startswith("Not everything could be seen: Node2 did not answer in full")


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        ({"ended": 5}, "5 sessions were ended. A new login works only five minutes from now."),
        ({"ended": 1, "kept": 2}, "1 session was ended, 2 sessions were spared. A new login"),
        ({"would_end": 5}, "5 sessions would be ended."),
        ({"already_gone": 1}, "1 session had ended by itself."),
        ({"already_gone": 2}, "2 sessions had ended by themselves."),
        ({"failed": 2}, "2 sessions could not be ended."),
    ],
)
def test_what_became_of_the_sessions(summary: dict[str, int], said: str) -> None:
    (sentence,) = words.ended_sentences([user(5)], summary)
    assert sentence.startswith(said)
    assert words.ended_sentences([user(5)], {}) == []


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (user(1), "If the user has tried, it fails before Qlik Sense makes a session"),
        (user(5), "The limit of five sessions is the reason."),
        (user(1, "inactive"), "The state of the user is the reason."),
        (
            {**user(2), "rows_without_session": 3},
            "With the sessions that no proxy service knows the user is at the limit",
        ),
    ],
)
def test_when_no_session_appeared_the_likely_reason_is_told(who: Result, why: str) -> None:
    (sentence,) = words.waited_sentences("anna", [who], [], [], 60)
    assert sentence.startswith(f"No session of anna has appeared within 60 seconds. {why}")
    last = words.waited_sentences("anna", [who], silent("Node2", "Node2"), [], 60)[-1]
    assert last == "It may have appeared on Node2, whose sessions were not known before."


def test_nothing_that_could_move_the_cursor_is_told() -> None:
    assert "\x1b" not in "".join(words.state_sentences("anna", [user(1, name="\x1b[2J")], []))


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.lines: list[str] = []
        monkeypatch.setattr(plugin.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(plugin.time, "sleep", self.sleep)
        monkeypatch.setattr(plugin.Display, "display", lambda _self, line: self.lines.append(line))

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def site(*sessions: Result, **more: Any) -> Result:
    made = listed(sessions, **more)
    counts: dict[str, int] = {}
    for entry in sessions:
        counts[entry["user"]] = counts.get(entry["user"], 0) + 1
    return {**made, "users": [{**entry, "sessions": counts[entry["user"]]} for entry in made["users"]]}


def looks(*answers: Result) -> Host:
    """The last answer is that to all later looks."""
    left = list(answers)
    return Host(
        qlik_session_info=lambda _arguments: left.pop(0) if len(left) > 1 else left[0],
        qlik_user_info=lambda arguments: {"users": [{"user": arguments["users"][0], "name": "", "state": "missing"}]},
    )


OLD = session("LAB\\anna", ref="a-1")
NEW = session("LAB\\anna", "Node2", "vp-sales", ref="b-2")
ASK = {"user": "LAB\\anna", "host": "qlik1", "service_users": ["X"]}


def test_a_look(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    host = looks(site(OLD))
    result = act(monkeypatch, plugin, host, ASK)
    assert result["answer"]["said"] == ["LAB\\anna may log in. 1 session of the 5 that a user may have."]
    assert result["to_end"] == []
    assert "a-1" in result["table"]
    asked = {**ASK, "users": ["LAB\\anna"], "resolve_users": True, "on_proxy_failure": "warn"}
    assert host.calls == [("qlik_session_info", {key: asked[key] for key in asked if key != "user"})]
    assert clock.lines == []


@pytest.mark.parametrize(("name", "asked"), [("LAB\\nobody", 1), ("nobody", 0), ("LAB\\no*", 0)])
def test_who_has_no_session_is_asked_for_by_an_exact_name(
    monkeypatch: pytest.MonkeyPatch, name: str, asked: int
) -> None:
    host = looks(site())
    result = act(monkeypatch, plugin, host, {**ASK, "user": name})
    assert host.called("qlik_user_info") == [{"host": "qlik1", "users": [name]}] * asked
    assert result["answer"]["users"] == []
    assert ("is not known to the repository" in result["answer"]["said"][0]) is bool(asked)
    assert result["table"] == ""


@pytest.mark.parametrize(
    ("refs", "to_end"), [([], ["a-1", "b-2"]), ("", ["a-1", "b-2"]), (["B-2"], ["b-2"]), (["b-2", "c-3"], ["b-2"])]
)
def test_what_is_to_be_ended(monkeypatch: pytest.MonkeyPatch, refs: Any, to_end: list[str]) -> None:
    result = act(monkeypatch, plugin, looks(site(OLD, NEW)), {**ASK, "end": "yes", "refs": refs})
    assert result["to_end"] == to_end


def test_a_session_that_appears(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    failed = {"failed": True, "msg": "Nobody answers."}
    host = looks(site(OLD), site(OLD), failed, site(OLD, NEW))
    seen = act(monkeypatch, plugin, host, ASK)
    done = act(monkeypatch, plugin, host, {**ASK, "seen": seen, "wait": 60, "wait_interval": 5})
    assert done["answer"]["appeared"] == [NEW]
    assert clock.lines == [
        "Let LAB\\anna log in now. A new session is waited for, 60 seconds at most.",
        "A session of LAB\\anna has appeared after 10 seconds: /sales on Node2. So the login works; what goes wrong"
        " comes after it.",
    ]
    assert done["answer"]["said"] == [*seen["answer"]["said"], clock.lines[1]]


def test_what_was_ended_is_told_before_the_user_is_asked_to_log_in(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    host = looks(site(OLD), site())
    seen = act(monkeypatch, plugin, host, ASK)
    ended = {"summary": {"ended": 1}}
    done = act(monkeypatch, plugin, host, {**ASK, "seen": seen, "ended": ended, "wait": 7, "wait_interval": 3})
    assert [line.split(".")[0] for line in clock.lines] == [
        "1 session was ended",
        "Let LAB\\anna log in now",
        "No session of LAB\\anna has appeared within 7 seconds",
    ]
    assert len(host.called("qlik_session_info")) == 5
    assert done["answer"]["ended"] == {"ended": 1}


def test_a_session_on_a_proxy_that_was_not_seen_before_is_not_new(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    host = looks(site(OLD, failures=silent("Node2"), complete=False), site(OLD, NEW))
    seen = act(monkeypatch, plugin, host, ASK)
    done = act(monkeypatch, plugin, host, {**ASK, "seen": seen, "wait": 1})
    assert done["answer"]["appeared"] == []
    assert "It may have appeared on Node2" in clock.lines[-1]


def test_a_site_that_does_not_answer_to_the_end_is_a_failure(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    host = looks(site(OLD), {"failed": True, "msg": "Nobody answers."})
    seen = act(monkeypatch, plugin, host, ASK)
    assert act(monkeypatch, plugin, host, {**ASK, "seen": seen, "wait": 9})["msg"] == "Nobody answers."
    assert clock.now == 9


def test_nothing_is_waited_for_in_check_mode(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    host = looks(site(OLD))
    seen = act(monkeypatch, plugin, host, ASK, check_mode=True)
    given = {**ASK, "seen": seen, "wait": 60, "ended": {"summary": {"would_end": 1}}}
    done = act(monkeypatch, plugin, host, given, check_mode=True)
    assert done["answer"]["said"][-1] == "1 session would be ended."
    assert clock.lines == ["1 session would be ended."]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"user": " "}, "Say whose sessions"),
        ({"user": None}, "Say whose sessions"),
        ({"user": "LAB\x07nna"}, "Write two backslashes: DIRECTORY\\\\id."),
        ({"user": 42}, "user: 42 is a number"),
        ({"end": "ture"}, "unable to convert to bool"),
        ({"wait": "1m"}, "unable to convert to int"),
        ({"wait": -1}, "wait can't be negative"),
        ({"wait_interval": 0}, "wait_interval must be 1 or more"),
        ({"seen": {"answer": {}}}, "seen is not what user_sessions has returned"),
        ({"refs": ["c-3"], "end": True}, "None of these is a session of LAB\\anna: c-3. Nothing was ended."),
        ({"users": ["x"]}, "There is no option users."),
    ],
)
def test_what_is_refused(monkeypatch: pytest.MonkeyPatch, given: Result, said: str) -> None:
    result = act(monkeypatch, plugin, looks(site(OLD)), {**ASK, **given})
    assert result["failed"] is True
    assert said in result["msg"]


def test_several_users_are_refused_unless_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    both = site(OLD, session("PARTNER\\anna", ref="c"))
    refused = act(monkeypatch, plugin, looks(both), {**ASK, "user": "anna"})
    assert refused["msg"].startswith("anna is more than one user: LAB\\anna, PARTNER\\anna.")
    assert len(act(monkeypatch, plugin, looks(both), {**ASK, "several": "true"})["answer"]["users"]) == 2
