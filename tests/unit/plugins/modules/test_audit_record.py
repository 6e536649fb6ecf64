# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module audit_record."""

from __future__ import annotations

import json
import pathlib
import re

import pytest

from ansible_collections.qlikops.sense.plugins.modules import audit_record
from ansible_collections.qlikops.sense.tests.unit.plugins.running import Result, run

DETAILS = {"user": "LAB\\anna", "sessions": [1, 2]}


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "audit.jsonl"


def record(monkeypatch: pytest.MonkeyPatch, path: pathlib.Path, **options: object) -> Result:
    given = {"path": str(path), "event": "tried", "details": DETAILS, "who": {"login": "ops"}, **options}
    return run(monkeypatch, audit_record.main, **given)


def test_the_record_returned_is_the_line_written(monkeypatch: pytest.MonkeyPatch, path: pathlib.Path) -> None:
    result = record(monkeypatch, path, reason="Ticket 1", playbook="p.yml", host="qlik2")
    text = path.read_text(encoding="utf-8")
    assert json.loads(text) == result["record"]
    assert result["bytes"] == len(text.encode())
    assert result["changed"] is True
    assert list(json.loads(text)) == ["time", "id", "event", "who", "reason", "playbook", "host", "details"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", result["record"]["time"])
    assert result["record"]["details"] == DETAILS
    assert result["record"]["who"] == {"login": "ops"}


def test_records_have_ids_of_their_own_unless_given(monkeypatch: pytest.MonkeyPatch, path: pathlib.Path) -> None:
    ids = [record(monkeypatch, path, id=given)["record"]["id"] for given in ("", None, "mine", "mine")]
    assert len(set(ids)) == 3
    assert ids[2:] == ["mine", "mine"]
    assert path.read_bytes().count(b"\n") == 4


def test_what_was_not_answered_is_an_empty_text(monkeypatch: pytest.MonkeyPatch, path: pathlib.Path) -> None:
    said = record(monkeypatch, path, reason="  ")["record"]
    assert (said["reason"], said["playbook"], said["host"]) == ("", "", "")


def test_check_mode_says_the_same_and_writes_nothing(monkeypatch: pytest.MonkeyPatch, path: pathlib.Path) -> None:
    planned = record(monkeypatch, path, id="1", _ansible_check_mode=True)
    assert not path.exists()
    done = record(monkeypatch, path, id="1")
    del planned["record"]["time"], done["record"]["time"]
    assert planned == done


@pytest.mark.parametrize("check", [True, False])
def test_where_nothing_can_be_written_it_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, check: bool
) -> None:
    result = record(monkeypatch, tmp_path / "no" / "audit.jsonl", _ansible_check_mode=check)
    assert result["failed"]
    assert result["failure"]["kind"] == "not_recorded"
    assert "there is no directory" in result["msg"]


def test_the_difference_is_the_record(monkeypatch: pytest.MonkeyPatch, path: pathlib.Path) -> None:
    assert "diff" not in record(monkeypatch, path)
    result = record(monkeypatch, path, _ansible_diff=True)
    assert result["diff"]["after"] == result["record"]
    assert result["diff"]["before"] == ""
