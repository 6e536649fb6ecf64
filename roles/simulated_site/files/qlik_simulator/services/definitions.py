# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects that QRS and QPS describe: the fields that this site serves, and their types (D).

Name of a definition -> field -> a scalar type, an enum, a definition, or either in brackets for a list of it. That QPS
is described in camelCase though it answers in PascalCase: D, L.
"""

from __future__ import annotations

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
