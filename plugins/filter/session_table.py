# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table a person reads, out of the result of a module of this collection."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.module_utils._words import counted, fold
from ansible_collections.qlikops.sense.plugins.plugin_utils._columns import (
    DEFAULT_COLUMNS,
    PROXY_COLUMNS,
    SESSION_COLUMNS,
    Row,
    joined,
)
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import INDENTATION, fits, printable, table

DOCUMENTATION = r"""
name: session_table
short_description: Show sessions and proxy services as a table
version_added: 0.1.0
description:
  - Turns the result of M(qlikops.sense.qlik_session_info), M(qlikops.sense.qlik_session) or
    M(qlikops.sense.qlik_proxy_info) into text. Totals come first, then what is wrong if anything is, then the proxy
    services, then the sessions.
  - Columns with nothing in them are left out unless asked for by name.
author:
  - Contributors to the qlikops.sense project (@qlikops)
positional: columns
options:
  _input:
    description: The result of one of these modules.
    type: dict
    required: true
  columns:
    description:
      - Columns of the sessions, in this order. V(session_id) is shown where the result holds ids.
    type: list
    elements: str
    choices:
      - virtual_proxy
      - description
      - cookie
      - load_balancing_nodes
      - proxy
      - proxy_host
      - user
      - user_directory
      - user_id
      - user_name
      - attributes
      - ref
      - session_id
      - first_seen
      - started
      - age
      - idle
      - license
      - rule
      - reason
      - outcome
      - outcome_reason
    default:
      - virtual_proxy
      - description
      - cookie
      - proxy
      - load_balancing_nodes
      - user_directory
      - user_id
      - user_name
      - attributes
      - ref
      - age
      - idle
      - license
      - rule
      - reason
      - outcome
      - outcome_reason
  sort_by:
    description:
      - Columns to sort the sessions by. Without it they stay in the order of the result.
    type: list
    elements: str
  width:
    description:
      - How many characters wide the text may be. Without it what the terminal leaves, 160 where there is none.
      - To fit, long descriptions are cut, then the less telling columns are left out unless asked for by name. Where
        there is still no room, each session becomes a block of lines.
    type: int
  parts:
    description:
      - What to show. V(kept) are the sessions that M(qlikops.sense.qlik_session) spared, V(users) the users with the
        number of their sessions.
    type: list
    elements: str
    choices: [totals, proxies, users, sessions, kept]
    default: [totals, proxies, sessions, kept]
"""

EXAMPLES = r"""
- name: Show who is connected
  ansible.builtin.debug:
    msg: "{{ connected | qlikops.sense.session_table }}"

- name: Show only people and where they are, sorted by user
  ansible.builtin.debug:
    msg: "{{ connected | qlikops.sense.session_table(['user', 'virtual_proxy', 'proxy'], sort_by='user') }}"
"""

RETURN = r"""
_value:
  description: Lines of text.
  type: str
"""

# First to go where the terminal is narrow.
DISPENSABLE = (
    "Load balancing nodes",
    "Session cookie",
    "Description",
    "Attributes",
    "User name",
    "Age",
    "Id",
    "Host",
    "Ref",
)
ELASTIC = frozenset(
    (
        "Description",
        "Session cookie",
        "Load balancing nodes",
        "Attributes",
        "User name",
        "User",
        "Reason",
        "Why",
        "Host",
    )
)
Columns = Mapping[str, Sequence[str]]
PARTS = ("totals", "proxies", "users", "sessions", "kept")
SHOWN = ("totals", "proxies", "sessions", "kept")


def session_table(
    result: Any,
    columns: Sequence[str] | None = None,
    sort_by: Sequence[str] | str | None = None,
    width: int | None = None,
    parts: Sequence[str] | None = None,
) -> str:
    """See DOCUMENTATION."""
    if not isinstance(result, Mapping) or "proxies" not in result:
        raise AnsibleFilterError(
            "session_table: the input is not the result of qlik_session_info, qlik_session or qlik_proxy_info."
        )
    _check("columns", columns or (), SESSION_COLUMNS)
    sort_keys = [sort_by] if isinstance(sort_by, str) else list(sort_by or ())
    _check("sort_by", sort_keys, SESSION_COLUMNS)
    _check("parts", parts or (), PARTS)
    has_sessions = "sessions" in result  # detail may leave them out
    width = width or shutil.get_terminal_size((160 + INDENTATION, 24)).columns - INDENTATION
    sections = {
        "totals": lambda: [part for line in _totals(result) for part in textwrap.wrap(line, width) or [""]],
        "proxies": lambda: _proxies(result, width),
        "users": lambda: _users(result.get("users", ()), width),
        "sessions": lambda: _sessions(result, result["sessions"], columns, sort_keys, width) if has_sessions else [],
        "kept": lambda: _kept(result, columns, sort_keys, width),
    }
    texts = ["\n".join(sections[part]()) for part in PARTS if part in (parts or SHOWN)]
    return "\n\n".join(text for text in texts if text)


