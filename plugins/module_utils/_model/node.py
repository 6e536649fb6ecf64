# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nodes of a site with all their services, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PURPOSES = ("production", "development", "both")  # D: qrs-ref p1875, by number


@dataclass(frozen=True)
class ServerNode:
    """A node as QRS describes it.

    ``services``: those that are enabled, of engine, printing, proxy and scheduler. ``service_states``: what QRS
    believes of each service. ``proxy_port`` is where the API of the proxy service listens, ``listen_port`` where users
    come in, both None without a proxy service. ``heartbeat``: when QRS last heard of the node, "" where it does not
    say.
    """

    id: str
    name: str
    host_name: str
    central: bool = False
    failover_candidate: bool = False
    purpose: str = ""
    services: tuple[str, ...] = ()
    proxy_port: int | None = None
    listen_port: int | None = None
    prefixes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    custom_properties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    service_states: Mapping[str, str] = field(default_factory=dict)
    heartbeat: str = ""
