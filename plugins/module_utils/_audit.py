# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of what was done and why: one JSON object a line, appended to a file that several jobs may write at once."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError

MODE = 0o600
# Each holds the lock for as long as one line takes to reach the disk.
LONGEST_WAIT = 30.0
BETWEEN_TRIES = 0.02
# The id of a session is the value of its cookie, whatever the caller hands on.
NEVER_RECORDED = frozenset({"session_id", "session_ids"})
REPLACED_TIMES = 5


class NotRecorded(QlikError):
    """The record is not in the file, or not as a whole."""

    def __init__(self, path: str, reason: str, hint: str = "") -> None:
        super().__init__("not_recorded", f"The audit log {path} {reason}", hint)


def as_line(record: Mapping[str, Any]) -> bytes:
    """One line of JSON with its end. Whatever would break a line, or what is shown of it, is escaped.

    Letters of every script stay readable. Raises BadOption for what JSON has no word for.
    """
    try:
        text = json.dumps(_without_ids(record), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadOption("details", f"can't be written as JSON: {error}.") from error
    # Outside of texts JSON is ASCII, so only what stands in one is touched. json escapes no more than line feeds and
    # the like; there are other ends of lines, characters that turn the writing around, and halves of pairs.
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in text)
    return f"{text}\n".encode()


def _without_ids(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_ids(entry) for key, entry in value.items() if key not in NEVER_RECORDED}
    if isinstance(value, (list, tuple)):
        return [_without_ids(entry) for entry in value]
    return value


def append(path: str, line: bytes) -> None:
    """Put one line at the end of the file, on the disk, with nobody else's in between. Raises NotRecorded.

    A file that is not there is made, for its owner alone. What is in it is never changed; a last line that somebody
    did not live to finish gets its end first, so that this one is whole.
    """
    _refuse_what_is_no_file(path)
    with _words(path), _opened(path, os.O_CREAT) as file:
        size = os.fstat(file).st_size
        cut = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        text = (b"\n" if cut else b"") + line
        written = os.write(file, text)
        if written != len(text):
            raise NotRecorded(path, f"took {written} of {len(text)} bytes only.", "Is the disk full?")
        os.fsync(file)
        if not size:
            _sync_directory(path)


def check(path: str) -> None:
    """Raises NotRecorded where ``append`` would, as far as can be told without writing."""
    _refuse_what_is_no_file(path)
    with _words(path):
        if os.path.exists(path):
            os.close(os.open(path, os.O_RDWR | os.O_APPEND))
        elif not os.access(_directory(path), os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "no file can be created in its directory")


def _refuse_what_is_no_file(path: str) -> None:
    with _words(path):
        if not os.path.isdir(_directory(path)):
            raise NotRecorded(path, f"can't be written: there is no directory {_directory(path)}.", "Make it first.")
        # Opening a named pipe would wait for a reader.
        if os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
            what = "a directory" if os.path.isdir(path) else "no regular file"
            raise NotRecorded(path, f"can't be written: it is {what}.", "Give the path of a file.")


@contextmanager
def _opened(path: str, flags: int) -> Iterator[int]:
    """The file of this name, locked. One that a rotation of logs has moved away meanwhile is let go."""
    for _attempt in range(REPLACED_TIMES):
        file = os.open(path, os.O_RDWR | os.O_APPEND | flags, MODE)
        try:
            _lock(path, file)
            if _is_still(path, file):
                yield file
                return
        finally:
            os.close(file)  # which unlocks it
    raise NotRecorded(path, "keeps being replaced by someone else.")


def _lock(path: str, file: int) -> None:
    end = time.monotonic() + LONGEST_WAIT
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise NotRecorded(path, f"has been locked by another process for {LONGEST_WAIT:.0f} seconds.") from None
            time.sleep(BETWEEN_TRIES)


def _is_still(path: str, file: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(file))
    except FileNotFoundError:
        return False


def _sync_directory(path: str) -> None:
    """Without it a new file may be gone after a loss of power."""
    directory = os.open(_directory(path), os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _directory(path: str) -> str:
    return os.path.dirname(os.path.abspath(path))


@contextmanager
def _words(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        hint = (
            "It must also be readable, so that it can be checked whether its last line is complete."
            if os.path.exists(path)
            else ""
        )
        raise NotRecorded(path, f"can't be written: {error.strerror or error}.", hint) from error
