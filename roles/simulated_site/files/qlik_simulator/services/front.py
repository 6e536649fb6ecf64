# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people meet first: the balancer where there is one, else the users' ports of the proxies."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from ..balancer.balancer import Balancer
from ..balancer.haproxy_config import CHOICES, HOW_TO_GET, BackendServer, find_haproxy
from ..balancer.watch import Watch
from ..model.certificates import Authority
from ..model.history import History
from ..users.browser import Entrance


class Front:
    """``choice`` is one of haproxy_config.CHOICES or a file. BalancerError when HAProxy must be there and is not."""

    def __init__(self, choice: str, directory: Path, real_ports: bool, history: History) -> None:
        self._program = find_haproxy(choice)
        self._own = None if choice in CHOICES else Path(choice)
        self._directory = directory
        self._real_ports = real_ports
        self._history = history
        self._ports: list[BackendServer] = []
        self._balancer: Balancer | None = None
        self._watch: Watch | None = None
        self._watching: asyncio.Task[None] | None = None
        self.notes: list[str] = []
        if choice == "auto" and self._program is None:
            self.notes.append(f"HAProxy is not installed here, so no balancer stands in front. {HOW_TO_GET}")

    async def open(self, ports: list[BackendServer], authority: Authority, central: str, root: str) -> None:
        """Start the balancer, if there is to be one. It has a name in the domain of the central node."""
        self._ports = ports
        if self._program is None:
            return
        domain = central.partition(".")[2]
        name = f"qlik.{domain}" if domain else "qlik"
        self._balancer = Balancer(self._program, self._directory, name, ports, self._real_ports, self._own)
        await self._balancer.open(authority.server(name), Path(root))
        self.notes += self._balancer.notes
        self._watch = Watch(self._balancer, self._history)
        self._watching = asyncio.create_task(self._watch.run())

    async def close(self) -> None:
        """End it."""
        if self._watching:
            self._watching.cancel()
        if self._balancer:
            await self._balancer.close()

    async def reset(self) -> None:
        """Every server takes traffic again, and is found well, when this returns."""
        if self._balancer and self._watch:
            await self._balancer.reset()
            await self._watch.settled()

    def site_info(self) -> dict[str, Any] | None:
        """What the site info says of the balancer."""
        return self._balancer.site_info() if self._balancer else None

    def entrances(self) -> list[Entrance]:
        """Where people come in."""
        if self._balancer:
            return [Entrance(self._balancer.url, self._balancer.host_name)]
        return [Entrance(f"https://{port.address}:{port.port}", port.host_name) for port in self._ports]
