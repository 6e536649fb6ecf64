# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as Markdown, for a ticket: a template of which everything that is filled in stays text. Pure."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, StrictUndefined

from ansible_collections.qlikops.sense.plugins.plugin_utils import _report_words as words
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import shown
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import Row
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import printable
from ansible_collections.qlikops.sense.plugins.plugin_utils._upkeep_words import upkeep_lines

# Where the characters of a table, of HTML and of entities stand, an entity reads the same in every dialect.
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}
# Emphasis, code, links, headings; and what GitLab and GitHub take for a mention of a person or a reference to an issue.
MARKED = frozenset("\\`*_{}[]#!~@^$%")
# What would become a link by itself, or a list or a heading at the beginning of a line.
ADDRESS = re.compile(r"(?i)(?<=\bwww)(?=\.)|(?<=http)(?=:)|(?<=https)(?=:)|(?<=ftp)(?=:)|(?<=mailto)(?=:)")
AT_THE_BEGINNING = re.compile(r"^(\d{1,9})([.)])|^([-+=:])")


def as_markdown(report: Row, template: str, most: int) -> str:
    """The template filled in; tables have at most so many rows."""
    # The finalizer escapes each and every value, so a template cannot forget to.
    environment = Environment(
        undefined=StrictUndefined, finalize=escaped, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters.update(shown=shown, where=words.where, elsewhere=words.elsewhere, limit=words.limit)
    environment.filters.update(kind=words.kind, state=words.state, runaway=words.runaway)
    return environment.from_string(template).render(
        report=report,
        most=most,
        headline=words.headline(report),
        failures=words.failures(report),
        unlinked=words.unlinked(report),
        node_lines=upkeep_lines(report["upkeep"]),
    )


def escaped(value: Any) -> str:
    """Text that Markdown shows as it is, on one line and within one cell of a table."""
    text = printable(" ".join(str(value).split()))
    marked = "".join(ENTITIES.get(char) or (f"\\{char}" if char in MARKED else char) for char in text)
    return AT_THE_BEGINNING.sub(_unbegun, ADDRESS.sub(r"\\", marked))


def _unbegun(match: re.Match[str]) -> str:
    return f"{match[1]}\\{match[2]}" if match[1] else f"\\{match[3]}"
