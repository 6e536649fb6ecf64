# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a node: its numbers add up, and its sentences say how the node was left."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.plugin_utils._restart_report import (
    MOST,
    handed_on,
    message,
    report,
    summary,
)
from ansible_collections.qlikops.sense.plugins.plugin_utils._upkeep_words import upkeep_sentences

NOW = "2026-01-15T09:31:00Z"
FAILURE = {"task": "Check that the node is back", "message": "After 30 seconds Node2 is not back"}


def sessions(*refs: str, **fields: str) -> list[dict[str, Any]]:
    return [{"ref": ref, "user": f"LAB\\{ref}", **fields} for ref in refs]


def listed(*refs: str) -> dict[str, Any]:
    found = sessions(*refs)
    users = [{"user": each["user"], "sessions": 1, "name": "", "emails": [], "state": "active"} for each in found]
    return {
        "summary": {"sessions": len(found), "users": len(found)},
        "users": users,
        "sessions": found,
        "virtual_proxies": [{"prefix": "sales", "sessions": len(found)}, {"prefix": "hr", "sessions": 0}],
    }


def begun(*phases: str, **fields: Any) -> dict[str, Any]:
    return {"timeline": [{"phase": phase, "time": NOW} for phase in phases], "drained": True, **fields}


def told(**seen: Any) -> dict[str, Any]:
    return report({"node": "qlik2", "has_balancer": True, **seen}, NOW, check_mode=False)


def test_who_was_there_has_left_was_ended_or_is_still_there() -> None:
    outcomes = [
        *sessions("b", outcome="ended"),
        *sessions("c", outcome="already_gone"),
        *sessions("d", outcome="failed"),
    ]
    found = told(
        affected=listed("a", "b", "c"),
        drained={"sessions": sessions("b", "c", "d"), "history": [1]},
        ended={"sessions": outcomes},
    )
    assert (found["left_by_themselves"], found["ended"], found["still_there"], found["arrived"]) == (
        2,
        ["LAB\\b"],
        1,
        1,
    )
    assert found["affected_virtual_proxies"] == {"sales": 3}
    assert "3 sessions of 3 users on it, 1 more came; 2 left by themselves, 1 ended, 1 still there" in summary(found)


@given(*[st.sets(st.sampled_from("abcdefgh"))] * 3, st.randoms())
def test_the_numbers_add_up(at_first: set[str], at_last: set[str], tried: set[str], random: Any) -> None:
    outcomes = [
        {**each, "outcome": random.choice(["ended", "already_gone", "failed", "kept"])}
        for each in sessions(*tried & at_last)
    ]
    found = told(affected=listed(*at_first), drained={"sessions": sessions(*at_last)}, ended={"sessions": outcomes})
    gone = found["left_by_themselves"] + len(found["ended"])
    assert gone + found["still_there"] == len(at_first) + found["arrived"] == len(at_first | at_last)
    assert min(found["left_by_themselves"], found["still_there"], found["arrived"]) >= 0
    # Everybody has one session here, so users are what sessions are.
    assert found["users"] == {
        "there": len(at_first | at_last),
        "left": found["left_by_themselves"],
        "ended": len(found["ended"]),
        "still_there": found["still_there"],
    }


def test_a_user_of_several_sessions_counts_once() -> None:
    """Anna left one and lost one, Ben left one and has one still, Carla left both, Dan came later on and stayed."""
    anna, ben, carla, dan = (f"LAB\\{name}" for name in ("anna", "ben", "carla", "dan"))
    whose = {"a1": anna, "a2": anna, "b1": ben, "b2": ben, "c1": carla, "c2": carla}
    hit = [{"ref": ref, "user": user} for ref, user in whose.items()]
    last = [{"ref": "a2", "user": anna}, {"ref": "b2", "user": ben}, {"ref": "d1", "user": dan}]
    outcomes = [{**each, "outcome": outcome} for each, outcome in zip(last, ("ended", "failed", "kept"), strict=True)]
    found = told(affected={"sessions": hit}, drained={"sessions": last}, ended={"sessions": outcomes})
    assert found["users"] == {"there": 4, "left": 1, "ended": 1, "still_there": 2}


