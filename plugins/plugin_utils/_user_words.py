# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the help desk reads about a user: state, sessions, the limit, and what became of a try to log in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._result import SESSIONS_PER_USER
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import printable

Row = Mapping[str, Any]
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
OUTCOMES = {
    "ended": ("was ended", "were ended"),
    "would_end": ("would be ended", "would be ended"),
    "already_gone": ("had ended by itself", "had ended by themselves"),
    "failed": ("could not be ended", "could not be ended"),
    "kept": ("was spared", "were spared"),
}


def state_sentences(asked: str, users: Sequence[Row], failures: Sequence[Row]) -> list[str]:
    """``users`` as qlik_session_info returns them, resolved; ``failures`` the lists that could not be read."""
    sentences = [_of_user(user) for user in users]
    if not any(user["sessions"] for user in users):
        sentences.append(f"No session of {asked}.")
    sentences += [
        f"{user['user']} is at the limit: Qlik Sense refuses another session, and says there are too many active in"
        " parallel. After one has ended it allows a new one only five minutes later."
        for user in users
        if _is_at_limit(user)
    ]
    sentences += [unlisted(user) for user in users if user.get("rows_without_session")]
    if failures:
        sentences.append(
            f"Not everything could be seen: {silent(failures)} did not answer in full, and there may be more sessions."
        )
    return _printable(sentences)


def unlisted(user: Row) -> str:
    """Sessions that QRS counts for a user and no proxy service lists, with the cures in order (D, L: qlik-api 11)."""
    without = user["rows_without_session"]
    rows, sessions = counted(user.get("rows", 0) + without, "row"), counted(user["sessions"], "session")
    cures = ["Wait five minutes, for a row outlives its session for a while."]
    cures += ["If that does not help, end the sessions."] if user["sessions"] else []
    cures += ["If there are still as many, restart the engine and the proxy services."]
    return f"{user['user']}: {rows}, {sessions}. Qlik counts {without} that no proxy service knows. {' '.join(cures)}"


def ended_sentences(users: Sequence[Row], summary: Mapping[str, int]) -> list[str]:
    """``summary`` of a result of qlik_session; nothing if nothing was to be ended."""
    told = [
        f"{counted(summary[outcome], 'session')} {one if summary[outcome] == 1 else many}"
        for outcome, (one, many) in OUTCOMES.items()
        if summary.get(outcome)
    ]
    if not told:
        return []
    frees_a_place = any(map(_is_at_limit, users)) and summary.get("ended")
    return [f"{', '.join(told)}.{' A new login works only five minutes from now.' if frees_a_place else ''}"]


def waited_sentences(
    asked: str, users: Sequence[Row], failures: Sequence[Row], appeared: Sequence[Row], seconds: int
) -> list[str]:
    """``appeared``: the new sessions; ``seconds``: how long they were waited for."""
    if appeared:
        return _printable(
            f"A session of {new['user']} has appeared after {seconds} seconds: /{new['virtual_proxy']} on"
            f" {new['proxy']}. So the login works; what goes wrong comes after it."
            for new in appeared
        )
    sentences = [f"No session of {asked} has appeared within {seconds} seconds. {_likely_reason(users)}"]
    if failures:
        sentences.append(f"It may have appeared on {silent(failures)}, whose sessions were not known before.")
    return _printable(sentences)


def silent(failures: Iterable[Row]) -> str:
    return ", ".join(dict.fromkeys(failure["proxy"] for failure in failures))


def _likely_reason(users: Sequence[Row]) -> str:
    if any(user.get("state") in REFUSED for user in users):
        return "The state of the user is the reason."
    if any(map(_is_at_limit, users)):
        return "The limit of five sessions is the reason."
    if any(user["sessions"] + (user.get("rows_without_session") or 0) >= SESSIONS_PER_USER for user in users):
        return (
            "With the sessions that no proxy service knows the user is at the limit of five, which may be the reason."
        )
    return (
        "If the user has tried, it fails before Qlik Sense makes a session: at the network, the load balancer, the"
        " login, or the right to use Qlik Sense."
    )


def _is_at_limit(user: Row) -> bool:
    return bool(user["sessions"] >= SESSIONS_PER_USER)


def _of_user(user: Row) -> str:
    name = f" ({user['name']})" if user.get("name") else ""
    state = STATES.get(str(user.get("state")), "is of unknown state")
    sessions = counted(user["sessions"], "session")
    return f"{user['user']}{name} {state}. {sessions} of the {SESSIONS_PER_USER} that a user may have."


def _printable(sentences: Iterable[str]) -> list[str]:
    return [printable(sentence) for sentence in sentences]
