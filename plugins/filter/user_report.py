# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the help desk reads about one user: state, sessions, the limit, and what became of a try to log in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.module_utils._summary import SESSIONS_PER_USER
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import plain
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import printable
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: user_report
short_description: Say how it stands with one user
version_added: 0.1.0
description:
  - Turns what is known of one user into sentences for a person at the help desk. The role
    P(qlikops.sense.user_sessions#role) shows them.
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  _input:
    description:
      - The result of M(qlikops.sense.qlik_session_info) for this user, with
        O(qlikops.sense.qlik_session_info#module:resolve_users).
    type: dict
    required: true
  user:
    description: Who was asked for.
    type: str
    required: true
  known:
    description: The user as M(qlikops.sense.qlik_user_info) has it, where there are no sessions to tell.
    type: dict
    default: {}
  ended:
    description: The result of M(qlikops.sense.qlik_session), where sessions were ended.
    type: dict
    default: {}
  waited:
    description:
      - What waiting for a new session brought, as C(seconds) and C(sessions), the new ones. Empty where nobody waited.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Say how it stands with a user
  ansible.builtin.debug:
    msg: "{{ listed | qlikops.sense.user_report('LAB\\anna') | join('\n') }}"
"""

RETURN = r"""
_value:
  description: Sentences.
  type: list
  elements: str
"""

# A user who is blocked or removed is refused at the next login (D: qlik-api 4.3).
STATES = {
    "active": "may log in",
    "inactive": "is inactive in the repository, so logins are refused",
    "blacklisted": "is blacklisted in the repository, so logins are refused",
    "removed_externally": "was removed from the user directory, so logins are refused",
    "missing": "is not known to the repository: the name is another one, or the user has never logged in",
    "unknown": "is not shown by the repository, which may be for lack of rights of api_user",
    "anonymous": "is an anonymous visitor",
}
REFUSED = ("inactive", "blacklisted", "removed_externally")


def user_report(
    listed: Any,
    user: str,
    known: Mapping[str, Any] | None = None,
    ended: Mapping[str, Any] | None = None,
    waited: Mapping[str, Any] | None = None,
) -> list[str]:
    """See DOCUMENTATION."""
    if not isinstance(listed, Mapping) or not {"sessions", "users", "failures"} <= set(listed):
        raise AnsibleFilterError("user_report: the input is not the result of qlik_session_info.")
    listed, known, ended, waited = plain(listed), plain(known or {}), plain(ended or {}), plain(waited or {})
    users = listed["users"] or ([{"sessions": 0, **known}] if known else [])
    sentences = [_of_user(each) for each in users]
    if not listed["sessions"]:
        sentences.append(f"No session of {user}.")
    at_limit = [each["user"] for each in users if each["sessions"] >= SESSIONS_PER_USER]
    sentences += [_at_limit(name) for name in at_limit]
    sentences += [_unlisted(listed["failures"])] if listed["failures"] else []
    sentences += _ended(ended, at_limit)
    sentences += _waited(waited, user, users, bool(at_limit)) if waited else []
    if waited and not waited["sessions"] and listed["failures"]:
        proxies = _silent(listed["failures"])
        sentences.append(f"It may have appeared on {proxies}, whose sessions were not known before.")
    return never_a_template([printable(sentence) for sentence in sentences])


def _of_user(user: Mapping[str, Any]) -> str:
    name = f" ({user['name']})" if user.get("name") else ""
    state = STATES.get(str(user.get("state")), "")
    return f"{user['user']}{name} {state or 'is of unknown state'}. {_has(user['sessions'])}."


def _has(sessions: int) -> str:
    return f"{counted(sessions, 'session')} of the {SESSIONS_PER_USER} that a user may have"


def _at_limit(user: str) -> str:
    return (
        f"{user} is at the limit: Qlik Sense refuses another session, and says there are too many active in parallel."
        " After one has ended it allows a new one only five minutes later."
    )


def _unlisted(failures: list[dict[str, Any]]) -> str:
    return f"Not everything could be seen: {_silent(failures)} did not answer in full, and there may be more sessions."


def _silent(failures: list[dict[str, Any]]) -> str:
    return ", ".join(dict.fromkeys(failure["proxy"] for failure in failures))


def _ended(ended: Mapping[str, Any], at_limit: list[str]) -> list[str]:
    if "summary" not in ended:
        return []
    words = {"ended": "was ended", "would_end": "would be ended", "already_gone": "had ended by itself"}
    words.update(failed="could not be ended", kept="was spared")
    counts = [(ended["summary"].get(name, 0), verb) for name, verb in words.items()]
    told = [
        f"{counted(count, 'session')} {verb if count == 1 else verb.replace('was', 'were')}"
        for count, verb in counts
        if count
    ]
    if not told:
        return []
    wait = " A new login works only five minutes from now." if at_limit and ended["summary"].get("ended") else ""
    return [f"{', '.join(told)}.{wait}"]


def _waited(waited: Mapping[str, Any], user: str, users: list[dict[str, Any]], at_limit: bool) -> list[str]:
    if waited["sessions"]:
        return [
            f"A session of {new['user']} has appeared after {waited['seconds']} seconds: /{new['virtual_proxy']} on"
            f" {new['proxy']}. So the login works; what goes wrong comes after it."
            for new in waited["sessions"]
        ]
    refused = any(each.get("state") in REFUSED for each in users)
    why = (
        "The state of the user is the reason."
        if refused
        else "The limit of five sessions is the reason."
        if at_limit
        else "If the user has tried, it fails before Qlik Sense makes a session: at the network, the load balancer, the"
        " login, or the right to use Qlik Sense."
    )
    return [f"No session of {user} has appeared within {waited['seconds']} seconds. {why}"]


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"user_report": user_report}
