# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the answer of a webhook means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils import _webhook
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import text
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import plain
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: webhook_answer
short_description: Say whether a webhook took a message
version_added: 0.1.0
description:
  - Takes the result of M(ansible.builtin.uri) with C(return_content), which has the URL in it. What it returns has not,
    as whoever has the URL of a webhook may post, too.
author:
  - Contributors to the qlikops.sense project (@qlikops)
positional: url, channel
options:
  _input:
    description: The result.
    type: dict
    required: true
  url:
    description: The URL that was posted to.
    type: str
    required: true
  channel:
    description: Whose webhook it is.
    type: str
    choices: [slack, teams]
    required: true
"""

EXAMPLES = r"""
- name: See whether Slack took it
  ansible.builtin.debug:
    msg: "{{ posted | qlikops.sense.webhook_answer(slack_url, 'slack') }}"
"""

RETURN = r"""
_value:
  description:
    - C(told), whether it was taken; C(again), whether it may be when it is tried again; C(status), -1 where there was
      no answer; C(why) it was not taken.
  type: dict
"""


def webhook_answer(result: Any, url: str, channel: str) -> dict[str, Any]:
    """See DOCUMENTATION."""
    if channel not in _webhook.DONE:
        raise AnsibleFilterError(f"webhook_answer: channel must be one of {', '.join(sorted(_webhook.DONE))}.")
    found = {key: plain(result[key]) for key in ("status", "content", "msg") if key in result}
    return never_a_template(_webhook.answer(found, text(url), channel))


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"webhook_answer": webhook_answer}
