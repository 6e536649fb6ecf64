# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A card for Teams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils import _webhook
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import plain
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: teams_card
short_description: Make an Adaptive Card for a webhook of Teams
version_added: 0.1.0
description:
  - Turns what P(qlikops.sense.notice#filter) returns into what the webhook of a workflow of Teams takes, an Adaptive
    Card in a message.
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
    msg: "{{ notify_users_notice | qlikops.sense.teams_card }}"
"""

RETURN = r"""
_value:
  description: The message with the card.
  type: dict
"""


def teams_card(found: Any) -> dict[str, Any]:
    """See DOCUMENTATION."""
    try:
        return never_a_template(_webhook.teams_card(plain(found)))
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError("teams_card: the input is not what the filter notice makes.") from error


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"teams_card": teams_card}
