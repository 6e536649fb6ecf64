# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How requests reaches a node: the own context decides on trust, and no step may take longer than the time given."""

from __future__ import annotations

import socket
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._client.deadline import LimitedPlainSocket

try:
    from requests import Session
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
except ImportError:
    # The modules end before any of them is made, and say that requests is missing. To mypy these are other types.
    Session = HTTPAdapter = HTTPSConnection = HTTPSConnectionPool = object  # type: ignore[assignment,misc]  # above
    HTTPConnection = HTTPConnectionPool = object  # type: ignore[assignment,misc]  # above


class NodeSession(Session):
    """Knows no redirects: to prepare the next request, requests would read the whole body, however large."""

    def get_redirect_target(self, resp: Any) -> None:
        return None


class NodeAdapter(HTTPAdapter):
    """Connects to whatever address the URL names, and verifies the node's own name with the given context alone."""

    def __init__(self, context: Any, host_name: str, connections: int) -> None:
        self._tls = {"ssl_context": context, "server_hostname": host_name}
        super().__init__(pool_connections=1, pool_maxsize=connections, pool_block=True)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **kwargs, **self._tls)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager: Any = super().proxy_manager_for(proxy, **kwargs, **self._tls)
        manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, "https": _TunnelPool}
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leaves the trust to the context: requests would add the authorities of certifi to it."""


class _TunnelConnection(HTTPSConnection):
    """A proxy answers CONNECT before there is TLS; it must not be able to trickle that for ever either."""

    def _new_conn(self) -> socket.socket:
        return LimitedPlainSocket.instead_of(super()._new_conn())


class _TunnelPool(HTTPSConnectionPool):
    ConnectionCls = _TunnelConnection


class PlainAdapter(HTTPAdapter):
    """For ``http://``: no answer takes longer than the time given either."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **kwargs)
        schemes = self.poolmanager.pool_classes_by_scheme
        self.poolmanager.pool_classes_by_scheme = {**schemes, "http": _PlainPool}


class _PlainConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return LimitedPlainSocket.instead_of(super()._new_conn())


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection
