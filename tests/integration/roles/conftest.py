# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles run against the awkward site of the modules' tests."""

from __future__ import annotations

from ansible_collections.qlikops.sense.tests.integration.modules.conftest import (
    ansible,
    awkward_site,
    control,
    modules,
    tree,
)

__all__ = ["ansible", "awkward_site", "control", "modules", "tree"]  # fixtures
