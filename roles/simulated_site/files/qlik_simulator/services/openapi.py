# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the services say of their own interfaces, in the manner of Swagger 2.

Stability: D (the descriptions that live nodes serve).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..model.enums import ENUMS
from ..model.usage import KINDS
from ..services.definitions import PROXY, REPOSITORY

_ENTITIES = {**{name.lower(): name for name in REPOSITORY}, **{kind.path: kind.entity for kind in KINDS.values()}}
_SCALARS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "uuid": {"type": "string", "format": "uuid"},
    "date-time": {"type": "string", "format": "date-time"},
    "number": {"type": "integer", "format": "int32"},
    "flag": {"type": "boolean"},
    "object": {"type": "object"},
}
_EXPERIMENTAL = re.compile(
    r"GET /qps/(\{virtualproxy\}/)?session|GET /qps/health|.*/(custombannermessage|about|analyzertimeaccessusage)\b.*"
)
_STABLE = "/failover/"
_PROXY_ANSWERS = {
    "GET session": "[SessionData]",
    "POST session": "AddedSession",
    "GET session/{id}": "SessionData",
    "DELETE session/{id}": "DeletedSession",
    "POST ticket": "TicketResponse",
    "GET user/{directory}/{id}": "[SessionData]",
    "DELETE user/{directory}/{id}": "[SessionData]",
    "GET alive": "flag",
    "GET health": "text",
    "GET about/openapi": "[text]",
}


def of_repository(endpoints: Iterable[str], release: str) -> dict[str, Any]:
    """Of QRS, whose endpoints are given as ``GET /qrs/...``."""
    answers = {endpoint: _repository_answer(endpoint) for endpoint in endpoints}
    return _document("Repository", "/qrs", release, answers, REPOSITORY)


def of_proxy(endpoints: Iterable[str], release: str) -> dict[str, Any]:
    """Of QPS, whose endpoints are given as ``GET /qps/...``."""
    answers = {}
    for endpoint in endpoints:
        method, path = endpoint.replace("/qps/", "").replace("{virtualproxy}/", "").split(" ")
        answers[endpoint] = _PROXY_ANSWERS.get(f"{method} {path}", "object")
    return _document("Proxy", "/qps", release, answers, PROXY)


def _repository_answer(endpoint: str) -> str:
    method, path = endpoint.split(" ")
    kind, _slash, rest = path.removeprefix("/qrs/").removeprefix("license/").partition("/")
    kind = f"license/{kind}" if path.startswith("/qrs/license/") else kind
    entity = _ENTITIES.get(kind, "object")
    if method == "DELETE" or _STABLE in path:
        return ""
    if rest == "count":
        return "number"
    if path == "/qrs/about/openapi":
        return "[text]"
    return f"[{entity}]" if method == "GET" and rest in ("", "full") and entity != "object" else entity


def _document(
    service: str, base: str, release: str, answers: dict[str, str], definitions: dict[str, dict[str, str]]
) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for endpoint, answer in answers.items():
        method, path = endpoint.split(" ")
        paths.setdefault(path.removeprefix(base), {})[method.lower()] = {
            "responses": {"200": {"description": "OK", "schema": _type(answer)}} if answer else {"204": {}},
            "x-qlik-visibility": "Public",
            "x-qlik-stability": _stability(endpoint),
        }
    return {
        "swagger": "2.0",
        "info": {"title": f"{service} API of a simulated site", "version": release},
        "basePath": base,
        "paths": dict(sorted(paths.items())),
        "definitions": {
            name: {"type": "object", "properties": {field: _type(of) for field, of in fields.items()}}
            for name, fields in definitions.items()
        },
    }


def _stability(endpoint: str) -> str:
    if _STABLE in endpoint:
        return "Stable"
    return "Experimental" if _EXPERIMENTAL.fullmatch(endpoint) else "Locked"


def _type(name: str) -> dict[str, Any]:
    if name.startswith("["):
        return {"type": "array", "items": _type(name.strip("[]"))}
    if name in ENUMS:
        members = ENUMS[name][0]
        return {"type": "integer", "enum": list(range(len(members))), "x-enumNames": list(members)}
    return _SCALARS.get(name) or {"$ref": f"#/definitions/{name}"}
