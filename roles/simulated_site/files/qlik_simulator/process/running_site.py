# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site that runs: its nodes with their listeners and proxies, and what can happen to them."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..balancer.haproxy_config import BackendServer
from ..model.certificates import Authority
from ..model.clock import Clock
from ..model.entities import guid
from ..model.faults import Faults
from ..model.history import History
from ..model.journal import Counters, Journal
from ..model.proxy import RUNNING, STARTING, STOPPED, Proxy
from ..model.site import Node, Site, SiteError, User
from ..model.switches import Switches
from ..services.front import Front
from ..services.listener import Answer, Instruments, Latency, Listener, reserve
from ..services.qps import ProxyService
from ..services.qrs import RepositoryService
from ..services.repository import Repository
from ..services.tls import NodeTls
from ..services.user_port import UserPort
from ..users.logins import Logins
from ..users.people import People

_REAL_PORTS = {"qrs": 4242, "qps": 4243, "user": 443}


@dataclass
class RunningNode:
    """A node and what listens on it."""

    node: Node
    address: str
    tls: NodeTls
    listeners: dict[str, Listener]
    proxy: Proxy | None = None


class RunningSite:
    """Everything of one site, within one event loop."""

    def __init__(self, site: Site, state_dir: Path, real_ports: bool, balancer: str = "none") -> None:
        self.site = site
        self.clock = Clock(site.clock)
        self.switches = Switches(site.switches)
        self.history = History(self.clock)
        self._front = Front(balancer, state_dir / "balancer", real_ports, self.history)
        self.notes = self._front.notes
        self.people = People(site, self.clock, lambda: self.certificates["root"], self._front.entrances)
        self.instruments = Instruments(Journal(self.clock), Counters(), Faults(), Latency())
        self.certificates: dict[str, str] = {}
        self._state_dir = state_dir
        self._real_ports = real_ports
        self._restarts: dict[str, asyncio.Task[None]] = {}
        self.nodes: dict[str, RunningNode] = {}
        self.proxies: dict[str, Proxy] = {}
        self.logins = Logins(site, self.proxies, self.clock)
        self.repository: Repository
        self._first_users: list[User] = []

    async def open(self) -> None:
        """Make certificates, take the ports, listen. OSError when a port cannot be had."""
        authority = Authority(self.site.central.host_name)
        self.certificates = authority.export(self._state_dir, self.site.central.host_name)
        ports: dict[str, tuple[int, int]] = {}
        self.repository = Repository(self.site, ports, self.proxies, self.switches, self.clock, self.history)
        self._first_users = copy.deepcopy(self.site.users)
        for number, node in enumerate(self.site.nodes, 1):
            address = f"127.0.0.{number if self._real_ports else 1}"
            tls = NodeTls(authority, node.host_name, self._state_dir / "listeners" / str(number))
            running = self._make_node(node, address, tls)
            self.nodes[node.name] = running
            if running.proxy:
                ports[node.name] = (running.listeners["user"].port, running.listeners["qps"].port)
        self.logins.first_sessions()
        for running in self.nodes.values():
            for listener in running.listeners.values():
                await self._open(running, listener)
        await self._front.open(
            self._backend_servers(), authority, self.site.central.host_name, self.certificates["root"]
        )
        self.history.clear()

    def _backend_servers(self) -> list[BackendServer]:
        return [
            BackendServer(each.node.name, each.node.host_name, each.address, each.listeners["user"].port)
            for each in self.nodes.values()
            if each.proxy
        ]

    async def close(self) -> None:
        """End people, balancer and every listener."""
        await self.people.remove()
        await self._front.close()
        for task in self._restarts.values():
            task.cancel()
        for running in self.nodes.values():
            for listener in running.listeners.values():
                await listener.close()

    def _make_node(self, node: Node, address: str, tls: NodeTls) -> RunningNode:
        qrs = RepositoryService(node, self.repository, self.switches)
        running = RunningNode(node, address, tls, {})
        running.listeners["qrs"] = self._listener("qrs", running, qrs.answer)
        if node.proxy:
            proxy = Proxy(node, self.site.linked(node), self.clock, self.logins.comes_back, self.history)
            running.proxy = self.proxies[node.name] = proxy
            running.listeners["qps"] = self._listener("qps", running, ProxyService(proxy, self.switches).answer)
            user_port = UserPort(proxy, qrs, self.site, self.repository, self.logins, self.switches)
            running.listeners["user"] = self._listener("user", running, user_port.answer)
        return running

    def _listener(self, kind: str, running: RunningNode, answer: Answer) -> Listener:
        port = _REAL_PORTS[kind] if self._real_ports else 0
        try:
            held = reserve(running.address, port)
        except PermissionError:
            held = reserve(running.address, 0)
            self.notes.append(f"{running.node.name}: port {port} is not allowed here, so its {kind} has a free one")
        return Listener(kind, running.node.name, held, self.instruments, answer, running.tls.accepts)

    async def _open(self, running: RunningNode, listener: Listener) -> None:
        trusted_zone = listener.kind != "user"
        await listener.open(running.tls.context(self.switches, trusted_zone, listener.on_hello))

    async def act_on_proxy(self, name: str, action: str, closed_seconds: float, starting_seconds: float) -> str:
        """Stop, start, restart or kill the proxy of a node; return its state then. What takes time goes on behind."""
        running = self.nodes[self.site.node(name).name]
        if running.proxy is None:
            raise SiteError(f"node {name} has no proxy")
        earlier = self._restarts.pop(running.node.name, None)
        if earlier:
            earlier.cancel()
        if action in ("stop", "kill", "restart"):
            running.proxy.become(STOPPED)
            for kind in ("qps", "user"):
                await running.listeners[kind].close(graceful=action != "kill")
        if action in ("start", "restart") and running.proxy.state != RUNNING:
            wait = closed_seconds if action == "restart" else 0.0
            self._restarts[running.node.name] = asyncio.create_task(self._start(running, wait, starting_seconds))
            await asyncio.sleep(0)
        return running.proxy.state

    async def _start(self, running: RunningNode, closed_seconds: float, starting_seconds: float) -> None:
        """The port is closed for a while, then open without being alive, then all is well (I: 5.2 of the facts)."""
        assert running.proxy is not None
        await asyncio.sleep(closed_seconds)
        running.proxy.become(STARTING)
        for kind in ("qps", "user"):
            await self._open(running, running.listeners[kind])
        await asyncio.sleep(starting_seconds)
        running.proxy.become(RUNNING)

    async def change_switches(self, settings: dict[str, object]) -> None:
        """Change switches. Listeners open anew when TLS changes; sessions stay."""
        changed = self.switches.update(settings)
        self.repository.changed()
        if changed & {"tls", "client_certificate"}:
            for running in self.nodes.values():
                for listener in running.listeners.values():
                    if listener.is_open:
                        await listener.close()
                        await self._open(running, listener)

    async def reset(self) -> None:
        """The site as it was started; its clock alone stays where it is, since clocks do not go back."""
        await self.people.remove()
        for task in self._restarts.values():
            task.cancel()
        self._restarts.clear()
        await self.change_switches({**Switches().as_dict(), **self.site.switches})
        self.site.replace_users(copy.deepcopy(self._first_users))
        self.repository.banners.reset()
        self.repository.upkeep.reset()
        self.repository.changed()
        for running in self.nodes.values():
            if running.proxy:
                running.proxy.begin_anew()
            for listener in running.listeners.values():
                if not listener.is_open:
                    await self._open(running, listener)
        await self._front.reset()
        self.logins.single_sign_on.clear()
        self.logins.first_sessions()
        self.instruments.faults.remove(None)
        self.instruments.latency.set(0, None, None)
        self.instruments.journal.clear()
        self.instruments.counters.clear()
        self.history.clear()

    def site_info(self) -> dict[str, Any]:
        """What a client needs to know of the site (the daemon adds the process)."""
        nodes = []
        for running in self.nodes.values():
            ports = {f"{kind}_port": listener.port for kind, listener in running.listeners.items()}
            node = {
                "name": running.node.name,
                "host_name": running.node.host_name,
                "address": running.address,
                "proxy": running.node.proxy,
                "central": running.node.central,
                **ports,
            }
            if running.node.proxy:
                node["proxy_service_id"] = guid("proxyservice", running.node.name)
            nodes.append(node)
        central = self.nodes[self.site.central.name]
        return {
            "host": central.node.host_name,
            "qrs_port": central.listeners["qrs"].port,
            "host_map": {running.node.host_name: running.address for running in self.nodes.values()},
            "certificates": self.certificates,
            "nodes": nodes,
            "balancer": self._front.site_info(),
            "notes": self.notes,
        }
