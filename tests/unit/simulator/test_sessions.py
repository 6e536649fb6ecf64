# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions in the memory of a proxy process."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from qlik_simulator.model.clock import Clock, iso
from qlik_simulator.model.history import History
from qlik_simulator.model.proxy import RUNNING, STARTING, STOPPED, Proxy
from qlik_simulator.model.sessions import Session, SessionStore
from qlik_simulator.model.site import SiteError
from qlik_simulator.model.site_file import site_from
from qlik_simulator.users.logins import TOO_MANY, Logins, TooManySessionsError

START = datetime(2026, 1, 15, 8, 0, 0, tzinfo=timezone.utc)


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


def session(clock: Clock, user_id: str = "anna", session_id: str = "") -> Session:
    return Session("LAB", user_id, clock.now(), [{"group": "HR"}, {"group": "IT"}], session_id)


def test_clock(clock: Clock) -> None:
    assert iso(clock.now()).startswith("2026-01-15T08:00:0")
    assert iso(clock.advance(3600)).startswith("2026-01-15T09:00:0")
    assert iso(datetime(2024, 1, 28, 17, 46, 14, 123999, tzinfo=timezone.utc)) == "2024-01-28T17:46:14.123Z"


def test_struct(clock: Clock) -> None:
    assert session(clock, session_id="x/1").struct() == {
        "UserDirectory": "LAB",
        "UserId": "anna",
        "Attributes": [{"group": "HR"}, {"group": "IT"}],
        "SessionId": "x/1",
    }
    assert session(clock).struct(with_user_name=True)["UserName"] is None


def test_idle_sessions_are_gone_after_the_time_out_and_used_ones_are_not(clock: Clock) -> None:
    store = SessionStore(clock, timeout_minutes=30)
    idle, used = session(clock), session(clock, "bjorn")
    store.add(idle)
    store.add(used)
    clock.advance(29 * 60)
    assert store.all() == [idle, used]
    store.touch(used)
    clock.advance(2 * 60)
    assert store.all() == [used]
    assert store.get(idle.session_id) is None
    assert [each["UserId"] for each in json.loads(store.as_json(False))] == ["bjorn"]
    clock.advance(29 * 60)
    assert json.loads(store.as_json(False)) == []


def test_rendered_list_follows_every_change(clock: Clock) -> None:
    store = SessionStore(clock, timeout_minutes=30)
    assert store.as_json(False) == b"[]"
    one = session(clock)
    store.add(one)
    assert json.loads(store.as_json(False)) == [one.struct()]
    assert json.loads(store.as_json(True)) == [one.struct(with_user_name=True)]
    store.end([one])
    assert store.as_json(True) == b"[]"


def test_users_compare_without_regard_to_case(clock: Clock) -> None:
    store = SessionStore(clock, timeout_minutes=30)
    store.add(session(clock, "Anna"))
    assert len(store.of_user("lab", "ANNA")) == 1
    assert store.of_user("lab", "ann") == []


def make_logins(clock: Clock) -> tuple[Logins, dict[str, Proxy]]:
    site = site_from(
        {
            "virtual_proxies": [{"prefix": ""}, {"prefix": "sales"}, {"prefix": "old"}],
            "nodes": [
                {"name": "A", "host_name": "a.example.com", "virtual_proxies": ["", "sales"]},
                {"name": "B", "host_name": "b.example.com", "virtual_proxies": [""]},
                {"name": "C", "host_name": "c.example.com", "proxy": False},
            ],
        }
    )
    proxies: dict[str, Proxy] = {}
    logins = Logins(site, proxies, clock)
    for node in site.nodes[:2]:
        proxies[node.name] = Proxy(node, site.linked(node), clock, logins.comes_back, History(clock))
    return logins, proxies


def test_the_sixth_session_over_the_whole_site_is_refused(clock: Clock) -> None:
    logins, proxies = make_logins(clock)
    logins.log_in("lab\\anna", "A", "", count=2)
    logins.log_in("LAB\\ANNA", "B", "", count=2)
    with pytest.raises(TooManySessionsError, match="too many sessions active in parallel") as refusal:
        logins.log_in("LAB\\anna", "A", "sales", count=2)
    assert str(refusal.value) == TOO_MANY
    logins.log_in("LAB\\anna", "A", "sales")
    store = proxies["B"].store("")
    assert store is not None
    with pytest.raises(TooManySessionsError):
        logins.at_user_port(store, "LAB", "anna")
    assert len(logins.log_in("LAB\\anna", "A", "sales", count=9, ignore_limit=True)) == 9
    proxies["A"].become(STOPPED)
    assert logins.at_user_port(store, "lab", "anna").user_directory == "LAB"


def test_log_in_only_where_it_is_served(clock: Clock) -> None:
    logins, proxies = make_logins(clock)
    for node, prefix in (("A", "old"), ("B", "sales"), ("C", ""), ("D", "")):
        with pytest.raises(SiteError):
            logins.log_in("LAB\\anna", node, prefix)
    proxies["A"].become(STOPPED)
    with pytest.raises(SiteError, match="stopped"):
        logins.log_in("LAB\\anna", "A", "")


def test_single_sign_on_brings_the_user_back_under_a_new_id(clock: Clock) -> None:
    logins, proxies = make_logins(clock)
    logins.single_sign_on = {("lab", "anna")}
    (old,) = logins.log_in("LAB\\anna", "A", "sales", attributes=[{"group": "HR"}])
    logins.log_in("LAB\\bjorn", "A", "sales")
    store = proxies["A"].store("sales")
    assert store is not None
    proxies["A"].end(store, store.all())
    (back,) = store.all()
    assert (back.user_id, back.attributes) == ("anna", [{"group": "HR"}])
    assert back.session_id != old


def test_sessions_die_with_the_process_and_states_are_remembered(clock: Clock) -> None:
    logins, proxies = make_logins(clock)
    logins.log_in("LAB\\anna", "A", "")
    before = clock.now()
    clock.advance(10)
    proxies["A"].become(STOPPED)
    clock.advance(10)
    proxies["A"].become(STARTING)
    assert proxies["A"].sessions_of("LAB", "anna") == []
    assert [proxies["A"].state_at(before + seconds) for seconds in (0, 15, 25)] == [RUNNING, STOPPED, STARTING]
    assert not proxies["A"].alive
