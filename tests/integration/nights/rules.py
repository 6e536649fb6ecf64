# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold in every night, whatever happens in it: pure rules over what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

Look = Mapping[str, Any]  # as extensions/molecule/shared/watch.py writes it


def two_out(looks: Iterable[Look], put_out: Iterable[str] = ()) -> Iterator[str]:
    """Two nodes out at the same instant. ``put_out`` are those that somebody else has put out."""
    for look in looks:
        out = sorted(set(look["out"]) - set(put_out))
        if len(out) > 1:
            yield f"out at once: {', '.join(out)}"


def stopped_at_full_traffic(looks: Iterable[Look]) -> Iterator[str]:
    """A proxy service that was stopped while HAProxy sent newcomers to it."""
    for before, now in pairwise(looks):
        for node, state in before["proxies"].items():
            if state == "running" != now["proxies"][node] and node not in before["out"]:
                yield f"stopped at full traffic: {node}"


def ended_at_full_traffic(journal: Iterable[Mapping[str, Any]], looks: Iterable[Look]) -> Iterator[str]:
    """A session that was ended on a node to which HAProxy sent newcomers then."""
    seen = list(looks)
    for entry in endings(journal):
        before = [look for look in seen if look["at"] <= moment(entry["time"])]
        if not before or entry["node"] not in before[-1]["out"]:
            yield f"a session was ended at full traffic: {entry['node']}"


def endings(journal: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The requests that end sessions."""
    return [entry for entry in journal if entry["listener"] == "qps" and entry["method"] == "DELETE"]


def moment(time: str) -> float:
    """Seconds since 1970 of a time as the simulator writes it."""
    return datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
