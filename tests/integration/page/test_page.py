# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of a report in Chromium: what it shows, how it sorts and filters, and what it never does."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from ansible_collections.qlikops.sense.plugins.plugin_utils._upkeep_words import KEYS
from ansible_collections.qlikops.sense.tests.integration.page import looking


def shown_users(page: Page) -> list[str]:
    cells = page.locator("#users tbody tr:visible td:first-child").all_inner_texts()
    return [cell.removeprefix("LAB\\") for cell in cells]


def header(page: Page, table: str, name: str) -> Locator:
    return page.locator(f"#{table}").get_by_role("columnheader", name=name, exact=True)


def test_it_is_all_there(looker: looking.Looker) -> None:
    report = looking.report(looking.people(), ("Node2",))
    with looker.look(report) as page:
        expect(page).to_have_title("If Node2 is restarted")
        expect(page.get_by_role("heading", level=1)).to_have_text("If Node2 is restarted")
        assert len(shown_users(page)) == len(report["users"])
        expect(page.locator("#sessions tbody tr")).to_have_count(len(report["sessions"]))
        expect(page.get_by_role("img", name=re.compile("Sessions by virtual proxy"))).to_be_visible()
        expect(page.get_by_role("img", name=re.compile("Sessions by node"))).to_be_visible()


def test_users_with_unlisted_sessions_are_there_also_those_without_a_session(looker: looking.Looker) -> None:
    listed = looking.people()
    without = [{"user": "LAB\\<b>bert", "rows_without_session": 12}, {"user": "LAB\\cleo", "rows_without_session": 3}]
    report = looking.report({**listed, "users_without_session": without})
    report["upkeep"] = [{"node": "Node2", **dict.fromkeys(KEYS)}]
    with looker.look(report) as page:
        rows = page.locator("#unlisted tbody tr")
        assert [row.split("\t") for row in rows.all_inner_texts()] == [
            ["LAB\\<b>bert", "0", "12"],
            ["LAB\\cleo", "0", "3"],
        ]
        header(page, "unlisted", "Unlisted").get_by_role("button").click()
        header(page, "unlisted", "Unlisted").get_by_role("button").click()
        expect(rows.first).to_contain_text("cleo")
        node = page.locator("section", has=page.get_by_role("heading", name="The node"))
        expect(node).to_contain_text("Node2 may be the central node: QRS does not tell.")
        expect(node).to_contain_text("Which tasks run on it is unknown.")
    with looker.look(report, looking.drain()) as page:  # which says what it was before
        expect(page.get_by_role("heading", name="The node", exact=True)).to_have_count(0)


def test_words_are_sorted_as_people_sort_them(looker: looking.Looker) -> None:
    with looker.look(looking.report(looking.people())) as page:
        name = header(page, "users", "User")
        assert name.get_attribute("aria-sort") is None
        name.get_by_role("button").click()
        expect(name).to_have_attribute("aria-sort", "ascending")
        # Å beside A, é beside e, and 2 before 10.
        by_name = ["Ångström", "anna", "Björn", "carla", "dmitri", "émile", "farid", "nobody", "user2", "user10", "zoé"]
        assert [name for name in shown_users(page) if "\\" not in name] == [*by_name]
        name.get_by_role("button").click()
        expect(name).to_have_attribute("aria-sort", "descending")
        assert [name for name in shown_users(page) if "\\" not in name] == by_name[::-1]


def test_numbers_are_sorted_as_numbers_and_ties_keep_their_order(looker: looking.Looker) -> None:
    with looker.look(looking.report(looking.people())) as page:
        header(page, "users", "User").get_by_role("button").click()
        by_name = shown_users(page)
        header(page, "users", "Sessions").get_by_role("button").click()
        expect(header(page, "users", "Sessions")).to_have_attribute("aria-sort", "descending")
        expect(page.locator("#users [aria-sort]")).to_have_count(1)
        counts = [int(text) for text in page.locator("#users td[data-n]").all_inner_texts()]
        assert counts == sorted(counts, reverse=True)
        assert len(set(counts)) < len(counts)
        order = shown_users(page)
        for count in set(counts):
            same = [name for name, its in zip(order, counts, strict=True) if its == count]
            assert same == [name for name in by_name if name in same]


def test_nothing_comes_last_either_way(looker: looking.Looker) -> None:
    with looker.look(looking.report(looking.people())) as page:
        for _direction in ("ascending", "descending"):
            header(page, "users", "Name").get_by_role("button").click()
            names = page.locator("#users tbody td:nth-child(2)").all_inner_texts()
            assert names[-2:] == ["", ""]
            assert all(names[:-2])


def test_ages_are_sorted_as_times(looker: looking.Looker) -> None:
    with looker.look(looking.report(looking.people())) as page:
        header(page, "sessions", "Age").get_by_role("button").click()
        seconds = page.locator("#sessions td:last-child").evaluate_all("cells => cells.map(cell => +cell.dataset.n)")
        assert seconds == sorted(seconds, reverse=True)


