# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions that QRS counts and no proxy service lists (D, L: qlik-api 11), by user. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import Site, Tally, in_any_case


def unlisted(site: Site, found: Iterable[Tally]) -> list[dict[str, Any]]:
    """Of whom QRS counts sessions that no proxy service lists, those without a session among them."""
    rows = [(each.user.user, each.user.name, each.sessions, each.user.rows_without_session or 0) for each in found]
    rows += [(user, "", 0, number) for user, number in site.without_session]
    by_name = sorted((row for row in rows if row[3]), key=lambda row: (-row[3], in_any_case(row[0])))
    return [dict(zip(("user", "name", "sessions", "rows"), row, strict=True)) for row in by_name]
