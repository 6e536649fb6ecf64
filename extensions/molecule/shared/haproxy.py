# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says one command to the HAProxy behind a socket, and prints its answer: python haproxy.py SOCKET COMMAND."""

from __future__ import annotations

import csv
import socket
import sys
from typing import Any


def ask(path: str, command: str) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        connection.connect(path)
        connection.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode().strip()


def servers(path: str) -> dict[str, dict[str, Any]]:
    """By backend/server the status, such as UP, DRAIN, MAINT or DOWN, without the count of checks, and the weight."""
    rows = csv.DictReader(ask(path, "show stat").lstrip("# ").splitlines())
    return {
        f"{row['pxname']}/{row['svname']}": {"status": row["status"].partition(" ")[0], "weight": int(row["weight"])}
        for row in rows
        if row["svname"] not in ("FRONTEND", "BACKEND")
    }


if __name__ == "__main__":
    print(ask(sys.argv[1], sys.argv[2]))
