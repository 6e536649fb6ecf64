# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A row of the fault table: what is odd about the site, what a module is asked, and what must come of it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.qlikops.sense.tests.integration.faults import answers
from ansible_collections.qlikops.sense.tests.integration.faults.answers import Answer
from ansible_collections.qlikops.sense.tests.integration.faults.site import (
    DEFAULT,
    Live,
    Request,
    Rule,
    Saying,
    Site,
    live,
)
from ansible_collections.qlikops.sense.tests.integration.modules.servers import closed_port

Step = Callable[[Site], None]
REQUEST = r"(GET|DELETE) https://[\w.-]+:\d+/"


@dataclass(frozen=True)
class FileOf:
    """In options: the path that the site info has for a certificate or a key."""

    name: str


@dataclass(frozen=True)
class Row:
    """Sessions are given by their labels, with spaces between them.

    ``kind`` is that of the failure, "" where the module must not fail. ``says``, ``where`` and ``hint`` are expressions
    that the reason, the reason and the hint must match; ``warns`` one for the warnings, which are none without it.
    ``gone`` are those ended or already gone.
    """

    name: str
    options: Mapping[str, Any]
    given: tuple[Step, ...] = ()
    kind: str = ""
    says: str = ""
    where: str = REQUEST
    hint: str = r"\w"
    warns: str = ""
    ended: str = ""
    already_gone: str = ""
    failed: str = ""
    would_end: str = ""
    kept: str = ""
    gone: str = ""
    not_found: tuple[str, ...] = ()
    most_deletes: int | None = None
    strays: bool = False
    seconds: float = 20.0


def when(line: str, saying: Saying, times: int | None = None, skip: int = 0, obeyed: bool = False) -> Step:
    """A rule of the site (see ``Rule``)."""

    def arrange(site: Site) -> None:
        site.rules.append(Rule(line, saying, times, skip, obeyed))

    return arrange


def spoilt(line: str, spoil: Callable[[Any], Any], **limits: Any) -> Step:
    """The usual answer, but with its data changed: by ``spoil``, or into what that returns."""

    def saying(site: Site, request: Request) -> Answer:
        data = copy.deepcopy(site.usual(request))
        spoilt_data = spoil(data)
        return answers.as_json(data if spoilt_data is None else spoilt_data)

    return when(line, saying, **limits)


def field_of(line: str, place: int, path: str, value: Any) -> Step:
    """The usual answer, but with one field of its ``place``-th object set to ``value``, or taken away by ``...``."""

    def spoil(data: Any) -> None:
        item = data[place]
        *way, name = path.split(".")
        for step in way:
            item = item.setdefault(step, {})
        if value is ...:
            item.pop(name, None)
        else:
            item[name] = value

    return spoilt(line, spoil)


def logged_in(label: str, user: str, node: str, prefix: str = DEFAULT, session_id: str = "", **attributes: Any) -> Step:
    """One more session."""

    def arrange(site: Site) -> None:
        usual = live(label, user, node, prefix, *({name: value} for name, value in attributes.items()))
        site.sessions.append(replace(usual, id=session_id) if session_id else usual)

    return arrange


def only(*sessions: Live) -> Step:
    """These sessions and no others."""

    def arrange(site: Site) -> None:
        site.sessions = list(sessions)

    return arrange


def shows_users(*users: str, **fields: Any) -> Step:
    """QRS shows these users, with these fields, and no others."""

    def arrange(site: Site) -> None:
        site.known_users = {user: dict(fields) for user in users}

    return arrange


def hides_users(number: int) -> Step:
    """QRS shows so many users less to api_user than to the site's own account."""

    def arrange(site: Site) -> None:
        site.hidden_users = number

    return arrange


def marked(user: str, **fields: Any) -> Step:
    """A user that QRS shows, with these fields."""

    def arrange(site: Site) -> None:
        site.known_users[user] = fields

    return arrange


def tls(listener: str, flaw: str) -> Step:
    """A listener shows a certificate that is expired, wrong_name, rogue or weak; or it is plain, mute or slams."""

    def arrange(site: Site) -> None:
        site.flaws[listener] = flaw

    return arrange


def dead(node: str) -> Step:
    """Nothing listens where QRS says that the proxy service of the node does."""

    def arrange(site: Site) -> None:
        site.ports[node] = closed_port()

    return arrange


def prefix_is(identity: str, prefix: str) -> Step:
    """A virtual proxy has this prefix; its sessions are there as ever, under the old one."""

    def arrange(site: Site) -> None:
        old = site.prefixes[identity]
        site.prefixes[identity] = prefix
        for prefixes in site.linked.values():
            if old in prefixes:
                prefixes[prefixes.index(old)] = prefix

    return arrange


def moved(identity: str, prefix: str) -> Step:
    """A virtual proxy and its sessions have this prefix."""

    def arrange(site: Site) -> None:
        old = site.prefixes[identity]
        prefix_is(identity, prefix)(site)
        site.sessions = [
            replace(session, prefix=prefix) if session.prefix == old else session for session in site.sessions
        ]

    return arrange
