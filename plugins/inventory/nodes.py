# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: nodes
short_description: Read hosts from the nodes of a Qlik Sense site
version_added: 0.1.0
description:
  - Reads the nodes of a client-managed Qlik Sense site from the Repository service (QRS), and adds each node as a host.
  - The name of the inventory file must end in C(qlik_sense.yml) or C(qlik_sense.yaml).
  - All nodes are in the group C(qlik_nodes). The groups C(qlik_proxies), C(qlik_engines) and C(qlik_schedulers) contain
    the nodes on which the service is enabled. C(qlik_central) contains the central node. The playbooks of this
    collection work on these groups.
  - The plugin sends four requests, which only read. It does not read sessions.
  - Values from QRS are marked as untrusted, so Ansible does not evaluate templates in them.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._connection
  - qlikops.sense._connection.plugins
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [qlikops.sense.nodes]
  hostnames:
    description:
      - Jinja2 expressions for the names of the hosts. They can use the variables of the node. The first expression that
        gives a text which is not empty becomes the name.
      - If no expression gives a text, the name is the host name of the node.
      - The plugin fails if two nodes get the same name. It ignores upper and lower case.
    type: list
    elements: str
    default: []
  ansible_host:
    description:
      - A Jinja2 expression for the address that Ansible connects to. It can use the variables of the node.
      - The default is the host name of the node.
    type: str
  hostvars_prefix:
    description: The prefix of the variables of each host.
    type: str
    default: qlik_
  connection_variables:
    description:
      - Whether to set the connection options in the file as variables of the group C(qlik_nodes) too, with the names
        that the roles of this collection use, such as C(qlik_host). O(client_key_password) is never set.
      - If the roles cannot find the node by the name of the host, the variable C(qlik_node) tells them which it is.
    type: bool
    default: true
  strict:
    description:
      - Whether an expression that fails is an error, also in O(hostnames) and O(ansible_host). Otherwise, the plugin
        ignores it.
  cache:
    description:
      - Whether to cache the answers of QRS. As long as they are fresh, the plugin does not query QRS.
      - Each inventory file, site and O(api_user) has its own entry in the cache.
