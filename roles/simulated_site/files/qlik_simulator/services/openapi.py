# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the services say of their own interfaces, in the manner of Swagger 2.

The table holds what this site serves. Names, types and stability: D (the descriptions that live nodes serve); that QPS
is described in camelCase though it answers in PascalCase: D, L.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..model.enums import ENUMS
from ..model.usage import KINDS

_AUDIT = {"createdDate": "date-time", "modifiedDate": "date-time", "modifiedByUserName": "text", "schemaPath": "text"}
_NODE = {"id": "uuid", "name": "text", "hostName": "text"}
_VIRTUAL_PROXY = {
    "id": "uuid",
    "prefix": "text",
    "description": "text",
    "loadBalancingServerNodes": "[ServerNodeConfigurationCondensed]",
    "authenticationMethod": "AuthenticationMethodEnum",
    "headerAuthenticationMode": "HeaderAuthenticationModeEnum",
    "headerAuthenticationHeaderName": "text",
    "anonymousAccessMode": "AnonymousAccessModeEnum",
    "sessionCookieHeaderName": "text",
    "sessionInactivityTimeout": "number",
    "defaultVirtualProxy": "flag",
}
_USAGE = {
    **_AUDIT,
    "id": "uuid",
    "useStartTime": "date-time",
    "latestActivity": "date-time",
    "hostName": "text",
    "serverNodeConfigurationId": "text",
}
_USAGE_OF_SESSION = {**_USAGE, "sessionID": "text"}
_USAGE_SESSION = {
    **_AUDIT,
    "id": "uuid",
    "sessionID": "text",
    "latestActivity": "date-time",
    "serverNodeConfigurationId": "text",
}
_USER = {
    "id": "uuid",
    "userId": "text",
    "userDirectory": "text",
    "userDirectoryConnectorName": "text",
    "name": "text",
}
_TASK = {
    "id": "uuid",
    "name": "text",
    "taskType": "TaskTypeEnum",
    "enabled": "flag",
    "taskSessionTimeout": "number",
    "maxRetries": "number",
}
# Name of a definition -> field -> a scalar type, an enum, a definition, or either in brackets for a list of it.
REPOSITORY: dict[str, dict[str, str]] = {
    "CustomPropertyDefinitionCondensed": {"id": "uuid", "name": "text", "valueType": "text", "choiceValues": "[text]"},
    "CustomPropertyValue": {"id": "uuid", "value": "text", "definition": "CustomPropertyDefinitionCondensed"},
    "AppCondensed": {"id": "uuid", "name": "text"},
    "CustomBannerMessage": {
        **_AUDIT,
        "id": "uuid",
        "name": "text",
        "message": "text",
        "messageType": "BannerMessageTypeEnum",
        "isActive": "flag",
        "duration": "number",
    },
    "ExecutionResultCondensed": {
        "id": "uuid",
        "executingNodeName": "text",
        "status": "TaskExecutionStatus",
        "startTime": "date-time",
        "stopTime": "date-time",
        "duration": "number",
    },
    "ExecutionSession": {
        **_AUDIT,
        "id": "uuid",
        "executingNode": "SchedulerServiceCondensed",
        "executionResult": "ExecutionResultCondensed",
        "abortAt": "date-time",
        "retries": "number",
        "abortReason": "AbortReasonEnum",
        "app": "AppCondensed",
        "user": "text",
        "reloadTask": "ReloadTaskCondensed",
        "userSyncTask": "UserSyncTaskCondensed",
        "externalProgramTask": "ExternalProgramTaskCondensed",
    },
    "ExternalProgramTaskCondensed": _TASK,
    "LicenseAnalyzerAccessUsage": _USAGE_OF_SESSION,
    "LicenseAnalyzerTimeAccessUsage": {
        **_USAGE,
        "user": "UserCondensed",
        "useStopTime": "date-time",
        "sessions": "[LicenseAnalyzerTimeAccessUsageSession]",
    },
    "LicenseAnalyzerTimeAccessUsageSession": _USAGE_SESSION,
    "LicenseLoginAccessUsage": {
        **_USAGE,
        "user": "UserCondensed",
        "useStopTime": "date-time",
        "sessions": "[LicenseLoginAccessUsageSession]",
    },
    "LicenseLoginAccessUsageSession": _USAGE_SESSION,
    "LicenseProfessionalAccessUsage": _USAGE_OF_SESSION,
    "LicenseUserAccessUsage": _USAGE_OF_SESSION,
    "ProxyService": {
        **_AUDIT,
        "id": "uuid",
        "serverNodeConfiguration": "ServerNodeConfigurationCondensed",
        "settings": "ProxyServiceSettings",
    },
    "ProxyServiceSettings": {
        "id": "uuid",
        "listenPort": "number",
        "restListenPort": "number",
        "keepAliveTimeoutSeconds": "number",
        "virtualProxies": "[VirtualProxyConfigCondensed]",
    },
    "ReloadTaskCondensed": _TASK,
    "SchedulerServiceCondensed": {"id": "uuid"},
    "ServerNodeConfiguration": {
        **_AUDIT,
        **_NODE,
        "isCentral": "flag",
        "nodePurpose": "NodePurposeEnum",
        "engineEnabled": "flag",
        "proxyEnabled": "flag",
        "printingEnabled": "flag",
        "schedulerEnabled": "flag",
        "failoverCandidate": "flag",
        "customProperties": "[CustomPropertyValue]",
        "tags": "[TagCondensed]",
    },
    "ServerNodeConfigurationCondensed": _NODE,
    "ServerNodeHeartbeat": {
        **_AUDIT,
        "id": "uuid",
        "serverNodeConfiguration": "ServerNodeConfigurationCondensed",
        "timestamp": "date-time",
    },
    "ServiceCluster": {**_AUDIT, "id": "uuid", "name": "text", "settings": "ServiceClusterSettings"},
    "ServiceClusterSettings": {
        **_AUDIT,
        "id": "uuid",
        "persistenceMode": "PersistenceModeEnum",
        "sharedPersistenceProperties": "ServiceClusterSettingsSharedPersistenceProperties",
    },
    "ServiceClusterSettingsSharedPersistenceProperties": {
        **_AUDIT,
        "id": "uuid",
        "rootFolder": "text",
        "failoverTimeout": "number",
    },
    "ServiceStatus": {
        **_AUDIT,
        "id": "uuid",
        "serverNodeConfiguration": "ServerNodeConfigurationCondensed",
        "serviceType": "ServiceTypeEnum",
        "serviceState": "ServiceStateEnum",
        "timestamp": "date-time",
    },
    "TagCondensed": {"id": "uuid", "name": "text"},
    "User": {
        **_AUDIT,
        "id": "uuid",
        "userId": "text",
        "userDirectory": "text",
        "userDirectoryConnectorName": "text",
        "name": "text",
        "roles": "[text]",
        "attributes": "[UserAttribute]",
        "inactive": "flag",
        "removedExternally": "flag",
        "blacklisted": "flag",
        "deleteProhibited": "flag",
    },
    "UserAttribute": {"attributeType": "text", "attributeValue": "text", "externalId": "text"},
    "UserCondensed": _USER,
    "UserSyncTaskCondensed": _TASK,
    "VirtualProxyConfig": {**_AUDIT, **_VIRTUAL_PROXY},
    "VirtualProxyConfigCondensed": _VIRTUAL_PROXY,
}
_SESSION = {
    "userDirectory": "text",
    "userId": "text",
    "attributes": "[object]",
    "sessionId": "text",
    "userName": "text",
}
PROXY: dict[str, dict[str, str]] = {
    "AddedSession": {**_SESSION, "newUser": "flag"},
    "DeletedSession": {"session": "SessionData", "lastSessionForUser": "flag"},
    "SessionData": _SESSION,
    "TicketResponse": {
        "userDirectory": "text",
        "userId": "text",
        "attributes": "[object]",
        "ticket": "text",
        "targetUri": "text",
    },
}
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
