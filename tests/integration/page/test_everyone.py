# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page on a phone, on paper, in the dark, and for people who do not see it, or see it otherwise."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from ansible_collections.qlikops.sense.tests.integration.page import looking

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
# Of WCAG 2.2 AA: text, and what is drawn.
TEXT, DRAWN = 4.5, 3.0
# The colours that stand on each other: of every text that is seen with what lies behind it, and of fills and lines.
COLOURS = """() => {
    const parsed = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = parsed(getComputedStyle(at).backgroundColor);
            if (colour.length === 3 || colour[3] > 0) return colour;
        }
    };
    const found = [];
    for (const element of document.querySelectorAll('body *')) {
        const style = getComputedStyle(element);
        const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!element.checkVisibility() || element.closest('defs, style, script, title, desc')) continue;
        const what = `${element.tagName} ${element.getAttribute('class') ?? ''} ${element.textContent.slice(0, 20)}`;
        if (element.matches('text, tspan')) {
            const strip = element.matches('.strip') && getComputedStyle(element.previousElementSibling).fill;
            const ground = strip || (element.matches('.inside') && style.stroke);
            found.push(['text', what, parsed(style.fill), ground ? parsed(ground) : behind(element)]);
        } else if (text) {
            found.push(['text', what, parsed(style.color), behind(element)]);
        }
        if (element.matches('.segment')) {
            const id = style.fill.match(/#([\\w-]+)/);
            const fill = id ? getComputedStyle(document.querySelector(`#${id[1]} .base`)).fill : style.fill;
            found.push(['drawn', what, parsed(fill), behind(element)]);
        }
        if (element.matches('.step, circle.look')) {
            found.push(['drawn', what, parsed(element.matches('.step') ? style.stroke : style.fill), behind(element)]);
        }
        if (element.matches('input, button.more')) {
            found.push(['drawn', what, parsed(style.borderColor), behind(element.parentElement)]);
        }
    }
    return found;
}"""


def luminance(colour: list[float]) -> float:
    parts = [part / 255 for part in colour[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[float], other: list[float]) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_contrast(looker: looking.Looker, scheme: Scheme) -> None:
    report = {**looking.report(looking.big(120, 40, 6)), "complete": False}
    for drain in (looking.drain(), looking.drain("failed"), looking.drain("would be restarted")):
        with looker.look(report, drain, color_scheme=scheme) as page:
            unfold(page)
            pairs: list[Any] = page.evaluate(COLOURS)
            assert len(pairs) > 300
            assert {kind for kind, *_rest in pairs} == {"text", "drawn"}
            low = [
                (what, round(contrast(one, other), 2))
                for kind, what, one, other in pairs
                if contrast(one, other) < (TEXT if kind == "text" else DRAWN)
            ]
            assert low == []


def test_it_is_dark_for_who_likes_it_dark(looker: looking.Looker) -> None:
    grounds = {}
    for scheme in SCHEMES:
        with looker.look(looking.report(looking.people()), color_scheme=scheme) as page:
            ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
            grounds[scheme] = luminance([float(part) for part in re.findall(r"[\d.]+", ground)])
    assert grounds["dark"] < 0.05 < 0.8 < grounds["light"]


@pytest.mark.parametrize("width", [320, 360, 768])
def test_a_phone_does_not_scroll_sideways(looker: looking.Looker, width: int) -> None:
    for result in (looking.people(), looking.hostile(), looking.big(800, 200)):
        with looker.look(looking.report(result), looking.drain(), viewport={"width": width, "height": 740}) as page:
            unfold(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            # The tables scroll instead, and the user stays in sight.
            assert page.locator(".scroll:has(#users)").evaluate("region => region.scrollWidth >= region.clientWidth")
            page.locator("#users tbody td").first.scroll_into_view_if_needed()
            page.locator(".scroll:has(#users)").evaluate("region => { region.scrollLeft = 300; }")
            expect(page.locator("#users tbody td").first).to_be_in_viewport()


def test_labels_of_charts_do_not_overlap(looker: looking.Looker) -> None:
    for viewport in (looking.PHONE, looking.DESKTOP):
        with looker.look(looking.report(looking.big(600, 100)), viewport=viewport) as page:
            gaps = page.locator("svg.bars .bar").evaluate_all(
                """bars => bars.map((bar) => bar.querySelector('.total').getBoundingClientRect().left
                    - bar.querySelector('.label').getBoundingClientRect().right)"""
            )
            assert len(gaps) == 30 + 12
            assert min(gaps) > 0


def test_on_paper_everything_is_shown_and_nothing_can_be_clicked(looker: looking.Looker) -> None:
    with looker.look(looking.report(looking.big(400, 400)), looking.drain(), color_scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="light")
        page.set_viewport_size({"width": 680, "height": 960})
        expect(page.locator("#users tbody tr:visible")).to_have_count(400)
        expect(page.locator("#sessions tbody tr:visible")).to_have_count(400)
        expect(page.locator("input:visible, .more:visible, summary:visible")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= 690
        assert page.locator(".scroll.long").first.evaluate("box => box.scrollHeight === box.clientHeight")
        pdf = page.pdf(format="A4")
        assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page /") + pdf.count(b"/Type/Page") >= 9
        # Afterwards it is folded again.
        assert page.locator("details:has(#sessions)").get_attribute("open") is None


def test_what_a_screen_reader_is_told(looker: looking.Looker) -> None:
    with looker.look(looking.report(looking.people(), ("Node2",)), looking.drain()) as page:
        tree = page.locator("body").aria_snapshot()
        for line in (
            "- banner:",
            "- main:",
            "- contentinfo:",
            '- heading "Node2 was restarted" [level=1]',
            '- region "The drain":',
            '- img "Sessions left over time, and phases',
            '- img "Sessions by virtual proxy',
            '- figure "Sessions by node, in the whole site":',
            '- table "Users":',
            '- columnheader "Sessions":',
            '- button "Sessions"',
            '- searchbox "Filter users"',
            '- region "Users, table":',
            "- status",
        ):
            assert line in tree, tree
        assert page.locator("html").get_attribute("lang") == "en"
        levels = page.locator(":is(h1, h2, h3)").evaluate_all("found => found.map((one) => +one.tagName[1])")
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        ids = page.locator("[id]").evaluate_all("found => found.map((one) => one.id)")
        assert len(ids) == len(set(ids))
        named = page.locator("[aria-labelledby]").evaluate_all(
            "found => found.flatMap((one) => one.getAttribute('aria-labelledby').split(' '))"
        )
        assert set(named) <= set(ids)


def test_sorting_is_told(looker: looking.Looker) -> None:
    with looker.look(looking.report(looking.people())) as page:
        status = page.locator("section:has(#users) [role=status]")
        assert status.count() == 1  # there before anything is said, or it would not be read
        page.locator("#users th").first.get_by_role("button").click()
        assert 'columnheader "User"' in page.locator("#users").aria_snapshot()
        expect(page.locator("#users th").first).to_have_attribute("aria-sort", "ascending")
