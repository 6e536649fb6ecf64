# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a command and watches the simulated site meanwhile; kills the command, with all it started, where it is told to.

Writes one JSON object to the file --record:
  rc       exit code, null if the command was killed
  seconds  how long it ran
  lines    what it wrote: {"at": epoch seconds, "text": without colours}
  life     every change seen, as watch.py describes it
Exits 0 in any case but a mistake in its own arguments: what the outcome should have been is for the scenario to say.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from watch import Watch


class Killer:
    """Waits for lines that match the patterns, one after the other."""

    def __init__(self, patterns: list[str]) -> None:
        self._patterns = list(patterns)
        self.armed = bool(patterns)

    def hears(self, line: str) -> bool:
        """Whether this line is the one to kill at."""
        if self._patterns and re.search(self._patterns[0], line):
            self._patterns.pop(0)
        return self.armed and not self._patterns


def kill_tree(root: int) -> None:
    """End a process and all its descendants at once, as when the controller loses its power.

    Stopped first, so that none of them can start another one in between.
    """
    tree = [root]
    for process in tree:
        try:
            os.kill(process, signal.SIGSTOP)
            tree += children(process)
        except ProcessLookupError:
            continue
    for process in tree:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue


def children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--control", required=True, help="address of the control interface of the site")
    parser.add_argument("--balancer", default="", help="path of HAProxy's socket")
    parser.add_argument("--kill-after", action="append", default=[], metavar="REGEX", help="kill after these lines")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    life: list[dict[str, Any]] = []
    watch = Watch(options.control, options.balancer, life.append)
    watch.start()
    began, killer = time.monotonic(), Killer(options.kill_after)
    lines: list[dict[str, Any]] = []
    killed = False
    with subprocess.Popen(
        options.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append({"at": time.time(), "text": line.rstrip("\n")})
            if not killed and killer.hears(line):
                killed = True
                kill_tree(process.pid)
    watch.finish()
    record = {
        "rc": None if killed else process.returncode,
        "seconds": round(time.monotonic() - began, 1),
        "lines": lines,
        "life": life,
    }
    options.record.write_text(json.dumps(record), encoding="utf-8")
    print("\n".join(line["text"] for line in lines))


if __name__ == "__main__":
    main()
