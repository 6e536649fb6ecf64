# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole check of a site, in the order in which a person would mend things. Pure."""

from __future__ import annotations

from ansible_collections.qlikops.sense.plugins.module_utils._model.check import Check, Limits, Seen
from ansible_collections.qlikops.sense.plugins.module_utils._rules._site_check.balancer import balancer
from ansible_collections.qlikops.sense.plugins.module_utils._rules._site_check.behaviour import behaviour
from ansible_collections.qlikops.sense.plugins.module_utils._rules._site_check.certificates import certificates
from ansible_collections.qlikops.sense.plugins.module_utils._rules._site_check.reach import reach
from ansible_collections.qlikops.sense.plugins.module_utils._rules._site_check.rights import interfaces, rights
from ansible_collections.qlikops.sense.plugins.module_utils._rules._site_check.site import site


def checks_of(seen: Seen, limits: Limits) -> list[Check]:
    """Every line, whatever was seen."""
    return [
        *reach(seen),
        *certificates(seen, limits),
        *rights(seen),
        *interfaces(seen),
        *behaviour(seen),
        *site(seen),
        *balancer(seen),
    ]
