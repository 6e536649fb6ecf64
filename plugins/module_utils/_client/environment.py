# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP proxies that the environment names, and for which nodes."""

from __future__ import annotations

import os
import traceback

from ansible_collections.qlikops.sense.plugins.module_utils._client.addresses import bypasses_proxy
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection, Endpoint

REQUESTS_IMPORT_ERROR: str | None = None
try:
    from requests.utils import get_environ_proxies
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()


def proxies_of_environment(connection: Connection, endpoint: Endpoint) -> dict[str, str]:
    """The HTTP proxies to go through, as ``requests`` takes them."""
    proxies: dict[str, str] = {}
    for host in (endpoint.host_name, connection.address_of(endpoint.host_name)):
        proxies = proxies_for("https", host, endpoint.port)
        if not proxies:  # no_proxy may name the node or its address
            return {}
    return proxies


def proxies_for(scheme: str, host: str, port: int) -> dict[str, str]:
    """The proxies that the environment names for a place, as requests takes them; none where NO_PROXY spares it."""
    if bypasses_proxy(host, port, os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")):
        return {}
    proxies: dict[str, str] = get_environ_proxies(f"{scheme}://{host}:{port}")
    return proxies
