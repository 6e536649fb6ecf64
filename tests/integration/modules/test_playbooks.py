# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Through Ansible itself: module_defaults, check mode and diff, failures, and no secret in all that -vvvv prints."""

from __future__ import annotations

import importlib.util
import pathlib
import re

import pytest
import yaml

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules.playing import GROUP, Ansible, Tasks, ensure
from ansible_collections.qlikops.sense.tests.integration.modules.running import MODULES, ROOT

CONNECTION = {"host", "client_cert", "client_key", "ca_path"}  # options of the examples that the play gives instead


def users_left(control: simulated.Control) -> set[str]:
    return {f"{session['user_directory']}\\{session['user_id']}" for session in control.sessions()}


# What is printed


def test_the_most_talkative_run_tells_no_secret(ansible: Ansible) -> None:
    """List, plan, end, fail: in every way that has to do with ids, keys or xrfkeys."""
    control = ansible.modules.control
    stuck, gone = control.login("LAB\\carla", "Node2", "sales", count=2)
    control.fault("status", method="DELETE", path=stuck, status=500, body=f"cannot end {stuck}")
    rogue = {
        "client_cert": ansible.modules.site_info["certificates"]["rogue_client"],
        "client_key": ansible.modules.site_info["certificates"]["rogue_client_key"],
        "client_key_password": "",
    }
    tasks: Tasks = [
        {"qlikops.sense.qlik_session_info": {"resolve_users": True}, "register": "listed"},
        ensure("listed.summary.sessions == 22", "listed.complete", "'session_id' not in listed.sessions[0]"),
        {"qlikops.sense.qlik_session": {"users": ["carla"]}, "check_mode": True, "register": "dry"},
        ensure("dry is changed", "dry.summary.would_end == 2"),
        {
            "name": "Ids that are asked for are the user's own to hide",
            "qlikops.sense.qlik_session_info": {"users": ["LAB\\carla"], "include_session_ids": True},
            "register": "with_ids",
            "no_log": True,
        },
        {
            "qlikops.sense.qlik_session": {"session_ids": "{{ with_ids.sessions | map(attribute='session_id') }}"},
            "register": "ended",
            "ignore_errors": True,
        },
        ensure("ended is failed", "ended is changed", "ended.summary.ended == 1", "ended.summary.failed == 1"),
        {"qlikops.sense.qlik_session": {}, "register": "refused", "ignore_errors": True},
        ensure("refused is failed", "refused.failure.kind == 'refused'"),
        {"qlikops.sense.qlik_session_info": rogue, "register": "forbidden", "ignore_errors": True},
        ensure("forbidden is failed", "forbidden.failure.kind == 'forbidden'"),
        {"qlikops.sense.qlik_session_info": {"client_key_password": "no"}, "register": "shut", "ignore_errors": True},
        ensure("shut is failed", "shut.failure.kind == 'bad_option'"),
        {"qlikops.sense.qlik_banner": {"name": "Night", "text": "At 22:00"}, "diff": True, "register": "banner"},
        ensure("banner is changed", "banner.banner.id | length > 0"),
        {"qlikops.sense.qlik_proxy_info": {}, "register": "proxies"},
        ensure("proxies.summary.alive == 3", "proxies is not changed"),
    ]
    output = ansible.play(tasks, "-vvvv")
    assert "EXEC" in output  # it was talkative indeed
    assert "LAB\\\\carla" in output
    assert "failed=0" in output
    assert [session["session_id"] for session in control.sessions("LAB\\carla")] == [stuck]
    assert gone not in output


# Check mode, diff, defaults, environment


def test_check_mode_and_diff_of_the_command_line(ansible: Ansible) -> None:
    before = ansible.modules.session_ids()
    tasks: Tasks = [
        {"qlikops.sense.qlik_session": {"users": ["PARTNER\\anna"]}, "register": "plan"},
        ensure("plan is changed", "plan.summary.would_end == 1"),
    ]
    output = ansible.play(tasks, "--check", "--diff")
    assert re.search(r"^-.*PARTNER\\+anna over /partner/emea on Node2, ", output, re.MULTILINE), output
    assert "changed=1" in output
    assert ansible.modules.session_ids() == before
    assert ansible.modules.control.writes() == []
    assert ansible.modules.control.counters()["writes"] == 0


def test_diff_of_a_real_run_and_nothing_to_show_the_second_time(ansible: Ansible) -> None:
    tasks: Tasks = [{"qlikops.sense.qlik_session": {"users": ["PARTNER\\anna"]}}]
    output = ansible.play([*tasks, *tasks], "--diff")
    assert len(re.findall(r"^-.*PARTNER\\+anna over ", output, re.MULTILINE)) == 1
    assert "ok=2 " in output
    assert "changed=1 " in output
    assert "PARTNER\\anna" not in users_left(ansible.modules.control)


