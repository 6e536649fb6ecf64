# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HAProxy of a simulated site, as somebody with a shell on its host has it."""

from __future__ import annotations

import csv
import pathlib
import socket
import subprocess

from ansible_collections.qlikops.sense.tests.integration.simulated import SiteInfo, wait_until
from qlik_simulator.balancer.haproxy_config import find_haproxy


class HAProxy:
    """Commands to it, and reloads of it, which lose the states of its servers.

    A busy machine does not make a server look ill: its checks wait for an answer as long as they have to.
    """

    def __init__(self, site_info: SiteInfo) -> None:
        self.socket = site_info["balancer"]["socket"]
        self._file = pathlib.Path(site_info["state_dir"], "balancer", "reloaded.cfg")
        text = self._file.with_name("haproxy.cfg").read_text(encoding="utf-8")
        self.configuration = text.replace("timeout check 2s", "timeout check 60s")
        assert self.configuration != text
        self._reloaded: subprocess.Popen[bytes] | None = None

    def ask(self, command: str) -> str:
        """One command, and its answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(self.socket)
            connection.sendall(f"{command}\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode().strip()

    def set(self, node: str, change: str) -> None:
        """Change a server: ``state drain``, ``weight 0``."""
        answer = self.ask(f"set server qlik/{node} {change}")
        assert not answer, answer

    def statuses(self) -> dict[str, str]:
        """The status of every server of the site's own backend."""
        rows = csv.DictReader(self.ask("show stat").lstrip("# ").splitlines())
        servers = [row for row in rows if row["pxname"] == "qlik" and row["svname"] not in ("FRONTEND", "BACKEND")]
        return {row["svname"]: row["status"].partition(" ")[0] for row in servers}

    def reload(self, more: str = "", configuration: str = "") -> None:
        """Start it anew beside the old one, which goes, with ``more`` configuration, or another one. Its servers take
        users then.
        """
        program = find_haproxy("haproxy")
        assert program
        self._file.write_text((configuration or self.configuration) + more, encoding="utf-8")
        old, before = self._pid(), self._reloaded
        self._reloaded = subprocess.Popen([program, "-db", "-f", str(self._file), "-sf", old])
        wait_until(lambda: self._pid() not in ("", old), 60)
        if before:
            before.wait(timeout=60)

    def restore(self) -> None:
        """As it was: without what was added, every server in full service."""
        self.reload()
        wait_until(lambda: set(self.statuses().values()) == {"UP"}, 60)

    def close(self) -> None:
        """End what a reload has started."""
        if self._reloaded:
            self._reloaded.terminate()
            self._reloaded.wait(timeout=60)

    def second_backend(self) -> str:
        """Configuration of one more backend with the same servers."""
        text = self.configuration
        return text[text.index("\nbackend qlik") :].replace("backend qlik", "backend partners", 1)

    def checks_of_another(self, node: str, other: str) -> str:
        """The whole configuration, in which the server of ``node`` passes for well if that of ``other`` is."""
        lines = {line.split()[1]: line for line in self.configuration.splitlines() if line.startswith("    server ")}
        where, theirs = lines[node].partition(" sni ")[0], lines[other].partition(" sni ")[2]
        address, _colon, port = lines[other].split()[2].rpartition(":")
        return self.configuration.replace(lines[node], f"{where} addr {address} port {port} sni {theirs}")

    def _pid(self) -> str:
        try:
            lines = self.ask("show info").splitlines()
        except OSError:
            return ""
        return next((line.partition(": ")[2] for line in lines if line.startswith("Pid: ")), "")
