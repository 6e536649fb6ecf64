# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON over mutual TLS the way Qlik's services want it: keep-alive, xrfkey, retries of requests safe to repeat."""

from __future__ import annotations

import contextlib
import json
import secrets
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterable
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.qlikops.sense.plugins.module_utils._client.adapter import NodeAdapter, NodeSession
from ansible_collections.qlikops.sense.plugins.module_utils._client.body import Received, receive
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection, Endpoint, user_header
from ansible_collections.qlikops.sense.plugins.module_utils._client.deadline import Deadline, time_limit
from ansible_collections.qlikops.sense.plugins.module_utils._client.diagnosis import explain_answer, explain_not_json
from ansible_collections.qlikops.sense.plugins.module_utils._client.environment import proxies_of_environment
from ansible_collections.qlikops.sense.plugins.module_utils._client.masking import Secrets, quotable, readable
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request, Response
from ansible_collections.qlikops.sense.plugins.module_utils._client.no_answer import causes_of, explain_no_answer
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError

REQUESTS_IMPORT_ERROR: str | None = None
try:
    import requests
    from urllib3 import disable_warnings
    from urllib3.exceptions import (
        HTTPError,
        InsecureRequestWarning,
        InvalidHeader,
        NewConnectionError,
        ReadTimeoutError,
    )
    from urllib3.util import Retry
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

WORTH_REPEATING = frozenset({502, 503, 504})
LONGEST_PAUSE = 30.0


