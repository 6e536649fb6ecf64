# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection qlikops.sense: it may change at any time.
# Do not import it from outside.

"""What people are told of a maintenance, who of them by mail, and what became of the mails. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.plugins.plugin_utils import _report_words as words
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import shown
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import printable

Row = Mapping[str, Any]
# What stands before the @ without quotes; anything else could be read as two addresses, or as a name with one.
LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
DOMAIN = re.compile(
    r"(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
# What community.general.mail says when a mail could not be handed over although the server took the connection, and how
# that goes on when it were the recipients that the server did not want.
NOT_HANDED_OVER = "Failed to send mail to '"
NOT_WANTED = re.compile(r"': (?=\{)")
# From ansible-core 2.19 on messages of modules may begin so.
BY_ANSIBLE = re.compile(r"^Task failed: (Module failed: )?")
EMPTY: Row = {"title": "", "observed_at": "", "complete": True, "proxies": [], "users": [], "virtual_proxies": []}


def notice(report: Row, asked: Mapping[str, str]) -> dict[str, Any]:
    """See the filter of this name. ``report`` may be empty; ``asked``: subject, message, when, reason, contact."""
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


def usable(email: str) -> str:
    """The address as SMTP takes it, or nothing if it is none.

    Names of domains may be in any script; what stands before the @ may not, because few servers take that.
    """
    local, at, domain = email.strip().rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    is_one = at and len(local) <= 64 and LOCAL_PART.fullmatch(local) and DOMAIN.fullmatch(domain)
    return f"{local}@{domain}" if is_one else ""


def letters(found: Row, mode: str, bunch: int, team: bool) -> list[dict[str, Any]]:
    """See the filter notice_letters."""
    people = found["recipients"]
    made = [_letter(people=[person], each=True) for person in people] if mode == "each" else []
    made = made or [_letter(people=part) for part in _bunches(people, bunch)]
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


def _bunches(people: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    for start in range(0, len(people), size):
        yield people[start : start + size]


def mailed(found: Row, results: Iterable[Row]) -> dict[str, Any]:
    """See the filter notice_mailed."""
    by_address = {person["email"]: person for person in found["recipients"]}
    got: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    failures: list[str] = []
    for letter, result in _tried(results):
        unwanted, failure = _what_came_of(result)
        if letter["team"]:
            failure = failure or "; ".join(f"{address}: {why}" for address, why in unwanted.items())
        if failure:
            failures.append(f"{letter['label']}: {failure}")
            continue
        for address in (*letter["to"], *letter["bcc"]):
            who = {key: by_address[address][key] for key in ("user", "name", "email")}
            if address in unwanted:
                refused.append({**who, "why": unwanted[address]})
            else:
                got.append(who)
    if refused and not got:
        failures.append(f"The server took none of the addresses: {refused[0]['why']}")
    told = {person["email"] for person in (*got, *refused)}
    rest = [{key: person[key] for key in ("user", "name", "email")} for person in found["recipients"]]
    return {
        "mailed": got,
        "refused": refused,
        "not_mailed": [person for person in rest if person["email"] not in told],
        "failures": list(dict.fromkeys(failures)),
    }


def _tried(results: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
    """Letters and results, without what was skipped after a failure, or in check mode."""
    for result in results:
        if not result.get("skipped"):
            yield result["__notify_users_letter"], result


def _what_came_of(result: Row) -> tuple[Mapping[str, str], str]:
    """Why which recipients were not wanted, and why nobody got the letter."""
    if "result" in result:
        return {address: one_line(" ".join(map(_said, why))) for address, why in result["result"].items()}, ""
    message = BY_ANSIBLE.sub("", str(result.get("msg", "")))
    unwanted = NOT_WANTED.split(message, 1)
    if message.startswith(NOT_HANDED_OVER) and len(unwanted) == 2:
        letter = result["__notify_users_letter"]
        addresses = ["the addresses"] if letter["team"] else [*letter["to"], *letter["bcc"]]
        return dict.fromkeys(addresses, one_line(unwanted[1])), ""
    # Before ansible-core 2.19 a module that breaks off says why at the end of its traceback only.
    last = str(result.get("module_stderr", "")).strip().rpartition("\n")[2]
    return {}, one_line(last if last and "MODULE FAILURE" in message else message) or "see its result"


def _said(word: Any) -> str:
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)


def one_line(text: str) -> str:
    """Without line breaks and whatever else could end a header, move a cursor or turn the direction of writing."""
    return printable(" ".join(text.split()))