def test_whoever_has_never_gone_has_not_come_back() -> None:
    back = [*sessions("a"), {"ref": "new", "user": "LAB\\b"}]
    outcomes = [*sessions("a", outcome="failed"), *sessions("b", outcome="ended")]
    last = {"sessions": sessions("a", "b")}
    found = told(affected=listed("a", "b"), drained=last, ended={"sessions": outcomes}, back={"sessions": back})
    assert found["came_back"] == ["LAB\\b"]


def test_what_was_never_counted_is_not_0() -> None:
    found = told(failure=FAILURE)
    assert (found["left_by_themselves"], found["still_there"], found["affected"]) == (None, None, {})
    assert "was not counted" in summary(found)
    assert told(affected=listed("a"))["left_by_themselves"] is None


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        ({"lease": begun("preflight", drained=False)}, "The node was left as it was found."),
        ({"lease": begun("cordon", "drain"), "balancer_state": "ready"}, "The node is back in the balancer."),
        (
            {
                "lease": begun("cordon", "restart"),
                "balancer_state": "drain",
                "way_back": {"lacks": ["QRS says stopped"]},
            },
            "The node stays out of the balancer (drain), because QRS says stopped.",
        ),
        (
            {"lease": begun("cordon", drained=False), "balancer_state": "maint"},
            "The node stays in maintenance, as it was found.",
        ),
        (
            {"lease": begun("cordon"), "balancer_state": "drain", "way_back": {"error": "HAProxy can't be reached."}},
            "The way back failed, too: HAProxy can't be reached. The balancer has the node as drain.",
        ),
        (
            {
                "lease": begun("restart"),
                "has_balancer": False,
                "way_back": {"lacks": ["its proxy service is not alive"]},
            },
            "The node was left as it is: its proxy service is not alive.",
        ),
        ({"lease": begun("restart"), "has_balancer": False}, "Its proxy service is alive."),
    ],
)
def test_the_last_sentence_says_how_the_node_was_left(seen: dict[str, Any], says: str) -> None:
    found = told(failure=FAILURE, troubles=["The banner is still there"], **seen)
    assert message(found) == (
        'qlik2 failed at "Check that the node is back": After 30 seconds Node2 is not back. The banner is still there. '
        + says
    )


def test_the_way_back_into_the_balancer_begins_when_the_proofs_are_there() -> None:
    proof = {"lacks": [], "observed_at": "2026-01-15T09:30:59Z"}
    phases = [each["phase"] for each in told(lease=begun("restart", "verify"), way_back=proof)["timeline"]]
    assert phases == ["restart", "verify", "rejoin", "report"]
    for seen in ({"lease": begun("restart")}, {"lease": begun("verify"), "has_balancer": False}):
        assert "rejoin" not in [each["phase"] for each in told(way_back=proof, **seen)["timeline"]]


def test_what_is_handed_on_is_small_and_says_what_it_leaves_out() -> None:
    many = [f"u{number}" for number in range(200)]
    outcomes = {"sessions": sessions(*many, outcome="ended")}
    drained = {"sessions": sessions(*many), "history": list(range(500))}
    small = handed_on(
        told(affected=listed(*many), drained=drained, ended=outcomes, back=listed("x"), told={"mail": many})
    )
    assert {len(small[name]) for name in ("affected_users", "ended", "history")} == {MOST}
    assert (small["history"][0], small["history"][-1]) == (0, 499)
    assert small["left_out"] == {"affected_users": 150, "ended": 150, "history": 450}
    assert small["affected_users"][0].keys() == {"user", "name", "emails", "sessions"}
    assert "told" not in small


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ({"msg": "x", "rc": 1}, "non-zero return code."),
        (
            {"stderr": "f5: no such pool\n", "stderr_lines": ["f5: no such pool"]},
            "non-zero return code. f5: no such pool.",
        ),
        ({"content": "<b>busy</b>", "status": 503}, "non-zero return code. <b>busy</b>."),
        ({"json": {"error": "busy"}, "content": '{"error": "busy"}'}, 'non-zero return code. {"error": "busy"}.'),
        ({"stderr": "y" * 9999}, f"non-zero return code. {'y' * 500}."),
        ({"stderr": "return code"}, "non-zero return code."),
    ],
)
def test_a_hook_that_fails_is_told_with_its_own_words_once(result: dict[str, Any], says: str) -> None:
    failure = {"task": "Call the F5", "message": "non-zero return code", "results": [result, result]}
    assert told(failure=failure)["failure"] == {"task": "Call the F5", "message": says}


