# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether it is time for maintenance."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: maintenance_window
short_description: See whether it is time for maintenance
version_added: 0.1.0
description:
  - Compares the time of day in a time zone with a window that comes round every day and may go over midnight.
author:
  - Contributors to the qlikops.sense project (@qlikops)
positional: at
options:
  _input:
    description:
      - The window, with C(start) and C(end) as V(HH:MM) and C(time_zone) as a name of the IANA database such as
        V(Europe/Berlin). The end is not part of the window.
    type: dict
    required: true
  at:
    description: A time to look at instead of now, in ISO 8601 with its offset from UTC.
    type: str
"""

EXAMPLES = r"""
- name: Stop unless it is night in Stockholm
  ansible.builtin.assert:
    that: (window | qlikops.sense.maintenance_window).open
  vars:
    window: {start: "22:00", end: "05:00", time_zone: Europe/Stockholm}
"""

RETURN = r"""
_value:
  description:
    - The window, and as C(open) whether it is open and as C(now) what time it is there.
  type: dict
"""

KEYS = ("start", "end", "time_zone")


def maintenance_window(window: Any, at: str | None = None) -> dict[str, Any]:
    """See DOCUMENTATION."""
    if not isinstance(window, Mapping) or set(window) != set(KEYS):
        raise AnsibleFilterError(f"maintenance_window: the window needs {', '.join(KEYS)} and nothing else.")
    start, end = _time_of_day(window["start"]), _time_of_day(window["end"])
    if start == end:
        raise AnsibleFilterError("maintenance_window: start and end are the same, which leaves no window.")
    moment = datetime.fromisoformat(at.replace("Z", "+00:00")) if at else datetime.now().astimezone()
    there = moment.astimezone(_zone(window["time_zone"]))
    now = there.time()
    is_open = start <= now < end if start < end else now >= start or now < end
    return {**{key: str(window[key]) for key in KEYS}, "open": is_open, "now": there.strftime("%H:%M")}


def _time_of_day(value: Any) -> time:
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", str(value))
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        # Without quotes YAML reads 22:00 as the number 1320.
        raise AnsibleFilterError(
            f'maintenance_window: {value!r} is no time of day. Write it in quotes, such as "22:00".'
        )
    return time(int(match[1]), int(match[2]))


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (ValueError, OSError, KeyError) as error:
        raise AnsibleFilterError(
            f"maintenance_window: the time zone {name!r} is not known here. Write one such as Europe/Berlin;"
            " if it is one, the host lacks the time zone database (package tzdata)."
        ) from error


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"maintenance_window": maintenance_window}
