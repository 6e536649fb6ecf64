# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fault table: whatever a site answers and whatever a module is asked, seven things hold (see ``oracle``)."""

from __future__ import annotations

import time

import pytest

from ansible_collections.qlikops.sense.tests.integration.faults import (
    oracle,
    rows_activity,
    rows_bodies,
    rows_certificates,
    rows_endings,
    rows_limits,
    rows_lists,
    rows_options,
    rows_repository,
    rows_users,
)
from ansible_collections.qlikops.sense.tests.integration.faults.conftest import Odd
from ansible_collections.qlikops.sense.tests.integration.faults.row import FileOf, Row

LEAST_ROWS = 120
ROWS: list[Row] = [
    *rows_endings.ROWS,
    *rows_lists.ROWS,
    *rows_repository.ROWS,
    *rows_users.ROWS,
    *rows_options.ROWS,
    *rows_limits.ROWS,
    *rows_bodies.ROWS,
    *rows_certificates.ROWS,
    *rows_activity.ROWS,
]


def test_the_table_is_as_long_as_it_must_be_and_names_each_row_once() -> None:
    assert len(ROWS) >= LEAST_ROWS
    names = [row.name for row in ROWS]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_row(row: Row, odd: Odd) -> None:
    site, site_info = odd.site, odd.site_info
    site.reset()
    for step in row.given:
        step(site)
    site.begin()
    options = {
        name: site_info["certificates"][value.name] if isinstance(value, FileOf) else value
        for name, value in row.options.items()
    }
    began = time.monotonic()
    run = odd.run("qlik_session", _ansible_diff=True, _ansible_verbosity=4, **options)
    oracle.assert_all(row, run, site, site_info, time.monotonic() - began)
