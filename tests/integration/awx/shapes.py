# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of AWX's API: their fields, and what belongs to what. Only the part that the kit touches."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
HIDDEN = "$encrypted$"  # what AWX shows of a secret


class RefusedError(ValueError):
    """AWX answers 400 to it, with these words."""


class ForbiddenError(PermissionError):
    """AWX answers 403 to it."""


def refuse_if(wrong: object, why: str | Json) -> None:
    """Raises RefusedError. ``why``: a sentence, or the body of the answer."""
    if wrong:
        raise RefusedError(why)


NAMED: Json = {"name": "", "description": ""}
IN_ORGANIZATION: Json = {**NAMED, "organization": None}
ASKED = ("job_type", "limit", "variables", "inventory", "credential", "tags")
ASKS = {f"ask_{what}_on_launch": False for what in ASKED}
PROMPTS: Json = {
    "extra_data": {},
    "inventory": None,
    "limit": None,
    "job_type": None,
    "verbosity": None,
    "timeout": None,
}
# The fields of each kind of object, with what they are unless told. Those in REQUIRED must be told.
FIELDS: dict[str, Json] = {
    "organizations": {**NAMED, "max_hosts": 0, "default_environment": None},
    "users": {"username": "", "email": ""},
    "teams": IN_ORGANIZATION,
    "labels": {"name": "", "organization": None},
    "instance_groups": {"name": "", "max_forks": 0},
    "credential_types": {**NAMED, "kind": "", "inputs": {}, "injectors": {}, "managed": False},
    "credentials": {**IN_ORGANIZATION, "credential_type": None, "inputs": {}},
    "execution_environments": {**IN_ORGANIZATION, "image": "", "credential": None, "pull": ""},
    "projects": {
        **IN_ORGANIZATION,
        "scm_type": "",
        "scm_url": "",
        "scm_branch": "",
        "credential": None,
        "scm_update_on_launch": False,
        "default_environment": None,
        "scm_revision": "",
        "status": "pending",
    },
    "inventories": {**IN_ORGANIZATION, "kind": "", "host_filter": None, "variables": ""},
    "hosts": {**NAMED, "inventory": None, "enabled": True, "variables": ""},
    "groups": {**NAMED, "inventory": None, "variables": ""},
    "inventory_sources": {
        **NAMED,
        "inventory": None,
        "source": "",
        "source_project": None,
        "source_path": "",
        "credential": None,
        "execution_environment": None,
        "overwrite": False,
        "overwrite_vars": False,
        "update_on_launch": False,
    },
    "inventory_updates": {**NAMED, "inventory_source": None, "status": "", "finished": "", "failed": False},
    "notification_templates": {
        **IN_ORGANIZATION,
        "notification_type": "",
        "notification_configuration": {},
        "messages": None,
    },
    "job_templates": {
        **IN_ORGANIZATION,
        **ASKS,
        "project": None,
        "inventory": None,
        "playbook": "",
        "job_type": "run",
        "execution_environment": None,
        "extra_vars": "",
        "limit": "",
        "forks": 0,
        "job_slice_count": 1,
        "allow_simultaneous": False,
        "survey_enabled": False,
        "use_fact_cache": False,
        "timeout": 0,
    },
    "workflow_job_templates": {
        **IN_ORGANIZATION,
        **ASKS,
        "inventory": None,
        "extra_vars": "",
        "limit": None,
        "allow_simultaneous": False,
        "survey_enabled": False,
    },
    "workflow_job_template_nodes": {
        **PROMPTS,
        "identifier": "",
        "workflow_job_template": None,
        "unified_job_template": None,
        "all_parents_must_converge": False,
    },
    "workflow_approval_templates": {**IN_ORGANIZATION, "timeout": 0},
    "schedules": {**NAMED, **PROMPTS, "unified_job_template": None, "rrule": "", "enabled": True},
}
REQUIRED = {
    "labels": ["name", "organization"],
    "credentials": ["name", "organization", "credential_type"],
    "execution_environments": ["name", "image"],
    "projects": ["name", "organization"],
    "inventories": ["name", "organization"],
    "hosts": ["name", "inventory"],
    "groups": ["name", "inventory"],
    "inventory_sources": ["name", "inventory"],
    "job_templates": ["name", "project", "inventory", "playbook"],
    "workflow_job_template_nodes": ["workflow_job_template"],
    "schedules": ["name", "rrule", "unified_job_template"],
    "notification_templates": ["name", "organization", "notification_type"],
}
# What may be there once only. A name stands for itself within what the others refer to.
UNIQUE = {
    "organizations": ("name",),
    "labels": ("name", "organization"),
    "credential_types": ("name", "kind"),
    "credentials": ("name", "organization", "credential_type"),
    "execution_environments": ("name",),
    "projects": ("name", "organization"),
    "inventories": ("name", "organization"),
    "hosts": ("name", "inventory"),
    "groups": ("name", "inventory"),
    "notification_templates": ("name", "organization"),
    "job_templates": ("name", "organization"),
    "workflow_job_templates": ("name", "organization"),
    "workflow_job_template_nodes": ("identifier", "workflow_job_template"),
    "schedules": ("name", "unified_job_template"),
}
# What one may do with an object, each a role of its own.
ROLES = {
    "job_templates": ("admin_role", "execute_role", "read_role"),
    "workflow_job_templates": ("admin_role", "execute_role", "read_role", "approval_role"),
}
# In one table in AWX, and so with numbers that are all different.
UNIFIED = ("projects", "job_templates", "workflow_job_templates", "workflow_approval_templates")
NOTIFIED = {f"notification_templates_{when}" for when in ("started", "success", "error")}
ASSOCIATIONS = {
    "organizations": {"galaxy_credentials"},
    "groups": {"hosts", "children"},
    "job_templates": {"credentials", "labels", "instance_groups", *NOTIFIED},
    "workflow_job_templates": {"notification_templates_approvals", "labels", *NOTIFIED},
    "workflow_job_template_nodes": {"success_nodes", "failure_nodes", "always_nodes", "credentials"},
    "roles": {"users", "teams"},
}
SINGULAR = {"inventories": "inventory"}
