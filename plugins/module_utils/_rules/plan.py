# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the selected sessions may be ended, and why not the rest. Pure; nothing is ended here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._model.activity import Activities
from ansible_collections.qlikops.sense.plugins.module_utils._model.patterns import UserPatterns
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold, non_empty


@dataclass(frozen=True)
class Kept:
    """A selected session that is spared, and why."""

    session: Session
    reason: str


@dataclass(frozen=True)
class Plan:
    """Both in the order of the selection; what was spared at a second look stands last."""

    to_end: tuple[Session, ...]
    kept: tuple[Kept, ...]


@dataclass(frozen=True)
class Caps:
    """The most that may be ended in one run: a number of sessions, a percentage of all sessions of the site."""

    max_sessions: int | None = None
    max_percent: float | None = None

    def __post_init__(self) -> None:
        if self.max_sessions is not None and self.max_sessions < 0:
            raise BadOption("max_sessions", f"{self.max_sessions} is too small.", "The least is 0.")
        if self.max_percent is not None and not 0 <= self.max_percent <= 100:
            raise BadOption("max_percent", f"{self.max_percent:g} is not a percentage.", "It goes from 0 to 100.")

    def objection(self, plan: Plan, all_sessions: int) -> str:
        """By how much the plan passes a cap, or an empty text. ``all_sessions`` counts those of the whole site."""
        count = len(plan.to_end)
        if self.max_sessions is not None and count > self.max_sessions:
            return (
                f"Nothing was ended: {count} sessions would be, {count - self.max_sessions} more than max_sessions"
                f" allows ({self.max_sessions}). Select fewer, or raise max_sessions if all of them are meant."
            )
        if self.max_percent is None:
            return ""
        # Not in floating point, where 0.29 % of 100000 is less than 290.
        allowed = int(Fraction(str(self.max_percent)) * all_sessions / 100)
        if count > allowed:
            return (
                f"Nothing was ended: {count} sessions would be, {count - allowed} more than max_percent allows"
                f" ({self.max_percent:g} % of {all_sessions} sessions, so {allowed})."
                " Select fewer, or raise max_percent if all of them are meant."
            )
        return ""


class Protection:
    """Whose sessions are never ended: protected users (patterns as in ``users``) and always the user that asks."""

    def __init__(self, protect_users: Iterable[str], api_user: str) -> None:
        self._protected = UserPatterns(non_empty(protect_users))
        self._api_user = fold(api_user)

    def reason(self, session: Session) -> str:
        """Why it is not ended, empty for one that may be."""
        if fold(session.user) == self._api_user:
            return "sessions of api_user are never ended"
        return "protect_users names this user" if self._protected.match(session) else ""

    def spares(self, session: Session) -> bool:
        return bool(self.reason(session))


def without_active(plan: Plan, before: Activities, now: Activities) -> Plan:
    """The plan at a second look, right before it is carried out: who has come back to work since the first is spared.

    So is a session that QRS told something of and tells nothing of any more: it is not known to be idle.
    """

    def spared(session: Session) -> str:
        first, second = before.of(session), now.of(session)
        if first.last_active is None:
            return ""
        if second.last_active is None:
            return "QRS tells no more how idle it is"
        return f"active again according to {second.source}" if second.last_active > first.last_active else ""

    reasons = [(session, spared(session)) for session in plan.to_end]
    return Plan(
        to_end=tuple(session for session, reason in reasons if not reason),
        kept=(*plan.kept, *(Kept(session, reason) for session, reason in reasons if reason)),
    )


def plan_ending(selected: Iterable[Session], protection: Protection) -> Plan:
    reasons = [(session, protection.reason(session)) for session in selected]
    return Plan(
        to_end=tuple(session for session, reason in reasons if not reason),
        kept=tuple(Kept(session, reason) for session, reason in reasons if reason),
    )
