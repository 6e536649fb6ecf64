# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything of QRS and QPS that the client relies on: the one table to hold a new release of Qlik Sense against.

Stability is what Qlik's descriptions of the interfaces call it. Grades of evidence: D documented by Qlik, C seen in
other clients, L seen on a live site. Unit tests hold the table against the client and the simulated site.
"""

from __future__ import annotations

from typing import NamedTuple

QRS, QPS, PERSONAL = "QRS", "QPS", "Personal API"
LOCKED, STABLE, EXPERIMENTAL = "Locked", "Stable", "Experimental"
TEXT, NUMBER, FLAG, ENUM, OBJECT, LIST = "text", "number", "flag", "enum", "object", "list"


class DeclaredRequest(NamedTuple):
    """``entity`` is what is answered, or what a list is of; "" where the answer is not read."""

    service: str
    method: str
    path: str
    entity: str
    stability: str
    grade: str
    needed_for: str


class Field(NamedTuple):
    """``type`` is what is expected; what else is read without doubt is up to ``_shapes``."""

    entity: str
    name: str
    type: str
    grade: str
    needed_for: str


REQUESTS = (
    DeclaredRequest(QRS, "GET", "/qrs/proxyservice/full", "ProxyService", LOCKED, "D", "the topology"),
    DeclaredRequest(QRS, "GET", "/qrs/virtualproxyconfig/full", "VirtualProxyConfig", LOCKED, "D", "the topology"),
    DeclaredRequest(
        QRS, "GET", "/qrs/servicestatus/full", "ServiceStatus", LOCKED, "D", "what QRS believes of a proxy"
    ),
    DeclaredRequest(
        QRS, "GET", "/qrs/servernodeconfiguration/full", "ServerNodeConfiguration", LOCKED, "D", "central nodes"
    ),
    DeclaredRequest(QRS, "GET", "/qrs/user/full", "User", LOCKED, "D", "states and addresses of users"),
    DeclaredRequest(QRS, "GET", "/qrs/user/count", "Value", LOCKED, "D", "whether missing users can be told"),
    DeclaredRequest(
        QRS,
        "GET",
        "/qrs/license/professionalaccessusage/full",
        "LicenseProfessionalAccessUsage",
        LOCKED,
        "D",
        "activity of sessions",
    ),
    DeclaredRequest(
        QRS,
        "GET",
        "/qrs/license/analyzeraccessusage/full",
        "LicenseAnalyzerAccessUsage",
        LOCKED,
        "D",
        "activity of sessions",
    ),
    DeclaredRequest(
        QRS, "GET", "/qrs/license/useraccessusage/full", "LicenseUserAccessUsage", LOCKED, "D", "activity of sessions"
    ),
    DeclaredRequest(
        QRS, "GET", "/qrs/license/loginaccessusage/full", "LicenseLoginAccessUsage", LOCKED, "D", "activity of sessions"
    ),
    DeclaredRequest(
        QRS,
        "GET",
        "/qrs/license/analyzertimeaccessusage/full",
        "LicenseAnalyzerTimeAccessUsage",
        EXPERIMENTAL,
        "D",
        "activity of sessions",
    ),
    DeclaredRequest(QRS, "GET", "/qrs/executionsession/full", "ExecutionSession", LOCKED, "D", "tasks that run"),
    DeclaredRequest(QRS, "GET", "/qrs/executionsession/count", "Value", LOCKED, "D", "tasks that run"),
    DeclaredRequest(QRS, "GET", "/qrs/servicecluster/full", "ServiceCluster", LOCKED, "D", "failover"),
    DeclaredRequest(
        QRS, "POST", "/qrs/failover/tonode/{servernodeconfigurationid}", "", STABLE, "D", "moving the central role"
    ),
    DeclaredRequest(QRS, "GET", "/qrs/servernodeheartbeat/full", "ServerNodeHeartbeat", LOCKED, "D", "heartbeats"),
    DeclaredRequest(QRS, "GET", "/qrs/custombannermessage/full", "CustomBannerMessage", EXPERIMENTAL, "D", "banners"),
    DeclaredRequest(QRS, "POST", "/qrs/custombannermessage", "CustomBannerMessage", EXPERIMENTAL, "D", "banners"),
    DeclaredRequest(QRS, "PUT", "/qrs/custombannermessage/{id}", "CustomBannerMessage", EXPERIMENTAL, "D", "banners"),
    DeclaredRequest(QRS, "DELETE", "/qrs/custombannermessage/{id}", "", EXPERIMENTAL, "D", "banners"),
    DeclaredRequest(QPS, "GET", "/qps/alive", "Value", LOCKED, "D", "whether a proxy is ready"),
    DeclaredRequest(QPS, "GET", "/qps/session", "Session", EXPERIMENTAL, "D", "lists of sessions"),
    DeclaredRequest(QPS, "GET", "/qps/{virtualproxy}/session", "Session", EXPERIMENTAL, "D", "lists of sessions"),
    DeclaredRequest(QPS, "DELETE", "/qps/session/{id}", "", LOCKED, "D", "ending sessions"),
    DeclaredRequest(QPS, "DELETE", "/qps/{virtualproxy}/session/{id}", "", LOCKED, "D", "ending sessions"),
    DeclaredRequest(
        PERSONAL, "DELETE", "/{virtualproxy}/qps/user", "", LOCKED, "D", "logging out where QRS was asked so"
    ),
)

# The kinds of usage rows that are of a session, and those that list the sessions of a user.
USAGE_OF_SESSION = ("LicenseProfessionalAccessUsage", "LicenseAnalyzerAccessUsage", "LicenseUserAccessUsage")
USAGE_OF_USER = ("LicenseLoginAccessUsage", "LicenseAnalyzerTimeAccessUsage")

FIELDS = (
    Field("ProxyService", "id", TEXT, "D", "telling proxies apart"),
    Field("ProxyService", "serverNodeConfiguration", OBJECT, "D", "names of nodes"),
    Field("ProxyService", "settings", OBJECT, "D", "ports and links"),
    Field("ProxyServiceSettings", "listenPort", NUMBER, "D", "restarts behind a balancer"),
    Field("ProxyServiceSettings", "restListenPort", NUMBER, "D", "asking QPS"),
    Field("ProxyServiceSettings", "virtualProxies", LIST, "D", "which lists of sessions there are"),
    Field("VirtualProxyConfig", "id", TEXT, "D", "telling virtual proxies apart"),
    Field("VirtualProxyConfig", "prefix", TEXT, "D", "asking QPS"),
    Field("VirtualProxyConfig", "description", TEXT, "D", "selection and reports"),
    Field("VirtualProxyConfig", "sessionCookieHeaderName", TEXT, "D", "reports"),
    Field("VirtualProxyConfig", "sessionInactivityTimeout", NUMBER, "D", "reports"),
    Field("VirtualProxyConfig", "loadBalancingServerNodes", LIST, "D", "reports"),
    Field("ServerNodeConfiguration", "name", TEXT, "D", "names of nodes"),
    Field("ServerNodeConfiguration", "hostName", TEXT, "D", "asking QPS"),
    Field("ServerNodeConfiguration", "isCentral", FLAG, "D", "central nodes"),
    # Within a proxy service it can be filtered by (C) but is not described to be shown.
    Field("ServerNodeConfiguration", "proxyEnabled", FLAG, "D", "leaving out nodes without a proxy"),
    Field("ServerNodeConfiguration", "id", TEXT, "D", "the inventory"),
    Field("ServerNodeConfiguration", "failoverCandidate", FLAG, "D", "the inventory, failover"),
    Field("ServerNodeConfiguration", "nodePurpose", ENUM, "D", "the inventory"),
    Field("ServerNodeConfiguration", "engineEnabled", FLAG, "D", "the inventory"),
    Field("ServerNodeConfiguration", "printingEnabled", FLAG, "D", "the inventory"),
    Field("ServerNodeConfiguration", "schedulerEnabled", FLAG, "D", "the inventory"),
    Field("ServerNodeConfiguration", "tags", LIST, "D", "the inventory"),
    Field("ServerNodeConfiguration", "customProperties", LIST, "D", "the inventory"),
    Field("TagCondensed", "name", TEXT, "D", "the inventory"),
    Field("CustomPropertyValue", "value", TEXT, "D", "the inventory"),
    Field("CustomPropertyValue", "definition", OBJECT, "D", "the inventory"),
    Field("CustomPropertyDefinitionCondensed", "name", TEXT, "D", "the inventory"),
    Field("ServiceStatus", "serverNodeConfiguration", OBJECT, "D", "names of nodes"),
    Field("ServiceStatus", "serviceType", ENUM, "D", "finding proxies among the services"),
    Field("ServiceStatus", "serviceState", ENUM, "D", "what QRS believes of a proxy"),
    Field("ServiceStatus", "timestamp", TEXT, "D", "how old that belief is"),
    Field("User", "userDirectory", TEXT, "D", "joining users with sessions"),
    Field("User", "userId", TEXT, "D", "joining users with sessions"),
    Field("User", "name", TEXT, "D", "reports"),
    Field("User", "inactive", FLAG, "D", "states of users"),
    Field("User", "blacklisted", FLAG, "D", "states of users"),
    Field("User", "removedExternally", FLAG, "D", "states of users"),
    Field("User", "attributes", LIST, "D", "addresses of users"),
    Field("UserAttribute", "attributeType", TEXT, "D", "addresses of users"),
    Field("UserAttribute", "attributeValue", TEXT, "D", "addresses of users"),
    Field("CustomBannerMessage", "id", TEXT, "D", "banners"),
    Field("CustomBannerMessage", "name", TEXT, "D", "banners"),
    Field("CustomBannerMessage", "message", TEXT, "D", "banners"),
    Field("CustomBannerMessage", "messageType", ENUM, "D", "banners"),
    Field("CustomBannerMessage", "isActive", FLAG, "D", "banners"),
    Field("CustomBannerMessage", "duration", NUMBER, "D", "banners"),
    *(Field(entity, "sessionID", TEXT, "D", "joining rows with sessions: C") for entity in USAGE_OF_SESSION),
    *(Field(entity, "useStartTime", TEXT, "D", "when sessions began") for entity in USAGE_OF_SESSION),
    *(Field(entity, "latestActivity", TEXT, "D", "how idle sessions are") for entity in USAGE_OF_SESSION),
    *(Field(entity, "modifiedByUserName", TEXT, "D", "whose rows they are: C") for entity in USAGE_OF_SESSION),
    *(Field(entity, "modifiedByUserName", TEXT, "D", "whose rows they are: C") for entity in USAGE_OF_USER),
    *(Field(entity, "user", OBJECT, "D", "whose rows they are") for entity in USAGE_OF_USER),
    *(Field(entity, "sessions", LIST, "D", "joining rows with sessions") for entity in USAGE_OF_USER),
    *(Field(f"{entity}Session", "sessionID", TEXT, "D", "joining rows with sessions: C") for entity in USAGE_OF_USER),
    *(Field(f"{entity}Session", "createdDate", TEXT, "D", "when sessions began: I") for entity in USAGE_OF_USER),
    *(Field(f"{entity}Session", "latestActivity", TEXT, "D", "how idle sessions are") for entity in USAGE_OF_USER),
    Field("ServiceCluster", "settings", OBJECT, "D", "failover"),
    Field("ServiceClusterSettings", "sharedPersistenceProperties", OBJECT, "D", "failover"),
    Field("ServiceClusterSettingsSharedPersistenceProperties", "failoverTimeout", NUMBER, "D", "failover"),
    Field("ServerNodeHeartbeat", "serverNodeConfiguration", OBJECT, "D", "heartbeats"),
    Field("ServerNodeHeartbeat", "timestamp", TEXT, "D", "heartbeats"),
    Field("ExecutionSession", "executionResult", OBJECT, "D", "tasks that run"),
    Field("ExecutionSession", "reloadTask", OBJECT, "D", "tasks that run"),
    Field("ExecutionSession", "userSyncTask", OBJECT, "D", "tasks that run"),
    Field("ExecutionSession", "externalProgramTask", OBJECT, "D", "tasks that run"),
    Field("ExecutionSession", "app", OBJECT, "D", "tasks that run"),
    Field("ExecutionSession", "user", TEXT, "D", "tasks that run"),
    Field("ExecutionResultCondensed", "executingNodeName", TEXT, "D", "which node a task runs on: I"),
    Field("ExecutionResultCondensed", "startTime", TEXT, "D", "tasks that run"),
    Field("ReloadTaskCondensed", "name", TEXT, "D", "tasks that run"),
    Field("UserSyncTaskCondensed", "name", TEXT, "D", "tasks that run"),
    Field("ExternalProgramTaskCondensed", "name", TEXT, "D", "tasks that run"),
    Field("AppCondensed", "name", TEXT, "D", "tasks that run"),
    # Described in camelCase, seen in PascalCase (L).
    Field("Session", "UserDirectory", TEXT, "D", "whose session it is"),
    Field("Session", "UserId", TEXT, "D", "whose session it is"),
    Field("Session", "UserName", TEXT, "D", "reports; blank on live sites (L)"),
    Field("Session", "Attributes", LIST, "D", "selection; addresses of users"),
    Field("Session", "SessionId", TEXT, "D", "ending sessions"),
    # Described as a bare value; in an object by that name it is what other clients read.
    Field("Value", "value", FLAG, "C", "whether a proxy is ready"),
    Field("Value", "value", NUMBER, "C", "whether missing users can be told"),
)
