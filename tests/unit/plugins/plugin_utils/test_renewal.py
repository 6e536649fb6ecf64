# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lease is renewed while one waits: what is called, and what is made of the answer."""

from __future__ import annotations

import getpass
import os
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.qlikops.sense.plugins.module_utils._lease import GRACE, Lease, Owner
from ansible_collections.qlikops.sense.plugins.plugin_utils._renewal import (
    LONGEST_LOOK,
    Renewal,
    once_free,
    owner_of_run,
)

LEASE = {"directory": "/leases", "site": "s", "node": "id", "node_name": "Node2", "phase": "drain", "hold": 1200}
HELD = {"failed": True, "msg": "Another run is restarting Node3.", "failure": {"kind": "lease_held"}}
DAMAGED = {"failed": True, "msg": "It is damaged.", "failure": {"kind": "lease_not_kept"}}


class Keeper:
    """Where the lease lies: gives these answers, one after the other."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.renewal = Renewal(LEASE, 10, self.call, self.lines.append)

    def call(self, module: str, arguments: dict[str, Any]) -> dict[str, Any]:
        assert module == "qlikops.sense.restart_lease"
        self.calls.append(arguments)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


def test_it_is_held_until_the_next_look_and_after_the_last_one_for_what_follows() -> None:
    keeper = Keeper({}, {})
    assert [keeper.renewal.at_look(is_last) for is_last in (False, True)] == [{}, {}]
    assert keeper.calls == [{**LEASE, "hold": hold, "owner": owner_of_run()} for hold in (10 + LONGEST_LOOK, 1200)]
    assert keeper.lines == []


def test_a_run_that_dies_while_it_waits_is_stale_within_minutes() -> None:
    keeper = Keeper({})
    keeper.renewal.at_look(is_last=False)
    lease = Lease(Owner("maria", "ops2", 1, "1", ""), "Node2", renewed=0.0, hold=keeper.calls[0]["hold"])
    assert not lease.is_stale(10 + LONGEST_LOOK + GRACE)
    assert lease.is_stale(10 + LONGEST_LOOK + GRACE + 1)


def test_where_another_run_has_it_that_is_the_result() -> None:
    assert Keeper(HELD).renewal.at_look(is_last=False) == HELD


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (DAMAGED, "It is damaged."),
        ({"unreachable": True, "msg": "no route"}, "no route"),
        (AnsibleConnectionFailure("no route"), "no route"),
    ],
)
def test_other_trouble_is_told_once_and_ridden_out(trouble: Any, words: str) -> None:
    keeper = Keeper(trouble, trouble, {}, trouble)
    assert [keeper.renewal.at_look(is_last=False) for _look in range(4)] == [{}] * 4
    assert keeper.lines == [f"The lease could not be renewed: {words}"] * 2


def test_the_owner_is_the_process_that_has_made_this_one_also_where_it_has_no_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nameless() -> str:
        raise KeyError

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert (owner_of_run()["pid"], owner_of_run()["user"]) == (os.getppid(), str(os.getuid()))


# Waiting for the lease of a run that may be gone


def waited_for(*held: dict[str, Any] | None) -> tuple[Any, list[str], list[float]]:
    """What comes of it where the lease is held so at each call, and not any more where it is None."""
    answers = [
        {**HELD, "failure": {"kind": "lease_held", "reason": "x."}, "held": each} if each else {} for each in held
    ]
    lines: list[str] = []
    sleeps: list[float] = []
    last = once_free(lambda: answers.pop(0), lines.append, sleeps.append)
    assert answers == []
    return last, lines, sleeps


def held(renewed: float, seconds_left: float, may_be_gone: bool = True) -> dict[str, Any]:
    return {"renewed": renewed, "seconds_left": seconds_left, "may_be_gone": may_be_gone}


def test_a_run_that_may_be_gone_is_waited_for_until_its_lease_is_stale_and_that_is_said() -> None:
    last, lines, sleeps = waited_for(held(7, 8.0), held(7, 3.0), None)
    assert (last, sleeps) == ({}, [5.0, 4.0])
    assert lines == ["x. Its lease is waited for, 8 s unless it is renewed."]


def test_a_run_that_renews_its_lease_is_there_and_one_that_is_seen_is_not_waited_for() -> None:
    last, _lines, sleeps = waited_for(held(7, 8.0), held(9, 300.0))
    assert (last["held"]["renewed"], sleeps) == (9, [5.0])
    last, lines, sleeps = waited_for(held(7, 8.0, may_be_gone=False))
    assert (last["failed"], lines, sleeps) == (True, [], [])


def test_a_lease_that_is_free_is_had_at_once() -> None:
    assert waited_for(None) == ({}, [], [])
