# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node with a proxy service, as a restart looks at it."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.qlikops.sense.plugins.module_utils._words import fold


@dataclass(frozen=True)
class ProxyNode:
    """A node with a proxy service. ``addresses`` are all that lead to it, folded; ``why_down`` is empty if alive."""

    id: str
    name: str
    host_name: str
    prefixes: tuple[str, ...]
    alive: bool
    why_down: str = ""
    central: bool = False
    addresses: frozenset[str] = frozenset()
    users_port: int | None = None

    def is_called(self, name: str) -> bool:
        return fold(name) in {fold(self.id), fold(self.name), fold(self.host_name)}
