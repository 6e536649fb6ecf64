# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof that the central role has moved, on a clock that moves only when somebody sleeps."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._central import (
    Nodes,
    find_node,
    require_from,
    wait_until_central,
)
from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError, Refused
from ansible_collections.qlikops.sense.plugins.module_utils._model.upkeep import ClusterNode

NO_ANSWER = QlikError("unreachable", "QRS does not answer.")


def nodes(*central: str) -> Nodes:
    return [ClusterNode(f"id-{name}", name, f"{name}.example.com", name in central, True) for name in ("a", "b", "c")]


def waited(looks: Sequence[Nodes | QlikError], timeout: float) -> float:
    now = [0.0]
    left = iter(looks)

    def look() -> Nodes:
        found = next(left)
        if isinstance(found, QlikError):
            raise found
        return found

    def sleep(seconds: float) -> None:
        now[0] += seconds

    return wait_until_central(look, nodes()[1], timeout, 5, lambda: now[0], sleep)


def test_it_looks_until_the_node_alone_is_central_and_rides_out_silence() -> None:
    assert waited([nodes("a"), NO_ANSWER, nodes("a", "b"), nodes(), nodes("b"), nodes("a")], 60) == 20


@pytest.mark.parametrize(
    ("last", "says"),
    [
        (nodes("a", "b"), "QRS says that a and b are central."),
        (nodes(), "QRS says that no node is central."),
        (NO_ANSWER, "QRS does not answer."),
    ],
)
def test_without_a_proof_in_time_it_fails(last: Nodes | QlikError, says: str) -> None:
    with pytest.raises(QlikError, match=f"After 12 seconds b is not the central node. {says}"):
        waited([nodes("a"), nodes("a"), nodes("a"), last], 12)


@pytest.mark.parametrize("name", ["B", "b.EXAMPLE.com", "ID-b"])
def test_a_node_is_found_by_each_of_its_names(name: str) -> None:
    assert find_node(nodes(), name).name == "b"


def test_a_name_that_several_nodes_have_is_refused() -> None:
    with pytest.raises(BadOption, match="the site has more than one 'b'"):
        find_node([*nodes(), *nodes()], "b")


def test_a_role_moves_only_from_where_it_is_said_to_be() -> None:
    require_from(nodes("b"), ["B"])
    require_from(nodes("b"), ["a", "b.example.com"])
    for found, says in (
        (nodes("c"), "c has the central role, and not b."),
        (nodes("b", "c"), "b and c have the central role, and not b."),
        (nodes(), "No node has the central role, and not b."),
    ):
        with pytest.raises(Refused, match=says):
            require_from(found, ["b"])
