# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rule that allows a restart, by values and by properties."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._model.proxy_node import ProxyNode
from ansible_collections.qlikops.sense.plugins.module_utils._model.upkeep import RunningTask, Upkeep
from ansible_collections.qlikops.sense.plugins.module_utils._rules.balancer import (
    DRAIN,
    MAINT,
    READY,
    UNKNOWN,
    BalancerServer,
    BalancerView,
)
from ansible_collections.qlikops.sense.plugins.module_utils._rules.restart import answer, notes_on_tasks
from ansible_collections.qlikops.sense.plugins.module_utils._rules.restart_central import (
    central_still_away,
    notes_on_central,
)
from ansible_collections.qlikops.sense.plugins.module_utils._rules.restart_question import (
    BEGIN,
    CORDONED,
    ENDING,
    STEPS,
    STOPPING,
    Accepted,
    Answer,
    Away,
    Question,
)

PREFIXES = ("", "sales", "hr")


def node(number: int, *prefixes: str, **fields: Any) -> ProxyNode:
    usual = {
        "id": f"id{number}",
        "name": f"Node{number}",
        "host_name": f"qlik{number}.example.com",
        "prefixes": prefixes or ("", "sales"),
        "alive": True,
        "addresses": frozenset({f"qlik{number}.example.com", f"10.0.0.{number}"}),
        "users_port": 443,
    }
    return ProxyNode(**{**usual, **fields})


def server(number: int, **fields: Any) -> BalancerServer:
    usual = {
        "backend": "qlik",
        "name": f"Node{number}",
        "state": READY,
        "health": "running",
        "weight": 1,
        "address": f"10.0.0.{number}",
        "port": 443,
    }
    return BalancerServer(**{**usual, **fields})


def view(*servers: BalancerServer, own: int = 1, **fields: Any) -> BalancerView:
    mine = tuple(each for each in servers if each.name == f"Node{own}")
    return BalancerView(mine[0].state, mine, servers, **fields)


ALL_READY = view(server(1), server(2), server(3))
NODES = (node(1), node(2), node(3))
USUAL = Question(NODES[0], NODES[1:], ALL_READY)


NIGHTLY = RunningTask("Nightly", "reload", "Sales", "LAB\\anna", "qlik1.example.com", "2026-01-15T09:12:00Z")
IDLE = Upkeep(tasks=(), failover_minutes=10, candidates=("Node2",))
BUSY = replace(IDLE, tasks=(NIGHTLY,))
OUT_OF_BALANCER = view(server(1, state=DRAIN), server(2), server(3))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("stops", "upkeep", "accepted", "first", "later"),
    [
        ("proxy", BUSY, {}, [], []),
        ("proxy", Upkeep(), {}, [], []),
        ("services", IDLE, {}, [], []),
        ("services", BUSY, {}, [], ["running_tasks"]),
        ("services", BUSY, {"running_tasks": True}, [], []),
        ("services", Upkeep(), {}, ["tasks_unknown"], ["tasks_unknown"]),
        ("services", Upkeep(), {"running_tasks": True}, [], []),
        ("node", BUSY, {}, ["failover"], ["running_tasks", "failover"]),
        ("node", IDLE, {}, ["failover"], ["failover"]),
        ("node", IDLE, {"failover": True}, [], []),
        ("node", replace(IDLE, candidates=()), {}, [], []),
        ("node", replace(IDLE, candidates=None), {}, ["failover"], ["failover"]),
        ("node", replace(IDLE, failover_minutes=None), {}, ["failover"], ["failover"]),
    ],
)
def test_tasks_and_the_central_role(
    step: str, stops: str, upkeep: Upkeep, accepted: dict[str, Any], first: list[str], later: list[str]
) -> None:
    central = node(1, central=True)
    question = Question(
        central,
        NODES[1:],
        ALL_READY if step == BEGIN else OUT_OF_BALANCER,
        step,
        Accepted(central=True, **accepted),
        stops=stops,
        upkeep=upkeep,
    )
    given_answer = answer(question)
    assert keys(given_answer) == (later if step in (ENDING, STOPPING) else first)
    assert question.awaits_tasks == (stops != "proxy" and "running_tasks" not in accepted)
    assert bool(notes_on_tasks(question)) == (bool(upkeep.tasks) and "running_tasks" not in keys(given_answer))
    rim = answer(replace(question, node=node(1)))
    assert "failover" not in keys(rim)


