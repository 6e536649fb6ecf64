# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the description of a site of any size. The same numbers give the same site."""

from __future__ import annotations

import random
from typing import Any

import yaml

from ..model.site import LICENSES

_GIVEN = (
    *("Anna", "Björn", "Chloé", "Dmitri", "Elif", "Farid", "Grace", "Hiroshi", "Ines", "Jakub"),
    *("Καλλιόπη", "Łukasz", "Nguyễn", "Олена", "Pål", "Małgorzata"),
)
_FAMILY = (
    *("Andersson", "Müller", "Rossi", "Kowalski", "Иванов", "山田", "김", "Papadopoulos"),
    *("O'Neill", "García", "Çelik", "Haddad", "Nováková", "Ørsted"),
)
_GROUPS = ("Finance", "HR", "Sales", "Logistics", "IT")


def generate(
    proxies: int = 3,
    virtual_proxies: int = 5,
    sessions: int = 100,
    users: int | None = None,
    seed: int = 1,
    licensed: int = 0,
) -> dict[str, Any]:
    """A description: every proxy serves every virtual proxy, sessions spread over all. ValueError for bad numbers.

    ``users`` defaults to a quarter of the sessions; where five a user would not do, some have more, as the surplus of a
    robot account would be. ``licensed`` percent of the users have an allocation, and their sessions a past.
    """
    users = max(1, sessions // 4) if users is None else users
    for name, number in (("proxies", proxies), ("virtual proxies", virtual_proxies), ("users", users)):
        if number < 1:
            raise ValueError(f"a site has at least one of its {name}, not {number}")
    if not 0 <= licensed <= 100:
        raise ValueError(f"a site has from 0 to 100 percent of its users licensed, not {licensed}")
    if sessions < 0:
        raise ValueError(f"a site cannot have {sessions} sessions")
    # Not for secrets: the point is that the same numbers give the same site.
    chance = random.Random(seed)
    prefixes = ["", *(f"vp{number:02d}" for number in range(1, virtual_proxies))]
    nodes = [f"Proxy{number:02d}" for number in range(1, proxies + 1)]
    people = [_person(number, chance) for number in range(1, users + 1)]
    groups = _sessions(sessions, people, nodes, prefixes, chance)
    if licensed:
        _license(people, groups, licensed, chance)
    return {
        "virtual_proxies": [_virtual_proxy(prefix) for prefix in prefixes],
        "nodes": [
            {
                "name": name,
                "host_name": f"qlik{number}.example.com",
                "central": number == 1,
                "proxy": True,
                "virtual_proxies": prefixes,
            }
            for number, name in enumerate(nodes, 1)
        ],
        "users": people,
        "sessions": groups,
    }


def _license(people: list[dict[str, Any]], groups: list[dict[str, Any]], percent: int, chance: random.Random) -> None:
    """Allocations of every kind, and sessions of up to twelve hours."""
    for person in people:
        if chance.random() * 100 < percent:
            person["license"] = chance.choice(LICENSES[1:])
    for group in groups:
        group["age"] = chance.randint(0, 720)
        group["idle"] = chance.randint(0, group["age"])


def as_yaml(description: dict[str, Any]) -> str:
    """The description as the text of a site file."""

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    return yaml.dump(description, Dumper=Plain, sort_keys=False, allow_unicode=True, width=120)


def _virtual_proxy(prefix: str) -> dict[str, Any]:
    if not prefix:
        return {"prefix": "", "description": "Central Proxy (Default)"}
    return {"prefix": prefix, "description": f"Virtual proxy {prefix}", "header_authentication_header_name": "X-User"}


def _person(number: int, chance: random.Random) -> dict[str, Any]:
    name = f"{chance.choice(_GIVEN)} {chance.choice(_FAMILY)}"
    person: dict[str, Any] = {
        "directory": chance.choice(("LAB", "LAB", "LAB", "PARTNER")),
        "id": f"user{number:05d}",
        "name": name,
        "email": f"user{number:05d}@lab.example",
    }
    state = chance.random()
    if state < 0.02:
        person["removed_externally"] = True
    elif state < 0.03:
        person["blacklisted"] = True
    return person


def _sessions(
    total: int, people: list[dict[str, Any]], nodes: list[str], prefixes: list[str], chance: random.Random
) -> list[dict[str, Any]]:
    groups = []
    while total:
        person = chance.choice(people)
        group: dict[str, Any] = {
            "user": f"{person['directory']}\\{person['id']}",
            "node": chance.choice(nodes),
            "virtual_proxy": chance.choice(prefixes),
        }
        count = min(total, 1 if chance.random() < 0.8 else 2)
        if count > 1:
            group["count"] = count
        if chance.random() < 0.5:
            group["attributes"] = [{"group": name} for name in chance.sample(_GROUPS, chance.randint(1, 2))]
        groups.append(group)
        total -= count
    return groups
