# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same objects as YAML for infra.aap_configuration, without a secret in it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml

from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_inputs import Inputs
from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_objects import Objects
from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_settings import Settings

FILES = {
    "client_certificate": "awx_setup_certificates ~ '/client.pem'",
    "client_key": "awx_setup_certificates ~ '/client_key.pem'",
    "root_certificate": "awx_setup_certificates ~ '/root.pem'",
    "ssh_key_data": "awx_setup_ssh_key_file",
}
SETTINGS = {
    ("connection", "client_key_password"): "awx_setup_key_password",
    ("windows", "password"): "awx_setup_windows_password",
    ("messages", "mail_password"): "awx_setup_mail_password",
    ("messages", "teams_url"): "awx_setup_teams_url",
    ("messages", "slack_url"): "awx_setup_slack_url",
}


class Template(str):
    """A text that Ansible evaluates where the configuration is used; all others are written as !unsafe."""


def references(inputs: Inputs) -> Inputs:
    """Inputs without secrets: templates that find them in the settings and files again. Empty ones stay empty."""
    return {
        key: {name: _reference(key, name) if value and _is_secret(key, name) else value for name, value in many.items()}
        for key, many in inputs.items()
    }


def without_secrets(settings: Settings) -> Settings:
    """The settings with a template in place of what may be secret in the notification of AWX."""
    if not settings.notification:
        return settings
    configured = Template("{{ awx_setup_notification.notification_configuration }}")
    return replace(settings, notification={**settings.notification, "notification_configuration": configured})


def as_texts(value: Any) -> Any:
    """The same value with templates as plain texts: ansible-core 2.21 warns of others in a result."""
    if isinstance(value, dict):
        return {name: as_texts(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_texts(each) for each in value]
    return str(value) if isinstance(value, Template) else value


def as_configuration(objects: Objects) -> str:
    """A file of variables for the role ``infra.aap_configuration.dispatch``, to be loaded with the settings."""
    nodes = objects["workflow_nodes"]
    held: dict[str, Any] = {kind: many for kind, many in objects.items() if kind != "workflow_nodes" and many}
    # As awx_setup does it: the modules send the secrets of a credential at every run unless told.
    held["controller_credentials"] = [
        {**one, "update_secrets": Template("{{ awx_setup_update_secrets | default(false) }}")}
        for one in objects["controller_credentials"]
    ]
    held["controller_workflows"] = [
        {**one, "simplified_workflow_nodes": [_node(node) for node in nodes]} for one in objects["controller_workflows"]
    ]
    text: str = yaml.dump(held, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return f"---\n{text}"


def _is_secret(key: str, name: str) -> bool:
    return name in FILES or (key, name) in SETTINGS


def _reference(key: str, name: str) -> Template:
    if name in FILES:
        # A line feed itself, for Ansible takes the escape of one in a template for two characters.
        return Template(f"{{{{ lookup('ansible.builtin.file', {FILES[name]}, rstrip=true) ~ '\n' }}}}")
    return Template(f"{{{{ {SETTINGS[key, name]} }}}}")


def _node(node: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name not in ("workflow_job_template", "organization")}


class _Dumper(yaml.SafeDumper):
    """Writes texts with braces as ``!unsafe``, but those that are meant as templates."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if "{{" in text or "{%" in text:
        return dumper.represent_scalar("!unsafe", text, style='"')
    return dumper.represent_scalar("tag:yaml.org,2002:str", text)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Template, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), '"'))
