# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control interface: plain HTTP and JSON on loopback, for tests and rehearsals; no real site has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from ..control.activity import ActivityControl
from ..control.banners import BannerControl
from ..control.json_answers import Route, as_json, read_body
from ..control.origin import own_origin_only
from ..control.people import PeopleControl
from ..model.clock import iso
from ..model.faults import LISTENERS
from ..model.site import LICENSES, User, split_user
from ..model.site_check import attribute, check_license
from ..process.running_site import RunningSite


class Control:
    """Answers of the control interface. Handlers return what becomes JSON; a ValueError becomes 400."""

    def __init__(self, site: RunningSite, site_info: Callable[[], dict[str, Any]]) -> None:
        self._site = site
        self._instruments = site.instruments
        self._site_info = site_info

    def application(self) -> web.Application:
        """The web application that serves it."""
        app = web.Application(middlewares=[own_origin_only])
        routes: list[Route] = [
            *PeopleControl(self._site).routes(),
            *BannerControl(self._site).routes(),
            *ActivityControl(self._site).routes(),
            ("GET", "/status", self.status),
            ("POST", "/reset", self.reset),
            ("GET", "/sessions", self.sessions),
            ("POST", "/sessions", self.log_in),
            ("DELETE", "/sessions", self.end_all),
            ("GET", "/journal", self.journal),
            ("DELETE", "/journal", self.clear_journal),
            ("GET", "/counters", self.counters),
            ("PUT", "/latency", self.latency),
            ("GET", "/faults", self.faults),
            ("POST", "/faults", self.add_fault),
            ("DELETE", "/faults", self.remove_faults),
            ("DELETE", "/faults/{id}", self.remove_faults),
            ("GET", "/clock", self.clock),
            ("POST", "/clock", self.advance_clock),
            ("POST", "/proxies/{node}", self.act_on_proxy),
            ("PUT", "/single_sign_on", self.single_sign_on),
            ("PUT", "/users", self.change_user),
            ("GET", "/switches", self.switches),
            ("PUT", "/switches", self.change_switches),
        ]
        for method, path, handler in routes:
            app.router.add_route(method, path, as_json(handler))
        return app

    async def status(self, _request: web.Request) -> object:
        """The site info, with the state of every proxy."""
        states = {name: proxy.state for name, proxy in self._site.proxies.items()}
        return {**self._site_info(), "proxies": states}

    async def reset(self, _request: web.Request) -> object:
        """The site as it was started."""
        await self._site.reset()
        return {}

    async def sessions(self, _request: web.Request) -> object:
        """Every live session, with the times that no real API shows."""
        return [
            {
                "user_directory": session.user_directory,
                "user_id": session.user_id,
                "node": name,
                "virtual_proxy": served.virtual_proxy.prefix,
                "session_id": session.session_id,
                "created": iso(session.created),
                "last_active": iso(session.activity[-1]),
            }
            for name, proxy in self._site.proxies.items()
            for served in proxy.served
            for session in served.store.all()
        ]

    async def log_in(self, request: web.Request) -> object:
        """Log a user in without the users' port."""
        body = await read_body(
            request,
            user=str,
            node=str,
            virtual_proxy=str,
            count=int,
            attributes=list,
            session_id=str,
            ignore_limit=bool,
        )
        if not {"user", "node", "virtual_proxy"} <= body.keys():
            raise ValueError("user, node and virtual_proxy are needed")
        count = body.get("count", 1)
        if count < 1 or (count > 1 and body.get("session_id")):
            raise ValueError("count is at least 1, and 1 where session_id is given")
        body["attributes"] = [attribute("attributes", each) for each in body.get("attributes", [])]
        return {"session_ids": self._site.logins.log_in(**body)}

    async def end_all(self, _request: web.Request) -> object:
        """End all sessions of the site; nobody comes back."""
        ended = 0
        for proxy in self._site.proxies.values():
            for served in proxy.served:
                ended += len(served.store.all())
                served.store.clear()
        return {"ended": ended}

    async def journal(self, request: web.Request) -> object:
        """The requests after number ``since``."""
        return {"entries": self._instruments.journal.since(int(request.query.get("since", "0")))}

    async def clear_journal(self, _request: web.Request) -> object:
        """Forget journal and counters."""
        self._instruments.journal.clear()
        self._instruments.counters.clear()
        return {}

    async def counters(self, _request: web.Request) -> object:
        """The counters."""
        return self._instruments.counters.as_dict()

    async def latency(self, request: web.Request) -> object:
        """Set how long a request waits before it is looked at."""
        body = await read_body(request, milliseconds=float, node=str, listener=str)
        milliseconds = body.get("milliseconds", -1)
        if not 0 <= milliseconds <= 600_000:
            raise ValueError("milliseconds is a number from 0 to 600000")
        if body.get("listener") not in (None, *LISTENERS):
            raise ValueError(f"listener is one of {', '.join(LISTENERS)}, not {body['listener']!r}")
        self._instruments.latency.set(milliseconds / 1000, body.get("listener"), self._node(body))
        return {"milliseconds": milliseconds}

    async def faults(self, _request: web.Request) -> object:
        """The faults that are left."""
        return self._instruments.faults.all()

    async def add_fault(self, request: web.Request) -> object:
        """Add a fault."""
        body = await read_body(request)
        if "node" in body:
            body["node"] = self._node(body)
        return {"id": self._instruments.faults.add(str(body.pop("kind", None)), **body).id}

    async def remove_faults(self, request: web.Request) -> object:
        """Take one fault away, or all."""
        wanted = request.match_info.get("id")
        return {"removed": self._instruments.faults.remove(int(wanted) if wanted else None)}

    async def clock(self, _request: web.Request) -> object:
        """The time of the site."""
        return {"time": iso(self._site.clock.now())}

    async def advance_clock(self, request: web.Request) -> object:
        """Move the clock on."""
        seconds = (await read_body(request, advance_seconds=float)).get("advance_seconds", -1)
        if not 0 <= seconds <= 10 * 365 * 86_400:
            raise ValueError("advance_seconds is a number from 0 up to ten years")
        return {"time": iso(self._site.clock.advance(seconds))}

    async def act_on_proxy(self, request: web.Request) -> object:
        """Stop, start, restart or kill a proxy."""
        body = await read_body(request, action=str, closed_seconds=float, starting_seconds=float)
        if body.get("action") not in ("stop", "start", "restart", "kill"):
            raise ValueError("action is one of stop, start, restart, kill")
        times = [body.get("closed_seconds", 1.0), body.get("starting_seconds", 1.0)]
        if any(not 0 <= seconds <= 3600 for seconds in times):
            raise ValueError("closed_seconds and starting_seconds are numbers from 0 to 3600")
        node = request.match_info["node"]
        return {"node": node, "state": await self._site.act_on_proxy(node, body["action"], *times)}

    async def single_sign_on(self, request: web.Request) -> object:
        """Name the users who log straight in again when an administrator ends their session."""
        users = (await read_body(request, users=list)).get("users", [])
        named = {split_user(str(user).lower()) for user in users}
        self._site.logins.single_sign_on = named
        return {"users": ["\\".join(user) for user in sorted(named)]}

    async def change_user(self, request: web.Request) -> object:
        """Change, or add, a user in the repository."""
        texts, marks = ("user", "name", "email", "license"), ("inactive", "blacklisted", "removed_externally")
        kinds = {**dict.fromkeys(texts, str), **dict.fromkeys(marks, bool), "attributes": list}
        body = await read_body(request, **kinds)
        if "attributes" in body:
            body["attributes"] = [attribute("attributes", each) for each in body["attributes"]]
        check_license("user", body.get("license", LICENSES[0]))
        directory, user_id = split_user(body.pop("user", ""))
        user = self._site.site.user(directory, user_id)
        if user is None:
            user = User(directory, user_id)
            self._site.site.add_user(user)
        for key, value in body.items():
            setattr(user, key, value)
        self._site.repository.changed()
        return {"user": f"{user.directory}\\{user.id}"}

    async def switches(self, _request: web.Request) -> object:
        """Every switch and its setting."""
        return self._site.switches.as_dict()

    async def change_switches(self, request: web.Request) -> object:
        """Change switches."""
        await self._site.change_switches(await read_body(request))
        return self._site.switches.as_dict()

    def _node(self, body: dict[str, Any]) -> str | None:
        return self._site.site.node(str(body["node"])).name if body.get("node") else None
