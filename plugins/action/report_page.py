# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes a page, and the same for programs, of a report, of the restart of a node, or of both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.plugin_utils import _report_files as files
from ansible_collections.qlikops.sense.plugins.plugin_utils._options import BadOptions
from ansible_collections.qlikops.sense.plugins.plugin_utils._page_options import PageOptions
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import NoReport, checked
from ansible_collections.qlikops.sense.plugins.plugin_utils._target import CallFailed, Target

Result = dict[str, Any]


class ActionModule(ActionBase):
    """The site is not asked. In check mode the page is written, too."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        try:
            return {**result, **self._page(Target(self, task_vars or {}))}
        except CallFailed as error:
            return {**result, "failed": True, **error.result}
        except QlikError as error:
            return {**result, "failed": True, "msg": str(error), "failure": error.details()}

    def _page(self, target: Target) -> Result:
        options, problems = PageOptions.read(self._task.args, target.name)
        if problems:
            raise BadOptions(problems)
        report, warning = options.report, ""
        if options.report_file:
            report, warning = _read(target, options.report_file)
        if not report and not options.drain:
            raise BadOptions([warning or "There is neither a report nor a drain to create a page from."])
        contents = {options.path: files.page_of(report, options.drain, options.template)}
        if options.data_path:
            contents[options.data_path] = files.as_json({"drain": options.drain, "report": report})
        for directory in {str(Path(path).parent) for path in contents}:
            target.make_directory(directory)
        written = [target.write(path, content) for path, content in contents.items()]
        warnings = {"warnings": [f"{warning} The page is created without it."]} if warning else {}
        return {"changed": any(written), "files": list(contents), **warnings}


def _read(target: Target, path: str) -> tuple[Result | None, str]:
    """The report in a file that session_report or this plugin has written, or why there is none."""
    try:
        found = json.loads(target.text(path))
        if isinstance(found, Mapping) and "drain" in found:
            found = found.get("report")
        return dict(checked(found, whole=True)), ""
    except CallFailed as error:
        return None, f"The report in {path} on {target.name} could not be read: {error}."
    except (NoReport, ValueError):
        return None, f"{path} on {target.name} holds no report."
