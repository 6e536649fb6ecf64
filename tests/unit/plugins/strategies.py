# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hypothesis strategies: sites, sessions, options, in all scripts and with hostile characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._model.age import iso
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session, UserKey
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import (
    Node,
    ProxyService,
    Topology,
    VirtualProxy,
)
from ansible_collections.qlikops.sense.tests.unit.plugins.builders import NOW

HOSTILE = "'\"\\*?[]!{}()/%&#;,<>|$`^ \t\r\n\x00\x1b\x9b\u200b\u202e\u2066\ufeff\ufffd\U0001f600"
SPELLINGS: tuple[Callable[[str], str], ...] = (str, str.upper, str.lower)
STATES = ("inactive", "blacklisted", "removed_externally", "missing")


def trimmed(text: str) -> str:
    """Without spaces and invisible marks at the ends."""
    padding = {char for char in text if char.isspace() or unicodedata.category(char) == "Cf"}
    return text.strip("".join(padding)) if padding else text


def _keeps_its_length_when_folded(char: str) -> bool:
    # "Case is ignored" is clear for these only: ß against SS would ask for full case folding.
    return len(char.lower()) == len(char.upper()) == 1 and char.upper().casefold() == char.casefold()


letters = st.characters(exclude_categories=["Cs"]).filter(_keeps_its_length_when_folded)
names = st.text(
    st.one_of(st.sampled_from("aAbBéÉжЖ漢ز0-_."), letters, st.sampled_from(HOSTILE)), min_size=1, max_size=8
)
directories = st.one_of(st.sampled_from(["LAB", "lab", "INTERNAL", "NONE"]), names.map(lambda n: n.replace("\\", "/")))
session_ids = st.one_of(st.uuids().map(str), st.text(st.sampled_from("ghijGHIJ+/=. %漢"), min_size=1, max_size=40))
attributes: st.SearchStrategy[dict[str, list[str]]] = st.sampled_from(
    [
        {},
        {"group": ["Finance", "HR"]},
        {"Group": ["hr"], "email": ["anna@lab.example"]},
        {"GROUP": [""], "group": ["F\tn", "[x]"]},
        {"département": ["HR"], "email": ["", "FINANCE\nHR"]},
    ]
)
users = st.tuples(directories, names)


@dataclass(frozen=True)
class World:
    """A site with its sessions, what is remembered of their ages, and the states QRS gives their users."""

    topology: Topology
    sessions: list[Session]
    first_seen: dict[str, str]
    states: dict[UserKey, frozenset[str]]


@st.composite
def topologies(draw: st.DrawFn) -> Topology:
    """One to three proxy services; virtual proxies may share a prefix, and may be linked to nothing."""
    prefixes = draw(st.lists(st.sampled_from(["", "sales", "Finance", "a/b", "portal é", "sales"]), max_size=4))
    virtual_proxies = [VirtualProxy(f"vp{number}", prefix) for number, prefix in enumerate(["", *prefixes])]
    proxies = []
    for number in range(draw(st.integers(1, 3))):
        linked = draw(st.lists(st.sampled_from(virtual_proxies), unique_by=lambda proxy: proxy.id, min_size=1))
        node = Node(draw(st.sampled_from(["Central", "Node", "Nœud"])) + str(number), f"qlik{number}.example.com")
        proxies.append(ProxyService(f"proxy{number}", node, 4243, 443, tuple(linked)))
    return Topology(tuple(proxies), tuple(virtual_proxies))


@st.composite
def worlds(draw: st.DrawFn, most: int = 7) -> World:
    site = draw(topologies())
    people = draw(st.lists(users, min_size=1, max_size=4))
    ids = draw(st.lists(session_ids, unique=True, max_size=most))
    sessions, ages = [], []
    for session_id in ids:
        link, (directory, user_id), attributes_of_it, spelling, age = draw(
            st.tuples(
                st.sampled_from(site.links),
                st.sampled_from(people),
                attributes,
                st.sampled_from(SPELLINGS),
                st.sampled_from([None, 0, 1, 59, 60, 3600]),
            )
        )
        sessions.append(Session(link, spelling(directory), user_id, user_id[::-1], attributes_of_it, session_id))
        ages.append(age)
    first_seen = {
        session.ref: iso(NOW - timedelta(seconds=age))
        for session, age in zip(sessions, ages, strict=True)
        if age is not None
    }
    states = {session.user_key: draw(st.frozensets(st.sampled_from(STATES), max_size=2)) for session in sessions}
    return World(site, sessions, first_seen, states)


def patterns_for(world: World) -> st.SearchStrategy[str]:
    """User patterns of which many match: names of the world whole, with wildcards, in another case, or strange."""
    known = [session.user for session in world.sessions] + [session.user_id for session in world.sessions]
    exact = st.sampled_from(known or ["LAB\\anna"])
    return st.one_of(
        exact,
        exact.map(str.swapcase),
        exact.map(lambda name: name[:-1] + "*"),
        exact.map(lambda name: "?" + name[1:]),
        st.sampled_from(["*", "LAB\\*", "*\\a*", "[a]", "??", "\\"]),
        names,
    )


def options_for(world: World) -> st.SearchStrategy[dict[str, Any]]:
    """Selection options as a module gets them, each given or not."""
    return st.fixed_dictionaries({}, optional=possible_options(world))


def possible_options(world: World) -> dict[str, st.SearchStrategy[Any]]:
    """What each of the selection options may hold."""
    names_of_proxies = [name for proxy in world.topology.proxies for name in (proxy.name, proxy.host_name)]
    prefixes = [virtual_proxy.prefix for virtual_proxy in world.topology.virtual_proxies]
    patterns = patterns_for(world)
    refs = [session.ref for session in world.sessions]
    ids = [session.session_id for session in world.sessions if trimmed(session.session_id) == session.session_id]
    return {
        "proxies": st.lists(st.sampled_from(names_of_proxies).map(str.upper), min_size=1, max_size=2),
        "virtual_proxies": st.lists(st.sampled_from(prefixes).map(lambda name: f"/{name}"), min_size=1, max_size=2),
        "users": st.lists(patterns, min_size=1, max_size=3),
        "exclude_users": st.lists(patterns, min_size=1, max_size=2),
        "attributes": st.dictionaries(
            st.sampled_from(["GROUP", "email"]),
            st.one_of(st.sampled_from(["*", "fin*", "hr"]), st.just(["HR", "F?n*"])),
            min_size=1,
        ),
        "session_refs": st.lists(st.sampled_from(refs or ["0-0"]).map(str.upper), min_size=1, max_size=6),
        "session_ids": st.lists(st.sampled_from(ids or ["none"]), min_size=1, max_size=6),
        "user_states": st.lists(st.sampled_from(STATES), min_size=1, max_size=3),
        "min_age": st.sampled_from(["0s", "1s", "59s", "60s", "1m", "1h", "2d"]),
        "keep_per_user": st.integers(0, 4),
    }


times = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1))
