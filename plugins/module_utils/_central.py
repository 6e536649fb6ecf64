# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moving the central role to another node, and the proof that it has moved. Knows neither HTTP nor Ansible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError, Refused
from ansible_collections.qlikops.sense.plugins.module_utils._model.upkeep import ClusterNode

Nodes = Sequence[ClusterNode]


def find_node(nodes: Nodes, name: str) -> ClusterNode:
    """Raises BadOption where none, or more than one, is called so."""
    found = [node for node in nodes if node.is_called(name)]
    if len(found) != 1:
        how_many = "no" if not found else "more than one"
        raise BadOption("node", f"the site has {how_many} '{name}'.", f"It has: {', '.join(map(str, nodes))}.")
    return found[0]


def is_central_alone(nodes: Iterable[ClusterNode], wanted: ClusterNode) -> bool:
    """Whether the node is the central one, and no other is."""
    return [node.id for node in nodes if node.central] == [wanted.id]


def require_candidate(nodes: Nodes, wanted: ClusterNode) -> None:
    """Raises Refused where the node may not take over."""
    if not wanted.candidate:
        others = ", ".join(node.name for node in nodes if node.candidate and not node.central) or "none"
        raise Refused(
            f"{wanted.name} is no failover candidate.",
            f"Make it one in the QMC. Candidates beside the central node: {others}.",
        )


def require_from(nodes: Nodes, only_from: Sequence[str]) -> None:
    """Raises Refused unless one of these nodes is known to have the role, and nobody else has."""
    central = [node for node in nodes if node.central]
    if not central or not all(any(map(node.is_called, only_from)) for node in central):
        has = f"{' and '.join(node.name for node in central) or 'No node'} {'have' if len(central) > 1 else 'has'}"
        raise Refused(
            f"{has} the central role, and not {' or '.join(only_from)}.",
            "Somebody may have moved it since. If it has to move all the same, leave only_from out.",
        )


def wait_until_central(
    look: Callable[[], Nodes],
    wanted: ClusterNode,
    timeout: float,
    interval: float,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
) -> float:
    """Looks until QRS says that the node is central, and no other; the seconds it took. QlikError when time is over.

    QRS may be silent for a while as the role moves, so no answer is no reason to give up before.
    """
    begin = monotonic()
    while True:
        try:
            found = look()
            proven = is_central_alone(found, wanted)
            central = [node.name for node in found if node.central]
            verb = "are" if len(central) > 1 else "is"
            words = f"QRS says that {' and '.join(central) or 'no node'} {verb} central."
        except QlikError as error:
            proven, words = False, str(error)
        elapsed = monotonic() - begin
        if proven:
            return elapsed
        if elapsed >= timeout:
            raise QlikError("timed_out", f"After {timeout:.0f} seconds {wanted.name} is not the central node. {words}")
        sleep(min(interval, timeout - elapsed))
