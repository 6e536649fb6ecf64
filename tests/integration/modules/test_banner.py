# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""qlik_banner over real TLS: idempotence, check mode, every switch, names of all kinds, faults and races."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules import sites
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules, Run

NIGHT = {"name": "Night", "message": "At 22:00", "message_type": "warning", "active": True, "duration": 30}
OTHER = {**NIGHT, "message": "At 23:00", "message_type": "error", "active": False, "duration": 5}
UNUSUAL = {
    "banner_message_type": "name",
    "banner_names": "exact",
    "duplicate_banner": "409",
    "stale_banner": "accepted",
}
SETTINGS = [{}, *({name: setting} for name, setting in UNUSUAL.items()), UNUSUAL]


def set_banner(modules: Modules, **options: Any) -> Run:
    """The option that sets the message is ``text``: Ansible keeps the name ``message`` for itself."""
    given = {("text" if name == "message" else name): value for name, value in options.items()}
    return modules.run("qlik_banner", **given)


def kept(control: simulated.Control) -> list[dict[str, Any]]:
    """The banners of the site, without what nobody asked for."""
    return [{key: banner[key] for key in NIGHT} for banner in control.banners()]


def written(control: simulated.Control) -> list[tuple[str, int | None]]:
    return [(entry["method"], entry["status"]) for entry in control.writes()]


@pytest.mark.parametrize("switches", SETTINGS, ids=lambda settings: "-".join(settings.values()) or "usual")
def test_from_creation_to_removal(modules: Modules, control: simulated.Control, switches: dict[str, str]) -> None:
    control.switches(**switches)
    steps: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [(NIGHT, [NIGHT]), (OTHER, [OTHER])]
    for options, left in [*steps, ({"name": "Night", "state": "absent"}, [])]:
        before = control.banners()
        would = set_banner(modules, **options, _ansible_check_mode=True)
        assert control.banners() == before
        assert written(control) == []
        real = set_banner(modules, **options)
        assert kept(control) == left
        assert len(control.writes()) == 1
        assert real.result["changed"] is would.result["changed"] is True
        assert real.result["diff"] == would.result["diff"]
        assert {**real.result["banner"], "id": ""} == {**would.result["banner"], "id": ""}
        assert [real.result["banner"].get("id")] * len(left) == [banner["id"] for banner in control.banners()]
        control.clear_journal()
        for again in (set_banner(modules, **options), set_banner(modules, **options, _ansible_check_mode=True)):
            assert again.result["changed"] is False
            assert again.result["banner"] == real.result["banner"]
            assert again.result["diff"]["before"] == again.result["diff"]["after"]
        assert written(control) == []


def test_it_costs_two_requests_on_one_connection(modules: Modules, control: simulated.Control) -> None:
    set_banner(modules, **NIGHT)
    assert [(entry["method"], entry["status"]) for entry in control.journal()] == [("GET", 200), ("POST", 201)]
    counters = control.counters()
    assert (counters["requests"], counters["connections"], counters["writes"]) == (2, 1, 1)


