# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A page says what the report says, and the words of others stay words."""

from __future__ import annotations

import base64
import hashlib
import pathlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.plugin_utils import _report_files as files
from ansible_collections.qlikops.sense.plugins.plugin_utils._page_tables import MOST_AT_FIRST
from ansible_collections.qlikops.sense.plugins.plugin_utils._page_text import cleaned, mail_link
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_options import TEMPLATES
from ansible_collections.qlikops.sense.tests.unit.plugins import reports
from ansible_collections.qlikops.sense.tests.unit.plugins.listings import NODES, Listed, listed, results, session, user
from ansible_collections.qlikops.sense.tests.unit.plugins.reports import report_of

NASTY = "</title></style></script></td><script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}<!-- &lt;"
TAGS = set(
    re.findall(
        r"\w+",
        "html head meta title link style script body header main footer section h1 h2 h3 p"
        " strong span time ul li dl dt dd div figure figcaption details summary"
        " table caption thead tbody tr th td bdi a code"
        " svg defs pattern g desc text tspan rect circle line path",
    )
)
DRAIN: dict[str, Any] = {
    "node": "Node2",
    "result": "restarted",
    "failure": {},
    "way_back": "",
    "timeline": [
        {"phase": "before", "time": "2026-01-15T09:30:00Z"},
        {"phase": "drain", "time": "2026-01-15T09:30:10Z"},
        {"phase": "report", "time": "2026-01-15T09:35:00Z"},
    ],
    "affected": {"sessions": 3, "users": 2},
    "affected_users": [{"user": "LAB\\anna", "sessions": 3, "virtual_proxies": ["", "sales"]}],
    "affected_virtual_proxies": {"": 2, "sales": 1},
    "ended": ["LAB\\anna", "LAB\\anna"],
    "came_back": ["lab\\anna"],
    "history": [{"time": "2026-01-15T09:30:10Z", "sessions": 3, "users": 2}],
    "left_by_themselves": 1,
}


