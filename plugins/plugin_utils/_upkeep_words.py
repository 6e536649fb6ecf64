# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What QRS told of a node before it was restarted, out of a result of qlik_restart_info, and in sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.upkeep import RunningTask, tasks_in_words
from ansible_collections.qlikops.sense.plugins.plugin_utils._progress import duration

Result = Mapping[str, Any]
KEYS = ("central", "heartbeat_age", "failover_timeout", "candidates", "running_tasks")


def upkeep_of(told: Result) -> dict[str, Any]:
    """The part of a report, with None for what is not known; empty where nothing was asked."""
    node, failover = told.get("node") or {}, told.get("failover") or {}
    if "central" not in node:
        return {}
    return {
        "central": node["central"],
        "heartbeat_age": node.get("heartbeat_age"),
        "failover_timeout": failover.get("timeout"),
        "candidates": failover.get("candidates"),
        "running_tasks": told.get("running_tasks"),
    }


def upkeep_of_node(name: str, told: Result, names_users: bool) -> dict[str, Any]:
    """The same of a node that is to be restarted, with its name. All of it is None where QRS could not be asked."""
    known = upkeep_of(told) or dict.fromkeys(KEYS)
    tasks = known["running_tasks"]
    if tasks is not None and not names_users:
        tasks = [{key: value for key, value in task.items() if key != "user"} for task in tasks]
    return {"node": name, **known, "running_tasks": tasks}


def upkeep_lines(nodes: Iterable[Result]) -> list[str]:
    """A line for each node that is to be restarted. What is not known is said to be unknown."""
    return [f"{node['node']} {_role(node)} {_heartbeat(node)} {_tasks(node)}" for node in nodes]


def _role(node: Result) -> str:
    if node["central"] is None:
        return "may be the central node: QRS does not tell."
    if not node["central"]:
        return "is not the central node."
    seconds, candidates = node["failover_timeout"], node["candidates"]
    if candidates == []:
        return "is the central node, and no other node may take that role."
    after = "for a time that QRS does not tell" if seconds is None else f"for {duration(seconds)}"
    who = "another node may take that role, and QRS does not tell which one"
    if candidates:
        who = f"{' or '.join(candidates)} takes that role"
    return f"is the central node. Once it is silent {after}, {who}."


def _heartbeat(node: Result) -> str:
    age = node["heartbeat_age"]
    return "The age of its heartbeat is unknown." if age is None else f"Its last heartbeat is {duration(age)} old."


def _tasks(node: Result) -> str:
    tasks = node["running_tasks"]
    if tasks is None:
        return "Which tasks run on it is unknown."
    if not tasks:
        return "It runs no task."
    return f"It runs {tasks_in_words(RunningTask(**{'user': '', **task}) for task in tasks)}."


def central_moved(seen: Result) -> dict[str, Any]:
    """What became of a central role that was moved away from the node; empty where none was, and none was to be.

    ``to`` is the node that got it. ``moved``: whether it did, None where that is not known. ``earlier``: another run
    has moved it. ``back``: QRS says that the node has it again.
    """
    lease = seen.get("lease") or {}
    if not lease.get("central_moved_to"):
        return {}
    earlier, moved = bool(lease.get("central_left_on")), seen.get("moved") or {}
    return {
        "to": lease["central_moved_to"],
        "moved": True if earlier or moved.get("changed") else None,
        "earlier": earlier,
        "back": "central" in (seen.get("moved_back") or {}),
    }


def still_away(node: str, moved: Result) -> list[str]:
    """That somebody has to see to the central role, as a sentence."""
    if not moved or moved["back"]:
        return []
    if moved["moved"]:
        return [f"The central role of {node} stays on {moved['to']}. The next restart of {node} moves it back."]
    return [f"The central role of {node} may have moved to {moved['to']}. The next restart of {node} moves it back."]


def upkeep_sentences(upkeep: Result, moved: Result) -> list[str]:
    """Only what is known is said."""
    sentences = list(_sentences(upkeep)) if upkeep else []
    if moved and moved["back"]:
        whose = "An earlier run had moved its central role" if moved["earlier"] else "Its central role was moved"
        sentences.append(f"{whose} to {moved['to']}, and it is back.")
    return sentences


def _sentences(upkeep: Result) -> Iterator[str]:
    if upkeep["central"]:
        yield f"It was the central node{_failover(upkeep['failover_timeout'], upkeep['candidates'])}."
    if upkeep["heartbeat_age"] is not None:
        yield f"Its last heartbeat was {duration(upkeep['heartbeat_age'])} old."
    tasks = upkeep["running_tasks"]
    if tasks == []:
        yield "It ran no task."
    elif tasks is not None:
        yield f"It ran {tasks_in_words(RunningTask(**task) for task in tasks)}."


def _failover(seconds: int | None, candidates: list[str] | None) -> str:
    if candidates == []:
        return ", and no other node may take that role"
    after = "" if seconds is None else f" once it is silent for {duration(seconds)}"
    if candidates is None:
        return f", and may lose that role{after}" if after else ""
    return f", and {' or '.join(candidates)} takes that role{after or ' if it is silent for too long'}"
