# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long sessions have been known. QPS tells no age, so it is remembered from run to run by ``first_seen``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session, tag_of_ref
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyLink

if TYPE_CHECKING:
    from ansible_collections.qlikops.sense.plugins.module_utils._model.activity import Activities

QRS, MEMORY = "qrs", "memory"
MILLISECONDS = len("2026-01-15T09:30:00.123Z")


@dataclass(frozen=True)
class Ages:
    """What is remembered, as of ``now`` (aware, UTC), and what QRS knows, where it was asked."""

    now: datetime
    remembered: Mapping[str, datetime]
    activities: Activities | None = None

    @classmethod
    def from_option(cls, first_seen: Mapping[str, object] | None, now: datetime) -> Ages:
        """Takes ``ref -> ISO time``. A time to come, as after a clock was set back, counts as now."""
        return cls(now, {ref: min(now, _time(ref, text)) for ref, text in (first_seen or {}).items()})

    def of(self, session: Session) -> int | None:
        """Seconds since the session began according to QRS, else since it was first seen; None without either."""
        known = self._began_by_qrs(session)
        return self.since_seen(session) if known is None else known

    def since_seen(self, session: Session) -> int | None:
        """Seconds since the session was first seen; None where it had not been seen before."""
        seen = self.remembered.get(session.ref)
        return None if seen is None else int((self.now - seen).total_seconds())

    def source(self, session: Session) -> str | None:
        """Where the age comes from: QRS, MEMORY or None."""
        if self._began_by_qrs(session) is not None:
            return QRS
        return None if self.since_seen(session) is None else MEMORY

    def idle(self, session: Session) -> int | None:
        """Seconds since QRS last noted activity; None where that is not known, whatever the age."""
        return self.activities.idle(session) if self.activities else None

    def _began_by_qrs(self, session: Session) -> int | None:
        return self.activities.age(session) if self.activities else None

    def first_seen(self, session: Session) -> str:
        return iso(self.remembered.get(session.ref, self.now))

    def brought_up_to_date(
        self, seen: Iterable[Session], read: Iterable[ProxyLink], existing: Iterable[ProxyLink]
    ) -> dict[str, str]:
        """The memory for the next run, in order of refs.

        A session that is gone is forgotten only where its list was ``read`` or its pair is none of the ``existing``:
        one whose proxy did not answer this time keeps its age.
        """
        unread = {link.tag for link in existing} - {link.tag for link in read}
        kept = {ref: iso(time) for ref, time in self.remembered.items() if tag_of_ref(ref) in unread}
        now_known = {session.ref: self.first_seen(session) for session in seen}
        return dict(sorted({**kept, **now_known}.items()))


def iso(time: datetime) -> str:
    """UTC to the second, such as 2026-01-15T08:00:00Z."""
    return time.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def age_in_words(seconds: int) -> str:
    """``2 d 3 h``, ``9 h 10 min``, ``8 h``, ``45 min``, ``30 s``: two units at most, and seconds only by themselves."""
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


def age_of_timestamp(text: str, now: datetime) -> int | None:
    """Seconds since a time as QRS writes it, such as 2024-01-28T17:46:14.123Z; None where there is none to read."""
    try:
        return max(0, int((now - parsed(text)).total_seconds()))
    except ValueError:
        return None


def _time(ref: str, text: object) -> datetime:
    try:
        return parsed(str(text))
    except ValueError:
        raise BadOption(
            "first_seen", f"'{text}' of {ref} is not a time.", "Give back what an earlier run returned as first_seen."
        ) from None


def parsed(text: str) -> datetime:
    """A time in ISO 8601, taken for UTC where it does not say. Raises ValueError."""
    # As QRS writes nearly all of them; a list may have thousands.
    if len(text) == MILLISECONDS and text[-1] == "Z":
        return datetime.fromisoformat(f"{text[:-1]}+00:00")
    # Python 3.10 reads neither Z nor other than 3 or 6 digits of a fraction; .NET writes up to 7.
    match = re.fullmatch(r"(.+?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?", text.strip())
    if not match:
        raise ValueError(text)
    zone = "+00:00" if match[3] in (None, "Z") else match[3]
    try:
        return datetime.fromisoformat(f"{match[1]}.{(match[2] or '0'):0<6.6}{zone}").astimezone(timezone.utc)
    except OverflowError as error:
        raise ValueError(text) from error
