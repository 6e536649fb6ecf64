# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulated people: they browse, keep their cookies, log in again when thrown out, leave, come back."""

from __future__ import annotations

import datetime
import pathlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.simulated import Client, Control, SiteInfo, wait_until
from ansible_collections.qlikops.sense.tests.integration.simulator.test_balancer import THREE, set_state

NODES = ("Proxy01", "Proxy02", "Proxy03")
Person = dict[str, Any]


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteInfo]:
    """A site of three proxies behind HAProxy."""
    state_dir = tmp_path_factory.mktemp("crowded") / "site"
    yield simulated.start_generated(state_dir, *THREE, "--balancer", "haproxy")
    simulated.stop(state_dir)


@pytest.fixture
def arranged(crowded: SiteInfo) -> Iterator[Control]:
    """The control interface of the site, after a reset; nobody is left afterwards."""
    control = Control(crowded)
    control.reset()
    yield control
    control.call("DELETE", "/people")


def people(control: Control, **wanted: Any) -> list[Person]:
    everybody: list[Person] = control.call("GET", "/people")
    return [person for person in everybody if all(person[key] == value for key, value in wanted.items())]


def all_browse(control: Control) -> bool:
    return all(person["state"] == "browsing" and person["logins"] for person in people(control))


def wait_for_requests(control: Control, more: int) -> None:
    """Wait until everybody has sent so many more."""
    sent = {person["user"]: person["requests"] for person in people(control)}
    wait_until(lambda: all(person["requests"] >= sent[person["user"]] + more for person in people(control)))


