# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""end_sessions: what is ended is recorded, and what can't be recorded is not ended."""

from __future__ import annotations

import json
import pathlib
import stat
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration.modules.playing import GROUP, Ansible, Tasks, ensure

CONNECTION = ("host", "qrs_port", "host_map", "client_cert", "client_key", "client_key_password", "ca_path")
VARIABLES = {f"qlik_{name}": f"{{{{ qlik.{name} }}}}" for name in CONNECTION}
ROLE: dict[str, Any] = {"ansible.builtin.include_role": {"name": "qlikops.sense.end_sessions"}}
BJORN = {"end_sessions_users": ["LAB\\bjorn"], "end_sessions_reason": 'Ticket 1, "urgent"\nsaid Björn'}


@pytest.fixture
def log(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "audit.jsonl"


def play(ansible: Ansible, tasks: Tasks, *options: str, **more: Any) -> str:
    """The role gets its connection from variables, as a user gives it; the play's own defaults are nobody's."""
    return ansible.play(tasks, *options, vars=VARIABLES, module_defaults={GROUP: {}}, **more)


def ending(**variables: Any) -> dict[str, Any]:
    return {**ROLE, "vars": variables}


def failing(message: str, **variables: Any) -> dict[str, Any]:
    """The role fails with these words and no others."""
    told = ensure("told is defined", "told == wanted")
    remember = {"ansible.builtin.set_fact": {"told": "{{ ansible_failed_result.msg }}"}}
    return {"block": [ending(**variables)], "rescue": [remember], "always": [told], "vars": {"wanted": message}}


def records(log: pathlib.Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def test_who_why_what_and_what_became_of_each(ansible: Ansible, log: pathlib.Path) -> None:
    control = ansible.modules.control
    ids = {session["session_id"] for session in control.sessions("LAB\\bjorn")}
    output = play(
        ansible,
        [
            ending(**BJORN, end_sessions_keep_per_user=1, end_sessions_audit_log=str(log)),
            ensure("end_sessions_result.summary.ended == 6", "end_sessions_result is changed"),
        ],
        "-e",
        json.dumps({"awx_user_name": "anna", "awx_job_id": 4711, "awx_schedule_name": "Nightly"}),
    )
    assert "WARNING" not in output
    assert len(control.sessions("LAB\\bjorn")) == 1
    begin, end = records(log)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert begin["id"] == end["id"]
    for record in (begin, end):
        assert record["reason"] == BJORN["end_sessions_reason"]
        assert record["host"] == "localhost"
        assert record["playbook"].endswith("playbook.yml")
        said = {key: record["who"][key] for key in ("awx_user", "awx_job_id", "awx_schedule")}
        assert said == {"awx_user": "anna", "awx_job_id": 4711, "awx_schedule": "Nightly"}
        assert record["who"]["login"]
    assert begin["event"] == "sessions_ending"
    assert begin["details"] == {
        "site": ansible.modules.site_info["host"],
        "selected": {"users": ["LAB\\bjorn"], "keep_per_user": 1, "protect_users": ["INTERNAL\\*"]},
    }
    assert end["event"] == "sessions_ended"
    assert end["details"]["summary"]["ended"] == 6
    assert {session["user"] for session in end["details"]["sessions"]} == {"LAB\\bjorn"}
    assert {(session["outcome"], session["outcome_reason"]) for session in end["details"]["sessions"]} == {
        ("ended", "")
    }
    assert len({session["ref"] for session in end["details"]["sessions"]}) == 6
    assert not [session_id for session_id in ids if session_id in log.read_text(encoding="utf-8")]


@pytest.mark.parametrize("place", ["no/audit.jsonl", "."])
@pytest.mark.parametrize("options", [(), ("--check",)])
def test_what_cannot_be_recorded_is_not_ended(
    ansible: Ansible, tmp_path: pathlib.Path, place: str, options: tuple[str, ...]
) -> None:
    path = str(tmp_path / place) if place != "." else str(tmp_path)
    why = (
        "it is a directory. Give the path of a file."
        if place == "."
        else (f"there is no directory {tmp_path / 'no'}. Make it first.")
    )
    message = f"Nothing was ended, because it could not be recorded. The audit log {path} can't be written: {why}"
    before = ansible.modules.session_ids()
    play(ansible, [failing(message, **BJORN, end_sessions_audit_log=path)], *options)
    assert ansible.modules.session_ids() == before
    assert ansible.modules.control.journal() == []  # the site was not even asked


def test_a_host_of_the_log_that_is_not_there_counts_as_a_failure(ansible: Ansible, log: pathlib.Path) -> None:
    nowhere = {"name": "logs", "ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    told = ensure("told is search('Nothing was ended, because it could not be recorded. .*Connection refused')")
    remember = {"ansible.builtin.set_fact": {"told": "{{ ansible_failed_result.msg }}"}}
    role = ending(**BJORN, end_sessions_audit_log=str(log), end_sessions_audit_host="logs")
    tasks: Tasks = [
        {"ansible.builtin.add_host": nowhere},
        {"block": [role], "rescue": [remember], "always": [told]},
    ]
    play(ansible, tasks, any_errors_fatal=True)
    assert ansible.modules.control.writes() == []


def test_a_record_that_cannot_be_finished_is_told_with_what_was_ended(ansible: Ansible, log: pathlib.Path) -> None:
    gone = f"{log.parent}/gone/audit.jsonl"
    message = (
        f"Ended: 7. But that could not be recorded. The audit log {gone} can't be written:"
        f" there is no directory {log.parent}/gone. Make it first."
    )
    # This changes when they have been ended.
    path = f"{{{{ '{gone}' if end_sessions_result | default({{}}) else '{log}' }}}}"
    play(ansible, [failing(message, **BJORN, end_sessions_audit_log=path)])
    assert [record["event"] for record in records(log)] == ["sessions_ending"]
    assert ansible.modules.control.sessions("LAB\\bjorn") == []


def test_a_session_that_cannot_be_ended_is_recorded_and_the_role_fails(ansible: Ansible, log: pathlib.Path) -> None:
    control = ansible.modules.control
    stuck, _gone = control.login("LAB\\carla", "Node2", "sales", count=2)
    control.fault("status", method="DELETE", path=stuck, status=500)
    carla = {"end_sessions_users": ["carla"], "end_sessions_audit_log": str(log)}
    told = ensure(
        "ansible_failed_result.msg is search('1 of 2 sessions could not be ended')",
        "ansible_failed_task.name == 'Check that the sessions were ended, and that this was recorded'",
        "end_sessions_result.summary.ended == 1",
    )
    play(ansible, [{"block": [ending(**carla), {"ansible.builtin.meta": "end_play"}], "rescue": [told]}])
    _begin, end = records(log)
    assert sorted(session["outcome"] for session in end["details"]["sessions"]) == ["ended", "failed"]
    assert "1 of 2 sessions could not be ended" in end["details"]["failure"]
    assert stuck not in log.read_text(encoding="utf-8")
    assert [session["session_id"] for session in control.sessions("LAB\\carla")] == [stuck]


def test_an_empty_selection_is_refused_and_that_is_recorded(ansible: Ansible, log: pathlib.Path) -> None:
    message = (
        "No option selects sessions, so this would end all sessions of the site. Select some by proxies,"
        " virtual_proxies, users or the like, or set all: true. An empty list does not select any."
    )
    play(ansible, [failing(message, end_sessions_users=[""], end_sessions_audit_log=str(log))])
    begin, end = records(log)
    assert begin["details"]["selected"] == {"protect_users": ["INTERNAL\\*"]}
    assert end["details"]["failure"] == message
    assert ansible.modules.control.writes() == []


def test_check_mode_makes_the_plan_and_writes_nothing_anywhere(ansible: Ansible, log: pathlib.Path) -> None:
    before = ansible.modules.session_ids()
    tasks: Tasks = [
        ending(**BJORN, end_sessions_audit_log=str(log)),
        ensure("end_sessions_result.summary.would_end == 7", "end_sessions_result is changed"),
    ]
    output = play(ansible, tasks, "--check", "--diff")
    assert '"event": "sessions_ended"' in output
    assert '"outcome": "would_end"' in output
    assert not log.exists()
    assert ansible.modules.session_ids() == before
    assert ansible.modules.control.writes() == []


def test_without_a_log_it_just_ends_them(ansible: Ansible, log: pathlib.Path) -> None:
    tasks: Tasks = [
        ending(**BJORN),
        ensure("end_sessions_result.summary.ended == 7"),
        # The second one has nothing of the first.
        ending(end_sessions_users=["nobody"]),
        ensure("end_sessions_result.summary.ended == 0", "end_sessions_result is not changed"),
    ]
    play(ansible, tasks)
    assert ansible.modules.control.sessions("LAB\\bjorn") == []
    assert not log.exists()


def test_whom_qrs_cannot_know_is_not_missing(ansible: Ansible) -> None:
    zoran = {"end_sessions_users": ["zoran"], "end_sessions_user_states": ["missing"]}
    nobody = ending(**zoran, qlik_anonymous_users=["NONE\\*", "lab\\Z*"])
    play(ansible, [nobody, ensure("not end_sessions_result.sessions")])
    assert ansible.modules.control.writes() == []
    play(ansible, [ending(**zoran), ensure("end_sessions_result.summary.ended == 1")])


def test_a_name_is_never_taken_for_a_template(ansible: Ansible, log: pathlib.Path) -> None:
    hostile = "LAB\\{{ lookup('pipe', 'touch " + str(log.parent / "touched") + "') }}"
    ansible.modules.control.login(hostile, "Node2", "sales")
    tasks: Tasks = [
        ending(end_sessions_users=["*pipe*"], end_sessions_audit_log=str(log)),
        ensure("end_sessions_result.summary.ended == 1"),
    ]
    play(ansible, tasks)
    assert [session["user"] for session in records(log)[1]["details"]["sessions"]] == [hostile]
    assert not (log.parent / "touched").exists()


def ending_bjorn(options: dict[str, Any]) -> dict[str, Any]:
    variables = {f"end_sessions_{name}": value for name, value in options.items()}
    return ending(**{"end_sessions_users": ["bjorn"], **variables})


def test_every_option_arrives(ansible: Ansible) -> None:
    """Each of them spares bjorn, or is refused."""
    control = ansible.modules.control
    sparing: list[dict[str, Any]] = [
        {"proxies": ["Spare"]},
        {"virtual_proxies": ["partner/emea"]},
        {"exclude_users": ["bjorn"]},
        {"attributes": {"group": "none"}},
        {"session_refs": ["0123456789abcdef"]},
        {"user_states": ["blacklisted"]},
        {"min_age": "1h", "first_seen": {}},
        {"keep_per_user": 7},
        {"keep_per_user": "7"},
        {"any_of": [{"user_states": ["blacklisted"]}, {"keep_per_user": 7}]},
        {"any_of": [{"users": [""]}], "skip_blank_rules": True},
        {"protect_users": ["bjorn"]},
    ]
    refusing: list[dict[str, Any]] = [{"max_sessions": 6}, {"max_sessions": 0}, {"max_percent": 1.5}]
    tasks: Tasks = []
    for options in sparing:
        tasks += [ending_bjorn(options), ensure("not end_sessions_result.sessions")]
    for options in refusing:
        told = ensure(f"ansible_failed_result.msg is search('{next(iter(options))}')")
        tasks.append({"block": [ending_bjorn(options), ensure("false")], "rescue": [told]})
    play(ansible, tasks)
    assert control.writes() == []
    play(ansible, [ending(end_sessions_all=True, end_sessions_protect_users=["LAB\\*"])])
    assert {session["user_directory"] for session in control.sessions()} == {"LAB", "INTERNAL"}


def test_many_jobs_write_one_log(ansible: Ansible, log: pathlib.Path) -> None:
    hosts = [f"site{number}" for number in range(6)]
    record = {
        "path": str(log),
        "event": "tried",
        "details": {"name": "{{ inventory_hostname }}", "padding": "{{ 'x' * 200000 }}"},
    }
    tasks: Tasks = [{"qlikops.sense.audit_record": record, "connection": "local"}]
    ansible.play(tasks, "--inventory", ",".join(hosts), "--forks", "6", hosts="all")
    assert sorted(entry["details"]["name"] for entry in records(log)) == hosts
    assert sorted(entry["host"] for entry in records(log)) == hosts
    assert {len(entry["details"]["padding"]) for entry in records(log)} == {200_000}
