# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether it is time for maintenance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._rules.window import KEYS, Window

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


def maintenance_window(window: Any, at: str | None = None) -> dict[str, Any]:
    """See DOCUMENTATION."""
    try:
        found = Window.from_option("window", window)
    except BadOption as error:
        raise AnsibleFilterError(f"maintenance_window: {error}") from error
    moment = datetime.fromisoformat(at.replace("Z", "+00:00")) if at else datetime.now().astimezone()
    return {**{key: str(window[key]) for key in KEYS}, "open": found.is_open(moment), "now": found.time_there(moment)}


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"maintenance_window": maintenance_window}
