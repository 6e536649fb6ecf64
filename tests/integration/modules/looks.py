# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to a site between the two looks of a module that ends sessions."""

from __future__ import annotations

from typing import Any

from ansible_collections.qlikops.sense.tests.integration import simulated

BETWEEN = """
import requests
from ansible_collections.qlikops.sense.plugins.module_utils import _site
usage = _site.Site.usage
def later(site):
    requests.put({address!r}, json={body!r})
    return usage(site)
_site.Site.usage = later
"""


def between(control: simulated.Control, path: str, body: dict[str, Any]) -> str:
    """Python for ``before`` of Modules.run: a PUT to the control interface right before the second look."""
    return BETWEEN.format(address=f"{control.site_info['control']}{path}", body=body)
