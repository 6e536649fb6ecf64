# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of an answer, read only as far as it is of use: a few kilobytes of gzip may unpack to gigabytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ansible_collections.qlikops.sense.plugins.module_utils._errors import RequestFailed

if TYPE_CHECKING:
    import requests

LARGEST_JSON = 256 * 1024 * 1024
LARGEST_OTHER = 64 * 1024  # far more than is quoted
PIECE = 16 * 1024
# Whatever the charset: a byte order mark and the zeros of UTF-16 are passed over.
BEGINS_LIKE_JSON = re.compile(rb"""[\s\x00\xef\xbb\xbf\xff\xfe]*[\[{"\-0-9tfn]""")


@dataclass(frozen=True)
class Received:
    """An answer and its unpacked body. ``is_cut``: the body was longer than anyone wants to read."""

    response: requests.Response
    content: bytes = field(repr=False)
    is_cut: bool

    @property
    def status(self) -> int:
        return self.response.status_code

    def require_whole(self, request: str) -> None:
        """Raises RequestFailed for a success that is too large. What is no JSON anyway is complained of elsewhere."""
        if self.is_cut and BEGINS_LIKE_JSON.match(self.content):
            raise RequestFailed(
                "answer_too_large",
                f"the response is larger than {LARGEST_JSON // 1024**2} MiB, which is more than the limit.",
                "Check that host and port are those of the service, and what is between the controller and the node.",
                request=request,
                status=self.status,
            )


def receive(response: requests.Response, largest_json: int | None = None) -> Received:
    """Reads the body of a response that was asked for with ``stream=True``, and gives its connection back.

    Where the body is longer than wanted, the connection is closed: the rest would have to be read before its next use.
    """
    content = bytearray()
    with response:
        for piece in response.iter_content(PIECE):
            content += piece
            may_be_json = response.status_code < 300 and BEGINS_LIKE_JSON.match(content)
            if len(content) > ((largest_json or LARGEST_JSON) if may_be_json else LARGEST_OTHER):
                return Received(response, bytes(content), is_cut=True)
    return Received(response, bytes(content), is_cut=False)
