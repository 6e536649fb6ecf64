# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Proxy service's own API (QPS): paths and fields of sessions.

It knows the sessions of one proxy process; the prefix after ``/qps`` says of which virtual proxy (D: qps-url).
``/user/...`` is never used: how it reads special characters is not documented (N: qlik-api 1.4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote

from ansible_collections.qlikops.sense.plugins.module_utils._api.entities import Fields, objects_of, value_of
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed

CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")


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
        """False while it is starting up; raises QlikError where nothing answers, or not with a flag."""
        path = "/qps/alive"
        answer = self._rest.send(self._endpoint, Request("GET", path), accept=(200, 503))
        if answer.status == 503:
            return False
        return value_of(answer.data, f"GET https://{self._endpoint}{path}").required_flag("value")

    def sessions(self, prefix: str) -> list[SessionStruct]:
        """The sessions of one virtual proxy, "" being the default one."""
        path = _path(prefix)
        try:
            answer = self._rest.send(self._endpoint, Request("GET", path))
        except RequestFailed as error:
            if error.status == 404:
                error.hint = (
                    f"QRS links the virtual proxy /{prefix} to this proxy service, which does not know it."
                    " If it was linked just now, try again; else restart the proxy service."
                )
            raise
        sessions = [_session(item) for item in objects_of(answer.data, f"GET https://{self._endpoint}{path}")]
        self._rest.remember_secrets(session.session_id for session in sessions)
        return sessions

    def end(self, prefix: str, session_id: str, label: str) -> bool:
        """Ends a session; False where it was gone already. ``label`` stands for the id in messages.

        The answer is 200 (D, C, L: qlik-api 1.2). What else HTTP calls success counts as such.
        """
        if not session_id.strip("."):
            # Such a segment is folded away on its way through URLs, and the request would mean something else.
            raise QlikError("unsafe_id", f"{label}: the id of this session can't be part of a URL.")
        request = Request("DELETE", f"{_path(prefix)}/", secret=session_id, label=label)
        answer = self._rest.send(self._endpoint, request, accept=(200, 202, 204, 404))
        return answer.status != 404 or answer.repeated


def _path(prefix: str) -> str:
    if not prefix:
        return "/qps/session"
    segments = prefix.split("/")
    if any(segment in ("", ".", "..") for segment in segments) or CONTROL_CHARACTER.search(prefix):
        # On its way through URLs it is folded or cut, and the request would mean another virtual proxy.
        raise QlikError(
            "unsafe_prefix",
            f"The prefix {prefix!r} of a virtual proxy can't be part of a URL: it has an empty part, one that is"
            " . or .., or a control character.",
            "Give the virtual proxy another prefix in the QMC.",
        )
    return f"/qps/{quote(prefix, errors='surrogatepass')}/session"


def _session(item: Fields) -> SessionStruct:
    return SessionStruct(
        user_directory=item.text("UserDirectory"),
        user_id=item.text("UserId"),
        user_name=item.text("UserName"),
        attributes=_attributes(item.objects("Attributes")),
        session_id=item.required_text("SessionId"),
    )


def _attributes(items: list[Fields]) -> dict[str, list[str]]:
    """Each element has one name, and names may repeat (D, C: qlik-api 1.3)."""
    attributes: dict[str, list[str]] = {}
    for item in items:
        for name in item:
            attributes.setdefault(name, []).append(item.written(name))
    return attributes
