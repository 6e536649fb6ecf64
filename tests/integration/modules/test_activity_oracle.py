# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of sessions, and which of them rules select, on simulated sites with every switch in every position.

All combinations on sites of 150 sessions, of which a few run always, and each switch by itself on one of 5000.
"""

from __future__ import annotations

import itertools
import pathlib
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._query import SessionQuery
from ansible_collections.qlikops.sense.tests.integration.modules.activity_oracle import Expected, Switches, expect
from ansible_collections.qlikops.sense.tests.integration.modules.looks import between
from ansible_collections.qlikops.sense.tests.integration.modules.product import Product
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules
from ansible_collections.qlikops.sense.tests.integration.modules.town import AGE_LIMIT, IDLE_LIMIT, Town, Truth

POSITIONS: dict[str, tuple[Any, ...]] = {
    "usage_shown": ("all", "none", "refused", "absent"),
    "usage_session_ids": ("same", "upper", "hashed"),
    "usage_times": ("utc", "bare", "east", "west"),
    "usage_rows": ("each", "doubled", "50%", "0%"),
    "usage_modified_by": ("user", "repository"),
    "usage_lag_seconds": (0, 1800),
    "usage_outlives_seconds": (3600, 0),
}
FIRST = {name: positions[0] for name, positions in POSITIONS.items()}
# Times drift while a test goes on, so a site is arranged anew for so many combinations.
BATCH = 48
COMBINATIONS = [dict(zip(POSITIONS, each, strict=True)) for each in itertools.product(*POSITIONS.values())]
random.Random(16).shuffle(COMBINATIONS)
BATCHES = [COMBINATIONS[first : first + BATCH] for first in range(0, len(COMBINATIONS), BATCH)]
ALONE = [{name: position} for name, positions in POSITIONS.items() for position in positions]
RULES = [
    {"name": "idle", "min_idle": f"{IDLE_LIMIT}s"},
    {"name": "old", "min_age": f"{AGE_LIMIT}s"},
]
LONG = pytest.mark.long


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with Town(tmp_path_factory.mktemp("village"), 150) as town:
        yield town


@pytest.fixture(scope="module")
def calm_village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with Town(tmp_path_factory.mktemp("calm"), 150, is_calm=True) as town:
        yield town


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with Town(tmp_path_factory.mktemp("city"), 5000) as town:
        yield town


def check(town: Town, truth: Truth, product: Product, switches: Switches) -> None:
    town.control.switches(**switches)
    expected = expect(truth, switches, town.clock())
    listed = product.ask()
    assert_known(listed, expected)
    by_rules = product.ask(any_of=RULES)
    rule_of = {session.session_id: (by_rules.why or {})[session.ref].rule for session in by_rules.selected}
    idle, old = expected.idle_for(IDLE_LIMIT), expected.old(AGE_LIMIT)
    assert {each for each, rule in rule_of.items() if rule == "idle"} == idle
    assert {each for each, rule in rule_of.items() if rule == "old"} == old - idle
    surplus = product.ask(keep_per_user=2)
    taken = [session.session_id for session in surplus.selected]
    assert sorted((truth.now[each].user, *expected.how_fresh(each)) for each in taken) == expected.surplus(2)


def assert_known(query: SessionQuery, expected: Expected) -> None:
    """What is shown of each session, and nothing of those of which nothing can be known."""
    shown = query.result(with_ids=True).as_result()
    assert {each["session_id"] for each in shown["sessions"]} == set(expected.sessions)
    for session in shown["sessions"]:
        session_id = session["session_id"]
        known = expected.known.get(session_id)
        assert session["license"] == (known.license if known else None)
        for key, seconds in (("idle", expected.idle(session_id)), ("age", expected.age(session_id))):
            assert (session[key] is None) == (seconds is None), (key, session[key], seconds)
            assert seconds is None or abs(session[key] - seconds) < 30, (key, session[key], seconds)
        assert session["age_source"] == (None if expected.age(session_id) is None else "qrs")
    without = expected.without_session
    assert shown["summary"]["rows_without_session"] == (None if without is None else sum(without.values()))
    for user in shown["users"]:
        assert user["rows_without_session"] == (None if without is None else without.get(user["user"], 0))


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("name", ["village", "calm_village"])
@pytest.mark.parametrize(
    "batch",
    [pytest.param(batch, marks=[LONG] if number else [], id=str(number)) for number, batch in enumerate(BATCHES)],
)
def test_rules_are_exact_with_every_switch_in_every_position(
    request: pytest.FixtureRequest, name: str, batch: list[dict[str, Any]]
) -> None:
    town: Town = request.getfixturevalue(name)
    truth = town.arrange()
    with Product(town) as product:
        for switches in batch:
            check(town, truth, product, switches)


@LONG
@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("switch", ALONE, ids=str)
def test_rules_are_exact_on_a_site_of_5000_sessions(city: Town, switch: dict[str, Any]) -> None:
    truth = city.arrange()
    with Product(city) as product:
        check(city, truth, product, {**FIRST, **switch})


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(
    ("size", "then"),
    [
        pytest.param("village", {}, id="150"),
        pytest.param("village", {"usage_rows": "50%"}, id="150 of which half lose their rows"),
        pytest.param("village", {"usage_session_ids": "hashed"}, id="150 whose ids are hashed"),
        pytest.param("village", {"usage_shown": "refused"}, id="150 whose rows are refused"),
        pytest.param("city", {}, marks=LONG, id="5000"),
        pytest.param("city", {"usage_rows": "50%"}, marks=LONG, id="5000 of which half lose their rows"),
    ],
)
def test_those_who_are_idle_end_and_nobody_else(
    request: pytest.FixtureRequest, tree: pathlib.Path, size: str, then: Mapping[str, Any]
) -> None:
    """``then``: what changes between the two looks of the module."""
    town: Town = request.getfixturevalue(size)
    truth = town.arrange()
    town.control.switches(**FIRST)
    when = town.clock()
    idle = expect(truth, FIRST, when).idle_for(IDLE_LIMIT)
    still_idle = idle & expect(truth, {**FIRST, **then}, when).idle_for(IDLE_LIMIT)
    assert idle
    modules = Modules(town.site_info, tree)
    change = [between(town.control, "/switches", dict(then))] if then else []
    run = modules.end(min_idle=f"{IDLE_LIMIT}s", before=change)
    assert not run.failed, run.message
    assert set(truth.now) - set(town.now()) == still_idle
    assert run.result["summary"]["ended"] == len(still_idle)
    assert len(run.result["kept"]) == len(idle - still_idle)


def test_positions_are_all_there_are(village: Town) -> None:
    """A switch of usage rows that is new has to stand here, too."""
    there = {name for name in village.control.call("GET", "/switches") if name.startswith("usage_")}
    assert there == set(POSITIONS)
