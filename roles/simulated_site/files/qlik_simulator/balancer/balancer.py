# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real HAProxy in front of the users' ports: started by hand, it ends with the site, however that ends."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

from ..balancer.haproxy_config import BACKEND, BackendServer, BalancerError, check_names, configuration, socket_path
from ..balancer.own_config import own_configuration
from ..model.certificates import Identity, write_private
from ..services.listener import reserve

_START_SECONDS = 10.0
_STOP_SECONDS = 5.0
_REAL_PORT = 4430  # 443 of 127.0.0.1 belongs to the first node
# The shell waits on a pipe that closes when the simulator is gone, be it by SIGKILL; then it ends HAProxy. As HAProxy's
# parent it knows the process, so that no pid is ever taken for another.
_KEEPER = """
exec 3<&0
"$@" 3<&- &
haproxy=$!
{ read -r _ <&3; kill "$haproxy"; } 2>/dev/null &
watcher=$!
wait "$haproxy"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"
"""


class Balancer:
    """One HAProxy process. ``url`` is where people go, under the certificate of ``host_name``.

    ``own``: a configuration to use in place of the site's. ``servers``: node, backend and name of the server.
    """

    def __init__(
        self,
        program: str,
        directory: Path,
        host_name: str,
        ports: list[BackendServer],
        real_ports: bool,
        own: Path | None = None,
    ) -> None:
        if own is None:
            check_names(ports)  # one's own has names of its own
        self._own = own
        self._scheme = "https"
        self.notes: list[str] = []
        self.servers = [(port.node, BACKEND, port.node) for port in ports]
        self.host_name = host_name
        self.ports = ports
        self._program = program
        self._directory = directory
        self._wanted_port = _REAL_PORT if real_ports else 0
        self._log = directory / "log.txt"
        self._process: asyncio.subprocess.Process | None = None
        self.address, self.port = "127.0.0.1", 0
        self.socket = directory / "haproxy.sock"

    @property
    def url(self) -> str:
        """Where people go."""
        return f"{self._scheme}://{self.address}:{self.port}"

    def site_info(self) -> dict[str, Any]:
        """What the site info says of it."""
        backends = list(dict.fromkeys(backend for _node, backend, _server in self.servers))
        backend = backends[0] if len(backends) == 1 else backends
        return {"url": self.url, "host_name": self.host_name, "socket": str(self.socket), "backend": backend}

    async def open(self, identity: Identity, root: Path) -> None:
        """Start it; returns when it answers. BalancerError with its own words when it does not."""
        certificate = Path(write_private(self._directory / "users.pem", identity.pem() + identity.key_pem()))
        self.socket = socket_path(self._directory)
        # HAProxy binds to the port while it is still ours, so that nobody can come between.
        with reserve(self.address, self._wanted_port) as held:
            self.port = held.getsockname()[1]
            text = self._configuration(certificate, root)
            file = write_private(self._directory / "haproxy.cfg", text.encode())
            write_private(self._log, b"")
            with open(self._log, "ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *("/bin/sh", "-c", _KEEPER, "haproxy", self._program, "-db", "-f", file),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            await self._answering(self._process)

    def _configuration(self, certificate: Path, root: Path) -> str:
        if self._own is None:
            return configuration(self.ports, self.address, self.port, certificate, root, self.socket)
        own = own_configuration(self._own, self.ports, self.address, self.port, certificate, root, self.socket)
        self.servers, self.notes = list(own.servers), list(own.notes)
        self._scheme = "https" if own.is_tls else "http"
        return own.text

    async def _answering(self, process: asyncio.subprocess.Process) -> None:
        for _attempt in range(int(_START_SECONDS / 0.02)):
            if process.returncode is not None:
                break
            with contextlib.suppress(OSError):
                await self.ask("show version")
                return
            await asyncio.sleep(0.02)
        await self.close()
        words = self._log.read_text(encoding="utf-8", errors="replace").strip()
        raise BalancerError(f"HAProxy did not come up: {words or 'it said nothing'}")

    async def close(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()  # the keeper ends HAProxy
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()
        self.socket.unlink(missing_ok=True)
        if self.socket.parent != self._directory:
            self.socket.parent.rmdir()

    async def ask(self, command: str) -> str:
        """One command to the admin socket; OSError when it does not answer."""
        reader, writer = await asyncio.open_unix_connection(str(self.socket))
        try:
            writer.write(f"{command}\n".encode())
            return (await reader.read()).decode(errors="replace")
        finally:
            writer.close()

    async def reset(self) -> None:
        """Every server takes traffic again."""
        for _node, backend, server in self.servers:
            await self.ask(f"set server {backend}/{server} state ready")
