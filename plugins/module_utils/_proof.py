# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proofs that a proxy service is back: looks until nothing is lacking, or the time is over."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection, Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.environment import proxies_of_environment

REQUESTS_IMPORT_ERROR: str | None = None
try:
    import requests
    from urllib3 import disable_warnings
    from urllib3.exceptions import InsecureRequestWarning
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

RUNNING = "running"
FIRST_SERVER_ERROR = 500


@dataclass(frozen=True)
class Look:
    """What one look has found: the proxy service as qlik_proxy_info returns it, None where QRS did not answer."""

    at: datetime
    proxy: dict[str, Any] | None
    lacks: tuple[str, ...]


def what_is_lacking(proxy: Mapping[str, Any], prefixes: Iterable[str], asks_qrs: bool) -> tuple[str, ...]:
    """Half sentences, none where the proxy service is alive, running according to QRS, and linked to ``prefixes``."""
    missing = [f"/{prefix}" for prefix in prefixes if prefix not in proxy["virtual_proxies"]]
    why_down = f": {proxy['reason'].rstrip('.')}" if proxy["reason"] else ""
    return (
        *([] if proxy["alive"] else [f"its proxy service is not alive{why_down}"]),
        *([f"QRS says {proxy['service_state']}"] if asks_qrs and proxy["service_state"] != RUNNING else []),
        *([f"it does not serve {', '.join(missing)}"] if missing else []),
    )


def wait_until_back(
    look: Callable[[float], Look],
    timeout: float,
    interval: float,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
) -> tuple[Look, float]:
    """The last look, and the seconds that it all took. ``look`` is told when it has to be over (monotonic clock).

    One look is always made, within ``interval`` seconds where there is no time at all.
    """
    begin = monotonic()
    while True:
        last = look(begin + max(timeout, interval))
        elapsed = monotonic() - begin
        if not last.lacks or elapsed >= timeout:
            return last, elapsed
        sleep(min(interval, timeout - elapsed))


def users_port_lacks(connection: Connection, host_name: str, port: int) -> tuple[str, ...]:
    """Half a sentence where the port for users gives no answer, or one that tells of a fault of the server.

    Anything else shows that somebody is at home. The certificate there is for browsers, so it is not checked.
    """
    endpoint = Endpoint(host_name, port)
    with requests.Session() as session:
        session.trust_env = False
        disable_warnings(InsecureRequestWarning)
        if connection.use_proxy:
            session.proxies = proxies_of_environment(connection, endpoint)
        try:
            answer = session.get(
                f"https://{connection.address_of(host_name)}:{port}/",
                headers={"Host": str(endpoint)},
                timeout=connection.seconds_for_a_request(),
                allow_redirects=False,
                verify=False,
                stream=True,
            )
        except (requests.exceptions.RequestException, ValueError) as error:
            return (f"the users' port {port} does not answer ({type(error).__name__})",)
        if answer.status_code >= FIRST_SERVER_ERROR:
            return (f"the users' port {port} answers with status {answer.status_code}",)
        return ()
