# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sessions a module's options mean, on a site as it is now.

``qlik_session_info`` shows and ``qlik_session`` ends what this finds, so the two can't differ.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, MissingNotProven, QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._model.activity import Activities
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages
from ansible_collections.qlikops.sense.plugins.module_utils._model.memory import Memory, marks_of, recall, remember
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Listing, not_listed
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
from ansible_collections.qlikops.sense.plugins.module_utils._result import Result
from ansible_collections.qlikops.sense.plugins.module_utils._rules.criteria import Criteria
from ansible_collections.qlikops.sense.plugins.module_utils._rules.plan import Plan, without_active
from ansible_collections.qlikops.sense.plugins.module_utils._rules.selection import Selection
from ansible_collections.qlikops.sense.plugins.module_utils._rules.stale import (
    Rule,
    Why,
    select_by_rules,
)
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site

AUTO, REQUIRE, NO_ACTIVITY = "auto", "require", "none"


@dataclass(frozen=True)
class SessionQuery:
    """``selected`` in the order asked for. ``users``: those resolved, empty where nothing wanted them.

    ``why``: the rule of each selected session by its ref, None without rules. ``doubts``: what kept rules from
    selecting more, in sentences.
    """

    scope: Scope
    topology: Topology
    listing: Listing
    ages: Ages
    selected: tuple[Session, ...]
    users: Mapping[UserKey, KnownUser]
    user_rules: UserRules
    recalled: Memory
    remembers: bool = False
    not_found: tuple[str, ...] = ()
    why: Mapping[str, Why] | None = None
    rule_names: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    rows_without_session: Mapping[UserKey, int] | None = None
    goes_by_idleness: bool = False

    def second_look(self, site: Site, plan: Plan) -> Plan:
        """The plan once more, right before it is carried out. QRS is asked again where idle times have had a say."""
        if not (self.goes_by_idleness and self.ages.activities and self.ages.activities.knows_any and plan.to_end):
            return plan
        return without_active(plan, self.ages.activities, Activities(site.usage(), plan.to_end))

    def result(self, with_ids: bool, sessions: Iterable[Session] | None = None) -> Result:
        """The result, of all selected sessions unless told of which."""
        shown = self.selected if sessions is None else tuple(sessions)
        return Result(
            shown,
            self.scope,
            self.listing,
            self.ages,
            self.users,
            self.user_rules,
            with_ids,
            self.why,
            self.rule_names,
            self.rows_without_session,
        )

    def notes(self) -> list[str]:
        """What a person should know of the result, in sentences."""
        return [*self.doubts, *(not_listed(self.listing.failures) if self.remembers else ())]

    def memory(self, without: Collection[str] = ()) -> dict[str, Any]:
        """What the next run needs, as modules return it, without the refs of sessions that were ended in this one."""
        left = [session for session in self.listing.sessions if session.ref not in without]
        first_seen = self.ages.brought_up_to_date(left, self.listing.pairs_read, self.topology.links)
        if not self.remembers:
            return {"first_seen": first_seen}
        text = remember(first_seen, marks_of(self.topology.proxies), self.ages.now, self.recalled)
        memory = {
            "text": text,
            "state": self.recalled.state,
            "stored_at": self.recalled.stored_at,
            "note": self.recalled.note(self.ages.now),
            "of_unknown_age": sum(self.ages.since_seen(session) is None for session in self.listing.sessions),
        }
        return {"memory": memory}


