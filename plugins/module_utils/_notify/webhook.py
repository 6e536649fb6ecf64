# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Posts messages to the webhooks of Teams and Slack, and says what their answers mean, without the URL.

Whoever has the URL of a webhook may post, too, so it stands in no message, as a whole or in parts.
"""

from __future__ import annotations

import html
import json
import re
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ansible_collections.qlikops.sense.plugins.module_utils._client.adapter import (
    NodeAdapter,
    NodeSession,
    PlainAdapter,
)
from ansible_collections.qlikops.sense.plugins.module_utils._client.body import LARGEST_OTHER, receive
from ansible_collections.qlikops.sense.plugins.module_utils._client.deadline import LimitedSocket, time_limit
from ansible_collections.qlikops.sense.plugins.module_utils._client.environment import proxies_for
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import REQUESTS_IMPORT_ERROR, pause_wanted
from ansible_collections.qlikops.sense.plugins.module_utils._client.masking import readable
from ansible_collections.qlikops.sense.plugins.module_utils._client.no_answer import causes_of
from ansible_collections.qlikops.sense.plugins.module_utils._notify.address import one_line

if REQUESTS_IMPORT_ERROR is None:
    import requests
    from urllib3.exceptions import HTTPError

DONE = {"teams": (200, 202), "slack": (200,)}
# Too many requests, and what a server says that may do better next time.
TRY_AGAIN = (429, 500, 502, 503, 504)
# Connectors of Teams, which workflows replace, answer 200 also where it failed, and say so in words
# (MicrosoftDocs/msteams-docs#1810).
FAILED_ALL_THE_SAME = re.compile(r"(?i)delivery failed|returned HTTP error")
STATUS_WITHIN = re.compile(r"HTTP error (\d+)")
NO_ANSWER = -1
SHORTEST_SECRET = 6
LONGEST_WORDS = 200
LONGEST_PAUSE = 60.0  # that a server may ask for; one that wants more is not asked again


@dataclass(frozen=True)
class Webhook:
    """``timeout`` and ``delay`` in seconds; ``retries`` after the first try."""

    channel: str
    url: str = field(repr=False)
    timeout: float = 30
    retries: int = 3
    delay: float = 10


@dataclass(frozen=True)
class Response:
    """What came of one try. ``again``: it may be taken when it is tried again. ``status`` is -1 without an answer."""

    told: bool
    again: bool
    status: int
    why: str

    def as_result(self, channel: str) -> dict[str, Any]:
        return {"channel": channel, "told": self.told, "status": self.status, "why": self.why}


def post(webhook: Webhook, body: Mapping[str, Any], sleep: Callable[[float], None] = time.sleep) -> Response:
    """Posts a message until it is taken or there is no use in trying again."""
    if REQUESTS_IMPORT_ERROR is not None:
        return Response(
            False, False, NO_ANSWER, "the Python library requests is missing where the message is sent from"
        )
    with _session_for(webhook.url) as session:
        for tries_left in range(webhook.retries, -1, -1):
            answer, wanted = _tried(session, webhook, json.dumps(body).encode())
            if not (answer.again and tries_left) or (wanted or 0) > LONGEST_PAUSE:
                return answer
            sleep(max(webhook.delay, wanted or 0))
    raise AssertionError("the last try returns")


def _tried(session: Any, webhook: Webhook, content: bytes) -> tuple[Response, float | None]:
    """The answer, and how many seconds the server wants to be left alone."""
    try:
        with time_limit(webhook.timeout):
            response = session.post(
                webhook.url,
                data=content,
                headers={"Content-Type": "application/json"},
                timeout=webhook.timeout,
                allow_redirects=False,
                stream=True,
            )
            received = receive(response, LARGEST_OTHER)
    except (requests.exceptions.RequestException, HTTPError, ValueError, OSError) as error:
        return answer_of(webhook.channel, NO_ANSWER, _no_answer(error, webhook), webhook.url), None
    words = readable(received.content, received.is_cut)
    return answer_of(webhook.channel, received.status, words, webhook.url), pause_wanted(response)


def _session_for(url: str) -> Any:
    session = NodeSession()
    # Neither ~/.netrc nor REQUESTS_CA_BUNDLE of the environment may change who is asked and who is trusted.
    session.trust_env = False
    parts = urlsplit(url)
    host = parts.hostname or ""
    context = ssl.create_default_context()
    context.sslsocket_class = LimitedSocket
    session.mount("https://", NodeAdapter(context, host, 1))
    session.mount("http://", PlainAdapter())
    session.proxies = proxies_for(parts.scheme, host, parts.port or (443 if parts.scheme == "https" else 80))
    return session


def _no_answer(error: Exception, webhook: Webhook) -> str:
    causes = list(causes_of(error))
    if any(type(cause).__name__ in ("ProxyError", "InvalidSchema") for cause in causes):
        return "the HTTP proxy of the environment could not be used"
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the server's certificate is not trusted ({cause.verify_message.rstrip('.')})"
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed ({(getattr(cause, 'reason', None) or 'unknown error').replace('_', ' ').lower()})"
    if any(isinstance(cause, TimeoutError) or "Timeout" in type(cause).__name__ for cause in causes):
        return f"nothing came within {webhook.timeout:g} seconds"
    system = (cause.strerror for cause in causes if isinstance(cause, OSError) and isinstance(cause.strerror, str))
    return next(system, "the connection broke")


def answer_of(channel: str, status: int, words: str, url: str) -> Response:
    """What an answer means. ``words`` are the server's, or why there was no answer."""
    words = one_line(words)
    failed = channel == "teams" and FAILED_ALL_THE_SAME.search(words)
    told = status in DONE[channel] and not failed
    within = STATUS_WITHIN.search(words) if failed else None
    inner = int(within[1]) if within else status
    if told:
        why = ""
    elif status == NO_ANSWER:
        why = f"no answer: {words}"
    else:
        why = f"the response was {status}" + (f", with the words: {words}" if words else "")
    shown = without(why, url)
    shown = shown if len(shown) <= LONGEST_WORDS else f"{shown[: LONGEST_WORDS - 1]}…"
    return Response(told, not told and inner in TRY_AGAIN, status, shown)


def without(text: str, url: str) -> str:
    """The text without anything that would let its reader post, too: the URL is a secret as a whole and in parts."""
    for secret in sorted(_secrets(url), key=len, reverse=True):
        text = re.sub(re.escape(secret), "***", text, flags=re.IGNORECASE)
    return text


def _secrets(url: str) -> set[str]:
    try:
        parts = urlsplit(url)
        pieces = [url, f"{parts.path}?{parts.query}", parts.path, parts.query, *parts.path.split("/")]
        pieces += [value.partition("=")[2] for value in parts.query.split("&")]
        pieces += [value for _name, value in parse_qsl(parts.query, keep_blank_values=True)]
        pieces += [part for part in (parts.username, parts.password) if part]
    except ValueError:
        pieces = [url]
    return {said for piece in pieces for said in _spellings(piece) if len(said) >= SHORTEST_SECRET}


def _spellings(piece: str) -> Iterable[str]:
    return piece, unquote(piece), one_line(piece), html.escape(piece), html.escape(unquote(piece))
