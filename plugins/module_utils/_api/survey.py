# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests that only the check of a site sends. What is not answered is unknown to it, and no harm to anybody else."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from ansible_collections.qlikops.sense.plugins.module_utils._api.contract import QRS
from ansible_collections.qlikops.sense.plugins.module_utils._api.described import differences
from ansible_collections.qlikops.sense.plugins.module_utils._api.entities import objects_of, value_of
from ansible_collections.qlikops.sense.plugins.module_utils._api.nodes import Answers, read_answers
from ansible_collections.qlikops.sense.plugins.module_utils._api.qrs import qrs_root, quoted
from ansible_collections.qlikops.sense.plugins.module_utils._api.usage import KINDS as USAGE_KINDS
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection, Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.plugins.module_utils._model.check import Count, Described

# Qlik's own account, which its documentation shows beside the certificate (D: qlik-api 2.1).
ALL_SEEING_USER = "INTERNAL\\sa_repository"
# Kind -> the lists of QRS that hold it.
COUNTED = {
    "proxies": ("/proxyservice",),
    "virtual_proxies": ("/virtualproxyconfig",),
    "nodes": ("/servernodeconfiguration",),
    "services": ("/servicestatus",),
    "users": ("/user",),
    "banners": ("/custombannermessage",),
    "usage_rows": tuple(f"/license/{name}accessusage" for name in USAGE_KINDS.values()),
    "tasks": ("/executionsession",),
}
TRUST = frozenset({"name_mismatch", "certificate_expired", "untrusted"})
NOT_FOUND = 404
REFUSED = frozenset({401, 403})
# Kinds of errors as half sentences, where the word alone would say too little.
IN_WORDS = {
    "connection_lost": "the connection broke",
    "connection_refused": "nothing listens on its port",
    "forbidden": "api_user or the certificate was refused",
    "name_unknown": "its name is not known here",
    "no_nodes": "it shows api_user no node",
    "no_proxies": "it shows api_user no proxy service",
    "not_json": "the answer was not JSON",
    "redirect": "the answer leads to another page",
    "timeout": "no answer in time",
    "unexpected_answer": "the answer has another shape than expected",
    "untrusted": "its certificate is not trusted",
}


class Survey:
    """Over the client of a ``Site``. Every method but ``count`` is one request."""

    def __init__(self, rest: Rest, connection: Connection) -> None:
        self._rest = rest
        self._connection = connection
        self._root = qrs_root(connection)

    def node_answers(self) -> Answers:
        """What the nodes are read out of; one request for each list."""
        return read_answers(self._rest, self._connection)

    def count(self, kind: str) -> Count:
        """How many of a kind api_user sees, and how many there are; the latter is not told through a virtual proxy."""
        try:
            shown = self._counted(kind, "")
        except QlikError as error:
            status = _status(error)
            return Count(None, None, in_short(error), is_absent=status == NOT_FOUND, is_refused=status in REFUSED)
        if self._connection.asks_at_user_port:
            return Count(shown, None)
        try:
            return Count(shown, self._counted(kind, ALL_SEEING_USER))
        except QlikError as error:
            return Count(shown, None, in_short(error))

    def strangers_count(self) -> int | None:
        """How many proxy services QRS shows to a user that does not exist, None where it refuses."""
        try:
            return self._counted("proxies", f"INTERNAL\\nobody-{secrets.token_hex(6)}")
        except QlikError:
            return None

    def own_state(self) -> str | None:
        """What QRS says of api_user: active, inactive, or missing; None where it does not answer."""
        directory, _backslash, user_id = self._connection.api_user.partition("\\")
        wanted = f"userDirectory eq {quoted(directory)} and userId eq {quoted(user_id)}"
        path = f"{self._root}/user/full"
        try:
            answer = self._rest.send(self._connection.repository, Request("GET", path, {"filter": wanted}))
            users = objects_of(answer.data, f"GET https://{self._connection.repository}{path}")
            marks = ("inactive", "blacklisted", "removedExternally")
            if any(user.flag(mark) for user in users for mark in marks):
                return "inactive"
        except QlikError as error:
            return "inactive" if error.kind == "user_inactive" else None
        return "active" if users else "missing"

    def described(self, service: str, proxy: Endpoint | None = None) -> Described:
        """What QRS, or one proxy service, says of its interface."""
        endpoint = proxy or self._connection.repository
        path = f"{self._root}/about/openapi/main" if service == QRS else "/qps/about/openapi/main"
        try:
            return Described(differences(self._rest.send(endpoint, Request("GET", path)).data, service))
        except QlikError as error:
            return Described(None, in_short(error), is_absent=_status(error) == NOT_FOUND)

    def status_of_unknown_session(self, proxy: Endpoint) -> int | None:
        return self._status_of(proxy, Request("GET", "/qps/session/", secret=secrets.token_hex(16)))

    def status_of_unknown_prefix(self, proxy: Endpoint) -> int | None:
        return self._status_of(proxy, Request("GET", f"/qps/{quote(f'nowhere-{secrets.token_hex(6)}')}/session"))

    def distrust(self, endpoint: Endpoint, path: str) -> str:
        """Why the certificate of an endpoint is not trusted, "" where it is."""
        try:
            self._rest.send(endpoint, Request("GET", path))
        except QlikError as error:
            return without_request(error) if error.kind in TRUST else ""
        return ""

    def _counted(self, kind: str, user: str) -> int:
        """A release may lack some of several lists; whoever lacks all of them has none to count."""
        numbers: list[int] = []
        lacking: QlikError | None = None
        for entity in COUNTED[kind]:
            try:
                numbers.append(self._count_of(entity, user))
            except QlikError as error:
                if _status(error) != NOT_FOUND:
                    raise
                lacking = error
        if lacking and not numbers:
            raise lacking
        return sum(numbers)

    def _count_of(self, entity: str, user: str) -> int:
        request = Request("GET", f"{self._root}{entity}/count", user=user)
        answer = self._rest.send(self._connection.repository, request)
        told = value_of(answer.data, f"GET https://{self._connection.repository}{request.path}")
        return told.required_number("value")

    def _status_of(self, endpoint: Endpoint, request: Request) -> int | None:
        try:
            return self._rest.send(endpoint, request).status
        except QlikError as error:
            return _status(error)


def _status(error: QlikError) -> int | None:
    return error.status if isinstance(error, RequestFailed) else None


def in_short(error: QlikError) -> str:
    """The kind and a status, in words of our own: what servers say may name users."""
    status = _status(error)
    words = IN_WORDS.get(error.kind, error.kind.replace("_", " "))
    return f"{words} ({status})" if status else words


def without_request(error: QlikError) -> str:
    """The reason of an error without the request it begins with, and without the full stop."""
    reason = error.reason
    if isinstance(error, RequestFailed):
        reason = reason.removeprefix(f"{error.request}: ")
    return reason.rstrip(".")
