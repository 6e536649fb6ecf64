# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the central role has to say to a restart: who has it, who may get it, and who should have it back. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.qlikops.sense.plugins.module_utils._rules.restart_question import (
    NODE,
    STOPPING,
    Question,
    Reason,
)
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted, fold


def central_reasons(question: Question) -> Iterator[Reason]:
    node, moved = question.node, question.moved_here
    if not question.is_central or question.accepted.central:
        return
    words = f"{node.name} is the central node."
    if moved:
        words = f"{node.name} has the central role. {moved.told(f'from {moved.node}')} A restart of {moved.node} does."
    yield Reason("central", words, "accept_central")


def notes_on_central(question: Question) -> list[str]:
    """Which role an earlier run has left elsewhere, as far as QRS does not say that it is back."""
    node = question.node
    own = (
        f"The central role of {node.name} is on {question.central_left_on}, where an earlier run moved it."
        f" It moves back when {node.name} is well."
    )
    is_a_reason = any(reason.key == "central" for reason in central_reasons(question))
    others = [] if is_a_reason and question.moved_here else central_still_away(question)
    return [*([own] if question.central_left_on and not node.central else []), *others]


def central_still_away(question: Question) -> list[str]:
    """Of other nodes."""
    return [
        f"The central role of {away.node} is still on {away.to}. {away.told('there')} A restart of {away.node} by this"
        " collection does."
        for away in question.still_away
        if not question.is_finished_before(away)
    ]


def failover_reasons(question: Question) -> Iterator[Reason]:
    """Where no other node may take over there is nothing to fear. A move is over before the node is stopped."""
    node, upkeep = question.node, question.upkeep
    if question.moves_central and question.step != STOPPING:
        yield from _candidate(question)
        return
    if question.stops != NODE or not question.is_central or question.accepted.failover or upkeep.candidates == ():
        return
    minutes = counted(upkeep.failover_minutes, "minute") if upkeep.failover_minutes else "a time that QRS does not tell"
    others = "another node, QRS does not tell which," if upkeep.candidates is None else " or ".join(upkeep.candidates)
    yield Reason(
        "failover", f"If {node.name} is silent for {minutes}, {others} becomes the central node.", "accept_failover"
    )


def _candidate(question: Question) -> Iterator[Reason]:
    candidates, wanted = question.upkeep.candidates, question.move_central
    if candidates is None:
        yield Reason("no_candidate", f"QRS does not tell whether {wanted} is a failover candidate.", "move_central")
    elif fold(wanted) not in map(fold, candidates):
        others = ", ".join(candidates) or "none"
        yield Reason("no_candidate", f"{wanted} is no failover candidate. There are: {others}.", "move_central")