def test_tasks_and_failover_in_words() -> None:
    question = Question(
        node(1, central=True), NODES[1:], OUT_OF_BALANCER, STOPPING, Accepted(central=True), stops="node", upkeep=BUSY
    )
    tasks, failover = answer(question).reasons
    assert tasks.words == "Node1 runs 1 task: Nightly (reload of Sales)."
    assert failover.words == "If Node1 is silent for 10 minutes, Node2 becomes the central node."
    unknown = answer(replace(question, upkeep=Upkeep(tasks=()))).reasons[0].words
    assert unknown == (
        "If Node1 is silent for a time that QRS does not tell, another node, QRS does not tell which, becomes the"
        " central node."
    )
    many = replace(BUSY, tasks=(NIGHTLY,) * 7)
    assert answer(replace(question, upkeep=many)).reasons[0].words.endswith("(reload of Sales) and 2 more.")


@pytest.mark.parametrize(("where", "runs"), [("QLIK1.example.com", True), ("node1", True), ("", True), ("x", False)])
def test_a_task_that_does_not_say_where_it_runs_may_run_here(where: str, runs: bool) -> None:
    assert replace(NIGHTLY, node=where).may_run_on(("Node1", "qlik1.example.com")) is runs


def keys(given_answer: Answer) -> list[str]:
    return [reason.key for reason in given_answer.reasons]


def test_a_node_beside_others_that_take_users_may_be_restarted() -> None:
    assert answer(USUAL) == Answer((), (), ())
    assert answer(replace(USUAL, balancer=None)).allowed


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"node": node(1, central=True)}, "central"),
        ({"closed_window": "It is 12:00."}, "window"),
        ({"node": node(1, alive=False, why_down="Nothing listens.")}, "node_down"),
        ({"others": (node(2, alive=False), node(3))}, "others_out"),
        ({"others": (node(2, "hr"), node(3, "hr"))}, "outage"),
        ({"others": ()}, "outage"),
        ({"node": node(1, addresses=frozenset({"10.0.0.9"}))}, "wrong_server"),
        ({"node": node(1, users_port=8443)}, "wrong_server"),
        ({"balancer": view(server(1, address="-"), server(2), server(3))}, "wrong_server"),
        (
            {"balancer": view(server(1), server(2), server(3), elsewhere=(server(1, backend="x", name="y"),))},
            "other_backend",
        ),
        ({"balancer": view(server(1, state=DRAIN), server(2), server(3))}, "drained"),
        ({"balancer": replace(ALL_READY, state=UNKNOWN)}, "unknown_state"),
        ({"step": CORDONED}, "not_out"),
        ({"step": STOPPING}, "not_out"),
        ({"known_as": ("qlik1", "QLIK1.example.com")}, "two_names"),
        ({"problems": ("The audit log can not be written.",)}, "not_ready"),
    ],
)
def test_each_reason_by_itself(changed: dict[str, Any], key: str) -> None:
    given_answer = answer(replace(USUAL, **changed))
    assert keys(given_answer) == [key]
    assert not given_answer.may_pass
    assert all(reason.words.endswith(".") for reason in given_answer.reasons)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (server(2, state=DRAIN), "qlik/Node2 drained"),
        (server(2, state=MAINT), "qlik/Node2 in maintenance"),
        (server(2, state="odd"), "qlik/Node2 in an unknown state"),
        (server(2, health="stopped"), "qlik/Node2 DOWN according to its health check"),
        (server(2, health="stopping"), "qlik/Node2 stopping in the balancer"),
        (server(2, health=UNKNOWN), "qlik/Node2 unknown in the balancer"),
        (server(2, weight=0), "qlik/Node2 of weight 0"),
        (server(2, weight=None), "qlik/Node2 of unknown weight"),
        (server(2, name="two", state=DRAIN), "qlik/two drained"),
    ],
)
def test_another_node_is_out_for_every_reason_that_keeps_users_away(other: BalancerServer, why: str) -> None:
    question = replace(USUAL, balancer=view(server(1), other, server(3)))
    given_answer = answer(question)
    assert keys(given_answer) == ["others_out"]
    assert [each.as_result() for each in given_answer.out] == [{"id": "id2", "node": "Node2", "why": why}]
    for name in ("node2", "ID2", "qlik2.EXAMPLE.com", other.name):
        accepted = answer(replace(question, accepted=Accepted(others_out=(name,))))
        assert accepted.allowed
        assert accepted.out == given_answer.out


