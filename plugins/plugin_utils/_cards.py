# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages for the webhooks of Teams and Slack. Pure.

No message names a user: a channel has other readers than those who may see who is connected.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._notify.address import one_line
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted

Row = Mapping[str, Any]
# Teams refuses messages of more than 28 KB (D), Slack headers of more than 150 characters and sections of more than
# 3,000 (D).
MOST_BYTES = 25_000
LONGEST_HEADER = 150
LONGEST_SECTION = 3000
LONGEST_MESSAGE = 1000
LONGEST_VALUE = 150
LONGEST_NAME = 60
MOST_PROXIES = 20


def teams_card(notice: Row) -> dict[str, Any]:
    """An Adaptive Card in the message that workflows of Teams, and the connectors before them, take.

    Only texts of a ``TextRun`` are no Markdown (D), so there is nothing else in it.
    """
    cards = (_card(notice, most) for most in (MOST_PROXIES, 10, 5, 0))
    return next(card for card in cards if len(json.dumps(card)) < MOST_BYTES)


def _card(notice: Row, most: int) -> dict[str, Any]:
    body = [_runs(_run(_cut(notice["subject"], LONGEST_HEADER), size="large", weight="bolder"))]
    body += [_runs(_run(_cut(notice["message"], LONGEST_MESSAGE)))]
    body += [_runs(_run(f"{label}: ", weight="bolder"), _run(value)) for label, value in figures(notice)]
    lines = list(by_virtual_proxy(notice, most))
    body += [_runs(_run("By virtual proxy", weight="bolder"), separator=True)] if lines else []
    body += [_runs(_run(line), spacing="small") for line in lines]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _runs(*runs: Row, **looks: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(runs), **looks}


def _run(text: str, **looks: str) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **looks}


def slack_message(notice: Row) -> dict[str, Any]:
    """Blocks of plain text, and one text for where blocks are not shown, such as the notification on a phone."""
    subject = _cut(notice["subject"], LONGEST_HEADER)
    message = _cut(notice["message"], LONGEST_MESSAGE)
    told = [f"{label}: {value}" for label, value in figures(notice)]
    lines = list(by_virtual_proxy(notice, MOST_PROXIES))
    sections = [message, "\n".join(told), "\n".join(["By virtual proxy", *lines]) if lines else ""]
    return {
        "text": slack_text("\n".join([subject, message, notice["headline"]]).strip()),
        "mrkdwn": False,
        "blocks": [
            {"type": "header", "text": _plain_text(subject, LONGEST_HEADER)},
            *({"type": "section", "text": _plain_text(section, LONGEST_SECTION)} for section in sections if section),
        ],
    }


def _plain_text(text: str, longest: int) -> dict[str, Any]:
    escaped = slack_text(text)
    while len(escaped) > longest:
        # At least so much of it is too long, as one character becomes five at most.
        text = _cut(text, len(text) - max(1, (len(escaped) - longest) // 5))
        escaped = slack_text(text)
    return {"type": "plain_text", "text": escaped, "emoji": False}


def slack_text(text: str) -> str:
    """Text in which nothing calls everybody in the channel; these three characters are all it takes (D)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def figures(notice: Row) -> Iterator[tuple[str, str]]:
    """What a channel wants to know, with its label, as far as it is known."""
    elsewhere = f"{notice['elsewhere']} of them" if notice["nodes"] and notice["people"] else ""
    known = {
        "When": notice["when"],
        "Nodes": ", ".join(notice["nodes"]),
        "Connected": notice["headline"],
        "Also connected to another node": elsewhere,
        "Why": notice["reason"],
        "Contact": notice["contact"],
        "Not complete": "" if notice["complete"] else "a part of the site did not answer, so there are more",
    }
    for label, value in known.items():
        if value.strip():
            yield label, _cut(one_line(value), LONGEST_VALUE)


def by_virtual_proxy(notice: Row, most: int) -> Iterator[str]:
    """A line for each of those with the most sessions, and one for the rest."""
    proxies = notice["virtual_proxies"]
    for proxy in proxies[:most]:
        name = f"{proxy['name']} ({proxy['description']})" if proxy["description"] else proxy["name"]
        yield (
            f"{_cut(one_line(name), LONGEST_NAME)}:"
            f" {counted(proxy['sessions'], 'session')} of {counted(proxy['users'], 'user')}"
        )
    if len(proxies) > most:
        yield f"and {counted(len(proxies) - most, 'more virtual proxy')}"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
