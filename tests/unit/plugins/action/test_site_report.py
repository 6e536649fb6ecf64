# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin site_report: the table, the page, JSON, and the description of a site."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from ansible_collections.qlikops.sense.plugins.action import site_report as plugin
from ansible_collections.qlikops.sense.plugins.module_utils._model.check import Check, summary_of
from ansible_collections.qlikops.sense.plugins.plugin_utils._site_report import as_text
from ansible_collections.qlikops.sense.plugins.plugin_utils._table import cell_width
from ansible_collections.qlikops.sense.tests.unit.plugins.acting import Host, Result, act

HOSTILE = "<script>alert(1)</script> {{ 6 * 7 }}"
CHECKS = [
    Check("reach", "qrs", "ok", "3 nodes answered."),
    Check("site", "unlinked", "warning", f"/{HOSTILE}", "Link or remove them."),
    Check("reach", "qps", "problem", f"Node2: {'no answer ' * 20}", "Start it. " * 20),
    Check("balancer", "servers", "unknown", "No balancer was named."),
]
DESCRIPTION = {"virtual_proxies": [{"prefix": "größe"}], "nodes": [], "users": [], "sessions": [], "switches": {}}


def found(*checks: Check, description: Any = None) -> Result:
    listed = checks or CHECKS
    return {
        "changed": False,
        "checks": [check.as_result() for check in listed],
        "summary": summary_of(list(listed)),
        "description": DESCRIPTION if description is None else description,
        "observed_at": "2026-01-15T09:30:00Z",
    }


def test_the_table_says_everything_and_below_what_to_do_the_worst_first() -> None:
    lines = as_text(found(), 80).splitlines()
    assert lines[0] == "1 problem, 1 warning, 1 unknown, 1 ok"
    assert lines[2].split() == ["Check", "Status", "Seen"]
    assert [line.split()[0] for line in lines[4:8]] == ["reach/qrs", "site/unlinked", "reach/qps", "balancer/servers"]
    below = [line for line in lines[8:] if ": " in line and not line.startswith(" ")]
    assert below == ["problem: reach/qps", "warning: site/unlinked"]
    assert "  Link or remove them." in lines
    assert max(map(cell_width, lines)) <= 80


def test_a_site_that_is_well_has_nothing_to_do() -> None:
    assert as_text(found(CHECKS[0]), 80).splitlines()[0] == "1 ok"
    assert len(as_text(found(CHECKS[0]), 80).splitlines()) == 5


def test_files(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host()
    arguments = {"check": found(), "dir": "/srv/new", "name": "lab"}
    result = act(monkeypatch, plugin, host, arguments, check_mode=True)
    assert result["files"] == ["/srv/new/lab.html", "/srv/new/lab.json", "/srv/new/lab.site.yml"]
    assert result["changed"] is True
    page, data, site = (host.files[path] or "" for path in result["files"])
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 6 * 7 }}" in page
    assert HOSTILE not in page
    assert json.loads(data)["checks"] == found()["checks"]
    assert yaml.safe_load(site) == DESCRIPTION
    assert "größe" in site
    assert act(monkeypatch, plugin, host, arguments)["changed"] is False


def test_no_file_without_a_directory_and_no_description_of_what_was_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host()
    assert act(monkeypatch, plugin, host, {"check": found()})["files"] == []
    assert host.calls == []
    unread = act(monkeypatch, plugin, host, {"check": found(description={}), "dir": "/srv"})
    assert unread["files"] == ["/srv/production.html", "/srv/production.json"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"check": {}}, "check is not what qlik_site_check returns"),
        ({"check": {**found(), "checks": [{"status": "fine"}]}}, "check is not what qlik_site_check returns"),
        ({"check": found(), "dir": "reports"}, "dir must be an absolute path, on keeper"),
        ({"check": found(), "name": "../x"}, "can't be ../x"),
        ({"check": found(), "formats": ["pdf"]}, "pdf"),
        ({"check": found(), "path": "/srv"}, "There is no option path"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch, arguments: Result, words: str
) -> None:
    host = Host()
    result = act(monkeypatch, plugin, host, arguments)
    assert result["failed"] is True
    assert words in result["msg"]
    assert host.files.keys() == {"/", "/srv"}


def test_a_directory_that_can_not_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host()
    host.unwritable.add("/srv")
    result = act(monkeypatch, plugin, host, {"check": found(), "dir": "/srv/new"})
    assert "can't be written to" in result["msg"]
