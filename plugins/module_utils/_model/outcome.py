# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of asking proxy services and of ending sessions, as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyLink

ENDED, ALREADY_GONE, FAILED, WOULD_END = "ended", "already_gone", "failed", "would_end"
OUTCOMES = (ENDED, ALREADY_GONE, FAILED, WOULD_END)
# Of a session that was ended or gone, yet stands in the list that is read afterwards.
STILL_LISTED = {
    ENDED: "the proxy service accepted the request but kept the session",
    ALREADY_GONE: "the proxy service reports the session as unknown (404), but still lists it",
}


@dataclass(frozen=True)
class Failure:
    """A pair whose sessions could not be listed."""

    link: ProxyLink
    reason: str
    hint: str
    unreachable: bool

    def as_result(self) -> dict[str, Any]:
        return {
            "proxy": self.link.proxy.name,
            "virtual_proxy": self.link.virtual_proxy.prefix,
            "reason": self.reason,
            "hint": self.hint,
        }


def in_words(failures: Iterable[Failure]) -> str:
    """One sentence for each proxy service and reason, or an empty text."""
    prefixes: dict[tuple[str, str, str], list[str]] = {}
    for failure in failures:
        key = (failure.link.proxy.name, failure.reason, failure.hint)
        prefixes.setdefault(key, []).append(f"/{failure.link.virtual_proxy.prefix}")
    return " ".join(
        f"Proxy service {proxy}, virtual proxies {', '.join(names)}: {reason} {hint}".rstrip()
        for (proxy, reason, hint), names in prefixes.items()
    )


def not_listed(failures: Iterable[Failure]) -> list[str]:
    """The same for whoever remembers sessions."""
    prefixes: dict[tuple[str, str], list[str]] = {}
    for failure in failures:
        key = (failure.link.proxy.name, failure.reason)
        prefixes.setdefault(key, []).append(f"/{failure.link.virtual_proxy.prefix}")
    return [
        f"Not listed: {', '.join(names)} on {proxy}. {reason} Its sessions keep their ages."
        for (proxy, reason), names in prefixes.items()
    ]


@dataclass(frozen=True)
class Listing:
    """The sessions of the pairs that were asked."""

    links: tuple[ProxyLink, ...]
    sessions: tuple[Session, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def pairs_read(self) -> list[ProxyLink]:
        failed = {failure.link for failure in self.failures}
        return [link for link in self.links if link not in failed]


@dataclass(frozen=True)
class Outcome:
    """What became of one session; ``reason`` for a failure.

    ``is_uncertain``: no answer came to the request to end it, but it may have been obeyed.
    ``was_refused``: the service did not end it, but it may have ended by itself.
    """

    state: str
    reason: str = ""
    is_uncertain: bool = False
    was_refused: bool = False

    @property
    def is_worth_a_look(self) -> bool:
        """Whether the list tells more than the answer did."""
        return self.state in STILL_LISTED or self.is_uncertain or self.was_refused

    def settled(self, is_listed: bool | None) -> Outcome:
        """The outcome in the light of the list read afterwards; None where there is none."""
        if is_listed:
            return Outcome(FAILED, STILL_LISTED.get(self.state, self.reason))
        if is_listed is None:
            return Outcome(FAILED, f"{self.reason} It may have been ended anyway.") if self.is_uncertain else self
        if self.state != FAILED:
            return self
        return Outcome(ENDED if self.is_uncertain else ALREADY_GONE)  # one that was not ended has ended by itself


@dataclass(frozen=True)
class EndResult:
    """Outcome of every session by its ref, and what could not be read again afterwards."""

    outcomes: Mapping[str, Outcome]
    failures: tuple[Failure, ...] = ()
