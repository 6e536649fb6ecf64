# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sessions a module's options mean, on a site as it is now.

``qlik_session_info`` shows and ``qlik_session`` ends what this finds, so the two can't differ.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Reading
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session, UserKey, in_order
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import Scope, Topology
from ansible_collections.qlikops.sense.plugins.module_utils._model.user import (
    MISSING,
    SERVICE,
    KnownUser,
    UserRules,
    in_doubt,
    only_proven,
    require_proof,
)
from ansible_collections.qlikops.sense.plugins.module_utils._result import Report
from ansible_collections.qlikops.sense.plugins.module_utils._rules.selection import Selection
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site


@dataclass(frozen=True)
class Inquiry:
    """``selected`` in the order asked for. ``users``: those resolved, empty where nothing wanted them."""

    scope: Scope
    topology: Topology
    reading: Reading
    ages: Ages
    selected: tuple[Session, ...]
    users: Mapping[UserKey, KnownUser]
    user_rules: UserRules
    not_found: tuple[str, ...] = ()

    def report(self, with_ids: bool, sessions: Iterable[Session] | None = None) -> Report:
        """The result, of all selected sessions unless told of which."""
        shown = self.selected if sessions is None else tuple(sessions)
        return Report(shown, self.scope, self.reading, self.ages, self.users, self.user_rules, with_ids)

    def memory(self, without: Collection[str] = ()) -> dict[str, str]:
        """``first_seen`` for the next run, without the refs of sessions that were ended in this one."""
        left = (session for session in self.reading.sessions if session.ref not in without)
        return self.ages.brought_up_to_date(left, self.reading.pairs_read, self.topology.pairs)


def inquire(site: Site, options: Mapping[str, Any], now: datetime, count_all: bool = False) -> Inquiry:
    """Reads the site and selects. ``count_all``: the whole site is to be read though less may be selected."""
    selection, rules = Selection.from_options(options), UserRules.from_options(options)
    ages = Ages.from_option(options.get("first_seen"), now)
    site.keep_secret(selection.session_ids)
    topology = site.topology()
    scope = selection.scope(topology)
    topology.require_pairs()
    # The more users QRS is asked for, the more it tells that it does not show one.
    counts_all = count_all or selection.keep_per_user is not None or MISSING in selection.user_states
    reading = site.read(pair for pair in topology.pairs if counts_all or selection.covers(pair))
    sessions = list(reading.sessions)
    users: dict[UserKey, KnownUser] = {}
    if selection.user_states:
        candidates = selection.before_user_states(sessions, ages)
        users = resolve(site, rules, candidates, sessions)
        if MISSING in selection.user_states:
            # QRS need not know service accounts such as Qlik's own; one of unknown state is not selected.
            people = (session.user_key for session in candidates if rules.kind([session]) != SERVICE)
            require_proof(users[key] for key in dict.fromkeys(people))
    selected = selection.select(sessions, ages, {key: user.states for key, user in users.items()})
    if options.get("resolve_users") and not selection.user_states:
        users = resolve(site, rules, selected, sessions)
    ordered = in_order(selected, options.get("sort_by") or "prefix")
    not_found = selection.not_found(reading, topology.pairs)
    return Inquiry(scope, topology, reading, ages, tuple(ordered), users, rules, not_found)


def resolve(
    site: Site, rules: UserRules, sessions: Iterable[Session], all_sessions: Iterable[Session]
) -> dict[UserKey, KnownUser]:
    """The users of the sessions, with all that QRS and ``all_sessions`` tell of them.

    Where QRS does not show one, it is asked for the users of all sessions: who else it shows says whether absence means
    anything.
    """
    wanted, everybody = list(sessions), list(all_sessions)
    users = rules.join(wanted, site.users(rules.to_ask_for(wanted), rules.email_attributes), everybody)
    if not any(user.state == MISSING for user in users.values()):
        return users
    if not site.shows_all_users():
        return in_doubt(users)
    others = [session for session in everybody if session.user_key not in users]
    known = rules.join(others, site.users(rules.to_ask_for(others), ()), []) if others else {}
    return only_proven({**known, **users}, users)