def test_a_server_of_no_known_node_counts_as_another_node() -> None:
    stranger = server(9, name="old", state=MAINT)
    given_answer = answer(replace(USUAL, balancer=view(server(1), server(2), server(3), stranger)))
    assert [each.node for each in given_answer.out] == ["qlik/old"]
    assert not given_answer.allowed
    assert answer(
        replace(USUAL, balancer=view(server(1), server(2), server(3), stranger), accepted=Accepted(others_out=("OLD",)))
    ).allowed


def test_a_balancer_that_only_names_who_is_out() -> None:
    told = BalancerView(READY, others_out=("node2", "somebody"))
    given_answer = answer(replace(USUAL, balancer=told))
    assert [(each.node, each.why) for each in given_answer.out] == [
        ("Node2", "out of the balancer"),
        ("somebody", "out of the balancer"),
    ]
    assert keys(given_answer) == ["others_out"]


@pytest.mark.parametrize("step", [CORDONED, ENDING, STOPPING])
def test_a_node_that_went_down_meanwhile_is_restarted_all_the_same(step: str) -> None:
    out = view(server(1, state=DRAIN), server(2), server(3))
    assert answer(replace(USUAL, node=node(1, alive=False), balancer=out, step=step)).allowed


def test_what_this_collection_drained_is_taken_over_though_its_service_is_down() -> None:
    left = replace(USUAL, node=node(1, alive=False), balancer=view(server(1, state=DRAIN), server(2), server(3)))
    assert keys(answer(left)) == ["drained", "node_down"]
    assert answer(replace(left, is_ours=True)).allowed
    assert answer(replace(left, accepted=Accepted(drained=True, node_down=True))).allowed


def test_a_node_in_maintenance_may_be_restarted_and_stays_there() -> None:
    assert answer(replace(USUAL, balancer=view(server(1, state=MAINT), server(2), server(3)))).allowed


def test_a_node_that_is_finished_first_is_taken_to_be_well() -> None:
    left = (node(2, alive=False), node(3, "hr"))
    question = replace(USUAL, others=left, balancer=view(server(1), server(2, state=DRAIN), server(3)))
    assert keys(answer(question)) == ["others_out", "outage"]
    assert answer(replace(question, back_by_then=("node2",))) == Answer((), (), ())
    assert keys(answer(replace(question, back_by_then=("node3",)))) == ["others_out", "outage"]


def test_a_server_that_is_not_behind_the_balancer_covers_nothing() -> None:
    given_answer = answer(replace(USUAL, balancer=view(server(1), server(9, name="elsewhere"))))
    assert given_answer.uncovered == ("", "sales")


# Two controllers

BOTH_DRAINED = (server(1, state=DRAIN), server(2, state=DRAIN), server(3))


def asked_by(number: int, step: str, **fields: Any) -> Question:
    mine = NODES[number - 1]
    others = tuple(each for each in NODES if each is not mine)
    return Question(mine, others, view(*BOTH_DRAINED, own=number), step, **fields)


@pytest.mark.parametrize("step", [CORDONED, ENDING, STOPPING])
def test_nobody_goes_further_while_two_are_out(step: str) -> None:
    assert keys(answer(asked_by(1, step))) == keys(answer(asked_by(2, step))) == ["others_out"]


@pytest.mark.parametrize("step", [CORDONED, ENDING, STOPPING])
def test_of_two_controllers_one_may_wait_for_the_other_to_give_way(step: str) -> None:
    assert answer(asked_by(1, step)).may_pass
    assert not answer(asked_by(2, step)).may_pass
    assert not answer(asked_by(1, step, closed_window="It is late.")).may_pass
    assert not answer(asked_by(1, step, out_before=frozenset({"id2"}))).may_pass


