# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows what the check of a site has found, and writes it to files."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.plugin_utils import _site_report as report
from ansible_collections.qlikops.sense.plugins.plugin_utils._options import BadOptions
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import terminal_width
from ansible_collections.qlikops.sense.plugins.plugin_utils._target import CallFailed, Target

Result = dict[str, Any]


class ActionModule(ActionBase):
    """The site is not asked. In check mode the files are written, too."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        try:
            return {**result, **self._report(Target(self, task_vars or {}))}
        except CallFailed as error:
            return {**result, "failed": True, **error.result}
        except QlikError as error:
            return {**result, "failed": True, "msg": str(error), "failure": error.details()}

    def _report(self, target: Target) -> Result:
        options, problems = report.SiteReportOptions.read(self._task.args, target.name, target.inventory_name)
        if not problems and options.files() and (problem := target.problem_of_directory(options.dir)):
            problems.append(f"dir: {problem}")
        if problems:
            raise BadOptions(problems)
        contents = report.contents(options)
        if contents:
            target.make_directory(options.dir)
        written = [target.write(path, content) for path, content in contents.items()]
        return {
            "changed": any(written),
            "table": report.as_text(options.check, min(report.WIDTH, terminal_width())),
            "headline": report.headline(options.check),
            "files": list(contents),
        }
