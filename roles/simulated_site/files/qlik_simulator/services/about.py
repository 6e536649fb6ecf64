# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What QRS tells of itself."""

from __future__ import annotations

from ..model.enums import ENUMS
from ..model.site import Node
from ..model.usage import KINDS
from ..services import openapi

_TYPES = (
    *("proxyservice", "virtualproxyconfig", "servernodeconfiguration", "servicestatus", "user"),
    "custombannermessage",
    *(kind.path for kind in KINDS.values()),
    *("executionsession", "servicecluster", "servernodeheartbeat"),
)
ENDPOINTS = [
    *("GET /qrs/about", "GET /qrs/about/api/description", "GET /qrs/about/api/enums", "GET /qrs/about/api/relations"),
    *("GET /qrs/about/openapi", "GET /qrs/about/openapi/{interfacename}"),
    *(f"GET /qrs/{kind}{rest}" for kind in _TYPES for rest in ("", "/full", "/count", "/{id}")),
    *("GET /qrs/proxyservice/local", "GET /qrs/servernodeconfiguration/local", "GET /qrs/ssl/ping"),
    *("POST /qrs/user/table", "POST /qrs/failover/tonode/{servernodeconfigurationid}"),
    *("POST /qrs/custombannermessage", "PUT /qrs/custombannermessage/{id}", "DELETE /qrs/custombannermessage/{id}"),
]
RELEASE = "31.44.0.0"
# Which property is an object of which type; "PROPERTY > TYPE" is how a client splits them (C).
_RELATIONS = [
    "ProxyService.ServerNodeConfiguration > ServerNodeConfiguration",
    "ProxyService.Settings > ProxyService.Settings",
    "ProxyService.Settings.VirtualProxies > VirtualProxyConfig",
    "ServerNodeConfiguration.ServiceCluster > ServiceCluster",
    "ServerNodeHeartbeat.ServerNodeConfiguration > ServerNodeConfiguration",
    "ServiceStatus.ServerNodeConfiguration > ServerNodeConfiguration",
    "VirtualProxyConfig.LoadBalancingServerNodes > ServerNodeConfiguration",
]


def about(node: Node) -> dict[str, object]:
    """The answering node and its release (fields: D, C; the release itself: I)."""
    return {
        "schemaPath": "About",
        "buildVersion": RELEASE,
        "buildDate": "11/20/2025 10:09:00 AM",
        "databaseProvider": "Devart.Data.PostgreSql",
        "nodeType": 1 if node.central else 2,  # D
        "sharedPersistence": True,
        "requiresBootstrap": False,
        "singleNodeOnly": False,
    }


def about_api(what: str, method: str, banners: bool) -> object:
    """Below ``about/api``; None where there is nothing. Clients read enums before they show anything else (C)."""
    if what == "enums":
        # Three clients split each value at its colon and look for the property among the usages (C).
        return {
            name: {"values": [f"{number}: {member}" for number, member in enumerate(members)], "usages": list(usages)}
            for name, (members, usages) in ENUMS.items()
        }
    if what == "relations":
        return _RELATIONS
    if what == "description":
        return [each for each in _served(banners) if each.startswith(f"{method.upper()} " if method else "")]
    return None


def about_openapi(parts: list[str], banners: bool) -> object:
    """Below ``about/openapi``: the names of the interfaces, or the description of one; None where there is none (D)."""
    if parts == ["main"]:
        return openapi.of_repository(_served(banners), RELEASE)
    return None if parts else ["main"]


def _served(banners: bool) -> list[str]:
    return [each for each in ENDPOINTS if banners or "custombannermessage" not in each]
