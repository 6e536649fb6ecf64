# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the odd server says to a request: any status, any bytes, in any manner. Pure."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

PAGE = "<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in</body></html>"


class Manner(Enum):
    """How an answer is sent."""

    WHOLE = auto()
    RAW = auto()  # the body is all that is sent, status line included; then the connection is closed
    LOST = auto()  # not a byte
    RESET = auto()  # not a byte, and no farewell
    CUT = auto()  # closed after half of the bytes announced
    HANG = auto()
    TRICKLE = auto()  # a byte at a time, without end
    ENDLESS = auto()  # the body again and again, as fast as it can be sent


@dataclass(frozen=True)
class Answer:
    """``headers`` come on top of ``Content-Length``, which they may replace."""

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = Manner.WHOLE


def as_json(data: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(data).encode(), {"Content-Type": "application/json"})


def text(words: str | bytes, status: int = 200, **headers: str) -> Answer:
    """Underscores in the names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(
        status, words if isinstance(words, bytes) else words.encode(), {"Content-Type": "text/plain", **named}
    )


def html(status: int = 200, page: str = PAGE) -> Answer:
    return Answer(status, page.encode(), {"Content-Type": "text/html"})


def status(number: int, **headers: str) -> Answer:
    """A status with the words that come with it."""
    return text(f"Words that come with {number}", number, **headers)


def gzipped(body: bytes, status: int = 200) -> Answer:
    return Answer(status, gzip.compress(body, 1), {"Content-Encoding": "gzip"})


def raw(sent: bytes) -> Answer:
    return Answer(body=sent, manner=Manner.RAW)


LOST = Answer(manner=Manner.LOST)
RESET = Answer(manner=Manner.RESET)
CUT = Answer(body=b"[" + b" " * 1000 + b"]", manner=Manner.CUT)
HALF = Answer(body=b'[{"UserDirectory": "LAB", "UserId": "an', headers={"Content-Type": "application/json"})
HANG = Answer(manner=Manner.HANG)
TRICKLE = Answer(body=b"[" + b" " * 1000, manner=Manner.TRICKLE)
EMPTY = Answer()
GARBAGE = text(b"\xff\xfe\xe4\xf6 garbage")
