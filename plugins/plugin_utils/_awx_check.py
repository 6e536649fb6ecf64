# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What check mode can say of an AWX in which not everything is there yet. Pure.

The modules of awx.awx end in an error where something that they refer to is missing. So what refers to something
missing is not given to them in check mode, and named here instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_jobs import Object
from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_objects import MACHINE, Objects

Existing = Mapping[str, Set[str]]


@dataclass(frozen=True)
class Kind:
    """A kind of objects: ``endpoint`` of the API, the field ``called`` that names one, ``within`` what they are."""

    key: str
    endpoint: str
    words: str
    within: str = ""
    called: str = "name"


IN_ORGANIZATION = "organization__name"
IN_INVENTORY = "inventory__name"
IN_WORKFLOW = "workflow_job_template__name"
KINDS = (
    Kind("aap_organizations", "organizations", "organization"),
    Kind("controller_labels", "labels", "label", IN_ORGANIZATION),
    Kind("controller_credential_types", "credential_types", "credential type"),
    Kind("controller_credentials", "credentials", "credential", IN_ORGANIZATION),
    Kind("controller_execution_environments", "execution_environments", "execution environment", IN_ORGANIZATION),
    Kind("controller_projects", "projects", "project", IN_ORGANIZATION),
    Kind("controller_inventories", "inventories", "inventory", IN_ORGANIZATION),
    Kind("controller_hosts", "hosts", "host", IN_INVENTORY),
    Kind("controller_groups", "groups", "group", IN_INVENTORY),
    Kind("controller_inventory_sources", "inventory_sources", "inventory source", IN_INVENTORY),
    Kind("controller_notifications", "notification_templates", "notification", IN_ORGANIZATION),
    Kind("controller_templates", "job_templates", "job template", IN_ORGANIZATION),
    Kind("controller_schedules", "schedules", "schedule", "unified_job_template__organization__name"),
    Kind("controller_workflows", "workflow_job_templates", "workflow", IN_ORGANIZATION),
    Kind("workflow_nodes", "workflow_job_template_nodes", "node of the workflow", IN_WORKFLOW, "identifier"),
)
# Fields that refer to another object, and where that is.
REFERENCES = {
    "organization": "aap_organizations",
    "lookup_organization": "aap_organizations",
    "labels": "controller_labels",
    "credential_type": "controller_credential_types",
    "credentials": "controller_credentials",
    "credential": "controller_credentials",
    "default_environment": "controller_execution_environments",
    "execution_environment": "controller_execution_environments",
    "project": "controller_projects",
    "source_project": "controller_projects",
    "inventory": "controller_inventories",
    "hosts": "controller_hosts",
    "notification_templates_error": "controller_notifications",
    "notification_templates_approvals": "controller_notifications",
    "unified_job_template": "controller_templates",
    "job_templates": "controller_templates",
    "workflows": "controller_workflows",
    "workflow_job_template": "controller_workflows",
    "success_nodes": "workflow_nodes",
}


def within(kind: Kind, objects: Objects) -> dict[str, str]:
    """The query that finds the objects of this site at the endpoint of a kind."""
    names: dict[str, str] = {
        IN_INVENTORY: objects["controller_inventories"][0]["name"],
        IN_WORKFLOW: objects["controller_workflows"][0]["name"],
    }
    organization: str = objects["aap_organizations"][0]["name"]
    return {kind.within: names.get(kind.within, organization)} if kind.within else {}


def comparable(objects: Objects, existing: Existing) -> Objects:
    """Those that a module of awx.awx can compare: nothing that they refer to has yet to be created."""
    missing = {(kind, name) for kind, names in _missing(objects, existing).items() for name in names}
    return {kind: [one for one in many if not missing.intersection(_references(one))] for kind, many in objects.items()}


def to_create(objects: Objects, existing: Existing) -> list[str]:
    """A line for each kind of which something is missing, such as ``group: qlik_sites, qlik_proxies``."""
    missing = _missing(objects, existing)
    return [f"{kind.words}: {', '.join(missing[kind.key])}" for kind in KINDS if missing[kind.key]]


def _missing(objects: Objects, existing: Existing) -> dict[str, list[str]]:
    return {
        kind.key: [one[kind.called] for one in objects[kind.key] if one[kind.called] not in existing[kind.key]]
        for kind in KINDS
    }


def _references(one: Object) -> Iterator[tuple[str, str]]:
    for field, kind in REFERENCES.items():
        value = one.get(field)
        for name in value if isinstance(value, list) else [value]:
            if isinstance(name, str) and name != MACHINE:
                yield kind, name