def inquire(
    site: Site,
    options: Mapping[str, Any],
    now: datetime,
    count_all: bool = False,
    spared: Callable[[Session], bool] = lambda session: False,
    shows_activity: bool = False,
) -> SessionQuery:
    """Reads the site and selects.

    ``count_all``: the whole site is to be read though less may be selected. ``spared``: whose sessions are not to be
    ended, even if they are selected. ``shows_activity``: it is of use even where nothing is selected by it.
    """
    criteria, user_rules = Criteria.from_options(options), UserRules.from_options(options)
    selection, rules = criteria.selection, criteria.rules
    remembers, recalled = bool(options.get("remember")), recall(options.get("memory"))
    ages = Ages.from_option(_first_seen(options, recalled), now)
    site.keep_secret(selection.session_ids)
    topology = site.topology()
    recalled.require_site(marks_of(topology.proxies))
    scope = criteria.scope(topology)
    topology.require_links()
    counts_all = count_all or remembers or criteria.needs_all_sessions
    links = [link for link in topology.links if counts_all or criteria.covers(link)]
    doubts: list[str] = []
    if _asks_for_activity(options, criteria, shows_activity):
        listing, usage = site.read_with_usage(links)
        activities = Activities(usage, listing.sessions)
        ages = replace(ages, activities=activities)
        unlearned = activities.doubts(str(options.get("api_user")))
        if unlearned and options["activity"] == REQUIRE:
            raise QlikError("no_activity", unlearned[0], "With activity: auto it would go on without.")
        # A job that goes by its memory where QRS is silent would say so each time.
        doubts = unlearned if shows_activity or criteria.goes_by_idle_time else []
    else:
        listing = site.read(links)
    sessions = list(listing.sessions)
    users: dict[UserKey, KnownUser] = {}
    asks_for_states = any(each.user_states for each in criteria.selections)
    if asks_for_states:
        candidates = selection.before_user_states(sessions, ages)
        users = resolve(site, user_rules, candidates, sessions)
        if MISSING in selection.user_states:
            _require_proof(users, user_rules, candidates)
        doubts += _doubts(users, user_rules, candidates, ages, rules or ())
    states = {key: user.states for key, user in users.items()}
    meant, why = selection.before_surplus(sessions, ages, states), None
    if rules is not None:
        why = select_by_rules(sessions, meant, rules, ages, states, spared)
        meant = [session for session in meant if session.ref in why]
    selected = selection.surplus(meant, sessions, ages, spared)
    if options.get("resolve_users") and not asks_for_states:
        users = resolve(site, user_rules, selected, sessions)
    return SessionQuery(
        scope=scope,
        topology=topology,
        listing=listing,
        ages=ages,
        selected=tuple(in_order(selected, options.get("sort_by") or "prefix")),
        users=users,
        user_rules=user_rules,
        recalled=recalled,
        remembers=remembers,
        not_found=selection.not_found(listing, topology.links),
        why=why,
        rule_names=tuple(dict.fromkeys(rule.name for rule in rules or ())),
        doubts=tuple(doubts),
        rows_without_session=_rows_without_session(ages, listing, topology, selection),
        goes_by_idleness=criteria.goes_by_idle_time or any(each.takes_surplus for each in criteria.selections),
    )


def _asks_for_activity(options: Mapping[str, Any], criteria: Criteria, shows_activity: bool) -> bool:
    """Raises BadOption where something depends on it that must not be asked for."""
    mode = options.get("activity") or NO_ACTIVITY
    if mode == NO_ACTIVITY and criteria.goes_by_idle_time:
        raise BadOption("min_idle", "with activity: none nobody's idle time is known.", "Leave one of the two out.")
    return bool(mode == REQUIRE or (mode == AUTO and (shows_activity or criteria.uses_activity)))


def _rows_without_session(
    ages: Ages, listing: Listing, topology: Topology, selection: Selection
) -> Mapping[UserKey, int] | None:
    """Of the users that are meant. None unless all sessions were listed: a row may be of one that was not."""
    if ages.activities is None or set(listing.pairs_read) != set(topology.links):
        return None
    return ages.activities.rows_without_session(selection.user_test())


def _first_seen(options: Mapping[str, Any], recalled: Memory) -> Mapping[str, Any]:
    given: Mapping[str, Any] = options.get("first_seen") or {}
    if given and options.get("memory"):
        raise BadOption("memory", "it can't be combined with first_seen.", "Both tell since when sessions are known.")
    return given or recalled.first_seen


def _require_proof(users: Mapping[UserKey, KnownUser], user_rules: UserRules, candidates: Iterable[Session]) -> None:
    """QRS need not know service accounts such as Qlik's own; one of unknown state is not selected."""
    people = (session.user_key for session in candidates if user_rules.kind([session]) != SERVICE)
    require_proof(users[key] for key in dict.fromkeys(people))


def _doubts(
    users: Mapping[UserKey, KnownUser],
    user_rules: UserRules,
    candidates: Iterable[Session],
    ages: Ages,
    rules: Iterable[Rule],
) -> list[str]:
    """Why a rule did not select users who may be missing. The other rules go on, for a job that nobody looks at."""
    doubts = []
    for rule in rules:
        if MISSING in rule.selection.user_states:
            try:
                _require_proof(users, user_rules, rule.selection.before_user_states(candidates, ages))
            except MissingNotProven as error:
                doubts.append(f"Rule {rule.name} selects no user whose state is unknown. {error}")
    return doubts


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
