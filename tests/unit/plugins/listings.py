# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results of qlik_session_info for tests of reports: by hand out of a few words, and by Hypothesis."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import HOSTILE

Listed = dict[str, Any]
OBSERVED_AT = "2026-01-15T09:30:00Z"
NODES = ("Central", "Node2", "Node3")
# id, prefix; two share one, as on a site with a left-over
VIRTUAL_PROXIES = (("vp-default", ""), ("vp-sales", "sales"), ("vp-twin-a", "twin"), ("vp-twin-b", "twin"))
KINDS = {"NONE": "anonymous", "INTERNAL": "service"}


def user(name: str, shown: str = "", emails: Iterable[str] = (), state: str = "active", **more: Any) -> Listed:
    """An entry of ``users`` without what the report does not read."""
    directory, _backslash, user_id = name.partition("\\")
    kind = KINDS.get(directory.upper(), "person")
    entry = {"user": name, "user_directory": directory, "user_id": user_id, "name": shown, "emails": list(emails)}
    return {**entry, "kind": kind, "state": state, **more}


def session(name: str, node: str = "Central", virtual_proxy: str = "vp-default", ref: str = "", **more: Any) -> Listed:
    """An entry of ``sessions``."""
    directory, _backslash, user_id = name.partition("\\")
    return {
        "ref": ref or f"{node}-{virtual_proxy}",
        "user": name,
        "user_directory": directory,
        "user_id": user_id,
        "user_name": "",
        "attributes": {},
        "virtual_proxy": dict(VIRTUAL_PROXIES)[virtual_proxy],
        "virtual_proxy_id": virtual_proxy,
        "proxy": node,
        "proxy_host": f"{node.lower()}.example.com",
        "started": None,
        "first_seen": OBSERVED_AT,
        "age": None,
        "idle": None,
        "license": None,
        **more,
    }


def listed(sessions: Iterable[Listed], users: Iterable[Listed] = (), **more: Any) -> Listed:
    """A result: every node serves every virtual proxy but ``old``; users that are not given are nobody special."""
    found = list(sessions)
    known = {fold(entry["user"]): entry for entry in users}
    for entry in found:
        known.setdefault(fold(entry["user"]), user(entry["user"]))
    return {
        "sessions": found,
        "users": [known[name] for name in dict.fromkeys(fold(entry["user"]) for entry in found)],
        "proxies": [
            {"id": f"id-of-{node}", "name": node, "host_name": f"{node.lower()}.example.com", "reachable": True}
            for node in NODES
        ],
        "virtual_proxies": [
            *(
                {"id": id_, "prefix": prefix, "description": f"About {id_}", "proxies": list(NODES)}
                for id_, prefix in VIRTUAL_PROXIES
            ),
            {"id": "vp-old", "prefix": "old", "description": "Left over", "proxies": []},
        ],
        "failures": [],
        "complete": True,
        "observed_at": OBSERVED_AT,
        **more,
    }


# None of these words may be a part of anything else in a report, so that they can be searched for in it.
marked = st.text(st.one_of(st.sampled_from("aé漢 "), st.sampled_from(HOSTILE)), max_size=6).map(
    lambda word: f"Zq{word}qZ"
)
directories = st.sampled_from(["ZqLABqZ", "zqlabqz", "ZqPARTNERqZ", "INTERNAL", "NONE"])


@st.composite
def results(draw: st.DrawFn) -> Listed:
    """Results of sites with hostile users, each spelled in several ways."""
    people = draw(st.lists(st.tuples(directories, marked), min_size=1, max_size=5))
    entries = [
        user(
            f"{directory}\\{user_id}",
            draw(marked),
            draw(st.lists(marked.map(lambda word: f"{word}@lab.example"), max_size=2)),
            draw(st.sampled_from(["active", "missing", "inactive"])),
        )
        for directory, user_id in people
    ]
    places = st.tuples(
        st.sampled_from(people),
        st.sampled_from(NODES),
        st.sampled_from([id_ for id_, _prefix in VIRTUAL_PROXIES]),
        st.sampled_from([str.upper, str.lower, str]),
        st.sampled_from([None, 0, 90, 100_000]),
        marked,
    )
    sessions = [
        session(f"{spell(directory)}\\{user_id}", node, proxy, f"{number:06x}-{number:012x}", age=age, user_name=name)
        for number, ((directory, user_id), node, proxy, spell, age, name) in enumerate(
            draw(st.lists(places, max_size=14))
        )
    ]
    return listed(sessions, entries)
