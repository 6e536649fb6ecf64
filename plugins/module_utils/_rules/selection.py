# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sessions are meant: the selection options as values, and their meaning. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Listing
from ansible_collections.qlikops.sense.plugins.module_utils._model.patterns import UserPatterns, any_of_patterns
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session, UserKey, tag_of_ref
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import (
    ProxyLink,
    ProxyService,
    Scope,
    Topology,
    VirtualProxy,
)
from ansible_collections.qlikops.sense.plugins.module_utils._rules.surplus import of_prefix, of_user, surplus
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold, non_empty, seconds

UserStates = Mapping[UserKey, frozenset[str]]
SURPLUS = ("keep_per_user", "keep_per_virtual_proxy")


@dataclass(frozen=True)
class Selection:
    """Kinds are joined by *and*, the entries of one list by *or*. ``min_age`` and ``min_idle`` in seconds."""

    proxies: tuple[str, ...] = ()
    virtual_proxies: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    exclude_users: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    session_refs: frozenset[str] = frozenset()
    session_ids: tuple[str, ...] = field(default=(), repr=False)
    user_states: frozenset[str] = frozenset()
    min_age: int | None = None
    min_idle: int | None = None
    keep_per_user: int | None = None
    keep_per_virtual_proxy: int | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Selection:
        """Takes a module's parameters, where lists without a word in them are not given. Raises BadOption."""
        keep = {option: options.get(option) for option in SURPLUS}
        for option, number in keep.items():
            if number is not None and number < 0:
                raise BadOption(option, f"{number} is too small.", "The least is 0.")
        if None not in keep.values():
            raise BadOption(
                "keep_per_virtual_proxy",
                "it can't be combined with keep_per_user.",
                "Give each in a rule of its own in any_of.",
            )
        return cls(
            proxies=non_empty(options.get("proxies")),
            virtual_proxies=tuple(_prefix(name) for name in non_empty(options.get("virtual_proxies"))),
            users=non_empty(options.get("users")),
            exclude_users=non_empty(options.get("exclude_users")),
            attributes=_patterns_by_name(options.get("attributes") or {}),
            session_refs=frozenset(ref.lower() for ref in non_empty(options.get("session_refs"))),
            session_ids=non_empty(options.get("session_ids")),
            user_states=frozenset(non_empty(options.get("user_states"))),
            min_age=seconds("min_age", options.get("min_age")),
            min_idle=seconds("min_idle", options.get("min_idle")),
            **keep,
        )

    @property
    def is_given(self) -> bool:
        """Whether anything but an exclusion narrows it down from all sessions."""
        lists = (self.proxies, self.virtual_proxies, self.users, self.attributes, self.user_states)
        ids = (self.session_refs, self.session_ids)
        return any(map(bool, (*lists, *ids))) or self.takes_time or self.takes_surplus

    @property
    def takes_time(self) -> bool:
        """Whether it depends on how long sessions have been there or idle."""
        return self.min_age is not None or self.min_idle is not None

    @property
    def takes_surplus(self) -> bool:
        """Whether sessions are counted, over the whole site."""
        return self.keep_per_user is not None or self.keep_per_virtual_proxy is not None

    def scope(self, topology: Topology) -> Scope:
        """What of the site may be meant; raises BadOption for a name that the site does not have."""
        self._check_names(topology)
        proxies = [proxy for proxy in topology.proxies if self._covers_proxy(proxy)]
        linked = {virtual_proxy.id for proxy in proxies for virtual_proxy in proxy.virtual_proxies}
        return Scope.of(
            proxies,
            (
                virtual_proxy
                for virtual_proxy in topology.virtual_proxies
                if self._covers_virtual_proxy(virtual_proxy) and (virtual_proxy.id in linked or not self.proxies)
            ),
        )

    def _check_names(self, topology: Topology) -> None:
        for name in self.proxies:
            called = [proxy for proxy in topology.proxies if proxy.is_called(name)]
            if not called:
                raise _unknown("proxies", name, (f"{proxy.name} ({proxy.host_name})" for proxy in topology.proxies))
            if len(called) > 1:
                raise _ambiguous("proxies", name, (f"{each.name} on {each.host_name} ({each.id})" for each in called))
        for name in self.virtual_proxies:
            of_name = [virtual_proxy for virtual_proxy in topology.virtual_proxies if virtual_proxy.is_called(name)]
            if not of_name:
                known = (virtual_proxy.prefix or "/" for virtual_proxy in topology.virtual_proxies)
                raise _unknown("virtual_proxies", name or "/", known)
            if len({virtual_proxy.prefix for virtual_proxy in of_name}) > 1:
                raise _ambiguous("virtual_proxies", name, (f"/{each.prefix} ({each.id})" for each in of_name))

    def covers(self, link: ProxyLink) -> bool:
        """Whether sessions of the pair may be meant."""
        return self._covers_proxy(link.proxy) and self._covers_virtual_proxy(link.virtual_proxy)

    def user_test(self) -> Callable[[UserKey], bool]:
        """Tells whether sessions of a user may be meant."""
        users, excluded = UserPatterns(self.users), UserPatterns(self.exclude_users)
        return lambda user: (not self.users or users.match_key(user)) and not excluded.match_key(user)

    def _covers_proxy(self, proxy: ProxyService) -> bool:
        return not self.proxies or any(map(proxy.is_called, self.proxies))

    def _covers_virtual_proxy(self, virtual_proxy: VirtualProxy) -> bool:
        return not self.virtual_proxies or any(map(virtual_proxy.is_called, self.virtual_proxies))

    def before_user_states(self, sessions: Iterable[Session], ages: Ages) -> list[Session]:
        """The sessions meant by all that can be told without asking QRS and without counting."""
        users, excluded = UserPatterns(self.users), UserPatterns(self.exclude_users)
        sessions = list(sessions)
        covered = {link for link in {session.link for session in sessions} if self.covers(link)}
        attributes = {fold(name): any_of_patterns(patterns) for name, patterns in self.attributes.items()}
        return [
            session
            for session in sessions
            if session.link in covered
            and (not self.users or users.match(session))
            and not excluded.match(session)
            and all(_carries(session, name, expression) for name, expression in attributes.items())
            and (not self.session_refs or session.ref in self.session_refs)
            and (not self.session_ids or session.session_id in self.session_ids)
            and (self.min_age is None or _is_long(ages.of(session), self.min_age))
            and (self.min_idle is None or _is_long(ages.idle(session), self.min_idle))
        ]

    def not_found(self, listing: Listing, existing: Iterable[ProxyLink]) -> tuple[str, ...]:
        """The refs that no list has, and the ids as their places in the option; nothing of what was not read."""
        unread = {link.tag for link in existing} - {link.tag for link in listing.pairs_read}
        refs = {session.ref for session in listing.sessions}
        ids = {session.session_id for session in listing.sessions}
        absent_refs = sorted(ref for ref in self.session_refs - refs if tag_of_ref(ref) not in unread)
        places = enumerate(self.session_ids)
        absent_ids = [] if unread else [f"session_ids[{place}]" for place, given in places if given not in ids]
        return (*absent_refs, *absent_ids)

    def before_surplus(self, sessions: Iterable[Session], ages: Ages, states: UserStates) -> list[Session]:
        """The sessions meant by all that can be told without counting.

        ``states`` must hold the users of ``before_user_states`` where user_states is given.
        """
        return [
            session
            for session in self.before_user_states(sessions, ages)
            if not self.user_states or self.user_states & states.get(session.user_key, frozenset())
        ]

    def surplus(
        self,
        candidates: list[Session],
        counted: Iterable[Session],
        ages: Ages,
        spared: Callable[[Session], bool] = lambda session: False,
    ) -> list[Session]:
        """Of the candidates those beyond what may be kept of all that are ``counted``; all where nothing limits them.

        The surplus of a virtual proxy is taken from sessions that are not ``spared``: if it fell on those that are,
        nothing would be ended. The surplus of a user can't be taken from anybody else.
        """
        if self.keep_per_user is not None:
            return surplus(counted, candidates, self.keep_per_user, ages, of_user)
        if self.keep_per_virtual_proxy is not None:
            may_go = [session for session in candidates if not spared(session)]
            return surplus(counted, may_go, self.keep_per_virtual_proxy, ages, of_prefix)
        return candidates

    def select(self, sessions: list[Session], ages: Ages, states: UserStates) -> list[Session]:
        """The sessions meant, where nobody is spared."""
        return self.surplus(self.before_surplus(sessions, ages, states), sessions, ages)


def _prefix(name: str) -> str:
    return name.strip("/")


def _patterns_by_name(attributes: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    lists = {name: value if isinstance(value, list) else [value] for name, value in attributes.items()}
    texts = {name: non_empty("" if entry is None else str(entry) for entry in value) for name, value in lists.items()}
    return {name: patterns for name, patterns in texts.items() if patterns}


def _carries(session: Session, folded_name: str, expression: re.Pattern[str]) -> bool:
    return any(
        expression.fullmatch(fold(value))
        for name, values in session.attributes.items()
        if fold(name) == folded_name
        for value in values
    )


def _is_long(time: int | None, least: int) -> bool:
    return time is not None and time >= least


def _unknown(option: str, name: str, known: Iterable[str]) -> BadOption:
    return BadOption(option, f"the site has no '{name}'.", f"It has: {', '.join(sorted(set(known), key=fold))}.")


def _ambiguous(option: str, name: str, fitting: Iterable[str]) -> BadOption:
    return BadOption(
        option, f"'{name}' matches more than one: {', '.join(fitting)}.", "Give the id of the one you mean."
    )
