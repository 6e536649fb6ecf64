# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What qlik_session returns: what became of each session and of all of them, as values and in words. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import (
    ALREADY_GONE,
    ENDED,
    FAILED,
    OUTCOMES,
    WOULD_END,
    EndResult,
)
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._query import SessionQuery
from ansible_collections.qlikops.sense.plugins.module_utils._result import SESSIONS_PER_USER
from ansible_collections.qlikops.sense.plugins.module_utils._rules.plan import Plan
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted

MOST_REASONS = 5
REF = re.compile(r"\b[0-9a-f]{6}-[0-9a-f]{12}\b")


def problem_of(end_result: EndResult, refusal: str, unread: str) -> QlikError | None:
    """What the module fails with. ``unread``: what could not be listed, where that counts as a failure."""
    if refusal:
        return QlikError("refused", refusal)
    reasons = [outcome.reason for outcome in end_result.outcomes.values() if outcome.state == FAILED]
    if reasons:
        return QlikError("not_ended", _failed_in_words(reasons, len(end_result.outcomes)), unread)
    if unread:
        return QlikError(
            "not_read_again", f"The sessions were ended, but their lists could not be read again. {unread}"
        )
    return None


def _failed_in_words(reasons: list[str], count: int) -> str:
    """The same reason is told once, though the request of each session names that session."""
    alike = Counter(REF.sub("<ref>", reason) for reason in reasons)
    told = [f"{times} times: {reason}" for reason, times in alike.most_common(MOST_REASONS)]
    return f"{len(reasons)} of {count} sessions could not be ended. " + " ".join(told)


def ended_result(
    query: SessionQuery, plan: Plan, end_result: EndResult, with_ids: bool, refusal: str, problem: QlikError | None
) -> dict[str, Any]:
    """The result, of a run that fails with ``problem``, too."""
    report = query.result(with_ids, plan.to_end)
    result = report.as_result()
    counts = Counter(outcome.state for outcome in end_result.outcomes.values())
    summary = {
        **result["summary"],
        **{outcome: counts[outcome] for outcome in OUTCOMES},
        "kept": len(plan.kept),
        "listed": len(query.listing.sessions),
    }
    at_limit = [] if refusal else users_at_limit(query.listing.sessions, plan, end_result)
    return {
        **result,
        "changed": not refusal and counts[ENDED] + counts[WOULD_END] > 0,
        "sessions": [_with_outcome(session, end_result) for session in result["sessions"]],
        "kept": [{**report.session(kept.session), "reason": kept.reason} for kept in plan.kept],
        "summary": summary,
        "failures": result["failures"] + [failure.as_result() for failure in end_result.failures],
        "complete": result["complete"] and not end_result.failures,
        **query.memory(without=_gone(end_result)),
        "at_limit": at_limit,
        "outcome": _outcome(summary, problem),
        "message": message(summary, bool(refusal)),
        "notes": [*query.notes(), *_note_on_limit(at_limit)],
        "not_found": list(query.not_found),
        "diff": {
            "before": {"sessions": [_named(session) for session in plan.to_end]},
            "after": {"sessions": []},
        },
    }


def _with_outcome(session: dict[str, Any], end_result: EndResult) -> dict[str, Any]:
    outcome = end_result.outcomes[session["ref"]]
    return {**session, "outcome": outcome.state, "outcome_reason": outcome.reason}


def _gone(end_result: EndResult) -> set[str]:
    return {ref for ref, outcome in end_result.outcomes.items() if outcome.state in (ENDED, ALREADY_GONE)}


def _named(session: Session) -> str:
    return f"{session.user} over /{session.virtual_proxy.prefix} on {session.proxy.name}, {session.ref}"


def users_at_limit(listed: Iterable[Session], plan: Plan, end_result: EndResult) -> list[str]:
    """The users who had as many sessions as a user may have, and lose one."""
    number = Counter(session.user_key for session in listed)
    losing = {
        session.user_key: session.user
        for session in plan.to_end
        if end_result.outcomes[session.ref].state in (ENDED, WOULD_END)
    }
    return [user for key, user in sorted(losing.items()) if number[key] >= SESSIONS_PER_USER]


def _note_on_limit(users: list[str]) -> list[str]:
    if not users:
        return []
    return [
        f"At the limit of five sessions: {', '.join(users)}."
        " After one has ended Qlik Sense allows a new one only five minutes later."
    ]


def _outcome(summary: dict[str, Any], problem: QlikError | None) -> str:
    if problem:
        return "failed"
    if not summary["sessions"]:
        return "nothing to do"
    return "would be ended" if summary[WOULD_END] else "ended"


def message(summary: dict[str, Any], is_refused: bool) -> str:
    """``412 sessions listed, 3 to end: 2 ended, 1 already gone``."""
    told = [f"{summary[outcome]} {outcome.replace('_', ' ')}" for outcome in OUTCOMES if summary[outcome]]
    became = ", ".join(["none ended"] if is_refused else told)
    to_end = f"{summary['sessions']} to end: {became}" if summary["sessions"] else "none to end"
    kept = [f"{summary['kept']} kept"] if summary["kept"] else []
    return ", ".join([f"{counted(summary['listed'], 'session')} listed", to_end, *kept])
