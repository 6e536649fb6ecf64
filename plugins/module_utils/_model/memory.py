# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The memory of a site: when its sessions were first seen, as one compact text from run to run. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import Refused
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import iso, parsed
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyService
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

VERSION = 1
FORMAT = "qlikops.sense"
NONE, UNREADABLE, KEPT = "none", "unreadable", "kept"
MEMORY_STATES = (NONE, KEPT, UNREADABLE)
# Clocks of two hosts may differ by seconds.
CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True)
class Memory:
    """What came back. ``state``: one of MEMORY_STATES; only with KEPT there is anything else in it."""

    state: str
    first_seen: Mapping[str, str] = field(default_factory=dict)
    stored_at: str = ""
    site: frozenset[str] = frozenset()

    def require_site(self, marks: Iterable[str]) -> None:
        """Raises Refused where it is of another site than the one with these marks."""
        if self.site and not self.site.intersection(marks):
            raise Refused(
                "memory: it belongs to another site, which has none of the proxy services of this one.",
                "Give each site a memory of its own. If this site was set up anew, remove its old memory.",
            )

    def is_ahead_of(self, now: datetime) -> bool:
        """Whether the clock has been set back since it was stored."""
        return self.stored_at != "" and parsed(self.stored_at) - now > CLOCKS_DIFFER

    def note(self, now: datetime) -> str:
        """What a person should know of it; empty where all is well."""
        if self.state == NONE:
            return f"There is no memory of sessions yet. This is the first run, or the memory was lost. {AGES_BEGIN}"
        if self.state == UNREADABLE:
            return f"The memory of sessions can't be read. {AGES_BEGIN}"
        return SET_BACK.format(stored_at=self.stored_at) if self.is_ahead_of(now) else ""


AGES_BEGIN = "Ages that QRS does not tell are counted from now on, and nothing is selected by those this time."
SET_BACK = (
    "The clock has been set back: the last run was at {stored_at}. No session gets older until then."
    " If that time was wrong, remove the memory."
)


def recall(text: Any) -> Memory:
    """Reads what ``remember`` wrote; anything else has a state, too. Raises Refused for a format to come.

    Before ansible-core 2.19 what looks like a dictionary may have become one on the way.
    """
    if not text or (isinstance(text, str) and not text.strip()):
        return Memory(NONE)
    try:
        content = json.loads(text) if isinstance(text, str) else text
        version = content[FORMAT]
        if isinstance(version, int) and version > VERSION:
            raise Refused(
                f"memory: it has format {version}, and this version of the collection reads {VERSION} at most.",
                "Update the collection here, or give it a memory of its own.",
            )
        if version != VERSION:
            return Memory(UNREADABLE)
        first_seen = {
            str(ref): str(time) for time, refs in content["first_seen"].items() for ref in refs if parsed(str(time))
        }
        marks, stored_at = frozenset(str(mark) for mark in content["site"]), iso(parsed(str(content["stored_at"])))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Memory(UNREADABLE)
    return Memory(KEPT, first_seen, stored_at, marks)


def remember(first_seen: Mapping[str, str], site: Iterable[str], now: datetime, before: Memory) -> str:
    """One line of JSON. Many sessions are first seen together, so they stand by their times: 10,000 take 200 kB.

    ``before`` is what was recalled. If the clock, which is ``now``, has been set back since, time stands still until it
    is there again: what was noted by a clock that is wrong would be old as soon as somebody sets it right.
    """
    stored_at = iso(now)
    if before.stored_at > stored_at:
        stored_at = before.stored_at
        first_seen = {ref: before.first_seen.get(ref, stored_at) for ref in first_seen}
    by_time: dict[str, list[str]] = defaultdict(list)
    for ref, time in sorted(first_seen.items()):
        by_time[time].append(ref)
    content = {
        FORMAT: VERSION,
        "site": sorted(set(site)),
        "stored_at": stored_at,
        "first_seen": dict(sorted(by_time.items())),
    }
    # Before ansible-core 2.19 a template whose text begins with a brace becomes a dictionary.
    return " " + json.dumps(content, separators=(",", ":"))


def marks_of(proxies: Iterable[ProxyService]) -> list[str]:
    """What a site is known by: its proxy services. The name of the node counts, for a copy of a site has its ids."""
    return [f"{proxy.id} {fold(proxy.host_name)}" for proxy in proxies]
