# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proofs that a proxy service is back."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._proof import Look, wait_until_back, what_is_lacking
from ansible_collections.qlikops.sense.plugins.modules import qlik_proxy_wait
from ansible_collections.qlikops.sense.tests.unit.plugins.running import CENTRAL, CONNECTION, install, run, site_answers

WELL = {"alive": True, "reason": "", "service_state": "running", "virtual_proxies": ["", "sales"]}
MOMENT = datetime(2026, 1, 15, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("fields", "lacks"),
    [
        ({}, ()),
        ({"alive": False, "reason": "Nothing listens."}, ("its proxy service is not alive: Nothing listens",)),
        ({"service_state": "stopped"}, ("QRS says stopped",)),
        ({"virtual_proxies": []}, ("it does not serve /, /sales",)),
    ],
)
def test_each_proof_by_itself(fields: dict[str, Any], lacks: tuple[str, ...]) -> None:
    assert what_is_lacking({**WELL, **fields}, ["", "sales"], asks_qrs=True) == lacks


class Clock:
    def __init__(self, cost: float) -> None:
        self.now, self.cost, self.ends = 0.0, cost, list[float]()

    def look(self, ends_at: float) -> Look:
        self.ends.append(ends_at)
        self.now += self.cost
        return Look(MOMENT, None, ("it",))

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.mark.parametrize("cost", [0.1, 3, 100])
def test_the_time_is_seconds_and_not_tries(cost: float) -> None:
    clock = Clock(cost)
    last, elapsed = wait_until_back(clock.look, 30, 5, lambda: clock.now, clock.sleep)
    assert last.lacks
    assert set(clock.ends) == {30}
    assert 30 <= elapsed <= 30 + cost


def test_without_any_time_one_look_is_made() -> None:
    clock = Clock(0)
    wait_until_back(clock.look, 0, 5, lambda: clock.now, clock.sleep)
    assert clock.ends == [5]


def test_what_is_lacking_is_told_after_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, {**site_answers(), f"GET {CENTRAL}/qps/alive": {"value": False}})
    options = {**CONNECTION, "proxy": "central", "users_port": False, "wait_timeout": 0}
    result = run(monkeypatch, qlik_proxy_wait.main, **options, virtual_proxies=["", "hr"])
    assert result["failure"]["kind"] == "timed_out"
    assert result["msg"] == "Central is not well: its proxy service is not alive; it does not serve /hr."
    dry = run(monkeypatch, qlik_proxy_wait.main, **options, _ansible_check_mode=True)
    assert (dry["lacks"], dry.get("failed")) == (["its proxy service is not alive"], None)


def test_a_proxy_service_that_there_is_not_is_an_error_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, site_answers())
    result = run(monkeypatch, qlik_proxy_wait.main, **CONNECTION, proxy="Node7")
    assert result["failure"]["kind"] == "bad_option"


def test_qrs_is_not_asked_about_one_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, site_answers())
    known = run(monkeypatch, qlik_proxy_wait.main, **CONNECTION, proxy="Central", users_port=False)["proxy"]
    rest = install(monkeypatch, {f"GET {CENTRAL}/qps/alive": {"value": True}})
    result = run(monkeypatch, qlik_proxy_wait.main, **CONNECTION, proxy="Central", known=known, users_port=False)
    assert result["lacks"] == []
    assert rest.asked == [f"GET {CENTRAL}/qps/alive"]
