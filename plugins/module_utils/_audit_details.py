# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the audit records of ending sessions hold: what was selected, and what became of each session. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import OUTCOMES
from ansible_collections.qlikops.sense.plugins.module_utils._words import is_blank

# No ids, no names and no addresses of users, no attributes.
SESSION_KEYS = ("user", "virtual_proxy", "proxy", "ref", "rule", "reason", "outcome", "outcome_reason")


def given_part(selection: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a selection that say something."""
    cleaned = {str(option): _cleaned(value) for option, value in selection.items()}
    return {option: value for option, value in cleaned.items() if value is not None}


def _cleaned(value: Any) -> Any:
    """None for what says nothing, as the module that selects sees it."""
    if isinstance(value, str):
        return None if is_blank(value) else value
    if isinstance(value, Mapping):
        return given_part(value) or None
    if isinstance(value, list):
        entries = [_cleaned(entry) for entry in value]
        return [entry for entry in entries if entry is not None and not _is_a_name_only(entry)] or None
    return None if value is False else value


def _is_a_name_only(rule: Any) -> bool:
    return isinstance(rule, Mapping) and set(rule) <= {"name"}


def ended_part(result: Mapping[str, Any]) -> dict[str, Any]:
    """Takes a result of qlik_session, be it a success or a failure. Raises BadOption for anything else."""
    if "msg" not in result and not isinstance(result.get("sessions"), list):
        raise BadOption("result", "it is not a result of qlik_session.", "Register that task, and pass its result.")
    summary = result.get("summary") or {}
    return {
        "summary": {outcome: summary.get(outcome, 0) for outcome in (*OUTCOMES, "kept")},
        "sessions": [_session(session) for session in result.get("sessions") or []],
        "kept": dict(Counter(str(session["reason"]) for session in result.get("kept") or [])),
        "complete": bool(result.get("complete", False)),
        "failures": list(result.get("failures") or []),
        "failure": str(result.get("msg") or ""),
    }


def _session(session: Mapping[str, Any]) -> dict[str, Any]:
    return {key: session[key] for key in SESSION_KEYS if key in session}
