# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Descriptions of sites: what is filled in, what is refused and in which words, what the generator makes."""

from __future__ import annotations

import copy
import pathlib
from datetime import datetime, timezone
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from qlik_simulator.model.generator import as_yaml, generate
from qlik_simulator.model.site import Site, SiteError
from qlik_simulator.model.site_file import load_site, site_from
from qlik_simulator.model.switches import SWITCHES, Switches

ROLE_SITE = pathlib.Path(__file__).resolve().parents[3] / "roles" / "simulated_site" / "files" / "site.yml"
GOOD: dict[str, Any] = {
    "virtual_proxies": [{"prefix": ""}, {"prefix": "partner/emea"}],
    "nodes": [
        {"name": "Central", "host_name": "qlik1.example.com", "virtual_proxies": ["", "partner/emea"]},
        {"name": "Rim", "host_name": "qlik2.example.com", "proxy": False},
    ],
    "users": [{"directory": "LAB", "id": "anna"}],
    "sessions": [{"user": "LAB\\anna", "node": "central", "virtual_proxy": "", "attributes": [{"group": None}]}],
}


def changed(path: str, value: object) -> dict[str, Any]:
    """GOOD with one value changed; ``path`` such as ``nodes.0.name``."""
    document = copy.deepcopy(GOOD)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = document
    for part in parents:
        place = place[part]
    place[last] = value
    return document


def test_defaults() -> None:
    site = site_from(copy.deepcopy(GOOD))
    assert site.central.name == "Central"
    default, partner = site.virtual_proxies
    assert default.session_cookie_header_name == "X-Qlik-Session"
    assert partner.session_cookie_header_name == "X-Qlik-Session-partner-emea"
    assert (partner.session_inactivity_timeout, partner.id) == (30, "partner/emea")
    assert site.sessions[0].attributes == [{"group": ""}]
    assert site.clock is None


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "the description is a mapping"),
        ({}, "nodes: a site has at least one"),
        (changed("node", []), "unknown key 'node' in the description"),
        (changed("users", {}), None),
        (changed("users", {"a": 1}), "users is a list"),
        (changed("nodes.0", "Central"), "nodes[0] is a mapping, not 'Central'"),
        (changed("nodes.0.hostname", "x"), "nodes[0]: unknown key 'hostname'; there are name, host_name"),
        (changed("nodes.1", {"name": "Rim"}), "nodes[1]: host_name is missing"),
        (changed("nodes.0.name", " "), "nodes[0]: name is empty"),
        (changed("nodes.0.host_name", ""), "host_name has letters, digits, hyphens and dots, not ''"),
        (changed("nodes.0.host_name", "../../x"), "nodes[0] (Central): host_name has letters"),
        (changed("nodes.0.host_name", "åsa.example.com"), "nodes[0] (Central): host_name has letters"),
        (changed("nodes.0.host_name", "x" * 254), "nodes[0] (Central): host_name has letters"),
        (changed("nodes.0.host_name", "QLIK_1-a.lab"), None),
        (changed("nodes.0.proxy", "yes"), "nodes[0].proxy is true or false, not 'yes'"),
        (changed("nodes.0.virtual_proxies", "sales"), "nodes[0].virtual_proxies is a list, not 'sales'"),
        (changed("nodes.0.virtual_proxies", ["sales"]), "nodes[0] (Central): no virtual proxy 'sales'; there are ''"),
        (changed("nodes.1.virtual_proxies", [""]), "nodes[1] (Rim): has no proxy"),
        (changed("nodes.1.name", "CENTRAL"), "nodes: two have the name 'central'"),
        (changed("nodes.1.host_name", "QLIK1.example.com"), "nodes: two have the host_name 'qlik1.example.com'"),
        (changed("nodes", [{**node, "central": True} for node in GOOD["nodes"]]), "only one is central"),
        (changed("virtual_proxies.1.prefix", "/emea"), "virtual_proxies[1]: prefix '/emea' may hold a slash"),
        (changed("virtual_proxies.1.prefix", "a#b"), "virtual_proxies[1]: prefix 'a#b'"),
        (changed("virtual_proxies.1.prefix", ""), "two virtual proxies have the prefix '': give each an id"),
        (changed("virtual_proxies.0.session_inactivity_timeout", True), "is a whole number, not True"),
        (changed("virtual_proxies.0.session_inactivity_timeout", 0), "is at least one minute"),
        (
            changed("virtual_proxies.0.anonymous_access", "yes"),
            "virtual_proxies[0]: anonymous_access is one of none, allowed, always, not 'yes'",
        ),
        (
            changed("users.0.attributes", [{"mail": "a", "group": "b"}]),
            "users[0].attributes: an attribute is a mapping",
        ),
        (changed("virtual_proxies.0.load_balancing_nodes", ["X"]), "no node 'X'; there are 'Central', 'Rim'"),
        (changed("sessions.0.user", "anna"), "sessions[0]: a user is written DIRECTORY\\id, not 'anna'"),
        (changed("sessions.0.node", "Nowhere"), "sessions[0]: no node 'Nowhere'"),
        (changed("sessions.0.node", "Rim"), "sessions[0]: node Rim does not serve the virtual proxy ''"),
        (changed("sessions.0.count", 0), "sessions[0]: count is at least 1"),
        (
            changed("sessions.0.attributes", [{"a": 1, "b": 2}]),
            "sessions[0].attributes: an attribute is a mapping of one",
        ),
        (changed("sessions.0.attributes", [{"a": []}]), "the value of attribute 'a' is a text"),
        (changed("sessions.0.idle", 5), "sessions[0]: idle is from 0 to age, which is 0, and not 5"),
        (changed("users.0.license", "gold"), "users[0]: license is one of none, professional, analyzer"),
        (changed("failover_timeout", 0), "failover_timeout is a whole number of minutes from 1 up, not 0"),
        (changed("failover_timeout", 1), None),
        (changed("users.0.id", ""), "users[0]: directory and id are not empty"),
        (changed("users.0.name", "\ud800"), "users[0].name holds half a character: '\\ud800'"),
        (changed("users", GOOD["users"] * 2), "users: two have the user 'lab\\anna'"),
        (changed("switches", {"tsl": "1.2"}), "switches: unknown switch 'tsl'; there are"),
        (changed("switches", {"tls": "1.1"}), "switches: switch tls is one of both, 1.2, 1.3, not '1.1'"),
        (changed("switches", ["tls"]), "switches is a mapping, not ['tls']"),
        (changed("clock", "0001-01-01T00:00:00Z"), "clock is a time from 1971 to 8999, not in the year 1"),
        (changed("clock", "9999-12-31T23:59:59Z"), "clock is a time from 1971 to 8999"),
        (changed("clock", "tomorrow"), "clock is a time such as 2026-01-15T08:00:00Z, not 'tomorrow'"),
    ],
)
def test_what_is_refused(document: Any, words: str | None) -> None:
    if words is None:
        assert site_from(document)
        return
    with pytest.raises(SiteError) as refusal:
        site_from(document)
    assert words in str(refusal.value)


