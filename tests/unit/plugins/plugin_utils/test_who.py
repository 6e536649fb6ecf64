# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who runs a playbook, out of what AWX hands to its jobs."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.plugin_utils._audit import playbook, who

ALWAYS = {"login": "ops", "controller": "vm1"}


@pytest.mark.parametrize("prefix", ["awx", "tower"])
def test_a_person_started_a_job(prefix: str) -> None:
    variables = {
        f"{prefix}_job_id": 4711,
        f"{prefix}_job_template_name": "Drain",
        f"{prefix}_job_launch_type": "manual",
        f"{prefix}_user_name": "anna",
        f"{prefix}_user_email": "anna@lab.example",
    }
    assert who(variables, "ops", "vm1") == {
        **ALWAYS,
        "awx_user": "anna",
        "awx_job_id": 4711,
        "awx_job_template": "Drain",
        "awx_launch_type": "manual",
    }


def test_a_schedule_started_a_workflow() -> None:
    variables = {
        "awx_job_id": 1,
        "tower_job_id": 1,
        "awx_workflow_job_id": 2,
        "awx_workflow_job_name": "Nightly",
        "awx_parent_job_schedule_name": "at three",
        "awx_user_name": "",
    }
    assert who(variables, "ops", "vm1") == {
        **ALWAYS,
        "awx_job_id": 1,
        "awx_schedule": "at three",
        "awx_workflow_job_id": 2,
        "awx_workflow_job": "Nightly",
    }


def test_without_awx_there_is_the_login() -> None:
    assert who({"ansible_user": "x"}, "ops", "vm1") == ALWAYS
    assert who({}, "ops", "") == {"login": "ops"}


def test_values_are_numbers_and_texts() -> None:
    found: dict[str, Any] = who({"awx_user_name": ["a"], "awx_job_id": True}, "ops", "vm1")
    assert (found["awx_user"], found["awx_job_id"]) == ("['a']", "True")


def test_the_playbook_is_what_was_asked_for() -> None:
    assert playbook(("qlikops.sense.drain_and_restart",)) == "qlikops.sense.drain_and_restart"
    assert playbook(["a.yml", "b.yml"]) == "a.yml b.yml"
    assert playbook("localhost") == ""  # the pattern of an ad hoc command
    assert playbook(None) == ""
