# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of the HAProxy that stands in front of the users' ports, and where its program is."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

BACKEND = "qlik"
STICKY_COOKIE = "QLIKBALANCER"
CHOICES = ("none", "haproxy", "auto")  # or the path of a configuration of one's own
HOW_TO_GET = "Install it: apt-get install --no-install-recommends haproxy"
# Debian has it where only root looks; macOS has Homebrew's.
_MORE_PLACES = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin", "/usr/local/bin")
# sun_path holds 108 bytes on Linux and 104 on macOS, and HAProxy binds to `PATH.PID.tmp` before it renames.
_LONGEST_SOCKET_PATH = 88
_SERVER_NAME = re.compile(r"[A-Za-z0-9_.:-]+")


class BalancerError(Exception):
    """The balancer cannot be had; the message says why and what to do."""


@dataclass(frozen=True)
class BackendServer:
    """The users' port of one node. ``node`` names the server in HAProxy."""

    node: str
    host_name: str
    address: str
    port: int


def find_haproxy(choice: str) -> str | None:
    """The program for a choice of CHOICES or a file; None for no balancer. BalancerError when it must be there."""
    if choice == "none":
        return None
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_MORE_PLACES])
    program = shutil.which("haproxy", path=path)
    if program is None and choice != "auto":
        raise BalancerError(f"HAProxy is not installed here. {HOW_TO_GET}")
    return program


def check_names(ports: list[BackendServer]) -> None:
    """BalancerError for names of nodes that HAProxy would not take as names of servers."""
    wrong = [port.node for port in ports if not _SERVER_NAME.fullmatch(port.node)]
    if wrong:
        raise BalancerError(
            f"HAProxy cannot have a server named {wrong[0]!r}: letters, digits and _ . : - are what it takes"
        )
    if not ports:
        raise BalancerError("no node of the site has a proxy, so there is nothing to balance")


def socket_path(directory: Path) -> Path:
    """Where the admin socket goes: into the directory, or a short new one where that path would be too long."""
    path = directory / "haproxy.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    return Path(tempfile.mkdtemp(prefix="qlik-balancer-", dir="/tmp")) / "haproxy.sock"


def configuration(
    ports: list[BackendServer], address: str, number: int, certificate: Path, root: Path, admin_socket: Path
) -> str:
    """The whole configuration: people at ``address``:``number`` by TLS, sticky by cookie, servers named as the nodes.

    A users' port counts as well when it answers anything but a server error: a proxy that starts answers 503.
    """
    servers = "\n".join(
        f"    server {port.node} {port.address}:{port.port} cookie {port.node}"
        f" sni str({port.host_name}) check-sni {port.host_name} verifyhost {port.host_name}"
        for port in ports
    )
    return f"""\
global
    stats socket {quoted(admin_socket)} mode 600 level admin
    maxconn 400
    nbthread 1

defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout check 2s
    # Who was bound to a server that does not answer is sent to another one at once.
    option redispatch 1
    retries 2

frontend users
    bind {address}:{number} ssl crt {quoted(certificate)}
    default_backend {BACKEND}

backend {BACKEND}
    balance roundrobin
    cookie {STICKY_COOKIE} insert indirect nocache httponly secure
    option httpchk
    http-check send meth GET uri /qps/user ver HTTP/1.1 hdr Host balancer
    http-check expect rstatus ^[234]
    default-server check check-ssl inter 500ms fall 2 rise 1 ssl verify required ca-file {quoted(root)}
{servers}
"""


def quoted(path: Path) -> str:
    """A path as one word of HAProxy's; nothing in single quotes is special but the quote itself."""
    return "'" + str(path).replace("'", "'\\''") + "'"