notes:
  - "The variables of a host, each with the prefix O(hostvars_prefix): C(id), C(name), C(host_name), C(central),
    C(failover_candidate), C(purpose) (V(production), V(development) or V(both)), C(services) (the enabled services out
    of V(engine), V(printing), V(proxy) and V(scheduler)), C(proxy_port) (the port of the proxy service's API),
    C(listen_port) (the port for users), C(prefixes) (of the virtual proxies), C(tags), C(custom_properties) (a list of
    values for each name), C(service_states) (the state of each service according to QRS), and C(heartbeat) (when QRS
    last heard from the node, empty if QRS does not say)."
"""

EXAMPLES = r"""
# production.qlik_sense.yml, with the connection in the environment (QLIK_SENSE_HOST and so on)
plugin: qlikops.sense.nodes

---
# production.qlik_sense.yml, with everything in it
plugin: qlikops.sense.nodes
host: qlik1.example.com
client_cert: /etc/qlik/client.pem
client_key: /etc/qlik/client_key.pem
ca_path: /etc/qlik/root.pem
# The short name, or else the name in the QMC
hostnames:
  - qlik_host_name.split('.')[0]
  - qlik_name
ansible_host: qlik_host_name
compose:
  ansible_connection: "'winrm'"
  proxy_restart_balancer: "'haproxy'"
groups:
  candidates: qlik_failover_candidate
keyed_groups:
  - key: qlik_tags
    prefix: tag
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/qlik
cache_timeout: 3600
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.qlikops.sense.plugins.module_utils._api.nodes import nodes_of, read_answers
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import REQUESTS_IMPORT_ERROR, Rest
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._model.node import ServerNode
from ansible_collections.qlikops.sense.plugins.module_utils._module import connection_spec
from ansible_collections.qlikops.sense.plugins.module_utils._words import is_blank
from ansible_collections.qlikops.sense.plugins.plugin_utils import _inventory as words
from ansible_collections.qlikops.sense.plugins.plugin_utils._options import BadOptions, read
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import without_templates

SUFFIXES = ("qlik_sense.yml", "qlik_sense.yaml")
Answers = dict[str, list[dict[str, Any]]]


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "qlikops.sense.nodes"
    inventory: InventoryData

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and path.endswith(SUFFIXES)

    def parse(self, inventory: InventoryData, loader: DataLoader, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        config = self._read_config_data(path)
        try:
            given, connection = self._connection(config)
            nodes = nodes_of(self._answers(connection, path, cache), connection)
            self._add(nodes, words.connection_variables(given, connection))
        except QlikError as error:
            raise AnsibleParserError(str(error)) from error

    def _connection(self, config: Mapping[str, Any]) -> tuple[dict[str, Any], Connection]:
        """What the file gives of the connection, and the connection, read as the modules read it."""
        given = {name: config[name] for name in connection_spec() if config.get(name) is not None}
        options, problems = read(given, connection_spec())
        if problems:
            raise BadOptions(problems)
        return given, Connection.from_options(options)

    def _answers(self, connection: Connection, path: str, may_be_old: bool) -> Answers:
        is_kept = bool(self.get_option("cache"))
        key = f"{self.get_cache_key(path)}_{_digest(connection)}"
        if is_kept and may_be_old:
            try:
                kept: Answers = self._cache[key]
                return kept
            except KeyError:
                pass  # never asked, or too long ago
        answers = self._asked(connection)
        if is_kept:
            self._cache[key] = answers
        return answers

    def _asked(self, connection: Connection) -> Answers:
        if REQUESTS_IMPORT_ERROR:
            raise QlikError("missing_library", "The Python that runs Ansible lacks requests.", "Install requests.")
        if not connection.validate_certs:
            self.display.warning("validate_certs is false: what QRS says may come from anybody in between.")
        rest = Rest(connection)
        try:
            return read_answers(rest, connection)
        finally:
            rest.close()

    def _add(self, nodes: list[ServerNode], connection_variables: dict[str, Any]) -> None:
        prefix = self.get_option("hostvars_prefix")
        variables = {
            node.id: without_templates({f"{prefix}{name}": value for name, value in words.variables_of(node).items()})
            for node in nodes
        }
        named = [(self._name(node, variables[node.id]), node) for node in nodes]
        words.require_names_of_their_own(named)
        for group in (words.ALL_NODES, *words.GROUPS.values(), words.CENTRAL):
            self.inventory.add_group(group)
        if self.get_option("connection_variables"):
            for name, value in without_templates(connection_variables).items():
                self.inventory.set_variable(words.ALL_NODES, name, value)
        for name, node in named:
            self._add_host(without_templates(name), node, variables[node.id])

    def _add_host(self, host: str, node: ServerNode, variables: dict[str, Any]) -> None:
        self.inventory.add_host(host)
        for group in words.groups_of(node):
            self.inventory.add_child(group, host)
        address = self._text(self.get_option("ansible_host") or "", variables) or node.host_name
        more = words.node_variable(node, host) if self.get_option("connection_variables") else {}
        for name, value in {**variables, **without_templates({"ansible_host": address, **more})}.items():
            self.inventory.set_variable(host, name, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)

    def _name(self, node: ServerNode, variables: dict[str, Any]) -> str:
        texts = (self._text(expression, variables) for expression in self.get_option("hostnames"))
        name = next((text for text in texts if text), node.host_name or node.name)
        if is_blank(name):
            raise QlikError("no_name", f"The node with the id {node.id} has no name.", "Give it one in the QMC.")
        return name

    def _text(self, expression: str, variables: dict[str, Any]) -> str:
        """What an expression comes to, "" where that is nothing or, unless strict, where it can't be computed."""
        if not expression:
            return ""
        try:
            value = self._compose(expression, variables)
        except Exception as error:
            if self.get_option("strict"):
                raise AnsibleParserError(f"{expression} can't be computed: {error}") from error
            return ""
        return "" if value is None or is_blank(str(value)) else str(value)


def _digest(connection: Connection) -> str:
    """Of whom QRS was asked as, and where: another site must not be answered for by this one."""
    asked = (str(connection.repository), connection.prefix_path, connection.api_user)
    return hashlib.sha256("\n".join(asked).encode()).hexdigest()[:12]
