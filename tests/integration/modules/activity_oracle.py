# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be known of sessions, and which of them rules select, by what the documentation promises.

Nothing of the collection is used here, nor of the simulated site but what its control interface tells.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.qlikops.sense.tests.integration.modules.town import Real, Truth

Switches = Mapping[str, Any]
SINCE_PROVES_UTC = 600  # seconds: a time without a zone that is so new is of UTC, and with it are the others


@dataclass(frozen=True)
class Known:
    """What can be known of a session, in seconds since the epoch."""

    license: str
    created: float | None
    last_active: float | None


@dataclass(frozen=True)
class Expected:
    """``known`` by session id, of those of which anything is. ``without_session``: rows, by user; None: can't be told.

    ``when`` is the time of the site that idle times and ages are told for.
    """

    sessions: Mapping[str, Real]
    known: Mapping[str, Known]
    without_session: Mapping[str, int] | None
    when: float

    def idle(self, session_id: str) -> float | None:
        last_active = self.known[session_id].last_active if session_id in self.known else None
        return None if last_active is None else self.when - last_active

    def age(self, session_id: str) -> float | None:
        created = self.known[session_id].created if session_id in self.known else None
        return None if created is None else self.when - created

    def idle_for(self, seconds: float) -> set[str]:
        return {each for each in self.sessions if (self.idle(each) or 0) >= seconds}

    def old(self, seconds: float) -> set[str]:
        return {each for each in self.sessions if (self.age(each) or 0) >= seconds}

    def surplus(self, keep: int) -> list[tuple[str, float, float]]:
        """Of whom, and how fresh, those are that a user has above ``keep``: the longest idle, then the oldest."""
        theirs = defaultdict(list)
        for each, real in self.sessions.items():
            theirs[real.user].append(self.how_fresh(each))
        return sorted(
            (user, *times) for user, found in theirs.items() for times in sorted(found)[: max(0, len(found) - keep)]
        )

    def how_fresh(self, session_id: str) -> tuple[float, float]:
        """When its user was active, and when it began. One of which that is not known goes last."""
        known = self.known.get(session_id)
        if known is None or known.last_active is None or known.created is None:
            return float("inf"), float("inf")
        return known.last_active, known.created


def expect(truth: Truth, switches: Switches, when: float) -> Expected:
    """What QRS tells and can be relied on, with these switches."""
    lags = bool(switches["usage_lag_seconds"])
    rows = {**(truth.written if lags else truth.now)}
    if lags or switches["usage_outlives_seconds"]:
        rows.update(truth.gone)
    share = str(switches["usage_rows"])
    rows = {
        each: real
        for each, real in rows.items()
        if real.license != "none" and switches["usage_shown"] == "all" and _is_kept(each, share)
    }
    are_told = _are_told(rows.values(), str(switches["usage_times"]), when)
    known = {
        each: Known(real.license, real.created if are_told else None, real.last_active if are_told else None)
        for each, real in rows.items()
        if each in truth.now and switches["usage_session_ids"] != "hashed"
    }
    without = Counter(real.user for each, real in rows.items() if each not in truth.now)
    names_users = switches["usage_modified_by"] == "user"
    return Expected(truth.now, known, without if known and names_users else None, when)


def _are_told(rows: Iterable[Real], zone: str, when: float) -> bool:
    """Whether the times of rows can be relied on."""
    if zone == "bare":
        return any(when - max(real.created, real.last_active) <= SINCE_PROVES_UTC for real in rows)
    return zone == "utc"


def _is_kept(session_id: str, share: str) -> bool:
    """Which sessions have a row where only a share has one: always the same, by a hash of the id."""
    place = int(hashlib.sha256(session_id.encode()).hexdigest(), 16) % 100
    return not share.endswith("%") or place < int(share[:-1])
