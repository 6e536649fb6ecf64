# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of the mails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils._notice import mailed
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import plain
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: notice_mailed
short_description: Say who was mailed and who was not
version_added: 0.1.0
description:
  - Takes what P(qlikops.sense.notice#filter) returned, and the results of M(community.general.mail) in a loop over what
    P(qlikops.sense.notice_letters#filter) returned, whose loop variable is C(__notify_users_letter).
author:
  - Contributors to the qlikops.sense project (@qlikops)
positional: results
options:
  _input:
    description: What was told, and whom.
    type: dict
    required: true
  results:
    description: The results.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: See who was mailed
  ansible.builtin.debug:
    msg: "{{ (notify_users_notice | qlikops.sense.notice_mailed(sent.results)).mailed }}"
"""

RETURN = r"""
_value:
  description:
    - C(mailed), C(refused) and C(not_mailed), people with C(user), C(name) and C(email). C(refused) are those whom the
      server did not take, with C(why). C(not_mailed) are those it was not asked about to the end.
    - C(failures), sentences on the mails that could not be sent at all.
  type: dict
"""


def notice_mailed(found: Any, results: Iterable[Any]) -> dict[str, Any]:
    """See DOCUMENTATION."""
    try:
        return never_a_template(mailed(plain(found), [plain_result(result) for result in results]))
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError(f"notice_mailed: there is no {error} in the input.") from error


def plain_result(result: Any) -> dict[str, Any]:
    """What of a result counts; the rest is long and need not be plain."""
    keys = ("__notify_users_letter", "skipped", "result", "msg", "module_stderr")
    return {key: plain(result[key]) for key in keys if key in result}


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"notice_mailed": notice_mailed}
