# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.modules import qlik_restart_info
from ansible_collections.qlikops.sense.tests.unit.plugins.running import CONNECTION, install, run, site_answers

NAMES = {"verify_interval": "my_verify_interval", "services": "my_services"}


def plan(monkeypatch: pytest.MonkeyPatch, **given: Any) -> Any:
    install(monkeypatch, site_answers())
    options = {**CONNECTION, "node": "Node2", "count_affected": False, "option_names": NAMES}
    return run(monkeypatch, qlik_restart_info.main, **options, plan={"services": "QlikSenseProxyService", **given})


def test_a_text_is_a_list_and_a_text_of_digits_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"services": "One, Two", "notify": "banner", "before": "", "after": None, "verify_interval": "7"}
    found = plan(monkeypatch, **given, drain_timeout="", verify_timeout="20")["plan"]
    assert found["services"] == ["One", "Two"]
    assert (found["notify"], found["before"], found["after"]) == (["banner"], [], [])
    assert (found["verify_interval"], found["verify_timeout"]) == (7, 20)
    assert found["drain_timeout"] == 1800


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"verify_interval": 0}, "my_verify_interval: 0 is too small. The least is 1, the most 3600."),
        ({"verify_timeout": 0}, "verify_timeout: 0 is too small."),
        ({"drain_interval": -1}, "drain_interval: -1 is too small."),
        ({"drain_timeout": 10**9}, "drain_timeout: 1000000000 is too large."),
        ({"drain_interval": "soon"}, "drain_interval"),
        ({"notify": ["banner", "pigeon"]}, "notify: it can't have pigeon. It has banner, mail, teams, slack"),
        ({"before": ["tell.yml"]}, "before: 'tell.yml' is not an absolute path."),
        ({"method": "restart.yml"}, "method: 'restart.yml' is not an absolute path."),
        ({"services": []}, "my_services: it names no service."),
        ({"balancer": "haproxxy"}, "balancer: 'haproxxy' is not an absolute path."),
        (
            {"report_dir": "pages"},
            "report_dir: 'pages' is not an absolute path. Give the absolute path of a directory.",
        ),
    ],
)
def test_what_can_not_be_meant_is_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], says: str
) -> None:
    result = plan(monkeypatch, **given)
    assert result["failure"]["kind"] == "bad_option"
    assert says in result["msg"]


def test_other_ways_to_restart_need_no_services(monkeypatch: pytest.MonkeyPatch) -> None:
    for method in ("windows_reboot", "/srv/restart.yml", "~/restart.yml"):
        assert plan(monkeypatch, services=[], method=method)["plan"]["method"] == method


def test_the_phases_are_those_that_have_something_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert plan(monkeypatch)["plan"]["phases"] == [
        "ready",
        "look_none",
        "drain_none",
        "restart_windows_service",
        "verify_none",
    ]
    given = {"balancer": "haproxy", "before": "/b.yml", "after": "/a.yml", "notify": "mail", "method": "/m.yml"}
    whole = [
        "ready",
        "look_haproxy",
        "connected",
        "before",
        "notify",
        "drain_haproxy",
        "/m.yml",
        "verify_haproxy",
        "after",
    ]
    assert plan(monkeypatch, **given)["plan"]["phases"] == whole
    hooked = plan(monkeypatch, balancer="/srv/f5.yml", report_dir="/srv/pages")
    assert "drain_hook" in hooked["plan"]["phases"]


def test_in_check_mode_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, site_answers())
    options = {**CONNECTION, "node": "Node2", "count_affected": False, "_ansible_check_mode": True}
    given = {"services": "x", "balancer": "/srv/f5.yml", "before": "/b.yml", "notify": "mail"}
    found = run(monkeypatch, qlik_restart_info.main, **options, plan=given)
    assert found["plan"]["phases"] == ["ready", "look_hook", "connected", "notify"]


def test_a_refusal_is_a_failure_if_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, site_answers())
    options = {**CONNECTION, "node": "Central", "count_affected": False}
    told = run(monkeypatch, qlik_restart_info.main, **options)
    refused = run(monkeypatch, qlik_restart_info.main, **options, refuse=True)
    assert (told["allowed"], refused["failed"]) == (False, True)
    assert refused["msg"] == told["message"]
    assert refused["failure"] == {"kind": "refused", "reason": "central", "hint": ""}


def test_the_reasons_name_the_options_as_the_reader_knows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, site_answers())
    called = {"accept_central": "proxy_restart_central"}
    result = run(monkeypatch, qlik_restart_info.main, **CONNECTION, node="Central", option_names=called)
    assert result["message"] == "Central is the central node. Set proxy_restart_central to true to also restart it."


@pytest.mark.parametrize(
    ("given", "restart"),
    [({}, 1200), ({"method": "windows_reboot", "reboot_timeout": 7200}, 7800), ({"method": "/m.yml"}, 3600)],
)
def test_the_lease_is_held_for_as_long_as_each_phase_may_take(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], restart: int
) -> None:
    """And the way back, in which the balancer has to find the node well. The wait of the drain renews it by itself."""
    hold = plan(monkeypatch, verify_timeout=100, drain_timeout=604_800, **given)["plan"]["hold"]
    assert hold == {
        "preflight": 700,
        "before": 3700,
        "notify": 3700,
        "cordon": 700,
        "drain": 700,
        "move": 800,
        "restart": restart + 100,
        "verify": 800,
        "after": 3700,
    }


@pytest.mark.parametrize(
    ("method", "services", "stops"),
    [
        ("windows_service", ["QlikSenseProxyService"], "proxy"),
        ("windows_service", ["qliksenseproxyservice", "QlikSenseProxyService"], "proxy"),
        ("windows_service", ["QlikSenseProxyService", "QlikSenseSchedulerService"], "services"),
        ("windows_service", ["QlikSenseEngineService", "QlikSensePrintingService"], "services"),
        ("windows_service", ["QlikSenseProxyService", "QlikSenseRepositoryService"], "node"),
        ("windows_service", ["QlikSenseProxyService", "Ours"], "node"),
        ("windows_reboot", ["QlikSenseProxyService"], "node"),
        ("/srv/restart.yml", ["QlikSenseEngineService"], "proxy"),
    ],
)
def test_what_the_method_stops(monkeypatch: pytest.MonkeyPatch, method: str, services: list[str], stops: str) -> None:
    assert plan(monkeypatch, method=method, services=services)["plan"]["stops"] == stops


@pytest.mark.parametrize("stops", ["proxy", "services", "node"])
def test_a_task_file_may_stop_more(monkeypatch: pytest.MonkeyPatch, stops: str) -> None:
    assert plan(monkeypatch, method="/srv/restart.yml", stops=stops)["plan"]["stops"] == stops
