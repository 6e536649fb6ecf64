# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role stale_sessions found and did, for a person and for the next step of a workflow."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.module_utils._model.age import parsed
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import ALREADY_GONE, ENDED, FAILED, WOULD_END
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.plugins.plugin_utils._memory import EMPTY, KEPT, NONE, UNREADABLE
from ansible_collections.qlikops.sense.plugins.plugin_utils._progress import counted
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import plain
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import INDENTATION, printable, table
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: stale_report
short_description: Tell what became of stale sessions
version_added: 0.1.0
description:
  - Puts together what the filter P(qlikops.sense.stale_sessions#filter) found and what
    M(qlikops.sense.qlik_session) did about it. The role P(qlikops.sense.stale_sessions#role) shows it.
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  _input:
    description: What P(qlikops.sense.stale_sessions#filter) found.
    type: dict
    required: true
  ended:
    description: The result of M(qlikops.sense.qlik_session) for these sessions, empty if it was not asked.
    type: dict
    default: {}
  failures:
    description: What could not be listed, as in RV(qlikops.sense.qlik_session_info#module:failures).
    type: list
    elements: dict
    default: []
  memory:
    description:
      - C(state) and C(stored_at) as P(qlikops.sense.recall_sessions#filter) has them, C(place) in words, and as C(now)
        the time at which sessions were listed.
    type: dict
    default: {}
  notes:
    description: Sentences to add.
    type: list
    elements: str
    default: []
  check_mode:
    description: Whether nothing was to be ended.
    type: bool
    default: false
  name:
    description: What the site is called.
    type: str
    default: ""
  failure:
    description: What went wrong, empty if nothing did.
    type: str
    default: ""
  width:
    description:
      - How many characters wide the table may be. Without it what the terminal leaves, 160 where there is none.
    type: int
"""

EXAMPLES = r"""
- name: Tell what became of them
  ansible.builtin.debug:
    msg: "{{ (stale | qlikops.sense.stale_report(ended=ended)).table }}"
"""

RETURN = r"""
_value:
  description:
    - C(result) in a word or two, C(line) with the numbers, C(said) with sentences that a person should read, C(table)
      of the stale sessions, each with the rule that makes it so and what became of it.
    - The same as data in C(summary), C(sessions), C(memory) (the state it was in), C(complete) and C(failure).
  type: dict
  sample:
    result: ended
    line: "production: 412 sessions, 1 stale, 1 ended"
"""

NOT_TRIED = "not_tried"
KEPT_BACK = "kept"
OUTCOMES = (ENDED, WOULD_END, ALREADY_GONE, KEPT_BACK, FAILED, NOT_TRIED)
LOST = {
    NONE: "There is no memory of sessions yet, in {place}: this is the first run, or it was lost.",
    EMPTY: "The memory of sessions, in {place}, has come back empty.",
    UNREADABLE: "The memory of sessions, in {place}, can't be read.",
}
SET_BACK = (
    "The clock has been set back: the last job ran at {stored_at}. Until then no session grows older."
    " If that time was wrong, remove the memory, in {place}."
)
SESSION_KEYS = ("ref", "user", "virtual_proxy", "proxy", "first_seen", "age", "rule", "why")
COLUMNS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "User": lambda session: session["user"],
    "Virtual proxy": lambda session: f"/{session['virtual_proxy']}",
    "Proxy service": lambda session: session["proxy"],
    "Ref": lambda session: session["ref"],
    "Stale because": lambda session: session["why"],
    "Outcome": lambda session: session["outcome"].replace("_", " "),
    "Why": lambda session: session["outcome_reason"],
}
ELASTIC = ("User", "Stale because", "Why")


def stale_report(
    found: Any,
    ended: Mapping[str, Any] | None = None,
    failures: Sequence[Mapping[str, Any]] = (),
    memory: Mapping[str, str] | None = None,
    notes: Iterable[str] = (),
    check_mode: bool = False,
    name: str = "",
    failure: str = "",
    width: int | None = None,
) -> dict[str, Any]:
    """See DOCUMENTATION."""
    if not isinstance(found, Mapping) or "at_limit" not in found:
        raise AnsibleFilterError("stale_report: the input is not what the filter stale_sessions found.")
    found, ended, failures = plain(found), plain(ended or {}), plain(failures)
    sessions = _with_outcomes(found["sessions"], ended, check_mode)
    counts = Counter(session["outcome"] for session in sessions)
    summary = {**found["summary"], **{outcome: counts[outcome] for outcome in OUTCOMES}}
    said = [*_of_memory(memory or {}, summary, check_mode), *notes, *_unlisted(failures), *_limit(found, sessions)]
    report = {
        "result": _result(summary, failure),
        "line": _line(name, summary, failure),
        "said": said,
        "table": _table(sessions, width),
        "summary": summary,
        "sessions": sessions,
        "memory": (memory or {}).get("state", ""),
        "complete": not failures,
        "failure": failure,
    }
    return never_a_template(report)


def _with_outcomes(
    sessions: Iterable[Mapping[str, Any]], ended: Mapping[str, Any], check_mode: bool
) -> list[dict[str, Any]]:
    """What became of each. One that was not found again has ended by itself, if its list was read."""
    outcomes = {each["ref"]: (each["outcome"], each["outcome_reason"]) for each in ended.get("sessions", ())}
    outcomes.update((each["ref"], (KEPT_BACK, each["reason"])) for each in ended.get("kept", ()))
    unread = {(failure["proxy"], failure["virtual_proxy"]): failure["reason"] for failure in ended.get("failures", ())}
    merged = []
    for session in sessions:
        reason = unread.get((session["proxy"], session["virtual_proxy"]), "")
        rest = (ALREADY_GONE if "sessions" in ended and not reason else NOT_TRIED, reason)
        outcome, why_not = outcomes.get(session["ref"], rest)
        if outcome == WOULD_END and not check_mode:
            outcome = NOT_TRIED
        told = {key: session[key] for key in SESSION_KEYS}
        merged.append({**told, "outcome": outcome, "outcome_reason": why_not})
    return merged


def _of_memory(memory: Mapping[str, str], summary: Mapping[str, Any], check_mode: bool) -> list[str]:
    state = memory.get("state", KEPT)
    if _is_ahead(memory.get("stored_at", ""), memory.get("now", "")):
        return [SET_BACK.format(**memory)]
    if state not in LOST:
        return []
    sentences = [LOST[state].format(place=memory.get("place", ""))]
    sentences.append("Check mode stores none." if check_mode else "Ages are counted from now on.")
    sentences += ["Nothing is ended by age this time."] if "min_age" in summary["rules"] else []
    return [" ".join(sentences)]


def _is_ahead(stored_at: str, now: str) -> bool:
    """Not by seconds, as the clocks of two hosts may be."""
    return bool(stored_at and now) and parsed(stored_at) - parsed(now) > timedelta(minutes=1)


def _unlisted(failures: Iterable[Mapping[str, Any]]) -> list[str]:
    reasons: dict[tuple[str, str], list[str]] = {}
    for failure in failures:
        reasons.setdefault((failure["proxy"], failure["reason"]), []).append(f"/{failure['virtual_proxy']}")
    return [
        f"Not listed: {', '.join(prefixes)} on {proxy}. {reason} Its sessions keep their ages."
        for (proxy, reason), prefixes in reasons.items()
    ]


def _limit(found: Mapping[str, Any], sessions: Iterable[Mapping[str, Any]]) -> list[str]:
    ended = {fold(session["user"]) for session in sessions if session["outcome"] in (ENDED, WOULD_END)}
    users = [user for user in found["at_limit"] if fold(user) in ended]
    if not users:
        return []
    return [
        f"At the limit of five sessions: {', '.join(users)}."
        " After one has ended Qlik Sense allows a new one only five minutes later."
    ]


def _result(summary: Mapping[str, Any], failure: str) -> str:
    if failure:
        return "failed"
    if not summary["stale"]:
        return "nothing to do"
    return "would be ended" if summary[WOULD_END] else "ended"


def _line(name: str, summary: Mapping[str, Any], failure: str) -> str:
    outcomes = [f"{summary[outcome]} {outcome.replace('_', ' ')}" for outcome in OUTCOMES if summary[outcome]]
    parts = [counted(summary["sessions"], "session"), f"{summary['stale'] or 'none'} stale", *outcomes]
    return printable(f"{name}: " if name else "") + ", ".join(parts) + ("; FAILED" if failure else "")


def _table(sessions: Iterable[Mapping[str, Any]], width: int | None) -> str:
    ordered = sorted(sessions, key=lambda session: fold(session["user"]))
    columns = {title: [value(session) for session in ordered] for title, value in COLUMNS.items()}
    shown = {title: cells for title, cells in columns.items() if any(cells)}
    width = width or shutil.get_terminal_size((160 + INDENTATION, 24)).columns - INDENTATION
    rows = list(zip(*shown.values(), strict=True))
    return "\n".join(table(list(shown), rows, width, ELASTIC)) if rows else ""


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"stale_report": stale_report}
