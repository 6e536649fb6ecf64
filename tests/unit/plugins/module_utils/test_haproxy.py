# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HAProxy's runtime API, against a socket that speaks it."""

from __future__ import annotations

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils import _haproxy
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.tests.unit.plugins.balancer import Balancer, balancer

__all__ = ["balancer"]  # a fixture


@pytest.mark.parametrize(
    ("bits", "state"),
    [
        (0, "ready"),
        (1, "maint"),
        (2, "maint"),
        (4, "maint"),
        (0x20, "maint"),
        (8, "drain"),
        (0x10, "drain"),
        (9, "maint"),
    ],
)
def test_the_state_is_read_out_of_the_bits(balancer: Balancer, bits: int, state: str) -> None:
    balancer.admin_state["qlik2"] = bits
    servers = _haproxy.RuntimeApi(balancer.path, 5).servers("qlik")
    assert [(server.name, server.state, server.health) for server in servers] == [
        ("qlik1", "ready", "running"),
        ("qlik2", state, "running"),
    ]


def test_a_state_is_set_and_proven(balancer: Balancer) -> None:
    api = _haproxy.RuntimeApi(balancer.path, 5)
    assert api.set_state(api.server("qlik", "QLIK2"), "drain").state == "drain"
    assert balancer.admin_state == {"qlik1": 0, "qlik2": 8}
    assert balancer.commands == [
        "show servers state qlik",
        "set server qlik/qlik2 state drain",
        "show servers state qlik",
    ]


def test_what_haproxy_does_not_do_is_an_error_with_its_words(balancer: Balancer) -> None:
    balancer.obeys = False
    api = _haproxy.RuntimeApi(balancer.path, 5)
    with pytest.raises(QlikError, match=r"Permission denied; it is ready\. .*level admin"):
        api.set_state(api.server("qlik", "qlik2"), "drain")


@pytest.mark.parametrize(
    ("backend", "server", "words"),
    [
        ("other", "qlik1", "Can't find backend"),
        ("qlik", "qlik9", "has no server qlik9. It has: qlik1, qlik2"),
        ("qlik; disable server x/y", "qlik1", "is no name"),
    ],
)
def test_a_wrong_name_says_what_there_is(balancer: Balancer, backend: str, server: str, words: str) -> None:
    with pytest.raises(QlikError, match=words):
        _haproxy.RuntimeApi(balancer.path, 5).server(backend, server)
    assert all(";" not in command for command in balancer.commands)


def test_a_socket_that_is_not_there() -> None:
    with pytest.raises(QlikError, match=r"can.t be reached at /nowhere/admin\.sock: No such file"):
        _haproxy.RuntimeApi("/nowhere/admin.sock", 5).servers("qlik")
