# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules by age and idleness on simulated sites, with every switch in every position, against what really is.

The simulated site says what it knows of its sessions through its usage rows, as QRS would; a naive oracle looks at the
sessions themselves.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from email.utils import formatdate
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._api.usage import KINDS, UsageApi
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Response
from ansible_collections.qlikops.sense.plugins.module_utils._model.activity import Activities
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyLink
from ansible_collections.qlikops.sense.plugins.module_utils._model.usage import Usage
from ansible_collections.qlikops.sense.plugins.module_utils._rules.stale import rules_from_option, select_by_rules
from ansible_collections.qlikops.sense.tests.unit.plugins import builders
from ansible_collections.qlikops.sense.tests.unit.plugins.builders import NOW
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import FakeRest
from ansible_collections.qlikops.sense.tests.unit.plugins.running import QRS
from qlik_simulator.model.clock import Clock
from qlik_simulator.model.generator import generate
from qlik_simulator.model.history import History
from qlik_simulator.model.proxy import Proxy
from qlik_simulator.model.sessions import Session as RealSession
from qlik_simulator.model.site_file import site_from
from qlik_simulator.model.switches import Switches
from qlik_simulator.model.usage import KINDS as REAL_KINDS
from qlik_simulator.model.usage import UsageBook
from qlik_simulator.services.table import to_json
from qlik_simulator.users.logins import Logins

POSITIONS: dict[str, tuple[Any, ...]] = {
    "usage_session_ids": ("same", "upper", "hashed"),
    "usage_times": ("utc", "bare", "east", "west"),
    "usage_rows": ("each", "doubled", "50%", "0%"),
    "usage_modified_by": ("user", "repository"),
    "usage_lag_seconds": (0, 1800),
    "usage_outlives_seconds": (300, 0),
}
SWITCHES = [dict(zip(POSITIONS, each, strict=True)) for each in itertools.product(*POSITIONS.values())]
# None of the simulated sessions is exactly that old or idle: they are so many minutes.
LIMIT, IN_SECONDS = "5430s", 5430


class StillClock(Clock):
    """It goes on only when it is told to, so that whoever looks later sees the same."""

    def __init__(self) -> None:
        self._now = NOW.timestamp()

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> float:
        self._now += seconds
        return self._now


