# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand-ins at the two seams of the client: Rest, which the services ask, and urllib3's pools, which Rest asks."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.response import HTTPResponse

from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request, Response
from ansible_collections.qlikops.sense.plugins.module_utils._errors import RequestFailed


class FakeRest(Rest):
    """Answers by ``"METHOD host:port/path?query"``, whole or up to the ``?``, and records what it was asked.

    Where another user than api_user asks, `` as DIRECTORY\\id`` follows the path.

    An answer is data, an Answer, an error to raise, or a list of these, to be given one after the other.
    """

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)
        self.otherwise: Exception | None = None  # raised for what there is no answer to
        self.asked: list[str] = []
        self.bodies: list[Any] = []
        self.closed = False
        self.remembered: list[str] = []
        self.own: set[str] = set()
        self._lock = threading.Lock()

    def close(self) -> None:
        self.closed = True

    def masked(self, text: str) -> str:
        for known in self.remembered:
            text = text.replace(known, "***")
        return text

    def own_sessions(self) -> set[str]:
        return self.own

    def remember_secrets(self, ids: Iterable[str]) -> None:
        self.remembered += ids

    def send(self, endpoint: Endpoint, request: Request, accept: Collection[int] = (200,)) -> Response:
        query = "&".join(f"{name}={value}" for name, value in request.query.items())
        place = f"{request.method} {endpoint}{request.path}{request.secret}"
        with self._lock:
            place += f" as {request.user}" if request.user else ""
            self.asked.append(f"{place}?{query}" if query else place)
            if request.body is not None:
                self.bodies.append(request.body)
            known = self.asked[-1] if self.asked[-1] in self.answers else place
            answer = self.answers[known] if known in self.answers or not self.otherwise else self.otherwise
            if isinstance(answer, list) and answer and isinstance(answer[0], Turn):
                answer = (answer.pop(0) if len(answer) > 1 else answer[0]).answer
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Response):
            if answer.status not in accept:
                raise failed_with(answer.status, place)
            return answer
        return Response(200, answer, repeated=False)


@dataclass(frozen=True)
class Turn:
    """One of several answers to the same request; the last one stays."""

    answer: Any


def unreachable(place: str = "GET https://node") -> RequestFailed:
    return RequestFailed("connection_refused", "nothing listens there.", "Is it started?", request=place)


def failed_with(status: int, place: str = "GET https://node") -> RequestFailed:
    return RequestFailed("server_error", f"the response was {status}.", "", request=place, status=status)


@dataclass(frozen=True)
class Sent:
    """A request as it would go over the wire, below everything that requests adds or changes."""

    pool: HTTPConnectionPool
    method: str
    target: str
    headers: dict[str, str]
    timeout: float
    body: str | None = None

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True, strict_parsing=True)


@dataclass
class Wire:
    """Takes the place of the network. ``script`` holds a Reply or an error for each request, the last one for all more.

    An error may be a function that makes it out of the pool it comes from.
    """

    script: list[Any]
    sent: list[Sent] = field(default_factory=list)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> Wire:
        def urlopen(pool: HTTPConnectionPool, method: str, url: str, **options: Any) -> HTTPResponse:
            headers = {str(name): str(value) for name, value in options["headers"].items()}
            self.sent.append(Sent(pool, method, url, headers, options["timeout"].read_timeout, options["body"]))
            step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            if isinstance(step, Reply):
                return step.response()
            raise step if isinstance(step, BaseException) else step(pool)

        monkeypatch.setattr(HTTPConnectionPool, "urlopen", urlopen)
        return self


@dataclass(frozen=True)
class Reply:
    """An answer; ``body`` is text, bytes, or what becomes JSON. ``breaks_with``: raised instead of the end."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    breaks_with: Callable[[], Exception] | None = None

    def response(self) -> HTTPResponse:
        text = self.body if isinstance(self.body, (str, bytes)) else json.dumps(self.body)
        content = text.encode() if isinstance(text, str) else text
        stream = _Breaking(content, self.breaks_with) if self.breaks_with else io.BytesIO(content)
        return HTTPResponse(
            body=stream,
            status=self.status,
            headers=dict(self.headers),
            preload_content=False,
            decode_content=False,
            original_response=_Original(self.headers),  # type: ignore[arg-type]  # all that requests takes from it
        )


class _Original:
    """What requests reads cookies from."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.msg = Message()
        for name, value in headers.items():
            self.msg[name] = value

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        pass


class _Breaking(io.BytesIO):
    def __init__(self, content: bytes, breaks_with: Callable[[], Exception]) -> None:
        super().__init__(content)
        self._breaks_with = breaks_with

    def read(self, *_arguments: Any, **_options: Any) -> bytes:
        raise self._breaks_with()


def refused(pool: HTTPConnectionPool) -> Exception:
    """What urllib3 raises where nothing listens."""
    cause = ConnectionRefusedError(111, "Connection refused")
    error = urllib3.exceptions.NewConnectionError(pool, f"Failed to establish a new connection: {cause}")  # type: ignore[arg-type]  # a pool does here
    error.__cause__ = cause
    return urllib3.exceptions.MaxRetryError(pool, "/path?xrfkey=secret", error)
