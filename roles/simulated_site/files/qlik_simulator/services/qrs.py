# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""QRS, the repository service API of one node (port 4242)."""

from __future__ import annotations

from aiohttp import web

from ..model.banners import RefusedError
from ..model.entities import guid, service_ids
from ..model.rights import ALL_SEEING
from ..model.site import Node
from ..model.switches import Switches
from ..services.about import about, about_api, about_openapi
from ..services.filter_language import FilterError
from ..services.repository import Repository
from ..services.request import Request, answer_json, answer_text, json_bytes, no_endpoint, refusal
from ..services.table import Table, render, to_json
from ..services.table_rows import tabulate

_SITE_ITSELF = ("INTERNAL", "sa_repository")
_PRIVILEGES = {True: ["create", "read", "update", "delete"], False: ["read"]}  # of an administrator or not; names: D
_USER_TABLE = ("POST", "user", "table")  # the one list that is asked for by POST here
INACTIVE = "Your account is inactive. Contact your administrator to activate it."  # D, L


class RepositoryService:
    """Answers for one node; the repository behind it is the same on every node."""

    def __init__(self, node: Node, repository: Repository, switches: Switches) -> None:
        self._node = node
        self._repository = repository
        self._switches = switches

    async def answer(self, request: Request) -> web.Response:
        """The checks in their order (I): certificate, xrfkey, query, user, path. Paths in any case (C)."""
        refused = refusal(request)
        return refused if refused is not None else self.answer_checked(request, request.parts, request.qlik_user)

    def answer_checked(self, request: Request, parts: list[str], user: tuple[str, str] | None) -> web.Response:
        """Answer a call whose certificate (or session, when it came through a virtual proxy) and xrfkey are good."""
        lowered = [part.lower() for part in parts]
        # D has /ssl/ping, a client asks /qrs/ssl/ping (C): both answer.
        if lowered in (["ssl", "ping"], ["qrs", "ssl", "ping"]) and request.method == "GET":
            return answer_text("Ping successful.")  # L
        if any("=" not in pair for pair in request.query_string.split("&")):
            return answer_text("Missing parameter value(s)", 400)  # L: what an unencoded '&' in a filter ends in
        if user is None and self._switches["qrs_without_user"] == "forbid":
            return answer_text("Forbidden", 403)
        if user is not None and self._repository.is_inactive(*user):
            return answer_text(INACTIVE, 403)
        if lowered[:1] != ["qrs"]:
            return no_endpoint()
        is_administrator = user is None or self._repository.is_administrator(*user)
        if request.method != "GET" and (request.method, *lowered[1:]) != _USER_TABLE:
            return self._write(request, lowered[1:], "\\".join(user or _SITE_ITSELF), is_administrator)
        if lowered[1:] == ["about"]:
            return answer_json(about(self._node))
        if lowered[1:2] == ["about"]:
            return self._about(request, lowered[2:])
        kind = lowered[1:2]
        if kind == ["license"]:
            return self._usage(request, lowered[1:], user or _SITE_ITSELF, is_administrator)
        return self._entities(request, lowered[1:], user or _SITE_ITSELF, is_administrator)

    def _about(self, request: Request, parts: list[str]) -> web.Response:
        has_banners = self._repository.banners.table() is not None
        told = None
        if parts[:1] == ["openapi"] and self._switches["interface_description"] == "served":
            told = about_openapi(parts[1:], has_banners)
        elif parts[:1] == ["api"] and len(parts) == 2:
            told = about_api(parts[1], request.query.get("method", ""), has_banners)
        return answer_json(told) if told is not None else no_endpoint()

    def _usage(self, request: Request, parts: list[str], user: tuple[str, str], is_administrator: bool) -> web.Response:
        """The paths of usage rows have a part more than others. Not everybody need be shown them (N)."""
        shown = self._switches["usage_shown"]
        is_site_itself = tuple(part.lower() for part in user) == ALL_SEEING
        if shown == "refused" and not is_site_itself:
            return answer_text("Forbidden", 403)
        may_read = is_administrator and (shown != "none" or is_site_itself)
        return self._entities(request, ["/".join(parts[:2]), *parts[2:]], user, may_read)

    def _entities(
        self, request: Request, parts: list[str], user: tuple[str, str], is_administrator: bool
    ) -> web.Response:
        table = self._repository.table(parts[0]) if parts else None
        if table is None or len(parts) > 2:
            return no_endpoint()
        if not is_administrator and parts[0] != "custombannermessage":  # by default everybody sees the banners (D)
            table = table.seen()  # a user without read rights gets an empty list and 200, no error (I)
        elif parts[0] == "user":
            table = self._repository.users_seen_by(user)
        # Told when asked for, else null (D).
        privileges = _PRIVILEGES[is_administrator] if request.query.get("privileges", "").lower() == "true" else None
        what = parts[1] if len(parts) == 2 else ""
        if what not in ("", "full", "count") and request.method == "GET":
            return self._single(parts[0], what, table, privileges)
        try:
            return self._list(request, table, what, privileges)
        except (FilterError, RefusedError) as error:
            return answer_text(str(error), 400)

    def _list(self, request: Request, table: Table, what: str, privileges: list[str] | None) -> web.Response:
        rows = table.select(request.query.get("filter"), request.query.get("orderby"))
        if what == "count":
            return answer_json({"value": len(rows)})  # C
        if request.method == "POST":
            return json_bytes(to_json(tabulate(table, rows, _read(request), request.query)), 201)  # status: I
        if rows is table.rows and privileges is None:
            return json_bytes(table.rendered(what == "full"))
        return json_bytes(render(rows, what == "full", privileges))

    def _write(self, request: Request, parts: list[str], user: str, may_write: bool) -> web.Response:
        """Banners and the central role are all that can be written. Without the right: 403 (L)."""
        if parts[:2] == ["failover", "tonode"]:
            return self._fail_over(request, parts[2:], may_write)
        banners = self._repository.banners
        if parts[:1] != ["custombannermessage"] or banners.table() is None:
            return no_endpoint()
        wanted = parts[1] if len(parts) == 2 else ""
        try:
            if not may_write:
                raise RefusedError(403, "Forbidden")
            if (request.method, len(parts)) == ("POST", 1):
                status, answer = banners.add(_read(request), user)
            elif request.method == "PUT" and wanted:
                status, answer = banners.change(wanted, _read(request), user)
            elif request.method == "DELETE" and wanted:
                status, answer = banners.remove(wanted)
            else:
                return no_endpoint()
        except RefusedError as error:
            status, answer = error.status, error.body
        if answer is None or isinstance(answer, str):
            return answer_text(answer or "", status)
        return json_bytes(to_json(answer), status)

    def _fail_over(self, request: Request, parts: list[str], may_write: bool) -> web.Response:
        """POST: another node becomes the central one (D; whatever is refused: I)."""
        if request.method != "POST" or len(parts) != 1:
            return no_endpoint()
        if not may_write:
            return answer_text("Forbidden", 403)
        return answer_text(*self._repository.fail_over(parts[0]))

    def _single(self, kind: str, what: str, table: Table, privileges: list[str] | None) -> web.Response:
        if what == "local" and kind == "servernodeconfiguration":
            return answer_json(service_ids(self._node))  # D
        wanted = guid("proxyservice", self._node.name) if (kind, what) == ("proxyservice", "local") else what
        row = table.by_id(wanted)
        return json_bytes(to_json({**row.full, "privileges": privileges})) if row else answer_text("Not Found", 404)


def _read(request: Request) -> object:
    try:
        return request.json()
    except ValueError as error:
        raise RefusedError(400, "The body is no JSON.") from error
