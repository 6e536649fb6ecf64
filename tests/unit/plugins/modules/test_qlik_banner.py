# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Response
from ansible_collections.qlikops.sense.plugins.modules import qlik_banner
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import FakeRest, failed_with
from ansible_collections.qlikops.sense.tests.unit.plugins.running import (
    BANNERS,
    CONNECTION,
    Result,
    banner,
    install,
    run,
)

LIST = f"GET {BANNERS}/full"
ONE = f"{BANNERS}/id-of-Maintenance"
WANTED = {"name": "Maintenance", "text": "Back at 10"}
SHOWN = {"name": "Maintenance", "message": "Back at 10", "message_type": "standard", "active": True, "duration": 10}


def bring(monkeypatch: pytest.MonkeyPatch, found: list[Any], **options: Any) -> tuple[Result, FakeRest]:
    answers = {
        LIST: found,
        f"POST {BANNERS}": banner("Maintenance"),
        f"PUT {ONE}": banner("Maintenance"),
        f"DELETE {ONE}": Response(204, None, repeated=False),
    }
    rest = install(monkeypatch, answers)
    return run(monkeypatch, qlik_banner.main, **{**CONNECTION, "name": "Maintenance", **options}), rest


def writes(rest: FakeRest) -> list[str]:
    return [place for place in rest.asked if not place.startswith("GET ")]


# Options, what is there, what is written, difference
CASES: list[tuple[dict[str, Any], list[Any], list[str], dict[str, Any]]] = [
    (WANTED, [], [f"POST {BANNERS}"], {"before": {}, "after": SHOWN}),
    (
        WANTED,
        [banner("Maintenance", messageType=2, duration=60)],
        [f"PUT {ONE}"],
        {"before": {**SHOWN, "message_type": "warning", "duration": 60}, "after": SHOWN},
    ),
    (WANTED, [banner("Maintenance")], [], {"before": SHOWN, "after": SHOWN}),
    ({"state": "absent"}, [banner("Maintenance")], [f"DELETE {ONE}"], {"before": SHOWN, "after": {}}),
    ({"state": "absent"}, [], [], {"before": {}, "after": {}}),
]


@pytest.mark.parametrize(("options", "found", "written", "diff"), CASES)
def test_check_mode_is_the_truth(
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    found: list[Any],
    written: list[str],
    diff: dict[str, Any],
) -> None:
    would, rest = bring(monkeypatch, found, **options, _ansible_check_mode=True)
    assert writes(rest) == []
    real, rest = bring(monkeypatch, found, **options)
    assert writes(rest) == written
    assert rest.closed
    assert real["diff"] == would["diff"] == diff
    assert real["changed"] is would["changed"] is bool(written)
    assert real.keys() == would.keys()
    assert real["banner"].keys() == would["banner"].keys()
    assert {**real["banner"], "id": ""} == {**would["banner"], "id": ""}
    if diff["after"]:
        assert real["banner"]["id"] == "id-of-Maintenance"
        assert would["banner"]["id"] == ("id-of-Maintenance" if found else "")


def test_every_option_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"text": "Slow", "message_type": "error", "active": False, "duration": 99}
    _result, rest = bring(monkeypatch, [], **options)
    assert rest.bodies == [
        {"name": "Maintenance", "message": "Slow", "messageType": 3, "isActive": False, "duration": 99}
    ]


@pytest.mark.parametrize("options", [{}, {"text": ""}, {"text": "m", "duration": 0}, {"text": "m", "name": "a\tb"}])
def test_what_cannot_be_meant_is_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    result, rest = bring(monkeypatch, [], **options)
    assert result["failed"] is True
    assert result["failure"]["kind"] == "bad_option"
    assert rest.asked == []


def test_other_options_do_not_matter_for_a_removal(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _rest = bring(monkeypatch, [banner("Maintenance")], state="absent", text="", duration=0)
    assert result["changed"] is True
    assert result["banner"] == {}


def test_what_qrs_keeps_otherwise_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _rest = bring(monkeypatch, [], text="A long message", duration=10)
    assert result["banner"]["message"] == "Back at 10"
    assert result["warnings"] == ["QRS stored other values for the banner (message). The next run will try it again."]


def test_a_failure_is_told_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _rest = bring(monkeypatch, failed_with(500))  # type: ignore[arg-type]  # the fake raises it
    assert result["failed"] is True
    install(monkeypatch, {LIST: failed_with(404, f"GET https://{BANNERS}/full")})
    result = run(monkeypatch, qlik_banner.main, **CONNECTION, **WANTED)
    assert result["failure"]["kind"] == "no_banners"
    assert result["failure"]["status"] == 404
    assert "experimental" in result["msg"]
