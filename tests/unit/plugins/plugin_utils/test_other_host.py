# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How another host is reached than that of the task: by its own variables, as ``delegate_to`` would."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import connection_loader

from ansible_collections.qlikops.sense.plugins.plugin_utils._other_host import OtherHost

SSH = {
    "ansible_connection": "ssh",
    "ansible_host": "192.0.2.7",
    "ansible_port": 2222,
    "ansible_user": "ops",
    "ansible_become": "yes",
    "ansible_become_user": "qlikops",
    "ansible_remote_tmp": "/srv/tmp",
    "ansible_python_interpreter": "/opt/python",
}


class Action(ActionBase):
    """An action plugin at work; a module returns what it was called with."""

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        return {}

    def _execute_module(self, *_nothing: Any, **called: Any) -> Any:
        return {"by": self, **called}


UNTYPED: Any = SimpleNamespace(Action=Action, DataLoader=DataLoader, PlayContext=PlayContext)


def reached(host: str, **hosts: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The action that runs a module there, and what it is told, for a task that is delegated to localhost."""
    task = Task()
    task.delegate_to = "localhost"
    loaders = SimpleNamespace(connection_loader=connection_loader)
    action = UNTYPED.Action(task, None, UNTYPED.PlayContext(), UNTYPED.DataLoader(), None, loaders)
    other = OtherHost(action, host, {"hostvars": hosts, "ansible_python_interpreter": "/the/wrong/one"})
    called = other.run("qlikops.sense.restart_lease", {"site": "s"})
    there = called["by"]
    assert (task.delegate_to, there._task.delegate_to) == ("localhost", None)
    assert (called["module_name"], called["module_args"]) == ("qlikops.sense.restart_lease", {"site": "s"})
    return there, called["task_vars"]


def test_a_host_by_ssh_and_another_user() -> None:
    there, variables = reached("keeper", keeper={**SSH, "ansible_password": "x", "what_not": object()})
    connection = there._connection
    assert connection.transport == "ssh"
    wanted = {"host": "192.0.2.7", "port": 2222, "remote_user": "ops", "password": "x"}
    assert {name: connection.get_option(name) for name in wanted} == wanted
    assert (connection.become.name, connection.become.get_option("become_user")) == ("sudo", "qlikops")
    assert connection._shell.get_option("remote_tmp") == "/srv/tmp"
    assert variables["ansible_python_interpreter"] == "/opt/python"
    assert variables["inventory_hostname"] == "keeper"


@pytest.mark.parametrize("become", [False, "no", "false", None])
def test_without_another_user(become: Any) -> None:
    there, _variables = reached("keeper", keeper={**SSH, "ansible_become": become})
    assert there._connection.become is None


def test_the_controller_itself() -> None:
    there, _variables = reached("localhost", localhost={"ansible_connection": "local"})
    assert there._connection.transport == "local"


def test_a_host_that_the_inventory_does_not_have() -> None:
    there, variables = reached("keeper.example.com")
    assert there._connection.get_option("host") == "keeper.example.com"
    assert "ansible_python_interpreter" not in variables
