# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request and what came of it, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError


@dataclass(frozen=True)
class Request:
    """One request: what is sent, and what may be shown of it.

    ``secret`` is a last path segment that must not be shown; ``label`` stands in its place. ``body`` becomes JSON.
    ``user`` is who asks, ``DIRECTORY\\id``, api_user unless given.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    secret: str = field(default="", repr=False)
    label: str = "***"
    body: Any = field(default=None, repr=False)
    user: str = ""

    @property
    def is_repeatable(self) -> bool:
        """Done twice, it does no more than done once: it reads, or changes or removes something by its id."""
        return self.method != "POST"

    @property
    def shown(self) -> str:
        query = f"?{urlencode(self.query, quote_via=quote, safe=' ')}" if self.query else ""
        return f"{self.path}{self.label if self.secret else ''}{query}"


@dataclass(frozen=True)
class Response:
    """``data`` is the parsed JSON, None for an empty body. ``repeated``: an earlier try may have done it.

    ``date`` is the header of this name, "" without one.
    """

    status: int
    data: Any = field(repr=False)
    repeated: bool
    date: str = ""


def expect_list(data: Any, request_line: str) -> list[dict[str, Any]]:
    """The answer as a list of objects; raises QlikError for any other shape."""
    if isinstance(data, list) and all(isinstance(item, dict) for item in data):
        return data
    found = "is empty" if data is None else "has another shape"
    raise QlikError(
        "unexpected_answer",
        f"{request_line}: a list of objects was expected, but the response {found}.",
        "Check that host and port are those of the service.",
    )
