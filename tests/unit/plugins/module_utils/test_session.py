# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._api.qps import SessionStruct
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import (
    SORT_KEYS,
    in_order,
    tag_of_ref,
    user_key,
)
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyLink, Topology
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.tests.unit.plugins import builders
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import World, session_ids, topologies, worlds

PIECE = 4
not_hexadecimal = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="0123456789abcdef-"), min_size=4)


def pieces(text: str) -> set[str]:
    return {text[start : start + PIECE] for start in range(len(text) - PIECE + 1)}


@given(session_ids)
def test_a_ref_has_its_fixed_shape_and_begins_with_the_tag_of_its_pair(session_id: str) -> None:
    session = builders.session(session_id=session_id)
    assert re.fullmatch(r"[0-9a-f]{6}-[0-9a-f]{12}", session.ref)
    assert tag_of_ref(session.ref) == session.link.tag


@given(not_hexadecimal)
def test_a_ref_holds_no_piece_of_an_id(session_id: str) -> None:
    ref = builders.session(session_id=session_id).ref
    assert not pieces(session_id) & pieces(ref)
    assert not pieces(session_id.encode("utf-8").hex()[:400]) & {ref[7:], ref[7:13], ref[13:]}


def test_refs_share_pieces_with_hexadecimal_ids_only_as_often_as_chance_has_it() -> None:
    chance = random.Random(1)
    ids = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _number in range(4000)]
    alike = sum(1 for session_id in ids if pieces(session_id) & pieces(builders.session(session_id=session_id).ref[7:]))
    # Around 20 pieces of an id and 9 of a hash, each equal once in 65536: about 11 of 4000 ids.
    assert alike < 40


@given(session_ids, st.integers(0, 39))
def test_a_ref_changes_altogether_with_any_character_of_the_id(session_id: str, position: int) -> None:
    position %= len(session_id)
    other = f"{session_id[:position]}\x01{session_id[position + 1 :]}"
    one, another = (builders.session(session_id=value).ref[7:] for value in (session_id, other))
    assert sum(left == right for left, right in zip(one, another, strict=True)) < 9


@given(topologies(), session_ids)
def test_a_ref_is_equal_for_equal_pair_and_id_and_differs_between_pairs(site: Topology, session_id: str) -> None:
    again = [builders.session("OTHER\\user", session_id, link, "Name", {"a": ["b"]}) for link in site.links]
    once = [builders.session("LAB\\anna", session_id, ProxyLink(p.proxy, p.virtual_proxy)) for p in site.links]
    assert [session.ref for session in once] == [session.ref for session in again]
    assert len({session.ref for session in once}) == len(once)


@given(session_ids.filter(lambda text: len(text) >= 8))
def test_no_representation_shows_a_session_id(session_id: str) -> None:
    shown = [
        builders.session(session_id=session_id),
        SessionStruct("LAB", "anna", "", {}, session_id),
        Request("DELETE", "/qps/session/", secret=session_id, label="a1-b2"),
    ]
    for value in shown:
        for text in (repr(value), str(value), f"{value}", repr([value])):
            assert session_id not in text
            assert repr(session_id)[1:-1] not in text
    assert session_id not in Request("DELETE", "/qps/session/", secret=session_id, label="a1-b2").shown


@given(st.text(min_size=8).filter(lambda text: text not in "client_key.pem"))
def test_no_representation_shows_the_password_of_the_key(password: str) -> None:
    shown = Connection("qlik1", "client.pem", "client_key.pem", client_key_password=f"PW{password}WP")
    assert f"PW{password}WP" not in repr(shown)
    assert f"PW{password}WP" not in str(shown)
    assert "client_key_password" not in repr(shown)


@pytest.mark.parametrize("sort_by", sorted(SORT_KEYS))
@given(data=st.data(), chance=st.randoms(use_true_random=False))
def test_the_order_is_a_function_of_the_set(sort_by: str, data: st.DataObject, chance: random.Random) -> None:
    world: World = data.draw(worlds())
    shuffled = list(world.sessions)
    chance.shuffle(shuffled)
    ordered = in_order(world.sessions, sort_by)
    assert ordered == in_order(shuffled, sort_by)
    assert sorted(session.ref for session in ordered) == sorted(session.ref for session in world.sessions)
    keys = [fold(SORT_KEYS[sort_by](session)) for session in ordered]
    assert keys == sorted(keys)


def test_sort_keys_are_what_they_are_named_for() -> None:
    session = builders.session("LAB\\anna", link=ProxyLink(builders.NODE2, builders.SALES), name="Anna Ek")
    assert {name: key(session) for name, key in SORT_KEYS.items()} == {
        "prefix": "sales",
        "proxyhost": "node2.example.com",
        "proxyname": "Node2",
        "userdir": "LAB",
        "userid": "anna",
        "username": "Anna Ek",
    }


def test_the_default_order_is_by_prefix_then_host_then_user() -> None:
    sessions = [
        builders.session(user, session_id=str(number), link=ProxyLink(proxy, virtual_proxy))
        for number, (user, proxy, virtual_proxy) in enumerate(
            [
                ("LAB\\bert", builders.CENTRAL, builders.SALES),
                ("LAB\\anna", builders.NODE2, builders.DEFAULT),
                ("lab\\Anna", builders.CENTRAL, builders.DEFAULT),
                ("LAB\\aaron", builders.CENTRAL, builders.DEFAULT),
            ]
        )
    ]
    assert [session.session_id for session in in_order(sessions)] == ["3", "2", "1", "0"]


def test_users_are_one_in_every_spelling() -> None:
    assert builders.session("lab\\Anna").user_key == builders.session("LAB\\anna").user_key == user_key("Lab", "ANNA")


@pytest.mark.parametrize("with_id", [True, False])
def test_the_result_of_a_session(with_id: bool) -> None:
    session = builders.session(
        "LAB\\anna", "the-id", ProxyLink(builders.CENTRAL, builders.SALES), "Anna", {"g": ["1", "2"]}
    )
    result = session.as_result("2026-01-15T08:00:00Z", 60, with_id)
    assert result == {
        "ref": session.ref,
        "user": "LAB\\anna",
        "user_directory": "LAB",
        "user_id": "anna",
        "user_name": "Anna",
        "attributes": {"g": ["1", "2"]},
        "virtual_proxy": "sales",
        "virtual_proxy_id": "vp-sales",
        "proxy": "Central",
        "proxy_host": "central.example.com",
        "first_seen": "2026-01-15T08:00:00Z",
        "age": 60,
        **({"session_id": "the-id"} if with_id else {}),
    }
