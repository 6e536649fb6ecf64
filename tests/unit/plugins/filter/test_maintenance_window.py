# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether it is time for maintenance."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.filter.maintenance_window import maintenance_window

NIGHT = {"start": "22:00", "end": "05:00", "time_zone": "Europe/Berlin"}
DAY = {"start": "09:00", "end": "17:30", "time_zone": "America/New_York"}


@pytest.mark.parametrize(
    ("window", "at", "is_open", "now"),
    [
        (NIGHT, "2026-01-15T20:59:59Z", False, "21:59"),
        (NIGHT, "2026-01-15T21:00:00Z", True, "22:00"),
        (NIGHT, "2026-01-15T23:30:00Z", True, "00:30"),
        (NIGHT, "2026-01-15T04:00:00Z", False, "05:00"),
        (NIGHT, "2026-07-15T20:00:00Z", True, "22:00"),  # summer time
        (DAY, "2026-01-15T13:59:00Z", False, "08:59"),
        (DAY, "2026-01-15T14:00:00+00:00", True, "09:00"),
        (DAY, "2026-01-15T22:30:00Z", False, "17:30"),
    ],
)
def test_the_time_of_day_there_counts(window: dict[str, str], at: str, is_open: bool, now: str) -> None:
    assert maintenance_window(window, at) == {**window, "open": is_open, "now": now}


def test_without_a_time_it_is_now() -> None:
    now = datetime.now(timezone.utc)
    window = {
        "start": (now - timedelta(hours=1)).strftime("%H:%M"),
        "end": (now + timedelta(hours=1)).strftime("%H:%M"),
        "time_zone": "UTC",
    }
    assert maintenance_window(window)["open"]


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ({**NIGHT, "start": 1320}, r'1320 is not a time of day. Write it in quotes, such as "22:00"'),
        ({**NIGHT, "end": "24:00"}, "'24:00' is not a time of day"),
        ({**NIGHT, "end": "22:00"}, "the window is empty"),
        ({**NIGHT, "time_zone": "Mars/Olympus"}, "time zone 'Mars/Olympus' is not known here"),
        ({"start": "22:00"}, "needs start, end, time_zone and nothing else"),
        ("22:00-05:00", "needs start, end, time_zone and nothing else"),
    ],
)
def test_what_is_no_window_is_refused(window: Any, words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=words):
        maintenance_window(window)
