# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two limits on waiting: one over a whole answer, and one over all pauses that a service in trouble brings about.

The timeout of requests and urllib3 begins anew with every byte, so an answer that only trickles would never end.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class AnswerTooSlow(TimeoutError):
    """The answer had begun when the time was over."""


class _Request(threading.local):
    """What the thread has under way: when it has to be over (monotonic clock), and whether the answer has begun."""

    end: float | None = None
    has_begun = False


_request = _Request()


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Bounds what this thread reads from limited sockets meanwhile: TimeoutError, AnswerTooSlow."""
    _request.end, _request.has_begun = time.monotonic() + seconds, False
    try:
        yield
    finally:
        _request.end = None


class LimitedSocket(ssl.SSLSocket):
    """For ``SSLContext.sslsocket_class``."""

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        if _request.end is None:
            return super().recv_into(*arguments, **options)
        try:
            self.settimeout(_time_left(_request.end))
            count = super().recv_into(*arguments, **options)
        except TimeoutError as error:
            if _request.has_begun:
                raise AnswerTooSlow("the response began") from error
            raise
        _request.has_begun = True
        return count


class LimitedPlainSocket(socket.socket):
    """For what is read before TLS: the words of an HTTP proxy, with which the answer asked for has not begun."""

    @classmethod
    def instead_of(cls, plain: socket.socket) -> LimitedPlainSocket:
        """The same connection; the given socket is used up."""
        timeout = plain.gettimeout()
        limited = cls(plain.family, plain.type, plain.proto, fileno=plain.detach())
        limited.settimeout(timeout)
        return limited

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        if _request.end is not None:
            self.settimeout(_time_left(_request.end))
        return super().recv_into(*arguments, **options)


class Deadline:
    """The seconds left to wait for one service between tries; pauses at the same time count once. For any thread."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._pausing_until = 0.0
        self._changing = threading.Lock()

    def pause(self, wanted: float) -> float:
        """How many of the seconds wanted may be waited now; 0 where there is no patience left."""
        with self._changing:
            now = time.monotonic()
            begin = max(now, self._pausing_until)
            granted = max(0.0, min(now + wanted - begin, self._left))
            self._left -= granted
            if granted:
                self._pausing_until = begin + granted
            return max(0.0, min(wanted, self._pausing_until - now))


def _time_left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time is over")
    return left
