# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options as given, before anything makes texts of them: what YAML has changed, and what is no answer. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.plugins.module_utils._words import is_blank

# Options in which YAML would change what is meant by making a number, a truth value or the like of it.
TEXTS = frozenset(
    {
        *("host", "api_user", "qrs_virtual_proxy", "host_map"),
        *("proxies", "virtual_proxies", "users", "exclude_users", "protect_users", "attributes"),
        *("reason",),  # 0123 as a ticket would be on record as 83
        *("user", "refs", "session_refs", "session_ids", "anonymous_users", "service_users", "email_attributes"),
        *(
            "min_age",
            "min_idle",
            "backend",
            "server",
            "node",
            "balancer_address",
            "accept_others_out",
            "out_before",
            "back_by_then",
        ),
    }
)
SECRET_TEXTS = frozenset({"session_ids"})
# What was read from where anything may have happened to it. The modules say themselves whether it is sound.
DATA = frozenset({"memory", "result"})
# A list of dictionaries that have options of their own.
RULES = "any_of"


def without_empty_answers(params: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves out what an unanswered question of an AWX survey brings: nothing, an empty text, or a list of such."""
    cleaned = {name: value if name.startswith("_ansible") else _cleaned(value) for name, value in params.items()}
    return {name: value for name, value in cleaned.items() if value is not None}


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return None if is_blank(value) else value
    if isinstance(value, list) and value:
        return [entry for entry in value if not (isinstance(entry, str) and is_blank(entry))] or None
    return value


def split_words(params: Mapping[str, Any], options: Collection[str]) -> dict[str, Any]:
    """The texts with commas that stand for lists of words, as lists. Ansible would leave spaces at the words."""
    return {
        name: [word.strip() for word in value.split(",")] if name in options and isinstance(value, str) else value
        for name, value in params.items()
    }


def flag_for_number(params: Mapping[str, Any], numbers: Collection[str]) -> BadOption | None:
    """What is wrong with the first of the options ``numbers`` that is a truth value, which Ansible would read as 1."""
    for place, options in _options_and_rules(params):
        for option in sorted(set(numbers).intersection(options)):
            if isinstance(options[option], bool):
                reason = f"{options[option]} is a truth value, not a number."
                return BadOption(place + option, reason, "Write a number.")
    return None


def no_rule(params: Mapping[str, Any]) -> BadOption | None:
    """What is wrong with the first rule that is no dictionary, of which Ansible may make one."""
    rules = params.get(RULES)
    for number, rule in enumerate(rules if isinstance(rules, list) else []):
        if not (isinstance(rule, Mapping) or (isinstance(rule, str) and is_blank(rule))):
            return BadOption(
                f"{RULES}[{number}]", f"{rule!r:.60} is no rule.", "Write a dictionary, such as {min_age: 8h}."
            )
    if isinstance(rules, list) or rules is None or (isinstance(rules, str) and is_blank(rules)):
        return None
    return BadOption(RULES, f"{rules!r:.60} is not a list of rules.", "Write a list, such as [{min_age: 8h}].")


def _options_and_rules(params: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The options, and those of each rule, with what their names are to begin with in a message."""
    yield "", params
    rules = params.get(RULES)
    for number, rule in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(rule, Mapping):
            yield f"{RULES}[{number}].", rule


def not_text(params: Mapping[str, Any]) -> BadOption | None:
    """What is wrong with the first option that holds what no text has: a NUL, or half a character."""
    for option in sorted(name for name in params if not name.startswith("_ansible") and name not in DATA):
        if any(isinstance(value, str) and value != _loggable(value) for value in _leaves(params[option])):
            return BadOption(
                option, "it contains a NUL or another control character, or half a character.", "Write it in UTF-8."
            )
    return None


def loggable(params: Mapping[str, Any]) -> dict[str, Any]:
    """The options as Ansible can log them: it ends in a traceback at a NUL and at half a character."""
    return {name: value if name.startswith("_ansible") else _each_loggable(value) for name, value in params.items()}


def _each_loggable(value: Any) -> Any:
    if isinstance(value, str):
        return _loggable(value)
    if isinstance(value, list):
        return [_each_loggable(entry) for entry in value]
    if isinstance(value, dict):
        return {_each_loggable(name): _each_loggable(entry) for name, entry in value.items()}
    return value


def _loggable(text: str) -> str:
    return text.replace("\0", "?").encode(errors="replace").decode()


def changed_by_yaml(params: Mapping[str, Any]) -> BadOption | None:
    """What is wrong with the first value of TEXTS that is no text, or None."""
    for place, options in _options_and_rules(params):
        for option in sorted(TEXTS.intersection(options) | ({"name"} & set(options) if place else set())):
            for value in _leaves(options[option]):
                if value is not None and not isinstance(value, str):
                    return _no_text(place, option, value)
    return None


def _leaves(value: Any) -> Iterator[Any]:
    """What stands in an option, the entries of lists and the names and values of dictionaries one by one."""
    if isinstance(value, Mapping):
        for name, entry in value.items():
            yield name
            yield from _leaves(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _leaves(entry) if isinstance(entry, (list, tuple)) else (entry,)
    else:
        yield value


def _no_text(place: str, option: str, value: Any) -> BadOption:
    shown = "a value" if option in SECRET_TEXTS else f"{value!r}"[:60]
    kind = (
        "a truth value" if isinstance(value, bool) else "a number" if isinstance(value, (int, float)) else "a structure"
    )
    if option in ("min_age", "min_idle"):
        right = f"Write it with a unit and in quotes, such as '{value}s' or '8h'. YAML reads 8:00 as the number 480."
    elif option in ("user", "users", "exclude_users", "protect_users", "anonymous_users", "service_users"):
        right = "Put it in quotes as it is spelled, such as '00042' or 'no', or write 'DIRECTORY\\id'."
    elif option == "reason":
        right = "Write it with a word, such as 'ticket 0042', or in quotes."
    else:
        right = "Put it in quotes as it is spelled, such as '00042' or 'no'."
    return BadOption(
        place + option,
        f"{shown} is {kind}, not a text. YAML makes numbers and truth values of 00042, 8:00, no and the like.",
        right,
    )
