# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules joined by *or*: which sessions they select, by which rule, and why. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import QRS, Ages, age_in_words
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import Topology
from ansible_collections.qlikops.sense.plugins.module_utils._model.user import STATES
from ansible_collections.qlikops.sense.plugins.module_utils._rules.selection import SURPLUS, Selection, UserStates
from ansible_collections.qlikops.sense.plugins.module_utils._rules.surplus import of_prefix, of_user
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted

# What a rule may say beside its name: options of a selection. References and ids name sessions, which no rule does.
CRITERIA = (
    "proxies",
    "virtual_proxies",
    "users",
    "exclude_users",
    "attributes",
    "user_states",
    "min_age",
    "min_idle",
    *SURPLUS,
)
TIMES = ("min_age", "min_idle")
STATE_REASONS = {
    "removed_externally": "user was removed from the user directory",
    "blacklisted": "user is blacklisted",
    "inactive": "user is inactive",
    "missing": "user is not known to the repository",
}


@dataclass(frozen=True)
class Rule:
    """One of the rules. ``place`` is where it stands in the options, for messages."""

    name: str
    selection: Selection
    place: str

    def check_names(self, topology: Topology) -> None:
        """Raises BadOption for a name that the site does not have."""
        try:
            self.selection.scope(topology)
        except BadOption as error:
            raise _in_rule(self.place, error) from error


@dataclass(frozen=True)
class Why:
    """The name of the rule that selected a session, and the same in words."""

    rule: str
    reason: str


def rules_from_option(any_of: Sequence[Mapping[str, Any]] | None, skip_blank: bool) -> tuple[Rule, ...] | None:
    """Takes the module's parameters; None where there is no rule. Raises BadOption for one that narrows nothing down.

    With ``skip_blank`` such a rule is left out instead. If none is left, nothing is selected, and not everything.
    """
    if not any_of:
        return None
    rules = (_rule(given or {}, f"any_of[{number}]", skip_blank) for number, given in enumerate(any_of))
    return tuple(rule for rule in rules if rule)


def _rule(given: Mapping[str, Any], place: str, skip_blank: bool) -> Rule | None:
    # Whoever may keep none is not limited in number.
    options = {option: given.get(option) for option in CRITERIA if option not in SURPLUS or given.get(option) != 0}
    for option in TIMES:
        if skip_blank and str(options[option]).strip() == "0":
            options[option] = None
    try:
        selection = Selection.from_options(options)
    except BadOption as error:
        raise _in_rule(place, error) from error
    if not replace(selection, min_age=selection.min_age or None, min_idle=selection.min_idle or None).is_given:
        if skip_blank:
            return None
        raise BadOption(
            place,
            "this rule has no condition, so it would select every session.",
            "Give it an option such as min_age, users or keep_per_user. An empty text, an empty list and 0 do not"
            " count. To select all sessions, leave any_of out.",
        )
    return Rule(given.get("name") or _joined(selection), selection, place)


def _in_rule(place: str, error: BadOption) -> BadOption:
    return BadOption(f"{place}.{error.option}", error.reason.partition(": ")[2], error.hint)


def _joined(selection: Selection) -> str:
    return " and ".join(option for option in CRITERIA if getattr(selection, option) not in (None, (), {}, frozenset()))


def select_by_rules(
    sessions: Sequence[Session],
    candidates: Sequence[Session],
    rules: Iterable[Rule],
    ages: Ages,
    states: UserStates,
    spared: Callable[[Session], bool],
) -> dict[str, Why]:
    """Which of the ``candidates`` the rules select, by ref.

    The rules are applied in their order, and each counts, over all ``sessions``, what those before it leave: so no more
    are selected than it takes to satisfy all of them. What is ``spared`` is left, whichever rule selects it.
    """
    why: dict[str, Why] = {}
    stays = {session.ref for session in sessions if spared(session)}
    reasons = _Reasons(sessions, ages, states)
    for rule in rules:
        left = [session for session in sessions if session.ref not in why or session.ref in stays]
        undecided = [session for session in candidates if session.ref not in why]
        meant = rule.selection.before_surplus(undecided, ages, states)
        for session in rule.selection.surplus(meant, left, ages, lambda session: session.ref in stays):
            why[session.ref] = Why(rule.name, reasons.of(session, rule.selection))
    return why


class _Reasons:
    """Puts into words what makes a rule select a session."""

    def __init__(self, sessions: Sequence[Session], ages: Ages, states: UserStates) -> None:
        self._ages = ages
        self._states = states
        self._of_user: Mapping[Hashable, int] = Counter(map(of_user, sessions))
        self._of_prefix: Mapping[Hashable, int] = Counter(map(of_prefix, sessions))

    def of(self, session: Session, selection: Selection) -> str:
        words = []
        if selection.user_states:
            theirs = selection.user_states & self._states.get(session.user_key, frozenset())
            words.append(next(STATE_REASONS[state] for state in STATES if state in theirs))
        if selection.min_age is not None:
            words.append(f"{self._age(session)}, limit {age_in_words(selection.min_age)}")
        if selection.min_idle is not None:
            words.append(f"{self._idle(session)}, limit {age_in_words(selection.min_idle)}")
        if selection.keep_per_user is not None:
            number = counted(self._of_user[of_user(session)], "session")
            idle = f", {self._idle(session)}" if selection.min_idle is None and self._ages.idle(session) else ""
            words.append(f"user has {number}, keeps {selection.keep_per_user}{idle}")
        if selection.keep_per_virtual_proxy is not None:
            number = counted(self._of_prefix[of_prefix(session)], "session")
            prefix, keep = session.virtual_proxy.prefix, selection.keep_per_virtual_proxy
            words.append(f"virtual proxy /{prefix} has {number}, keeps {keep}")
        return "; ".join(words) or f"matches {_joined(selection)}"

    def _age(self, session: Session) -> str:
        age = age_in_words(self._ages.of(session) or 0)
        if self._ages.source(session) == QRS:
            return f"began {age} ago according to {self._source(session)}"
        return f"first seen {age} ago"

    def _idle(self, session: Session) -> str:
        return f"idle for {age_in_words(self._ages.idle(session) or 0)} according to {self._source(session)}"

    def _source(self, session: Session) -> str:
        return self._ages.activities.of(session).source if self._ages.activities else ""