def test_the_connection_from_the_environment_and_a_survey_left_blank(ansible: Ansible) -> None:
    connection = ansible.modules.connection()
    paths = ansible.modules.site_info["certificates"]
    environment = {
        "QLIK_SENSE_HOST": connection["host"],
        "QLIK_SENSE_QRS_PORT": str(connection["qrs_port"]),
        "QLIK_SENSE_CLIENT_CERT": paths["client"],
        "QLIK_SENSE_CLIENT_KEY": paths["client_key_encrypted"],
        "QLIK_SENSE_CLIENT_KEY_PASSWORD": paths["client_key_password"],
        "QLIK_SENSE_CA_PATH": paths["root"],
    }
    blank = {"host": "{{ qlik_host | default(omit) }}", "ca_path": "", "host_map": connection["host_map"]}
    tasks: Tasks = [
        {"qlikops.sense.qlik_session_info": {"users": "{{ answer }}", "min_age": "{{ answer }}"}, "register": "all"},
        ensure("all.summary.sessions == 20"),
        {"qlikops.sense.qlik_session": {"users": "{{ answer }}"}, "register": "nobody", "ignore_errors": True},
        ensure("nobody is failed", "nobody.failure.kind == 'refused'"),
        {
            "qlikops.sense.qlik_session_info": {"users": "{{ two }}", "virtual_proxies": "{{ answer }}"},
            "register": "some",
        },
        ensure("some.sessions | map(attribute='user') | unique | sort == ['LAB\\\\anna', 'LAB\\\\zoran']"),
    ]
    ansible.play(
        tasks,
        environment=environment,
        module_defaults={GROUP: blank},
        vars={"answer": "", "two": "LAB\\anna,zoran"},
    )


# Examples of the documentation


def documented(path: pathlib.Path) -> Tasks:
    """The tasks of the EXAMPLES of a module or plugin, with the connection left to the play."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tasks: Tasks = yaml.safe_load(module.EXAMPLES)
    for task in tasks:
        for action, options in task.items():
            if action.startswith("qlikops.sense.qlik_"):
                task[action] = {name: value for name, value in options.items() if name not in CONNECTION}
    return tasks


INTERNAL = {"INTERNAL\\sa_api", "INTERNAL\\sa_repository"}
READING = [
    "qlik_proxy_info",
    "qlik_proxy_wait",
    "qlik_restart_info",
    "qlik_session_info",
    "qlik_session_wait",
    "qlik_site_check",
    "qlik_user_info",
]
ENDING = ["qlik_session"]
SETTING = ["qlik_banner"]
MOVING = ["qlik_failover"]  # test_failover.py does what its example does


def test_examples_of_every_module_are_run() -> None:
    assert sorted(READING + ENDING + SETTING + MOVING) == sorted(path.stem for path in MODULES.glob("qlik_*.py"))


@pytest.mark.parametrize("name", READING)
def test_examples_that_only_read(ansible: Ansible, name: str) -> None:
    if name == "qlik_session_wait":
        ansible.modules.control.end_all()  # so that there is nothing to wait for
    tasks = documented(MODULES / f"{name}.py")
    before = ansible.modules.session_ids()
    output = ansible.play(tasks)
    assert f"ok={len(tasks)} " in output
    assert "WARNING" not in output
    assert ansible.modules.control.writes() == []
    assert ansible.modules.session_ids() == before


def test_examples_of_the_table(ansible: Ansible) -> None:
    shown = documented(ROOT / "plugins" / "filter" / "session_table.py")
    output = ansible.play([{"qlikops.sense.qlik_session_info": {}, "register": "connected"}, *shown])
    assert f"ok={1 + len(shown)} " in output
    assert "WARNING" not in output
    assert output.count("partner/emea") >= len(shown)


def test_examples_that_end_sessions(ansible: Ansible) -> None:
    control = ansible.modules.control
    control.login("LAB\\svc_script", "Central", "sales", count=5)
    for account in ("svc_script", "svc_monitoring"):
        control.user(f"LAB\\{account}", name=account)
    control.login("LAB\\svc_monitoring", "Central", "sales")
    output = ansible.play([*documented(MODULES / "qlik_session.py"), ensure("would.summary.would_end > 0")])
    assert "failed=0" in output
    assert "WARNING" not in output
    assert users_left(control) == INTERNAL | {"LAB\\svc_monitoring"}


def test_examples_of_banners(ansible: Ansible) -> None:
    control = ansible.modules.control
    announce, remove = documented(MODULES / "qlik_banner.py")
    output = ansible.play([announce, announce])
    assert "changed=1 " in output
    assert "WARNING" not in output
    wanted = announce["qlikops.sense.qlik_banner"]
    (banner,) = ({**banner, "text": banner["message"]} for banner in control.banners())
    assert {name: banner[name] for name in wanted} == wanted
    output = ansible.play([remove, remove])
    assert "changed=1 " in output
    assert control.banners() == []
