# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""awx_setup against a stand-in for AWX: it makes everything, then changes nothing; a changed setting changes its part."""

from __future__ import annotations

from ansible_collections.qlikops.sense.tests.integration.awx.setting_up import Setup


def test_makes_everything_and_then_changes_nothing(setup: Setup) -> None:
    assert setup.run() > 20
    setup.awx.writes.clear()
    assert setup.run() == 0
    assert setup.awx.writes == []
