# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The users' port of one proxy (port 443): log in, keep a session alive by using it, log out, reach QRS."""

from __future__ import annotations

import uuid
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote

from aiohttp import web

from ..model.proxy import Proxy, Served
from ..model.sessions import Session
from ..model.site import Site, User
from ..model.switches import Switches
from ..services.qrs import INACTIVE, RepositoryService
from ..services.repository import Repository
from ..services.request import XSRF, Request, answer_json, answer_text, no_endpoint
from ..users.browser import NODE_HEADER
from ..users.logins import Logins, TooManySessionsError

_NOBODY = "NONE"  # the directory of anonymous users (D)
_FORM = (
    '<!DOCTYPE html><html><head><title>Qlik Sense</title></head><body><form method="post">'
    '<input name="user" placeholder="DIRECTORY\\id"><button>Log in</button></form></body></html>'
)


class UserPort:
    """The part of a proxy that users meet. Logging in by a form or a query stands in for the identity provider."""

    def __init__(
        self,
        proxy: Proxy,
        qrs: RepositoryService,
        site: Site,
        repository: Repository,
        logins: Logins,
        switches: Switches,
    ) -> None:
        self._proxy = proxy
        self._qrs = qrs
        self._site = site
        self._repository = repository
        self._logins = logins
        self._switches = switches

    async def answer(self, request: Request) -> web.Response:
        """The answer, with the one thing that no real proxy says: which node it comes from."""
        response = await self._answer(request)
        response.headers[NODE_HEADER] = self._proxy.node.name
        return response

    async def _answer(self, request: Request) -> web.Response:
        """Find the virtual proxy by the longest prefix that fits, then who is asking, then what for."""
        if not self._proxy.alive:
            return answer_text("Service Unavailable", 503)  # I
        served, rest = self._served(request.parts)
        if served is None:
            return no_endpoint()
        session = self._session(request, served)
        if session is not None:
            served.store.touch(session)  # any request counts as activity (I: polling keeps sessions alive)
        if [part.lower() for part in rest[:2]] == ["qps", "user"] and len(rest) == 2:
            return self._personal(request, served, session)
        if rest[:1] == ["login"]:
            return await self._log_in_page(request, served)
        user = self._header_user(request, served) or _visitor(served) if session is None else None
        if user is None:
            return self._page(request, served, rest, session)
        admitted = self._admit(served, *user)
        if isinstance(admitted, web.Response):
            return admitted
        return self._with_cookie(self._page(request, served, rest, admitted), served, admitted)

    def _served(self, parts: list[str]) -> tuple[Served | None, list[str]]:
        by_prefix = {each.virtual_proxy.prefix: each for each in self._proxy.served}
        for length in range(len(parts), -1, -1):
            found = by_prefix.get("/".join(parts[:length]))
            if found:
                return found, parts[length:]
        return None, parts

    def _session(self, request: Request, served: Served) -> Session | None:
        """The live session that the cookie of this virtual proxy names; the cookie's value is the session id (D)."""
        try:
            cookies = SimpleCookie(request.request.headers.get("Cookie", ""))
        except CookieError:
            return None
        morsel = cookies.get(served.virtual_proxy.session_cookie_header_name)
        return served.store.get(morsel.value) if morsel else None

    def _header_user(self, request: Request, served: Served) -> tuple[str, str] | None:
        """The user that the header of this virtual proxy names."""
        name = served.virtual_proxy.header_authentication_header_name
        value = request.header(name) if name else ""
        user = self._named(served, value)
        if user is None and name.lower() == "x-qlik-user" and self._switches["qlik_user_at_user_port"] == "session":
            return request.qlik_user if request.qlik_user and all(request.qlik_user) else None
        return user

    def _named(self, served: Served, value: str) -> tuple[str, str] | None:
        """``DIRECTORY\\id``, or the id alone where the virtual proxy has a static directory."""
        directory, backslash, user_id = value.partition("\\")
        if not backslash:
            directory, user_id = served.virtual_proxy.header_authentication_static_user_directory, value
        return (directory, user_id) if directory and user_id else None

    def _admit(self, served: Served, directory: str, user_id: str) -> Session | web.Response:
        """A new session, or the answer that refuses it: to an inactive user, or as the sixth of a user (D)."""
        if self._repository.is_inactive(directory, user_id):
            return answer_text(INACTIVE, 403)
        try:
            session = self._logins.at_user_port(served.store, directory, user_id)
        except TooManySessionsError as error:
            return answer_text(str(error), 403)
        if self._site.user(directory, user_id) is None and directory != _NOBODY:
            # I: the first log in makes a user known to QRS, so one who was deleted there is known again afterwards.
            self._site.add_user(User(directory.upper(), user_id))
            self._repository.changed()
        return session

    def _with_cookie(self, response: web.Response, served: Served, session: Session) -> web.Response:
        name = served.virtual_proxy.session_cookie_header_name
        response.headers["Set-Cookie"] = f"{name}={session.session_id}; Path=/; HttpOnly; Secure; SameSite=None"
        return response

    async def _log_in_page(self, request: Request, served: Served) -> web.Response:
        """GET shows the form; a user whom query or form names is logged in and sent to where they wanted to go."""
        form = (
            dict(parse_qsl((await request.request.read()).decode("utf-8", "replace")))
            if request.method == "POST"
            else {}
        )
        value = form.get("user") or request.query.get("user", "")
        user = self._named(served, value)
        if user is None:
            return web.Response(text=_FORM, content_type="text/html", status=200 if not value else 400)
        admitted = self._admit(served, *user)
        if isinstance(admitted, web.Response):
            return admitted
        target = request.query.get("targeturi", "")
        if not target.startswith("/") or target.startswith("//"):  # never send anybody to another host
            target = _root(served)
        return self._with_cookie(web.Response(status=302, headers={"Location": target}), served, admitted)

    def _personal(self, request: Request, served: Served, session: Session | None) -> web.Response:
        """The Personal API: who am I, log me out (D; field names in camelCase here)."""
        if request.method not in ("GET", "DELETE"):
            return no_endpoint()
        if session is None or request.method == "DELETE":
            if session is not None:
                served.store.end([session])
            answer = {"session": "inactive"}
            if request.query.get("targeturi"):
                answer["loginUri"] = self._log_in_uri(served, request.query["targeturi"])
            return answer_json(answer)
        known = self._site.user(session.user_directory, session.user_id)
        return answer_json(
            {
                "userDirectory": session.user_directory,
                "userId": session.user_id,
                "userName": known.name if known else session.user_id,
                "logoutUri": f"{_root(served)}qps/user",
            }
        )

    def _page(self, request: Request, served: Served, rest: list[str], session: Session | None) -> web.Response:
        if rest[:1] and rest[0].lower() == "qrs":
            return self._repository_call(request, served, rest, session)
        if session is None:
            return self._to_log_in(request, served)
        return web.Response(text="<!DOCTYPE html><html><body>Qlik Sense hub</body></html>", content_type="text/html")

    def _to_log_in(self, request: Request, served: Served) -> web.Response:
        """A session that is gone, or was never there: back to the log in page of this virtual proxy (D)."""
        return web.Response(status=302, headers={"Location": self._log_in_uri(served, request.request.raw_path)})

    def _repository_call(
        self, request: Request, served: Served, rest: list[str], session: Session | None
    ) -> web.Response:
        """QRS through a virtual proxy: as the user of the session, or of X-Qlik-User where that is its header (I)."""
        by_header = served.virtual_proxy.header_authentication_header_name.lower() == "x-qlik-user"
        user = (session.user_directory, session.user_id) if session else request.qlik_user if by_header else None
        if user is None:
            return self._to_log_in(request, served)
        if not request.has_xrfkey:
            return answer_text(XSRF, 403)
        return self._qrs.answer_checked(request, rest, user)

    def _log_in_uri(self, served: Served, target: str) -> str:
        return f"{_root(served)}login?targetUri={quote(target, safe='')}"


def _visitor(served: Served) -> tuple[str, str] | None:
    """A new anonymous user where the virtual proxy lets such in (D; that they need not ask for it: I)."""
    return None if served.virtual_proxy.anonymous_access == "none" else (_NOBODY, f"anonymous{uuid.uuid4()}")


def _root(served: Served) -> str:
    prefix = served.virtual_proxy.prefix
    return f"/{prefix}/" if prefix else "/"
