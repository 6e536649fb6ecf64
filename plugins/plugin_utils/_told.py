# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of telling people: who was told, who was not, and what to say of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
MOST_SHOWN = 50  # people on the screen
MOST_FAILURES = 3  # in one message
NO_ANSWER = -1


def told(found: Row, letters: Sequence[Row], posts: Sequence[Row], sent: Row, server: str) -> dict[str, Any]:
    """Everybody of a notice, by what came of it. In check mode nobody is told, see ``nobody_told``.

    ``sent`` is the result of the module: ``mail`` with ``outcomes``, one a letter, or none and ``failure``; and
    ``webhooks``, one a post. ``broken`` is in the place of both where the module itself has failed.
    """
    broken = sent.get("broken", "")
    mail = sent.get("mail") or {"outcomes": [], "failure": broken}
    not_tried = {"refused": {}, "failure": "", "tried": False}
    came = mailed(found, letters, mail["outcomes"] or [not_tried] * len(letters))
    came["failures"] += [mail["failure"]] if letters and mail["failure"] else []
    webhooks = [
        answer(*pair) for pair in zip(posts, sent.get("webhooks") or [{"failure": broken}] * len(posts), strict=True)
    ]
    failures = [{"channel": "mail", "message": mail_failure(came, server)}] if came["failures"] else []
    failures += [{"channel": one["channel"], "message": one["why"]} for one in webhooks if not one["told"]]
    return {
        **nobody_told(found, letters, check_mode=False),
        **{key: came[key] for key in ("mailed", "refused")},
        "not_mailed": came["not_mailed"] if letters else [],
        "webhooks": webhooks,
        "failures": failures,
    }


def nobody_told(found: Row, letters: Sequence[Row], check_mode: bool) -> dict[str, Any]:
    """What is known before anybody is told; in check mode who would be mailed."""
    return {
        "check_mode": check_mode,
        "mailed": [],
        "would_be_mailed": [who(person) for person in found["recipients"]] if check_mode and letters else [],
        "without_email": found["without_email"] if letters else [],
        "unusable": found["unusable"] if letters else [],
        "refused": [],
        "not_mailed": [],
        "webhooks": [],
        "failures": [],
    }


def answer(post: Row, posted: Row) -> dict[str, Any]:
    failed = {"channel": post["channel"], "told": False, "status": NO_ANSWER, "why": posted.get("failure", "")}
    return posted.get("answer") or failed


def mailed(found: Row, letters: Sequence[Row], outcomes: Sequence[Row]) -> dict[str, Any]:
    """Who got a mail, whom the server refused, and who was not reached.

    ``outcomes`` are those of the letters: ``refused``, the server's words by address, ``failure`` and ``tried``.
    ``failures`` are sentences on letters that could not be sent at all.
    """
    by_address = {person["email"]: person for person in found["recipients"]}
    got: list[dict[str, Any]] = []
    refused: dict[str, dict[str, Any]] = {}
    failures: list[str] = []
    for letter, outcome in zip(letters, outcomes, strict=True):
        failure = outcome["failure"]
        for address, why in outcome["refused"].items():
            refused[address] = {**who(by_address.get(address, {"email": address})), "why": why}
        if letter["team"] and not failure:
            failure = "; ".join(f"{address}: {why}" for address, why in outcome["refused"].items())
        if failure:
            failures.append(f"{letter['label']}: {failure}")
        elif outcome["tried"]:
            addresses = (*letter["to"], *letter["bcc"])
            got += [who(by_address[address]) for address in addresses if address not in refused]
    people = [person for person in refused.values() if person["email"] in by_address]
    if people and not got:
        failures.append(f"The server accepted none of the addresses: {people[0]['why']}")
    reached = {person["email"] for person in (*got, *people)}
    return {
        "mailed": got,
        "refused": list(refused.values()),
        "not_mailed": [who(person) for email, person in by_address.items() if email not in reached],
        "failures": list(dict.fromkeys(failures)),
    }


def who(person: Row) -> dict[str, Any]:
    return {"user": "", "name": "", **{key: person[key] for key in ("user", "name", "email") if key in person}}


def mail_failure(came: Row, server: str) -> str:
    """One message for everything that went wrong with the mails."""
    return (
        f"{len(came['mailed'])} people were mailed, {len(came['not_mailed'])} were not, by way of {server}."
        f" {'; '.join(came['failures'][:MOST_FAILURES])}"
    )


def lines(found: Row, came: Row, mails: int, host: str, team: bool) -> list[str]:
    """What the screen shows of the mails: who has no address, who would be mailed, who was refused."""
    shown: list[str] = []
    unreachable = [who["user"] for who in (*found["without_email"], *found["unusable"])]
    if unreachable:
        shown += [f"Without a usable address: {len(unreachable)}", *_some(unreachable)]
    if came["check_mode"]:
        to_team = ", one of them to the team" if team else ""
        people = [f"{person['name']} {person['email']}".strip() for person in came["would_be_mailed"]]
        shown += [f"Would be mailed: {len(people)}, by {mails} mails through {host}{to_team}", *_some(people)]
    if came["refused"]:
        refused = [f"{person['email']}: {person['why']}" for person in came["refused"]]
        shown += [f"Refused by {host}: {len(refused)}", *_some(refused)]
    return shown


def _some(entries: Sequence[str]) -> list[str]:
    return [*entries[:MOST_SHOWN], *(["and more"] if len(entries) > MOST_SHOWN else [])]


def sentence(failures: Sequence[Row]) -> str:
    """``Not everyone was notified. mail: ... teams: ...``."""
    said = ". ".join(f"{one['channel']}: {one['message'].rstrip('. ')}" for one in failures)
    return f"Not everyone was notified. {said}."
