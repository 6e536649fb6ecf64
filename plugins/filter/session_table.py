# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table a person reads, out of the result of a module of this collection."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.qlikops.sense.plugins.plugin_utils._table import printable, table

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
      - age
      - outcome
      - outcome_reason
      - reason
    default: [virtual_proxy, description, cookie, proxy, load_balancing_nodes, user_directory, user_id, user_name,
      attributes, ref, age, outcome, outcome_reason]
  sort_by:
    description:
      - Columns to sort the sessions by. Without it they stay in the order of the result.
    type: list
    elements: str
  width:
    description:
      - How many characters wide the text may be. Without it the width of the terminal, 160 where there is none.
      - Long words are cut to fit. Where there is no room for the columns, each session becomes a block of lines.
    type: int
  parts:
    description:
      - What to show. V(kept) are the sessions that M(qlikops.sense.qlik_session) spared.
    type: list
    elements: str
    choices: [totals, proxies, sessions, kept]
    default: [totals, proxies, sessions, kept]
seealso:
  - module: qlikops.sense.qlik_session_info
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

Row = Mapping[str, Any]


def _joined(values: Iterable[Any]) -> str:
    return ", ".join(str(value) for value in values)


def _attributes(session: Row) -> str:
    return "; ".join(f"{name}={_joined(values)}" for name, values in session["attributes"].items())


def _nodes(virtual_proxy: Row) -> str:
    return _joined(node["name"] for node in virtual_proxy.get("load_balancing_nodes", ()))


def _age(seconds: int | None) -> str:
    if seconds is None:
        return ""
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min" if hours else f"{minutes} min"


COLUMNS: dict[str, tuple[str, Callable[[Row, Row], str]]] = {
    "virtual_proxy": ("Virtual proxy", lambda session, via: f"/{session['virtual_proxy']}"),
    "description": ("Description", lambda session, via: via.get("description", "")),
    "cookie": ("Session cookie", lambda session, via: via.get("session_cookie_header_name", "")),
    "load_balancing_nodes": ("Load balancing nodes", lambda session, via: _nodes(via)),
    "proxy": ("Proxy service", lambda session, via: session["proxy"]),
    "proxy_host": ("Proxy host", lambda session, via: session["proxy_host"]),
    "user": ("User", lambda session, via: session["user"]),
    "user_directory": ("User directory", lambda session, via: session["user_directory"]),
    "user_id": ("User id", lambda session, via: session["user_id"]),
    "user_name": ("User name", lambda session, via: session["user_name"]),
    "attributes": ("Attributes", lambda session, via: _attributes(session)),
    "ref": ("Ref", lambda session, via: session["ref"]),
    "session_id": ("Session id", lambda session, via: session.get("session_id", "")),
    "first_seen": ("First seen", lambda session, via: session.get("first_seen") or ""),
    "age": ("Age", lambda session, via: _age(session.get("age"))),
    "outcome": ("Outcome", lambda session, via: session.get("outcome", "").replace("_", " ")),
    "outcome_reason": ("Why", lambda session, via: session.get("outcome_reason", "")),
    "reason": ("Kept because", lambda session, via: session.get("reason", "")),
}
DEFAULT_COLUMNS = (
    "virtual_proxy",
    "description",
    "cookie",
    "proxy",
    "load_balancing_nodes",
    "user_directory",
    "user_id",
    "user_name",
    "attributes",
    "ref",
    "age",
    "outcome",
    "outcome_reason",
)
PARTS = ("totals", "proxies", "sessions", "kept")


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
    _check("columns", columns or (), COLUMNS)
    sort_keys = [sort_by] if isinstance(sort_by, str) else list(sort_by or ())
    _check("sort_by", sort_keys, COLUMNS)
    _check("parts", parts or (), PARTS)
    width = width or shutil.get_terminal_size((160, 24)).columns
    sections = {
        "totals": lambda: _totals(result),
        "proxies": lambda: _proxies(result, width),
        "sessions": lambda: _sessions(result, result.get("sessions", ()), columns, sort_keys, width),
        "kept": lambda: _kept(result, columns, sort_keys, width),
    }
    texts = ["\n".join(sections[part]()) for part in PARTS if part in (parts or PARTS)]
    return "\n\n".join(text for text in texts if text)