def test_who_was_out_before_is_no_other_controller_that_gives_way() -> None:
    assert keys(answer(asked_by(1, CORDONED, out_before=frozenset({"id2"})))) == ["others_out"]


# Properties

states = st.sampled_from([READY, READY, READY, DRAIN, MAINT, UNKNOWN])
healths = st.sampled_from(["running", "running", "running", "starting", "stopped", "stopping", UNKNOWN])
weights = st.sampled_from([1, 1, 100, 0, None])


@st.composite
def questions(draw: st.DrawFn) -> Question:
    count = draw(st.integers(1, 4))
    nodes = [
        node(
            number,
            *draw(st.lists(st.sampled_from(PREFIXES), min_size=1, max_size=3, unique=True)),
            alive=draw(st.sampled_from([True, True, False])),
            central=draw(st.booleans()),
        )
        for number in range(1, count + 1)
    ]
    servers = tuple(
        server(
            number,
            state=draw(states),
            health=draw(healths),
            weight=draw(weights),
            address=draw(st.sampled_from([f"10.0.0.{number}", f"10.0.0.{number}", "10.0.0.9", "-"])),
            name=draw(st.sampled_from([f"Node{number}", f"Node{number}", f"s{number}"])) if number > 1 else "Node1",
        )
        for number in range(1, count + 1)
    )
    accepted = Accepted(
        central=draw(st.booleans()),
        outage=draw(st.booleans()),
        node_down=draw(st.booleans()),
        drained=draw(st.booleans()),
        others_out=tuple(draw(st.lists(st.sampled_from(["Node2", "id3", "qlik4.example.com", "s2"]), max_size=2))),
    )
    return Question(
        nodes[0],
        tuple(nodes[1:]),
        draw(st.sampled_from([None, view(*servers)])),
        draw(st.sampled_from(STEPS)),
        accepted,
        is_ours=draw(st.booleans()),
        closed_window=draw(st.sampled_from(["", "", "closed."])),
    )


def takes_users(question: Question, other: ProxyNode) -> bool:
    """Once more, naively: the node is alive, and the balancer, where there is one, sends somebody new to it."""
    if not other.alive or question.balancer is None:
        return other.alive
    at_it = [each for each in question.balancer.servers if each.address in other.addresses]
    by_name = [
        each for each in question.balancer.servers if each.name == other.name and each.address in ("-", "10.0.0.9")
    ]
    return any(
        each.state == READY and each.health in ("running", "starting") and each.weight not in (0, None)
        for each in at_it + by_name
    )


@given(questions())
def test_never_allowed_where_nobody_else_would_take_the_users(question: Question) -> None:
    given_answer = answer(question)
    for prefix in question.node.prefixes:
        covered = any(prefix in other.prefixes and takes_users(question, other) for other in question.others)
        assert covered is (prefix not in given_answer.uncovered)
        assert covered or question.accepted.outage or not given_answer.allowed


@given(questions())
def test_never_allowed_while_another_node_is_out_that_was_not_accepted(question: Question) -> None:
    given_answer = answer(question)
    if not given_answer.allowed:
        return
    for other in question.others:
        names = {other.id, other.name, other.host_name, f"s{other.name[-1]}"}
        assert takes_users_or_unknown(question, other) or names & set(question.accepted.others_out)


def takes_users_or_unknown(question: Question, other: ProxyNode) -> bool:
    """A node that is alive and that the balancer does not know is not out of it."""
    if question.balancer is None:
        return other.alive
    known = [each for each in question.balancer.servers if each.address in other.addresses or each.name == other.name]
    return other.alive and (not known or takes_users(question, other))


@given(questions())
def test_what_is_accepted_is_still_told(question: Question) -> None:
    strict, lenient = answer(replace(question, accepted=Accepted())), answer(question)
    assert (strict.out, strict.uncovered) == (lenient.out, lenient.uncovered)
    assert set(keys(lenient)) <= set(keys(strict))


@given(questions())
def test_no_step_but_the_first_goes_on_with_a_node_that_takes_users(question: Question) -> None:
    if question.step != BEGIN and question.balancer and question.balancer.state not in (DRAIN, MAINT):
        assert not answer(question).allowed


