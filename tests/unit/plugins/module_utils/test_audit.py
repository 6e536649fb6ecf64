# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of records: one line each, whole, whoever else writes, and nothing in it is ever changed."""

from __future__ import annotations

import fcntl
import json
import os
import pathlib
import stat
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils import _audit
from ansible_collections.qlikops.sense.plugins.module_utils._audit import (
    NEVER_RECORDED,
    NotRecorded,
    append,
    as_line,
    check,
)
from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption

TEXTS = st.text(st.characters(exclude_categories=()))  # halves of pairs, too
KEYS = TEXTS.filter(lambda key: key not in NEVER_RECORDED)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
ENDS_OF_LINES = "a\nb\r\nc\x0bd\x0ce\x1cf\x85g\u2028h\u2029i"


@pytest.fixture
def path(tmp_path: pathlib.Path) -> str:
    return str(tmp_path / "audit.jsonl")


def records(path: str) -> list[Any]:
    return [json.loads(line) for line in pathlib.Path(path).read_bytes().split(b"\n")[:-1]]


# A line


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_whatever_is_recorded_is_one_line_that_reads_back_the_same(details: dict[str, Any]) -> None:
    text = as_line({"details": details}).decode()
    assert text.splitlines() == [text[:-1]]
    assert text[:-1].isprintable()
    assert json.loads(text) == {"details": details}


def test_ends_of_lines_in_names_are_escaped_and_letters_stay_readable() -> None:
    text = as_line({"user": f"LAB\\Björn 山田 {ENDS_OF_LINES}\u202e"}).decode()
    assert "LAB\\\\Björn 山田 a\\nb" in text
    assert "\\u202e" in text
    assert json.loads(text)["user"].endswith(f"{ENDS_OF_LINES}\u202e")


def test_session_ids_are_left_out_at_any_depth() -> None:
    deep = {"a": [{"session_id": "secret", "ref": "1"}, ({"session_ids": ["secret"]},)], "session_ids": ["secret"]}
    assert json.loads(as_line(deep)) == {"a": [{"ref": "1"}, [{}]]}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}])
def test_what_json_has_no_word_for_is_refused(value: Any) -> None:
    with pytest.raises(BadOption, match="details: can't be written as JSON"):
        as_line({"details": value})


# The file


def test_a_new_file_is_for_its_owner_alone(path: str) -> None:
    append(path, as_line({"n": 1}))
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert records(path) == [{"n": 1}]


def test_what_is_there_stays_and_so_does_its_mode(path: str) -> None:
    pathlib.Path(path).write_bytes(b"whatever this is\n")
    os.chmod(path, 0o640)
    append(path, as_line({"n": 1}))
    append(path, as_line({"n": 2}))
    assert pathlib.Path(path).read_bytes() == b'whatever this is\n{"n": 1}\n{"n": 2}\n'
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o640


def test_half_a_line_of_a_writer_that_died_gets_its_end_and_stays(path: str) -> None:
    pathlib.Path(path).write_bytes(b'{"n": 0}\n{"n": 1, "user": "LAB')
    append(path, as_line({"n": 2}))
    assert pathlib.Path(path).read_bytes() == b'{"n": 0}\n{"n": 1, "user": "LAB\n{"n": 2}\n'


