# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What qlik_site_check has found, as text for the screen, a page, JSON, and a file for a simulated site. Pure."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jinja2 import TemplateError
from markupsafe import escape

from ansible_collections.qlikops.sense.plugins.module_utils._model.check import OK, PROBLEM, STATUSES, UNKNOWN, WARNING
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted
from ansible_collections.qlikops.sense.plugins.plugin_utils import _page_tables as tables
from ansible_collections.qlikops.sense.plugins.plugin_utils._options import read, unknown
from ansible_collections.qlikops.sense.plugins.plugin_utils._page import filled_in
from ansible_collections.qlikops.sense.plugins.plugin_utils._page_drain import figure
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_files import unusable
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_options import (
    TEMPLATES,
    is_absolute,
    leads_out,
    relative,
)
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import plain
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import table

WIDTH = 110  # for a reader; a table of everything seen would be wider
VERDICTS = {OK: "All is well", UNKNOWN: "No problem found", WARNING: "Worth a look", PROBLEM: "Not well"}
SUFFIXES = {"html": "html", "json": "json", "site": "site.yml"}
KEYS = ("checks", "summary", "description", "observed_at")
OF_A_CHECK = ("group", "name", "status", "seen", "advice")
HEADER = ("Check", "Status", "Seen")
TITLE = "Check of the site"
ABOUT_THE_SITE = """\
# A Qlik Sense site, described by qlikops.sense.qlik_site_check for the role qlikops.sense.simulated_site. The users are
# made up; nodes, virtual proxies, links and numbers of sessions are those of the site.
---
"""
SPEC: dict[str, dict[str, Any]] = {
    "check": {"type": "dict", "required": True},
    "dir": {"type": "str", "default": ""},
    "name": {"type": "str", "default": ""},
    "formats": {"type": "list", "elements": "str", "choices": list(SUFFIXES), "default": list(SUFFIXES)},
    "title": {"type": "str", "default": TITLE},
}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class SiteReportOptions:
    check: dict[str, Any]
    dir: str
    name: str
    formats: tuple[str, ...]
    title: str

    @classmethod
    def read(cls, arguments: Row, host: str, inventory_name: str) -> tuple[SiteReportOptions, list[str]]:
        """The options, and a sentence for everything that is wrong with them. ``host``: where the files are."""
        found, problems = read(arguments, SPEC, verbatim=("check",))
        check = plain(found.get("check") or {})
        if not is_check(check):
            problems.append("check is not what qlik_site_check returns.")
        if found["dir"] and not is_absolute(found["dir"]):
            problems.append(relative("dir", found["dir"], host))
        name = found["name"] or inventory_name
        if leads_out(name):
            problems.append(f"name becomes a part of the names of files, so it can't be {name}.")
        formats = tuple(dict.fromkeys(found["formats"] or ()))
        title = found["title"] or TITLE
        return cls(check, found["dir"] or "", name, formats, title), [*unknown(arguments, SPEC), *problems]

    def files(self) -> dict[str, str]:
        """Path by format; none without a directory, and no description of a site that could not be read."""
        return {
            form: f"{self.dir}/{self.name}.{SUFFIXES[form]}"
            for form in self.formats
            if self.dir and (form != "site" or self.check["description"])
        }


def is_check(check: Any) -> bool:
    return (
        isinstance(check, dict)
        and all(key in check for key in KEYS)
        and isinstance(check["checks"], list)
        and all(isinstance(each, dict) and all(key in each for key in OF_A_CHECK) for each in check["checks"])
        and all(each["status"] in STATUSES for each in check["checks"])
    )


def contents(options: SiteReportOptions) -> dict[str, str]:
    """What stands in each file, by its path. Raises QlikError where the template can't be used."""
    return {path: _content(form, options) for form, path in options.files().items()}


def _content(form: str, options: SiteReportOptions) -> str:
    check = options.check
    if form == "site":
        return ABOUT_THE_SITE + yaml.safe_dump(check["description"], allow_unicode=True, sort_keys=False)
    if form == "json":
        kept = {key: check[key] for key in ("observed_at", "summary", "checks")}
        return json.dumps({"title": options.title, **kept}, ensure_ascii=False, indent=1)
    template = TEMPLATES / "check.html.j2"
    try:
        return as_page(check, options.title, template)
    except (OSError, ValueError, TemplateError) as error:
        raise unusable(template, error) from error


def as_text(check: Row, width: int) -> str:
    """Every line of the check, and below what to do about those that are not well, no wider than ``width``."""
    rows = [(f"{each['group']}/{each['name']}", each["status"], each["seen"]) for each in check["checks"]]
    lines = table(HEADER, rows, width, elastic=("Seen",))
    return "\n".join([headline(check), "", *lines, *_to_do(check["checks"], width)])


def headline(check: Row) -> str:
    """``3 problems, 1 warning, 2 unknown, 39 ok``."""
    summary = check["summary"]
    parts = [counted(summary[status], status) for status in (PROBLEM, WARNING) if summary[status]]
    parts += [f"{summary[status]} {status}" for status in (UNKNOWN, OK) if summary[status]]
    return ", ".join(parts)


def not_well(checks: Sequence[Row]) -> list[Row]:
    """What is to be done something about, the worst first."""
    return [each for status in (PROBLEM, WARNING) for each in checks if each["status"] == status]


def _to_do(checks: Sequence[Row], width: int) -> Iterator[str]:
    for each in not_well(checks):
        yield ""
        yield f"{each['status']}: {each['group']}/{each['name']}"
        for words in (each["seen"], each["advice"]):
            # Names have hyphens, and are copied from here.
            yield from textwrap.wrap(words, width, break_on_hyphens=False, initial_indent="  ", subsequent_indent="  ")


def as_page(check: Row, title: str, template: Path) -> str:
    """The template filled in. It sees ``title``, ``check``, ``verdict``, ``tone`` and what goes with them."""
    summary = check["summary"]
    return filled_in(
        template,
        title=title,
        check=check,
        verdict=VERDICTS[summary["status"]],
        headline=headline(check),
        tone={OK: "good", UNKNOWN: "good", WARNING: "note", PROBLEM: "bad"}[summary["status"]],
        figures=[
            figure(
                "problem" if summary[PROBLEM] == 1 else "problems",
                summary[PROBLEM],
                "",
                "bad" if summary[PROBLEM] else "",
            ),
            figure(
                "warning" if summary[WARNING] == 1 else "warnings",
                summary[WARNING],
                "",
                "warning" if summary[WARNING] else "",
            ),
            figure("unknown", summary[UNKNOWN], "could not be found out"),
            figure("ok", summary[OK], f"of {counted(summary['checks'], 'line')}"),
        ],
        not_well=not_well(check["checks"]),
        table=tables.table(
            "checks",
            "All lines",
            "lines",
            [
                tables.word("Group", lambda each: each["group"]),
                tables.word("Check", lambda each: each["name"].replace("_", " ")),
                tables.Column("Status", lambda each: escape(each["status"])),
                tables.word("Seen", lambda each: each["seen"]),
                tables.word("What to do", lambda each: each["advice"]),
            ],
            check["checks"],
        ),
    )
