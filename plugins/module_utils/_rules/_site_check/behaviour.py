# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no document states, as far as reading can tell. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ansible_collections.qlikops.sense.plugins.module_utils._model.activity import Activities
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import age_in_words
from ansible_collections.qlikops.sense.plugins.module_utils._model.check import OK, PROBLEM, WARNING, Check, Seen
from ansible_collections.qlikops.sense.plugins.module_utils._model.usage import Times
from ansible_collections.qlikops.sense.plugins.module_utils._rules._site_check.lines import line, unknown
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted, fold

GROUP = "behaviour"
NOT_FOUND, SUCCESS = 404, 200
LATE = 600  # seconds: whoever is connected has been active in that time, or rows are late
AGAIN = "Check again while users with an allocation are working."
TELL = "The site behaves in a way that this collection does not know. Report a bug with this line."


def behaviour(seen: Seen) -> Iterator[Check]:
    yield _status(seen, "unknown_session", seen.behaviour.unknown_session, {NOT_FOUND: "an error (404)"})
    prefixes = {NOT_FOUND: "an error (404)", SUCCESS: "an empty list (200)"}
    yield _status(seen, "unknown_prefix", seen.behaviour.unknown_prefix, prefixes)
    yield _lists(seen)
    yield _attributes(seen)
    yield _usage_ids(seen)
    yield _usage_times(seen)
    yield _names(seen)
    yield _stranger(seen)


def _status(seen: Seen, name: str, status: int | None, expected: dict[int, str]) -> Check:
    asked = "a session id" if name == "unknown_session" else "a virtual proxy"
    if status is None:
        return unknown(GROUP, name, seen.why or "No proxy service answered.")
    said = f"QPS answers {expected.get(status, status)} for {asked} that does not exist."
    return line(GROUP, name, [(OK if status in expected else WARNING, said)], said, TELL)


def _lists(seen: Seen) -> Check:
    if seen.listing is None:
        return unknown(GROUP, "session_lists", seen.why)
    if not seen.listing.links:
        return unknown(GROUP, "session_lists", "No virtual proxy is linked to a proxy service.")
    failed = [
        (PROBLEM, f"/{failure.link.virtual_proxy.prefix} on {failure.link.proxy.name}")
        for failure in seen.listing.failures
    ]
    return line(
        GROUP,
        "session_lists",
        failed or [(OK, "")],
        f"{counted(len(seen.listing.links), 'list')} of sessions could be read,"
        f" {counted(len(seen.listing.sessions), 'session')} in all.",
        "These lists of sessions could not be read. qlik_session_info says why.",
    )


def _attributes(seen: Seen) -> Check:
    """How many sessions have any. Not of whom, nor which."""
    if seen.listing is None or not seen.listing.sessions:
        return unknown(GROUP, "attributes", seen.why or "There is no session to look at.")
    having = sum(bool(session.attributes) for session in seen.listing.sessions)
    if not having:
        return unknown(
            GROUP,
            "attributes",
            "No session has attributes.",
            "Selections by attributes match no session. SAML, JWT, OIDC and tickets can pass attributes.",
        )
    sessions = counted(len(seen.listing.sessions), "session")
    return Check(GROUP, "attributes", OK, f"{having} of {sessions} {'has' if having == 1 else 'have'} attributes.")


def _usage_ids(seen: Seen) -> Check:
    """Whether usage rows can be joined to sessions (C: qlik-api 11)."""
    name = "usage_ids"
    if seen.usage is None or seen.listing is None:
        return unknown(GROUP, name, seen.why)
    rows, sessions = seen.usage.rows, seen.listing.sessions
    if not rows or not sessions:
        return unknown(
            GROUP, name, "QRS shows no usage rows." if not rows else "There is no session to look at.", AGAIN
        )
    matched = Activities(seen.usage, sessions).matched
    if matched:
        return Check(GROUP, name, OK, f"{counted(len(sessions), 'session')}, {matched} of them with a usage row.")
    return Check(
        GROUP,
        name,
        WARNING,
        f"None of {counted(len(rows), 'usage row')} names one of {counted(len(sessions), 'session')}.",
        f"If the ids do not match on this release, idle times stay unknown and min_idle selects no session. {AGAIN}",
    )


def _usage_times(seen: Seen) -> Check:
    """How late rows are at most. That they are late shows only where somebody is known to be active."""
    name = "usage_times"
    if seen.usage is None:
        return unknown(GROUP, name, seen.why)
    if not seen.usage.rows:
        return unknown(GROUP, name, "QRS shows no usage rows.", AGAIN)
    times = Times(seen.usage)
    read = [time for row in seen.usage.rows if (time := times.read(row.last_active))]
    if not read or seen.usage.now is None:
        return Check(
            GROUP,
            name,
            WARNING,
            "The times of usage rows can't be used: they lack a time zone, are in the future, or QRS does not tell its"
            " own time.",
            "Idle times stay unknown, and min_idle selects no session. Check the clocks of the nodes.",
        )
    newest = int((seen.usage.now - max(read)).total_seconds())
    words = f"The newest activity in usage rows was {age_in_words(newest)} ago"
    if newest <= LATE:
        return Check(GROUP, name, OK, f"{words}, so rows are at most that late.")
    return unknown(GROUP, name, f"{words}: nobody has been active since, or rows are that late.", AGAIN)


def _names(seen: Seen) -> Check:
    if seen.nodes is None or seen.topology is None:
        return unknown(GROUP, "unique_names", seen.why)
    # One prefix twice on one proxy service has one list of sessions; on two of them it has two (L).
    prefixes = [f"/{virtual_proxy.prefix}" for virtual_proxy in seen.topology.virtual_proxies]
    twice = [
        *(f"two nodes are called {name}" for name in _twice(node.name for node in seen.nodes)),
        *(f"two nodes have the host name {name}" for name in _twice(node.host_name for node in seen.nodes)),
        *(f"two virtual proxies have the prefix {name}" for name in _twice(prefixes)),
    ]
    return line(
        GROUP,
        "unique_names",
        [(WARNING, words) for words in twice] or [(OK, "")],
        "Names and host names of nodes, and prefixes, are unique.",
        "Modules refuse a name that fits two nodes. A prefix selects all virtual proxies that have it.",
    )


def _twice(names: Iterable[str]) -> list[str]:
    counts = Counter(map(fold, names))
    return [name for name, number in counts.items() if number > 1]


def _stranger(seen: Seen) -> Check:
    found = seen.behaviour
    if not found.is_asked_as_stranger or seen.topology is None:
        return unknown(
            GROUP,
            "api_user_header",
            seen.why or "Through a virtual proxy, QRS can be queried only as the user who logged in.",
        )
    if not found.strangers_proxies:
        return Check(GROUP, "api_user_header", OK, "QRS shows nothing to a user that does not exist.")
    return Check(
        GROUP,
        "api_user_header",
        WARNING,
        f"QRS shows {counted(found.strangers_proxies, 'proxy service')} to a user that does not exist.",
        "The rights of api_user restrict nothing: everybody with the certificate sees everything. Protect its key.",
    )