def _check(option: str, given: Iterable[str], known: Iterable[str]) -> None:
    unknown = [name for name in given if name not in known]
    if unknown:
        raise AnsibleFilterError(f"session_table: {option} has no '{unknown[0]}'. There are: {_joined(known)}.")


def _totals(result: Row) -> list[str]:
    summary = result["summary"]
    lines = []
    if "sessions" in summary:
        lines.append(
            f"{_count(summary['sessions'], 'session')} of {_count(summary['users'], 'user')}"
            f" on {_count(summary['proxies'], 'proxy service')}"
            f" over {_count(summary['virtual_proxies'], 'virtual proxy')}"
        )
        outcomes = ("ended", "already_gone", "failed", "would_end", "kept")
        told = [f"{summary[name]} {name.replace('_', ' ')}" for name in outcomes if summary.get(name)]
        lines += [", ".join(told)] if told else []
        if summary["users_at_limit"]:
            lines.append(f"{_count(summary['users_at_limit'], 'user')} with five or more of these sessions")
    unlinked = [proxy["prefix"] for proxy in result["virtual_proxies"] if not proxy["proxies"]]
    if unlinked:
        lines.append(f"linked to no proxy service: {_joined(f'/{prefix}' for prefix in unlinked)}")
    lines += [
        f"NOT LISTED: {failure['proxy']} /{failure['virtual_proxy']}: {failure['reason']} {failure['hint']}"
        for failure in result.get("failures", ())
    ]
    return [printable(line) for line in lines]


def _count(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def _proxies(result: Row, width: int) -> list[str]:
    columns: dict[str, Callable[[Row], Any]] = {
        "Proxy service": lambda proxy: proxy["name"],
        "Host": lambda proxy: proxy["host_name"],
        "Port": lambda proxy: proxy["qps_port"],
        "Id": lambda proxy: proxy["id"],
        "Virtual proxies": lambda proxy: len(proxy["virtual_proxies"]),
        "Sessions": lambda proxy: proxy.get("sessions", ""),
        "Users": lambda proxy: proxy.get("users", ""),
        "Alive": lambda proxy: {True: "yes", False: "no"}.get(proxy.get("alive", proxy.get("reachable")), ""),
        "State in QRS": lambda proxy: proxy.get("service_state", "").replace("_", " "),
        "Why": lambda proxy: proxy.get("reason", ""),
    }
    rows = [[str(value(proxy)) for value in columns.values()] for proxy in result["proxies"]]
    return _table(list(columns), rows, width)


def _sessions(
    result: Row, sessions: Sequence[Row], columns: Sequence[str] | None, sort_by: Sequence[str], width: int
) -> list[str]:
    via = {virtual_proxy["id"]: virtual_proxy for virtual_proxy in result["virtual_proxies"]}

    def cell(session: Row, column: str) -> str:
        return COLUMNS[column][1](session, via.get(session["virtual_proxy_id"], {}))

    def sort_key(session: Row) -> list[Any]:
        return [session.get("age") or -1 if column == "age" else cell(session, column).casefold() for column in sort_by]

    chosen = columns or DEFAULT_COLUMNS
    rows = [[cell(session, column) for column in chosen] for session in sorted(sessions, key=sort_key)]
    header = [COLUMNS[column][0] for column in chosen]
    return _table(header, rows, width, keep_empty=columns is not None)


def _kept(result: Row, columns: Sequence[str] | None, sort_by: Sequence[str], width: int) -> list[str]:
    if not result.get("kept"):
        return []
    chosen = [*(columns or ("virtual_proxy", "proxy", "user_directory", "user_id", "ref")), "reason"]
    return ["Kept:", *_sessions(result, result["kept"], chosen, sort_by, width)]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int, keep_empty: bool = False) -> list[str]:
    if not rows:
        return []
    used = [column for column in range(len(header)) if keep_empty or any(row[column] for row in rows)]
    return table([header[column] for column in used], [[row[column] for column in used] for row in rows], width)


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"session_table": session_table}
