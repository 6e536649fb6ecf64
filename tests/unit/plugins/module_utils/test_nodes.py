# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the roles learn of nodes from QRS, request by request."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._api.nodes import NodeApi
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.tests.unit.plugins import builders
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import FakeRest

NODES = "GET qlik1.example.com:4242/qrs/servernodeconfiguration/full"


def nodes(*items: dict[str, Any]) -> NodeApi:
    return NodeApi(FakeRest({NODES: list(items)}), builders.connection())


def test_central_nodes_are_told_by_their_folded_names() -> None:
    found = nodes({"name": "Central", "isCentral": "True"}, {"name": "Rim", "isCentral": "false"}, {"name": "New"})
    assert found.central_nodes() == {"central"}


def test_a_flag_that_is_none_is_an_error() -> None:
    with pytest.raises(QlikError, match=r"\[0\]\.isCentral is text, a flag was expected") as caught:
        nodes({"name": "Central", "isCentral": "x"}).central_nodes()
    assert caught.value.kind == "unexpected_answer"
