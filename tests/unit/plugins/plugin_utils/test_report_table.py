# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text on the screen."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.plugin_utils._table import cell_width
from ansible_collections.qlikops.sense.tests.unit.plugins.listings import NODES, Listed, listed, results, session, user
from ansible_collections.qlikops.sense.tests.unit.plugins.reports import report_of, table_of

PEOPLE = [user("LAB\\anna", "Anna Ek"), user("LAB\\bjorn", "Björn", state="removed_externally")]
SESSIONS = [
    session("LAB\\anna", "Node2"),
    session("LAB\\anna", "Central", "vp-sales"),
    session("LAB\\bjorn", "Node2"),
    session("NONE\\anonymous1", "Node2"),
    session("INTERNAL\\sa_api", "Node2"),
    session("INTERNAL\\sa_api", "Node2"),
]


def shown(result: Listed, *chosen: str, width: int = 120, most: int = 50) -> str:
    return table_of(report_of(result, chosen), most, width)


def test_who_a_restart_would_affect() -> None:
    text = shown(listed(SESSIONS, PEOPLE), "Node2")
    assert text.startswith(
        "If Node2 is restarted, as of 2026-01-15T09:30:00Z\n"
        "2 sessions of 2 people over 1 virtual proxy on Node2; 1 session of anonymous users;"
        " 2 sessions of service accounts\n\n"
        "Virtual proxy  Description       Users  Sessions  Node2\n"
    )
    lines = [re.sub(" {2,}", "  ", line) for line in text.splitlines()]
    begin = lines.index("Who:")
    assert lines[begin + 1 : begin + 7] == [
        "User  Name  Kind  State  Sessions  In all  Where  Also on",
        re.sub(r"\S", "-", lines[begin + 2]),
        "INTERNAL\\sa_api  service  2  2  /",
        "LAB\\anna  Anna Ek  1  2  /  /sales on Central",
        "LAB\\bjorn  Björn  removed externally  1  1  /",
        "NONE\\anonymous1  anonymous  1  1  /",
    ]
    assert "Linked to no proxy service: /old (Left over)" in text
    assert "* Of 2 people, 1 has a session on another node and can keep working." in text


def test_the_whole_site() -> None:
    text = shown(listed(SESSIONS, PEOPLE))
    assert "3 sessions of 2 people over 2 virtual proxies on 2 nodes" in text
    assert "In all" not in text
    assert "Also on" not in text
    assert "/              About vp-default  4      5         0        5      0" in text
    assert "LAB\\anna" in text
    assert "/, /sales on Central, Node2" in text


def test_nodes_share_a_column_where_there_is_no_room_for_all() -> None:
    text = shown(listed(SESSIONS, PEOPLE), width=60)
    assert "Nodes" in text
    assert "Node2 5" in text


def test_long_lists_are_cut_and_counted() -> None:
    many = [session(f"LAB\\user{number:02}", "Node2") for number in range(12)]
    text = shown(listed(many), most=3)
    assert "LAB\\user02" in text
    assert "LAB\\user03" not in text
    assert "... and 9 more" in text
    assert "... and" not in shown(listed(many), most=0)


def test_what_is_wrong_stands_near_the_top() -> None:
    failures = [
        {"proxy": "Node2", "virtual_proxy": prefix, "reason": "Nobody answers.", "hint": "Is it up?"}
        for prefix in ("", "sales")
    ]
    lines = shown(listed(SESSIONS, PEOPLE, failures=failures, complete=False)).splitlines()
    assert lines[3] == "NOT COMPLETE: Node2 /, /sales: Nobody answers. Is it up?"


def test_limit_and_runaways() -> None:
    four = [session("LAB\\anna", ref=str(number)) for number in range(4)]
    twelve = [session("LAB\\bot", "Node2", ref=f"b{number}") for number in range(12)]
    text = shown(listed([*four, *twelve]), "Central")
    assert "At or near the limit, in the whole site:" in text
    assert "LAB\\bot   12        /     Node2    at" in text
    assert "LAB\\anna  4         /     Central  near" in text
    assert "* user LAB\\bot: 12 sessions, the threshold is 10" in text
    assert "waits five minutes" in text


def test_names_of_users_are_cut_last() -> None:
    long = [session("LAB\\" + "u" * 20, node, proxy) for node in NODES for proxy in ("vp-default", "vp-sales")]
    assert "u" * 20 in shown(listed(long), width=60)


@given(results(), st.lists(st.sampled_from(NODES), unique=True), st.integers(40, 200), st.integers(1, 5))
def test_no_line_is_too_long_or_breaks_the_screen(result: Listed, chosen: list[str], width: int, most: int) -> None:
    text = table_of(report_of(result, chosen, runaway_user=1), most, width)
    assert all(cell_width(line) <= width for line in text.split("\n"))
    assert all(char.isprintable() for char in text.replace("\n", ""))
