# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report against a naive reckoning, and what pseudonyms hide."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_key import Key, NoKey
from ansible_collections.qlikops.sense.tests.unit.plugins.listings import NODES, Listed, listed, results, session, user
from ansible_collections.qlikops.sense.tests.unit.plugins.reports import key_of, report_of

THREE = [session("LAB\\anna"), session("LAB\\anna", "Node2", "vp-sales"), session("lab\\BJORN", "Node2")]


def person(entry: Listed) -> str:
    return str(entry["user"]).casefold()


@given(results(), st.lists(st.sampled_from(NODES), unique=True), st.integers(0, 6), st.integers(0, 6))
def test_it_agrees_with_a_naive_reckoning(result: Listed, chosen: list[str], near: int, runaway: int) -> None:
    made = report_of(result, chosen, near_limit=near, runaway_user=runaway, runaway_virtual_proxy=runaway)
    everything = result["sessions"]
    affected = [entry for entry in everything if not chosen or entry["proxy"] in chosen]
    by_user: dict[str, list[Listed]] = defaultdict(list)
    for entry in everything:
        by_user[person(entry)].append(entry)
    kinds = {person(entry): entry["kind"] for entry in result["users"]}

    # Nobody is lost, and the order is kept.
    assert [entry["ref"] for entry in made["sessions"]] == [entry["ref"] for entry in affected]
    assert {person(entry) for entry in made["users"]} == {person(entry) for entry in affected}
    assert [person(entry) for entry in made["sessions"]] == [person(entry) for entry in affected]

    for found in made["users"]:
        theirs = by_user[person(found)]
        there = [entry for entry in theirs if entry in affected]
        away = {(entry["virtual_proxy"], entry["proxy"]) for entry in theirs if entry not in affected}
        assert (found["sessions"], found["sessions_in_all"]) == (len(there), len(theirs))
        assert {(place["virtual_proxy"], place["node"]) for place in found["elsewhere"]} == away
        assert set(found["nodes"]) == {entry["proxy"] for entry in there}
        assert set(found["virtual_proxies"]) == {entry["virtual_proxy"] for entry in there}
        assert found["runaway"] == (0 < runaway < len(theirs))

    counts = Counter({name: len(theirs) for name, theirs in by_user.items() if kinds[name] != "anonymous"})
    at = {name for name, count in counts.items() if count >= 5}
    nearly = {name for name, count in counts.items() if 0 < near <= count < 5}
    assert {person(entry) for entry in made["at_limit"] if entry["limit"] == "at"} == at
    assert {person(entry) for entry in made["at_limit"] if entry["limit"] == "near"} == nearly
    summary = made["summary"]
    assert (summary["at_limit"], summary["near_limit"]) == (len(at), len(nearly))

    ids = Counter(entry["virtual_proxy_id"] for entry in affected)
    assert sum(proxy["sessions"] for proxy in made["virtual_proxies"]) == len(affected) == summary["sessions"]
    assert sorted(proxy["sessions"] for proxy in made["virtual_proxies"] if proxy["sessions"]) == sorted(ids.values())
    for proxy in made["virtual_proxies"]:
        assert sum(node["sessions"] for node in proxy["nodes"]) == proxy["sessions"]
    assert {node["name"]: node["sessions"] for node in made["nodes"] if node["sessions"]} == Counter(
        entry["proxy"] for entry in everything
    )
    people = {name for name in map(person, affected) if kinds[name] == "person"}
    assert (summary["people"], summary["users"]) == (len(people), len(set(map(person, affected))))
    assert summary["anonymous_sessions"] == sum(kinds[person(entry)] == "anonymous" for entry in affected)
    assert summary["service_sessions"] == sum(kinds[person(entry)] == "service" for entry in affected)
    assert summary["elsewhere"] == sum(any(entry not in affected for entry in by_user[name]) for name in people)
    assert len(made["runaways"]) == summary["runaways"]
    assert {fold(entry["name"]) for entry in made["runaways"] if entry["what"] == "user"} == {
        name for name, theirs in by_user.items() if 0 < runaway < len(theirs)
    }