def _check(option: str, given: Iterable[str], known: Iterable[str]) -> None:
    unknown = [name for name in given if name not in known]
    if unknown:
        raise AnsibleFilterError(f"session_table: {option} has no '{unknown[0]}'. There are: {joined(known)}.")


def _totals(result: Row) -> list[str]:
    summary = result["summary"]
    lines = []
    if "sessions" in summary:
        lines.append(
            f"{counted(summary['sessions'], 'session')} of {counted(summary['users'], 'user')};"
            f" {counted(summary['proxies'], 'proxy service')} and"
            f" {counted(summary['virtual_proxies'], 'virtual proxy')} looked at"
        )
        outcomes = ("ended", "already_gone", "failed", "would_end", "kept")
        told = [f"{summary[name]} {name.replace('_', ' ')}" for name in outcomes if summary.get(name)]
        lines += [", ".join(told)] if told else []
        if summary["users_at_limit"]:
            lines.append(f"{counted(summary['users_at_limit'], 'user')} with five or more of these sessions")
    if "alive" in summary:
        lines.append(f"{counted(summary['proxies'], 'proxy service')}, {summary['alive']} alive")
    unlinked = [proxy["prefix"] for proxy in result["virtual_proxies"] if not proxy["proxies"]]
    if unlinked:
        lines.append(f"linked to no proxy service: {joined(f'/{prefix}' for prefix in unlinked)}")
    lines += [f"asked for and not there: {joined(result['not_found'])}"] if result.get("not_found") else []
    lines += [
        f"NOT LISTED: {failure['proxy']} /{failure['virtual_proxy']}: {failure['reason']} {failure['hint']}"
        for failure in result.get("failures", ())
    ]
    return [printable(line) for line in lines]


def _users(users: Sequence[Row], width: int) -> list[str]:
    columns = {
        "User": [user["user"] for user in users],
        "Name": [user.get("name", "") for user in users],
        "Sessions": [str(user["sessions"]) for user in users],
        "State": ["" if user.get("state", "active") == "active" else user["state"] for user in users],
        "Virtual proxies": [joined(f"/{prefix}" for prefix in user["virtual_proxies"]) for user in users],
    }
    return _table_as_room_allows(columns, width) if users else []


def _proxies(result: Row, width: int) -> list[str]:
    columns = {title: [str(value(proxy)) for proxy in result["proxies"]] for title, value in PROXY_COLUMNS.items()}
    return _table_as_room_allows(columns, width)


def _sessions(
    result: Row, sessions: Sequence[Row], columns: Sequence[str] | None, sort_by: Sequence[str], width: int
) -> list[str]:
    via = {virtual_proxy["id"]: virtual_proxy for virtual_proxy in result["virtual_proxies"]}

    def cell(session: Row, column: str) -> str:
        return SESSION_COLUMNS[column][1](session, via.get(session["virtual_proxy_id"], {}))

    def sort_key(session: Row) -> list[Any]:
        return [session.get("age") or -1 if column == "age" else fold(cell(session, column)) for column in sort_by]

    ordered = sorted(sessions, key=sort_key)
    chosen = {
        SESSION_COLUMNS[column][0]: [cell(session, column) for session in ordered]
        for column in columns or DEFAULT_COLUMNS
    }
    return _table(chosen, width) if columns else _table_as_room_allows(chosen, width)


def _kept(result: Row, columns: Sequence[str] | None, sort_by: Sequence[str], width: int) -> list[str]:
    if not result.get("kept"):
        return []
    chosen = [*(columns or ("virtual_proxy", "proxy", "user_directory", "user_id", "ref")), "reason"]
    return ["Kept:", *_sessions(result, result["kept"], chosen, sort_by, width)]


def _table_as_room_allows(columns: Columns, width: int) -> list[str]:
    chosen = {title: cells for title, cells in columns.items() if any(cells)}
    for title in DISPENSABLE:
        if not fits(list(chosen), _rows(chosen), width, ELASTIC):
            chosen.pop(title, None)
    # Where all that did not help, blocks of lines have room for everything.
    readable = chosen if fits(list(chosen), _rows(chosen), width, ELASTIC) else columns
    return _table(readable, width)


def _table(columns: Columns, width: int) -> list[str]:
    rows = _rows(columns)
    return table(list(columns), rows, width, ELASTIC) if rows else []


def _rows(columns: Columns) -> list[tuple[str, ...]]:
    return list(zip(*columns.values(), strict=True))


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"session_table": session_table}
