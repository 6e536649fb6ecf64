# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection qlikops.sense: it may change at any time.
# Do not import it from outside.

"""The Proxy service's own API (QPS): paths and fields of sessions.

It knows the sessions of one proxy process; the prefix after ``/qps`` says of which virtual proxy (D: qps-url).
``/user/...`` is never used: how it reads special characters is not documented (N: qlik-api 1.4).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ansible_collections.qlikops.sense.plugins.module_utils._connection import Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.plugins.module_utils._rest import Call, Rest, expect_list


@dataclass(frozen=True)
class SessionStruct:
    """A session as QPS gives it; ``attributes`` maps a name to all of its values."""

    user_directory: str
    user_id: str
    user_name: str
    attributes: dict[str, list[str]]
    session_id: str = field(repr=False)


class ProxyServiceApi:
    """QPS of one proxy service."""

    def __init__(self, rest: Rest, endpoint: Endpoint) -> None:
        self._rest = rest
        self._endpoint = endpoint

    def is_alive(self) -> bool:
        """False while it is starting up; raises RequestFailed where nothing answers."""
        answer = self._rest.send(self._endpoint, Call("GET", "/qps/alive"), accept=(200, 503))
        return isinstance(answer.data, dict) and str(answer.data.get("value")).lower() == "true"

    def sessions(self, prefix: str) -> list[SessionStruct]:
        """The sessions of one virtual proxy, "" being the default one."""
        path = _path(prefix)
        try:
            answer = self._rest.send(self._endpoint, Call("GET", path))
        except RequestFailed as error:
            if error.status == 404:
                error.hint = (
                    f"QRS links the virtual proxy /{prefix} to this proxy service, which does not know it."
                    " If it was linked just now, try again; else restart the proxy service."
                )
            raise
        request = f"GET https://{self._endpoint}{path}"
        return [_session(item, request) for item in expect_list(answer.data, request)]

    def end(self, prefix: str, session_id: str, label: str) -> bool:
        """Ends a session; False where it was gone already. ``label`` stands for the id in messages.

        The answer is 200 (D, C, L: qlik-api 1.2). What else HTTP calls success counts as such.
        """
        if not session_id.strip("."):
            # Such a segment is folded away on its way through URLs, and the request would mean something else.
            raise QlikError("unsafe_id", f"{label}: the id of this session can't be part of a URL.")
        call = Call("DELETE", f"{_path(prefix)}/", secret=session_id, label=label)
        answer = self._rest.send(self._endpoint, call, accept=(200, 202, 204, 404))
        return answer.status != 404 or answer.repeated


def _path(prefix: str) -> str:
    # Such a segment is folded away on its way through URLs, and the request would mean another virtual proxy.
    if any(segment in ("", ".", "..") for segment in prefix.split("/")) and prefix:
        raise QlikError(
            "unsafe_prefix",
            f"The prefix '{prefix}' can't be part of a URL: '.', '..' and nothing between slashes are folded away.",
            "Give the virtual proxy another prefix in the QMC.",
        )
    return f"/qps/{quote(prefix, errors='surrogatepass')}/session" if prefix else "/qps/session"


def _session(item: dict[str, Any], request: str) -> SessionStruct:
    attributes = item.get("Attributes") or []
    if (
        not item.get("SessionId")
        or not isinstance(attributes, list)
        or not all(isinstance(a, dict) for a in attributes)
    ):
        raise QlikError(
            "unexpected_answer",
            f"{request}: a session without SessionId or of another shape was answered.",
            "Is this really the service asked for? Check host and port.",
        )
    return SessionStruct(
        user_directory=str(item.get("UserDirectory") or ""),
        user_id=str(item.get("UserId") or ""),
        user_name=str(item.get("UserName") or ""),
        attributes=_attributes(attributes),
        session_id=str(item["SessionId"]),
    )


def _attributes(items: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Each element has one name, and names may repeat (D, C: qlik-api 1.3)."""
    attributes: dict[str, list[str]] = {}
    for item in items:
        for name, value in item.items():
            attributes.setdefault(name, []).append("" if value is None else str(value))
    return attributes
