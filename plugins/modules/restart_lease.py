#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: restart_lease
short_description: Have one run at a time restart nodes of a site
version_added: 0.1.0
description:
  - Takes, renews or gives back a lease, which lies in a file on one host. While a run has the lease of a site, another
    run does not get it. Both must name the same directory on the same host.
  - A lease names its owner, and holds for a time. Two minutes past that time it is stale, and the next run takes it
    over. One whose process is known to have ended, on the same host, is taken over at once.
  - Beside the lease the file marks nodes that were drained and not put back, so that a later run knows that it may
    take these over. It also marks a node whose central role was moved to another node and has not come back.
  - The role P(qlikops.sense.proxy_restart#role) uses it.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._attributes
attributes:
  check_mode:
    support: full
    details:
      - Says whether the lease could be had, and that the directory can be written.
  diff_mode:
    support: none
  idempotent:
    support: N/A
    details:
      - Each call renews the lease.
options:
  directory:
    description:
      - Directory of the lease. It is made with mode 0700 where there is none.
      - Without it there is no lease, and what is marked is known only from O(before).
    type: path
  site:
    description: Name of the site, such as the host name of its central node.
    type: str
    required: true
  state:
    description:
      - V(held) takes or renews the lease, V(released) gives it back. To give back what another run has is no change.
    type: str
    choices: [held, released]
    default: held
  node:
    description: The node that is restarted, by the id of its proxy service.
    type: str
    required: true
  node_name:
    description: The name of that node, for messages.
    type: str
    required: true
  hold:
    description: How many seconds it may take until the lease is renewed or given back.
    type: int
    default: 300
  drained:
    description: Whether the node is marked as drained, or not any more. Its mark stays as it is unless given.
    type: bool
  banner:
    description: As O(drained), for a banner that is shown because of the node.
    type: bool
  central_moved_to:
    description:
      - The name of the node that is about to get the central role of O(node), which is marked for the next run.
    type: str
  central_back:
    description: Whether the central role of O(node) is back, so that the mark goes.
    type: bool
    default: false
  phase:
    description: What the run is about to do. Runs that do not get the lease are told, and a line shows it.
    type: str
  before:
    description: What the call before this one returned, in the same run, so that RV(timeline) goes on.
    type: dict
  take_over:
    description: Whether a lease is taken over from a run that may still be there.
    type: bool
    default: false
  take_over_called:
    description: What O(take_over) is called for the person who reads the message.
    type: str
    default: take_over
  wait:
    description:
      - Whether to wait for the lease of a run that may be gone, until it is stale. A run that renews its lease
        meanwhile is there, and is not waited for any longer.
      - The action plugin of this module waits, and says so, so not with C(async).
    type: bool
    default: false
  owner:
    description:
      - The process that the lease belongs to. Given by the action plugin of this module, which names the process of the
        playbook.
    type: dict
"""

EXAMPLES = r"""
- name: Let nobody else restart a node meanwhile
  qlikops.sense.restart_lease:
    directory: /var/lib/qlikops
    site: qlik1.example.com
    node: 9d5d7900-3e52-4f22-b6b9-51f38a3afe86
    node_name: qlik2
    hold: 3600
"""

RETURN = r"""
timeline:
  description: The phases that have begun in this run, each with C(phase) and C(time).
  returned: success
  type: list
  elements: dict
  sample: [{phase: drain, time: "2026-01-15T09:30:00Z"}]
unfinished:
  description:
    - Whether an earlier run has left the node drained, or its central role on another node. RV(drained_by_us) and
      RV(central_left_on) say which.
  returned: success
  type: bool
  sample: false
drained:
  description: Whether the node is marked as drained now.
  returned: success
  type: bool
  sample: true
banner:
  description: Whether a banner is marked as shown now.
  returned: success
  type: bool
  sample: false
central_moved_to:
  description: The name of the node that has the central role of O(node) by its mark, empty if there is none.
  returned: success
  type: str
  sample: qlik3
central_left_on:
  description: The same when the first call of the run began, so that an earlier run has moved it.
  returned: success
  type: str
  sample: ""
central_away:
  description:
    - Other nodes with such a mark. C(node) is the name of the node that had the role, C(to) of the one that got it,
      C(by) says whose run it was, and C(at) when.
  returned: success
  type: list
  elements: dict
  sample: [{node: qlik1, to: qlik3, by: maria on ops1 (process 4711), at: "2026-01-15T02:10:00Z"}]
drained_by_us:
  description: Whether the node was marked as drained when the first call of the run began.
  returned: success
  type: bool
  sample: false
taken_over:
  description: From whom the lease was taken over, and why, as a sentence. Empty if it was free.
  returned: success
  type: str
  sample: "The lease of maria on ops1 (process 4711) for qlik2 was taken over: that process has ended."
held:
  description:
    - How the other run has it. When it was C(renewed), in seconds since the epoch, how many seconds are left until it
      is stale, C(seconds_left), and whether the run C(may_be_gone), because that can't be seen from the host of the
      lease.
  returned: when another run has it
  type: dict
  sample: {renewed: 1768469400.0, seconds_left: 310.5, may_be_gone: true}
failure:
  description:
    - Why the lease was not had, with C(kind), C(reason) and C(hint). C(kind) is V(lease_held) if another run has it.
  returned: when it was not
  type: dict
"""

import getpass
import os
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError, require_range
from ansible_collections.qlikops.sense.plugins.module_utils._lease import Book, Lease, Owner, now, opened, write
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import iso
from ansible_collections.qlikops.sense.plugins.module_utils._module import Module, errors_as_failures

LONGEST = 8 * 86400


def main() -> None:
    module = Module(
        argument_spec={
            "directory": {"type": "path"},
            "site": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["held", "released"], "default": "held"},
            "node": {"type": "str", "required": True},
            "node_name": {"type": "str", "required": True},
            "hold": {"type": "int", "default": 300},
            "drained": {"type": "bool"},
            "banner": {"type": "bool"},
            "central_moved_to": {"type": "str"},
            "central_back": {"type": "bool", "default": False},
            "phase": {"type": "str"},
            "before": {"type": "dict"},
            "take_over": {"type": "bool", "default": False},
            "take_over_called": {"type": "str", "default": "take_over"},
            "wait": {"type": "bool", "default": False},
            "owner": {"type": "dict"},
        }
    )
    options = module.params
    with errors_as_failures(module):
        require_range("hold", options["hold"], 1, LONGEST)
        if options["wait"]:
            raise BadOption("wait", "the module alone can't say that it waits.", "Call it in a task without async.")
        before = options["before"] or {}
        book, told = book_from(before, options["node"]), ""
        was_drained, was_on = before.get("drained_by_us", False), before.get("central_left_on", "")
        if options["directory"]:
            owner = owner_of(options)
            with opened(Path(options["directory"]), options["site"]) as (book, path):
                was_drained = before.get("drained_by_us", options["node"] in book.drained)
                was_on = before.get("central_left_on", moved_to(book, options["node"]))
                told = take(module, book, owner) if options["state"] == "held" else give_back(book, owner)
                mark(book, owner, options)
                if not module.check_mode:
                    write(book, path)
        else:
            mark(book, None, options)
    module.exit_json(
        changed=False,
        drained_by_us=was_drained,
        unfinished=was_drained or bool(was_on),
        drained=options["node"] in book.drained,
        banner=options["node"] in book.banners,
        central_moved_to=moved_to(book, options["node"]),
        central_left_on=was_on,
        central_away=[away(mark) for node, mark in book.central.items() if node != options["node"]],
        taken_over=told or before.get("taken_over", ""),
        timeline=[*before.get("timeline", []), *begun(options["phase"])],
    )


def begun(phase: str | None) -> list[dict[str, str]]:
    return [{"phase": phase, "time": iso(datetime.now(timezone.utc))}] if phase else []


def owner_of(options: dict[str, Any]) -> Owner:
    """Without the action plugin, the process that has started this one."""
    if options["owner"]:
        return Owner.from_plain(options["owner"])
    return Owner.of_process(getpass.getuser(), os.getppid())


def take(module: Module, book: Book, owner: Owner) -> str:
    """From whom it was taken over and why. Fails where another run has it."""
    moment, other, options = now(), book.lease, module.params
    try:
        if not options["take_over"]:
            book.require_free(owner, moment, options["take_over_called"])
    except QlikError as error:
        module.fail(error, held=other.held(moment) if other else {})
    book.lease = Lease(owner, options["node_name"], moment, options["hold"], options["phase"] or "")
    if other is None or other.owner == owner:
        return ""
    why = (
        "that process has ended" if other.owner.is_gone else "it is stale" if other.is_stale(moment) else "as asked for"
    )
    return f"The lease of {other.owner} for {other.node} was taken over: {why}."


def give_back(book: Book, owner: Owner) -> str:
    if book.lease and book.lease.owner == owner:
        book.lease = None
    return ""


def mark(book: Book, owner: Owner | None, options: dict[str, Any]) -> None:
    """Each mark stays as it is unless given."""
    wanted = options["central_moved_to"]
    if wanted:
        known_by = {"name": options["node_name"], "by": str(owner), "at": now()}
        book.central[options["node"]] = {**known_by, "to": wanted}
    elif options["central_back"]:
        book.central.pop(options["node"], None)
    for name, marks in (("drained", book.drained), ("banner", book.banners)):
        if options[name]:
            marks[options["node"]] = {"name": options["node_name"], "by": str(owner), "at": now()}
        elif options[name] is False:
            marks.pop(options["node"], None)


def book_from(before: Mapping[str, Any], node: str) -> Book:
    """What is known without a file: the marks that this run itself has set."""
    moved = before.get("central_moved_to")
    return Book(
        None,
        {node: {}} if before.get("drained") else {},
        {node: {}} if before.get("banner") else {},
        {node: {"to": moved}} if moved else {},
    )


def moved_to(book: Book, node: str) -> str:
    return str(book.central.get(node, {}).get("to", ""))


def away(mark: Mapping[str, Any]) -> dict[str, str]:
    when = datetime.fromtimestamp(float(mark["at"]), timezone.utc)
    return {"node": str(mark["name"]), "to": mark["to"], "by": str(mark["by"]), "at": iso(when)}


if __name__ == "__main__":
    main()
