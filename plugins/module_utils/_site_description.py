# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site as the role simulated_site takes it: its nodes, links and numbers of sessions, and nobody's name. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.activity import Activities
from ansible_collections.qlikops.sense.plugins.module_utils._model.check import Seen
from ansible_collections.qlikops.sense.plugins.module_utils._model.node import ServerNode
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Listing
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import UserKey
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import Topology, VirtualProxy
from ansible_collections.qlikops.sense.plugins.module_utils._site_switches import switches_of
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

# Whose names say what kind of user they are, and of nobody who: Qlik's own accounts, and visitors (D: qlik-api 1.3).
KINDS = {"internal": ("INTERNAL", "sa_simulated"), "none": ("NONE", "anonymous")}
PEOPLE = ("PEOPLE", "person")
# What a name of a host must be for a certificate, a file and a URL to hold it.
HOST_NAME = re.compile(r"(?=.{1,253}$)\w([\w-]*\w)?(\.\w([\w-]*\w)?)*", re.ASCII)


def description_of(seen: Seen) -> dict[str, Any]:
    """The description, nothing where QRS did not show the site."""
    if seen.nodes is None or seen.topology is None:
        return {}
    labels = _labels(seen.topology)
    names = _names(seen.listing) if seen.listing else {}
    licenses = _licenses(seen, names)
    return {
        "virtual_proxies": [_virtual_proxy(each, labels, seen.nodes) for each in seen.topology.virtual_proxies],
        "nodes": [_node(number, node, seen.topology, labels) for number, node in enumerate(seen.nodes, 1)],
        "users": [
            _user(name, licenses.get(name, "")) for name in sorted(names.values()) if not name.startswith("NONE\\")
        ],
        "sessions": _sessions(seen.listing, names, labels) if seen.listing else [],
        "switches": switches_of(seen),
    }


def _labels(topology: Topology) -> dict[str, str]:
    """What links go by: the prefix, or where several have one, that with a number."""
    uses = Counter(each.prefix for each in topology.virtual_proxies)
    labels: dict[str, str] = {}
    numbers: Counter[str] = Counter()
    for each in topology.virtual_proxies:
        numbers[each.prefix] += 1
        labels[each.id] = each.prefix if uses[each.prefix] == 1 else f"{each.prefix}#{numbers[each.prefix]}"
    return labels


def _virtual_proxy(
    virtual_proxy: VirtualProxy, labels: Mapping[str, str], nodes: Sequence[ServerNode]
) -> dict[str, Any]:
    names = {fold(node.name): node.name for node in nodes}
    balanced = [names[fold(node.name)] for node in virtual_proxy.load_balancing_nodes if fold(node.name) in names]
    described: dict[str, Any] = {
        "prefix": virtual_proxy.prefix,
        "description": virtual_proxy.description,
        "session_cookie_header_name": virtual_proxy.session_cookie_header_name,
        "load_balancing_nodes": balanced,
    }
    if labels[virtual_proxy.id] != virtual_proxy.prefix:
        described["id"] = labels[virtual_proxy.id]
    if virtual_proxy.session_inactivity_timeout:
        described["session_inactivity_timeout"] = virtual_proxy.session_inactivity_timeout
    return described


def _node(number: int, node: ServerNode, topology: Topology, labels: Mapping[str, str]) -> dict[str, Any]:
    proxy = next((each for each in topology.proxies if fold(each.name) == fold(node.name)), None)
    # One list of sessions for each prefix, as everywhere.
    linked = {each.prefix: labels[each.id] for each in reversed(proxy.virtual_proxies)} if proxy else {}
    return {
        "name": node.name or f"Node{number}",
        "host_name": node.host_name if HOST_NAME.fullmatch(node.host_name) else f"node{number}.example.com",
        "central": node.central,
        "proxy": proxy is not None,
        "engine": "engine" in node.services,
        "scheduler": "scheduler" in node.services,
        "printing": "printing" in node.services,
        "failover_candidate": node.failover_candidate,
        "purpose": node.purpose or "production",
        "virtual_proxies": list(linked.values())[::-1],
    }


def _names(listing: Listing) -> dict[UserKey, str]:
    names: dict[UserKey, str] = {}
    numbers: Counter[str] = Counter()
    for session in listing.sessions:
        if session.user_key not in names:
            directory, stem = KINDS.get(fold(session.user_directory), PEOPLE)
            numbers[directory] += 1
            names[session.user_key] = f"{directory}\\{stem}{numbers[directory]}"
    return names


def _licenses(seen: Seen, names: Mapping[UserKey, str]) -> dict[str, str]:
    """Made-up name -> allocation, of users whose sessions have a usage row."""
    if seen.usage is None or seen.listing is None:
        return {}
    activities = Activities(seen.usage, seen.listing.sessions)
    found = {names[session.user_key]: activities.of(session).license for session in seen.listing.sessions}
    return {name: license_ for name, license_ in found.items() if license_}


def _sessions(listing: Listing, names: Mapping[UserKey, str], labels: Mapping[str, str]) -> list[dict[str, Any]]:
    counts = Counter(
        (names[session.user_key], session.proxy.name, labels[session.virtual_proxy.id]) for session in listing.sessions
    )
    return [
        {"user": user, "node": node, "virtual_proxy": label, "count": count}
        for (user, node, label), count in counts.items()
    ]


def _user(name: str, license_: str) -> dict[str, str]:
    directory, _backslash, user_id = name.partition("\\")
    described = {"directory": directory, "id": user_id, "name": user_id}
    return {**described, "license": license_} if license_ else described
