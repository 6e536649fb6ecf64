# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One page out of a report, a drain, or both."""

from __future__ import annotations

import base64
import hashlib
import pathlib
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ansible_collections.qlikops.sense.plugins.module_utils._words import counted
from ansible_collections.qlikops.sense.plugins.plugin_utils import _page_tables as tables
from ansible_collections.qlikops.sense.plugins.plugin_utils import _page_text as texts
from ansible_collections.qlikops.sense.plugins.plugin_utils import _report_words as words
from ansible_collections.qlikops.sense.plugins.plugin_utils._charts import Item, bar_chart
from ansible_collections.qlikops.sense.plugins.plugin_utils._page_drain import drain_part, figure
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import shown
from ansible_collections.qlikops.sense.plugins.plugin_utils._upkeep_words import upkeep_lines

Row = Mapping[str, Any]
# With more rows the sessions are folded away: browsers lay out what is seen.
MOST_OPEN = 300
CLOSING = {".css": "</style", ".js": "</script"}


def as_page(report: Row | None, drain: Row | None, template: pathlib.Path) -> str:
    """The template filled in. It sees ``title``, ``report``, ``drain``, and what goes with them, or none."""
    return filled_in(
        template,
        title=_title(report, drain),
        report=report_part(report) if report else None,
        drain=drain_part(drain) if drain else None,
    )


def filled_in(template: pathlib.Path, **values: Any) -> str:
    """A page out of its template, which also sees ``inline`` and ``digest``, and some filters."""
    environment = Environment(
        loader=FileSystemLoader(template.parent, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    assets = _Assets(template.parent)
    environment.filters.update(isolated=texts.isolated, moment=texts.moment, number=texts.number, counted=counted)
    environment.globals.update(inline=assets.inline, digest=assets.digest)
    return texts.cleaned(environment.get_template(template.name).render(**values))


class _Assets:
    """Style sheets and scripts beside the template."""

    def __init__(self, directory: pathlib.Path) -> None:
        self._directory = directory

    def inline(self, name: str) -> Markup:
        text = (self._directory / name).read_text(encoding="utf-8")
        return texts.inline(text, CLOSING[pathlib.PurePath(name).suffix])

    def digest(self, name: str) -> str:
        """What a Content-Security-Policy knows the text by."""
        found = hashlib.sha256(self.inline(name).encode()).digest()
        return f"sha256-{base64.b64encode(found).decode()}"


def _title(report: Row | None, drain: Row | None) -> str:
    if drain and (drain["result"] != "would be restarted" or not report):
        sayings = {
            "restarted": "{} was restarted",
            "failed": "The restart of {} failed",
            "would be restarted": "If {} is restarted",
        }
        return str(sayings.get(drain["result"], "{}")).format(drain["node"])
    return str(report["title"]) if report else ""


def report_part(report: Row) -> dict[str, Any]:
    """The report, and what is computed of it."""
    sessions = tables.sessions_table(report)
    return {
        **report,
        "headline": words.headline(report),
        "figures": figures(report),
        "failure_lines": words.failures(report),
        "runaway_lines": [words.runaway(runaway) for runaway in report["runaways"]],
        "by_virtual_proxy": bar_chart([_virtual_proxy(proxy) for proxy in report["virtual_proxies"]]),
        "by_node": bar_chart([_node(node, bool(report["proxies"])) for node in report["nodes"]]),
        "virtual_proxies_table": tables.virtual_proxies_table(report),
        "nodes_table": tables.nodes_table(report),
        "users_table": tables.users_table(report),
        "sessions_table": sessions,
        "sessions_are_open": sessions.count <= MOST_OPEN,
        "limit_table": tables.limit_table(report),
        "unlisted_table": tables.unlisted_table(report),
        "node_lines": upkeep_lines(report.get("upkeep") or []),
        "shown_unlinked": [{**proxy, "shown": shown(proxy["prefix"])} for proxy in report["unlinked"]],
    }


def figures(report: Row) -> list[dict[str, str]]:
    """The figures a reader looks for first; zeros only where zero is news."""
    summary = report["summary"]
    others = [
        f"{counted(summary[key], 'session')} of {whose}"
        for key, whose in (("service_sessions", "services"), ("anonymous_sessions", "anonymous users"))
        if summary[key]
    ]
    found = [
        figure("person" if summary["people"] == 1 else "people", summary["people"]),
        figure("session" if summary["sessions"] == 1 else "sessions", summary["sessions"], ", ".join(others)),
        figure(
            "virtual proxy" if summary["virtual_proxies"] == 1 else "virtual proxies",
            summary["virtual_proxies"],
            f"on {counted(summary['nodes'], 'node')}",
        ),
    ]
    if report["proxies"]:
        found.append(figure("also elsewhere", summary["elsewhere"], "have a session on another node"))
    near = f"{texts.number(summary['near_limit'])} more near it" if summary["near_limit"] else "of five, in the site"
    found.append(figure("at the limit", summary["at_limit"], near, "warning" if summary["at_limit"] else ""))
    if summary["rows_without_session"]:
        found.append(figure("unlisted", summary["rows_without_session"], "counted, but on no proxy", "warning"))
    if summary["runaways"]:
        noun = "runaway" if summary["runaways"] == 1 else "runaways"
        found.append(figure(noun, summary["runaways"], "above the threshold", "warning"))
    return found


def _virtual_proxy(proxy: Row) -> Item:
    counts = {node["name"]: node["sessions"] for node in proxy["nodes"] if node["sessions"]}
    return Item(shown(proxy["prefix"]), counts, proxy["description"])


def _node(node: Row, some_chosen: bool) -> Item:
    notes = ["does not answer"] if node["reachable"] is False else []
    notes += ["would be restarted"] if node["chosen"] else []
    muted = some_chosen and not node["chosen"]
    return Item(node["name"], {"sessions": node["sessions"]}, ", ".join(notes), muted)