@given(results(), st.lists(st.sampled_from(NODES), unique=True))
def test_pseudonyms_leave_nothing_that_tells_who_it_is(result: Listed, chosen: list[str]) -> None:
    key = key_of(result)
    options: dict[str, Any] = {"near_limit": 1, "runaway_user": 1, "runaway_virtual_proxy": 1}
    named = report_of(result, chosen, **options)
    made = report_of(result, chosen, **options, key=Key.read(key.as_text()))
    written = json.dumps(made, ensure_ascii=False).casefold()
    assert "zq" not in written
    assert not any(directory in written for directory in ("internal", "none\\"))
    assert (made["pseudonyms"], named["pseudonyms"]) == (True, False)
    assert made["summary"] == named["summary"]
    assert made["advice"] == named["advice"]
    # The key and nothing else leads back.
    users = {entry["user"]: entry for entry in named["users"]}
    for entry in made["users"]:
        twin = next(found for name, found in users.items() if fold(name) == fold(key.labels[entry["user"]]))
        assert {
            **twin,
            **{name: entry[name] for name in ("user", "user_directory", "user_id", "name", "emails")},
        } == entry


def test_a_user_keeps_the_label_when_others_come_and_go() -> None:
    first = key_of(listed(THREE))
    second = key_of(listed([session("LAB\\ANNA"), session("LAB\\carla")]), Key.read(first.as_text()))
    assert first.labels.items() < second.labels.items()
    assert first.secret == second.secret
    assert len(second.labels) == 3
    other = key_of(listed(THREE))
    assert not set(other.labels) & set(first.labels), "another secret gives other labels"


def test_users_whose_hashes_begin_alike_have_labels_of_their_own() -> None:
    key = key_of(listed(THREE[:1]))
    ((label, _anna),) = key.labels.items()
    again = key_of(listed(THREE), Key(key.secret, {label: "LAB\\somebody"}))
    longer = next(name for name, whose in again.labels.items() if whose == "LAB\\anna")
    assert longer.startswith(label)
    assert len(longer) == len(label) + 4
    assert again.labels[label] == "LAB\\somebody"
    assert key_of(listed(THREE), again) == again


@pytest.mark.parametrize(
    "broken",
    [
        "{",
        "[]",
        '{"secret": "hush"}',
        '{"secret": "hush-hush", "labels": {}}',
        {"secret": "x" * 64, "labels": {"anna": "x"}},
    ],
)
def test_what_is_no_key_is_refused_and_not_quoted(broken: Any) -> None:
    with pytest.raises(NoKey) as caught:
        Key.read(broken)
    assert not any(word in str(caught.value) for word in ("hush", "anna"))


def test_a_key_without_the_users_is_no_use() -> None:
    with pytest.raises(QlikError, match="no label for one of its users") as caught:
        report_of(listed(THREE), key=key_of(listed(THREE[:1])))
    assert "BJORN" not in str(caught.value)


def test_nodes_are_found_by_either_name_in_any_case() -> None:
    made = report_of(listed(THREE), ["NODE2.example.com", "node2", ""])
    assert made["proxies"] == ["Node2"]
    assert [node["name"] for node in made["nodes"] if node["chosen"]] == ["Node2"]
    assert report_of(listed(THREE), ["node2", "id-of-Node2"])["proxies"] == ["Node2"]
    assert report_of(listed(THREE), [""])["proxies"] == []


def test_a_node_that_the_site_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(BadOption, match=r"service Nope\. It has: Central \(central\.example\.com\), Node2"):
        report_of(listed(THREE), ["Nope"])


def test_the_title_says_what_it_is_about() -> None:
    assert report_of(listed([]))["title"] == "Who is connected"
    assert report_of(listed([]), ["Node2"])["title"] == "If Node2 is restarted"
    assert report_of(listed([]), list(NODES))["title"] == "If Central, Node2 and Node3 are restarted"
    assert report_of(listed([]), ["Node2"], title="On Sunday")["title"] == "On Sunday"


