# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who runs this: AWX says so by variables, else there is the login."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What AWX hands to every job, under both names (awx/main/models/unified_jobs.py, awx_meta_vars, and the job's own in
# jobs.py). The schedule of a workflow is that of its jobs, too. First found, first taken.
PREFIXES = ("awx", "tower")
FROM_AWX = {
    "awx_user": ("user_name", "workflow_job_user_name"),
    "awx_job_id": ("job_id",),
    "awx_job_template": ("job_template_name",),
    "awx_launch_type": ("job_launch_type",),
    "awx_schedule": ("schedule_name", "parent_job_schedule_name"),
    "awx_workflow_job_id": ("workflow_job_id",),
    "awx_workflow_job": ("workflow_job_name",),
}


def who(variables: Mapping[str, Any], login: str, controller: str) -> dict[str, Any]:
    """Only what there is. The login stands beside what AWX says, since variables can also be set by hand."""
    found: dict[str, Any] = {"login": login, "controller": controller}
    for key, names in FROM_AWX.items():
        values = (variables.get(f"{prefix}_{name}") for name in names for prefix in PREFIXES)
        value = next((value for value in values if value not in (None, "")), None)
        if value is not None:
            # int() and str() leave behind what ansible-core 2.19 and later know of a value's origin.
            found[key] = int(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return {key: value for key, value in found.items() if value != ""}


def playbook(arguments: Any) -> str:
    """What ansible-playbook was started with; an empty text for other programs, which take a pattern of hosts."""
    return " ".join(map(str, arguments)) if isinstance(arguments, (tuple, list)) else ""