def test_the_keyboard_is_enough(looker: looking.Looker) -> None:
    with looker.look(looking.report(looking.people())) as page:
        page.get_by_label("Filter users", exact=True).focus()
        page.keyboard.type("lab")
        page.keyboard.press("Tab")  # the table, which can be scrolled
        page.keyboard.press("Tab")
        expect(header(page, "users", "User").get_by_role("button")).to_be_focused()
        page.keyboard.press("Enter")
        expect(header(page, "users", "User")).to_have_attribute("aria-sort", "ascending")
        page.keyboard.press("Space")
        expect(header(page, "users", "User")).to_have_attribute("aria-sort", "descending")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert outline != "0px", "the focus can be seen"


def test_filtering(looker: looking.Looker) -> None:
    with looker.look(looking.report(looking.people())) as page:
        box, status = (
            page.get_by_label("Filter users", exact=True),
            page.locator(".filter:has(#users-filter) [role=status]"),
        )
        box.fill("angstrom")
        expect(status).to_have_text("1 of 12 users")
        assert shown_users(page) == ["Ångström"]
        box.fill("USER  sales")
        expect(status).not_to_have_text("1 of 12 users")
        assert {name for name in shown_users(page) if name.startswith("user")} == {"user2", "user10"}
        box.fill("no such thing")
        expect(status).to_have_text("0 of 12 users")
        header(page, "users", "User").get_by_role("button").click()
        assert shown_users(page) == []
        box.press("Escape")
        expect(status).to_have_text("All 12 users")
        assert len(shown_users(page)) == 12
        expect(page.locator("#sessions tbody tr[hidden]")).to_have_count(0)


def test_a_long_table_shows_its_far_end_when_asked(looker: looking.Looker) -> None:
    with looker.look(looking.report(looking.big(700, 700))) as page:
        assert len(shown_users(page)) == 300
        more = page.locator("section:has(#users) .more")
        expect(more).to_have_text("Show all 700 users, not only the first 300")
        header(page, "users", "User").get_by_role("button").click()
        header(page, "users", "User").get_by_role("button").click()
        assert shown_users(page)[0] == "user00699"
        page.get_by_label("Filter users", exact=True).fill("user0000")
        expect(more).to_be_hidden()
        assert len(shown_users(page)) == 10  # from the far end
        page.get_by_label("Filter users", exact=True).fill("")
        expect(more).to_be_visible()
        more.click()
        assert len(shown_users(page)) == 700
        expect(more).to_be_hidden()
        assert shown_users(page)[-1] == "user00000"


def test_hostile_names_stay_text(looker: looking.Looker) -> None:
    report = looking.report(looking.hostile())
    with looker.look(report, looking.drain()) as page:
        texts = page.locator("#users tbody td:first-child").evaluate_all("cells => cells.map(cell => cell.textContent)")
        assert sorted(texts) == sorted(entry["user"] for entry in report["users"])
        assert page.locator("img, iframe, object, form, a:not([href^='mailto:'])").count() == 0
        assert page.locator("script").count() == 1
        page.get_by_label("Filter users", exact=True).fill("<script>")
        header(page, "users", "User").get_by_role("button").click()
        expect(page.locator("#users tbody tr:visible")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_is_smuggled_in_does_not_run(looker: looking.Looker) -> None:
    def smuggle() -> None:
        with looker.look(looking.report(looking.people())) as page:
            page.evaluate(
                """() => {
                    const script = document.createElement('script');
                    script.append('document.title = "run"');
                    document.body.append(script);
                }"""
            )
            expect(page).to_have_title("Who is connected")

    with pytest.raises(AssertionError, match=r"Content Security Policy|TrustedScript"):
        smuggle()


def test_without_javascript_it_can_be_read(looker: looking.Looker) -> None:
    report = looking.report(looking.big(700, 700))
    with looker.look(report, java_script_enabled=False) as page:
        expect(page.locator("#users tbody tr:visible")).to_have_count(700)
        assert page.locator("button, input").count() == 0
        page.get_by_text("Every session").click()
        expect(page.locator("#sessions tbody tr:visible")).to_have_count(700)


def test_a_drain(looker: looking.Looker) -> None:
    with looker.look(looking.report(looking.people(), ("Node2",)), looking.drain()) as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("Node2 was restarted")
        chart = page.get_by_role("img", name=re.compile("Sessions left over time"))
        expect(chart).to_contain_text("17")
        expect(chart).to_contain_text("2 left")
        rows = page.locator("table.phases tbody tr").all_inner_texts()
        assert rows[2] == "drain\t09:30:06\t6 min 4 s"
        box = chart.bounding_box()
        assert box
        for drawn in chart.locator("text, rect, circle").all():
            inner = drawn.bounding_box()
            assert not inner or (
                inner["x"] >= box["x"] - 6 and inner["x"] + inner["width"] <= box["x"] + box["width"] + 6
            )


def test_a_drain_that_failed(looker: looking.Looker) -> None:
    with looker.look(None, looking.drain("failed")) as page:
        alert = page.get_by_role("region", name="What failed")
        expect(alert).to_contain_text("It did not answer.")
        expect(alert).to_contain_text("It stays out.")
        assert page.locator("#users").count() == 0


def test_a_large_site_opens_at_once(looker: looking.Looker) -> None:
    """A wide bound, for a machine that has other things to do; the benchmark says what it takes."""
    with looker.look(looking.report(looking.big())) as page:
        took = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
        assert 0 < took < 10_000
        page.get_by_label("Filter users", exact=True).fill("user00007")
        expect(page.locator("#users tbody tr:visible")).to_have_count(1)
