# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of the repository, shaped as QRS shows them.

Field names and types: D (reference pages) and C (typings of a client). Values a client does not act upon are I.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from ..model.site import ANONYMOUS_ACCESS, NODE_PURPOSES, Node, Site, User, VirtualProxy

_NAMESPACE = uuid.UUID("6a2c0b3e-43d5-5f1d-9f83-0a0e4f0e9d11")
_MODIFIED_BY = "INTERNAL\\sa_repository"
_METHOD_TICKET, _METHOD_HEADER_STATIC, _METHOD_HEADER_DYNAMIC = 0, 1, 2  # D
Ports = dict[str, tuple[int, int]]  # node name -> users' port, QPS port


def guid(kind: str, name: str) -> str:
    """The id of an object: the same at every start, as it is in a database."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{name.lower()}"))


def audit(created: datetime, schema: str) -> dict[str, Any]:
    """Who made an object when."""
    return {
        "createdDate": created,
        "modifiedDate": created,
        "modifiedByUserName": _MODIFIED_BY,
        "schemaPath": schema,
        "privileges": None,
    }


def cluster() -> dict[str, Any]:
    """The cluster of the site as it stands within other objects."""
    return {"id": guid("servicecluster", "site"), "name": "ServiceCluster", "privileges": None}


def node_condensed(node: Node) -> dict[str, Any]:
    """A node as it stands within other objects."""
    return {
        "id": guid("node", node.name),
        "name": node.name,
        "hostName": node.host_name,
        "temporaryfilepath": "",
        "roles": [],
        "serviceCluster": cluster(),
        "privileges": None,
    }


def node_full(node: Node, created: datetime) -> dict[str, Any]:
    """A node of its own (D: p1875)."""
    return {
        **node_condensed(node),
        **audit(created, "ServerNodeConfiguration"),
        "isCentral": node.central,
        "nodePurpose": NODE_PURPOSES.index(node.purpose),
        "engineEnabled": node.engine,
        "proxyEnabled": node.proxy,
        "printingEnabled": node.printing,
        "schedulerEnabled": node.scheduler,
        "failoverCandidate": node.central or node.failover_candidate,
        "customProperties": [
            _custom_property(node, name, value) for each in node.custom_properties for name, value in each.items()
        ],
        "tags": [{"id": guid("tag", name), "name": name, "privileges": None} for name in node.tags],
    }


def _custom_property(node: Node, name: str, value: str) -> dict[str, Any]:
    """A value of a custom property, and which property that is (D)."""
    definition = {"id": guid("customproperty", name), "name": name, "valueType": "Text", "choiceValues": []}
    return {
        "id": guid("customvalue", f"{node.name}/{name}/{value}"),
        "value": value,
        "definition": {**definition, "privileges": None},
        "schemaPath": "CustomPropertyValue",
    }


def service_ids(node: Node) -> dict[str, Any]:
    """The ids of the services of a node, as ``/local`` gives them (D; names of the fields: I)."""
    services = ("repository", "proxy", "scheduler", "engine", "printing")
    ids = {f"{service}ServiceID": guid(f"{service}service", node.name) for service in services}
    return {"nodeId": guid("node", node.name), **ids, "schemaPath": "ServerNodeServices"}


def virtual_proxy_condensed(virtual_proxy: VirtualProxy, site: Site) -> dict[str, Any]:
    """A virtual proxy as it stands within a proxy's settings (D: p1945)."""
    header = virtual_proxy.header_authentication_header_name
    directory = virtual_proxy.header_authentication_static_user_directory
    method = (_METHOD_HEADER_STATIC if directory else _METHOD_HEADER_DYNAMIC) if header else _METHOD_TICKET
    balanced = virtual_proxy.load_balancing_nodes
    nodes = [node for node in site.nodes if node.engine] if balanced is None else [site.node(name) for name in balanced]
    texts = (
        "authenticationModuleRedirectUri sessionModuleBaseUri loadBalancingModuleBaseUri sessionCookieDomain "
        "additionalResponseHeaders samlMetadataIdP samlHostUri samlEntityId samlAttributeUserId "
        "samlAttributeUserDirectory jwtAttributeUserId jwtAttributeUserDirectory jwtPublicKeyCertificate "
        "oidcConfigurationEndpointUri oidcClientId oidcClientSecret oidcRealm magicLinkHostUri magicLinkFriendlyName"
    )
    return {
        **dict.fromkeys(texts.split(), ""),
        "id": guid("virtualproxy", virtual_proxy.id),
        "prefix": virtual_proxy.prefix,
        "description": virtual_proxy.description,
        "useStickyLoadBalancing": False,
        "loadBalancingServerNodes": [node_condensed(node) for node in nodes],
        "authenticationMethod": method,
        "headerAuthenticationMode": method if header else 0,
        "headerAuthenticationHeaderName": header,
        "headerAuthenticationStaticUserDirectory": directory,
        "headerAuthenticationDynamicUserDirectory": "$ud\\\\$id" if header and not directory else "",
        "anonymousAccessMode": ANONYMOUS_ACCESS.index(virtual_proxy.anonymous_access),
        "windowsAuthenticationEnabledDevicePattern": "Windows",
        "sessionCookieHeaderName": virtual_proxy.session_cookie_header_name,
        "hasSecureAttributeHttps": True,
        "sameSiteAttributeHttps": 1,
        "hasSecureAttributeHttp": False,
        "sameSiteAttributeHttp": 0,
        "sessionInactivityTimeout": virtual_proxy.session_inactivity_timeout,
        "extendedSecurityEnvironment": False,
        "websocketCrossOriginWhiteList": [],
        "defaultVirtualProxy": virtual_proxy.prefix == "",
        "samlAttributeMap": [],
        "jwtAttributeMap": [],
        "oidcAttributeMap": [],
        "privileges": None,
    }


