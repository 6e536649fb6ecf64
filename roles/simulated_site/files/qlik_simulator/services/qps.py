# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""QPS, the proxy service API of one proxy (port 4243)."""

from __future__ import annotations

import secrets
import string
from typing import Any

from aiohttp import web

from ..model.proxy import Proxy
from ..model.sessions import Attribute, Session, SessionStore
from ..model.site_check import attribute
from ..model.switches import Switches
from ..services import openapi
from ..services.request import Request, answer_json, answer_text, json_bytes, no_endpoint, refusal

ENDPOINTS = [
    "GET /qps/alive",
    "GET /qps/health",
    "GET /qps/about/description",
    "GET /qps/about/openapi",
    "GET /qps/about/openapi/{interfacename}",
    "GET /qps/{virtual proxy/}session",
    "POST /qps/{virtual proxy/}session",
    "GET /qps/{virtual proxy/}session/{id}",
    "DELETE /qps/{virtual proxy/}session/{id}",
    "POST /qps/{virtual proxy/}ticket",
    "GET /qps/{virtual proxy/}user/{directory}/{id}",
    "DELETE /qps/{virtual proxy/}user/{directory}/{id}",
]
# The prefix of a virtual proxy may be left out.
EACH_ENDPOINT = [
    endpoint.replace("{virtual proxy/}", prefix)
    for endpoint in ENDPOINTS
    for prefix in (("", "{virtualproxy}/") if "{virtual proxy/}" in endpoint else ("",))
]
_ABOUT: dict[tuple[str, ...], object] = {  # which answer is a list and which an object: C
    ("description",): ENDPOINTS,
    ("default",): {},
    ("enums",): {},
    ("relations",): [],
    ("openapi",): ["main", "personal"],
    ("openapi", "main"): openapi.of_proxy(EACH_ENDPOINT, "38.35.0"),
    ("openapi", "personal"): {"swagger": "2.0", "basePath": "/qps", "info": {"title": "Personal API"}},
}
_TICKET_CHARACTERS = string.ascii_letters + string.digits