def test_it_is_on_the_disk_before_anything_else_happens(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []

    def fsync(file: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{file}"))

    monkeypatch.setattr(os, "fsync", fsync)
    append(path, as_line({"n": 1}))
    append(path, as_line({"n": 2}))
    assert synced == [path, os.path.dirname(path), path]


WRITER = """
import sys
from ansible_collections.qlikops.sense.plugins.module_utils._audit import append, as_line
path, writer, count, length = sys.argv[1], *map(int, sys.argv[2:])
for number in range(count):
    append(path, as_line({"writer": writer, "number": number, "padding": f"{writer % 10}" * length}))
"""


@pytest.mark.parametrize(("count", "length"), [(40, 50), (4, 1_500_000)])
def test_many_processes_write_at_once_and_no_line_is_lost_or_mixed(path: str, count: int, length: int) -> None:
    """The long lines are as long as those of ten thousand sessions."""
    tree = pathlib.Path(_audit.__file__).parents[5]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, path, *map(str, (writer, count, length))],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tree), *sys.path])},
        )
        for writer in range(8)
    ]
    assert [writer.wait(120) for writer in writers] == [0] * 8
    found = records(path)
    assert all(record["padding"] == f"{record['writer'] % 10}" * length for record in found)
    assert sorted((record["writer"], record["number"]) for record in found) == [
        (writer, number) for writer in range(8) for number in range(count)
    ]
    for writer in range(8):
        assert [record["number"] for record in found if record["writer"] == writer] == list(range(count))


def test_a_file_that_is_rotated_while_it_waits_is_let_go(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    append(path, as_line({"n": 1}))
    lock = _audit._lock
    rotations = [f"{path}.1"]

    def rotated_first(name: str, file: int) -> None:
        if rotations:
            os.rename(path, rotations.pop())
        lock(name, file)

    monkeypatch.setattr(_audit, "_lock", rotated_first)
    append(path, as_line({"n": 2}))
    assert records(path) == [{"n": 2}]
    assert records(f"{path}.1") == [{"n": 1}]


def test_one_that_is_never_unlocked_is_told(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_audit, "LONGEST_WAIT", 0.1)
    with open(path, "w", encoding="utf-8") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(NotRecorded, match="has been locked by another process"):
            append(path, as_line({}))
    assert records(path) == []
    append(path, as_line({}))


def test_a_full_disk_is_told(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, text: write(file, text[:5]))
    with pytest.raises(NotRecorded, match=r"took 5 of 9 bytes only\. Is the disk full\?"):
        append(path, as_line({"n": 1}))
    monkeypatch.undo()
    append(path, as_line({"n": 2}))
    assert pathlib.Path(path).read_bytes() == b'{"n":\n{"n": 2}\n'


# What can't be a file


@pytest.fixture(params=["directory", "nowhere", "pipe"])
def impossible(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> tuple[str, str]:
    """A path, and what is said of it."""
    if request.param == "pipe":
        os.mkfifo(tmp_path / "pipe")
    return {
        "directory": (str(tmp_path), "it is a directory. Give the path of a file."),
        "nowhere": (str(tmp_path / "no" / "audit.jsonl"), f"there is no directory {tmp_path / 'no'}. Make it first."),
        "pipe": (str(tmp_path / "pipe"), "it is no regular file."),
    }[request.param]


@pytest.mark.parametrize("act", [check, lambda path: append(path, b"{}\n")], ids=["check", "append"])
def test_what_is_no_file_is_refused_and_nothing_is_made(
    act: Any, impossible: tuple[str, str], tmp_path: pathlib.Path
) -> None:
    path, words = impossible
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(NotRecorded) as raised:
        act(path)
    assert words in str(raised.value)
    assert str(raised.value).startswith(f"The audit log {path} can't be written: ")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("there", [True, False])
def test_what_may_not_be_written_is_refused(path: str, there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may run as root, who may everything; so the system's refusal is a stand-in."""
    if there:
        append(path, as_line({"n": 1}))

    def refuse(*_rest: Any, **_options: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(os, "access", lambda *_rest: False)
    for act in (check, lambda path: append(path, b"{}\n")):
        with pytest.raises(NotRecorded, match="can't be written: "):
            act(path)
    assert os.path.exists(path) is there


def test_a_check_writes_nothing(path: str) -> None:
    check(path)
    assert not os.path.exists(path)
    pathlib.Path(path).write_bytes(b"half a line")
    before = os.stat(path)
    check(path)
    assert pathlib.Path(path).read_bytes() == b"half a line"
    assert os.stat(path).st_mtime_ns == before.st_mtime_ns
