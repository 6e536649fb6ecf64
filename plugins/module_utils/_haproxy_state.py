# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What HAProxy says of its servers ("show servers state" in HAProxy's management guide), read strictly. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

READY, DRAIN, MAINT = "ready", "drain", "maint"
STATES = (READY, DRAIN, MAINT)
HEALTH = ("stopped", "starting", "running", "stopping")
# Bits of srv_admin_state: set by command, inherited, by name resolution or a changed host name.
MAINT_BITS = 0x01 | 0x02 | 0x20 | 0x40
DRAIN_BITS = 0x08 | 0x10
# Configured as disabled. HAProxy 2.6 keeps it when the server is made ready; until then 0x01 is set, too.
OTHER_BITS = 0x04

_NAMES = ("be_name", "srv_name")
_NUMBERS = ("srv_op_state", "srv_admin_state", "srv_uweight")
_COLUMNS = (*_NAMES, *_NUMBERS, "srv_addr")
_PORT, _CHECKS = "srv_port", "srv_check_state"  # not in all releases
# Bits of srv_check_state: enabled, and paused.
CHECK_ENABLED, CHECK_PAUSED = 0x04, 0x08
# What HAProxy allows in names; anything else read from it could be another command when it is sent back.
_NAME = re.compile(r"[A-Za-z0-9_.:-]+")
NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Server:
    """``state`` is what it is meant to do, one of STATES; ``health`` what checks say of it, one of HEALTH.

    ``port`` and ``checked`` (whether its health is checked) are None where HAProxy does not say.
    """

    backend: str
    name: str
    state: str
    health: str
    weight: int
    address: str
    port: int | None
    checked: bool | None = None

    def is_at(self, other: Server) -> bool:
        """Whether both are the same place, under whatever name."""
        return (self.address, self.port) == (other.address, other.port)

    def as_result(self) -> dict[str, Any]:
        return vars(self).copy()


def servers_of(answer: bytes) -> list[Server]:
    """ValueError, with words that follow "was asked and", where anything in the answer is in doubt."""
    try:
        text = answer.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"gave an answer that is not UTF-8, from byte {error.start} on") from error
    if not text.strip():
        raise ValueError("gave an empty answer")
    lines = text.rstrip("\n").split("\n")
    if len(lines) < 2 or lines[0].strip() != "1" or not lines[1].startswith("#"):
        raise ValueError(f"said: {shown(text).rstrip('.')}")
    # An empty line is the end; without it servers may be missing, and a number may have lost digits.
    if not text.endswith("\n\n"):
        raise ValueError(f"closed the connection before the end of its answer, in or after line {len(lines)}")
    columns = lines[1].lstrip("# ").split()
    for column in _COLUMNS:
        if columns.count(column) != 1:
            raise ValueError(f"gave a list in which the column {column} is {columns.count(column)} times, not once")
    return [_server(columns, line, number) for number, line in enumerate(lines[2:], start=3)]


def _server(columns: list[str], line: str, number: int) -> Server:
    words = line.split()
    if len(words) != len(columns):
        raise ValueError(f"gave line {number} with {len(words)} columns in place of {len(columns)}: {shown(line)}")
    fields = dict(zip(columns, words, strict=True))
    for column in (*_NAMES, *_NUMBERS):
        kind, shape = ("name", _NAME) if column in _NAMES else ("number", NUMBER)
        if not shape.fullmatch(fields[column]):
            raise ValueError(f"gave in line {number}, column {column}, what is no {kind}: {shown(fields[column])}")
    bits, health = int(fields["srv_admin_state"]), int(fields["srv_op_state"])
    if bits & ~(MAINT_BITS | DRAIN_BITS | OTHER_BITS):  # what they mean is not known, so it must not pass for ready
        raise ValueError(f"gave in line {number}, column srv_admin_state, a state that is not known: {bits}")
    state = MAINT if bits & MAINT_BITS else DRAIN if bits & DRAIN_BITS else READY
    return Server(
        backend=fields["be_name"],
        name=fields["srv_name"],
        state=state,
        health=HEALTH[health] if health < len(HEALTH) else "unknown",
        weight=int(fields["srv_uweight"]),
        address=fields["srv_addr"],
        port=_port(fields.get(_PORT, "")),
        checked=_is_checked(fields.get(_CHECKS, "")),
    )


def _port(text: str) -> int | None:
    return int(text) or None if NUMBER.fullmatch(text) else None


def _is_checked(text: str) -> bool | None:
    bits = int(text) if NUMBER.fullmatch(text) else None
    return None if bits is None else bool(bits & CHECK_ENABLED) and not bits & CHECK_PAUSED


def shown(text: str) -> str:
    """On one line, and not all of it where it is long; a question mark stands for what can't be printed."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split())[:200])
