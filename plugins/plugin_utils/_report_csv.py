# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as CSV that opens right in a spreadsheet and runs nothing there. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.qlikops.sense.plugins.plugin_utils import _report_words as words
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import shown
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import Row

# By this a spreadsheet knows UTF-8.
BYTE_ORDER_MARK = "\ufeff"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
UNSEEN = r"[\s\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*"
# = + - @, those of East Asian width, the small ones, and the minus sign.
SIGNS = r"=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
# A formula begins a cell. For a spreadsheet that expects another delimiter than this file has, cells also begin behind
# that one.
FORMULA = re.compile(rf'(^|[,;|"])({UNSEEN})(?=[{SIGNS}])')
# session, its user
COLUMNS: Mapping[str, Callable[[Row, Row], Any]] = {
    "User": lambda session, user: session["user"],
    "Name": lambda session, user: session["name"],
    "E-mail addresses": lambda session, user: words.joined(user["emails"]),
    "Kind": lambda session, user: session["kind"],
    "State": lambda session, user: user["state"],
    "Virtual proxy": lambda session, user: shown(session["virtual_proxy"]),
    "Node": lambda session, user: session["node"],
    "Session": lambda session, user: session["ref"],
    "First seen": lambda session, user: session["first_seen"],
    "Age in seconds": lambda session, user: session["age"],
    "Sessions in all": lambda session, user: user["sessions_in_all"],
    "Also elsewhere": lambda session, user: words.elsewhere(user),
    "Limit": lambda session, user: words.limit(user),
    "Idle in seconds": lambda session, user: session["idle"],
    "License": lambda session, user: session["license"],
    "Started": lambda session, user: session["started"],
}


def as_csv(report: Row, delimiter: str) -> str:
    """A row a session, lines as in RFC 4180."""
    users = {user["user"]: user for user in report["users"]}
    output = io.StringIO(newline="")
    output.write(BYTE_ORDER_MARK)
    writer = csv.writer(output, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for session in report["sessions"]:
        writer.writerow([cell(value(session, users[session["user"]])) for value in COLUMNS.values()])
    return output.getvalue()


def cell(value: Any) -> str:
    """On one line, and with an apostrophe before anything that looks like the beginning of a formula (OWASP)."""
    if value is None:
        return ""
    return FORMULA.sub(r"\1\2'", CONTROL.sub(" ", str(value)))