class Page(HTMLParser):
    """What a reader of the HTML finds: tags, attributes, texts by element, cells by table."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: dict[str, list[str]] = {}
        self.tables: dict[str, list[list[str]]] = {}
        self._open: list[str] = []
        self._table = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._open.append(tag)
        self.texts.setdefault(tag, []).append("")
        if tag == "table":
            self._table = dict(attrs).get("id") or ""
            self.tables[self._table] = []
        if tag == "tr":
            self.tables[self._table].append([])
        if tag in ("td", "th"):
            self.tables[self._table][-1].append("")
        if tag in ("meta", "link"):
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, "elements end in the order in which they began"

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.texts[tag][-1] += data
        if {"td", "th"} & set(self._open):
            self.tables[self._table][-1][-1] += data

    def column(self, table: str, title: str) -> list[str]:
        """Nothing of a table that is not there."""
        head, *rows = self.tables.get(table) or [[]]
        return [row[head.index(title)] for row in rows]


def page_of(report: Any, drain: Any = None) -> Page:
    return Page(reports.page_of(report, drain))


@given(results(), st.lists(st.sampled_from(NODES), unique=True))
def test_words_of_others_stay_words(result: Listed, chosen: list[str]) -> None:
    report: Any = report_of(result, chosen, near_limit=1, runaway_user=1)
    page = page_of(report)
    assert set(page.tags) <= TAGS
    assert (page.tags.count("script"), page.tags.count("style")) == (1, 1)
    assert not [name for _tag, name, _value in page.attributes if name.startswith("on") or name in ("style", "src")]
    if report["users"]:
        assert page.column("users", "User") == [cleaned(entry["user"]) for entry in report["users"]]
        assert page.column("sessions", "Reference") == [entry["ref"] for entry in report["sessions"]]
        assert page.column("limit", "User") == [cleaned(entry["user"]) for entry in report["at_limit"]]


@given(st.text(st.characters(), max_size=12))
def test_a_name_comes_back_exactly(name: str) -> None:
    word = f"<{name}>"
    page = page_of(report_of(listed([session(f"LAB\\{word}")], [user(f"LAB\\{word}", word)]), title=word))
    shown = re.sub("[^\t\n\r -~\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", word)
    assert page.column("users", "Name") == page.column("sessions", "Name") == [shown]
    assert page.column("users", "User") == [f"LAB\\{shown}"]
    assert page.texts["h1"] == [shown]


def test_hostile_words_everywhere() -> None:
    sessions = [session(f"LAB\\{NASTY}", ref=str(number)) for number in range(11)]
    result = listed(sessions, [user(f"LAB\\{NASTY}", NASTY, ["javascript:alert(1)", f"{NASTY}@lab.example"])])
    for proxy in result["virtual_proxies"]:
        proxy["description"] = NASTY
    failure = {"proxy": NASTY, "virtual_proxy": NASTY, "reason": NASTY, "hint": NASTY}
    report: Any = report_of({**result, "failures": [failure], "complete": False}, title=NASTY)
    drain = {
        **DRAIN,
        "node": NASTY,
        "result": "failed",
        "way_back": NASTY,
        "failure": {"task": NASTY, "message": NASTY},
        "ended": [NASTY],
        "came_back": [NASTY],
        "timeline": [{**entry, "phase": NASTY} for entry in DRAIN["timeline"]],
    }
    page = page_of(report, drain)
    assert set(page.tags) <= TAGS
    assert page.tags.count("script") == 1
    assert "{{ 7*7 }}" in page.texts["h1"][0]
    assert page.column("ended", "User") == [NASTY]
    links = [value for tag, name, value in page.attributes if name == "href" and tag == "a"]
    assert links == []


def test_what_the_page_says() -> None:
    sessions = [
        *(session("LAB\\anna", "Node2", ref=f"a{number}", age=90) for number in range(4)),
        session("LAB\\anna", "Central", "vp-sales", ref="b"),
        session("PARTNER\\bo", "Node2", "vp-sales", ref="c"),
    ]
    users = [user("LAB\\anna", "Anna Ek", ["anna.ek@lab.example"]), user("PARTNER\\bo", state="removed_externally")]
    report: Any = report_of(listed(sessions, users), ["Node2"])
    page = page_of(report)
    assert page.texts["title"][0] == page.texts["h1"][0] == "If Node2 is restarted"
    assert page.texts["time"] == ["15 January 2026, 09:30:00 UTC"]
    assert page.tables["users"] == [
        ["User", "Name", "E-mail", "State", "Sessions", "In all", "Virtual proxies", "Also on", "Limit"],
        ["LAB\\anna", "Anna Ek", "anna.ek@lab.example", "", "4", "5", "/", "/sales on Central", "at the limit"],
        ["PARTNER\\bo", "", "", "removed externally", "1", "1", "/sales", "", ""],
    ]
    assert page.tables["sessions"][0] == [
        "User",
        "Name",
        "Virtual proxy",
        "Node",
        "Reference",
        "Since (UTC)",
        "Age",
    ]
    assert page.tables["sessions"][1][-2:] == ["2026-01-15 09:30:00", "1 min 30 s"]
    assert page.tables["virtual-proxies"][1] == ["/", "About vp-default", "4", "1", "Node2\u00a04"]
    assert page.tables["nodes"][2] == ["Node2", "node2.example.com", "5", "2", "yes", "yes"]
    figures = dict(zip(page.texts["dt"], page.texts["dd"], strict=True))
    assert figures["people"] == "2"
    assert figures["also elsewhere"] == "1 have a session on another node"
    assert "waits five minutes before a new one is allowed" in "".join(page.texts["p"])
    assert ("a", "href", "mailto:anna.ek@lab.example") in page.attributes
    # Who can't see the charts is told the same figures.
    assert any("/: 4 sessions. /sales: 1 session." in text for text in page.texts["desc"])


def test_a_session_is_there_since_what_its_age_counts_from() -> None:
    begun = "2026-01-15T07:30:00Z"
    sessions = [
        session("LAB\\anna", "Node2", ref="a", started=begun, first_seen="2026-01-15T09:00:00Z", age=7200),
        session("LAB\\anna", "Node2", ref="b", first_seen="2026-01-15T09:00:00Z", age=1800),
        session("LAB\\anna", "Node2", ref="c", first_seen=None),
    ]
    report: Any = report_of(listed(sessions), ["Node2"])
    assert [row["started"] for row in report["sessions"]] == [begun, None, None]
    shown = {row[3]: row[4:6] for row in page_of(report).tables["sessions"][1:]}
    assert shown["a"] == ["2026-01-15 07:30:00", "2 h 0 min"]
    assert shown["b"] == ["2026-01-15 09:00:00", "30 min 0 s"]
    assert shown["c"] == ["", ""]


def test_nobody_is_connected() -> None:
    page = page_of(report_of(listed([])))
    assert "users" not in page.tables
    assert "Nobody is connected." in page.texts["p"]
    assert "No sessions." in page.texts["p"]


def test_a_report_that_lacks_something_says_so() -> None:
    failure = {"proxy": "Node2", "virtual_proxy": "sales", "reason": "No answer.", "hint": "Is it on?"}
    page = page_of(report_of(listed([], failures=[failure], complete=False)))
    assert "Not complete" in page.texts["h2"]
    assert "Node2 /sales: No answer. Is it on?" in page.texts["li"]


def test_a_drain() -> None:
    page = page_of(None, DRAIN)
    assert page.texts["h1"] == ["Node2 was restarted"]
    figures = dict(zip(page.texts["dt"], page.texts["dd"], strict=True))
    assert figures == {
        "sessions at first": "3 of 2 users",
        "left by themselves": "1",
        "were ended": "2 of 1 user",
        "came back": "1 with a new session",
        "in all": "5 min 0 s",
    }
    assert page.tables["ended"][1:] == [["LAB\\anna", "2", "yes"]]
    assert page.tables["affected"][1:] == [["LAB\\anna", "3", "/, /sales"]]
    assert [*page.tables[""]][1:3] == [["09:30:10", "3", "2"]]


def test_what_was_known_of_the_node_is_said() -> None:
    task = {"name": "<b>", "kind": "reload", "app": "Sales", "user": "", "node": "", "started": ""}
    known = {"central": True, "heartbeat_age": 12, "failover_timeout": None, "candidates": [], "running_tasks": [task]}
    page = page_of(None, {**DRAIN, "upkeep": known})
    assert "The node before the restart" in page.texts["h2"]
    assert {
        "It was the central node, and no other node may take that role.",
        "Its last heartbeat was 12 s old.",
        "It ran 1 task: <b> (reload of Sales).",
    } <= {*page.texts["li"]}
    assert "The node before the restart" not in page_of(None, DRAIN).texts["h2"]


def test_what_was_not_counted_is_no_number() -> None:
    page = page_of(None, {**DRAIN, "left_by_themselves": None})
    assert dict(zip(page.texts["dt"], page.texts["dd"], strict=True))["left by themselves"] == "not counted"


def test_a_drain_that_failed_says_where_and_the_way_back() -> None:
    failure = {"task": "Wait for it", "message": "It did not come."}
    text = reports.page_of(None, {**DRAIN, "result": "failed", "failure": failure, "way_back": "It stays out."})
    page = Page(text)
    assert page.texts["h1"] == ["The restart of Node2 failed"]
    assert {"Wait for it", "It did not come.", "The way back: It stays out."} <= {*page.texts["p"]}


def test_a_dry_run_shows_the_report() -> None:
    dry = {**DRAIN, "result": "would be restarted", "history": [], "ended": [], "came_back": []}
    page = page_of(report_of(listed([session("LAB\\anna", "Node2")]), ["Node2"]), dry)
    assert page.texts["h1"] == ["If Node2 is restarted"]
    assert any("nothing was changed" in text for text in page.texts["p"])
    assert "The drain" not in page.texts["h2"]
    assert page.column("users", "User") == ["LAB\\anna"]


def test_only_its_own_script_may_run() -> None:
    text = reports.page_of(report_of(listed([])))
    policy = next(value for tag, name, value in Page(text).attributes if name == "content" and "default-src" in value)
    for name, tag, rule in (("page.css", "style", "style-src"), ("page.js", "script", "script-src")):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert inside.rstrip("\n") == (TEMPLATES / name).read_text(encoding="utf-8").rstrip("\n")
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_a_long_table_is_in_two_bodies() -> None:
    many = [session(f"LAB\\user{number}", ref=str(number)) for number in range(MOST_AT_FIRST + 2)]
    text = reports.page_of(report_of(listed(many)))
    assert len(Page(text).tables["users"]) == MOST_AT_FIRST + 3
    far = text.split('<tbody class="far">')
    assert [part.split("</tbody>")[0].count("<tr>") for part in far[1:]] == [2, 2]


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("anna.ek@lab.example", "mailto:anna.ek@lab.example"),
        ("a+b%20c&d?e@lab.example", "mailto:a%2Bb%2520c%26d%3Fe@lab.example"),
        ("javascript:alert(1)", ""),
        ("a@b.example,c@d.example", ""),
        ("a@b.example?bcc=c@d.example", ""),
        ("a b@lab.example", ""),
        ("anna@lab.example\n", ""),
        ("ánna@lab.example", ""),
        (f"{'a' * 64}@{'b.' * 99}example", ""),
        ('"a"@lab.example', ""),
    ],
)
def test_only_a_plain_address_is_a_link(address: str, link: str) -> None:
    page = Page(mail_link(address))
    assert [value for tag, _name, value in page.attributes if tag == "a"] == ([link] if link else [])
    assert html_text(mail_link(address)) == address


def html_text(markup: str) -> str:
    return Page(f"<p>{markup}</p>").texts["p"][0]


@pytest.mark.parametrize("source", ["{{ nothing }}", "{% for %}", "{{ inline('none.css') }}", "{{ inline('a.css') }}"])
def test_a_template_that_is_wrong_is_told(source: str, tmp_path: pathlib.Path) -> None:
    template = tmp_path / "mine.html.j2"
    template.write_text(source, encoding="utf-8")
    (tmp_path / "a.css").write_text("p { } </STYLE><script>", encoding="utf-8")
    with pytest.raises(QlikError, match=r"The template .*mine\.html\.j2 can't be used"):
        files.page_of(report_of(listed([])), None, template)
    with pytest.raises(QlikError, match="can't be used"):
        files.page_of(report_of(listed([])), None, tmp_path / "none")


def test_a_template_of_ones_own_escapes_too(tmp_path: pathlib.Path) -> None:
    template = tmp_path / "mine.html.j2"
    template.write_text("<p>{{ report.title }}</p>", encoding="utf-8")
    assert files.page_of(report_of(listed([]), title="<b>&"), None, template) == "<p>&lt;b&gt;&amp;</p>"
