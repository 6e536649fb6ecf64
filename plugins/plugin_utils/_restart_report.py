# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of one node in a rolling restart: its report, and the sentences about it. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._words import counted
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import printable
from ansible_collections.qlikops.sense.plugins.plugin_utils._upkeep_words import (
    central_moved,
    still_away,
    upkeep_of,
)

Result = Mapping[str, Any]
OF_A_USER = ("user", "name", "emails", "sessions")
CAPPED = ("affected_users", "ended", "came_back", "history")
NOT_HANDED_ON = ("told",)
GONE = ("ended", "already_gone")
MOST = 50
# Where a task of others says more than its message, and how much of that is shown.
OWN_WORDS = ("stderr", "content", "json")
LONGEST_WORDS = 500


def report(seen: Result, now: str, check_mode: bool) -> dict[str, Any]:
    """The report of a node, out of what the modules have returned.

    ``seen`` has ``node`` (its name), and, each of them empty where it did not come to that: ``affected`` (who was
    there, of qlik_session_info), ``drained`` (of qlik_session_wait), ``ended`` (of qlik_session), ``back`` (who came
    back, of qlik_session_info), ``asked`` (what was known of the node, of qlik_restart_info), ``adopted``, ``lease``
    (of restart_lease), ``moved`` and ``moved_back`` (of qlik_failover), ``failure``, ``way_back``, ``balancer_state``,
    ``told``, ``troubles``. Numbers that were never counted are None. ``now`` is a time in UTC.
    """
    affected, failure, lease = seen.get("affected") or {}, seen.get("failure") or {}, seen.get("lease") or {}
    ended = [session for session in _sessions(seen, "ended") if session.get("outcome") == "ended"]
    central = central_moved(seen)
    return {
        "node": seen["node"],
        "result": "failed" if failure else "would be restarted" if check_mode else "restarted",
        "failure": {"task": failure["task"], "message": failure_message(failure)} if failure else {},
        "way_back": how_it_was_left(seen) if failure and not check_mode else "",
        "balancer_state": seen.get("balancer_state") or "",
        "adopted": bool(seen.get("adopted")),
        "upkeep": upkeep_of(seen.get("asked") or {}),
        "central_moved": central,
        "timeline": [*(lease.get("timeline") or []), *_rejoined(seen), {"phase": "report", "time": now}],
        "affected": dict(affected.get("summary") or {}),
        "affected_users": list(affected.get("users") or []),
        "affected_virtual_proxies": {
            each["prefix"]: each["sessions"] for each in affected.get("virtual_proxies") or [] if each.get("sessions")
        },
        "ended": [session["user"] for session in ended],
        "came_back": _came_back(seen),
        "history": list((seen.get("drained") or {}).get("history") or []),
        "told": {} if check_mode else dict(seen.get("told") or {}),
        "troubles": [
            *(seen.get("troubles") or []),
            *still_away(seen["node"], central),
            *((seen.get("asked") or {}).get("central_away") or []),
        ],
        **_sums(seen, len(ended)),
    }


def _came_back(seen: Result) -> list[str]:
    """Users with sessions that were not there before."""
    before = _refs([*_sessions(seen, "affected"), *_sessions(seen, "drained"), *_sessions(seen, "ended")])
    return list(dict.fromkeys(session["user"] for session in _sessions(seen, "back") if session["ref"] not in before))


def _rejoined(seen: Result) -> list[dict[str, str]]:
    """The phase in which a node is put back begins when the proofs are there."""
    proof, begun = seen.get("way_back") or {}, _begun(seen)
    if not seen.get("has_balancer") or "verify" not in begun or "after" in begun or proof.get("lacks"):
        return []
    return [{"phase": "rejoin", "time": proof["observed_at"]}] if proof.get("observed_at") else []


def _begun(seen: Result) -> set[str]:
    return {each["phase"] for each in (seen.get("lease") or {}).get("timeline") or []}


def _sums(seen: Result, ended: int) -> dict[str, Any]:
    """Whoever was there has left, was ended, or is still there. ``arrived`` came while the others were waited for."""
    affected, drained = seen.get("affected") or {}, seen.get("drained") or {}
    if "sessions" not in affected or "sessions" not in drained:
        return {"left_by_themselves": None, "still_there": None, "arrived": None, "users": None}
    at_first, outcomes = _refs(affected["sessions"]), _sessions(seen, "ended")
    late = (_refs(drained["sessions"]) | _refs(outcomes)) - at_first
    gone = Counter(session.get("outcome") for session in outcomes)
    left = len(at_first - _refs(drained["sessions"]) - _refs(outcomes)) + gone["already_gone"]
    return {
        "left_by_themselves": left,
        "still_there": len(at_first) + len(late) - left - ended,
        "arrived": len(late),
        "users": _users([*affected["sessions"], *drained["sessions"]], drained["sessions"], outcomes),
    }


def _users(all_of_them: Iterable[Result], at_last: Iterable[Result], outcomes: Iterable[Result]) -> dict[str, int]:
    """The same of users, each once: whoever lost a session to this run was ended, whoever has one is still there."""
    became = {session["ref"]: session.get("outcome") for session in outcomes}
    everybody = {session["user"] for session in (*all_of_them, *outcomes)}
    ended = {session["user"] for session in outcomes if session.get("outcome") == "ended"}
    staying = [session for session in (*at_last, *outcomes) if became.get(session["ref"]) not in GONE]
    still_there = {session["user"] for session in staying} - ended
    return {
        "there": len(everybody),
        "left": len(everybody - ended - still_there),
        "ended": len(ended),
        "still_there": len(still_there),
    }


