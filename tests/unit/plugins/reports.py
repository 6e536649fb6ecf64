# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports and what is made of them, as the action plugin session_report makes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.qlikops.sense.plugins.plugin_utils import _report_files as files
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_csv import as_csv
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_key import Key
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_options import TEMPLATES, ReportOptions
from ansible_collections.qlikops.sense.tests.unit.plugins.listings import Listed

PAGE = TEMPLATES / "page.html.j2"
MARKDOWN = TEMPLATES / "report.md.j2"


def options_of(**given: Any) -> ReportOptions:
    options, problems = ReportOptions.read(given, "localhost", "production")
    assert not problems, problems
    return options


def report_of(result: Listed, proxies: Sequence[str] = (), key: Key | None = None, **given: Any) -> dict[str, Any]:
    return files.report_of(result, options_of(proxies=list(proxies), **given), key.by_user() if key else None)


def key_of(result: Listed, known: Key | None = None) -> Key:
    """A key with a label for every user."""
    return (known or Key.new()).with_users(entry["user"] for entry in result["users"])


def table_of(report: dict[str, Any], most: int = 50, width: int = 120) -> str:
    return files.table_of(report, width, most)


def markdown_of(report: dict[str, Any], most: int = files.MOST_IN_MARKDOWN) -> str:
    return files.markdown_of(report, MARKDOWN, most)


def csv_of(report: dict[str, Any], delimiter: str = ",") -> str:
    return as_csv(report, delimiter)


def page_of(report: dict[str, Any] | None, drain: Any = None) -> str:
    return files.page_of(report, drain, PAGE)
