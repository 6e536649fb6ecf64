# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of the page in the README and the guide, taken on the site of the simulated_site role.

    make integration ARGS='-k picture' PICTURE=docs/docsite/rst/report_page.png

writes it anew. It looks as published with Debian's fonts-inter and fonts-droid-fallback installed.
"""

from __future__ import annotations

import os
import pathlib

from playwright.sync_api import ViewportSize

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules import running
from ansible_collections.qlikops.sense.tests.integration.page import looking

VIEWPORT: ViewportSize = {"width": 1200, "height": 840}
LARGEST = 150_000
# What system-ui is on Linux depends on the machine.
FONT = 'html { font-family: Inter, "DejaVu Sans", "Droid Sans Fallback", sans-serif; }'


def test_the_picture_of_the_guide(
    looker: looking.Looker,
    site: simulated.SiteInfo,
    control: simulated.Control,
    tree: pathlib.Path,
    tmp_path: pathlib.Path,
) -> None:
    listed = running.Modules(site, tree).info(
        resolve_users=True, service_users=["INTERNAL\\*", "LAB\\svc_*"], proxies=[]
    )
    assert not listed.failed
    report = looking.report({**listed.result, "observed_at": "2026-01-15T09:30:00Z"}, ("Node2",))
    picture = pathlib.Path(os.environ.get("PICTURE") or tmp_path / "page.png")
    with looker.look(report, viewport=VIEWPORT, bypass_csp=True) as page:
        page.add_style_tag(content=FONT)
        page.screenshot(path=picture)
    assert 20_000 < picture.stat().st_size < LARGEST
