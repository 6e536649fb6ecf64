# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The columns of the tables of sessions and of proxy services: their titles and what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.age import age_in_words

Row = Mapping[str, Any]


def joined(values: Iterable[Any]) -> str:
    return ", ".join(str(value) for value in values)


def _attributes(session: Row) -> str:
    return "; ".join(f"{name}={joined(values)}" for name, values in session["attributes"].items())


def _nodes(virtual_proxy: Row) -> str:
    return joined(node["name"] for node in virtual_proxy.get("load_balancing_nodes", ()))


def _age(seconds: int | None) -> str:
    return "" if seconds is None else age_in_words(seconds)


SESSION_COLUMNS: dict[str, tuple[str, Callable[[Row, Row], str]]] = {
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
    "started": ("Started", lambda session, via: session.get("started") or ""),
    "idle": ("Idle", lambda session, via: _age(session.get("idle"))),
    "license": ("License", lambda session, via: (session.get("license") or "").replace("_", " ")),
    "rule": ("Rule", lambda session, via: session.get("rule", "")),
    "outcome": ("Outcome", lambda session, via: session.get("outcome", "").replace("_", " ")),
    "outcome_reason": ("Why", lambda session, via: session.get("outcome_reason", "")),
    "reason": ("Reason", lambda session, via: session.get("reason", "")),
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
    "idle",
    "license",
    "rule",
    "reason",
    "outcome",
    "outcome_reason",
)
PROXY_COLUMNS: dict[str, Callable[[Row], Any]] = {
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
