# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin session_report: what it asks, writes, returns, and refuses."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
import yaml

from ansible_collections.qlikops.sense.plugins.action import session_report as plugin
from ansible_collections.qlikops.sense.plugins.modules import session_report as documented
from ansible_collections.qlikops.sense.plugins.plugin_utils._claims import claim
from ansible_collections.qlikops.sense.tests.unit.plugins.acting import Host, Result, act
from ansible_collections.qlikops.sense.tests.unit.plugins.listings import listed, session, user

SITE = listed(
    [session("LAB\\anna", "Node2"), session("LAB\\anna", ref="b"), session("LAB\\{{ 6*7 }}", "Node2", ref="c")],
    [user("LAB\\anna", "Anna Ek", ["anna@lab.example"])],
)
SUFFIXES = ("html", "json", "csv", "md")
FILES = [f"/srv/new/production-sessions.{suffix}" for suffix in SUFFIXES]


TASK = {"name": "Nightly", "kind": "reload", "app": "Sales", "user": "LAB\\anna", "node": "qlik2", "started": ""}
NODE = {
    "node": {"central": True, "heartbeat_age": 4},
    "failover": {"timeout": 600, "candidates": ["Node3"]},
    "running_tasks": [TASK],
}
KNOWN = (
    "Node2 is the central node. Once it is silent for 10 min 0 s, Node3 takes that role. Its last heartbeat is 4 s old."
    " It runs 1 task: Nightly (reload of Sales)."
)
UNKNOWN = (
    "Node2 may be the central node: QRS does not tell. The age of its heartbeat is unknown. Which tasks run on it is"
    " unknown."
)


@pytest.fixture
def host() -> Host:
    return Host(qlik_session_info=lambda _arguments: SITE, qlik_restart_info=lambda _arguments: NODE)


