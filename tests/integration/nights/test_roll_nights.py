# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nights of the whole roll: what it finds out before the first node is touched, and what one reads of it."""

from __future__ import annotations

import pathlib
import re
from itertools import takewhile

import pytest

from ansible_collections.qlikops.sense.tests.integration.nights.night import ALL_RUN, ALL_UP, Night


def test_a_dry_run_finds_what_would_fail_later_on_every_node_and_changes_nothing(
    night: Night, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="ascii")
    powerless = pathlib.Path(night.haproxy.socket).with_name("powerless.sock")
    night.haproxy.reload(f"\nglobal\n    stats socket {powerless} mode 600 level operator\n")
    night.hosts["again.example.com"] = {"qlik_node": "Node2"}
    night.arguments = ["--check"]
    seen = night.restart(
        "",
        proxy_restart_haproxy_socket=str(powerless),
        proxy_restart_lease_dir=str(file / "leases"),
        proxy_restart_audit_log=str(file / "audit.jsonl"),
        proxy_restart_report_dir=str(file / "pages"),
        proxy_restart_notify=["mail"],
    )
    seen.must_have_left_all_alone()
    assert seen.drained == []
    table = seen.text.partition("Show which nodes may be restarted")[2].partition("TASK [")[0]
    for node in ("Central", "Node2", "Node3"):
        told = next(line for line in re.split(r"\\n|\"", table) if line.startswith(f"{node}: "))
        for problem in (
            f"{file}/leases can't keep the lease",
            f"{file}/audit.jsonl",
            f"{file}/pages",
            "which may not set states",
            "notify_users_mail_from",
        ):
            assert problem in told, told
    assert "again.example.com and qlik2.example.com are the same node, Node2." in table
    seen.must_end_with("Nothing was restarted, because .*qlik2.example.com")


@pytest.mark.long
def test_the_central_node_is_left_alone_unless_it_is_asked_for(night: Night) -> None:
    night.arguments = ["--check"]
    assert "Central is the central node and left alone" in night.restart("").text
    seen = night.restart("qlik1")
    seen.must_have_left_all_alone()
    seen.must_end_with("Central is the central node. Set proxy_restart_central to true to also restart it.")


@pytest.mark.long
def test_the_others_are_restarted_if_one_is_refused_only_if_told_so(night: Night) -> None:
    night.hosts["qlik3.example.com"] = {"proxy_restart_haproxy_server": "Node2"}
    seen = night.restart("qlik2,qlik3")
    seen.must_have_left_all_alone()
    seen.must_end_with("Nothing was restarted, because qlik3.example.com may not be")
    seen = night.restart("qlik2,qlik3", drain_and_restart_skip_refused=True, proxy_restart_drain="terminate")
    assert (seen.rc, seen.drained, seen.stopped) == (0, ["Node2"], ["Node2"])
    assert "Node3" in seen.text.partition("Show what became of the nodes")[2]
    assert (seen.end["balancer"], seen.end["proxies"]) == (ALL_UP, ALL_RUN)


@pytest.mark.long
def test_a_node_without_trouble_takes_few_lines_and_no_more_than_80_columns(night: Night) -> None:
    """Every host prints them, so who reads a roll of twelve nodes still finds the one with trouble."""
    night.when_draining(night.control.end_all)
    seen = night.restart(environment={"ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml", "COLUMNS": "80"})
    assert seen.rc == 0
    for phase in ("preflight", "cordon", "drain", "restart", "verify"):
        assert any(re.match(rf"[0-9:]{{8}} Node2: {phase}\b", line) for line in seen.lines), phase
    headers = [line for line in seen.lines if line.startswith("TASK [")]
    assert len(headers) <= 25, "\n".join(seen.lines)
    # Of a table, the line that begins it is a part; how the drain goes depends on those who leave.
    of_others = re.compile(r" {8}| +msg: |$|.* to the deadline$")
    beside_tables = [line for line in seen.lines[1:] if not of_others.match(line)]
    assert len(beside_tables) <= 60, "\n".join(seen.lines)
    summary = seen.text.partition("Show what became of the nodes")[2].splitlines()
    table = list(takewhile(lambda line: line.strip() != "}" and not line.startswith("TASK"), summary[1:]))
    assert max(map(len, table)) <= 80, "\n".join(table)


@pytest.mark.long
def test_a_roll_that_stops_says_of_every_node_what_became_of_it_and_what_to_do_next(night: Night) -> None:
    seen = night.restart("qlik2,qlik3", proxy_restart_drain_timeout=2, proxy_restart_on_timeout="fail")
    seen.must_have_left_all_alone()
    assert seen.drained == ["Node2"]
    summary = seen.text.partition("Show what became of the nodes")[2]
    for words in (
        r"qlik2\.example\.com +failed +ready ",
        "Node3 +untouched",
        r"qlik2\.example\.com failed at: Check that sessions may be ended\. The node is back in the balancer\.",
        "To go on, run the same command again",
    ):
        assert re.search(words, summary), summary
    assert seen.failure.count("3 sessions are left") == 1
    # Who is left stands in the results; on the screen there is no list of them.
    assert '"ref"' not in seen.text
    assert max(map(len, seen.text.splitlines())) < 2000
