# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state directory of a site: who runs there, its card, its log.

The process of a site holds a lock on a file for as long as it lives. So "is it running" never depends on a number that
another process may have got since, and a pid is only ever signalled while the lock proves whose it is.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import IO, Any


class StateDirectory:
    """Files of one site. The directory is private to its owner: keys lie in it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.log = self.path / "log.txt"
        self._card = self.path / "card.json"
        self._lock = self.path / "lock"
        self._pid = self.path / "pid"

    def prepare(self) -> None:
        """Make the directory, for its owner only. OSError when it cannot be."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)

    def claim(self) -> IO[str]:
        """Take the lock for this process until it ends. BlockingIOError when a site runs here."""
        # No context manager: the lock is held for as long as the process lives, which the caller sees to.
        lock = os.fdopen(os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
        for attempt in range(20):  # somebody who asks for the pid holds it for a moment, too
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if attempt == 19:
                    lock.close()
                    raise
                time.sleep(0.02)
        self._card.unlink(missing_ok=True)
        self._pid.write_text(f"{os.getpid()}\n", encoding="utf-8")
        return lock

    def pid(self) -> int | None:
        """The process that runs a site here; None when none does."""
        try:
            with open(self._lock, "r+", encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return None
        except BlockingIOError:
            return int(self._pid.read_text(encoding="utf-8") or 0) or None
        return None

    def write_card(self, card: dict[str, Any]) -> None:
        """Write the card in one go, so that whoever sees it sees all of it."""
        draft = self._card.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(card, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        draft.replace(self._card)

    def card(self) -> dict[str, Any] | None:
        """The card of the last site that came up here."""
        try:
            card: dict[str, Any] = json.loads(self._card.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return card
