# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""user_sessions: what the help desk sees of one user, ends for them, and waits for."""

from __future__ import annotations

import json
import pathlib
import threading
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules import sites
from ansible_collections.qlikops.sense.tests.integration.modules.playing import GROUP, Ansible, ensure

CONNECTION = ("host", "qrs_port", "host_map", "client_cert", "client_key", "client_key_password", "ca_path")
VARIABLES = {f"qlik_{name}": f"{{{{ qlik.{name} }}}}" for name in CONNECTION}


def look(ansible: Ansible, *conditions: str, options: tuple[str, ...] = (), **variables: Any) -> str:
    """The role, with its variables as extra variables, and what must hold afterwards."""
    role = {"ansible.builtin.include_role": {"name": "qlikops.sense.user_sessions"}}
    given = json.dumps({f"user_sessions_{name}": value for name, value in variables.items()})
    tasks = [role, ensure(*conditions)] if conditions else [role]
    return ansible.play(tasks, "-e", given, *options, vars=VARIABLES, module_defaults={GROUP: {}})


def refused(ansible: Ansible, words: str, **variables: Any) -> None:
    role = {"ansible.builtin.include_role": {"name": "qlikops.sense.user_sessions"}}
    tasks = [{"block": [role, {"ansible.builtin.fail": {"msg": "not refused"}}], "rescue": [ensure("wanted in said")]}]
    variables = {f"user_sessions_{name}": value for name, value in variables.items()}
    said = {"wanted": words, "said": "{{ ansible_failed_result.msg | replace('\n', ' ') }}"}
    ansible.play(tasks, "-e", json.dumps(variables), vars={**VARIABLES, **said}, module_defaults={GROUP: {}})
    assert ansible.modules.control.writes() == []


def test_all_sessions_of_a_user_over_the_whole_site_and_nothing_is_changed(ansible: Ansible) -> None:
    output = look(
        ansible,
        "user_sessions_result.sessions | length == 7",
        "user_sessions_result.sessions | map(attribute='proxy') | unique | length == 2",
        "user_sessions_result.users[0].state == 'active'",
        "user_sessions_result.said | length == 2",
        "'is at the limit' in user_sessions_result.said[1]",
        user="lab\\BJORN",
    )
    assert "7 sessions of the 5 that a user may have" in output
    assert "changed=0" in output
    assert ansible.modules.control.writes() == []


@pytest.mark.parametrize(
    ("user", "words"),
    [("LAB\\nobody", "is not known to the repository"), ("LAB\\ghost", "is inactive in the repository")],
)
def test_the_state_of_a_user_without_a_session(ansible: Ansible, user: str, words: str) -> None:
    ansible.modules.control.user("LAB\\ghost", inactive=True)
    assert words in look(ansible, "user_sessions_result.sessions == []", user=user)


def test_what_is_not_clear_is_refused(ansible: Ansible) -> None:
    refused(ansible, "Say whose sessions", user=" ", end=True)
    refused(ansible, "anna is more than one user: LAB\\anna, PARTNER\\anna.", user="anna", end=True)
    refused(ansible, "Write two backslashes", user="LAB\anna", end=True)
    refused(ansible, "unable to convert to bool", user="LAB\\bjorn", end="ture")
    refused(ansible, "unable to convert to int", user="LAB\\bjorn", end=True, wait="1m")
    refused(ansible, "1 or more", user="LAB\\bjorn", end=True, wait=5, wait_interval=0)
    refused(ansible, "None of these is a session of LAB\\bjorn: 0-0.", user="LAB\\bjorn", end=True, refs=["0-0"])


def test_several_users_if_that_is_meant(ansible: Ansible) -> None:
    look(ansible, "user_sessions_result.users | length == 2", user="anna", several="true")


def test_sessions_are_ended_on_request_and_recorded(ansible: Ansible, tmp_path: pathlib.Path) -> None:
    control = ansible.modules.control
    log = tmp_path / "audit.jsonl"
    dry = look(ansible, options=("--check",), user="LAB\\bjorn", end=True, audit_log=str(log), wait=60)
    assert "7 sessions would be ended." in dry
    assert control.writes() == []
    assert not log.exists()
    ref = next(iter(ansible.modules.refs(users=["LAB\\bjorn"]).values()))
    one = look(ansible, user="LAB\\bjorn", end=True, refs=[ref.upper()])
    assert "1 session was ended. A new login works only five minutes from now." in one
    rest = look(ansible, user="LAB\\bjorn", end="yes", audit_log=str(log), reason="Ticket 1", refs="", wait="")
    assert "6 sessions were ended." in rest
    assert control.sessions("LAB\\bjorn") == []
    assert [json.loads(line)["reason"] for line in log.read_text(encoding="utf-8").splitlines()] == ["Ticket 1"] * 2
    assert len(control.sessions("LAB\\anna")) == 2


def test_a_session_that_appears_while_the_user_tries(ansible: Ansible) -> None:
    control = ansible.modules.control

    def log_in() -> None:  # when the second look at the sessions of the site begins
        own = simulated.Control(control.site_info)
        simulated.wait_until(lambda: len(own.journal(listener="qps")) > len(sites.PAIRS), 100)
        own.login("LAB\\carla", "Node2", "sales")

    trying = threading.Thread(target=log_in)
    trying.start()
    output = look(
        ansible,
        "user_sessions_result.appeared[0].proxy == 'Node2'",
        "user_sessions_result.appeared[0].virtual_proxy == 'sales'",
        user="LAB\\carla",
        wait=60,
        wait_interval=1,
    )
    trying.join()
    assert "carla has appeared after " in output
    assert "So the login works" in output


def test_no_session_within_the_time(ansible: Ansible) -> None:
    output = look(ansible, "user_sessions_result.appeared == []", user="LAB\\stefan", wait=2, wait_interval=1)
    assert "stefan has appeared within " in output
    assert "The state of the user is the reason." in output


def test_what_was_ended_is_said_before_the_user_is_asked_to_log_in(ansible: Ansible) -> None:
    output = look(
        ansible,
        "user_sessions_result.said[2] == '7 sessions were ended. A new login works only five minutes from now.'",
        "user_sessions_result.said[3] is match('No session of ')",
        user="LAB\\bjorn",
        end=True,
        wait=1,
        wait_interval=1,
    )
    places = [output.index(words) for words in ("7 sessions were ended.", " log in now.", "has appeared within ")]
    assert places == sorted(places)
    assert output.count("7 sessions were ended.") == 1


def test_sessions_that_could_not_be_seen_at_first_are_not_taken_for_new_ones(ansible: Ansible) -> None:
    control = ansible.modules.control
    control.login("LAB\\carla", "Node2", "sales")
    lists = sum(node == "Node2" for node, _prefix in sites.PAIRS)
    control.fault("status", status=500, listener="qps", node="Node2", times=lists)
    output = look(
        ansible,
        "user_sessions_result.appeared == []",
        "not user_sessions_result.complete",
        user="LAB\\carla",
        wait=3,
        wait_interval=1,
    )
    assert "It may have appeared on Node2, whose sessions were not known before." in output
