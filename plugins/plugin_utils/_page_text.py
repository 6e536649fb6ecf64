# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words of others, times and numbers as a page shows them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timezone
from functools import lru_cache
from urllib.parse import quote

from markupsafe import Markup, escape

# What HTML cannot hold: controls that are no white space, halves of surrogate pairs, and what is no character.
NOT_IN_HTML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
REPLACEMENT = "\ufffd"
# An address that is safe to hand to a mail program: no quotes, no header fields, no comments.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def cleaned(page: str) -> str:
    """The page, whole, as HTML can hold it."""
    return NOT_IN_HTML.sub(REPLACEMENT, page)


@lru_cache(maxsize=8192)
def isolated(text: str) -> Markup:
    """Escaped, and so that its direction of writing ends where it does. Plain ASCII has none but that of the page."""
    return escape(text) if text.isascii() else Markup(f"<bdi>{escape(text)}</bdi>")


def comma_separated(parts: Iterable[Markup]) -> Markup:
    return Markup(", ").join(parts)


def mail_link(address: str) -> Markup:
    """A link for a plain address, a text for anything else."""
    if not ADDRESS.fullmatch(address) or len(address) > 254:
        return isolated(address)
    return Markup(f'<a href="mailto:{quote(address, safe="@")}">{escape(address)}</a>')


def parsed(time: str) -> datetime | None:
    """A time in UTC out of ISO 8601; None where it is none."""
    try:
        found = datetime.fromisoformat(time.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)


def moment(time: str) -> str:
    """``25 November 2026, 02:52:07 UTC``; the text itself where it is no time."""
    found = parsed(time)
    return f"{found.day} {MONTHS[found.month - 1]} {found.year}, {found:%H:%M:%S} UTC" if found else time


def short_moment(time: str | None) -> str:
    """``2026-11-25 02:52:07``, for a column that says it is UTC."""
    found = parsed(time or "")
    return f"{found:%Y-%m-%d %H:%M:%S}" if found else time or ""


def number(value: int) -> str:
    """``10,000``."""
    return f"{value:,}"


def inline(text: str, closing: str) -> Markup:
    """A style sheet or a script as it stands, which must not end the element it stands in."""
    if closing in text.lower() or "<!--" in text:
        raise ValueError(f"it holds {closing} or <!--, which would end it early in a page")
    return Markup(text)
