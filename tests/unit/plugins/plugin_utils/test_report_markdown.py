# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Markdown in which the names of users stay text, and reports cut down or read again."""

from __future__ import annotations

import html
import json
import pathlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.plugin_utils import _report_files as files
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_markdown import escaped
from ansible_collections.qlikops.sense.tests.unit.plugins.listings import NODES, Listed, listed, results, session, user
from ansible_collections.qlikops.sense.tests.unit.plugins.reports import markdown_of, report_of
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import HOSTILE

NASTY = "|</td><script>alert(1)</script>`[x](https://evil.example)*_@anna #1\n# x www.evil.example"
# What Markdown may do something with, unless there is a backslash before it.
LIVE = re.compile(r"(?<!\\)(?:\\\\)*[`*_\[\]{}#!~@$^]|[<>|\n]|https?:(?=//)|www\.")


@given(st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(HOSTILE)), max_size=20))
def test_a_value_stays_text_on_one_line(text: str) -> None:
    made = escaped(text)
    assert not LIVE.search(made)
    assert not re.match(r"[-+=:]|\d+[.)]|\s", made)
    assert not re.search(r"(?<!\\)(?:\\\\)*\\$", made), "it would escape what follows"
    # What is shown is what was given, but for what can't be shown on a line.
    plain = html.unescape(re.sub(r"\\([^\w\s])", r"\1", made))
    shown = " ".join(text.split())
    assert plain == "".join(char if char.isprintable() else "�" for char in shown)


def test_the_report_for_a_ticket() -> None:
    sessions = [
        session("LAB\\anna", "Node2"),
        session("LAB\\anna", "Central", "vp-sales"),
        session("LAB\\a_b|c", "Node2"),
    ]
    text = markdown_of(report_of(listed(sessions, [user("LAB\\anna", "Anna Ek")]), ["Node2"]))
    assert text.startswith("# If Node2 is restarted\n\n2 sessions of 2 people over 1 virtual proxy on Node2, as of")
    assert "| / | About vp-default | 2 | 2 | Node2 2 |\n" in text
    assert "| LAB\\\\anna | Anna Ek |  |  | 1 | 2 | / on Node2 | /sales on Central |  |\n" in text
    assert "| LAB\\\\a\\_b&#124;c |" in text
    assert "| Node2 | node2.example.com | 2 | 2 | yes | yes |\n" in text
    assert "Linked to no proxy service: /old (Left over)\n" in text
    assert "At or near" not in text
    assert "Copyright" not in text


@given(results(), st.lists(st.sampled_from(NODES), unique=True))
def test_no_table_is_broken(result: Listed, chosen: list[str]) -> None:
    text = markdown_of(report_of(result, chosen, near_limit=1, runaway_user=1))
    columns = 0
    for line in text.split("\n"):
        if line.startswith("|"):
            columns = columns or line.count("|")
            assert line.count("|") == columns
            assert line.endswith("|")
        else:
            columns = 0
            assert not line.startswith((" ", "\t"))


def test_hostile_names_do_nothing() -> None:
    sessions = [session(f"LAB\\{NASTY}", ref=str(number)) for number in range(11)]
    report = report_of(listed(sessions, [user(f"LAB\\{NASTY}", NASTY)]), title=NASTY)
    text = markdown_of(report)
    assert not re.search(r"(?<!\\)`|<script|(?<!\\)\[x|https:(?=//)|(?<!\\)@anna|www\.evil", text)
    assert text.count("\n# ") == 0


def test_what_is_left_out_is_counted() -> None:
    many = [session(f"LAB\\user{number:02}") for number in range(12)]
    text = markdown_of(report_of(listed(many)), 5)
    assert "user04" in text
    assert "user05" not in text
    assert "\n\n... and 7 more\n" in text


def test_a_report_that_lacks_something_says_so_first() -> None:
    failure = {"proxy": "Node2", "virtual_proxy": "", "reason": "Down.", "hint": ""}
    text = markdown_of(report_of(listed([], failures=[failure], complete=False)))
    assert text.split("\n\n")[2].startswith("* **Not complete:** Node2 /: Down.\n* This report is not complete")


@pytest.mark.parametrize("source", ["{{ report.nothing }}", "{% for %}"])
def test_a_template_that_is_wrong_is_told(source: str, tmp_path: pathlib.Path) -> None:
    template = tmp_path / "mine.md.j2"
    template.write_text(source, encoding="utf-8")
    with pytest.raises(QlikError, match=r"The template .*mine\.md\.j2 can't be used"):
        files.markdown_of(report_of(listed([])), template)
    with pytest.raises(QlikError, match="can't be used"):
        files.markdown_of(report_of(listed([])), tmp_path / "none")


@given(results())
def test_the_small_report_is_small_and_true(result: Listed) -> None:
    report = report_of(result, near_limit=1, runaway_user=1, runaway_virtual_proxy=1)
    small = files.overview(report, ["/srv/x.json"])
    assert small["summary"] == report["summary"]
    assert small["files"] == ["/srv/x.json"]
    for name in ("virtual_proxies", "nodes", "at_limit", "runaways", "unlinked"):
        assert len(small[name]) == min(files.MOST_IN_OVERVIEW, len(report[name]))
        for entry, whole in zip(small[name], report[name], strict=False):
            assert entry.items() <= whole.items()
    assert "sessions" not in small
    assert "users" not in small


def test_the_small_report_of_a_huge_site_stays_small() -> None:
    sessions = [session(f"LAB\\user{n // 6:05}", ref=str(n)) for n in range(3000)]
    small = files.overview(report_of(listed(sessions), runaway_user=5), [])
    assert small["summary"]["at_limit"] == 500
    assert len(json.dumps(small)) < 16_000


def test_the_small_report_names_nodes_that_did_not_answer() -> None:
    failures = [{"proxy": "Node2", "virtual_proxy": prefix, "reason": "Down.", "hint": ""} for prefix in ("", "x")]
    small = files.overview(report_of(listed([], failures=failures, complete=False)), [])
    assert (small["complete"], small["unread"]) == (False, ["Node2"])
