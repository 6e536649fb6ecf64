# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two clients to compare with, on the standard library alone.

``sequential`` opens a connection for every request and sends one at a time, as the best existing tool does.
``bare`` keeps connections alive and works side by side, with nothing checked and nothing explained: the floor.

    python plain_clients.py SITE_INFO sequential|bare list|end [--count N] [--parallel N]

SITE_INFO is the file with the site info of a simulated site. The sessions counted or ended are printed.
"""

from __future__ import annotations

import argparse
import json
import ssl
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPSConnection
from typing import Any
from urllib.parse import quote

XRFKEY = "0123456789abcdef"
HEADERS = {"X-Qlik-Xrfkey": XRFKEY, "X-Qlik-User": "UserDirectory=INTERNAL; UserId=sa_api"}
Request = tuple[str, int, str, str]  # host name, port, method, path
Send = Callable[[Request], Any]


class NodeConnection(HTTPSConnection):
    """Connects to a node's address, verifies the node's name."""

    def __init__(self, site_info: dict[str, Any], context: ssl.SSLContext, host_name: str, port: int) -> None:
        super().__init__(site_info["host_map"][host_name], port, context=context)
        self._context, self._host_name = context, host_name

    def connect(self) -> None:
        super(HTTPSConnection, self).connect()
        self.sock = self._context.wrap_socket(self.sock, server_hostname=self._host_name)


def context_of(site_info: dict[str, Any]) -> ssl.SSLContext:
    files = site_info["certificates"]
    context = ssl.create_default_context(cafile=files["root"])
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.load_cert_chain(files["client"], files["client_key"])
    return context


def exchange(connection: HTTPSConnection, method: str, path: str) -> Any:
    connection.request(method, f"{path}{'&' if '?' in path else '?'}xrfkey={XRFKEY}", headers=HEADERS)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{method} answered {response.status}")
    return json.loads(body)


def sequential(site_info: dict[str, Any]) -> tuple[Send, Callable[[Send, Iterable[Request]], list[Any]]]:
    def send(request: Request) -> Any:
        host_name, port, method, path = request
        # A context for every connection too, as a client that starts from the certificate files each time has.
        connection = NodeConnection(site_info, context_of(site_info), host_name, port)
        try:
            return exchange(connection, method, path)
        finally:
            connection.close()

    return send, lambda send, requests: [send(request) for request in requests]


def bare(site_info: dict[str, Any], parallel: int) -> tuple[Send, Callable[[Send, Iterable[Request]], list[Any]]]:
    context, own = context_of(site_info), threading.local()

    def send(request: Request) -> Any:
        host_name, port, method, path = request
        connections = own.__dict__.setdefault("connections", {})
        if (host_name, port) not in connections:
            connections[host_name, port] = NodeConnection(site_info, context, host_name, port)
        return exchange(connections[host_name, port], method, path)

    pool = ThreadPoolExecutor(parallel)
    return send, lambda send, requests: list(pool.map(send, requests))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("site_info")
    parser.add_argument("client", choices=["sequential", "bare"])
    parser.add_argument("job", choices=["list", "end"])
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--parallel", type=int, default=8)
    options = parser.parse_args()
    with open(options.site_info, encoding="utf-8") as stream:
        site_info = json.load(stream)
    send, send_all = sequential(site_info) if options.client == "sequential" else bare(site_info, options.parallel)

    repository = (site_info["host"], site_info["qrs_port"], "GET")
    send((*repository, "/qrs/virtualproxyconfig/full"))
    proxies = send(
        (*repository, f"/qrs/proxyservice/full?filter={quote('serverNodeConfiguration.proxyEnabled eq True')}")
    )
    lists = [
        (proxy["serverNodeConfiguration"]["hostName"], proxy["settings"]["restListenPort"], "GET", path)
        for proxy in proxies
        for path in map(list_path, proxy["settings"]["virtualProxies"])
    ]
    answers = send_all(send, lists)
    found = [
        (host_name, port, "DELETE", f"{path}/{session['SessionId']}")
        for (host_name, port, _method, path), sessions in zip(lists, answers, strict=True)
        for session in sessions
    ]
    if options.job == "end":
        found = found[: options.count]
        send_all(send, found)
    print(len(found))


def list_path(virtual_proxy: dict[str, Any]) -> str:
    return f"/qps/{virtual_proxy['prefix']}/session" if virtual_proxy["prefix"] else "/qps/session"


if __name__ == "__main__":
    main()
