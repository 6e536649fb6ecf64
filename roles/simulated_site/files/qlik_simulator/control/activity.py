# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of the control interface about what people do, and about what runs on nodes."""

from __future__ import annotations

from aiohttp import web

from ..control.json_answers import Route, read_body
from ..model.site import split_user
from ..model.upkeep import TASK_KINDS, Task
from ..process.running_site import RunningSite

_LONGEST = 10 * 365 * 86_400


class ActivityControl:
    """Its handlers."""

    def __init__(self, site: RunningSite) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Method, path, handler."""
        return [
            ("PUT", "/activity", self.put),
            ("PUT", "/tasks", self.put_tasks),
            ("PUT", "/nodes/{node}", self.change_node),
        ]

    async def put(self, request: web.Request) -> object:
        """What usage rows tell of sessions: by their ids or their user, or of all. A list sets each by itself."""
        body = await read_body(request)
        entries = body.get("entries", [body])
        if not isinstance(entries, list):
            raise ValueError("entries is a list")
        return {"sessions": sum(self._put(entry) for entry in entries)}

    def _put(self, entry: dict[str, object]) -> int:
        known = ("session_ids", "user", "age_seconds", "idle_seconds")
        unknown = set(entry) - set(known)
        if unknown:
            raise ValueError(f"unknown key {min(unknown)!r}; there are {', '.join(known)}")
        seconds = [_seconds(key, entry.get(key)) for key in known[2:]]
        ids = entry.get("session_ids", [])
        if not isinstance(ids, list):
            raise ValueError("session_ids is a list")
        if "session_ids" not in entry:
            user = split_user(str(entry["user"])) if "user" in entry else None
            ids = [
                session.session_id
                for proxy in self._site.proxies.values()
                for served in proxy.served
                for session in served.store.all()
                if user is None or session.belongs_to(*user)
            ]
        return self._site.logins.set_activity({str(each) for each in ids}, seconds[0], seconds[1])

    async def put_tasks(self, request: web.Request) -> object:
        """These tasks run, and no others."""
        given = (await read_body(request, tasks=list)).get("tasks", [])
        tasks = [self._task(f"tasks[{number}]", each) for number, each in enumerate(given)]
        self._site.repository.upkeep.tasks = tasks
        return {"tasks": len(tasks)}

    def _task(self, place: str, given: object) -> Task:
        if not isinstance(given, dict) or not given.get("name") or not given.get("node"):
            raise ValueError(f"{place}: name and node are needed")
        kind = str(given.get("kind", "reload"))
        if kind not in TASK_KINDS:
            raise ValueError(f"{place}: kind is one of {', '.join(TASK_KINDS)}, not {kind!r}")
        return Task(
            str(given["name"]),
            self._site.site.node(str(given["node"])),
            kind,
            str(given.get("app", "")),
            str(given.get("user", "INTERNAL\\sa_scheduler")),
            self._site.clock.now() - (_seconds("started_seconds_ago", given.get("started_seconds_ago")) or 0),
        )

    async def change_node(self, request: web.Request) -> object:
        """Since when nothing is heard of a node."""
        body = await read_body(request, silent_seconds=float)
        node = self._site.site.node(request.match_info["node"])
        self._site.repository.upkeep.silence(node, _seconds("silent_seconds", body.get("silent_seconds")) or 0)
        return {"node": node.name}


def _seconds(key: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST:
        raise ValueError(f"{key} is a number of seconds up to ten years, not {value!r}")
    return float(value)