@pytest.fixture(autouse=True)
def local_tmp(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> pathlib.Path:
    monkeypatch.setattr(plugin.CONSTANTS, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("check_mode", [False, True])
def test_files_are_written_and_little_is_returned(
    monkeypatch: pytest.MonkeyPatch, host: Host, check_mode: bool
) -> None:
    options = {"host": "qlik1", "proxies": " node2, ", "exclude_users": ["X"], "dir": "/srv/new"}
    result = act(monkeypatch, plugin, host, options, check_mode)
    assert result.keys() == {"changed", "overview", "table"}
    assert result["changed"] is True
    assert result["overview"]["files"] == FILES
    assert result["overview"]["summary"]["people"] == 2
    assert result["table"].startswith("If Node2 is restarted, as of ")
    assert host.called("qlik_session_info") == [
        {"host": "qlik1", "exclude_users": ["X"], "resolve_users": True, "on_proxy_failure": "warn"}
    ]
    assert sorted(path for path, text in host.files.items() if text is not None) == sorted(FILES)
    assert json.loads(host.files[FILES[1]] or "")["proxies"] == ["Node2"]
    assert host.called("file") == [{"path": "/srv/new", "state": "directory", "mode": "0700"}]


@pytest.mark.parametrize(
    ("told", "says"),
    [(NODE, KNOWN), ({"failed": True, "msg": "QRS does not answer"}, UNKNOWN), ({"node": {}}, UNKNOWN)],
)
def test_it_says_what_is_known_of_a_node_that_is_to_be_restarted(
    monkeypatch: pytest.MonkeyPatch, told: Result, says: str
) -> None:
    host = Host(qlik_session_info=lambda _arguments: SITE, qlik_restart_info=lambda _arguments: told)
    given = {"host": "qlik1", "proxies": ["node2"], "exclude_users": ["X"], "dir": "/srv", "title": "Tonight"}
    result = act(monkeypatch, plugin, host, given)
    assert host.called("qlik_restart_info") == [{"host": "qlik1", "node": "id-of-Node2", "count_affected": False}]
    assert says in " ".join(result["table"].split()).replace(" * ", " ")
    page, data, _table, ticket = (host.files[f"/srv/production-sessions.{each}"] or "" for each in SUFFIXES)
    assert f">{says}</" in page
    assert f"* {says}\n" in ticket.replace("\\", "")
    assert json.loads(data)["upkeep"][0]["node"] == "Node2"


def test_pseudonyms_tell_nothing_of_who_has_started_a_task(monkeypatch: pytest.MonkeyPatch, host: Host) -> None:
    given = {"proxies": ["node2"], "pseudonyms": True, "key_file": "/srv/key", "return_data": True}
    (known,) = act(monkeypatch, plugin, host, given)["data"]["upkeep"]
    assert known["running_tasks"] == [{key: value for key, value in TASK.items() if key != "user"}]


def test_who_has_unlisted_sessions_stands_in_every_file(monkeypatch: pytest.MonkeyPatch) -> None:
    bert = {"user": "LAB\\bert", "user_directory": "LAB", "user_id": "bert", "rows_without_session": 5}
    users = [{**entry, "rows_without_session": 2} for entry in SITE["users"][:1]] + list(SITE["users"][1:])
    site = {**SITE, "users": users, "users_without_session": [bert]}
    host = Host(qlik_session_info=lambda _arguments: site)
    result = act(monkeypatch, plugin, host, {"dir": "/srv"})
    found = result["overview"]["unlisted"]
    assert [(user["user"], user["sessions"], user["rows"]) for user in found] == [
        ("LAB\\bert", 0, 5),
        ("LAB\\anna", 2, 2),
    ]
    page, data, _table, ticket = (host.files[f"/srv/production-sessions.{each}"] or "" for each in SUFFIXES)
    assert "Counted by Qlik, but on no proxy service:" in result["table"]
    assert "Counted by Qlik, but on no proxy service <span" in page
    assert r"| LAB\\bert |  | 0 | 5 |" in ticket
    assert json.loads(data)["unlisted"] == found
    hidden = {"pseudonyms": True, "key_file": "/srv/key", "return_data": True}
    labels = act(monkeypatch, plugin, host, hidden)["data"]["unlisted"]
    assert [user["rows"] for user in labels] == [5, 2]
    assert "bert" not in json.dumps(labels)


def test_more_is_returned_to_who_asks_for_it(monkeypatch: pytest.MonkeyPatch, host: Host) -> None:
    result = act(monkeypatch, plugin, host, {"channels": ["mail"], "return_data": True})
    assert len(result["data"]["sessions"]) == 3
    assert result["report"] == {key: value for key, value in result["data"].items() if key != "sessions"}
    assert result["report"]["users"][0]["emails"] == ["anna@lab.example"]
    assert [name for name, _arguments in host.calls] == ["qlik_session_info"]


def test_what_is_returned_of_a_large_site_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    site = listed([session(f"LAB\\user{n // 6:05}", ref=str(n)) for n in range(5000)])
    result = act(monkeypatch, plugin, Host(qlik_session_info=lambda _arguments: site), {})
    assert result["overview"]["summary"]["at_limit"] == 833
    assert len(json.dumps(result)) < 40_000


def test_everything_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch, host: Host) -> None:
    host.unwritable.add("/srv")
    wrong: Result = {
        "dri": "x",
        "dir": "/srv/a/b",
        "name": "../x",
        "formats": ["pdf"],
        "near_limit": "x",
        "proxies": [42],
        "pseudonyms": True,
        "channels": ["mail"],
        "screen_rows": -1,
    }
    result = act(monkeypatch, plugin, host, wrong, check_mode=True)
    assert result["failed"] is True
    for words in (
        "There is no option dri.",
        "/srv on keeper can't be written to.",
        "can't be ../x.",
        "one or more of: html, json, csv, markdown",
        "near_limit",
        "proxies: 42 is a number",
        "pseudonyms needs key_file, an absolute path on keeper",
        "nobody has an address",
        "screen_rows can't be negative",
    ):
        assert words in result["msg"]
        assert any(words in problem for problem in result["failure"]["problems"])
    assert {name for name, _arguments in host.calls} == {"stat"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"dir": "reports"}, "dir must be an absolute path, on keeper. It is reports."),
        ({"dir": "/srv/file"}, "/srv/file on keeper is not a directory"),
        ({"dir": "/srv/file/below"}, "/srv/file on keeper is not a directory"),
        ({"name": ".."}, "can't be .."),
        ({"suffix": "/../x"}, "suffix becomes part of file names"),
        ({"csv_delimiter": "="}, "value of csv_delimiter must be one of"),
        ({"dir": "a\0b"}, "NUL"),
        ({"pseudonyms": True, "key_file": "/srv/file"}, "/srv/file on keeper is not a key: it holds no secret"),
        ({"page_template": "/none/page.j2", "dir": "/srv"}, "The template /none/page.j2 can't be used"),
        ({"proxies": "Nope"}, "the site has no proxy service Nope. It has: Central"),
    ],
)
def test_what_is_refused(monkeypatch: pytest.MonkeyPatch, host: Host, given: Result, words: str) -> None:
    host.files["/srv/file"] = "no key"
    before = dict(host.files)
    assert words in act(monkeypatch, plugin, host, given)["msg"]
    assert host.files == before


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
def test_every_delimiter_is_one(monkeypatch: pytest.MonkeyPatch, host: Host, delimiter: str) -> None:
    act(monkeypatch, plugin, host, {"dir": "/srv", "formats": ["csv"], "csv_delimiter": delimiter})
    assert (host.files["/srv/production-sessions.csv"] or "").startswith(f"\ufeffUser{delimiter}Name{delimiter}")


