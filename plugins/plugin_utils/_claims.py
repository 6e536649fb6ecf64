# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets only one host of a play use a file that all of them name: the first that asks for it."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Collection
from pathlib import Path


def claim(directory: Path, place: str, host: str, batch: Collection[str]) -> str:
    """The host of the same batch that has claimed ``place`` before, or an empty text if it is now ours.

    ``directory`` belongs to one run of ansible-playbook. Hosts of other batches run before or after these.
    """
    name = hashlib.sha256(place.encode(errors="surrogatepass")).hexdigest()
    descriptor = os.open(directory / f"claim-{os.getppid()}-{name}", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8", errors="surrogatepass") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        hosts = file.read().splitlines()
        other = next((found for found in hosts if found in batch and found != host), "")
        if not other and host not in hosts:
            file.write(f"{host}\n")
    return other
