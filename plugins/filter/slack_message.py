# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message for Slack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils import _webhook
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import plain
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: slack_message
short_description: Make a message for a webhook of Slack
version_added: 0.1.0
description:
  - Turns what P(qlikops.sense.notice#filter) returns into what an incoming webhook of Slack takes, blocks and one text.
  - It has numbers and names of nodes and virtual proxies, but names no user, and stays small however large the site is.
    Nothing that comes from the site becomes a link, a mention or markup.
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  _input:
    description: What to tell.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: See what would be posted
  ansible.builtin.debug:
    msg: "{{ notify_users_notice | qlikops.sense.slack_message }}"
"""

RETURN = r"""
_value:
  description: The message.
  type: dict
"""


def slack_message(found: Any) -> dict[str, Any]:
    """See DOCUMENTATION."""
    try:
        return never_a_template(_webhook.slack_message(plain(found)))
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError("slack_message: the input is not what the filter notice makes.") from error


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"slack_message": slack_message}
