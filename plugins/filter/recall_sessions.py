# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what the role stale_sessions remembers of a site's sessions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.qlikops.sense.plugins.plugin_utils._memory import marks_of, recall
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: recall_sessions
short_description: Read when sessions were first seen
version_added: 0.1.0
description:
  - Reads a text that the filter P(qlikops.sense.remember_sessions#filter) wrote in an earlier run. Whatever the text
    is, there is an answer.
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  _input:
    description: The text; null if there is none.
    type: raw
    required: true
  proxies:
    description: The C(proxies) of the site that is asked now, by which a memory of another site is told.
    type: list
    elements: dict
"""

EXAMPLES = r"""
- name: See who is connected, and for how long
  qlikops.sense.qlik_session_info:
    first_seen: "{{ (ansible_facts.my_memory | default(none) | qlikops.sense.recall_sessions).first_seen }}"
"""

RETURN = r"""
_value:
  description:
    - As C(state) V(kept), V(none) if there is no text, V(empty), V(unreadable), or V(other_site).
    - As C(first_seen) what M(qlikops.sense.qlik_session_info) takes, empty unless C(state) is V(kept).
    - As C(stored_at) when it was written.
  type: dict
  sample:
    state: kept
    first_seen: {3f9a1c-0c1d2e3f4a5b: "2026-01-15T08:00:00Z"}
    stored_at: "2026-01-15T09:15:00Z"
"""


def recall_sessions(text: Any, proxies: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """See DOCUMENTATION."""
    memory = recall(text, marks_of(proxies))
    recalled = {"state": memory.state, "first_seen": dict(memory.first_seen), "stored_at": memory.stored_at}
    return never_a_template(recalled)


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"recall_sessions": recall_sessions}
