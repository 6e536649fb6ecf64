# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes down when sessions were first seen, for the role stale_sessions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils._memory import NOTHING, Memory, marks_of, remember
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import plain
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: remember_sessions
short_description: Write down when sessions were first seen
version_added: 0.1.0
description:
  - Makes one compact text of C(first_seen) and of what the site is known by, for the filter
    P(qlikops.sense.recall_sessions#filter) in the next run.
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  _input:
    description: The result of M(qlikops.sense.qlik_session_info).
    type: dict
    required: true
  recalled:
    description:
      - What the filter P(qlikops.sense.recall_sessions#filter) returned before. If the clock has been set back since,
        no session is noted with the time as it is now, so that none is old when the clock is right again.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Keep it in a fact
  ansible.builtin.set_fact:
    my_memory: "{{ listed | qlikops.sense.remember_sessions }}"
    cacheable: true
"""

RETURN = r"""
_value:
  description: One line of JSON, about 200 kB for 10,000 sessions. There is no session id in it.
  type: str
"""


def remember_sessions(listed: Any, recalled: Mapping[str, Any] | None = None) -> str:
    """See DOCUMENTATION."""
    if not isinstance(listed, Mapping) or not {"first_seen", "proxies", "observed_at"} <= set(listed):
        raise AnsibleFilterError("remember_sessions: the input is not the result of qlik_session_info.")
    first_seen, proxies = plain(listed["first_seen"]), plain(listed["proxies"])
    before = Memory(**plain(recalled)) if recalled else NOTHING
    return never_a_template(remember(first_seen, marks_of(proxies), str(listed["observed_at"]), before))


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"remember_sessions": remember_sessions}
