# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a number is worth a word, and the words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._result import SESSIONS_PER_USER
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted


@dataclass(frozen=True)
class Thresholds:
    """``near_limit`` and more sessions are near the limit, more than ``runaway_...`` are a runaway. 0 is off."""

    near_limit: int
    runaway_user: int
    runaway_virtual_proxy: int

    def limit(self, sessions: int) -> str:
        """``at``, ``near`` or nothing, by all sessions of a user."""
        if sessions >= SESSIONS_PER_USER:
            return "at"
        return "near" if 0 < self.near_limit <= sessions else ""

    def is_runaway_user(self, sessions: int) -> bool:
        return 0 < self.runaway_user < sessions

    def is_runaway_virtual_proxy(self, sessions: int) -> bool:
        return 0 < self.runaway_virtual_proxy < sessions


def advice(summary: Mapping[str, Any], unread: int, chosen: bool) -> list[str]:
    """Sentences that explain a summary. They name nobody. ``unread`` lists of sessions could not be read."""
    sentences = [
        _incomplete(unread) if unread else "",
        _elsewhere(summary["people"], summary["elsewhere"]) if chosen and summary["people"] else "",
        _at_limit(summary["at_limit"]) if summary["at_limit"] else "",
        _unlisted(summary["rows_without_session"]) if summary["rows_without_session"] else "",
        _runaways(summary["runaways"]) if summary["runaways"] else "",
        _missing(summary["missing"]) if summary["missing"] else "",
        _unknown(summary["unknown"]) if summary["unknown"] else "",
        _without_email(summary["without_email"]) if summary["without_email"] else "",
        _unlinked(summary["unlinked"]) if summary["unlinked"] else "",
    ]
    return [sentence for sentence in sentences if sentence]


def _incomplete(unread: int) -> str:
    return (
        f"This report is not complete: {counted(unread, 'list')} of sessions could not be read."
        " Who is connected there is missing from every figure."
    )


def _elsewhere(affected: int, elsewhere: int) -> str:
    verb = "has" if elsewhere < 2 else "have"
    return f"Of {people(affected)}, {elsewhere or 'nobody'} {verb} a session on another node and can keep working."


def _at_limit(users: int) -> str:
    # D: qlik-api 4.2 (the limit), qlik-api 10 (the wait).
    verb = "has" if users == 1 else "have"
    return (
        f"{counted(users, 'user')} {verb} {SESSIONS_PER_USER} sessions or more over all nodes and virtual proxies, the"
        " most that Qlik Sense allows, and cannot open another one. A user at the limit who ends a session, or whose"
        " session is ended, waits five minutes before a new one is allowed."
    )


def _unlisted(rows: int) -> str:
    # D, L: qlik-api 11.
    return (
        f"Qlik counts {counted(rows, 'session')} that no proxy service lists. For some minutes after a session has"
        " ended this is normal. If they stay, they keep out users who have fewer sessions than allowed. Then restart"
        " the engine and the proxy services."
    )


def _runaways(found: int) -> str:
    return (
        f"{counted(found, 'runaway')} above the threshold. Programs that do not keep their session cookie look like"
        " this: they log in again with every request."
    )


def _missing(found: int) -> str:
    verb = "is" if found == 1 else "are"
    return f"{counted(found, 'connected user')} {verb} unknown to QRS."


def _unknown(found: int) -> str:
    verb = "is" if found == 1 else "are"
    return f"{counted(found, 'connected user')} {verb} not shown by QRS: deleted there, or api_user may not read them."


def _without_email(found: int) -> str:
    return f"{people(found)} {'has' if found == 1 else 'have'} no e-mail address."


def _unlinked(found: int) -> str:
    verb, them = ("is", "it") if found == 1 else ("are", "them")
    return f"{counted(found, 'virtual proxy')} {verb} linked to no proxy service, so nobody can use {them}."


def people(number: int) -> str:
    """``1 person``, ``2 people``."""
    return f"{number} {'person' if number == 1 else 'people'}"


def enumerated(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), *names[-1:]])
