# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated person: comes, logs in, looks at pages, is thrown out and logs in again, leaves, may come back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp

from ..model.clock import Clock, iso
from ..users.browser import Browser, Entrance, Page

Span = tuple[float, float]
COMING, BROWSING, AWAY, GONE = "coming", "browsing", "away", "gone"


class _TroubleError(Exception):
    """The page is not what a person came for."""


@dataclass(frozen=True)
class Habits:
    """How people behave. Seconds; a span is drawn from anew each time. ``None``: never."""

    pause: float = 2.0
    leave_after: Span | None = None
    come_back_after: Span | None = None
    logs_out: bool = True
    stubborn: bool = False


@dataclass
class Person:
    """One person and what they have been through. ``nodes``: (since when, node), one for each time it changed."""

    user: str
    prefix: str
    habits: Habits
    clock: Clock
    browser: Browser
    find_entrances: Callable[[], list[Entrance]]
    state: str = COMING
    visits: int = 0
    logins: int = 0
    thrown_out: int = 0
    errors: int = 0
    last_error: str | None = None
    nodes: list[tuple[float, str]] = field(default_factory=list)
    _leaving: asyncio.Event = field(default_factory=asyncio.Event)
    _known: bool = False

    @property
    def node(self) -> str | None:
        """The proxy that served them last."""
        return self.nodes[-1][1] if self.nodes else None

    def leave(self) -> None:
        """Let them leave before their next page."""
        self._leaving.set()

    def as_dict(self) -> dict[str, object]:
        """The control interface's answer."""
        return {
            "user": self.user,
            "virtual_proxy": self.prefix,
            "state": self.state,
            "node_last_served": self.node,
            "nodes": [{"since": iso(since), "node": node} for since, node in self.nodes],
            "visits": self.visits,
            "requests": self.browser.requests,
            "logins": self.logins,
            "thrown_out": self.thrown_out,
            "errors": self.errors,
            "last_error": self.last_error,
            "stubborn": self.habits.stubborn,
        }

    async def live(self) -> None:
        """Visits, one after the other, until there is no more coming back."""
        await asyncio.sleep(random.uniform(0, min(self.habits.pause, 1.0)))  # not all in the same instant
        while True:
            await self._visit()
            if self.habits.come_back_after is None:
                self.state = GONE
                return
            self.state = AWAY
            await asyncio.sleep(random.uniform(*self.habits.come_back_after))

    async def _visit(self) -> None:
        self.browser.close_and_open(self.find_entrances())
        self._leaving.clear()
        self._known = False
        self.visits += 1
        loop = asyncio.get_running_loop()
        span = self.habits.leave_after
        until = loop.time() + random.uniform(*span) if span else float("inf")
        while not self._leaving.is_set() and loop.time() < until:
            await self._try(self._look)
            self.state = BROWSING
            await self._pause(min(self.habits.pause * random.uniform(0.5, 1.5), until - loop.time()))
        if self.habits.logs_out:
            await self._try(self._log_out)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._leaving.wait(), max(seconds, 0))
        except asyncio.TimeoutError:
            return

    async def _try(self, act: Callable[[], Awaitable[None]]) -> None:
        try:
            await act()
        except (aiohttp.ClientError, asyncio.TimeoutError, _TroubleError) as error:
            self.errors += 1
            self.last_error = f"{type(error).__name__.strip('_')}: {error}"

    async def _look(self) -> None:
        path = f"/{self.prefix}/hub" if self.prefix else "/hub"
        page = await self.browser.ask("GET", path)
        if _is_redirect(page):
            self.thrown_out += self._known
            self._known = False
            answer = await self.browser.ask("POST", page.location, {"user": self.user})
            if not _is_redirect(answer):
                raise _TroubleError(f"log in answered with HTTP {answer.status}")
            self.logins += 1
            page = await self.browser.ask("GET", answer.location)
        if page.status != 200:
            raise _TroubleError(f"{path} answered with HTTP {page.status}")
        self._known = True
        if page.node is not None and page.node != self.node:
            self.nodes.append((self.clock.now(), page.node))

    async def _log_out(self) -> None:
        await self.browser.ask("DELETE", f"/{self.prefix}/qps/user" if self.prefix else "/qps/user")


def _is_redirect(page: Page) -> bool:
    return page.status in (302, 303)
