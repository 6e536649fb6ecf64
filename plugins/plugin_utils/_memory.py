# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The memory of the role stale_sessions: when sessions were first seen, as one compact text. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.age import iso, parsed
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

VERSION = 1
NONE, EMPTY, UNREADABLE, OTHER_SITE, KEPT = "none", "empty", "unreadable", "other_site", "kept"


@dataclass(frozen=True)
class Memory:
    """What came back. ``state``: one of the above; only with KEPT there is anything else in it."""

    state: str
    first_seen: Mapping[str, str] = field(default_factory=dict)
    stored_at: str = ""


NOTHING = Memory(NONE)


def recall(text: Any, site: Iterable[str] = ()) -> Memory:
    """Reads what ``remember`` wrote. ``site``: the marks of the site that is asked, where that is known."""
    if text is None:
        return Memory(NONE)
    if not text or (isinstance(text, str) and not text.strip()):
        return Memory(EMPTY)
    try:
        content = json.loads(text) if isinstance(text, str) else text
        marks, stored_at = {str(mark) for mark in content["site"]}, iso(parsed(str(content["stored_at"])))
        first_seen = {
            str(ref): str(time) for time, refs in content["first_seen"].items() for ref in refs if parsed(str(time))
        }
        is_ours = content["qlikops.sense"] == VERSION
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Memory(UNREADABLE)
    if not is_ours:
        return Memory(UNREADABLE)
    here = set(site)
    return Memory(OTHER_SITE) if here and marks and not here & marks else Memory(KEPT, first_seen, stored_at)


def remember(first_seen: Mapping[str, str], site: Iterable[str], now: str, before: Memory = NOTHING) -> str:
    """One line of JSON. Many sessions are first seen together, so they stand by their times: 10,000 take 200 kB.

    ``before`` is what was recalled. If the clock, which is ``now``, has been set back since, time stands still until it
    is there again: what was noted by a clock that is wrong would be old as soon as somebody sets it right.
    """
    if before.stored_at > now:
        now = before.stored_at
        first_seen = {ref: before.first_seen.get(ref, now) for ref in first_seen}
    by_time: dict[str, list[str]] = defaultdict(list)
    for ref, time in sorted(first_seen.items()):
        by_time[time].append(ref)
    content = {
        "qlikops.sense": VERSION,
        "site": sorted(set(site)),
        "stored_at": now,
        "first_seen": dict(sorted(by_time.items())),
    }
    # Before ansible-core 2.19 a template whose text begins with a brace becomes a dictionary.
    return " " + json.dumps(content, separators=(",", ":"))


def marks_of(proxies: Iterable[Mapping[str, Any]]) -> list[str]:
    """What a site is known by: its proxy services. The name of the node counts, for a copy of a site has its ids."""
    return [f"{proxy['id']} {fold(proxy['host_name'])}" for proxy in proxies]
