# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tables, files and pages say of a report in the same words. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._words import counted
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_advice import enumerated, people
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import distinct, shown, text

Row = Mapping[str, Any]
REPORT_KEYS = ("title", "summary", "users", "virtual_proxies", "nodes", "at_limit", "advice")


class NoReport(ValueError):
    """The input is not a report of session_report."""


def checked(report: Any, whole: bool = False) -> Row:
    """The report as plain values, which are much faster to look into than what ansible-core hands on.

    A report is also taken as text in JSON. ``whole``: the single sessions are needed, too.
    """
    try:
        found: Row = json.loads(report) if isinstance(report, str) else plain(report)
    except (ValueError, TypeError):
        raise NoReport("the input is not a report of session_report") from None
    needed = (*REPORT_KEYS, "sessions") if whole else REPORT_KEYS
    if not isinstance(found, dict) or any(key not in found for key in needed):
        raise NoReport("the input is not a report of session_report")
    return found


def plain(value: Any) -> Any:
    """Dictionaries, lists, texts, numbers, and nothing that ansible-core has made of them."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {text(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if value is None or isinstance(value, (bool, float)):
        return value
    return int(value) if isinstance(value, int) else value


def headline(report: Row) -> str:
    """``29 sessions of 16 people over 4 virtual proxies on Node2; 2 sessions of service accounts``."""
    summary = report["summary"]
    others = {"anonymous users": summary["anonymous_sessions"], "service accounts": summary["service_sessions"]}
    theirs = summary["sessions"] - sum(others.values())
    place = enumerated(report["proxies"]) if report["proxies"] else counted(summary["nodes"], "node")
    parts = [
        f"{counted(theirs, 'session')} of {people(summary['people'])}"
        f" over {counted(summary['virtual_proxies'], 'virtual proxy')} on {place}",
        *(f"{counted(sessions, 'session')} of {whose}" for whose, sessions in others.items() if sessions),
    ]
    return "; ".join(parts)


def where(user: Row) -> str:
    """``/, /sales on Node2``."""
    return f"{joined(map(shown, user['virtual_proxies']))} on {joined(user['nodes'])}"


def elsewhere(user: Row) -> str:
    """``/sales on Central``."""
    return joined(f"{shown(place['virtual_proxy'])} on {place['node']}" for place in user["elsewhere"])


def limit(user: Row) -> str:
    return {"at": "at the limit", "near": "near the limit"}.get(user["limit"], "")


def kind(user: Row) -> str:
    return "" if user["kind"] == "person" else text(user["kind"])


def state(user: Row) -> str:
    """Nothing for users who may work."""
    return "" if user["state"] in ("active", "anonymous") else text(user["state"]).replace("_", " ")


def failures(report: Row) -> list[str]:
    """A line for each node and reason, with all prefixes that could not be listed for it."""
    prefixes: dict[tuple[str, str, str], list[str]] = {}
    for failure in report["failures"]:
        prefixes.setdefault((failure["proxy"], failure["reason"], failure["hint"]), []).append(failure["virtual_proxy"])
    return [
        f"{node} {joined(map(shown, distinct(found)))}: {reason} {hint}".strip()
        for (node, reason, hint), found in prefixes.items()
    ]


def runaway(found: Row) -> str:
    what = "user" if found["what"] == "user" else "virtual proxy"
    return f"{what} {found['name']}: {counted(found['sessions'], 'session')}, the threshold is {found['threshold']}"


def unlinked(report: Row) -> str:
    return joined(
        f"{shown(proxy['prefix'])} ({proxy['description']})" if proxy["description"] else shown(proxy["prefix"])
        for proxy in report["unlinked"]
    )


def joined(words: Iterable[str]) -> str:
    return ", ".join(words)
