# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks who is connected, makes the report once, writes its files, and returns the little that a caller needs of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.plugin_utils import _report_files as files
from ansible_collections.qlikops.sense.plugins.plugin_utils._claims import claim
from ansible_collections.qlikops.sense.plugins.plugin_utils._handed_on import readable
from ansible_collections.qlikops.sense.plugins.plugin_utils._options import BadOptions
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_key import Key, NoKey
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_options import (
    HANDED_ON,
    SPEC,
    ReportOptions,
    is_absolute,
)
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import text
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import terminal_width
from ansible_collections.qlikops.sense.plugins.plugin_utils._target import CallFailed, Target

Result = dict[str, Any]
CONSTANTS: Any = constants


class ActionModule(ActionBase):
    """The module qlik_session_info does the asking, on the host that has the files."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        variables = task_vars or {}
        try:
            return {**result, **self._report(Target(self, variables), variables)}
        except CallFailed as error:
            return {**result, "failed": True, **error.result}
        except QlikError as error:
            return {**result, "failed": True, "msg": str(error), "failure": error.details()}

    def _report(self, target: Target, variables: Mapping[str, Any]) -> Result:
        options, problems = ReportOptions.read(self._task.args, target.name, target.inventory_name)
        key, found = _prepared(target, options, not problems, variables.get("ansible_play_batch") or [])
        if problems or found:
            raise BadOptions([*problems, *found])
        listed = target.call("qlikops.sense.qlik_session_info", _query(self._task.args))
        if key:
            everybody = [*listed["users"], *(listed.get("users_without_session") or [])]
            key = key.with_users(text(entry["user"]) for entry in everybody)

        def upkeep(node: str) -> Result:
            return _upkeep(target, self._task.args, node)

        report = files.report_of(listed, options, key.by_user() if key else None, upkeep)
        contents = files.contents(report, options)
        if key:
            target.write(options.key_file, key.as_text())
        if contents:
            target.make_directory(options.dir)
        written = [target.write(path, content) for path, content in contents.items()]
        return {
            "changed": any(written),
            "overview": readable(files.overview(report, list(contents))),
            "table": files.table_of(report, terminal_width(), options.rows),
            **({"report": files.for_notice(report)} if options.channels else {}),
            **({"data": report} if options.return_data else {}),
            **({"warnings": listed["warnings"]} if "warnings" in listed else {}),
        }


def _query(arguments: Mapping[str, Any]) -> Result:
    """What the module is asked; it reads the connection and the kinds of users itself."""
    handed_on = {name: value for name, value in arguments.items() if name not in SPEC}
    return {**handed_on, "resolve_users": True, "on_proxy_failure": "warn"}


def _upkeep(target: Target, arguments: Mapping[str, Any], node: str) -> Result:
    """What QRS tells of a node before it is restarted; nothing where it can't be asked, which is no reason to stop."""
    connection = {name: value for name, value in arguments.items() if name not in (*SPEC, *HANDED_ON)}
    try:
        return target.call("qlikops.sense.qlik_restart_info", {**connection, "node": node, "count_affected": False})
    except CallFailed:
        return {}


def _prepared(target: Target, options: ReportOptions, is_clear: bool, batch: list[str]) -> tuple[Key | None, list[str]]:
    """The key of the pseudonyms, if labels are wanted, and what is wrong with the files there are."""
    problems = []
    if is_absolute(options.dir) and (problem := target.problem_of_directory(options.dir)):
        problems.append(f"dir: {problem}")
    if not options.pseudonyms or not is_absolute(options.key_file):
        return None, problems
    key = None
    try:
        key = _key(target, options.key_file)
    except (NoKey, ValueError) as error:
        problems.append(f"key_file: {options.key_file} on {target.name} is not a key: {error}.")
    place = f"{target.name}:{options.key_file}"
    directory = Path(CONSTANTS.DEFAULT_LOCAL_TMP)
    if is_clear and not problems and (other := claim(directory, place, target.inventory_name, batch)):
        problems.append(
            f"key_file: {other} writes the key file {options.key_file}, too. Give every host its own, such as one with"
            " inventory_hostname in its name, or run the play with serial 1."
        )
    return key, problems


def _key(target: Target, path: str) -> Key:
    """The one in the file, or a new one. Raises NoKey, and ValueError where it is no text."""
    known = target.text(path) if target.stat(path)["exists"] else ""
    return Key.read(known) if known.strip() else Key.new()