def entries(control: Control, which: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = control.call("GET", f"/{which}")["entries"]
    return found


def test_they_browse_bound_to_their_node_with_one_session_each(arranged: Control) -> None:
    names = arranged.call("PUT", "/people", {"count": 9, "pause_seconds": 0.2})["users"]
    assert names[:2] == ["VISITORS\\ada", "VISITORS\\bela"]
    wait_until(lambda: all(person["requests"] > 8 for person in people(arranged)))
    for person in people(arranged):
        (session,) = arranged.sessions(person["user"])
        assert [visit["node"] for visit in person["nodes"]] == [session["node"]] == [person["node_last_served"]]
        assert person["virtual_proxy"] == session["virtual_proxy"]
        assert (person["errors"], person["last_error"], person["logins"], person["thrown_out"]) == (0, None, 1, 0)
    assert {person["node_last_served"] for person in people(arranged)} == set(NODES)
    assert {person["virtual_proxy"] for person in people(arranged)} == {"", "vp01"}
    assert Counter(login["user"] for login in entries(arranged, "logins")) == Counter(names)


@pytest.mark.usefixtures("names")
def test_qrs_knows_their_names(crowded: SiteInfo, arranged: Control) -> None:
    arranged.call("PUT", "/people", {"count": 21})
    known = Client(crowded).qrs("/qrs/user", filter="userDirectory eq 'VISITORS'").json()
    assert {"Ada", "Tomás", "Ada 2"} < {user["name"] for user in known}
    assert len(known) == 21


def test_who_is_thrown_out_logs_in_again(arranged: Control) -> None:
    arranged.call("PUT", "/people", {"users": ["LAB\\a", "LAB\\b"], "virtual_proxies": ["vp01"], "pause_seconds": 0.1})
    wait_until(lambda: all_browse(arranged))
    arranged.end_all()
    wait_until(lambda: all(person["thrown_out"] for person in people(arranged)))
    wait_until(lambda: len(arranged.sessions(virtual_proxy="vp01")) == 2)
    assert [(person["logins"], person["thrown_out"], person["visits"]) for person in people(arranged)] == [
        (2, 1, 1)
    ] * 2


def test_a_rolling_step_moves_people_and_the_history_proves_it(crowded: SiteInfo, arranged: Control) -> None:
    habits = {"pause_seconds": 0.1, "leave_after_seconds": [0.5, 2], "come_back_after_seconds": [0.1, 0.3]}
    arranged.call("PUT", "/people", {"count": 9, **habits})
    resident = {node: arranged.login("LAB\\anna", node)[0] for node in NODES}
    wait_until(lambda: all_browse(arranged) and people(arranged, node_last_served="Proxy02"))
    set_state(crowded, "Proxy02", "drain")
    wait_until(lambda: any(entry["state"] == "drain" for entry in entries(arranged, "life")))
    at_drain = {person["user"] for person in people(arranged, node_last_served="Proxy02")}
    wait_until(lambda: [each["session_id"] for each in arranged.sessions(node="Proxy02")] == [resident["Proxy02"]])
    arranged.proxy("Proxy02", "restart", closed_seconds=1.5, starting_seconds=0.5)
    wait_until(lambda: [entry["state"] for entry in entries(arranged, "life")][-2:] == ["running", "up"])
    set_state(crowded, "Proxy02", "ready")
    wait_until(lambda: any(entry["state"] == "ready" for entry in entries(arranged, "life")))
    wait_until(lambda: any(login["node"] == "Proxy02" for login in entries(arranged, "logins")[-3:]))

    changes = [(entry["node"], entry["what"], entry["state"]) for entry in entries(arranged, "life")]
    assert {node for node, _what, _state in changes} == {"Proxy02"}
    assert [state for _node, what, state in changes if what == "proxy"] == ["stopped", "starting", "running"]
    assert [state for _node, what, state in changes if what == "balancer"] == ["drain", "ready"]
    out, back = (seconds(entry["time"]) for entry in entries(arranged, "life") if entry["what"] == "balancer")
    meanwhile = [login for login in entries(arranged, "logins") if out < seconds(login["time"]) < back]
    # Changes are seen up to 0.2 seconds late, and who was on the way in at the first of them may still arrive.
    well_within = [login for login in meanwhile if out + 0.3 < seconds(login["time"]) < back - 0.3]
    assert {login["node"] for login in well_within} == {"Proxy01", "Proxy03"}
    assert at_drain
    assert at_drain <= {login["user"] for login in meanwhile if login["node"] != "Proxy02"}
    assert sum(person["errors"] for person in people(arranged)) == 0
    for node in ("Proxy01", "Proxy03"):
        assert resident[node] in [session["session_id"] for session in arranged.sessions(node=node)]


def seconds(moment: str) -> float:
    return datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


def test_who_does_not_leave_is_moved_by_the_restart(arranged: Control) -> None:
    arranged.call("PUT", "/people", {"count": 6, "pause_seconds": 0.2, "stubborn": True})
    wait_until(lambda: all_browse(arranged))
    hit = {person["user"] for person in people(arranged, node_last_served="Proxy03")}
    arranged.proxy("Proxy03", "restart", closed_seconds=1.5, starting_seconds=0.5)
    wait_until(lambda: not people(arranged, node_last_served="Proxy03"))
    for person in people(arranged):
        assert (person["thrown_out"], person["logins"]) == ((1, 2) if person["user"] in hit else (0, 1))
        assert len(person["nodes"]) == (2 if person["user"] in hit else 1)


def test_leaving_when_told(arranged: Control) -> None:
    arranged.call("PUT", "/people", {"count": 9, "pause_seconds": 0.2})
    stubborn = arranged.call("POST", "/people", {"count": 2, "pause_seconds": 0.2, "stubborn": True})["users"]
    wait_until(lambda: all_browse(arranged))
    on_first = {person["user"] for person in people(arranged, node_last_served="Proxy01", stubborn=False)}
    assert set(arranged.call("POST", "/people/leave", {"node": "proxy01"})["users"]) == on_first
    wait_until(lambda: {person["user"] for person in people(arranged, state="gone")} == on_first)
    wait_until(lambda: all(arranged.sessions(user) == [] for user in on_first))
    (one,) = arranged.call("POST", "/people/leave", {"count": 1})["users"]
    wait_until(lambda: len(people(arranged, state="gone")) == len(on_first) + 1)
    assert arranged.call("POST", "/people/leave", {"users": [one, stubborn[0]]})["users"] == []
    arranged.call("POST", "/people/leave", {})
    wait_until(lambda: len(people(arranged, state="gone")) == 9)
    assert {person["user"] for person in people(arranged, state="browsing")} == set(stubborn)
    assert {f"{each['user_directory']}\\{each['user_id']}" for each in arranged.sessions()} == set(stubborn)


def test_leaving_by_themselves_without_logging_out(arranged: Control) -> None:
    arranged.call("PUT", "/people", {"count": 2, "pause_seconds": 0.1, "leave_after_seconds": 0.5, "log_out": False})
    wait_until(lambda: len(people(arranged, state="gone")) == 2)
    assert len(arranged.sessions()) == 2
    assert arranged.call("DELETE", "/people") == {"removed": 2}
    assert people(arranged) == []


def test_what_goes_wrong_is_counted_and_said(arranged: Control) -> None:
    arranged.call("PUT", "/people", {"count": 2, "pause_seconds": 0.1})
    wait_until(lambda: all_browse(arranged))
    arranged.fault("status", listener="user", status=500, path="/hub")
    wait_until(lambda: all(person["errors"] for person in people(arranged)))
    assert {person["last_error"].split(": ")[1] for person in people(arranged)} == {
        "/hub answered with HTTP 500",
        "/vp01/hub answered with HTTP 500",
    }
    arranged.clear_faults()
    wait_for_requests(arranged, 2)  # what was under way has been answered, and perhaps badly
    before = [person["errors"] for person in people(arranged)]
    wait_for_requests(arranged, 5)
    assert [person["errors"] for person in people(arranged)] == before


def test_reset_sends_everybody_away(arranged: Control) -> None:
    arranged.call("PUT", "/people", {"count": 3, "pause_seconds": 0.1})
    wait_until(lambda: all_browse(arranged))
    arranged.reset()
    assert people(arranged) == arranged.sessions() == entries(arranged, "logins") == entries(arranged, "life") == []


def test_without_a_balancer_they_go_to_the_user_ports(state_dir: pathlib.Path) -> None:
    control = Control(simulated.start_generated(state_dir, *THREE))
    control.call("PUT", "/people", {"count": 6, "pause_seconds": 0.2})
    wait_until(lambda: all_browse(control))
    assert Counter(person["node_last_served"] for person in people(control)) == dict.fromkeys(NODES, 2)
    control.proxy("Proxy02", "stop")
    wait_until(lambda: not people(control, node_last_served="Proxy02"))
    moved = [person for person in people(control) if len(person["nodes"]) > 1]
    assert [person["nodes"][0]["node"] for person in moved] == ["Proxy02"] * 2
    assert [person["errors"] for person in moved] == [1, 1]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "count is a number from 1 to 500"),
        ({"count": 2, "users": ["LAB\\a"]}, "1 users for 2 people"),
        ({"users": ["anna"]}, "a user is written DIRECTORY"),
        ({"count": 1, "virtual_proxies": ["nowhere"]}, "no virtual proxy has the prefix 'nowhere'"),
        ({"count": 1, "pause_seconds": 0}, "pause_seconds is a number from 0.05"),
        ({"count": 1, "leave_after_seconds": [2, 1]}, "leave_after_seconds is null, a number"),
        ({"count": 1, "leave_after_seconds": 1, "stubborn": True}, "the stubborn never leave"),
    ],
)
def test_what_is_refused(arranged: Control, body: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        arranged.call("POST", "/people", body)
    assert people(arranged) == []


def test_what_is_refused_changes_nothing(arranged: Control) -> None:
    arranged.call("PUT", "/people", {"count": 1})
    for body in ({"count": 1, "virtual_proxies": ["nowhere"]}, {"count": 0}):
        with pytest.raises(ValueError, match=r"nowhere|count"):
            arranged.call("PUT", "/people", body)
    assert len(people(arranged)) == 1


def test_leave_takes_one_choice(arranged: Control) -> None:
    with pytest.raises(ValueError, match="give one of count, users and node"):
        arranged.call("POST", "/people/leave", {"count": 1, "node": "Proxy01"})
    with pytest.raises(ValueError, match="no node 'Nowhere'"):
        arranged.call("POST", "/people/leave", {"node": "Nowhere"})
