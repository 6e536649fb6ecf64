# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people are told of a maintenance, who of them by mail, and by which mails. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._notify.address import one_line, usable
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.plugins.plugin_utils import _report_words as words
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import shown
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import printable

Row = Mapping[str, Any]
EMPTY: Row = {"title": "", "observed_at": "", "complete": True, "proxies": [], "users": [], "virtual_proxies": []}


def notice(report: Row, asked: Mapping[str, str]) -> dict[str, Any]:
    """What to tell, and whom by mail. ``report`` may be empty; ``asked``: subject, message, when, reason, contact.

    ``recipients`` are the people with an address, one entry an address: ``user``, ``name``, ``email``, ``users`` who
    have it, ``virtual_proxies``, ``nodes``, and ``elsewhere``, the sessions that the maintenance does not touch.
    """
    known = {**EMPTY, **report}
    summary = report.get("summary", {})
    when, contact = asked["when"], asked["contact"]
    return {
        **{key: known[key] for key in ("title", "observed_at", "complete")},
        "pseudonyms": report.get("pseudonyms", False),
        "subject": one_line(asked["subject"]) or f"Maintenance of Qlik Sense {when}".strip(),
        "message": asked["message"].strip() or default_message(when),
        "when": when,
        "reason": asked["reason"],
        "contact": contact,
        "headline": words.headline(report) if report else "",
        "nodes": known["proxies"],
        "people": summary.get("people", 0),
        "elsewhere": summary.get("elsewhere", 0),
        "virtual_proxies": [
            {
                "name": shown(proxy["prefix"]),
                "description": one_line(proxy["description"]),
                "sessions": proxy["sessions"],
                "users": proxy["users"],
            }
            for proxy in known["virtual_proxies"]
        ],
        **recipients(known["users"]),
    }


def default_message(when: str) -> str:
    return (
        f"Qlik Sense is being maintained {when or 'now'}. Some sessions will end."
        " Please save your work, and log in again afterwards if you are asked to."
    )


def recipients(users: Iterable[Row]) -> dict[str, list[dict[str, Any]]]:
    """Of the people among the users: who gets a mail, who has no address, and who has one that is none.

    People with the same address get one mail. Of several addresses it is the first.
    """
    found: dict[str, dict[str, Any]] = {}
    without: list[dict[str, Any]] = []
    unusable: list[dict[str, Any]] = []
    for user in users:
        if user["kind"] != "person":
            continue
        who = {"user": user["user"], "name": one_line(user["name"])}
        if not user["emails"]:
            without.append(who)
            continue
        email = usable(user["emails"][0])
        if not email:
            unusable.append({**who, "email": printable(user["emails"][0])})
            continue
        person = found.setdefault(
            fold(email), {**who, "email": email, "users": [], "virtual_proxies": [], "nodes": [], "elsewhere": []}
        )
        person["users"].append(user["user"])
        _add(person["virtual_proxies"], map(shown, user["virtual_proxies"]))
        _add(person["nodes"], user["nodes"])
        _add(person["elsewhere"], (f"{shown(at['virtual_proxy'])} on {at['node']}" for at in user["elsewhere"]))
    return {"recipients": list(found.values()), "without_email": without, "unusable": unusable}


def _add(known: list[str], more: Iterable[str]) -> None:
    known.extend(dict.fromkeys(entry for entry in more if entry not in known))


def letters(found: Row, mode: str, batch: int, team: bool) -> list[dict[str, Any]]:
    """The mails it takes: one for each person, or one in blind copy for ``batch`` of them, and one for the team."""
    people = found["recipients"]
    made = [_letter(people=[person], each=True) for person in people] if mode == "each" else []
    made = made or [_letter(people=part) for part in _batches(people, batch)]
    return [*made, _letter(team=True)] if team else made


def _letter(people: Sequence[Row] = (), each: bool = False, team: bool = False) -> dict[str, Any]:
    addresses = [person["email"] for person in people]
    return {
        "to": addresses if each else [],
        "bcc": [] if each else addresses,
        "person": people[0] if each else {},
        "team": team,
        "label": "the team" if team else addresses[0] if len(addresses) == 1 else f"{len(addresses)} people",
    }


def _batches(people: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    for start in range(0, len(people), size):
        yield people[start : start + size]
