# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of the control interface about banners."""

from __future__ import annotations

from aiohttp import web

from ..control.json_answers import Route, read_body
from ..model.site import Banner
from ..model.site_check import check_banner, element
from ..process.running_site import RunningSite


class BannerControl:
    """Its handlers."""

    def __init__(self, site: RunningSite) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Method, path, handler."""
        return [
            ("GET", "/banners", self.banners),
            ("PUT", "/banners", self.put),
            ("DELETE", "/banners", self.remove),
        ]

    async def banners(self, _request: web.Request) -> object:
        """Every banner, with who wrote it last."""
        return self._site.repository.banners.all()

    async def put(self, request: web.Request) -> object:
        """These banners and no others, also such as QRS would refuse: two of one name, say."""
        given = (await read_body(request, banners=list)).get("banners", [])
        banners = [element(Banner, f"banners[{number}]", each) for number, each in enumerate(given)]
        for number, banner in enumerate(banners):
            check_banner(f"banners[{number}]", banner)
        self._site.repository.banners.put(banners)
        return self._site.repository.banners.all()

    async def remove(self, _request: web.Request) -> object:
        """No banner."""
        removed = len(self._site.repository.banners.all())
        self._site.repository.banners.put([])
        return {"removed": removed}
