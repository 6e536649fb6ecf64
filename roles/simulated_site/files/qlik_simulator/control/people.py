# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of the control interface about people, and about what became of proxies and sessions."""

from __future__ import annotations

from aiohttp import web

from ..control.json_answers import Route, read_body
from ..process.running_site import RunningSite
from ..users.people import Group
from ..users.person import Habits, Person, Span

_MOST_PEOPLE = 500


class PeopleControl:
    """Its handlers."""

    def __init__(self, site: RunningSite) -> None:
        self._site = site
        self._people = site.people

    def routes(self) -> list[Route]:
        """Method, path, handler."""
        return [
            ("GET", "/people", self.people),
            ("PUT", "/people", self.put),
            ("POST", "/people", self.add),
            ("DELETE", "/people", self.remove),
            ("POST", "/people/leave", self.leave),
            ("GET", "/life", self.life),
            ("GET", "/logins", self.logins),
        ]

    async def people(self, _request: web.Request) -> object:
        """Everybody."""
        return [person.as_dict() for person in self._people.all()]

    async def put(self, request: web.Request) -> object:
        """These people and no others."""
        group = await _read_group(request)
        self._people.check(group)
        await self._people.remove()
        return self._add(group)

    async def add(self, request: web.Request) -> object:
        """More people."""
        return self._add(await _read_group(request))

    def _add(self, group: Group) -> object:
        added = self._people.add(group)
        self._site.repository.changed()
        return _names(added)

    async def remove(self, _request: web.Request) -> object:
        """Nobody browses any more; their sessions stay."""
        return {"removed": await self._people.remove()}

    async def leave(self, request: web.Request) -> object:
        """Let some leave, or all."""
        body = await read_body(request, count=int, users=list, node=str)
        if len(body) > 1:
            raise ValueError("give one of count, users and node")
        if body.get("count", 1) < 1:
            raise ValueError("count is at least 1")
        users = [str(user) for user in body["users"]] if "users" in body else None
        node = self._site.site.node(body["node"]).name if "node" in body else None
        return _names(self._people.leave(body.get("count"), users, node))

    async def life(self, request: web.Request) -> object:
        """What became of proxies and servers after number ``since``."""
        return {"entries": self._site.history.life(int(request.query.get("since", "0")))}

    async def logins(self, request: web.Request) -> object:
        """The sessions made after number ``since``, those that ended included."""
        return {"entries": self._site.history.logins(int(request.query.get("since", "0")))}


async def _read_group(request: web.Request) -> Group:
    body = await read_body(
        request,
        count=int,
        users=list,
        virtual_proxies=list,
        pause_seconds=float,
        leave_after_seconds=object,
        come_back_after_seconds=object,
        log_out=bool,
        stubborn=bool,
    )
    users = [str(user) for user in body["users"]] if "users" in body else None
    count = body.get("count", len(users or []))
    if not 1 <= count <= _MOST_PEOPLE:
        raise ValueError(f"count is a number from 1 to {_MOST_PEOPLE}")
    pause = body.get("pause_seconds", Habits.pause)
    if not 0.05 <= pause <= 3600:
        raise ValueError("pause_seconds is a number from 0.05 to 3600")
    habits = Habits(
        pause,
        _span("leave_after_seconds", body.get("leave_after_seconds")),
        _span("come_back_after_seconds", body.get("come_back_after_seconds")),
        body.get("log_out", True),
        body.get("stubborn", False),
    )
    if habits.stubborn and habits.leave_after:
        raise ValueError("the stubborn never leave: leave_after_seconds does not go with stubborn")
    prefixes = [str(prefix) for prefix in body["virtual_proxies"]] if "virtual_proxies" in body else None
    return Group(count, prefixes, users, habits)


def _names(people: list[Person]) -> dict[str, list[str]]:
    return {"users": [person.user for person in people]}


def _span(key: str, value: object) -> Span | None:
    """Seconds: a number, or a list of the least and the most."""
    if value is None:
        return None
    given = value if isinstance(value, list) else [value, value]
    numbers = [float(each) for each in given if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(given) != 2 or len(numbers) != 2 or not 0 <= numbers[0] <= numbers[1] <= 86_400:
        raise ValueError(f"{key} is null, a number of seconds, or a list of the least and the most")
    return numbers[0], numbers[1]
