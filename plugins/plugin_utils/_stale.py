# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of a site's sessions are stale, and by which rule. Pure: a result of qlik_session_info in, a decision out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages, parsed
from ansible_collections.qlikops.sense.plugins.module_utils._model.patterns import UserPatterns
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session, UserKey, user_key
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import (
    Node,
    Pair,
    ProxyService,
    Topology,
    VirtualProxy,
)
from ansible_collections.qlikops.sense.plugins.module_utils._result import SESSIONS_PER_USER
from ansible_collections.qlikops.sense.plugins.module_utils._rules.selection import Selection, surplus
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold, seconds, words
from ansible_collections.qlikops.sense.plugins.plugin_utils._progress import counted

# Most telling first: removal from the directory also makes a user inactive.
STATES = {
    "removed_externally": "user was removed from the user directory",
    "blacklisted": "user is blacklisted",
    "inactive": "user is inactive",
    "missing": "user is not known to the repository",
}
SPANS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
Result = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class ListedSession(Session):
    """A session out of a result: its ref is known, its id is not."""

    ref: str = field(kw_only=True)

    def __post_init__(self) -> None:
        """Leaves the ref as it is given."""


@dataclass(frozen=True)
class Rules:
    """What makes a session stale; None or nothing where a rule is off."""

    user_states: frozenset[str] = frozenset()
    min_age: int | None = None
    keep_per_user: int | None = None
    runaway_user: int | None = None
    runaway_virtual_proxy: int | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Rules:
        """Empty answers of a survey and 0 leave a rule off. Raises BadOption."""
        states = frozenset(state.lower() for state in listed_words(options.get("user_states")))
        for state in sorted(states.difference(STATES)):
            raise BadOption("user_states", f"there is no state '{state}'.", f"There are: {', '.join(STATES)}.")
        return cls(
            user_states=states,
            min_age=_age(options.get("min_age")),
            keep_per_user=_number("keep_per_user", options.get("keep_per_user")),
            runaway_user=_number("runaway_user", options.get("runaway_user")),
            runaway_virtual_proxy=_number("runaway_virtual_proxy", options.get("runaway_virtual_proxy")),
        )

    @property
    def on(self) -> list[str]:
        """The rules that are not off, in the order they are looked at."""
        return [name for name, value in vars(self).items() if value]


class Listing:
    """What was listed of a whole site, as the values that selections work on."""

    def __init__(self, result: Result) -> None:
        proxies = {_place(proxy["name"], proxy["host_name"]): _proxy_service(proxy) for proxy in result["proxies"]}
        via = {proxy["id"]: VirtualProxy(proxy["id"], proxy["prefix"]) for proxy in result["virtual_proxies"]}
        self.topology = Topology(tuple(proxies.values()), tuple(via.values()))
        pairs: dict[tuple[str, str], Pair] = {}
        self.sessions: list[Session] = []
        for session in result["sessions"]:
            proxy = proxies[_place(session["proxy"], session["proxy_host"])]
            virtual_proxy = via[session["virtual_proxy_id"]]
            # One pair for all of its sessions: selections look at each pair once.
            pair = pairs.setdefault((proxy.id, virtual_proxy.id), Pair(proxy, virtual_proxy))
            who = session["user_directory"], session["user_id"], session["user_name"], session["attributes"]
            self.sessions.append(ListedSession(pair, *who, session_id="", ref=session["ref"]))
        now = parsed(result["observed_at"])
        ages = {session["ref"]: session["age"] for session in result["sessions"] if session["age"] is not None}
        self.ages = Ages(now, {ref: now - timedelta(seconds=age) for ref, age in ages.items()})
        self.states = {
            user_key(user["user_directory"], user["user_id"]): frozenset(user.get("states") or [user.get("state", "")])
            for user in result["users"]
        }
        self.of_user = Counter(session.user_key for session in self.sessions)
        self.of_prefix = Counter(map(_prefix, self.sessions))


@dataclass(frozen=True)
class Finding:
    """A stale session, the rule that makes it so, and the same in words."""

    session: Session
    rule: str
    why: str