NAMES = [
    "o'brien \"bo\" \\' x",
    "' or name so '",
    "ends in \\",
    "山田 Дмитрий é",
    "a&b=c#d%20?/+; %s",
    "n" * 300,
    "qlikops.sense Node2",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_and_messages_of_all_kinds(modules: Modules, control: simulated.Control, name: str) -> None:
    control.put_banners({**NIGHT, "name": "bystander"}, {**NIGHT, "name": name[:-1] or "x"})
    bystanders = control.banners()
    message = f"{name}\n<b>two</b> lines \U0001f600"
    assert set_banner(modules, name=name, message=message).result["changed"] is True
    assert set_banner(modules, name=name, message=f" {message}\r\n").result["changed"] is False
    assert set_banner(modules, name=name, message="other").result["changed"] is True
    assert control.banners()[-1]["message"] == "other"
    assert set_banner(modules, name=name, state="absent").result["changed"] is True
    assert control.banners() == bystanders


def test_case_makes_no_difference(modules: Modules, control: simulated.Control) -> None:
    (before,) = control.put_banners(NIGHT)
    same = set_banner(modules, **{**NIGHT, "name": "nIGHT"})
    assert (same.result["changed"], same.result["banner"]["name"]) == (False, "Night")
    set_banner(modules, **{**NIGHT, "name": "nIGHT", "duration": 31})
    (after,) = control.banners()
    assert (after["id"], after["name"], after["duration"]) == (before["id"], "Night", 31)


def test_several_of_one_name_are_left_alone(modules: Modules, control: simulated.Control) -> None:
    one, two = control.put_banners({**NIGHT, "name": "NIGHT"}, {**NIGHT, "name": "night"})
    for options in (NIGHT, {"name": "Night", "state": "absent"}):
        run = set_banner(modules, **options)
        assert run.failure["kind"] == "ambiguous_name"
        assert f"'NIGHT' ({one['id']}), 'night' ({two['id']})" in run.message
    assert written(control) == []
    assert set_banner(modules, name="night", state="absent").result["changed"] is True
    assert [banner["name"] for banner in control.banners()] == ["NIGHT"]


def test_tags_survive_an_update(modules: Modules, control: simulated.Control, names: None) -> None:
    client = simulated.Client(modules.site_info)
    entity = {"name": "Night", "message": "m", "messageType": 0, "isActive": True, "duration": 1, "tags": [{"id": "t"}]}
    assert client.call("qrs", "POST", "/qrs/custombannermessage", json=entity).status_code == 201
    set_banner(modules, **NIGHT)
    assert kept(control) == [NIGHT]
    assert client.qrs("/qrs/custombannermessage/full").json()[0]["tags"] == [{"id": "t"}]


def test_through_a_virtual_proxy(modules: Modules, control: simulated.Control) -> None:
    user_port = next(node["user_port"] for node in modules.site_info["nodes"] if node["central"])
    through = {"qrs_virtual_proxy": "api", "qrs_port": user_port}
    assert set_banner(modules, **NIGHT, **through, _ansible_check_mode=True).result["changed"] is True
    assert control.writes() == []
    assert set_banner(modules, **NIGHT, **through).result["changed"] is True
    assert kept(control) == [NIGHT]
    assert [entry["listener"] for entry in control.writes()] == ["user"]
    assert control.counters()["writes"] == 1


# What QRS refuses


def test_a_release_without_banners(modules: Modules, control: simulated.Control) -> None:
    control.switches(banners="absent")
    for options in (NIGHT, {"name": "Night", "state": "absent"}):
        run = set_banner(modules, **options)
        assert (run.failure["kind"], run.failure["status"]) == ("no_banners", 404)
        assert run.failure["words"] == "No matching endpoint found"
        assert "Qlik documents them from May 2024 on, and as experimental" in run.message
    assert written(control) == []


def test_a_user_without_the_right(modules: Modules, control: simulated.Control) -> None:
    control.put_banners({**NIGHT, "name": "Day"})
    for options in (NIGHT, {**OTHER, "name": "Day"}, {"name": "Day", "state": "absent"}):
        run = set_banner(modules, **options, api_user="LAB\\anna")
        assert run.failure["kind"] == "forbidden"
        assert "LAB\\anna (api_user) lacks the rights" in run.message
    assert kept(control) == [{**NIGHT, "name": "Day"}]


# Faults


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "status", "status": 500, "body": "broken"}, "server_error"),
        ({"kind": "status", "status": 400, "body": "Bad request"}, "unexpected_status"),
        ({"kind": "html"}, "not_json"),
        ({"kind": "cut"}, "connection_lost"),
        ({"kind": "half"}, "connection_lost"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_write_that_fails_is_told_and_the_next_run_goes_on(
    modules: Modules, control: simulated.Control, method: str, fault: dict[str, Any], kind: str
) -> None:
    if method != "POST":
        control.put_banners(OTHER)
    before = control.banners()
    options = {"name": "Night", "state": "absent"} if method == "DELETE" else NIGHT
    control.fault(**fault, method=method)
    run = set_banner(modules, **options)
    assert run.failure["kind"] == kind
    assert run.failure["request"].startswith(f"{method} https://qlik1.example.com:")
    assert control.banners() == before
    assert ("may have been done anyway" in run.message) is (kind == "connection_lost")
    control.clear_faults()
    assert set_banner(modules, **options).result["changed"] is True
    assert kept(control) == ([] if method == "DELETE" else [NIGHT])


@pytest.mark.parametrize("retries", [0, 2])
def test_a_creation_whose_answer_is_lost_is_not_done_twice(
    modules: Modules, control: simulated.Control, retries: int
) -> None:
    control.fault("lost", method="POST", times=1)
    run = set_banner(modules, **NIGHT, retries=retries)
    assert run.failure["kind"] == "connection_lost"
    assert "may have been done anyway" in run.message
    assert written(control) == [("POST", None)]
    again = set_banner(modules, **NIGHT)
    assert again.result["changed"] is False
    assert kept(control) == [NIGHT]


@pytest.mark.parametrize("stale", ["refused", "accepted"])
def test_an_update_whose_answer_is_lost_is_ours(modules: Modules, control: simulated.Control, stale: str) -> None:
    control.switches(stale_banner=stale)
    control.put_banners(OTHER)
    control.fault("lost", method="PUT", times=1)
    run = set_banner(modules, **NIGHT, retries=1)
    assert run.result["changed"] is True
    assert run.result["diff"] == {"before": OTHER, "after": NIGHT}
    assert written(control) == [("PUT", None), ("PUT", 409 if stale == "refused" else 200)]
    assert kept(control) == [NIGHT]


def test_a_removal_whose_answer_is_lost_is_ours(modules: Modules, control: simulated.Control) -> None:
    control.put_banners(NIGHT)
    control.fault("lost", method="DELETE", times=1)
    run = set_banner(modules, name="Night", state="absent", retries=1)
    assert run.result["changed"] is True
    assert written(control) == [("DELETE", None), ("DELETE", 404)]
    assert control.banners() == []


@pytest.mark.parametrize("kind", ["cut", "status"])
def test_reading_is_repeated(modules: Modules, control: simulated.Control, kind: str) -> None:
    control.fault(kind, method="GET", times=2, **({"status": 503} if kind == "status" else {}))
    assert set_banner(modules, **NIGHT, retries=2).result["changed"] is True


# Somebody else is faster


def while_it_writes(modules: Modules, method: str, *theirs: dict[str, Any], **options: Any) -> Run:
    """The module, while somebody else puts these banners between what it reads and what it writes."""
    control = modules.control
    control.fault("slow", method=method, seconds=1.0, times=1)

    def meddle() -> None:
        simulated.wait_until(lambda: any(entry["method"] == method for entry in control.journal()))
        simulated.Control(modules.site_info).put_banners(*theirs)

    other = threading.Thread(target=meddle)
    other.start()
    run = set_banner(modules, **options)
    other.join()
    return run


@pytest.mark.parametrize("duplicate", ["400", "409"])
def test_somebody_else_creates_it(modules: Modules, control: simulated.Control, duplicate: str) -> None:
    control.switches(duplicate_banner=duplicate)
    run = while_it_writes(modules, "POST", OTHER, **NIGHT)
    assert run.result["changed"] is True
    assert run.result["diff"]["before"] == OTHER
    assert written(control) == [("POST", int(duplicate)), ("PUT", 200)]
    assert kept(control) == [NIGHT]


def test_somebody_else_changes_it(modules: Modules, control: simulated.Control) -> None:
    control.put_banners(OTHER)
    run = while_it_writes(modules, "PUT", {**OTHER, "duration": 6}, **NIGHT)
    assert run.result["diff"] == {"before": {**OTHER, "duration": 6}, "after": NIGHT}
    assert written(control) == [("PUT", 409), ("PUT", 200)]
    assert kept(control) == [NIGHT]


def test_somebody_else_makes_it_as_wanted(modules: Modules, control: simulated.Control) -> None:
    control.put_banners(OTHER)
    run = while_it_writes(modules, "PUT", NIGHT, **NIGHT)
    assert run.result["changed"] is False
    assert written(control) == [("PUT", 409)]


def test_somebody_else_removes_it_before_its_update(modules: Modules, control: simulated.Control) -> None:
    control.put_banners(OTHER)
    run = while_it_writes(modules, "PUT", **NIGHT)
    assert (run.result["changed"], run.result["diff"]["before"]) == (True, {})
    assert written(control) == [("PUT", 404), ("POST", 201)]
    assert kept(control) == [NIGHT]


def test_somebody_else_removes_it_before_its_removal(modules: Modules, control: simulated.Control) -> None:
    control.put_banners(NIGHT)
    run = while_it_writes(modules, "DELETE", name="Night", state="absent")
    assert run.result["changed"] is False
    assert written(control) == [("DELETE", 404)]
    assert control.banners() == []


def test_the_site_of_these_tests_has_the_user_they_name() -> None:
    assert any((user["directory"], user["id"]) == ("LAB", "anna") for user in sites.AWKWARD["users"])
