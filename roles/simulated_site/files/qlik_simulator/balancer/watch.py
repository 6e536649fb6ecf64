# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watches what HAProxy makes of its servers: who set them to what, and what its checks say."""

from __future__ import annotations

import asyncio
import logging

from ..balancer.balancer import Balancer
from ..model.history import History

log = logging.getLogger(__name__)
_INTERVAL = 0.2
_SETTLE_SECONDS = 5.0
_WELL = ("ready", "up")
# Bits of srv_admin_state (HAProxy's management guide, "show servers state"): maintenance by command, inherited, by
# configuration, by name resolution, by a changed host name; drain by command and inherited.
_MAINT, _DRAIN = 0x67, 0x18


def read_states(answer: str) -> dict[str, tuple[str, str]]:
    """Server -> ready, drain or maint, and down or up, out of the answer to ``show servers state``."""
    lines = [line.split() for line in answer.splitlines()]
    names = next((line[1:] for line in lines if line[:1] == ["#"]), [])
    servers = [line for line in lines if names and len(line) > 1 and line[0] != "#"]
    # Columns that HAProxy leaves out stand at the end, and are none that matter here.
    rows = [dict(zip(names, line, strict=False)) for line in servers]
    return {row["srv_name"]: (_admin(int(row["srv_admin_state"])), _check(row["srv_op_state"])) for row in rows}


def _admin(bits: int) -> str:
    return "maint" if bits & _MAINT else "drain" if bits & _DRAIN else "ready"


def _check(state: str) -> str:
    return "down" if state == "0" else "up"


class Watch:
    """Enters every change into the history, within 0.2 seconds."""

    def __init__(self, balancer: Balancer, history: History) -> None:
        self._balancer = balancer
        self._history = history
        # Where a node stands in several backends, the first one is watched.
        self._places = {node: (backend, server) for node, backend, server in reversed(balancer.servers)}
        self._known = dict.fromkeys(self._places, _WELL)

    async def run(self) -> None:
        """Until cancelled, or until HAProxy is gone."""
        while True:
            try:
                await self._look()
            except OSError as error:
                log.error("HAProxy does not answer any more: %s", error)
                return
            await asyncio.sleep(_INTERVAL)

    async def settled(self) -> None:
        """Wait until every server is ready and up, but no longer than some seconds."""
        for _attempt in range(int(_SETTLE_SECONDS / _INTERVAL)):
            if all(state == _WELL for state in self._known.values()):
                return
            await asyncio.sleep(_INTERVAL)

    async def _look(self) -> None:
        backends = {backend for backend, _server in self._places.values()}
        answers = {name: read_states(await self._balancer.ask(f"show servers state {name}")) for name in backends}
        states = {node: answers[backend][server] for node, (backend, server) in self._places.items()}
        for node, (admin, check) in states.items():
            if admin != self._known[node][0]:
                self._history.add_life(node, "balancer", admin)
            if check != self._known[node][1]:
                self._history.add_life(node, "check", check)
        self._known.update(states)