@pytest.mark.parametrize(
    ("step", "move_to", "candidates", "says"),
    [
        ("begin", "NODE2", ("Node2",), None),
        ("ending", "Node2", ("Node2", "Node3"), None),
        ("begin", "Node3", ("Node2",), "Node3 is no failover candidate. There are: Node2."),
        ("begin", "Node3", (), "Node3 is no failover candidate. There are: none."),
        ("begin", "Node2", None, "QRS does not tell whether Node2 is a failover candidate."),
        ("stopping", "Node2", ("Node2",), "If Node1 is silent for 10 minutes, Node2 becomes the central node."),
    ],
)
def test_a_central_node_whose_role_is_to_be_moved(
    step: str, move_to: str, candidates: tuple[str, ...] | None, says: str | None
) -> None:
    """Before the stop the role has to be elsewhere."""
    question = Question(
        node(1, central=True),
        NODES[1:],
        ALL_READY if step == BEGIN else OUT_OF_BALANCER,
        step,
        Accepted(central=True),
        stops="node",
        upkeep=replace(IDLE, candidates=candidates),
        move_central=move_to,
    )
    assert question.moves_central
    assert [reason.words for reason in answer(question).reasons] == ([says] if says else [])
    assert not replace(question, stops="services").moves_central
    assert not replace(question, node=node(1)).moves_central
    assert answer(replace(question, node=node(1))).allowed


AWAY = Away("Node1", "Node2", "maria on ops1 (process 4711)", "2026-01-15T02:10:00Z")
WHO = "The run of maria on ops1 (process 4711) moved it"


def test_a_role_that_an_earlier_run_has_left_elsewhere_is_found_and_told() -> None:
    """Node1 has lost it to Node2. Who restarts Node3 is told, who restarts Node2 is refused with the cure."""
    nodes = node(1), node(2, central=True), node(3)
    third = Question(nodes[2], nodes[:2], central_away=(AWAY,))
    assert answer(third).allowed
    assert (
        notes_on_central(third)
        == central_still_away(third)
        == [
            "The central role of Node1 is still on Node2. "
            + WHO
            + " there at 2026-01-15T02:10:00Z, and did not move it"
            " back. A restart of Node1 by this collection does."
        ]
    )
    second = Question(nodes[1], (nodes[0], nodes[2]), central_away=(AWAY,))
    (reason,) = answer(second).reasons
    assert (reason.key, reason.accepted_by) == ("central", "accept_central")
    assert reason.words == (
        "Node2 has the central role. " + WHO + " from Node1 at 2026-01-15T02:10:00Z, and did not move it back. A"
        " restart of Node1 does."
    )
    assert answer(replace(second, accepted=Accepted(central=True))).allowed
    # In a run that finishes Node1 first it is back by then.
    finished = replace(second, back_by_then=("Node1",))
    assert answer(finished).allowed
    assert central_still_away(finished) == []
    reboot = replace(finished, stops="node", upkeep=Upkeep((), 10, ("Node1",)))
    assert answer(reboot).allowed
    assert [reason.key for reason in answer(replace(reboot, back_by_then=())).reasons] == ["central", "failover"]
    assert notes_on_central(second) == []


def test_a_role_that_is_back_is_no_longer_away_whoever_moved_it() -> None:
    question = Question(node(3), (node(1, central=True), node(2)), central_away=(AWAY,))
    assert central_still_away(question) == []
    unknown = Question(node(3), (node(2),), central_away=(AWAY,))  # QRS does not show Node1
    assert len(central_still_away(unknown)) == 1


def test_a_record_is_no_licence_for_a_node_that_is_central_for_another_reason() -> None:
    elsewhere = replace(AWAY, to="Node4")
    question = Question(node(2, central=True), (node(1),), central_away=(elsewhere,), back_by_then=("Node1",))
    (reason,) = answer(question).reasons
    assert reason.words == "Node2 is the central node."


def test_the_node_itself_is_told_that_its_role_comes_back() -> None:
    left = Question(node(1), (node(2, central=True),), central_left_on="Node2")
    (note,) = notes_on_central(left)
    assert note == (
        "The central role of Node1 is on Node2, where an earlier run moved it. It moves back when Node1 is well."
    )
    assert notes_on_central(replace(left, node=node(1, central=True))) == []
