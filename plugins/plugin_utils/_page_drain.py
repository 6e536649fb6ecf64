# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a page says of the drain and restart of one node. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.qlikops.sense.plugins.plugin_utils import _page_tables as tables
from ansible_collections.qlikops.sense.plugins.plugin_utils import _page_text as texts
from ansible_collections.qlikops.sense.plugins.plugin_utils._page_curve import drain_chart
from ansible_collections.qlikops.sense.plugins.plugin_utils._progress import duration
from ansible_collections.qlikops.sense.plugins.plugin_utils._upkeep_words import upkeep_sentences

Row = Mapping[str, Any]
DRAIN_KEYS = ("node", "result", "timeline", "affected_users", "ended", "came_back", "history", "left_by_themselves")


def figure(label: str, value: int | str, note: str = "", tone: str = "") -> dict[str, str]:
    return {
        "label": label,
        "value": texts.number(value) if isinstance(value, int) else value,
        "note": note,
        "tone": tone,
    }


def drain_part(drain: Row) -> dict[str, Any]:
    """The drain, and what is computed of it."""
    chart = drain_chart(drain["history"], drain["timeline"])
    happened = drain["result"] != "would be restarted"
    return {
        **drain,
        "happened": happened,
        "tone": {"restarted": "good", "failed": "bad"}.get(drain["result"], "note"),
        "failure": drain.get("failure") or {},
        "way_back": drain.get("way_back") or "",
        "node_sentences": upkeep_sentences(drain.get("upkeep") or {}, drain.get("central_moved") or {}),
        "chart": chart,
        "duration": duration(chart.seconds) if chart.phases else "",
        "begun": chart.phases[0].time if chart.phases else None,
        "figures": _figures(drain, chart.seconds) if happened else [],
        "ended_table": tables.left_table(drain),
        "hit_table": tables.hit_table(drain),
    }


def _figures(drain: Row, seconds: float) -> list[dict[str, str]]:
    affected = drain.get("affected") or {}
    back, left = len(drain["came_back"]), drain["left_by_themselves"]
    return [
        figure("sessions at first", affected.get("sessions", 0), _of_users(affected.get("users", 0))),
        figure("left by themselves", "not counted" if left is None else left),
        figure("were ended", len(drain["ended"]), _of_users(len(set(drain["ended"])))),
        *([figure("came back", back, "with a new session")] if back else []),
        figure("in all", duration(seconds)),
    ]


def _of_users(users: int) -> str:
    return f"of {texts.number(users)} {'user' if users == 1 else 'users'}" if users else ""