def find_stale(listing: Listing, rules: Rules, selection: Selection, protected: UserPatterns) -> list[Finding]:
    """The stale sessions in the order they are listed. Raises BadOption for a name that the site does not have.

    The rules are looked at one after the other, and each counts only what those before have left: so no more
    sessions are stale than it takes to satisfy all rules.
    """
    selection.scope(listing.topology)
    selected = selection.before_user_states(listing.sessions, listing.ages)
    candidates = [session for session in selected if not protected.match(session)]
    findings: dict[str, Finding] = {}
    for rule in rules.on:
        left = [session for session in listing.sessions if session.ref not in findings]
        may_go = [session for session in candidates if session.ref not in findings]
        for session, why in _RULES[rule](listing, rules, left, may_go):
            findings[session.ref] = Finding(session, rule, why)
    return [findings[session.ref] for session in listing.sessions if session.ref in findings]


def at_limit(listing: Listing, findings: Iterable[Finding]) -> list[str]:
    """The users who have as many sessions as a user may have and shall lose one."""
    users = {finding.session.user_key: finding.session.user for finding in findings}
    return [user for key, user in sorted(users.items()) if listing.of_user[key] >= SESSIONS_PER_USER]


def span(duration: int) -> str:
    """The two largest units of so many seconds: ``9 hours 5 minutes``, ``1 day``, ``0 seconds``."""
    for place, (noun, length) in enumerate(SPANS):
        if duration >= length:
            smaller = [(duration % length // part, name) for name, part in SPANS[place + 1 : place + 2]]
            parts = [(duration // length, noun), *smaller]
            return " ".join(counted(number, name) for number, name in parts if number)
    return "0 seconds"


def listed_words(value: Any) -> tuple[str, ...]:
    """The entries of a list, or of a text with commas, as Ansible reads a list option."""
    if value is None:
        return ()
    return words(value.split(",") if isinstance(value, str) else [str(entry) for entry in value])


def _age(value: Any) -> int | None:
    return None if str(value).strip() == "0" else seconds("min_age", value) or None


def _number(option: str, value: Any) -> int | None:
    text = "" if value is None else str(value).strip()
    if not text.isdecimal() and text:
        raise BadOption(option, f"'{text}' is not a number.", "Write a whole number, 0 for off.")
    return int(text or 0) or None


def _place(name: str, host_name: str) -> tuple[str, str]:
    return fold(name), fold(host_name)


def _proxy_service(proxy: Result) -> ProxyService:
    return ProxyService(proxy["id"], Node(proxy["name"], proxy["host_name"]), proxy["qps_port"])


Sessions = list[Session]
Found = Iterable[tuple[Session, str]]


def _by_state(listing: Listing, rules: Rules, left: Sessions, may_go: Sessions) -> Found:
    for session in may_go:
        states = rules.user_states & listing.states.get(session.user_key, frozenset())
        if states:
            first, *_others = (why for state, why in STATES.items() if state in states)
            yield session, first


def _by_age(listing: Listing, rules: Rules, left: Sessions, may_go: Sessions) -> Found:
    for session in Selection(min_age=rules.min_age).before_user_states(may_go, listing.ages):
        yield session, f"first seen {span(listing.ages.of(session) or 0)} ago, limit {span(rules.min_age or 0)}"


def _over_keep(listing: Listing, rules: Rules, left: Sessions, may_go: Sessions) -> Found:
    keep = rules.keep_per_user or 0
    for session in surplus(left, may_go, keep, listing.ages, _user):
        yield session, f"{counted(listing.of_user[_user(session)], 'session')} of one user, keeps {keep}"


def _of_runaway_user(listing: Listing, rules: Rules, left: Sessions, may_go: Sessions) -> Found:
    most = rules.runaway_user or 0
    for session in surplus(left, may_go, most, listing.ages, _user):
        yield session, f"user has {counted(listing.of_user[_user(session)], 'session')}, over {most}"


def _of_runaway_virtual_proxy(listing: Listing, rules: Rules, left: Sessions, may_go: Sessions) -> Found:
    most = rules.runaway_virtual_proxy or 0
    for session in surplus(left, may_go, most, listing.ages, _prefix):
        sessions = counted(listing.of_prefix[_prefix(session)], "session")
        yield session, f"virtual proxy /{session.virtual_proxy.prefix} has {sessions}, over {most}"


_RULES: Mapping[str, Callable[[Listing, Rules, Sessions, Sessions], Found]] = {
    "user_states": _by_state,
    "min_age": _by_age,
    "keep_per_user": _over_keep,
    "runaway_user": _of_runaway_user,
    "runaway_virtual_proxy": _of_runaway_virtual_proxy,
}


def _user(session: Session) -> UserKey:
    return session.user_key


def _prefix(session: Session) -> str:
    return fold(session.virtual_proxy.prefix)
