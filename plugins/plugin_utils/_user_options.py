# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the action plugin user_sessions: whose sessions, and what to do about them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._module import connection_spec
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.plugins.plugin_utils._options import read, unknown

SPEC: dict[str, dict[str, Any]] = {
    "user": {"type": "str"},
    "several": {"type": "bool", "default": False},
    "end": {"type": "bool", "default": False},
    "refs": {"type": "list", "elements": "str", "default": []},
    "wait": {"type": "int", "default": 0},
    "wait_interval": {"type": "int", "default": 3},
    "seen": {"type": "dict"},
    "ended": {"type": "dict"},
}
# Options of qlik_session_info that are handed to it as they are.
HANDED_ON = ("email_attributes", "anonymous_users", "service_users")
SEEN = {"answer", "known", "failures"}
EXACT = re.compile(r"[^\\*?]+\\[^*?]+")
SPOILT = re.compile(r"[\x00-\x1f]")


@dataclass(frozen=True)
class UserOptions:
    """``seen``: what this plugin has returned before. ``ended``: the result of qlik_session in between."""

    user: str
    several: bool
    end: bool
    refs: tuple[str, ...]
    wait: int
    wait_interval: int
    seen: dict[str, Any]
    ended: dict[str, Any]

    @classmethod
    def read(cls, arguments: Mapping[str, Any]) -> tuple[UserOptions, list[str]]:
        """The options, and a sentence for everything that is wrong with them."""
        found, problems = read(arguments, SPEC, verbatim=("seen", "ended"))
        options = cls(
            found["user"] or "",
            found["several"] is True,
            found["end"] is True,
            tuple(map(fold, found["refs"] or ())),
            found["wait"],
            found["wait_interval"],
            found["seen"] or {},
            found["ended"] or {},
        )
        known = {*SPEC, *HANDED_ON, *connection_spec()}
        return options, [*unknown(arguments, known), *options._problems(arguments.get("user")), *problems]

    @property
    def is_exact(self) -> bool:
        """Whether it is the name of one user, so that QRS can be asked for it."""
        return bool(EXACT.fullmatch(self.user))

    def _problems(self, given: Any) -> list[str]:
        checks = {
            "seen is not what user_sessions has returned.": bool(self.seen) and not self.seen.keys() >= SEEN,
            "Say whose sessions: user, as DIRECTORY\\id.": not self.user,
            "There is a control character in user. On the command line -e reads a backslash and a letter such as a, b,"
            " f, n, r, t or v as one. Write two backslashes: DIRECTORY\\\\id.": isinstance(given, str)
            and bool(SPOILT.search(given)),
            "wait can't be negative. 0 is for no waiting.": isinstance(self.wait, int) and self.wait < 0,
            "wait_interval must be 1 or more seconds.": isinstance(self.wait_interval, int) and self.wait_interval < 1,
        }
        return [problem for problem, is_one in checks.items() if is_one]
