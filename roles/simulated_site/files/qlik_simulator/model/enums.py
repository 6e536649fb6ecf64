# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The enums of QRS: names in filters (D), numbers in answers (D, C)."""

from __future__ import annotations

# Name of an enum -> its members by number, and the properties that are of it. Members: D for services, authentication
# and SameSite, else C; names of enums: C for services and nodes, else I.
_SAME_SITE = ("VirtualProxyConfig.SameSiteAttributeHttp", "VirtualProxyConfig.SameSiteAttributeHttps")
ENUMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "AbortReasonEnum": (("Undefined", "Manual", "Timeout", "DeletedTask"), ("ExecutionSession.AbortReason",)),
    "AnonymousAccessModeEnum": (
        ("NoAnonymousUser", "AllowAnonymous", "AlwaysAnonymous"),
        ("VirtualProxyConfig.AnonymousAccessMode",),
    ),
    "AuthenticationMethodEnum": (
        ("Ticket", "HeaderStaticUserDirectory", "HeaderDynamicUserDirectory", "SAML", "JWT", "OIDC"),
        ("VirtualProxyConfig.AuthenticationMethod",),
    ),
    "BannerMessageTypeEnum": (("Standard", "Info", "Warning", "Error"), ("CustomBannerMessage.MessageType",)),
    "HeaderAuthenticationModeEnum": (
        ("NotAllowed", "StaticUserDirectory", "DynamicUserDirectory", "Undefined"),
        ("VirtualProxyConfig.HeaderAuthenticationMode",),
    ),
    "NodePurposeEnum": (("Production", "Development", "Both"), ("ServerNodeConfiguration.NodePurpose",)),
    "PersistenceModeEnum": (
        ("LegacyPersistence", "SingleQvf", "SplitQvf"),
        ("ServiceCluster.Settings.PersistenceMode",),
    ),
    "SameSiteEnum": (("NoAttribute", "None", "Lax", "Strict"), _SAME_SITE),
    "ServiceStateEnum": (
        ("Initializing", "CertificatesNotInstalled", "Running", "NoCommunication", "Disabled", "Unknown"),
        ("ServiceStatus.ServiceState",),
    ),
    "ServiceTypeEnum": (
        ("Repository", "Proxy", "Scheduler", "Engine", "AppMigration", "Printing"),
        ("ServiceStatus.ServiceType",),
    ),
    "TaskExecutionStatus": (
        (
            *("NeverStarted", "Triggered", "Started", "Queued", "AbortInitiated", "Aborting", "Aborted"),
            *("FinishedSuccess", "FinishedFail", "Skipped", "Retry", "Error", "Reset"),
            *("DistributionQueue", "DistributionRunning"),
        ),
        ("ExecutionResult.Status",),
    ),
    "TaskTypeEnum": (
        ("Reload", "ExternalProgram", "UserSync", "Distribute"),
        ("ReloadTask.TaskType", "UserSyncTask.TaskType", "ExternalProgramTask.TaskType"),
    ),
}
# Members by the name of a property, in lower case.
MEMBERS = {usage.rpartition(".")[2].lower(): members for members, usages in ENUMS.values() for usage in usages}
