# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that AWX has to hold for one site, as data under the names that infra.aap_configuration has for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_jobs import Object, Questions, Work
from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_settings import Settings

Objects = dict[str, list[Object]]
# Out of the credentials, by the environment: in extra variables, ansible-core 2.19 and later reads 0123 as a number.
WINDOWS_LOGIN = {
    "ansible_user": "{{ lookup('ansible.builtin.env', 'QLIK_WINDOWS_USER') }}",
    "ansible_password": "{{ lookup('ansible.builtin.env', 'QLIK_WINDOWS_PASSWORD') }}",
}
MESSAGES = {
    f"notify_users_{name}": f"{{{{ lookup('ansible.builtin.env', 'QLIK_{name.upper()}') }}}}"
    for name in ("mail_username", "mail_password", "teams_url", "slack_url")
}
Types = Mapping[str, Mapping[str, Any]]
MACHINE = "Machine"


def objects(settings: Settings, types: Types, questions: Questions, inputs: Mapping[str, Object]) -> Objects:
    """The objects wanted. ``types`` and ``questions`` are those of the kit, ``inputs`` those of the credentials.

    Raises ValueError where a variable of the site does not fit a survey.
    """
    work = Work(settings, questions, credential_names(settings, types))
    return {
        "aap_organizations": [_organization(settings)],
        "controller_labels": [
            {"name": label, "organization": settings.organization} for label in sorted(set(settings.labels))
        ],
        "controller_credential_types": [_type(about) for about in types.values()],
        "controller_credentials": _credentials(settings, types, inputs),
        "controller_execution_environments": [_execution_environment(settings)],
        "controller_projects": [_project(settings)],
        "controller_inventories": [_inventory(settings)],
        "controller_hosts": _hosts(settings),
        "controller_groups": _groups(settings),
        "controller_inventory_sources": _inventory_sources(settings, types),
        "controller_notifications": _notifications(settings),
        "controller_templates": work.templates(),
        "controller_schedules": work.schedules(),
        "controller_workflows": work.workflows(),
        "workflow_nodes": work.nodes(),  # in infra.aap_configuration, a part of the workflow
        "controller_roles": work.roles(),
    }


def type_name(about: Mapping[str, Any]) -> str:
    """AWX lets nobody change the fields of a type in use, so a type with other fields is another generation."""
    return str(about["name"]) if about["generation"] == 1 else f"{about['name']} {about['generation']}"


def credential_names(settings: Settings, types: Types) -> dict[str, str]:
    """End of its name -> name in AWX. One of a later generation of its type stands beside the old one."""
    ends = {"connection": "connection", "windows": "Windows nodes", "messages": "messages"}
    generations = {key: about["generation"] for key, about in types.items()}
    names = {
        key: f"{settings.name} - {end}" + (f" {generations[key]}" if generations[key] > 1 else "")
        for key, end in ends.items()
    }
    return {**names, "ssh": f"{settings.name} - SSH"}


def _organization(settings: Settings) -> Object:
    """It is made if it is not there. Only the credentials for Galaxy are changed, and only if there are any."""
    galaxy: Object = {"galaxy_credentials": settings.galaxy_credentials} if settings.galaxy_credentials else {}
    return {"name": settings.organization, "state": "present" if galaxy else "exists", **galaxy}


def _type(about: Mapping[str, Any]) -> Object:
    kept = {name: about[name] for name in ("description", "kind", "inputs", "injectors")}
    return {"name": type_name(about), **kept}


def _credentials(settings: Settings, types: Types, inputs: Mapping[str, Object]) -> list[Object]:
    """Empty inputs are left out: AWX does not keep an empty secret, so it would differ at every run."""
    names = credential_names(settings, types)
    return [
        {
            "name": names[key],
            "organization": settings.organization,
            "credential_type": type_name(types[key]) if key in types else MACHINE,
            "inputs": {name: value for name, value in inputs[key].items() if value != ""},
        }
        for key in ("connection", "windows", "ssh", "messages")
    ]


def _execution_environment(settings: Settings) -> Object:
    return {
        "name": settings.name,
        "organization": settings.organization,
        "image": settings.image,
        "pull": "missing",
        **_if_given("credential", settings.registry_credential),
    }


def _project(settings: Settings) -> Object:
    return {
        "name": settings.name,
        "organization": settings.organization,
        "scm_type": "git",
        "scm_url": settings.project_url,
        "scm_branch": settings.project_branch,
        "scm_update_on_launch": False,
        "default_environment": settings.name,
        "wait": True,
        **_if_given("credential", settings.project_credential),
    }


def _if_given(name: str, value: str) -> dict[str, str]:
    return {name: value} if value else {}


def _inventory(settings: Settings) -> Object:
    directory = settings.keeper_directory
    kept = {
        "qlik_audit_host": settings.keeper,
        "qlik_audit_log": f"{directory}/{settings.site}-audit.jsonl",
        "proxy_restart_lease_host": settings.keeper,
        "proxy_restart_lease_dir": f"{directory}/leases",
    }
    return {
        "name": settings.name,
        "organization": settings.organization,
        "kind": "",
        "variables": {**kept, **MESSAGES, **settings.variables},
    }


def _hosts(settings: Settings) -> list[Object]:
    """Nothing is done on the host that is the site but in the job's own container."""
    here = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    return [
        {"name": settings.site, "inventory": settings.name, "variables": here},
        {"name": settings.keeper, "inventory": settings.name, "variables": settings.keeper_variables},
        *({"name": node, "inventory": settings.name} for node in _typed(settings)),
    ]


def _typed(settings: Settings) -> list[str]:
    """The nodes that become hosts here, and not by the source of the inventory."""
    return [] if settings.inventory_file else settings.nodes


def _groups(settings: Settings) -> list[Object]:
    """Without hosts where the source of the inventory puts them in: an empty list would take them out again."""
    nodes: Object = {"hosts": _typed(settings)} if _typed(settings) else {}
    return [
        {"name": "qlik_sites", "inventory": settings.name, "hosts": [settings.site], "variables": {}},
        {
            "name": "qlik_proxies",
            "inventory": settings.name,
            **nodes,
            "variables": {**WINDOWS_LOGIN, **settings.node_variables},
        },
    ]


def _inventory_sources(settings: Settings, types: Types) -> list[Object]:
    """Not updated by jobs, which would then fail while QRS is down. What the site no longer has stays, as elsewhere."""
    if not settings.inventory_file:
        return []
    return [
        {
            "name": f"{settings.name} - nodes",
            "organization": settings.organization,
            "inventory": settings.name,
            "source": "scm",
            "source_project": settings.name,
            "source_path": settings.inventory_file,
            "credential": credential_names(settings, types)["connection"],
            "execution_environment": settings.name,
            "overwrite": False,
            "overwrite_vars": False,
            "update_on_launch": False,
        }
    ]


def _notifications(settings: Settings) -> list[Object]:
    """It is made if it is not there: AWX does not tell the secrets in it, so they would be sent at every run."""
    if not settings.notification:
        return []
    kept: Object = {
        name: settings.notification[name]
        for name in ("notification_type", "notification_configuration", "messages")
        if name in settings.notification
    }
    return [{"name": settings.name, "organization": settings.organization, "state": "exists", **kept}]
