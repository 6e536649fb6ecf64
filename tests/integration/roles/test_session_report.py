# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""session_report: on the screen, as data, in files, with and without names, and nothing of it in the log of a job."""

from __future__ import annotations

import csv
import json
import pathlib
import re
import stat
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules import sites
from ansible_collections.qlikops.sense.tests.integration.modules.playing import GROUP, Ansible, Tasks, ensure

CONNECTION = ("host", "qrs_port", "host_map", "client_cert", "client_key", "client_key_password", "ca_path")
VARIABLES = {f"qlik_{name}": f"{{{{ qlik.{name} }}}}" for name in CONNECTION}
BETWEEN_PIECES = re.compile(
    r'"\s*}\s*ok: \[localhost] => \(item=\d+\) => {\s*"__session_report_piece": \d+,\s*"msg": "'
)
INCLUDED = {"name": "qlikops.sense.session_report", "public": True}
TEMPLATE_AS_NAME = "{{ 6 * 7 }}<b>|=1"
SUFFIXES = ("csv", "html", "json", "md")


@pytest.fixture
def directory(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "reports" / "of today"


@pytest.fixture
def control(ansible: Ansible) -> simulated.Control:
    """Somebody is called like a template, in QRS and by id."""
    control = ansible.modules.control
    control.login(f"LAB\\{TEMPLATE_AS_NAME}", "Node2", "sales")
    control.user(f"LAB\\{TEMPLATE_AS_NAME}", name=TEMPLATE_AS_NAME, email="hostile@lab.example")
    control.clear_journal()
    return control


def reporting(**variables: Any) -> dict[str, Any]:
    named = {f"session_report_{name}": value for name, value in variables.items()}
    return {"ansible.builtin.include_role": INCLUDED, "vars": named}


def play(ansible: Ansible, tasks: Tasks, *options: str, **more: Any) -> str:
    """The role gets its connection from variables, as a user gives it; the play's own defaults are nobody's."""
    environment = {"ANSIBLE_SHOW_CUSTOM_STATS": "true"}
    more = {"environment": environment, "module_defaults": {GROUP: {}}, **more}
    return ansible.play(tasks, *options, vars={**VARIABLES, **more.pop("vars", {})}, **more)


def failing(pattern: str, **variables: Any) -> dict[str, Any]:
    """The role fails with words like these."""
    remember = {"ansible.builtin.set_fact": {"told": "{{ ansible_failed_result.msg }}"}}
    told = ensure("told is defined", "told is search(wanted)")
    return {"block": [reporting(**variables)], "rescue": [remember], "always": [told], "vars": {"wanted": pattern}}


def stats(output: str) -> dict[str, Any]:
    """What ``set_stats`` handed on, by host."""
    found: dict[str, Any] = json.loads(re.findall(r"^\tRUN: (\{.*\})$", output, re.MULTILINE)[-1])
    return dict(found["session_report"])


def mode(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def read(path: pathlib.Path) -> str:
    return path.read_bytes().decode("utf-8")


def written(directory: pathlib.Path, host: str = "localhost") -> dict[str, Any]:
    """The report in JSON; the other files are there, too, for their owner alone, and agree."""
    files = [directory / f"{host}-sessions.{suffix}" for suffix in SUFFIXES]
    assert [mode(file) for file in files] == [0o600] * 4
    assert mode(directory) == 0o700
    table, page, data, ticket = map(read, files)
    report: dict[str, Any] = json.loads(data)
    rows = list(csv.DictReader(table.removeprefix("\ufeff").splitlines()))
    assert [row["Session"] for row in rows] == [session["ref"] for session in report["sessions"]]
    assert f"# {report['title']}\n" in ticket
    assert report["title"] in page
    assert f"{TEMPLATE_AS_NAME}" not in page
    return report


@pytest.mark.parametrize("options", [(), ("--check", "--diff")])
def test_who_a_restart_would_hit(
    ansible: Ansible, control: simulated.Control, directory: pathlib.Path, options: tuple[str, ...]
) -> None:
    directory.parent.mkdir()
    there = control.sessions(node="Node2")
    output = play(
        ansible,
        [
            reporting(proxies=["qlik2.example.com"], dir=str(directory), exclude_users=["LAB\\quinn"]),
            ensure(
                f"session_report_data.summary.sessions == {len(there)}",
                "session_report_data.users | map(attribute='name') | select('==', wanted) | length == 1",
                "session_report_data.complete is true",
                "session_report_data.sessions | length == (session_report_json | from_json).summary.sessions",
            ),
        ],
        *options,
        vars={"wanted": {"__ansible_unsafe": TEMPLATE_AS_NAME}},
    )
    report = written(directory)
    assert (report["title"], report["proxies"]) == ("If Node2 is restarted", ["Node2"])
    assert {user["user"].lower() for user in report["users"]} == {
        f"{session['user_directory']}\\{session['user_id']}".lower() for session in there
    }
    assert {user["name"] for user in report["users"]} >= {TEMPLATE_AS_NAME, "Anna Ek", "山田 Дмитрий"}
    small = stats(output)["localhost"]
    assert small["summary"] == report["summary"]
    assert small["at_limit"][0]["user"] == "LAB\\bjorn"
    assert small["files"] == [
        str(directory / f"localhost-sessions.{suffix}") for suffix in ("html", "json", "csv", "md")
    ]
    assert "If Node2 is restarted, as of" in output
    assert control.writes() == []
    lists = [entry for entry in control.journal(listener="qps") if "/session?" in entry["path"]]
    assert len(lists) == len(sites.PAIRS), "the site is read once"


def in_one_line(output: str) -> str:
    """What was shown, as if it had not been wrapped, nor cut into pieces."""
    whole = BETWEEN_PIECES.sub(" ", output)
    return " ".join(whole.replace("\\n", " ").split())


def test_what_is_known_of_a_node_before_its_restart_stands_there_and_what_is_not(
    ansible: Ansible, control: simulated.Control, directory: pathlib.Path
) -> None:
    control.call("PUT", "/tasks", {"tasks": [{"name": "Nightly", "node": "Central", "app": "Sales"}]})
    play(ansible, [reporting(proxies=["Central"], dir=str(directory))])
    (known,) = written(directory)["upkeep"]
    assert (known["node"], known["central"], known["failover_timeout"]) == ("Central", True, 600)
    assert [task["name"] for task in known["running_tasks"]] == ["Nightly"]
    assert "It runs 1 task: Nightly (reload of Sales)." in read(directory / "localhost-sessions.html")
    for path in ("executionsession", "servicecluster", "servernodeheartbeat"):
        control.fault("status", status=403, path=f"/qrs/{path}/")
    output = play(ansible, [reporting(proxies=["Central"], dir=str(directory))])
    (unknown,) = written(directory)["upkeep"]
    assert [unknown[key] for key in ("running_tasks", "failover_timeout", "heartbeat_age")] == [None] * 3
    for sentence in ("The age of its heartbeat is unknown.", "Which tasks run on it is unknown."):
        assert sentence in read(directory / "localhost-sessions.html")
        assert sentence in in_one_line(output)


def test_neither_addresses_nor_lists_stand_in_the_log(ansible: Ansible, control: simulated.Control) -> None:
    output = play(ansible, [reporting(screen_rows=1)], "-vvvv")
    assert "bjorn" in output
    assert "Wild" not in output
    assert "hostile" not in output
    assert "@lab.example" not in output


def test_two_sites_side_by_side(
    ansible: Ansible, control: simulated.Control, directory: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    inventory = tmp_path / "sites.yml"
    hosts = {name: {"session_report_proxies": proxies} for name, proxies in {"production": [], "test": "Node2"}.items()}
    inventory.write_text(json.dumps({"sites": {"hosts": hosts}}), encoding="utf-8")
    playbook = running_playbook("report_sessions.yml")
    output = play(
        ansible,
        [],
        "-i",
        str(inventory),
        "-e",
        json.dumps({"qlik_sites": "sites", "session_report_dir": str(directory), **VARIABLES}),
        str(playbook),
    )
    found = stats(output)
    assert {name: small["proxies"] for name, small in found.items()} == {"production": [], "test": ["Node2"]}
    assert written(directory, "production")["summary"] == found["production"]["summary"]
    assert written(directory, "test")["summary"] == found["test"]["summary"]
    assert found["production"]["summary"]["sessions"] > found["test"]["summary"]["sessions"]


def running_playbook(name: str) -> pathlib.Path:
    return pathlib.Path(__file__).resolve().parents[3] / "playbooks" / name


@pytest.mark.parametrize("on_failure", ["warn", "fail"])
def test_a_node_that_does_not_answer(
    ansible: Ansible, control: simulated.Control, directory: pathlib.Path, on_failure: str
) -> None:
    control.proxy("Node2", "stop")
    options = {"dir": str(directory), "on_proxy_failure": on_failure, "formats": ["json"]}
    task = reporting(**options) if on_failure == "warn" else failing("not complete.*: Node2", **options)
    output = play(ansible, [task])
    assert "NOT COMPLETE: Node2 /, /partner/emea, /sales, /twin: " in output
    assert "This report is not complete: 4 lists" in output
    small = stats(output)["localhost"]
    assert (small["complete"], small["unread"]) == (False, ["Node2"])
    report = json.loads(read(directory / "localhost-sessions.json"))
    assert {session["node"] for session in report["sessions"]} == {"Central"}
    assert [node["reachable"] for node in report["nodes"] if node["name"] == "Node2"] == [False]
    assert len(list(directory.iterdir())) == 1


def test_what_cannot_be_done_is_refused(ansible: Ansible, control: simulated.Control, directory: pathlib.Path) -> None:
    file = directory.parent / "file"
    file.parent.mkdir()
    file.write_text("", encoding="utf-8")
    key = {"pseudonyms": True, "key_file": str(file)}
    tasks = [
        failing(r"the site has no proxy service Nope\. It has: Central \(qlik1\.example\.com\)", proxies=["Nope"]),
        failing("must be one or more of: html, json, csv, markdown", formats=["pdf"]),
        failing("must be an absolute path, on localhost. It is reports", dir="reports"),
        failing("file names, so it can't be ../x", name="../x", dir=str(directory)),
        failing("so it can't be ..", name="..", dir=str(directory)),
        failing("is not a directory", dir=str(file)),
        failing("pseudonyms needs key_file, an absolute path", pseudonyms=True),
        failing("nobody has an address", **key, notify=["mail"]),
        failing("on localhost. It is x.* can't be ../x.*needs key_file", dir="x", name="../x", pseudonyms=True),
        failing("not a key: it holds no secret", **{**key, "key_file": str(running_playbook("demo.yml"))}),
    ]
    play(ansible, tasks)
    assert list(file.parent.iterdir()) == [file]
    assert file.stat().st_size == 0


def test_a_site_that_cannot_be_asked_is_told_with_its_reason(ansible: Ansible, directory: pathlib.Path) -> None:
    wrong = {"qlik_qrs_port": 1, "qlik_retries": 0}
    play(
        ansible,
        [failing("nothing listens on port 1 ", dir=str(directory))],
        vars=wrong,
    )
    assert not directory.exists()


def test_labels_in_place_of_users(
    ansible: Ansible, control: simulated.Control, directory: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    key_file = tmp_path / "keys" / "pseudonyms.json"
    key_file.parent.mkdir()
    options = {"pseudonyms": True, "key_file": str(key_file), "dir": str(directory), "near_limit": 1}
    output = play(ansible, [reporting(**options)], "-vvvv", "--diff")
    first = written(directory)
    key = json.loads(read(key_file))
    assert mode(key_file) == 0o600
    names = {
        text.casefold() for user in ansible.modules.info(resolve_users=True).result["users"] for text in told(user)
    }
    assert len(names) > 20
    everything = output + "".join(map(read, directory.iterdir()))
    found = [name for name in names if name in everything.casefold()]
    assert not found
    assert key["secret"] not in output
    assert {user["user"] for user in first["users"]} == set(key["labels"])

    control.login("LAB\\newcomer", "Central")
    play(ansible, [reporting(**options)], "--check")
    second = written(directory)
    later = json.loads(read(key_file))
    assert key["labels"].items() < later["labels"].items()
    assert {user["user"] for user in second["users"]} - {user["user"] for user in first["users"]} == {
        label for label, user in later["labels"].items() if user == "LAB\\newcomer"
    }


def told(user: dict[str, Any]) -> set[str]:
    """What tells who somebody is; words of few letters may stand anywhere."""
    return {word for word in (user["user"], user["name"], user["user_id"], *user["emails"]) if len(word) > 5}


def test_hosts_do_not_share_a_key_file(ansible: Ansible, tmp_path: pathlib.Path) -> None:
    inventory = tmp_path / "sites.yml"
    inventory.write_text(json.dumps({"sites": {"hosts": {"a": {}, "b": {}}}}), encoding="utf-8")
    shared = {"pseudonyms": True, "key_file": str(tmp_path / "key.json")}
    tasks = [
        {
            "block": [reporting(**shared)],
            "rescue": [ensure("ansible_failed_result.msg is search('(a|b) writes the key file .*key.json, too')")],
        }
    ]
    local = {"ansible_connection": "local"}
    output = play(ansible, tasks, "-i", str(inventory), hosts="sites", vars=local)
    assert output.count("FAILED! =>") == 1
    play(ansible, [reporting(**shared)], "-i", str(inventory), hosts="sites", vars=local, serial=1)
    assert len(json.loads(read(tmp_path / "key.json"))["labels"]) == len(ansible.modules.info().result["users"])


def test_people_are_told(ansible: Ansible, control: simulated.Control, tmp_path: pathlib.Path) -> None:
    channel = tmp_path / "tell.yml"
    words = "TOLD {{ notify_users_report.summary.people }} of {{ notify_users_key }}, {{ notify_users_report.title }}"
    channel.write_text(json.dumps([{"ansible.builtin.debug": {"msg": words}}]), encoding="utf-8")
    output = play(ansible, [reporting(notify=[str(channel)], proxies=["Node2"])])
    people = stats(output)["localhost"]["summary"]["people"]
    assert f"TOLD {people} of localhost, If Node2 is restarted" in output
