# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The selection options once more, naively, one session and one word at a time: what the real code is held against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.tests.unit.plugins.builders import NOW
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import World, trimmed

SECONDS = {"0s": 0, "1s": 1, "59s": 59, "60s": 60, "1m": 60, "1h": 3600, "2d": 172800}


def lower(text: str) -> str:
    """Each character by itself; the only one whose lower case has two characters stays as it is."""
    return "".join(char if char == "İ" else char.lower() for char in text)


def same(one: str, other: str) -> bool:
    return lower(one) == lower(other)


def fits_wildcards(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(fits_wildcards(pattern[1:], text[start:]) for start in range(len(text) + 1))
    return bool(text) and (pattern[0] == "?" or same(pattern[0], text[0])) and fits_wildcards(pattern[1:], text[1:])


def fits_user(pattern: str, session: Session) -> bool:
    pattern = trimmed(pattern)
    if "\\" not in pattern:
        return fits_wildcards(pattern, session.user_id)
    directory, user_id = pattern.split("\\", 1)
    return fits_wildcards(directory, session.user_directory) and fits_wildcards(user_id, session.user_id)


def age_in_seconds(session: Session, world: World) -> int | None:
    text = world.first_seen.get(session.ref)
    if text is None:
        return None
    hours, minutes, seconds = (int(part) for part in text[11:19].split(":"))
    return NOW.hour * 3600 + NOW.minute * 60 + NOW.second - hours * 3600 - minutes * 60 - seconds


def _carries(session: Session, name: str, patterns: Any) -> bool:
    wanted = patterns if isinstance(patterns, list) else [patterns]
    values = [value for key, values in session.attributes.items() if same(key, name) for value in values]
    return any(fits_wildcards(pattern, value) for pattern in wanted for value in values)


def is_meant(session: Session, options: Mapping[str, Any], world: World) -> bool:
    """By every option but keep_per_user, which looks at more than one session."""
    node, prefix = session.proxy.node, session.virtual_proxy.prefix
    age = age_in_seconds(session, world)
    state = world.states.get((lower(session.user_directory), lower(session.user_id)), frozenset())
    answers: dict[str, Callable[[Any], bool]] = {
        "proxies": lambda given: any(same(name, node.name) or same(name, node.host_name) for name in given),
        "virtual_proxies": lambda given: any(same(name.strip("/"), prefix) for name in given),
        "users": lambda given: not _words(given) or any(fits_user(pattern, session) for pattern in _words(given)),
        "exclude_users": lambda given: not any(fits_user(pattern, session) for pattern in _words(given)),
        "attributes": lambda given: all(_carries(session, name, patterns) for name, patterns in given.items()),
        "session_refs": lambda given: any(same(ref, session.ref) for ref in given),
        "session_ids": lambda given: session.session_id in given,
        "user_states": lambda given: any(name in state for name in given),
        "min_age": lambda given: age is not None and age >= SECONDS[given],
        "keep_per_user": lambda given: True,
    }
    return all(answers[option](given) for option, given in options.items())


def _words(entries: Iterable[str]) -> list[str]:
    return [entry for entry in entries if trimmed(entry)]


def how_many_of_each_user(sessions: Iterable[Session]) -> Counter[tuple[str, str]]:
    return Counter((lower(session.user_directory), lower(session.user_id)) for session in sessions)
