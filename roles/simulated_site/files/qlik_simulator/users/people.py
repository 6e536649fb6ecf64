# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated people of a site: who they are, where they come in, what they are told."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from ..model.clock import Clock
from ..model.site import Site, SiteError, User, names, split_user
from ..users.browser import Browser, Entrance, make_http
from ..users.person import BROWSING, COMING, Habits, Person

_NAMES = (
    *("Ada", "Bela", "Chiara", "Daan", "Edda", "Filip", "Gita", "Henrik", "Ilse", "João", "Karim", "Lotte"),
    *("Mio", "Nadia", "Otis", "Petra", "Quentin", "Ruth", "Sanne", "Tomás"),
)
_DIRECTORY = "VISITORS"


@dataclass(frozen=True)
class Group:
    """People of the same habits, with names if without ``users``; ``prefixes`` defaults to what every proxy serves."""

    count: int
    prefixes: list[str] | None
    users: list[str] | None
    habits: Habits


class People:
    """Everybody who browses through the site on their own."""

    def __init__(self, site: Site, clock: Clock, root: Callable[[], str], entrances: Callable[[], list[Entrance]]):
        self._site = site
        self._clock = clock
        self._root = root
        self._entrances = entrances
        self._turn = itertools.count()
        self._http: aiohttp.ClientSession | None = None
        self._people: list[Person] = []
        self._tasks: list[asyncio.Task[None]] = []

    def all(self) -> list[Person]:
        """Everybody, those who are gone included."""
        return list(self._people)

    def check(self, group: Group) -> list[str]:
        """The prefixes a group would use in turn; SiteError for what cannot be."""
        if group.users is not None and len(group.users) != group.count:
            raise SiteError(f"{len(group.users)} users for {group.count} people")
        for user in group.users or []:
            split_user(user)
        if group.prefixes is None:
            prefixes = self._served_everywhere()
            if not prefixes:
                raise SiteError("no virtual proxy is served by every proxy: name some in virtual_proxies")
            return prefixes
        known = [each.prefix for each in self._site.virtual_proxies]
        unknown = [prefix for prefix in group.prefixes if prefix not in known]
        if unknown or not group.prefixes:
            raise SiteError(f"no virtual proxy has the prefix {names(unknown)}; there are {names(known)}")
        return group.prefixes

    def add(self, group: Group) -> list[Person]:
        """More people. SiteError for what cannot be."""
        prefixes = self.check(group)
        self._http = self._http or make_http(self._root())
        added = [
            Person(user, prefix, group.habits, self._clock, Browser(self._http, []), self._next_entrances)
            for user, prefix in zip(
                group.users or self._new_users(group.count), itertools.cycle(prefixes), strict=False
            )
        ]
        self._people += added
        self._tasks += [asyncio.create_task(person.live()) for person in added]
        return added

    def leave(self, count: int | None, users: list[str] | None, node: str | None) -> list[Person]:
        """Let some leave: so many, these users, those whom this node served last, or all. The stubborn stay."""
        wanted = {user.lower() for user in users} if users is not None else None
        leaving = [
            person
            for person in self._people
            if person.state in (COMING, BROWSING)
            and not person.habits.stubborn
            and (wanted is None or person.user.lower() in wanted)
            and (node is None or person.node == node)
        ][:count]
        for person in leaving:
            person.leave()
        return leaving

    async def remove(self) -> int:
        """Nobody browses any more; nobody logs out. Returns how many there were."""
        people, tasks, self._people, self._tasks = self._people, self._tasks, [], []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        http, self._http = self._http, None
        if http is not None:
            await http.close()
        return len(people)

    def _next_entrances(self) -> list[Entrance]:
        entrances = self._entrances()
        first = next(self._turn) % len(entrances)
        return [*entrances[first:], *entrances[:first]]

    def _served_everywhere(self) -> list[str]:
        served = [{each.prefix for each in self._site.linked(node)} for node in self._site.nodes if node.proxy]
        everywhere = set.intersection(*served) if served else set()
        return [each.prefix for each in self._site.virtual_proxies if each.prefix in everywhere]

    def _new_users(self, count: int) -> list[str]:
        taken = {person.user for person in self._people}
        users: list[str] = []
        for number in itertools.count():
            if len(users) == count:
                return users
            turn, place = divmod(number, len(_NAMES))
            name = _NAMES[place] + (f" {turn + 1}" if turn else "")
            user_id = name.lower().replace(" ", "")
            if f"{_DIRECTORY}\\{user_id}" not in taken:
                users.append(f"{_DIRECTORY}\\{user_id}")
                if self._site.user(_DIRECTORY, user_id) is None:
                    self._site.add_user(User(_DIRECTORY, user_id, name))
        raise AssertionError("numbers do not end")