def test_a_node_that_was_taken_over_is_said_to_be() -> None:
    found = told(adopted=True, balancer_state="ready")
    assert found["adopted"] is True
    assert "; it was found drained; ready in the balancer." in summary(found)
    assert "found drained" not in summary(told())


TASK = {"name": "Nightly", "kind": "reload", "app": "Sales", "user": "", "node": "qlik2", "started": NOW}


def asked(central: bool, age: int | None, timeout: int | None, others: list[str] | None, tasks: Any) -> dict[str, Any]:
    """As qlik_restart_info returns it."""
    return {
        "node": {"central": central, "heartbeat_age": age},
        "failover": {"timeout": timeout, "candidates": others},
        "running_tasks": tasks,
    }


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({}, []),
        ({"msg": "QRS does not answer"}, []),
        (asked(False, None, None, None, None), []),
        (asked(False, 12, 600, ["Node3"], []), ["Its last heartbeat was 12 s old.", "It ran no task."]),
        (
            asked(True, None, 600, ["Node3", "Node4"], [TASK]),
            [
                "It was the central node, and Node3 or Node4 takes that role once it is silent for 10 min 0 s.",
                "It ran 1 task: Nightly (reload of Sales).",
            ],
        ),
        (
            asked(True, None, None, ["Node3"], None),
            ["It was the central node, and Node3 takes that role if it is silent for too long."],
        ),
        (
            asked(True, None, 600, None, None),
            ["It was the central node, and may lose that role once it is silent for 10 min 0 s."],
        ),
        (asked(True, None, 600, [], None), ["It was the central node, and no other node may take that role."]),
        (asked(True, None, None, None, None), ["It was the central node."]),
    ],
)
def test_of_the_node_only_what_is_known_is_said(known: dict[str, Any], says: list[str]) -> None:
    assert upkeep_sentences(told(asked=known)["upkeep"], {}) == says


MOVED = {"changed": True, "central": "Node3", "before": ["qlik2"]}
MOVED_BACK = {"changed": True, "central": "qlik2", "before": ["Node3"]}


@pytest.mark.parametrize(
    ("lease", "moved", "moved_back", "says", "trouble"),
    [
        ({}, {}, {}, [], []),
        ({"central_moved_to": ""}, {}, {}, [], []),
        (
            {"central_moved_to": "Node3"},
            MOVED,
            MOVED_BACK,
            ["Its central role was moved to Node3, and it is back."],
            [],
        ),
        (
            {"central_moved_to": "Node3", "central_left_on": "Node3"},
            {},
            {**MOVED_BACK, "changed": False},
            ["An earlier run had moved its central role to Node3, and it is back."],
            [],
        ),
        (
            {"central_moved_to": "Node3"},
            MOVED,
            {"failed": True, "msg": "QRS does not answer"},
            [],
            ["The central role of qlik2 stays on Node3. The next restart of qlik2 moves it back."],
        ),
        (
            {"central_moved_to": "Node3"},
            {"failed": True, "msg": "it took too long"},
            {},
            [],
            ["The central role of qlik2 may have moved to Node3. The next restart of qlik2 moves it back."],
        ),
    ],
)
def test_what_became_of_the_central_role(
    lease: dict[str, Any], moved: dict[str, Any], moved_back: dict[str, Any], says: list[str], trouble: list[str]
) -> None:
    found = told(lease=lease, moved=moved, moved_back=moved_back)
    assert upkeep_sentences({}, found["central_moved"]) == says
    assert found["troubles"] == trouble
    assert ("; the central role was on Node3 and is back" in summary(found)) == bool(says)


def test_a_role_that_another_run_has_left_elsewhere_is_a_trouble() -> None:
    found = told(asked={"central_away": ["The central role of qlik1 is still on Node3."]})
    assert found["troubles"] == ["The central role of qlik1 is still on Node3."]


def test_tasks_are_counted_in_the_summary_and_few_of_many_are_handed_on() -> None:
    found = told(asked=asked(False, None, None, None, [TASK] * (MOST + 2)))
    assert f"; it ran {MOST + 2} tasks" in summary(found)
    small = handed_on(found)
    assert (len(small["upkeep"]["running_tasks"]), small["left_out"]) == (MOST, {"running_tasks": 2})
    assert "it ran" not in summary(told(asked=asked(False, None, None, None, None)))
