# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin report_page: pages of a report, of a restart, and of both."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.action import report_page as plugin
from ansible_collections.qlikops.sense.tests.unit.plugins.acting import Host, Result, act
from ansible_collections.qlikops.sense.tests.unit.plugins.listings import listed, session
from ansible_collections.qlikops.sense.tests.unit.plugins.plugin_utils.test_report_page import DRAIN
from ansible_collections.qlikops.sense.tests.unit.plugins.reports import report_of

REPORT = report_of(listed([session("LAB\\anna", "Node2")]), ["Node2"])
PAGE = {"path": "/srv/new/Node2.html", "data_path": "/srv/new/Node2.json"}


@pytest.mark.parametrize("report", [REPORT, json.dumps(REPORT)])
def test_a_page_and_the_same_for_programs(monkeypatch: pytest.MonkeyPatch, report: Any) -> None:
    host = Host()
    result = act(monkeypatch, plugin, host, {**PAGE, "report": report, "drain": DRAIN}, check_mode=True)
    assert result == {"changed": True, "files": list(PAGE.values())}
    assert "Node2 was restarted" in (host.files[PAGE["path"]] or "")
    assert json.loads(host.files[PAGE["data_path"]] or "") == {"drain": DRAIN, "report": REPORT}
    again = act(monkeypatch, plugin, host, {**PAGE, "report_file": PAGE["data_path"], "drain": DRAIN})
    assert again == {"changed": False, "files": list(PAGE.values())}


def test_a_report_of_its_own_file(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host()
    host.files["/srv/x.json"] = json.dumps(REPORT)
    act(monkeypatch, plugin, host, {"path": PAGE["path"], "report_file": "/srv/x.json"})
    assert "LAB\\anna" in (host.files[PAGE["path"]] or "")
    assert PAGE["data_path"] not in host.files


@pytest.mark.parametrize(
    ("text", "words"), [(None, "could not be read"), ("{}", "holds no report"), ("{", "no report")]
)
def test_what_became_of_a_node_is_told_even_without_the_report(
    monkeypatch: pytest.MonkeyPatch, text: str | None, words: str
) -> None:
    host = Host()
    if text is not None:
        host.files["/srv/x.json"] = text
    given = {**PAGE, "report_file": "/srv/x.json"}
    result = act(monkeypatch, plugin, host, {**given, "drain": DRAIN})
    assert words in result["warnings"][0]
    assert json.loads(host.files[PAGE["data_path"]] or "")["report"] is None
    assert words in act(monkeypatch, plugin, host, given)["msg"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"report": None, "drain": {}}, "There is neither a report nor a drain"),
        ({"report": {"title": "x"}}, "report: the input is not a report"),
        ({"report": {key: value for key, value in REPORT.items() if key != "sessions"}}, "is not a report"),
        ({"drain": {"node": "x"}}, "drain is not what the role proxy_restart reports"),
        ({"drain": DRAIN, "path": "x.html"}, "path must be an absolute path, on keeper. It is x.html."),
        ({"drain": DRAIN, "path": None}, "missing required arguments: path"),
        ({"report": REPORT, "report_file": "/srv/x"}, "not both"),
        ({"drain": DRAIN, "reprot": 1}, "There is no option reprot."),
        ({"drain": DRAIN, "template": "/none.j2"}, "The template /none.j2 can't be used"),
    ],
)
def test_what_is_refused(monkeypatch: pytest.MonkeyPatch, given: Result, words: str) -> None:
    host = Host()
    assert words in act(monkeypatch, plugin, host, {**PAGE, **given})["msg"]
    assert not host.called("file")
