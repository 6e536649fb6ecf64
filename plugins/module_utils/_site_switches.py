# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the check of a site has found out about its behaviour, as switches of the simulated site. Pure.

A switch is left out, and keeps its default, where the check could not tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from ansible_collections.qlikops.sense.plugins.module_utils._model.activity import OWN_DIRECTORY
from ansible_collections.qlikops.sense.plugins.module_utils._model.check import QRS, Count, Seen
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._model.usage import Times, Usage, UsageRow
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

Switch = tuple[str, str]
PREFIXES = {404: "not_found", 200: "empty"}


def switches_of(seen: Seen) -> dict[str, str]:
    """Setting by switch."""
    return dict([*_behaviour(seen), *_interface(seen), *_users(seen), *_proxy_services(seen), *_usage(seen)])


def _behaviour(seen: Seen) -> Iterator[Switch]:
    if seen.behaviour.unknown_prefix in PREFIXES:
        yield "unknown_prefix", PREFIXES[seen.behaviour.unknown_prefix]
    if seen.behaviour.is_asked_as_stranger:
        yield "unknown_user", "everything" if seen.behaviour.strangers_proxies else "nothing"


def _interface(seen: Seen) -> Iterator[Switch]:
    described = seen.described.get(QRS)
    if described and (described.is_absent or described.differences is not None):
        yield "interface_description", "absent" if described.is_absent else "served"
    if "banners" in seen.counts:
        yield "banners", "absent" if seen.counts["banners"].is_absent else "served"


def _users(seen: Seen) -> Iterator[Switch]:
    """Who sees a part of the users is taken to see that share of them."""
    count = seen.counts.get("users")
    if count is None or count.shown is None or not count.of:
        return
    if count.shown in (0, count.of):
        yield "readable_users", "all" if count.shown else "none"
    else:
        yield "readable_users", f"{min(99, max(1, round(100 * count.shown / count.of)))}%"


def _proxy_services(seen: Seen) -> Iterator[Switch]:
    """Shows where a node has none: then QRS lists as many as there are nodes, or fewer."""
    count, nodes = seen.counts.get("proxies"), seen.nodes or ()
    with_proxy = sum("proxy" in node.services for node in nodes)
    if count and with_proxy < len(nodes) and count.shown in (len(nodes), with_proxy):
        yield "disabled_proxy_service", "listed" if count.shown == len(nodes) else "absent"


def _usage(seen: Seen) -> Iterator[Switch]:
    if "usage_rows" in seen.counts:
        yield "usage_shown", _shown(seen.counts["usage_rows"])
    if seen.usage is None or not seen.usage.rows or seen.listing is None:
        return
    sessions, rows = seen.listing.sessions, seen.usage.rows
    yield "usage_times", _times(seen.usage)
    yield "usage_rows", "doubled" if max(Counter(row.session_id for row in rows).values()) > 1 else "each"
    if sessions:
        yield "usage_session_ids", _ids(rows, {session.session_id for session in sessions})
    yield from _writer(rows, sessions)


def _shown(count: Count) -> str:
    if count.is_absent:
        return "absent"
    if count.shown is None:
        return "refused"
    return "none" if count.of and not count.shown else "all"


def _times(usage: Usage) -> str:
    """Of times without a zone that are not UTC, those to come are of a zone before it."""
    times = Times(usage)
    if not times.has_bare:
        return "utc"
    if times.bare_are_utc:
        return "bare"
    return "east" if times.are_to_come else "west"


def _ids(rows: Sequence[UsageRow], ids: Collection[str]) -> str:
    named = {row.session_id for row in rows}
    if named & set(ids):
        return "same"
    return "upper" if {fold(each) for each in named} & {fold(each) for each in ids} else "hashed"


def _writer(rows: Sequence[UsageRow], sessions: Sequence[Session]) -> Iterator[Switch]:
    """Who rows say has changed them, where they do not name the user in a field of its own."""
    users = {fold(session.session_id): session.user_key for session in sessions}
    written = [
        (row.user, users[fold(row.session_id)]) for row in rows if _is_told(row) and fold(row.session_id) in users
    ]
    if written and all(writer == user for writer, user in written):
        yield "usage_modified_by", "user"
    elif written and all(writer and writer[0] == OWN_DIRECTORY for writer, _user in written):
        yield "usage_modified_by", "repository"


def _is_told(row: UsageRow) -> bool:
    return row.user is not None and not row.names_user
