# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at a port without trusting it: whether it answers, how soon, with which certificate, and at what time.

The way there is that of every other request: by the same addresses and through the same HTTP proxies.
"""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._client.adapter import NodeAdapter, NodeSession
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection, Endpoint, user_header
from ansible_collections.qlikops.sense.plugins.module_utils._client.deadline import LimitedSocket, time_limit
from ansible_collections.qlikops.sense.plugins.module_utils._client.environment import proxies_of_environment
from ansible_collections.qlikops.sense.plugins.module_utils._client.no_answer import explain_no_answer
from ansible_collections.qlikops.sense.plugins.module_utils._errors import RequestFailed

REQUESTS_IMPORT_ERROR: str | None = None
try:
    import requests
    from urllib3 import disable_warnings
    from urllib3.exceptions import HTTPError, InsecureRequestWarning
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

XRFKEY = "0123456789abcdef"  # protects against web pages, which this is none


@dataclass(frozen=True)
class Answered:
    """``error`` is None where an answer came, whatever its status. ``certificate`` in DER."""

    seconds: float
    status: int | None
    certificate: bytes | None
    ahead: float | None
    error: RequestFailed | None


class _RememberingSocket(LimitedSocket):
    def do_handshake(self, *arguments: Any, **options: Any) -> None:
        super().do_handshake(*arguments, **options)
        self.context.seen = self.getpeercert(binary_form=True)  # type: ignore[attr-defined]  # of this look alone


def look_at(connection: Connection, endpoint: Endpoint, path: str) -> Answered:
    """One GET, and no second try."""
    context = replace(connection, validate_certs=False).tls_context()
    context.sslsocket_class = _RememberingSocket
    context.seen = None  # type: ignore[attr-defined]  # of this look alone
    with NodeSession() as session:
        session.trust_env = False
        session.verify = False
        disable_warnings(InsecureRequestWarning)
        if connection.use_proxy:
            session.proxies = proxies_of_environment(connection, endpoint)
        session.mount("https://", NodeAdapter(context, endpoint.host_name, 1))
        url = f"https://{connection.address_of(endpoint.host_name)}:{endpoint.port}{path}"
        headers = {
            "Host": str(endpoint),
            "X-Qlik-Xrfkey": XRFKEY,
            "X-Qlik-User": user_header(connection.api_user),
        }
        timeout = connection.seconds_for_a_request()
        begin = time.monotonic()
        status, ahead, error = None, None, None
        try:
            with (
                time_limit(timeout),
                session.get(
                    url,
                    params={"xrfkey": XRFKEY},
                    timeout=timeout,
                    allow_redirects=False,
                    headers=headers,
                    stream=True,
                ) as answer,
            ):
                status, ahead = answer.status_code, _ahead(answer.headers.get("Date", ""))
        except (requests.exceptions.RequestException, HTTPError, ValueError) as failure:
            error = explain_no_answer(f"GET https://{endpoint}{path}", failure, endpoint, connection)
        seen: bytes | None = context.seen  # type: ignore[attr-defined]  # of this look alone
        return Answered(time.monotonic() - begin, status, seen, ahead, error)


def _ahead(date: str) -> float | None:
    """By how many seconds the clock that wrote a date is ahead. Dates have whole seconds, so half of one is added."""
    try:
        written = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    if written.tzinfo is None:
        written = written.replace(tzinfo=timezone.utc)
    return (written - datetime.now(timezone.utc)).total_seconds() + 0.5
