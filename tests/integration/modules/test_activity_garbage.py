# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Usage rows that make no sense, or not as a whole: who is not known to be idle is never ended."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules.activity_oracle import Expected
from ansible_collections.qlikops.sense.tests.integration.modules.garbage_rows import PATHS, Rows, known_by, spoilt
from ansible_collections.qlikops.sense.tests.integration.modules.product import Product
from ansible_collections.qlikops.sense.tests.integration.modules.town import AGE_LIMIT, IDLE_LIMIT, Town, Truth

SEEDS = [pytest.param(seed, marks=[pytest.mark.long] if seed > 5 else []) for seed in range(200)]


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with Town(tmp_path_factory.mktemp("spoilt"), 150) as town:
        yield town


@pytest.fixture(scope="module")
def arranged(village: Town) -> tuple[Truth, Rows]:
    """What is there, and the rows of it as QRS shows them."""
    truth = village.arrange(ends=False)
    client = simulated.Client(village.site_info)
    rows = {license_: client.qrs(f"/qrs/license/{path}accessusage/full").json() for license_, path in PATHS.items()}
    return truth, rows


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_unknown_is_never_ended(village: Town, request: pytest.FixtureRequest, seed: int) -> None:
    truth, rows = request.getfixturevalue("arranged")
    luck, when = random.Random(seed), village.clock()
    shown = spoilt(rows, luck, when, truth.now, wrong_types=seed % 3 == 0)
    village.control.clear_faults()
    for license_, path in PATHS.items():
        body = json.dumps(shown[license_])
        village.control.fault("status", status=200, body=body, path=f"/qrs/license/{path}accessusage/full")
    expected = Expected(truth.now, known_by(shown, truth.now, when), None, when)
    idle, old = expected.idle_for(IDLE_LIMIT), expected.old(AGE_LIMIT)
    with Product(village) as product:
        listed = product.ask()
        found_idle = {each.session_id for each in product.ask(min_idle=f"{IDLE_LIMIT}s").selected}
        found_old = {each.session_id for each in product.ask(min_age=f"{AGE_LIMIT}s").selected}
    # Whoever is hit is what the rule says, in truth.
    assert found_idle <= {each for each, real in truth.now.items() if when - real.last_active >= IDLE_LIMIT}
    assert found_old <= {each for each, real in truth.now.items() if when - real.created >= AGE_LIMIT}
    assert found_idle == idle
    assert found_old == old
    for session in listed.result(with_ids=True).as_result()["sessions"]:
        seconds = expected.idle(session["session_id"])
        assert (session["idle"] is None) == (seconds is None), session
        assert seconds is None or abs(session["idle"] - max(0, seconds)) < 60, session
