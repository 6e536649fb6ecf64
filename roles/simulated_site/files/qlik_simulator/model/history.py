# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has become of proxies, of servers in the balancer, and which sessions were ever made."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ..model.clock import Clock, iso

if TYPE_CHECKING:
    from ..model.sessions import Session

_MOST = 100_000
Record = dict[str, object]


class History:
    """Changes in the order they were seen, numbered over both lists, with times of the site's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seq = 0
        self._life: deque[Record] = deque(maxlen=_MOST)
        self._logins: deque[Record] = deque(maxlen=_MOST)
        self._ended: deque[tuple[str, Session, float]] = deque(maxlen=_MOST)

    def add_life(self, node: str, what: str, state: str) -> None:
        """``what`` changed: ``proxy`` (stopped, starting, running), ``balancer`` (ready, drain, maint) or ``check``."""
        self._add(self._life, {"node": node, "what": what, "state": state})

    def add_login(self, user: str, node: str, virtual_proxy: str, session_id: str) -> None:
        """A session was made, however."""
        record: Record = {"user": user, "node": node, "virtual_proxy": virtual_proxy, "session_id": session_id}
        self._add(self._logins, record)

    def add_end(self, node: str, session: Session) -> None:
        """A session is no more, however it ended."""
        self._ended.append((node, session, self._clock.now()))

    def ended(self) -> list[tuple[str, Session, float]]:
        """Node, session and time of the ends, the earliest first."""
        return list(self._ended)

    def life(self, since: int) -> list[Record]:
        """Changes after number ``since``."""
        return _since(self._life, since)

    def logins(self, since: int) -> list[Record]:
        """Sessions made after number ``since``."""
        return _since(self._logins, since)

    def clear(self) -> None:
        """Forget all; numbers go on."""
        self._life.clear()
        self._logins.clear()
        self._ended.clear()

    def _add(self, records: deque[Record], record: Record) -> None:
        self._seq += 1
        records.append({"seq": self._seq, "time": iso(self._clock.now()), **record})


def _since(records: deque[Record], since: int) -> list[Record]:
    return [record for record in records if isinstance(record["seq"], int) and record["seq"] > since]
