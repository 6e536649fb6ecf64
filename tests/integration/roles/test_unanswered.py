# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An empty answer is no answer: every variable of a role may be null or an empty text, as AWX hands it on."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml

from ansible_collections.qlikops.sense.tests.integration.modules.playing import GROUP, Ansible, ensure

ROOT = pathlib.Path(__file__).resolve().parents[3]
CONNECTION = ("host", "qrs_port", "host_map", "client_cert", "client_key", "client_key_password", "ca_path")
VARIABLES = {f"qlik_{name}": f"{{{{ qlik.{name} }}}}" for name in CONNECTION}

# What a role can't do without, and what must hold when it has run.
ROLES: dict[str, tuple[dict[str, Any], str]] = {
    "end_sessions": (
        {"end_sessions_users": ["LAB\\bjorn"], "end_sessions_keep_per_user": 6},
        "end_sessions_result.summary.ended == 1",
    ),
    "session_report": ({}, "(session_report_json | from_json).summary.sessions > 0"),
    "stale_sessions": (
        {"stale_sessions_memory": "facts", "stale_sessions_user_states": ["blacklisted"]},
        "end_sessions_result.kept is defined",
    ),
    "user_sessions": ({"user_sessions_user": "LAB\\bjorn"}, "user_sessions_result.sessions | length == 7"),
    "notify_users": ({"notify_users_channels": ["banner"]}, "notify_users_told.banner.name is defined"),
}


def options(role: str) -> dict[str, dict[str, Any]]:
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = specs["argument_specs"]["main"]["options"]
    return found


@pytest.mark.parametrize("nothing", [None, ""], ids=["null", "empty"])
@pytest.mark.parametrize("role", ROLES)
def test_an_empty_answer_is_no_answer(ansible: Ansible, role: str, nothing: str | None) -> None:
    given, holds = ROLES[role]
    blank = {name: nothing for name, option in options(role).items() if "choices" not in option and name not in given}
    include = {"ansible.builtin.include_role": {"name": f"qlikops.sense.{role}"}, "vars": {**blank, **given}}
    ansible.play([include, ensure(holds)], vars=VARIABLES, module_defaults={GROUP: {}})


@pytest.mark.parametrize("nothing", [None, ""], ids=["null", "empty"])
def test_an_empty_answer_is_no_answer_before_a_restart(ansible: Ansible, nothing: str | None) -> None:
    given = {"proxy_restart_accept_outage": True, "qlik_node": "Node2"}
    blank = {name: nothing for name, option in options("proxy_restart").items() if "choices" not in option}
    include = {"ansible.builtin.include_role": {"name": "qlikops.sense.proxy_restart"}, "vars": {**blank, **given}}
    output = ansible.play([include], "--check", vars=VARIABLES, module_defaults={GROUP: {}})
    assert "Node2: would be restarted" in output
    assert ansible.modules.control.writes() == []
