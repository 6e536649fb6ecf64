# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from hypothesis import given

from ansible_collections.qlikops.sense.plugins.module_utils._model.site import (
    Node,
    ProxyLink,
    Scope,
    Topology,
    VirtualProxy,
)
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.tests.unit.plugins import builders
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import topologies


@given(topologies())
def test_there_is_one_pair_for_every_prefix_that_a_proxy_service_serves(site: Topology) -> None:
    links = [(link.proxy.id, link.virtual_proxy.prefix) for link in site.links]
    expected = {(proxy.id, linked.prefix) for proxy in site.proxies for linked in proxy.virtual_proxies}
    assert len(links) == len(expected)
    assert set(links) == expected


@given(topologies())
def test_tags_are_six_hexadecimal_characters_and_the_same_in_every_run(site: Topology) -> None:
    for link in site.links:
        assert re.fullmatch("[0-9a-f]{6}", link.tag)
        assert ProxyLink(link.proxy, link.virtual_proxy).tag == link.tag
    assert len({link.tag for link in site.links}) == len(site.links)


@given(topologies())
def test_virtual_proxies_are_either_linked_or_unlinked(site: Topology) -> None:
    linked = {proxy.id for service in site.proxies for proxy in service.virtual_proxies}
    assert {proxy.id for proxy in site.unlinked()} == {proxy.id for proxy in site.virtual_proxies} - linked


@given(topologies())
def test_a_scope_does_not_depend_on_the_order_it_is_made_from(site: Topology) -> None:
    scope = Scope.of(site.proxies, site.virtual_proxies)
    assert scope == Scope.of(reversed(site.proxies), reversed(site.virtual_proxies))
    assert [fold(proxy.name) for proxy in scope.proxies] == sorted(fold(p.name) for p in site.proxies)


def test_a_tag_that_memories_of_released_versions_hold_stays_what_it_is() -> None:
    assert ProxyLink(builders.CENTRAL, builders.SALES).tag == "e1efd5"


@pytest.mark.parametrize(
    ("name", "called"),
    [("central", True), ("QLIK1.EXAMPLE.COM", True), ("qlik1", False), ("Central ", False), ("", False)],
)
def test_what_a_node_is_called(name: str, called: bool) -> None:
    assert Node("Central", "qlik1.example.com").is_called(name) is called


def test_the_proxies_that_serve_a_virtual_proxy_are_told_by_id_not_by_prefix() -> None:
    twin = VirtualProxy("vp-twin", "sales")
    proxies = (builders.proxy_service("B", [builders.SALES]), builders.proxy_service("A", [builders.SALES, twin]))
    scope = Scope.of(proxies, [builders.SALES, twin])
    assert scope.names_of_proxies_with(builders.SALES) == ["A", "B"]
    assert scope.names_of_proxies_with(twin) == ["A"]
