# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated site with many people, and what really is there, by its control interface alone.

Nobody is near the limits: who is idle is so for much more or much less than IDLE_LIMIT, however long a test takes.
"""

from __future__ import annotations

import pathlib
import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.qlikops.sense.tests.integration import simulated

LICENSES = ("professional", "analyzer", "user", "login", "analyzer_capacity", "none")
IDLE_LIMIT, AGE_LIMIT = 100 * 60, 400 * 60  # seconds
IDLE = (*range(120, 300, 7),)  # minutes
FRESH, CALM = (0, 1, 2, *range(15, 40, 3)), (*range(15, 40, 3),)
YOUNG, OLD = 350, range(450, 900, 11)
PERIOD = 1800  # seconds between the writings of rows, where they lag
VIRTUAL_PROXIES = ("", "sales", "hr")
NODES = ("Central", "Rim", "Third")


@dataclass(frozen=True)
class Real:
    """A session as it is. Times in seconds since the epoch."""

    user: str
    license: str
    node: str
    virtual_proxy: str
    created: float
    last_active: float


@dataclass(frozen=True)
class Truth:
    """``written`` is what was there when rows were last written, ``now`` what is there, ``gone`` what ended between."""

    written: dict[str, Real]
    now: dict[str, Real]

    @property
    def gone(self) -> dict[str, Real]:
        return {session_id: real for session_id, real in self.written.items() if session_id not in self.now}


class Town:
    """``is_calm``: nobody has been active in the last minutes, so that times without a zone prove nothing."""

    def __init__(self, directory: pathlib.Path, sessions: int, is_calm: bool = False) -> None:
        self._luck = random.Random(sessions)
        self._is_calm = is_calm
        self._used: set[tuple[str, str, int]] = set()
        users = range(sessions // 5)
        self._license = {f"LAB\\u{number}": LICENSES[number % len(LICENSES)] for number in users}
        description = {
            "virtual_proxies": [{"prefix": each, "session_inactivity_timeout": 14400} for each in VIRTUAL_PROXIES],
            "nodes": [
                {"name": name, "host_name": f"qlik{number}.example.com", "virtual_proxies": list(VIRTUAL_PROXIES)}
                for number, name in enumerate(NODES, 1)
            ],
            "users": [
                {"directory": "LAB", "id": user.partition("\\")[2], "license": license_}
                for user, license_ in self._license.items()
            ],
            "sessions": [self._session() for _number in range(sessions)],
        }
        self._state_dir = directory / "site"
        self.site_info = simulated.start(self._state_dir, description)
        self.control = simulated.Control(self.site_info)
        self._first_writing = self.clock()  # give or take the seconds it took to start

    def __enter__(self) -> Town:
        return self

    def __exit__(self, *_why: object) -> None:
        simulated.stop(self._state_dir)

    def clock(self) -> float:
        """The time of the site."""
        return _seconds(self.control.call("GET", "/clock")["time"])

    def arrange(self, ends: bool = True) -> Truth:
        """Everybody as described, then a writing of rows, then a few who come back to work, log in and leave.

        ``ends``: whether some leave, which needs the fixture ``names``.
        """
        self._wait_for(self._next_writing() - 120)
        self.control.reset()
        next_writing, before = self._next_writing(), self._sessions()
        assert self.clock() < next_writing - 30, "the machine is too slow for this test"
        self._wait_for(next_writing + 30)
        ids = sorted(before)
        self._luck.shuffle(ids)
        some = len(ids) // 15
        if not self._is_calm:
            back, new = ids[:some], sorted(self._license)[: some // 5]
            self.control.call("PUT", "/activity", {"session_ids": back, "idle_seconds": 0})
            for user in new:
                self.control.login(user, "Third", "hr", ignore_limit=True)
        client = simulated.Client(self.site_info)
        for session_id in ids[some : some * 2] if ends else ():
            where = before[session_id]
            path = f"/qps/{where.virtual_proxy}/session" if where.virtual_proxy else "/qps/session"
            assert client.qps(f"{path}/{session_id}", where.node, "DELETE").status_code == 200
        self.control.advance(20)
        return Truth(before, self._sessions())

    def now(self) -> dict[str, Real]:
        return self._sessions()

    def _session(self) -> dict[str, Any]:
        """No two sessions of a user are equally idle or old, so that it is plain which of them goes first."""
        luck = self._luck
        user, node, prefix = luck.choice(list(self._license)), luck.choice(NODES), luck.choice(VIRTUAL_PROXIES)
        idle = age = 0
        while not age or {("idle", user, idle), ("age", user, age)} & self._used:
            idle = luck.choice(IDLE) if luck.random() < 0.4 else luck.choice(CALM if self._is_calm else FRESH)
            age = luck.choice(OLD) if luck.random() < 0.5 else luck.randint(max(1, idle), YOUNG)
        self._used |= {("idle", user, idle), ("age", user, age)}
        return {"user": user, "node": node, "virtual_proxy": prefix, "age": age, "idle": idle}

    def _sessions(self) -> dict[str, Real]:
        return {each["session_id"]: self._real(each) for each in self.control.sessions()}

    def _real(self, session: dict[str, Any]) -> Real:
        user = f"{session['user_directory']}\\{session['user_id']}"
        return Real(
            user,
            self._license[user],
            session["node"],
            session["virtual_proxy"],
            _seconds(session["created"]),
            _seconds(session["last_active"]),
        )

    def _next_writing(self) -> float:
        return self._first_writing + ((self.clock() - self._first_writing) // PERIOD + 1) * PERIOD

    def _wait_for(self, when: float) -> None:
        self.control.advance(max(0.0, when - self.clock()))


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