def test_two_virtual_proxies_may_share_a_prefix_when_links_name_them() -> None:
    document = changed("virtual_proxies", [{"prefix": "hdr", "id": "one"}, {"prefix": "hdr", "id": "two"}])
    document["nodes"][0]["virtual_proxies"] = ["two"]
    document["sessions"] = [{"user": "LAB\\anna", "node": "Central", "virtual_proxy": "hdr"}]
    site = site_from(document)
    assert [each.id for each in site.linked(site.nodes[0])] == ["two"]
    assert len({each.session_cookie_header_name for each in site.virtual_proxies}) == 2
    document["nodes"][0]["virtual_proxies"] = ["hdr"]
    with pytest.raises(SiteError, match="two virtual proxies have the prefix 'hdr': give each an id and link by that"):
        site_from(document)
    document["nodes"][0]["virtual_proxies"] = ["one", "two"]
    with pytest.raises(SiteError, match="two have the prefix 'hdr'"):
        site_from(document)


def test_files(tmp_path: pathlib.Path) -> None:
    with pytest.raises(SiteError, match="cannot read the site description"):
        load_site(tmp_path / "none.yml")
    file = tmp_path / "site.yml"
    file.write_text("nodes: [", encoding="utf-8")
    with pytest.raises(SiteError, match="is not YAML"):
        load_site(file)
    file.write_text(yaml.safe_dump({**GOOD, "clock": datetime(2026, 1, 15, 8)}), encoding="utf-8")
    assert load_site(file).clock == datetime(2026, 1, 15, 8, tzinfo=timezone.utc)


def test_the_site_of_the_role() -> None:
    site = load_site(ROLE_SITE)
    assert sum(group.count for group in site.sessions) == 60
    assert [node.name for node in site.nodes if node.proxy] == ["Central", "Node2"]
    linked = {each.id for node in site.nodes for each in site.linked(node)}
    assert [each.prefix for each in site.virtual_proxies if each.id not in linked] == ["old-saml"]
    robot = [group.count for group in site.sessions if group.user == "LAB\\svc_mashup"]
    assert sum(robot) == 14
    assert site.user("LAB", "zoran") is None


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.integers(1, 30), st.integers(0, 300), st.integers(1, 60))
def test_generated_sites_are_sound_and_of_the_size_asked_for(
    proxies: int, virtual_proxies: int, sessions: int, users: int
) -> None:
    description = generate(proxies, virtual_proxies, sessions, users)
    assert description == generate(proxies, virtual_proxies, sessions, users)
    site: Site = site_from(yaml.safe_load(as_yaml(description)))
    assert len(site.nodes) == proxies
    assert len(site.virtual_proxies) == virtual_proxies
    assert len(site.users) == users
    assert sum(group.count for group in site.sessions) == sessions


def test_users_of_generated_sites_are_licensed_only_where_that_is_wanted() -> None:
    assert all("license" not in user for user in generate(users=50)["users"])
    licensed = site_from(generate(users=200, sessions=50, licensed=50))
    assert 60 < sum(user.license != "none" for user in licensed.users) < 140
    assert len({user.license for user in licensed.users}) == 6
    assert all(0 <= group.idle <= group.age <= 720 for group in licensed.sessions)
    with pytest.raises(ValueError, match="percent"):
        generate(licensed=101)


def test_generator_refuses_sizes_that_make_no_sense() -> None:
    for sizes in ({"proxies": 0}, {"virtual_proxies": 0}, {"users": 0}, {"sessions": -1}):
        with pytest.raises(ValueError, match="a site"):
            generate(**sizes)


def test_switches() -> None:
    switches = Switches({"tls": 1.2, "service_status_seconds": "0"})
    assert (switches["tls"], switches["service_status_seconds"]) == ("1.2", 0.0)
    assert switches.update({"tls": "1.2", "user_name_field": "NULL"}) == {"user_name_field"}
    for wrong in ({"user_name_field": "null", "no": "x"}, {"service_status_seconds": -1}, {"tls": None}):
        with pytest.raises(ValueError, match="switch"):
            switches.update(wrong)
    assert set(switches.as_dict()) == set(SWITCHES)
    for name, switch in SWITCHES.items():
        assert switch.grade in "DLCVIN", name
