# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lease on a site's restarts: at most one run has a node out at a time, and it is known who, and until when.

It lies in a file on one host. Beside it stand the marks of nodes that this collection has drained and not put back, of
those whose banner it has not removed, and of one whose central role it has moved away and not back.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError

HELD = "lease_held"  # the kind of a failure
GRACE = 120  # seconds past its time until a lease is stale


@dataclass(frozen=True)
class Owner:
    """A run: the process that runs the playbook. ``started`` tells it from a later one of the same number."""

    user: str
    host: str
    pid: int
    started: str
    namespace: str

    @classmethod
    def of_process(cls, user: str, pid: int) -> Owner:
        """A process of this host."""
        return cls(user, socket.gethostname(), pid, started(pid), namespace())

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Owner:
        return cls(
            str(plain["user"]),
            str(plain["host"]),
            int(plain["pid"]),
            str(plain.get("started", "")),
            str(plain.get("namespace", "")),
        )

    @property
    def can_be_seen(self) -> bool:
        """Whether it can be seen from here if the process is there still."""
        return self.host == socket.gethostname() and self.namespace == namespace() != ""

    @property
    def is_gone(self) -> bool:
        """Whether the process is known to have ended."""
        return self.can_be_seen and started(self.pid) != self.started

    def __str__(self) -> str:
        return f"{self.user} on {self.host} (process {self.pid})"


@dataclass(frozen=True)
class Lease:
    """``renewed`` in seconds since the epoch; it holds for ``hold`` seconds from then on."""

    owner: Owner
    node: str
    renewed: float
    hold: int
    phase: str = ""

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Lease:
        return cls(
            Owner.from_plain(plain["owner"]),
            str(plain["node"]),
            float(plain["renewed"]),
            int(plain["hold"]),
            str(plain.get("phase", "")),
        )

    def is_stale(self, now: float) -> bool:
        return now > self.renewed + self.hold + GRACE or self.owner.is_gone

    def held(self, now: float) -> dict[str, Any]:
        """What another run that waits for it has to know."""
        return {
            "renewed": self.renewed,
            "seconds_left": round(self.seconds_left(now), 1),
            "may_be_gone": not self.owner.can_be_seen,
        }

    def seconds_left(self, now: float) -> float:
        return max(0.0, self.renewed + self.hold + GRACE - now)


@dataclass
class Book:
    """What the file holds: who has the lease, and by node id who has drained it or has set a banner, and when.

    ``central`` by the id of the node whose central role was moved away: also ``to``, the name of the one that got it.
    """

    lease: Lease | None
    drained: dict[str, dict[str, Any]]
    banners: dict[str, dict[str, Any]]
    central: dict[str, dict[str, Any]] = field(default_factory=dict)

    def require_free(self, owner: Owner, now: float, called: str) -> None:
        """Raises QlikError where another run has the lease. ``called`` is the option that takes it over."""
        other = self.lease
        if other and other.owner != owner and not other.is_stale(now):
            raise QlikError(
                HELD,
                f"Another run is restarting {other.node}{f' (phase {other.phase})' if other.phase else ''}: that of"
                f" {other.owner}.",
                f"Wait for it. If it no longer exists, its lease is taken over in {other.seconds_left(now):.0f}"
                f" seconds, or at once if {called} is true.",
            )


@contextlib.contextmanager
def opened(directory: Path, site: str) -> Iterator[tuple[Book, Path]]:
    """The book of a site, and its file, with nobody else at it. Raises QlikError where it can't be had."""
    name = re.sub(r"[^\w.-]", "_", site) or "site"
    path = directory / f"{name}.json"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (directory / f"{name}.lock").open("a", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield _read(path), path
    except OSError as error:
        raise QlikError(
            "lease_not_kept",
            f"{directory} can't keep the lease: {error.strerror or error}.",
            "Name a directory that the user the module runs as may write, on a host that all controllers share.",
        ) from error


def _read(path: Path) -> Book:
    if not path.exists():
        return Book(None, {}, {})
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        lease = plain["lease"]
        held = None if lease is None else Lease.from_plain(lease)
        return Book(
            held, dict(plain["drained"]), dict(plain.get("banners", {})), _with_target(plain.get("central", {}))
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise QlikError(
            "lease_not_kept", f"{path} is damaged.", "Make sure that nobody is restarting a node, and remove it."
        ) from error


def _with_target(marks: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {node: {**mark, "to": str(mark["to"])} for node, mark in marks.items()}


def write(book: Book, path: Path) -> None:
    """All of it or nothing, so that a run that is killed leaves no half."""
    plain = {
        "lease": asdict(book.lease) if book.lease else None,
        "drained": book.drained,
        "banners": book.banners,
        "central": book.central,
    }
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as stream:
        json.dump(plain, stream)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(path)


def started(pid: int) -> str:
    """When a process of this host has started, in a unit of the system's own; empty where there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def namespace() -> str:
    """Within which the numbers of processes are told apart, and since which start of the system; empty if not known."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def now() -> float:
    return time.time()
