# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the action plugin report_page: what a page is made of, and where it goes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.qlikops.sense.plugins.plugin_utils._options import read, unknown
from ansible_collections.qlikops.sense.plugins.plugin_utils._page_drain import DRAIN_KEYS
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_options import TEMPLATES, is_absolute, relative
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import NoReport, checked

SPEC: dict[str, dict[str, Any]] = {
    "path": {"type": "str", "required": True},
    "data_path": {"type": "str", "default": ""},
    "report": {"type": "raw"},
    "report_file": {"type": "str", "default": ""},
    "drain": {"type": "dict"},
    "template": {"type": "path"},
}


@dataclass(frozen=True)
class PageOptions:
    path: str
    data_path: str
    report: dict[str, Any] | None
    report_file: str
    drain: dict[str, Any] | None
    template: Path

    @classmethod
    def read(cls, arguments: Mapping[str, Any], host: str) -> tuple[PageOptions, list[str]]:
        """The options, and a sentence for everything that is wrong with them. ``host``: where the files are."""
        found, problems = read(arguments, SPEC, verbatim=("report", "drain"))
        report, drain = found["report"] or None, found["drain"] or None
        if report:
            try:
                report = dict(checked(report, whole=True))
            except NoReport as error:
                problems.append(f"report: {error}. Give its data or its text in JSON.")
        if drain and not (isinstance(drain, dict) and all(key in drain for key in DRAIN_KEYS)):
            problems.append("drain is not what the role proxy_restart reports of a node.")
        paths = {name: found[name] or "" for name in ("path", "data_path", "report_file")}
        problems += [relative(name, path, host) for name, path in paths.items() if path and not is_absolute(path)]
        if report and paths["report_file"]:
            problems.append("Give report or report_file, not both.")
        template = Path(found["template"] or TEMPLATES / "page.html.j2")
        return cls(report=report, drain=drain, template=template, **paths), [*unknown(arguments, SPEC), *problems]
