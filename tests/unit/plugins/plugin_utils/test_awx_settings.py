# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_settings import SettingsError, settings_of, survives

FILLED_IN: dict[str, Any] = {
    "awx_setup_name": "Qlik",
    "awx_setup_organization": "Default",
    "awx_setup_image": "registry.example.com/qlik-ee:1.0",
    "awx_setup_project_url": "https://git.example.com/qlik.git",
    "awx_setup_project_branch": "main",
    "awx_setup_site": "production",
    "awx_setup_qlik_host": "qlik1.example.com",
    "awx_setup_certificates": "~/certificates",
    "awx_setup_nodes": ["qlik1.example.com", "qlik2.example.com"],
    "awx_setup_windows_user": "ansible@EXAMPLE.COM",
    "awx_setup_windows_password": "0123",
    "awx_setup_keeper": "ops.example.com",
    "awx_setup_keeper_directory": "/var/lib/qlikops",
    "awx_setup_ssh_user": "qlikops",
    "awx_setup_ssh_key_file": "~/.ssh/qlikops",
    "awx_setup_schedule": "DTSTART:20260101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=15",
}


def faults_of(**changed: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings_of({**FILLED_IN, **{f"awx_setup_{name}": value for name, value in changed.items()}})
    return caught.value.faults


def test_what_is_not_given_has_a_default() -> None:
    settings = settings_of({**FILLED_IN, "other": 1, "awx_setup_update_secrets": True, "awx_setup_labels": None})
    assert settings.windows_password == "0123"
    assert settings.labels == []
    assert settings.schedule_enabled is True


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("approval_timeout", "3600", 3600),
        ("schedule_enabled", "no", False),
        ("nodes", [" qlik1.example.com "], ["qlik1.example.com"]),
        ("schedule", "DTSTART;TZID=Europe/Stockholm:20260101T000000 RRULE:FREQ=DAILY;INTERVAL=1", None),
    ],
)
def test_what_is_read(name: str, value: Any, read: Any) -> None:
    settings = settings_of({**FILLED_IN, f"awx_setup_{name}": value})
    assert getattr(settings, name) == (value if read is None else read)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"keeper_dirctory": "/srv"}, "Do you mean awx_setup_keeper_directory?"),
        ({"nodes": []}, "awx_setup_nodes is empty."),
        ({"nodes": [], "inventory_file": "nodes.yml"}, "ends in qlik_sense.yml. It is 'nodes.yml'."),
        ({"inventory_file": "/srv/a.qlik_sense.yml"}, "is the path of a file in the project"),
        ({"inventory_file": "a/../../b.qlik_sense.yml"}, "is the path of a file in the project"),
        ({"nodes": "qlik1.example.com"}, "awx_setup_nodes must be a list."),
        ({"nodes": ["qlik1.example.com", 42]}, "Put 42 in quotes."),
        ({"nodes": ["0123"]}, "makes something else of it"),
        ({"nodes": ["no"]}, "makes something else of it"),
        ({"nodes": ["QLIK1", "qlik1"]}, "awx_setup_nodes has qlik1 twice."),
        ({"site": "12:30"}, "makes something else of it"),
        ({"site": "ops.example.com"}, "must differ"),
        ({"keeper": "qlik1.example.com"}, "must differ"),
        ({"name": "a++b"}, "must not have ++"),
        ({"approval_timeout": "1h"}, "must be a whole number. It is '1h'."),
        ({"approval_timeout": True}, "must be a whole number."),
        ({"schedule": "every day"}, "one DTSTART"),
        ({"schedule": "DTSTART:20260101T000000 RRULE:FREQ=DAILY;INTERVAL=1"}, "one DTSTART"),
        ({"schedule": "DTSTART:20260101T000000Z RRULE:FREQ=DAILY"}, "RRULE with INTERVAL"),
        ({"schedule": "DTSTART:20260101T000000Z RRULE:FREQ=SECONDLY;INTERVAL=9"}, "no schedules by seconds"),
        ({"schedule": "DTSTART:20260101T000000Z RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20270101T000000"}, "Z at its end"),
        ({"timeouts": {"restart": 60}}, "knows no 'restart'"),
        ({"timeouts": {"user_sessions": "60"}}, "whole number of seconds"),
    ],
)
def test_what_is_refused(changed: dict[str, Any], words: str) -> None:
    assert any(words in fault for fault in faults_of(**changed))


def test_every_fault_is_told_at_once_and_no_secret() -> None:
    faults = faults_of(image="", nodes="x", windows_password=["secret"])
    assert len(faults) == 3
    assert "secret" not in " ".join(faults)


@pytest.mark.parametrize(
    "text", ["", "~", "null", "no", "TRUE", "42", "0123", "12:30", "1_042", "1.5", ".inf", "*", "="]
)
def test_what_yaml_would_change_does_not_survive(text: str) -> None:
    assert not survives(text)


@pytest.mark.parametrize("text", ["LAB\\0123", "LAB\\no", "a,0123", "qlik1.example.com", "none", "08", "ü"])
def test_what_yaml_leaves_alone_survives(text: str) -> None:
    assert survives(text)


@given(st.text(max_size=12))
def test_what_survives_is_itself_in_yaml(text: str) -> None:
    if survives(text):
        assert yaml.safe_load(text) == text
