# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lease: one run at a time, however a run before it has ended."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils import _lease
from ansible_collections.qlikops.sense.plugins.module_utils._lease import GRACE, Owner
from ansible_collections.qlikops.sense.plugins.modules import restart_lease
from ansible_collections.qlikops.sense.tests.unit.plugins.running import Result, run

ELSEWHERE = Owner("maria", "ops2.example.com", 4711, "1", "other boot pid:[1]")
OTHER = replace(ELSEWHERE, user="olof", pid=4712)
Ask = Callable[..., Result]
TIME = "2026-01-15T09:30:00Z"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be changed."""
    time = [1000.0]
    monkeypatch.setattr(restart_lease, "now", lambda: time[0])
    monkeypatch.setattr(restart_lease, "iso", lambda _moment: TIME)
    return time


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, clock: list[float]) -> Ask:
    def call(owner: Owner, node: str = "qlik2", **options: Any) -> Result:
        given = {"directory": str(tmp_path / "leases"), "site": "qlik1/x", "node": f"id-of-{node}", "node_name": node}
        return run(monkeypatch, restart_lease.main, **{**given, "owner": asdict(owner), **options})

    return call


def test_a_run_takes_renews_and_gives_back(ask: Ask, clock: list[float]) -> None:
    for node in ("qlik2", "qlik3"):
        assert ask(ELSEWHERE, node, phase="drain") == {
            "changed": False,
            "drained_by_us": False,
            "unfinished": False,
            "drained": False,
            "banner": False,
            "central_moved_to": "",
            "central_left_on": "",
            "central_away": [],
            "taken_over": "",
            "timeline": [{"phase": "drain", "time": TIME}],
        }
    held = ask(OTHER, take_over_called="proxy_restart_take_over")
    assert held["failure"]["kind"] == "lease_held"
    assert "is restarting qlik3 (phase drain): that of maria on ops2.example.com (process 4711)" in held["msg"]
    assert held["msg"].endswith("or at once if proxy_restart_take_over is true.")
    assert f"taken over in {300 + GRACE} seconds" in held["msg"]
    assert held["held"] == {"renewed": 1000.0, "seconds_left": 300.0 + GRACE, "may_be_gone": True}
    assert not ask(OTHER, state="released").get("failed")
    assert ask(OTHER)["failed"]
    ask(ELSEWHERE, state="released")
    assert ask(OTHER)["taken_over"] == ""


def test_a_lease_is_stale_two_minutes_past_its_time_and_not_before(ask: Ask, clock: list[float]) -> None:
    ask(ELSEWHERE, hold=600)
    clock[0] += 600 + GRACE
    assert ask(OTHER)["failure"]["kind"] == "lease_held"
    clock[0] += 1
    assert "it is stale" in ask(OTHER)["taken_over"]


def test_a_live_lease_is_taken_over_if_told_so(ask: Ask) -> None:
    ask(ELSEWHERE)
    assert ask(OTHER, take_over=True)["taken_over"].endswith("was taken over: as asked for.")
    assert ask(ELSEWHERE)["failed"]


def test_a_process_that_has_ended_here_is_taken_over_at_once(ask: Ask) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    running = Owner.of_process("maria", process.pid)
    ask(running)
    assert ask(OTHER)["held"]["may_be_gone"] is False
    process.communicate(b"\n")
    assert "that process has ended" in ask(OTHER)["taken_over"]


def test_a_process_of_the_same_number_is_another_one(ask: Ask) -> None:
    here = Owner.of_process("maria", os.getpid())
    assert not here.is_gone
    assert replace(here, started="1").is_gone
    for unseen in (replace(here, started="1", namespace="x"), replace(here, started="1", host="x"), ELSEWHERE):
        assert not unseen.is_gone


def test_where_the_system_does_not_tell_nobody_is_known_to_be_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lease, "namespace", lambda: "")
    assert not replace(Owner.of_process("maria", os.getpid()), started="1", namespace="").is_gone


def test_nodes_are_marked_until_they_are_put_back(ask: Ask) -> None:
    ask(ELSEWHERE, drained=True)
    ask(ELSEWHERE, state="released")
    assert ask(OTHER)["drained_by_us"] is True
    assert ask(OTHER, "qlik3")["drained_by_us"] is False
    ask(OTHER, drained=False)
    assert ask(OTHER)["drained_by_us"] is False


def test_check_mode_writes_nothing_but_finds_out(ask: Ask, tmp_path: pathlib.Path) -> None:
    assert not ask(ELSEWHERE, _ansible_check_mode=True).get("failed")
    assert not list(tmp_path.glob("leases/*.json"))
    ask(ELSEWHERE)
    assert ask(OTHER, _ansible_check_mode=True)["failed"]


def test_the_directory_is_for_its_owner_alone_and_the_file_plain(ask: Ask, tmp_path: pathlib.Path) -> None:
    ask(ELSEWHERE, drained=True)
    assert (tmp_path / "leases").stat().st_mode & 0o777 == 0o700
    book = json.loads((tmp_path / "leases" / "qlik1_x.json").read_text(encoding="utf-8"))
    assert book["lease"]["owner"] == asdict(ELSEWHERE)
    assert list(book["drained"]) == ["id-of-qlik2"]


DAMAGED = ["", "{", "[]", '{"lease": {}}', '{"lease": null}', '{"lease": 7, "drained": {}}']
DAMAGED += [f'{{"lease": null, "drained": {{}}, "central": {odd}}}' for odd in ("[]", '{"x": {}}', '{"x": 7}')]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_file_is_a_failure_and_stays(ask: Ask, tmp_path: pathlib.Path, text: str) -> None:
    ask(ELSEWHERE)
    path = tmp_path / "leases" / "qlik1_x.json"
    path.write_text(text, encoding="utf-8")
    result = ask(OTHER)
    assert result["failure"]["kind"] == "lease_not_kept"
    assert str(path) in result["msg"]
    assert path.read_text(encoding="utf-8") == text


def test_a_place_that_is_no_directory_is_a_failure_in_words(ask: Ask, tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        assert ask(ELSEWHERE, directory=str(place))["failure"]["kind"] == "lease_not_kept"


@pytest.mark.parametrize("hold", [0, -1, 10**9])
def test_a_time_out_of_range(ask: Ask, hold: int) -> None:
    assert "hold: " in ask(ELSEWHERE, hold=hold)["msg"]


def test_without_the_action_plugin_the_process_that_started_it_owns_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    given = {"directory": str(tmp_path), "site": "s", "node": "x", "node_name": "x"}
    assert not run(monkeypatch, restart_lease.main, **given).get("failed")
    lease = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["lease"]
    assert lease["owner"]["pid"] == os.getppid()


def test_the_timeline_goes_on_and_marks_are_kept_without_a_directory(ask: Ask) -> None:
    for directory in ({}, {"directory": None}):
        first = ask(ELSEWHERE, phase="cordon", drained=True, banner=True, **directory)
        second = ask(ELSEWHERE, phase="drain", before=first, **directory)
        assert [each["phase"] for each in second["timeline"]] == ["cordon", "drain"]
        assert (second["drained"], second["banner"], second["drained_by_us"]) == (True, True, False)
        third = ask(ELSEWHERE, drained=False, banner=False, before=second, **directory)
        assert (third["drained"], third["banner"]) == (False, False)


def test_the_next_run_knows_of_the_banner_of_one_that_was_killed(ask: Ask) -> None:
    ask(ELSEWHERE, phase="notify", banner=True)
    assert ask(OTHER, take_over=True)["banner"]
    assert not ask(OTHER, "qlik3")["banner"]


def test_the_next_run_knows_of_the_central_role_that_one_has_moved(ask: Ask) -> None:
    first = ask(ELSEWHERE, phase="move", central_moved_to="qlik3")
    assert (first["central_moved_to"], first["central_left_on"], first["unfinished"]) == ("qlik3", "", False)
    again = ask(ELSEWHERE, phase="restart", before=first)
    assert (again["central_moved_to"], again["central_left_on"]) == ("qlik3", "")
    told = {"node": "qlik2", "to": "qlik3", "by": "maria on ops2.example.com (process 4711)", "at": TIME}
    assert ask(OTHER, "qlik3", take_over=True)["central_away"] == [told]
    left = ask(OTHER, take_over=True)
    assert (left["central_moved_to"], left["central_left_on"], left["central_away"]) == ("qlik3", "qlik3", [])
    assert (left["unfinished"], left["drained_by_us"]) == (True, False)
    back = ask(OTHER, state="released", central_back=True, before=left)
    assert (back["central_moved_to"], back["central_left_on"]) == ("", "qlik3")
    assert ask(OTHER)["central_left_on"] == ""
    assert ask(OTHER, "qlik3")["central_away"] == []


def test_without_a_directory_a_run_knows_of_its_own_move(ask: Ask) -> None:
    first = ask(ELSEWHERE, phase="move", central_moved_to="qlik3", directory=None)
    second = ask(ELSEWHERE, before=first, directory=None)
    assert (second["central_moved_to"], second["central_left_on"]) == ("qlik3", "")
    assert ask(ELSEWHERE, before=second, central_back=True, directory=None)["central_moved_to"] == ""


def test_the_module_alone_does_not_wait(ask: Ask) -> None:
    assert ask(ELSEWHERE, wait=True)["msg"].startswith("wait: the module alone can't say that it waits.")