class ProxyService:
    """Answers for one proxy. X-Qlik-User is not looked at: the certificate is the authority (C, L)."""

    def __init__(self, proxy: Proxy, switches: Switches) -> None:
        self._proxy = proxy
        self._switches = switches

    async def answer(self, request: Request) -> web.Response:
        """The checks in their order (I): certificate, xrfkey, path, prefix, id."""
        refused = refusal(request)
        if refused is not None:
            return refused
        if not request.parts or request.parts[0].lower() != "qps":
            return no_endpoint()
        parts = request.parts[1:]
        lowered = tuple(part.lower() for part in parts)  # names of routes go in any case; prefixes and ids do not (N)
        if lowered == ("alive",) and request.method == "GET":
            return self._alive()
        if not self._proxy.alive:
            return answer_text("Service Unavailable", 503)  # I: what a starting proxy answers is not known
        if lowered == ("health",) and request.method == "GET":
            return answer_text("OK")  # 200 is what a client expects (C); the body is N
        if lowered[:1] == ("about",) and request.method == "GET" and lowered[1:] in _ABOUT:
            return answer_json(_ABOUT[lowered[1:]])
        return await self._on_sessions(request, parts, lowered)

    def _alive(self) -> web.Response:
        if not self._proxy.alive and self._switches["alive_while_starting"] == "unavailable":
            return answer_text("Service Unavailable", 503)
        return answer_json({"value": self._proxy.alive})  # C, and a live test of that client

    async def _on_sessions(self, request: Request, parts: list[str], lowered: tuple[str, ...]) -> web.Response:
        """Everything below a virtual proxy. Its prefix may have several parts (D): the path is read from its end."""
        if lowered[-1:] == ("ticket",) and request.method == "POST":
            return self._ticket(request) if self._proxy.store("/".join(parts[:-1])) else self._unknown_prefix(None)
        if lowered[-1:] == ("session",) and request.method in ("GET", "POST"):
            store = self._proxy.store("/".join(parts[:-1]))
            if request.method == "POST":
                return await self._add(request, store) if store else self._unknown_prefix(None)
            return json_bytes(store.as_json(self._with_user_name)) if store else self._unknown_prefix([])
        if lowered[-2:-1] == ("session",) and request.method in ("GET", "DELETE"):
            store = self._proxy.store("/".join(parts[:-2]))
            return self._one(store, parts[-1], request.method == "DELETE") if store else self._unknown_prefix(None)
        if lowered[-3:-2] == ("user",) and request.method in ("GET", "DELETE"):
            store = self._proxy.store("/".join(parts[:-3]))
            if store is None:
                return self._unknown_prefix([])
            return self._of_user(store, parts[-2], parts[-1], request.method == "DELETE")
        return no_endpoint()

    @property
    def _with_user_name(self) -> bool:
        return self._switches["user_name_field"] == "null"

    def _unknown_prefix(self, empty: list[object] | None) -> web.Response:
        if empty is not None and self._switches["unknown_prefix"] == "empty":
            return answer_json(empty)
        return answer_text("Not Found", 404)  # I; the body is N

    def _struct(self, session: Session) -> dict[str, object]:
        return session.struct(self._with_user_name)

    def _one(self, store: SessionStore, session_id: str, delete: bool) -> web.Response:
        session = store.get(session_id)
        if session is None:
            return answer_text("Not Found", 404)  # C; the body is N
        struct = self._struct(session)
        if delete:
            self._proxy.end(store, [session])
            if self._switches["deleted_session"] == "wrapped":
                last = not self._proxy.sessions_of(session.user_directory, session.user_id)
                return answer_json({"session": struct, "lastSessionForUser": last})  # D; the case of the names: N
        return answer_json(struct)  # 200 and the struct, after a DELETE too (D, C, L)

    def _of_user(self, store: SessionStore, directory: str, user_id: str, delete: bool) -> web.Response:
        sessions = store.of_user(directory, user_id)
        if not sessions and self._switches["user_without_sessions"] == "not_found":
            return answer_text("Not Found", 404)
        if delete:
            self._proxy.end(store, sessions)
        return answer_json([self._struct(session) for session in sessions])  # D

    async def _add(self, request: Request, store: SessionStore) -> web.Response:
        """POST: the session to add, keys in any case (C); the answer is the struct with NewUser (D)."""
        given = _given_user(request, "sessionid")
        if given is None:
            return answer_text("Bad Request", 400)  # N
        directory, user_id, attributes, session_id = given
        new_user = not self._proxy.sessions_of(directory, user_id)
        session = Session(directory, user_id, self._proxy.clock.now(), attributes, session_id)
        store.add(session)
        struct = {**self._struct(session), "NewUser": new_user}
        return answer_json(struct, int(str(self._switches["add_session_status"])))

    def _ticket(self, request: Request) -> web.Response:
        """POST: a ticket for a user, whom QRS need not know. No users' port of the simulator takes tickets."""
        given = _given_user(request, "targetid")
        if given is None:
            return answer_text("Bad Request", 400)  # N
        directory, user_id, attributes, _target_id = given
        ticket = {
            "UserDirectory": directory,
            "UserId": user_id,
            "Attributes": attributes,
            "Ticket": "".join(secrets.choice(_TICKET_CHARACTERS) for _number in range(16)),  # 16 of them: L
            "TargetUri": None,  # L: without a target; no target can be known here, since nobody was sent to a module
        }
        return answer_json(ticket, 201)  # D


def _given_user(request: Request, further: str) -> tuple[str, str, list[Attribute], str] | None:
    """Directory, id, attributes and one text more of the body, whose keys go in any case (C). None if it is wrong.

    The proxy turns directories to upper case and leaves user ids alone (L).
    """
    try:
        given = {str(key).lower(): value for key, value in request.json().items()}
        directory, user_id = _text(given, "userdirectory"), _text(given, "userid")
        attributes = [attribute("Attributes", each) for each in given.get("attributes") or []]
        text = _text(given, further)
    except (ValueError, TypeError, AttributeError):
        return None
    return (directory.upper(), user_id, attributes, text) if directory and user_id else None


def _text(given: dict[str, Any], key: str) -> str:
    value = given.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(key)
    return value or ""