class Rest:
    """Sends calls to endpoints; safe to use from several threads. Raises RequestFailed."""

    def __init__(self, connection: Connection, sleep: Callable[[float], None] = time.sleep) -> None:
        self._connection = connection
        self._context = connection.tls_context()
        self._sleep = sleep
        self._xrfkey = secrets.token_hex(8)
        self._headers = {
            "Accept": "application/json",
            "X-Qlik-Xrfkey": self._xrfkey,
            "X-Qlik-User": user_header(connection.api_user),
        }
        self._patience: dict[Endpoint, Deadline] = {}
        self._sessions: dict[Endpoint, requests.Session] = {}
        self._opening = threading.Lock()
        self._secrets = Secrets()
        self._is_let_in = False
        self._at_user_port = threading.Lock()

    def remember_secrets(self, ids: Iterable[str]) -> None:
        """Ids of sessions that a server may name in any answer, and no message may show."""
        self._secrets.remember(ids)

    def masked(self, text: str) -> str:
        """The text without any of these ids."""
        return self._secrets.masked_in(text)

    def own_sessions(self) -> set[str]:
        """The ids of the sessions that a virtual proxy has opened for the requests to QRS."""
        # Not by going through all of them: other threads may be opening one.
        session = self._sessions.get(self._connection.repository) if self._connection.asks_at_user_port else None
        return {cookie.value for cookie in session.cookies if cookie.value} if session else set()

    def close(self) -> None:
        """Logs out where a virtual proxy has let these requests in: the session would count until it times out."""
        if self.own_sessions():
            with contextlib.suppress(QlikError):
                self.send(self._connection.repository, Request("DELETE", f"{self._connection.prefix_path}/qps/user"))
        for session in self._sessions.values():
            session.close()

    def send(self, endpoint: Endpoint, request: Request, accept: Collection[int] = (200,)) -> Response:
        """Sends one request. An answer with a status that is not accepted, or a success that is not JSON, raises.

        What may pass is tried again, a request that is not repeatable only where it can't have reached the node.
        """
        received, repeated = self._send_until_answered(endpoint, request)
        request_line = f"{request.method} https://{endpoint}{request.shown}"
        if received.status not in accept:
            words = self._quotable(readable(received.content, received.is_cut), request)
            location = self._quotable(received.response.headers.get("Location", ""), request)
            raise explain_answer(request_line, received.status, words, location, self._connection.api_user)
        data = self._parsed(request_line, received, request)
        return Response(received.status, data, repeated, received.response.headers.get("Date", ""))

    def _send_until_answered(self, endpoint: Endpoint, request: Request) -> tuple[Received, bool]:
        answer_lost = False
        for attempt in range(self._connection.retries + 1):
            is_last = attempt == self._connection.retries
            try:
                received = self._send_in_turn(endpoint, request)
            # urllib3's own errors, and ValueError, come through where a name can't be a host name at all.
            except (requests.exceptions.RequestException, HTTPError, ValueError) as error:
                if is_last or not _may_pass(error) or not (request.is_repeatable or _never_sent(error)):
                    request_line = f"{request.method} https://{endpoint}{request.shown}"
                    raise explain_no_answer(request_line, error, endpoint, self._connection) from None
                answer_lost = answer_lost or not _never_sent(error)
                wanted = None
            else:
                wanted = pause_wanted(received.response)
                may_pass = received.status in WORTH_REPEATING or (received.status == 429 and wanted is not None)
                if is_last or not may_pass or not request.is_repeatable:
                    return received, answer_lost
                # A gateway may have passed the request on before it gave up.
                answer_lost = answer_lost or received.status in WORTH_REPEATING
            wanted = 0.2 * 2**attempt if wanted is None else min(wanted, LONGEST_PAUSE)
            self._sleep(self._patience_with(endpoint).pause(wanted))
        raise AssertionError("the last attempt returns or raises")

    def _send_in_turn(self, endpoint: Endpoint, request: Request) -> Received:
        """The first request through a virtual proxy goes alone: each without a cookie opens a session of its own."""
        if self._is_user_port(endpoint) and not self._is_let_in:
            with self._at_user_port:
                if not self._is_let_in:
                    received = self._send_once(endpoint, request)
                    self._is_let_in = received.status < 400
                    self.remember_secrets(self.own_sessions())
                    return received
        return self._send_once(endpoint, request)

    def _patience_with(self, endpoint: Endpoint) -> Deadline:
        """For a whole run, however many requests the service puts off."""
        seconds = self._connection.timeout * (self._connection.retries + 1)
        return self._patience.setdefault(endpoint, Deadline(seconds))

    def _is_user_port(self, endpoint: Endpoint) -> bool:
        return self._connection.asks_at_user_port and endpoint == self._connection.repository

    def _send_once(self, endpoint: Endpoint, request: Request) -> Received:
        query = urlencode({**request.query, "xrfkey": self._xrfkey}, quote_via=quote, safe="")
        address = self._connection.address_of(endpoint.host_name)
        path = f"{request.path}{quote(request.secret, safe='', errors='surrogatepass')}"
        url = f"https://{address}:{endpoint.port}{path}?{query}"
        headers = {"Host": str(endpoint)}
        if request.user:
            headers["X-Qlik-User"] = user_header(request.user)
        body = None
        if request.body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(request.body)
        session = self._session_for(endpoint)
        timeout = self._connection.seconds_for_a_request()
        with time_limit(timeout):
            return receive(
                session.request(
                    request.method, url, data=body, timeout=timeout, allow_redirects=False, headers=headers, stream=True
                )
            )

    def _session_for(self, endpoint: Endpoint) -> requests.Session:
        with self._opening:
            if endpoint not in self._sessions:
                self._sessions[endpoint] = self._open_session(endpoint)
            return self._sessions[endpoint]

    def _open_session(self, endpoint: Endpoint) -> requests.Session:
        session = NodeSession()
        # Neither ~/.netrc nor REQUESTS_CA_BUNDLE of the environment may change who is asked and who is trusted.
        session.trust_env = False
        session.verify = self._connection.validate_certs
        if not session.verify:
            disable_warnings(InsecureRequestWarning)  # the module's result carries the warning
        session.headers.update(self._headers)
        if not self._is_user_port(endpoint):
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        if self._connection.use_proxy:
            session.proxies = proxies_of_environment(self._connection, endpoint)
        session.mount("https://", NodeAdapter(self._context, endpoint.host_name, self._connection.max_parallel))
        return session

    def _parsed(self, request_line: str, received: Received, request: Request) -> Any:
        if received.status >= 300 or not received.content.strip():
            return None
        received.require_whole(request_line)
        try:
            return json.loads(received.content)
        except (ValueError, RecursionError):
            text = readable(received.content, received.is_cut)
            # Of damaged JSON only the length is told, as long as no web page shows in it.
            is_measured = text.lstrip()[:1] in ("[", "{") and "<" not in text
            raise explain_not_json(
                request_line, received.status, text if is_measured else self._quotable(text, request)
            ) from None

    def _quotable(self, text: str, request: Request) -> str:
        return quotable(text, self._secrets, self._xrfkey, request.secret)


def _may_pass(error: Exception) -> bool:
    """A broken connection may be better next time; a wrong certificate or a server that hangs will not."""
    broken = (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)
    lasting = (requests.exceptions.SSLError, requests.exceptions.Timeout, requests.exceptions.ProxyError)
    causes = list(causes_of(error))
    if any(isinstance(cause, ssl.SSLEOFError) for cause in causes):
        return True  # closed without the farewell of TLS, met while writing
    hangs = any(isinstance(cause, ReadTimeoutError) for cause in causes)
    return isinstance(error, broken) and not isinstance(error, lasting) and not hangs


def _never_sent(error: Exception) -> bool:
    return any(isinstance(getattr(cause, "reason", None), NewConnectionError) for cause in error.args)


def pause_wanted(response: requests.Response) -> float | None:
    """The seconds that a server asks for in ``Retry-After``, or None."""
    try:
        return Retry().get_retry_after(response.raw)
    except (InvalidHeader, ValueError, OverflowError):  # the latter two for a date that no calendar has
        return None
