# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happened: a journal of every request, and counters. The value of an xrfkey is a secret and is never kept."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import asdict, dataclass

from ..model.clock import Clock, iso

_XRFKEY = re.compile(r"(xrfkey=)[^&]*", re.IGNORECASE)
_WRITES = frozenset({"POST", "PUT", "DELETE"})


def without_xrfkey(path: str) -> str:
    """The path and query as sent, the value of an xrfkey left out."""
    return _XRFKEY.sub(r"\1", path)


@dataclass(slots=True)
class Entry:
    """One request. ``status`` stays None until it is answered, and for good when no answer was sent."""

    seq: int
    time: float
    listener: str
    node: str
    method: str
    path: str
    query_keys: list[str]
    status: int | None
    connection: int
    peer: str | None


class Journal:
    """The last requests, oldest first."""

    def __init__(self, clock: Clock, limit: int = 200_000) -> None:
        self._clock = clock
        self._entries: deque[Entry] = deque(maxlen=limit)
        self._seq = 0

    def now(self) -> float:
        """The site's time."""
        return self._clock.now()

    def begin(
        self, listener: str, node: str, method: str, path: str, query: str, connection: int, peer: str | None
    ) -> Entry:
        """Enter a request at its arrival."""
        self._seq += 1
        keys = [part.partition("=")[0] for part in query.split("&")] if query else []
        entry = Entry(self._seq, self._clock.now(), listener, node, method, path, keys, None, connection, peer)
        self._entries.append(entry)
        return entry

    def since(self, seq: int) -> list[dict[str, object]]:
        """The entries after number ``seq``."""
        return [{**asdict(entry), "time": iso(entry.time)} for entry in self._entries if entry.seq > seq]

    def clear(self) -> None:
        """Forget all entries; numbers go on."""
        self._entries.clear()


@dataclass(slots=True)
class Tally:
    """Counts of the site, of one kind of listener or of one node. A handshake counts when it begins."""

    requests: int = 0
    writes: int = 0
    handshakes: int = 0
    connections: int = 0
    max_in_flight: int = 0
    in_flight: int = 0

    def begin(self, write: bool) -> None:
        """A request arrived."""
        self.requests += 1
        self.writes += write
        self.in_flight += 1
        if self.in_flight > self.max_in_flight:
            self.max_in_flight = self.in_flight

    def clear(self) -> None:
        """Begin anew; what is under way stays under way."""
        self.requests = self.writes = self.handshakes = self.connections = 0
        self.max_in_flight = self.in_flight

    def as_dict(self) -> dict[str, int]:
        """The counts."""
        return {
            "requests": self.requests,
            "writes": self.writes,
            "handshakes": self.handshakes,
            "connections": self.connections,
            "max_in_flight": self.max_in_flight,
        }


class Counters:
    """The tallies of a whole site."""

    def __init__(self) -> None:
        self.site = Tally()
        self.by_listener: dict[str, Tally] = {}
        self.by_node: dict[str, Tally] = {}

    def of(self, listener: str, node: str) -> tuple[Tally, Tally, Tally]:
        """The three tallies that count what happens at one listener."""
        return (
            self.site,
            self.by_listener.setdefault(listener, Tally()),
            self.by_node.setdefault(node, Tally()),
        )

    def clear(self) -> None:
        """Begin anew."""
        for tally in (self.site, *self.by_listener.values(), *self.by_node.values()):
            tally.clear()

    def as_dict(self) -> dict[str, object]:
        """The control interface's answer."""
        return {
            **self.site.as_dict(),
            "by_listener": {name: tally.as_dict() for name, tally in self.by_listener.items()},
            "by_node": {name: tally.as_dict() for name, tally in self.by_node.items()},
        }


def is_write(listener: str, method: str, path: str) -> bool:
    """Whether a request may change the site: POST, PUT or DELETE on QRS or QPS, also on QRS through the users' port.

    A table is a list that is asked for by POST, and changes nothing.
    """
    asked = path.lower().partition("?")[0]
    if method == "POST" and asked.endswith("/qrs/user/table"):
        return False
    return method in _WRITES and (listener != "user" or "/qrs/" in asked)