def virtual_proxy_full(virtual_proxy: VirtualProxy, site: Site, created: datetime) -> dict[str, Any]:
    """A virtual proxy of its own (D: p1945, p1946)."""
    condensed = virtual_proxy_condensed(virtual_proxy, site)
    return {**condensed, **audit(created, "VirtualProxyConfig"), "customProperties": [], "tags": []}


def proxy_full(node: Node, site: Site, ports: Ports, created: datetime) -> dict[str, Any]:
    """A proxy service (D: p1838; numbers without a port: I)."""
    user_port, rest = ports.get(node.name, (443, 4243))
    verbosity = ("AuditActivity", "AuditSecurity", "Service", "Audit", "Performance", "Security", "System")
    settings = {
        "id": guid("proxysettings", node.name),
        "listenPort": user_port,
        "allowHttp": False,
        "unencryptedListenPort": 80,
        "authenticationListenPort": 4244,
        "unencryptedAuthenticationListenPort": 4248,
        "kerberosAuthentication": False,
        "sslBrowserCertificateThumbprint": "",
        "keepAliveTimeoutSeconds": 10,
        "maxHeaderSizeBytes": 16384,
        "maxHeaderLines": 100,
        "logVerbosity": {f"logVerbosity{name}": 4 for name in verbosity},
        "useWsTrace": False,
        "performanceLoggingInterval": 5,
        "restListenPort": rest,
        "virtualProxies": [virtual_proxy_condensed(each, site) for each in site.linked(node)],
        "formAuthenticationPageTemplate": "",
        "loggedOutPageTemplate": "",
        "errorPageTemplate": "",
        "schemaPath": "ProxyService.Settings",
    }
    return {
        "id": guid("proxyservice", node.name),
        **audit(created, "ProxyService"),
        "customProperties": [],
        "tags": [],
        "serverNodeConfiguration": node_condensed(node),
        "settings": settings,
    }


def user_full(user: User, created: datetime) -> dict[str, Any]:
    """A user (D: p1932). Removal from the directory sets both ``removedExternally`` and ``inactive`` (C)."""
    attributes = [*([{"Email": user.email}] if user.email else []), *user.attributes]
    return {
        "id": guid("user", f"{user.directory}\\{user.id}"),
        **audit(created, "User"),
        "userId": user.id,
        "userDirectory": user.directory,
        "userDirectoryConnectorName": user.directory,
        "name": user.name or user.id,
        "roles": list(user.roles),
        "attributes": [
            {"attributeType": name, "attributeValue": value, "externalId": guid(name.lower(), value)}
            for attribute in attributes
            for name, value in attribute.items()
        ],
        "inactive": user.inactive or user.removed_externally,
        "removedExternally": user.removed_externally,
        "blacklisted": user.blacklisted,
        "deleteProhibited": user.directory.upper() == "INTERNAL",
        "favorites": [],
        "customProperties": [],
        "tags": [],
    }


def condensed(full: dict[str, Any], *fields: str) -> dict[str, Any]:
    """The short form of an object (which fields it keeps: I)."""
    return {field: full[field] for field in ("id", *fields, "privileges")}


def service_status(node: Node, service_type: int, state: int, timestamp: datetime, created: datetime) -> dict[str, Any]:
    """The state of one service of a node as QRS last saw it (D: p1889)."""
    return {
        "id": guid(f"servicestatus{service_type}", node.name),
        **audit(created, "ServiceStatus"),
        "serverNodeConfiguration": node_condensed(node),
        "serviceType": service_type,
        "serviceState": state,
        "timestamp": timestamp,
    }