def test_files_have_the_names_that_were_asked_for(monkeypatch: pytest.MonkeyPatch, host: Host) -> None:
    given = {"dir": "/srv", "name": "Node2", "suffix": "", "formats": ["json", "html", "json"]}
    result = act(monkeypatch, plugin, host, given)
    assert result["overview"]["files"] == ["/srv/Node2.json", "/srv/Node2.html"]


def test_unanswered_questions_count_as_not_given(monkeypatch: pytest.MonkeyPatch, host: Host) -> None:
    blank = {"proxies": [""], "dir": "", "name": " ", "title": "", "near_limit": "", "key_file": "", "channels": ""}
    result = act(monkeypatch, plugin, host, blank)
    assert result["overview"]["title"] == "Who is connected"
    assert result["overview"]["files"] == []


def test_a_site_that_cannot_be_read_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = {"failed": True, "msg": "Nobody answers.", "failure": {"kind": "x"}, "sessions": [1], "invocation": {}}
    host = Host(qlik_session_info=lambda _arguments: failed)
    result = act(monkeypatch, plugin, host, {"dir": "/srv/new"})
    assert result == {"failed": True, "msg": "Nobody answers.", "failure": {"kind": "x"}}
    assert "/srv/new" not in host.files


def test_labels_are_the_same_as_long_as_the_key_is(monkeypatch: pytest.MonkeyPatch, host: Host) -> None:
    options = {"pseudonyms": True, "key_file": "/srv/key.json", "dir": "/srv", "formats": ["json"]}
    users = []
    for _time in range(2):
        result = act(monkeypatch, plugin, host, options)
        text = host.files["/srv/production-sessions.json"] or ""
        assert "anna" not in text + json.dumps(result)
        users.append([entry["user"] for entry in json.loads(text)["users"]])
    assert users[0] == users[1]
    key = json.loads(host.files["/srv/key.json"] or "")
    assert set(key["labels"].values()) == {"LAB\\anna", "LAB\\{{ 6*7 }}"}
    assert host.files["/srv/key.json"] == json.dumps(key, indent=4, sort_keys=True)


def test_only_one_host_of_a_play_has_a_key_file(monkeypatch: pytest.MonkeyPatch, host: Host) -> None:
    options = {"pseudonyms": True, "key_file": "/srv/key.json"}
    batch: Any = {"ansible_play_batch": ["a", "b"]}
    for name, words in (("a", ""), ("b", "a writes the key file /srv/key.json, too"), ("a", "")):
        result = act(monkeypatch, plugin, host, options, **{**batch, "inventory_hostname": name})
        assert words in result.get("msg", "")
        assert bool(words) == result.get("failed", False)
    alone = act(monkeypatch, plugin, host, options, inventory_hostname="b", ansible_play_batch=["b"])
    assert not alone.get("failed")
    other = {**options, "key_file": "/srv/other.json"}
    assert not act(monkeypatch, plugin, host, other, **{**batch, "inventory_hostname": "b"}).get("failed")


def test_a_claim_is_of_a_place(tmp_path: pathlib.Path) -> None:
    assert claim(tmp_path, "x", "a", ["a", "b"]) == ""
    assert claim(tmp_path, "x", "b", ["a", "b"]) == "a"
    assert claim(tmp_path, "y", "b", ["a", "b"]) == ""


def test_what_is_returned_is_documented(monkeypatch: pytest.MonkeyPatch, host: Host) -> None:
    result = act(monkeypatch, plugin, host, {"channels": ["banner"], "return_data": True})
    said = yaml.safe_load(documented.RETURN)
    assert result["overview"].keys() == said["overview"]["contains"].keys()
    assert result.keys() - {"changed"} == said.keys() - {"failure"}
