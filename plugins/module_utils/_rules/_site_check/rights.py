# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What api_user may see, and what the interfaces say of themselves. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ansible_collections.qlikops.sense.plugins.module_utils._model.check import (
    OK,
    PROBLEM,
    QPS,
    QRS,
    UNKNOWN,
    WARNING,
    Check,
    Count,
    Described,
    Seen,
)
from ansible_collections.qlikops.sense.plugins.module_utils._rules._site_check.lines import joined, unknown
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted

RIGHTS, INTERFACES = "rights", "interfaces"
NAME_ANOTHER = "Set api_user to a user with these rights, such as INTERNAL\\sa_api."


class Kind(NamedTuple):
    """What is counted, what it is called, how bad it is not to see all of it, and what that is needed for.

    ``is_everywhere``: every release has it, and every site at least one.
    """

    name: str
    noun: str
    status: str
    needed_for: str
    is_everywhere: bool = True


KINDS = (
    Kind("proxies", "proxy service", PROBLEM, "the sessions of the whole site"),
    Kind("virtual_proxies", "virtual proxy", PROBLEM, "the sessions of the whole site"),
    Kind("nodes", "node", PROBLEM, "which node is the central one"),
    Kind("services", "service state", WARNING, "the proof that a node is back"),
    Kind("users", "user", WARNING, "the user state missing, and names and addresses in reports"),
    Kind("banners", "banner", WARNING, "banners", False),
    Kind("usage_rows", "usage row", WARNING, "how long sessions have been there and idle", False),
    Kind("tasks", "running task", WARNING, "reloads that a restart would end", False),
)


def rights(seen: Seen) -> Iterator[Check]:
    yield _own(seen)
    for kind in KINDS:
        yield _kind(kind, seen.counts.get(kind.name), seen)


def _own(seen: Seen) -> Check:
    if seen.own_state is None:
        return unknown(RIGHTS, "api_user", seen.why or "QRS does not show who api_user is.")
    if seen.own_state == "active":
        return Check(RIGHTS, "api_user", OK, "QRS knows api_user, and the user is active.")
    status = WARNING if seen.own_state == "missing" else PROBLEM
    words = "QRS does not show api_user" if seen.own_state == "missing" else f"api_user is {seen.own_state}"
    return Check(RIGHTS, "api_user", status, f"{words}.", NAME_ANOTHER)


def _kind(kind: Kind, count: Count | None, seen: Seen) -> Check:
    if count is None:
        return unknown(RIGHTS, kind.name, seen.why)
    needed = f"Needed for {kind.needed_for}."
    if count.is_absent and not kind.is_everywhere:
        return unknown(RIGHTS, kind.name, "This release does not have them.", needed)
    if count.shown is None:
        advice = NAME_ANOTHER if count.is_refused else "See reach and certificates."
        return Check(RIGHTS, kind.name, kind.status, f"They can't be read: {count.error}.", f"{needed} {advice}")
    if not count.shown and not count.of and kind.is_everywhere:
        return Check(RIGHTS, kind.name, kind.status, "api_user sees none.", f"{needed} {NAME_ANOTHER}")
    shown = counted(count.shown, kind.noun)
    if count.of is None:
        return unknown(RIGHTS, kind.name, f"api_user sees {shown}; there may be more.", needed)
    if count.shown < count.of:
        words = f"api_user sees {count.shown} of {counted(count.of, kind.noun)}."
        return Check(RIGHTS, kind.name, kind.status, words, f"{needed} {NAME_ANOTHER}")
    return Check(RIGHTS, kind.name, OK, f"api_user sees all: {shown}.")


def interfaces(seen: Seen) -> Iterator[Check]:
    for service in (QRS, QPS):
        yield _described(service, seen.described, seen.why)


def _described(service: str, described: Mapping[str, Described], why: str) -> Check:
    name, found = service.lower(), described.get(service)
    if found is None or found.differences is None:
        words = found.error if found else why
        return Check(INTERFACES, name, UNKNOWN, f"{service} does not describe itself: {words or 'it was not asked'}.")
    if not found.differences:
        return Check(INTERFACES, name, OK, f"{service} has everything that the collection relies on.")
    words = joined([f"{each.what} (for {each.needed_for})" for each in found.differences])
    advice = "The features in brackets do not work with this release. Report a bug with this line."
    return Check(INTERFACES, name, WARNING, words, advice)
