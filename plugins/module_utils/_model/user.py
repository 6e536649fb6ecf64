# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users as QRS knows them, as values: who of them is a person, in which state, and with which addresses. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import MissingNotProven
from ansible_collections.qlikops.sense.plugins.module_utils._model.patterns import UserPatterns
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session, UserKey, in_order, user_key
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold, non_empty

PERSON, ANONYMOUS, SERVICE = "person", "anonymous", "service"
MISSING, UNKNOWN = "missing", "unknown"
# QRS must show so many users of a directory for each one it does not show, before the latter counts as missing.
FOUND_FOR_EACH_MISSING = 9
# Most telling first: removal from the directory also makes a user inactive (C: qlik-api 2.7).
STATES = ("removed_externally", "blacklisted", "inactive", MISSING, UNKNOWN, ANONYMOUS)
# Stricter than mail itself: nothing that could end an address in a header or a list, and one @.
ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@,;:<>()\[\]\"\\]+")


@dataclass(frozen=True)
class KnownUser:
    """``states``: those of STATES that apply, none for a user who may work."""

    directory: str
    user_id: str
    name: str
    emails: tuple[str, ...]
    states: frozenset[str]

    @property
    def key(self) -> UserKey:
        return user_key(self.directory, self.user_id)

    @property
    def state(self) -> str:
        """The states as one word."""
        return next((state for state in STATES if state in self.states), "active")


def missing_user(directory: str, user_id: str) -> KnownUser:
    """Stands for a user that QRS does not know."""
    return KnownUser(directory, user_id, name="", emails=(), states=frozenset({MISSING}))


def only_proven(asked: Mapping[UserKey, KnownUser], users: Mapping[UserKey, KnownUser]) -> dict[UserKey, KnownUser]:
    """``users``, where one that QRS does not show is missing only if that is proven, else unknown.

    QRS shortens lists by rights and still answers 200 (I: qlik-api 11), so absence alone proves nothing. ``asked`` are
    all users that QRS was asked for, all of whom it once knew, for they have logged in. Where it shows nearly all of
    them in a directory, api_user may read that directory, and the few it does not show are not there.
    """
    found = Counter(key[0] for key, user in asked.items() if MISSING not in user.states)
    absent = Counter(key[0] for key, user in asked.items() if MISSING in user.states)
    return {
        key: replace(user, states=frozenset({UNKNOWN}))
        if MISSING in user.states and found[key[0]] < FOUND_FOR_EACH_MISSING * absent[key[0]]
        else user
        for key, user in users.items()
    }


def in_doubt(users: Mapping[UserKey, KnownUser]) -> dict[UserKey, KnownUser]:
    """``users``, where one that QRS does not show is of unknown state."""
    return {
        key: replace(user, states=frozenset({UNKNOWN})) if MISSING in user.states else user
        for key, user in users.items()
    }


def require_proof(users: Iterable[KnownUser]) -> None:
    """Raises MissingNotProven where it is not known whether a user is missing."""
    unknown = [f"{user.directory}\\{user.user_id}" for user in users if user.state == UNKNOWN]
    if unknown:
        raise MissingNotProven(
            f"user_states: QRS shows no {unknown[0]}"
            + (f" and no {len(unknown) - 1} others" if len(unknown) > 1 else "")
            + ", and too few of the other users of that directory, or fewer users than to its own account, to conclude"
            " that anybody is missing.",
            "QRS leaves out what api_user may not read. Name a user with the rights to read all users as api_user,"
            " or name those who have left in users instead of selecting them by missing.",
        )


def anonymous_user(directory: str, user_id: str) -> KnownUser:
    """Stands for a visitor without a login: QRS knows none of them, so that says nothing and they are not missing."""
    return KnownUser(directory, user_id, name="", emails=(), states=frozenset({ANONYMOUS}))


@dataclass(frozen=True)
class UserRules:
    """Which users are no people, and which attributes hold addresses (folded names, the best first)."""

    email_attributes: tuple[str, ...]
    anonymous: UserPatterns
    service: UserPatterns

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> UserRules:
        """Takes a module's parameters."""
        return cls(
            email_attributes=tuple(dict.fromkeys(map(fold, non_empty(options.get("email_attributes"))))),
            anonymous=UserPatterns(non_empty(options.get("anonymous_users"))),
            service=UserPatterns(non_empty(options.get("service_users"))),
        )

    def kind(self, sessions: Iterable[Session]) -> str:
        """Whose sessions these are, all of one user. Anonymous goes before service."""
        spellings = list(sessions)
        if any(map(self.anonymous.match, spellings)):
            return ANONYMOUS
        return SERVICE if any(map(self.service.match, spellings)) else PERSON

    def to_ask_for(self, sessions: Iterable[Session]) -> list[tuple[str, str]]:
        """The (directory, id) of each user that QRS may know; anonymous ones it does not."""
        return [
            (theirs[0].user_directory, theirs[0].user_id)
            for theirs in by_user(sessions).values()
            if self.kind(theirs) != ANONYMOUS
        ]

    def join(
        self, sessions: Iterable[Session], known: Iterable[KnownUser], all_sessions: Iterable[Session]
    ) -> dict[UserKey, KnownUser]:
        """Every user of the sessions, out of what QRS knows or as a stand-in.

        Addresses that QRS does not have come from the attributes of any session of the user.
        """
        answered: dict[UserKey, list[KnownUser]] = defaultdict(list)
        for user in known:
            answered[user.key].append(user)
        carried = by_user(session for session in all_sessions if session.attributes)
        return {
            key: self._with_addresses(self._one(theirs, answered[key]), carried.get(key, []))
            for key, theirs in by_user(sessions).items()
        }

    def _one(self, theirs: Sequence[Session], answered: Sequence[KnownUser]) -> KnownUser:
        first = theirs[0]
        if self.kind(theirs) == ANONYMOUS:
            return anonymous_user(first.user_directory, first.user_id)
        # Should QRS know users who differ in case alone: the one spelled like this, else the one with the least amiss.
        return min(
            answered,
            key=lambda user: (user.user_id != first.user_id, len(user.states), user.directory, user.user_id),
            default=missing_user(first.user_directory, first.user_id),
        )

    def _with_addresses(self, user: KnownUser, carried: Iterable[Session]) -> KnownUser:
        if user.emails:
            return user
        attributes = (
            (name, value)
            for session in in_order(list(carried))
            for name, values in session.attributes.items()
            for value in values
        )
        return replace(user, emails=addresses(attributes, self.email_attributes))


def addresses(attributes: Iterable[tuple[str, str]], names: Iterable[str]) -> tuple[str, ...]:
    """Of (name, value) pairs the values that look like addresses, in the order of ``names`` (folded), each once."""
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in attributes:
        values[fold(name)].append(value.strip())
    found = [value for name in names for value in values[name] if ADDRESS.fullmatch(value) and value.isprintable()]
    once: dict[str, str] = {}
    for value in found:
        once.setdefault(fold(value), value)
    return tuple(once.values())


def by_user(sessions: Iterable[Session]) -> dict[UserKey, list[Session]]:
    """The sessions of each user, however spelled."""
    found: dict[UserKey, list[Session]] = defaultdict(list)
    for session in sessions:
        found[session.user_key].append(session)
    return dict(found)
