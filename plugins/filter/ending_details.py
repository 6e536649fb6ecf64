# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit record holds of the ending of sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: ending_details
short_description: Take out of a result of qlik_session what a record of it should hold
version_added: 0.1.0
description:
  - Turns the result of M(qlikops.sense.qlik_session), be it a success or a failure, into details for
    M(qlikops.sense.audit_record). The role P(qlikops.sense.end_sessions#role) does so.
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  _input:
    description: The result.
    type: dict
    required: true
  rules:
    description: Which rule made which session one to be ended, in words by the reference of the session.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: End what one user has open
  qlikops.sense.qlik_session:
    users: ['LAB\anna']
  register: ended

- name: Keep a record of it
  qlikops.sense.audit_record:
    path: /var/log/qlik/audit.jsonl
    event: sessions_ended
    details: "{{ ended | qlikops.sense.ending_details }}"
"""

RETURN = r"""
_value:
  description:
    - C(summary) with how many sessions had which outcome; C(sessions), each with C(user), C(virtual_proxy), C(proxy),
      C(ref), C(outcome), C(why) and the C(rule) if told; C(kept), how many were spared for which reason; C(complete)
      and C(failures), what could not be listed; C(failure), what the module failed with, or an empty text.
    - No session ids, no names and no e-mail addresses.
  type: dict
"""

OUTCOMES = ("ended", "already_gone", "failed", "would_end", "kept")


def ending_details(result: Any, rules: Mapping[str, str] | None = None) -> dict[str, Any]:
    """See DOCUMENTATION."""
    if not isinstance(result, Mapping) or not ("sessions" in result or "msg" in result):
        raise AnsibleFilterError("ending_details: the input is not a result of qlik_session.")
    summary = result.get("summary") or {}
    details = {
        "summary": {outcome: summary.get(outcome, 0) for outcome in OUTCOMES},
        "sessions": [_session(session, rules or {}) for session in result.get("sessions") or []],
        "kept": dict(Counter(str(session["reason"]) for session in result.get("kept") or [])),
        "complete": bool(result.get("complete", False)),
        "failures": [dict(failure) for failure in result.get("failures") or []],
        "failure": str(result.get("msg") or ""),
    }
    return never_a_template(details)


def _session(session: Mapping[str, Any], rules: Mapping[str, str]) -> dict[str, Any]:
    kept = {key: session[key] for key in ("user", "virtual_proxy", "proxy", "ref", "outcome")}
    rule = {"rule": str(rules[session["ref"]])} if session["ref"] in rules else {}
    return {**kept, **rule, "why": session["outcome_reason"]}


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"ending_details": ending_details}