def test_users_come_by_sessions_and_then_by_name_in_any_case() -> None:
    sessions = [session(f"LAB\\{name}") for name in ("b", "A", "c", "c")]
    assert [entry["user"] for entry in report_of(listed(sessions))["users"]] == ["LAB\\c", "LAB\\A", "LAB\\b"]


def test_what_is_left_out_where_nothing_is_chosen() -> None:
    made = report_of(listed(THREE))
    assert made["summary"]["elsewhere"] == 0
    assert not any(entry["elsewhere"] for entry in made["users"])
    assert not any("another node" in sentence for sentence in made["advice"])
    assert "another node" in report_of(listed(THREE), ["Central"])["advice"][0]


def test_the_five_minutes_are_explained_where_somebody_is_at_the_limit() -> None:
    four, five = ([session("LAB\\anna", ref=str(number)) for number in range(count)] for count in (4, 5))
    assert not any("five minutes" in sentence for sentence in report_of(listed(four))["advice"])
    (sentence,) = (sentence for sentence in report_of(listed(five))["advice"] if "five minutes" in sentence)
    assert sentence.startswith("1 user has 5 sessions or more")


def test_anonymous_visitors_are_never_at_the_limit() -> None:
    made = report_of(listed([session("NONE\\anonymous1", ref=str(number)) for number in range(6)]))
    assert made["at_limit"] == []
    assert (made["summary"]["people"], made["summary"]["anonymous_sessions"]) == (0, 6)


def test_a_report_that_lacks_something_says_so() -> None:
    failure = {"proxy": "Node2", "virtual_proxy": "sales", "reason": "No answer.", "hint": "See to it."}
    made = report_of(listed(THREE, failures=[failure], complete=False))
    assert made["failures"] == [failure]
    assert (made["complete"], made["summary"]["people"]) == (False, 2)
    assert made["advice"][0].startswith("This report is not complete: 1 list")


def test_links_to_nothing_are_found() -> None:
    made = report_of(listed(THREE))
    assert made["unlinked"] == [{"prefix": "old", "description": "Left over"}]
    assert "old" not in [proxy["prefix"] for proxy in made["virtual_proxies"]]


def test_people_without_address_or_unknown_are_counted() -> None:
    users = [user("LAB\\anna", "Anna", ["anna@lab.example"]), user("LAB\\bjorn", state="missing")]
    summary = report_of(listed(THREE, users))["summary"]
    assert (summary["missing"], summary["without_email"]) == (1, 1)


def test_a_name_that_came_with_the_session_is_used_where_the_repository_has_none() -> None:
    named = [session("LAB\\anna", user_name="Anna of the session"), session("LAB\\bjorn", user_name="no")]
    made = report_of(listed(named, [user("LAB\\bjorn", "Björn")]))
    assert [entry["name"] for entry in made["sessions"]] == ["Anna of the session", "Björn"]


def test_a_name_that_fits_two_nodes_is_refused() -> None:
    result = listed(THREE)
    result["proxies"][2]["host_name"] = "Node2"
    with pytest.raises(BadOption, match="Name one by its id: id-of-Node2, id-of-Node3"):
        report_of(result, ["node2"])


@pytest.mark.parametrize(
    ("broken", "said"),
    [({"users": []}, "no sessions"), ({**listed(THREE), "users": []}, "not among its users")],
)
def test_what_is_no_list_of_all_sessions_is_refused(broken: Any, said: str) -> None:
    with pytest.raises(QlikError, match=said):
        report_of(broken)


def test_users_that_were_not_resolved_are_refused() -> None:
    unresolved = {key: value for key, value in user("LAB\\anna").items() if key not in ("kind", "state")}
    with pytest.raises(QlikError, match="resolve_users"):
        report_of(listed(THREE, [unresolved]))
