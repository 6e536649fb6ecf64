# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sessions are stale: rules of the role stale_sessions applied to what was listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._given import changed_by_yaml
from ansible_collections.qlikops.sense.plugins.module_utils._model.patterns import UserPatterns
from ansible_collections.qlikops.sense.plugins.module_utils._rules.selection import Selection
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import plain
from ansible_collections.qlikops.sense.plugins.plugin_utils._stale import (
    Listing,
    Rules,
    at_limit,
    find_stale,
    listed_words,
)
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: stale_sessions
short_description: Find the stale sessions of a site
version_added: 0.1.0
description:
  - Says which sessions are stale by which rule. Nothing is ended by it; give the O(ignore:sessions) found to
    M(qlikops.sense.qlik_session) as O(qlikops.sense.qlik_session#module:session_refs), as the role
    P(qlikops.sense.stale_sessions#role) does.
  - A session is stale if any of the rules makes it so, and only if it is in the selection (O(proxies),
    O(virtual_proxies), O(users), without O(exclude_users) and O(protect_users)).
  - The rules are looked at in the order O(user_states), O(min_age), O(keep_per_user), O(runaway_user),
    O(runaway_virtual_proxy), and each counts what those before have left, over the whole site. So no more sessions are
    stale than it takes to satisfy all rules.
  - A surplus is taken from the sessions selected, oldest first, and where ages are unknown or equal in the order of
    O(qlikops.sense.qlik_session_info#module:sort_by=prefix).
  - An empty text, V(0) and an empty list leave a rule off.
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  _input:
    description:
      - The result of M(qlikops.sense.qlik_session_info) over the whole site, with
        O(qlikops.sense.qlik_session_info#module:resolve_users) if there are O(user_states), and with
        O(qlikops.sense.qlik_session_info#module:first_seen) for ages to be known.
    type: dict
    required: true
  proxies:
    description: Only sessions on these proxy services, as in M(qlikops.sense.qlik_session).
    type: list
    elements: str
  virtual_proxies:
    description: Only sessions of these virtual proxies, as in M(qlikops.sense.qlik_session).
    type: list
    elements: str
  users:
    description: Only sessions of these users, as in M(qlikops.sense.qlik_session).
    type: list
    elements: str
  exclude_users:
    description: No sessions of these users, as in M(qlikops.sense.qlik_session).
    type: list
    elements: str
  protect_users:
    description: No sessions of these users either.
    type: list
    elements: str
  user_states:
    description:
      - Stale are sessions of users whom QRS marks V(inactive), V(blacklisted) or V(removed_externally), or does not
        know (V(missing)).
    type: list
    elements: str
  min_age:
    description:
      - Stale are sessions first seen at least this long ago, such as V(90m), V(8h) or V(2d), always with a unit. A
        session of unknown age is never old.
    type: str
  keep_per_user:
    description: Stale is the surplus of users who have more sessions than this.
    type: int
  runaway_user:
    description: Stale is the surplus of users who have more sessions than this, too many to be a person's.
    type: int
  runaway_virtual_proxy:
    description: Stale is the surplus of virtual proxies that have more sessions than this.
    type: int
"""

EXAMPLES = r"""
- name: See who is connected
  qlikops.sense.qlik_session_info:
    first_seen: "{{ remembered }}"
  register: listed

- name: Show what a session of more than eight hours, or a fifth session of a user, would be
  ansible.builtin.debug:
    msg: "{{ listed | qlikops.sense.stale_sessions(min_age='8h', keep_per_user=4) }}"
  vars:
    remembered: {}
"""

RETURN = r"""
_value:
  description:
    - C(sessions), the stale sessions as they were listed, each with the C(rule) that makes it stale and C(why) in
      words.
    - C(summary) with the number of C(sessions) of the site, of C(stale) ones, of their C(users), of stale ones by each
      of the C(rules) that is on, and of those C(of_unknown_age).
    - C(at_limit), the users who have the five sessions a user may have and shall lose one.
  type: dict
  sample:
    sessions:
      - ref: 3f9a1c-0c1d2e3f4a5b
        user: LAB\anna
        virtual_proxy: sales
        proxy: Central
        rule: keep_per_user
        why: 7 sessions of one user, keeps 4
    summary: {sessions: 412, stale: 1, users: 1, rules: {keep_per_user: 1}, of_unknown_age: 3}
    at_limit: [LAB\anna]
"""

SELECTION = ("proxies", "virtual_proxies", "users", "exclude_users")
RULES = ("user_states", "min_age", "keep_per_user", "runaway_user", "runaway_virtual_proxy")


def stale_sessions(listed: Any, **options: Any) -> dict[str, Any]:
    """See DOCUMENTATION."""
    unknown = sorted(set(options).difference(SELECTION, RULES, ["protect_users"]))
    if unknown:
        raise AnsibleFilterError(f"stale_sessions: there is no option {unknown[0]}.")
    if not isinstance(listed, Mapping) or not {"sessions", "users", "proxies", "observed_at"} <= set(listed):
        raise AnsibleFilterError("stale_sessions: the input is not the result of qlik_session_info.")
    listed = plain(listed)
    is_off = options.get("min_age") == 0
    changed = changed_by_yaml({name: value for name, value in options.items() if not (is_off and name == "min_age")})
    if changed:
        raise AnsibleFilterError(f"stale_sessions: {changed}")
    try:
        rules = Rules.from_options(options)
        selection = Selection.from_options({name: listed_words(options.get(name)) for name in SELECTION})
        listing = Listing(listed)
        findings = find_stale(listing, rules, selection, UserPatterns(listed_words(options.get("protect_users"))))
    except BadOption as error:
        raise AnsibleFilterError(f"stale_sessions: {error}") from error
    if rules.user_states and not all("state" in user for user in listed["users"]):
        raise AnsibleFilterError("stale_sessions: user_states needs a result with resolve_users.")
    by_ref = {session["ref"]: session for session in listed["sessions"]}
    counts = Counter(finding.rule for finding in findings)
    found = {
        "sessions": [{**by_ref[finding.session.ref], "rule": finding.rule, "why": finding.why} for finding in findings],
        "summary": {
            "sessions": len(listing.sessions),
            "stale": len(findings),
            "users": len({finding.session.user_key for finding in findings}),
            "rules": {rule: counts[rule] for rule in rules.on},
            "of_unknown_age": sum(session["age"] is None for session in listed["sessions"]),
        },
        "at_limit": at_limit(listing, findings),
    }
    return never_a_template(found)


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"stale_sessions": stale_sessions}
