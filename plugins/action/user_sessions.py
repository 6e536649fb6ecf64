# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks up a user's sessions and state, and waits for a new session while the user tries to log in."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, Refused
from ansible_collections.qlikops.sense.plugins.module_utils._module import connection_spec
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.plugins.plugin_utils import _user_words as words
from ansible_collections.qlikops.sense.plugins.plugin_utils._columns import SESSION_COLUMNS
from ansible_collections.qlikops.sense.plugins.plugin_utils._options import BadOptions
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import plain
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import table, terminal_width
from ansible_collections.qlikops.sense.plugins.plugin_utils._target import CallFailed, Target
from ansible_collections.qlikops.sense.plugins.plugin_utils._user_options import HANDED_ON, UserOptions

Result = dict[str, Any]
COLUMNS = ("user", "virtual_proxy", "proxy", "ref", "attributes")
# Shown where they are known.
ACTIVITY = ("age", "idle", "license")


class ActionModule(ActionBase):
    """The modules qlik_session_info and qlik_user_info do the asking."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        target = Target(self, task_vars or {})
        try:
            options, problems = UserOptions.read(self._task.args)
            if problems:
                raise BadOptions(problems)
            found = self._go_on(target, options) if options.seen else self._look(target, options)
            return {**result, "changed": False, **found}
        except CallFailed as error:
            return {**result, "failed": True, **error.result}
        except QlikError as error:
            return {**result, "failed": True, "msg": str(error), "failure": error.details()}

    def _look(self, target: Target, options: UserOptions) -> Result:
        listed = self._sessions(target, options, resolve_users=True)
        sessions, users, failures = listed["sessions"], listed["users"], listed["failures"]
        if len(users) > 1 and not options.several:
            names = ", ".join(user["user"] for user in users)
            raise Refused(
                f"{options.user} is more than one user: {names}.",
                "Name one of them as DIRECTORY\\id, or set several to true. Nothing was ended.",
            )
        to_end = [session["ref"] for session in sessions if not options.refs or fold(session["ref"]) in options.refs]
        if options.end and options.refs and not to_end:
            raise Refused(
                f"None of these is a session of {options.user}: {', '.join(options.refs)}.", "Nothing was ended."
            )
        known = _with_rows(users, sessions) or self._known(target, options, listed)
        answer = {
            "user": options.user,
            "users": users,
            "sessions": sessions,
            "said": words.state_sentences(options.user, known, failures),
            "ended": {},
            "appeared": [],
            "complete": listed["complete"],
        }
        return {
            "answer": answer,
            "table": _table(sessions),
            "to_end": to_end if options.end else [],
            "known": known,
            "failures": failures,
        }

    def _known(self, target: Target, options: UserOptions, listed: Result) -> list[Result]:
        """The user as QRS knows a user without a session; nobody where no exact name was given."""
        if not options.is_exact:
            return []
        asked = {**self._given("email_attributes"), "users": [options.user]}
        none = {"sessions": 0, "rows": 0, "rows_without_session": listed.get("summary", {}).get("rows_without_session")}
        return [{**none, **user} for user in plain(target.call("qlikops.sense.qlik_user_info", asked)["users"])]

    def _go_on(self, target: Target, options: UserOptions) -> Result:
        """What was seen, and what has come of it since."""
        seen, display = options.seen, Display()
        ended = options.ended.get("summary", {})
        said = words.ended_sentences(seen["known"], ended)
        appeared: list[Result] = []
        for sentence in said:
            display.display(sentence)
        if options.wait and not self._task.check_mode:
            display.display(
                f"Let {options.user} log in now. A new session is waited for, {options.wait} seconds at most."
            )
            appeared, seconds = self._wait(target, options)
            told = words.waited_sentences(options.user, seen["known"], seen["failures"], appeared, seconds)
            for sentence in told:
                display.display(sentence)
            said += told
        answer = {**seen["answer"], "ended": ended, "appeared": appeared}
        return {**seen, "answer": {**answer, "said": [*answer["said"], *said]}}

    def _wait(self, target: Target, options: UserOptions) -> tuple[list[Result], int]:
        """New sessions, and after how many seconds. Raises CallFailed where the last look did not work."""
        # What a proxy service has that could not be seen at first need not be new.
        unseen = {failure["proxy"] for failure in options.seen["failures"]}
        before = {session["ref"] for session in options.seen["answer"]["sessions"]}
        begin = time.monotonic()
        while True:
            failed: CallFailed | None = None
            new: list[Result] = []
            try:
                listed = self._sessions(target, options)
                new = [
                    session
                    for session in listed["sessions"]
                    if session["ref"] not in before and session["proxy"] not in unseen
                ]
            except CallFailed as error:
                failed = error
            elapsed = time.monotonic() - begin
            if new or elapsed >= options.wait:
                if failed:
                    raise failed
                return new, round(elapsed)
            time.sleep(min(options.wait_interval, options.wait - elapsed))

    def _sessions(self, target: Target, options: UserOptions, **more: Any) -> Result:
        asked = {**self._given(*HANDED_ON), "users": [options.user], "on_proxy_failure": "warn", **more}
        listed: Result = plain(target.call("qlikops.sense.qlik_session_info", asked))
        return listed

    def _given(self, *names: str) -> Result:
        """The connection and the options of these names, for a module to read."""
        wanted = {*connection_spec(), *names}
        return {name: value for name, value in self._task.args.items() if name in wanted}


def _with_rows(users: Sequence[Result], sessions: Sequence[Result]) -> list[Result]:
    """With the number of ``rows`` that QRS has of the listed sessions of each."""
    rows = Counter(fold(session["user"]) for session in sessions if session.get("license"))
    return [{**user, "rows": rows[fold(user["user"])]} for user in users]


def _table(sessions: Sequence[Result]) -> str:
    known = [name for name in ACTIVITY if any(session.get(name) is not None for session in sessions)]
    columns = [SESSION_COLUMNS[name] for name in (*COLUMNS, *known)]
    header = [title for title, _cell in columns]
    rows = [[cell(session, {}) for _title, cell in columns] for session in sessions]
    return "\n".join(table(header, rows, terminal_width(), elastic=("Attributes",))) if rows else ""
