# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state directory of a site: who runs there, its site info, its log.

The process of a site holds a lock on its pid file for as long as it lives. So "is it running" never depends on a number
that another process may have got since, and a pid is only ever signalled while the lock proves whose it is.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import IO, Any

_ATTEMPTS = 50  # of 0.02 seconds


class StateDirectory:
    """Files of one site. The directory is private to its owner: keys lie in it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.log = self.path / "log.txt"
        self._site_info = self.path / "site_info.json"
        self._pid = self.path / "pid"

    def prepare(self) -> None:
        """Make the directory, for its owner only. OSError when it cannot be."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)

    def claim(self) -> IO[str]:
        """Take the lock for this process until the file is closed. BlockingIOError when a site runs here."""
        # No context manager: the caller holds the lock for as long as the site lives.
        file = os.fdopen(os.open(self._pid, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
        for attempt in range(_ATTEMPTS):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:  # it may be but somebody who asks for the pid
                if attempt == _ATTEMPTS - 1 or self.pid() is not None:
                    file.close()
                    raise
                time.sleep(0.02)
        self._site_info.unlink(missing_ok=True)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        return file

    def pid(self) -> int | None:
        """The process that runs a site here; None when none does."""
        for _attempt in range(_ATTEMPTS):
            try:
                with open(self._pid, "r+", encoding="utf-8") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    file.truncate(0)  # what a process that died has left
                    return None
            except FileNotFoundError:
                return None
            except BlockingIOError:
                written = self._pid.read_text(encoding="utf-8").strip()
                if written:
                    return int(written)
                time.sleep(0.02)  # locked, but not yet signed
        return None

    def write_site_info(self, site_info: dict[str, Any]) -> None:
        """Write the site info in one go, so that whoever sees it sees all of it."""
        draft = self._site_info.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(site_info, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        draft.replace(self._site_info)

    def site_info(self) -> dict[str, Any] | None:
        """The site info of the last site that came up here."""
        try:
            site_info: dict[str, Any] = json.loads(self._site_info.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return site_info
