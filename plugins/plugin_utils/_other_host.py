# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A way for an action plugin to run modules on another host than that of its task, as ``delegate_to`` would.

Private to the collection. A task has one connection, and ansible-core has no public way to a second one. So this sets
one up from the variables of the host as its task executor does (lib/ansible/executor/task_executor.py, 2.16 to 2.21).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.module_utils.parsing.convert_bool import BOOLEANS_TRUE
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import become_loader

Result = dict[str, Any]
# Without types in ansible-core.
CONFIG: Any = constants.config
BECOME: Any = become_loader


class OtherHost:
    """Made by an action plugin at work. The connection is kept from one module to the next."""

    def __init__(self, action: ActionBase, host: str, variables: Mapping[str, Any]) -> None:
        self._theirs = _variables_of(host, variables["hostvars"])
        self._host = host
        of_action: Any = action._task
        task = of_action.copy()
        task.delegate_to = None
        of_play: Any = action._play_context
        context = of_play.copy()
        context.remote_addr = self._theirs.get("ansible_host", host)
        self._action = type(action)(
            task=task,
            connection=self._connection(action, task, context),
            play_context=context,
            loader=action._loader,
            templar=action._templar,
            shared_loader_obj=action._shared_loader_obj,
        )

    def run(self, module: str, arguments: Mapping[str, Any]) -> Result:
        """What the module returns. Raises AnsibleError, such as where the host can't be reached."""
        # Nothing else of theirs is read: it may be such that it can't be templated here.
        interpreters = {name: self._theirs[name] for name in self._theirs if name.endswith("_interpreter")}
        result: Result = self._action._execute_module(
            module_name=module,
            module_args=dict(arguments),
            task_vars={"ansible_facts": {}, **interpreters, "inventory_hostname": self._host},
        )
        return result

    def _connection(self, action: ActionBase, task: Any, context: Any) -> Any:
        kind = self._theirs.get("ansible_connection", CONFIG.get_config_value("DEFAULT_TRANSPORT"))
        loader = action._shared_loader_obj.connection_loader
        connection = loader.get("ssh" if kind == "smart" else kind, context, new_stdin=None)
        keywords = {name: value for name, value in task.dump_attrs().items() if name != "retries"}
        keywords |= {"timeout": context.timeout, **({"password": context.password} if context.password else {})}
        become = self._theirs.get("ansible_become", task.become)
        if (become.lower() if isinstance(become, str) else become) in BOOLEANS_TRUE:
            method = self._theirs.get("ansible_become_method", task.become_method)
            connection.set_become_plugin(BECOME.get(method or CONFIG.get_config_value("DEFAULT_BECOME_METHOD")))
            password = {"become_pass": context.become_pass} if context.become_pass else {}
            self._set_options("become", connection.become, {**keywords, **password})
        self._set_options("connection", connection, keywords)
        self._set_options("shell", connection._shell, keywords)
        return connection

    def _set_options(self, kind: str, plugin: Any, keywords: Mapping[str, Any]) -> None:
        names = CONFIG.get_plugin_vars(kind, plugin._load_name)
        found = {name: self._theirs[name] for name in names if name in self._theirs}
        plugin.set_options(task_keys=dict(keywords), var_options={**found, "inventory_hostname": self._host})


def _variables_of(host: str, hosts: Mapping[str, Any]) -> Mapping[str, Any]:
    """None where the inventory does not have it; then it is reached by its name, as with ``delegate_to``."""
    if host not in hosts:  # asked for all the same, hostvars gives something undefined
        return {}
    theirs: Mapping[str, Any] = hosts[host]
    return theirs