class World:
    """A simulated site without its network: its sessions, and what its QRS shows of them."""

    def __init__(self, sessions: int) -> None:
        self.clock = StillClock()
        self.site = site_from(generate(3, 4, sessions, max(1, sessions // 5), licensed=80))
        self.history = History(self.clock)
        self.proxies: dict[str, Proxy] = {}
        logins = Logins(self.site, self.proxies, self.clock)
        for node in self.site.nodes:
            linked = self.site.linked(node)
            self.proxies[node.name] = Proxy(node, linked, self.clock, logins.comes_back, self.history)
        self.switches = Switches()
        self.book = UsageBook(self.site, self.proxies, self.history, self.switches, self.clock)
        logins.first_sessions()
        self.end_some()
        self.clock.advance(40 * 60 - 1)  # sessions of before the last writing, and of after

    def end_some(self) -> None:
        """A few sessions end; whether their rows outlive them is a switch."""
        for served in self.proxies["Proxy02"].served:
            served.store.end(served.store.all()[::7])

    def real(self) -> list[RealSession]:
        stores = (served.store for proxy in self.proxies.values() for served in proxy.served)
        return [session for store in stores for session in store._sessions.values()]

    def seen(self) -> list[Session]:
        """The sessions as QPS lists them; which virtual proxy they are of makes no difference here."""
        link = ProxyLink(builders.CENTRAL, builders.DEFAULT)
        return [
            Session(
                link,
                each.user_directory,
                each.user_id,
                "",
                {},
                each.session_id,
            )
            for each in self.real()
        ]

    def usage(self) -> Usage:
        date = formatdate(self.clock.now(), usegmt=True)
        rows = {
            f"{QRS}/{REAL_KINDS[license_].path}/full": json.loads(to_json(self.book.rows(license_)))
            for license_ in REAL_KINDS
        }
        rest = FakeRest({path: Response(200, items, repeated=False, date=date) for path, items in rows.items()})
        api = UsageApi(rest, builders.connection(host="qlik1.example.com"))
        answers = [api.rows(license_) for license_ in KINDS]
        return Usage(tuple(row for found, _now in answers for row in found), answers[0][1])

    # What really is

    def license(self, session: RealSession) -> str:
        user = self.site.user(session.user_directory, session.user_id)
        return user.license if user else "none"

    def has_row(self, session: RealSession) -> bool:
        share = self.switches["usage_rows"]
        place = int(hashlib.sha256(session.session_id.encode()).hexdigest(), 16) % 100
        kept = not str(share).endswith("%") or place < int(str(share).rstrip("%"))
        return kept and self.license(session) != "none" and session.noted <= self.written()

    def written(self) -> float:
        lag = float(self.switches["usage_lag_seconds"])
        begin = NOW.timestamp()
        return begin + (self.clock.now() - begin) // lag * lag if lag else self.clock.now()

    def is_told(self, session: RealSession) -> bool:
        """Whether the times of the session can be learned for sure."""
        return self.has_row(session) and self.switches["usage_session_ids"] != "hashed"

    def since(self, session: RealSession) -> tuple[float, float]:
        """Seconds since the session began and since its user was active, by its row."""
        now = self.clock.now()
        return now - session.created, now - session.active_before(self.written())


@pytest.fixture(scope="module")
def small() -> World:
    return World(150)


@pytest.fixture(scope="module")
def large() -> World:
    return World(5000)


def selected(world: World, activities: Activities, sessions: list[Session], *rules: Mapping[str, Any]) -> set[str]:
    """The ids that the rules select, without any memory."""
    ages = Ages(NOW, {}, activities)
    made = rules_from_option(list(rules), skip_blank=False)
    why = select_by_rules(sessions, sessions, made or (), ages, {}, lambda session: False)
    return {session.session_id for session in sessions if session.ref in why}


def are_bare_times_believed(world: World) -> bool:
    """Whether one of them is from the last ten minutes; rows of sessions that have ended tell of time, too."""
    shown = [*world.real(), *(ended for _node, ended, _when in world.history.ended())]
    return any(world.has_row(each) and min(world.since(each)) <= 600 for each in shown)


def expected_surplus(world: World, sessions: Iterable[RealSession], keep: int, times: Mapping[str, float]) -> set[str]:
    """Of each user with too many the longest idle, one at a time."""
    of_user: dict[tuple[str, str], list[RealSession]] = defaultdict(list)
    for session in sessions:
        of_user[session.user_directory.lower(), session.user_id.lower()].append(session)
    taken = set()
    for theirs in of_user.values():
        left = list(theirs)
        while len(left) > keep:
            longest = max(left, key=lambda session: times.get(session.session_id, 0))
            taken.add(longest.session_id)
            left.remove(longest)
    return taken


def check(world: World, switches: Mapping[str, Any]) -> None:
    world.switches.update(switches)
    real, sessions = world.real(), world.seen()
    activities = Activities(world.usage(), sessions)
    idle_ids = selected(world, activities, sessions, {"min_idle": LIMIT})
    old_ids = selected(world, activities, sessions, {"min_age": LIMIT})
    told = [each for each in real if world.is_told(each)]
    truly_old = {each.session_id for each in told if world.since(each)[0] >= IN_SECONDS}
    truly_idle = {each.session_id for each in told if world.since(each)[1] >= IN_SECONDS}
    # Whatever the switches: nobody is ended whom it must not hit.
    assert idle_ids <= truly_idle
    assert old_ids <= truly_old
    zone = world.switches["usage_times"]
    if zone == "utc" or (zone == "bare" and are_bare_times_believed(world)):
        assert (idle_ids, old_ids) == (truly_idle, truly_old)
        times = {each.session_id: int(world.since(each)[1]) for each in told}
        surplus = selected(world, activities, sessions, {"keep_per_user": 2})
        assert len(surplus) == len(expected_surplus(world, real, 2, times))
        # Sessions of the same idle time are as good as each other.
        assert sorted(times.get(each, 0) for each in surplus) == sorted(
            times.get(each, 0) for each in expected_surplus(world, real, 2, times)
        )
        both = selected(world, activities, sessions, {"min_idle": LIMIT}, {"min_age": LIMIT})
        assert both == truly_idle | truly_old
    elif zone == "bare":
        assert (idle_ids, old_ids) == (set(), set())


@pytest.mark.parametrize("switches", SWITCHES[:: len(POSITIONS["usage_outlives_seconds"]) * 4], ids=str)
def test_rules_are_exact_on_a_small_site(small: World, switches: dict[str, Any]) -> None:
    for each in neighbours(switches):
        check(small, each)


def neighbours(switches: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The same with every position of the switches that the parameters leave at their first."""
    free = ("usage_modified_by", "usage_lag_seconds", "usage_outlives_seconds")
    for positions in itertools.product(*(POSITIONS[name] for name in free)):
        yield {**switches, **dict(zip(free, positions, strict=True))}


@pytest.mark.parametrize(
    "switch", [{name: position} for name, positions in POSITIONS.items() for position in positions], ids=str
)
def test_rules_are_exact_on_a_site_of_5000_sessions(large: World, switch: dict[str, Any]) -> None:
    check(large, {**{name: positions[0] for name, positions in POSITIONS.items()}, **switch})


def test_rows_without_a_session_are_those_of_sessions_that_ended(small: World) -> None:
    small.switches.update({name: positions[0] for name, positions in POSITIONS.items()})
    small.switches.update({"usage_outlives_seconds": 86_400})
    activities = Activities(small.usage(), small.seen())
    ended = [session for _node, session, _when in small.history.ended() if small.license(session) != "none"]
    counts = activities.rows_without_session(lambda user: True)
    assert counts is not None
    assert ended
    assert sum(counts.values()) == len(ended)
