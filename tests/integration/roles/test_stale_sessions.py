# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""stale_sessions outside of AWX: any fact cache, a memory on Windows, and the rules over the awkward site.

What AWX makes of it, job after job, is in tests/integration/runner.
"""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

import pytest
import yaml

from ansible_collections.qlikops.sense.tests.integration.modules.playing import GROUP, Ansible, ensure
from ansible_collections.qlikops.sense.tests.integration.roles.test_windows_arguments import ROOT, objections, tasks_in

CONNECTION = ("host", "qrs_port", "host_map", "client_cert", "client_key", "client_key_password", "ca_path")
VARIABLES = {f"qlik_{name}": f"{{{{ qlik.{name} }}}}" for name in CONNECTION}
TASK_FILES = sorted((ROOT / "roles" / "stale_sessions" / "tasks").glob("*_windows.yml"))
# Modules with the names and arguments of those that need PowerShell; what these do is told by their documentation.
WINDOWS_HEAD = "import base64, json, os\nfrom ansible.module_utils.basic import AnsibleModule\n"
WINDOWS = {
    "win_stat": "m = AnsibleModule({'path': {}, 'get_checksum': {}})\n"
    "m.exit_json(stat={'exists': os.path.exists(m.params['path'])})\n",
    "slurp": "m = AnsibleModule({'src': {}})\n"
    "m.exit_json(content=base64.b64encode(open(m.params['src'], 'rb').read()).decode())\n",
    "win_powershell": "m = AnsibleModule({'parameters': {'type': 'dict'}, 'script': {}, 'error_action': {}})\n"
    "p = m.params['parameters']\n"
    "open(p['Path'], 'w').write(p['Content'])\n"
    "m.exit_json(changed=False, backup=p['Backup'])\n",
}


def clear(ansible: Ansible, *conditions: str, environment: dict[str, str] | None = None, **variables: Any) -> str:
    role = {"ansible.builtin.include_role": {"name": "qlikops.sense.stale_sessions"}}
    given = {name if name.startswith("__") else f"stale_sessions_{name}": value for name, value in variables.items()}
    return ansible.play(
        [role, ensure(*conditions)],
        *("-e", json.dumps(given)),
        environment=environment,
        vars=VARIABLES,
        module_defaults={GROUP: {}},
    )


def memory(path: pathlib.Path) -> dict[str, Any]:
    return {"memory": "file", "memory_path": str(path)}


def test_any_fact_cache_holds_the_memory(ansible: Ansible, tmp_path: pathlib.Path) -> None:
    cache = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path / "cache")}
    clear(ansible, "stale_sessions_report.memory == 'none'", environment=cache, memory="facts")
    clear(
        ansible,
        "stale_sessions_report.memory == 'kept'",
        "stale_sessions_report.said == []",
        "stale_sessions_report.summary.of_unknown_age == 0",
        environment=cache,
        memory="facts",
    )


def test_facts_without_a_cache_are_told(ansible: Ansible) -> None:
    clear(ansible, "stale_sessions_report.said | select('search', 'Facts are forgotten') | length == 1", memory="facts")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"max_sessions": "ten"}, "max_sessions"),
        ({"max_sessions": -1}, "max_sessions: -1 is too small"),
        ({"max_percent": "20%"}, "max_percent"),
        ({"max_percent": 100.5}, "max_percent: 100.5 is not a percentage"),
        ({"memory_path": "memory.json", "memory": "file"}, "an absolute path"),
        ({"min_age": 480}, "480"),
        ({"min_age": "8 o'clock"}, "min_age: '8 o'clock' is not a duration"),
        ({"keep_per_user": "four"}, "keep_per_user"),
        ({"runaway_user": True}, "keep_per_user: True is a truth value, not a number"),
        ({"runaway_virtual_proxy": -1}, "keep_per_virtual_proxy: -1 is too small"),
        ({"users": [34]}, "'00042'"),
    ],
)
def test_what_can_not_be_meant_is_refused_even_if_nothing_is_stale(
    ansible: Ansible, variables: dict[str, Any], words: str
) -> None:
    role = {"ansible.builtin.include_role": {"name": "qlikops.sense.stale_sessions"}}
    tasks = [{"block": [role, {"ansible.builtin.fail": {"msg": "not refused"}}], "rescue": [ensure("wanted in said")]}]
    said = {"wanted": words, "said": "{{ ansible_failed_result.msg | replace('\n', ' ') }}"}
    given = json.dumps({f"stale_sessions_{name}": value for name, value in variables.items()})
    ansible.play(tasks, "-e", given, vars={**VARIABLES, **said}, module_defaults={GROUP: {}})
    assert ansible.modules.control.writes() == []


@pytest.mark.parametrize("off", ["0", 0, "", None])
def test_what_is_off_ends_nothing_and_is_no_limit(ansible: Ansible, tmp_path: pathlib.Path, off: Any) -> None:
    rules = ("min_age", "keep_per_user", "runaway_user", "runaway_virtual_proxy")
    nothing = ("stale_sessions_report.result == 'nothing to do'", "stale_sessions_report.summary.rules == {}")
    clear(ansible, *nothing, **memory(tmp_path / "memory.json"), **dict.fromkeys(rules, off))
    assert ansible.modules.control.writes() == []
    limits: dict[str, Any] = {"max_sessions": off, "max_percent": off, "user_states": "blacklisted, missing"}
    clear(ansible, "stale_sessions_report.result == 'ended'", **memory(tmp_path / "memory.json"), **limits)


def test_a_variable_without_a_value_counts_as_not_given(ansible: Ansible, tmp_path: pathlib.Path) -> None:
    names = ("min_age", "runaway_user", "runaway_virtual_proxy", "max_sessions", "max_percent", "audit_log", "reason")
    clear(
        ansible,
        "stale_sessions_report.result == 'ended'",
        **memory(tmp_path / "memory.json"),
        **dict.fromkeys(names),
        user_states=["blacklisted"],
    )


def test_rules_over_a_site_with_everything_awkward_in_it(ansible: Ansible, tmp_path: pathlib.Path) -> None:
    control = ansible.modules.control
    control.login("LAB\\anna", "Node2", "sales", count=3)
    output = clear(
        ansible,
        "stale_sessions_report.summary.rules == {'user_states': 3, 'keep_per_user': 4}",
        "stale_sessions_report.summary.ended == 7",
        "stale_sessions_report.sessions | selectattr('user', 'equalto', 'LAB\\\\bjorn')"
        " | map(attribute='reason') | unique"
        " == ['user has 7 sessions, keeps 4']",
        **memory(tmp_path / "memory"),
        keep_per_user=4,
        user_states=["inactive", "blacklisted", "removed_externally", "missing"],
        exclude_users=["ZORAN"],
    )
    assert "7 to end: 7 ended" in output
    assert len(control.sessions("LAB\\bjorn")) == 4
    assert [control.sessions(f"LAB\\{user}") for user in ("quinn", "rosa", "stefan")] == [[]] * 3
    assert len(control.sessions("LAB\\zoran")) == 1


def test_a_memory_on_windows(ansible: Ansible, tree: pathlib.Path, tmp_path: pathlib.Path) -> None:
    modules = tmp_path / "galaxy/ansible_collections/ansible/windows/plugins/modules"
    modules.mkdir(parents=True)
    for name, code in WINDOWS.items():
        (modules / f"{name}.py").write_text(WINDOWS_HEAD + code, encoding="utf-8")
    environment = {"ANSIBLE_COLLECTIONS_PATH": f"{tree}{os.pathsep}{tmp_path / 'galaxy'}"}
    file = tmp_path / "memory.json"
    windows: dict[str, Any] = {**memory(file), "__stale_sessions_on_windows": True, "environment": environment}
    clear(ansible, "stale_sessions_report.memory == 'none'", **windows)
    assert len(json.loads(file.read_text(encoding="utf-8"))["site"]) == 3
    clear(ansible, "stale_sessions_report.memory == 'kept'", **windows)
    file.write_text("{", encoding="utf-8")
    clear(
        ansible,
        "stale_sessions_report.memory == 'unreadable'",
        "end_sessions_result.memory.state == 'unreadable'",
        **windows,
    )
    assert file.stat().st_size > 100


@pytest.mark.parametrize("file", TASK_FILES, ids=lambda file: str(file.stem))
def test_arguments_of_windows_modules_are_as_documented(file: pathlib.Path) -> None:
    used = {
        action: task[action]
        for task in tasks_in(yaml.safe_load(file.read_text(encoding="utf-8")))
        for action in task
        if action.startswith("ansible.windows.")
    }
    assert used
    assert [objections(module, arguments) for module, arguments in used.items()] == [[]] * len(used)