def how_it_was_left(seen: Result) -> str:
    """One or two sentences, for the end of the message of a run that failed."""
    lease, way_back = seen.get("lease") or {}, seen.get("way_back") or {}
    begun = _begun(seen)
    state, lacks = seen.get("balancer_state") or "unknown", "; ".join(way_back.get("lacks") or [])
    if way_back.get("error"):
        balancer = f" The balancer has the node as {state}." if seen.get("has_balancer") else ""
        return f"The way back failed, too: {way_back['error'].rstrip('.')}.{balancer}"
    if not {"cordon", "restart"} & begun:
        return "The node was left as it was found."
    if not seen.get("has_balancer"):
        return f"The node was left as it is: {lacks}." if lacks else "Its proxy service is alive."
    if not lease.get("drained"):
        return "The node stays in maintenance, as it was found." if state == "maint" else f"The node is {state}."
    if state == "ready":
        return "The node is back in the balancer."
    return f"The node stays out of the balancer ({state}), because {lacks or 'it could not be put back'}."


def failure_message(failure: Result) -> str:
    """The message of the task that failed, with what the program or the server behind it has said, once.

    ``failure`` has ``message`` and ``results``, what the task or the items of its loop have returned.
    """
    words = [str(failure["message"]).strip()]
    for result in failure.get("results") or []:
        for key in OWN_WORDS:
            text = _as_text(result.get(key))
            if text and not any(text in known for known in words):
                words.append(text)
    return " ".join(f"{text.rstrip('.')}." for text in words if text)


def _as_text(said: Any) -> str:
    """The end of what was said, on one line."""
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False) if said else ""
    return printable(" ".join(text.split())[-LONGEST_WORDS:])


def message(told: Result) -> str:
    """Why a run has failed. How the node was left is said last."""
    failure = told["failure"]
    sentences = [
        f'{told["node"]} failed at "{failure["task"]}": {failure["message"]}',
        *told["troubles"],
        told["way_back"],
    ]
    return " ".join(f"{text.rstrip('.')}." for text in map(str.strip, sentences) if text)


def summary(told: Result) -> str:
    """The line that a person reads at the end of a node."""
    affected = told["affected"]
    if "sessions" not in affected:
        counts = "who was on it was not counted"
    else:
        counts = f"{counted(affected['sessions'], 'session')} of {counted(affected['users'], 'user')} on it"
    if told["left_by_themselves"] is not None:
        arrived = f", {told['arrived']} more came" if told["arrived"] else ""
        counts += (
            f"{arrived}; {told['left_by_themselves']} left by themselves, {len(told['ended'])} ended,"
            f" {told['still_there']} still there"
        )
    central = told["central_moved"]
    moved = f"; the central role was on {central['to']} and is back" if central and central["back"] else ""
    back = f", {counted(len(told['came_back']), 'user')} came back" if told["came_back"] else ""
    adopted = "; it was found drained" if told["adopted"] else ""
    tasks = len(told["upkeep"].get("running_tasks") or [])
    ran = f"; it ran {counted(tasks, 'task')}" if tasks else ""
    state = f"; {told['balancer_state']} in the balancer" if told["balancer_state"] else ""
    return " ".join(
        [f"{told['node']}: {told['result']}; {counts}{back}{ran}{moved}{adopted}{state}.", *told["troubles"]]
    )


def handed_on(told: Result) -> dict[str, Any]:
    """The report for ``set_stats``, small however many users there are: AWX keeps it, and gives it to later jobs.

    ``left_out`` says how many entries of a list are not in it.
    """
    users = sorted(told["affected_users"], key=lambda user: (-user["sessions"], user["user"]))
    small = {
        "affected_users": [{key: user[key] for key in OF_A_USER if key in user} for user in users[:MOST]],
        "ended": told["ended"][:MOST],
        "came_back": told["came_back"][:MOST],
        "history": _thinned(told["history"]),
    }
    tasks = told["upkeep"].get("running_tasks") or []
    upkeep = {**told["upkeep"], "running_tasks": tasks[:MOST]} if tasks else told["upkeep"]
    left_out = {name: len(told[name]) - len(small[name]) for name in CAPPED if len(told[name]) > len(small[name])}
    left_out |= {"running_tasks": len(tasks) - MOST} if len(tasks) > MOST else {}
    whole = {key: value for key, value in told.items() if key not in NOT_HANDED_ON}
    return {**whole, **small, "upkeep": upkeep, "left_out": left_out}


def _thinned(looks: Sequence[Any]) -> list[Any]:
    """At most so many of them, evenly, with the first and the last one."""
    if len(looks) <= MOST:
        return list(looks)
    return [looks[at * (len(looks) - 1) // (MOST - 1)] for at in range(MOST)]


def _sessions(seen: Result, name: str) -> list[Result]:
    return list((seen.get(name) or {}).get("sessions") or [])


def _refs(sessions: Iterable[Result]) -> set[str]:
    return {session["ref"] for session in sessions}
