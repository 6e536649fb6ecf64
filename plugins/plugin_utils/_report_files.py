# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the sessions of a site to the report, and from that to its files and to the few values a caller gets. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.plugins.plugin_utils._page import as_page
from ansible_collections.qlikops.sense.plugins.plugin_utils._report import ReportBuilder
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_csv import as_csv
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_markdown import as_markdown
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_options import TEMPLATES, ReportOptions
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import Node, NotListed, Site, site_of
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_text import as_text
from ansible_collections.qlikops.sense.plugins.plugin_utils._upkeep_words import upkeep_of_node

Report = dict[str, Any]
# Rows of the tables in Markdown, which people read.
MOST_IN_MARKDOWN = 500
# Entries of each list in the overview.
MOST_IN_OVERVIEW = 50
WHOLE = ("title", "observed_at", "complete", "proxies", "pseudonyms", "summary")
LISTS: Mapping[str, tuple[str, ...]] = {
    "virtual_proxies": ("prefix", "sessions", "users"),
    "nodes": ("name", "sessions", "users", "reachable"),
    "at_limit": ("user", "name", "sessions", "limit"),
    "runaways": ("what", "name", "sessions", "threshold"),
    "unlinked": ("prefix",),
    "unlisted": ("user", "name", "sessions", "rows"),
}


def report_of(
    listed: Mapping[str, Any],
    options: ReportOptions,
    labels: Mapping[str, str] | None = None,
    upkeep: Callable[[str], Report] | None = None,
) -> Report:
    """The report of a result of qlik_session_info. ``labels`` in place of users, by folded user. Raises QlikError.

    ``upkeep`` tells what is known of a node, by its id, before it is restarted.
    """
    try:
        site = site_of(listed, labels)
    except NotListed as error:
        raise QlikError("not_listed", f"This is not a usable result of qlik_session_info: {error}.") from error
    nodes = {node.name: node for node in (_node(site, name) for name in options.proxies)}
    told = (
        tuple(upkeep_of_node(name, upkeep(node.id), labels is None) for name, node in nodes.items()) if upkeep else ()
    )
    hides = labels is not None
    return ReportBuilder(site, tuple(nodes), options.thresholds, options.title, pseudonyms=hides, upkeep=told).build()


def _node(site: Site, name: str) -> Node:
    """The one node that is meant by a name, a host name or an id."""
    found = [node for node in site.nodes if fold(name) in (fold(node.name), fold(node.host_name), fold(node.id))]
    if len(found) == 1:
        return found[0]
    has = ", ".join(f"{node.name} ({node.host_name})" for node in site.nodes)
    if not found:
        raise BadOption("proxies", f"the site has no proxy service {name}.", f"It has: {has or 'none at all'}.")
    ids = ", ".join(node.id for node in found)
    raise BadOption("proxies", f"{name} matches several proxy services.", f"Name one by its id: {ids}.")


def contents(report: Report, options: ReportOptions) -> dict[str, str]:
    """What stands in each file, by its path. Raises QlikError where a template can't be used."""
    return {path: _content(form, report, options) for form, path in options.files().items()}


def _content(form: str, report: Report, options: ReportOptions) -> str:
    if form == "html":
        return page_of(report, None, options.template)
    if form == "json":
        return as_json(report)
    if form == "csv":
        return as_csv(report, options.delimiter)
    return markdown_of(report, TEMPLATES / "report.md.j2")


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def markdown_of(report: Report, template: Path, most: int = MOST_IN_MARKDOWN) -> str:
    try:
        return as_markdown(report, template.read_text(encoding="utf-8"), most)
    except (OSError, UnicodeError, TemplateError) as error:
        raise unusable(template, error) from error


def page_of(report: Report | None, drain: Mapping[str, Any] | None, template: Path) -> str:
    try:
        return as_page(report, drain, template)
    except (OSError, ValueError, TemplateError) as error:
        raise unusable(template, error) from error


def unusable(template: Path, error: Exception) -> QlikError:
    return QlikError("bad_template", f"The template {template} can't be used: {error}")


def table_of(report: Report, width: int, rows: int) -> str:
    """The report for the screen; ``rows`` 0 for all."""
    return as_text(report, width, rows or len(report["sessions"]) + len(report["virtual_proxies"]) + 1)


def overview(report: Report, files: list[str]) -> dict[str, Any]:
    """A report that stays small however large the site is: no session, and of the users those at the limit."""
    lists = {
        name: [{key: entry[key] for key in keys} for entry in report[name][:MOST_IN_OVERVIEW]]
        for name, keys in LISTS.items()
    }
    unread = list(dict.fromkeys(failure["proxy"] for failure in report["failures"]))
    return {**{key: report[key] for key in WHOLE}, **lists, "unread": unread, "files": files}


def for_notice(report: Report) -> Report:
    """What people are told of: everything but the single sessions."""
    return {key: value for key, value in report.items() if key != "sessions"}
