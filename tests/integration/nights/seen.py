# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was seen of a night: what a run has said, and what became of the site."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.qlikops.sense.tests.integration.nights import rules


@dataclass(frozen=True)
class Seen:
    """What a run has said, and what became of the site."""

    rc: int
    text: str = field(repr=False)
    looks: list[dict[str, Any]] = field(repr=False)
    journal: list[dict[str, Any]] = field(repr=False)

    @property
    def end(self) -> dict[str, Any]:
        """The last look."""
        return self.looks[-1]

    def must_end_with(self, *patterns: str) -> None:
        """The last tasks have said this: why it failed, how the node was left."""
        said = " ".join("".join(self.text.partition("PLAY RECAP")[0].split("\nTASK [")[-4:]).split())
        for pattern in patterns:
            assert re.search(pattern, said), f"{pattern!r} is not in the last words of:\n{self.text}"

    @property
    def ended(self) -> list[str]:
        """Node of each session that somebody has asked to end."""
        return [entry["node"] for entry in rules.endings(self.journal)]

    @property
    def stopped(self) -> list[str]:
        """Nodes whose proxy service did not run at some time, in order."""
        down = [node for look in self.looks for node, state in look["proxies"].items() if state != "running"]
        return list(dict.fromkeys(down))

    @property
    def drained(self) -> list[str]:
        """Nodes to which HAProxy sent no newcomers at some time, in order."""
        shut = [node for look in self.looks for node, status in look["balancer"].items() if status != "UP"]
        return list(dict.fromkeys(shut))

    @property
    def lines(self) -> list[str]:
        """What a person reads of one node, from its first task to the end of its play."""
        plays = self.text.partition("PLAY RECAP")[0].split("\nPLAY [")
        return next(play for play in plays if "Begin the phase preflight" in play).strip().splitlines()

    @property
    def failure(self) -> str:
        """The message in which the run gives up on the node."""
        return next(line for line in self.text.splitlines() if " failed at " in line and "fatal: " in line)

    def must_have_left_all_alone(self) -> None:
        """The run has failed, nobody was asked to go, and no service was stopped."""
        assert (self.rc, self.ended, self.stopped) == (2, [], []), self.text
