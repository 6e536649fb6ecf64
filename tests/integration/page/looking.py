# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports and drains for pages, and Chromium to look at them with."""

from __future__ import annotations

import pathlib
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, ViewportSize

from ansible_collections.qlikops.sense.tests.unit.plugins.listings import Listed, listed, session, user
from ansible_collections.qlikops.sense.tests.unit.plugins.reports import page_of, report_of

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# It runs as root in containers, and there is nothing for it to ask for.
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}
BEGUN = datetime(2026, 1, 15, 9, 30, tzinfo=timezone.utc)
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror="alert(2)">',
    "{{ 7*7 }}${7*7}",
    "</td></tr></table><svg onload=alert(3)>",
    "\u202egnirts desrever\u2066",
    "x" * 300,
    "\U0001f600 فريد 김지수",
    "]]>--><!--",
)


def launch(playwright: Playwright) -> Browser:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert found, "there is no Chromium: run tools/have_chromium.sh"
    return playwright.chromium.launch(executable_path=found, args=ARGUMENTS)


class Looker:
    """Opens pages, and holds against them what a page must never do."""

    def __init__(self, browser: Browser, directory: pathlib.Path) -> None:
        self._browser = browser
        self._directory = directory

    @contextmanager
    def look(
        self, report: Any, drain: Any = None, viewport: ViewportSize | None = None, **options: Any
    ) -> Iterator[Page]:
        """The page, opened. No console message, no dialog, no request to anywhere, until the end."""
        path = self._directory / "page.html"
        path.write_text(page_of(report, drain), encoding="utf-8")
        complaints: list[str] = []
        context = self._browser.new_context(viewport=viewport or DESKTOP, locale="en-GB", **options)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        # Without a listener of its own a dialog is dismissed, so that a page that opens one does not hang.
        page.add_init_script("for (const name of ['alert', 'confirm', 'prompt']) window[name] = console.error;")
        page.on("request", lambda request: complaints.append(f"request: {request.url}"))
        page.goto(path.as_uri())
        yield page
        own = {f"request: {path.as_uri()}", "request: data:,"}
        context.close()
        found = [complaint for complaint in complaints if complaint not in own]
        assert not found, found


def people() -> Listed:
    """Twelve users, of whom two are hostile, over two nodes and three virtual proxies."""
    names = ["anna", "Björn", "carla", "user2", "user10", "Ångström", "zoé", "dmitri", "émile", "farid"]
    users = [user(f"LAB\\{name}", name.title(), [f"user{place}@lab.example"]) for place, name in enumerate(names)]
    users += [user("LAB\\nobody", state="missing"), user("INTERNAL\\sa_repo")]
    nodes, proxies = ("Central", "Node2"), ("vp-default", "vp-sales", "vp-twin-a")
    sessions = []
    for place, entry in enumerate(users):
        for number in range(1 + place % 5):
            where = nodes[(place + number) % 2], proxies[number % 3]
            sessions.append(session(entry["user"], *where, ref=f"{place:06x}-{number:06x}", age=60 * place + number))
    return listed(sessions, users)


def hostile() -> Listed:
    users = [user(f"LAB\\{name}", name, [f"{name}@lab.example", "javascript:alert(4)"]) for name in HOSTILE]
    return listed([session(entry["user"], ref=f"ref{place}") for place, entry in enumerate(users)], users)


def big(sessions: int = 10_000, users: int = 4_000, proxies: int = 30, nodes: int = 12) -> Listed:
    """A large site, the same in every run."""
    dice = random.Random(4)
    names = [f"Node{number:02}" for number in range(1, nodes + 1)]
    prefixes = [f"vp-{'very-long-prefix-' * (number % 3)}{number:02}" for number in range(1, proxies + 1)]
    found = []
    for number in range(sessions):
        who = number if number < users else dice.randrange(users)
        prefix = dice.choice(prefixes)
        place = {"virtual_proxy": prefix, "virtual_proxy_id": prefix, "proxy": dice.choice(names)}
        found.append({**session(f"LAB\\user{who:05}", ref=f"{number:06x}-0123456789ab", age=number), **place})
    known = [
        user(f"LAB\\user{number:05}", f"Anna Müller {number}", [f"user{number}@lab.example"]) for number in range(users)
    ]
    return listed(
        found,
        known,
        proxies=[{"id": name, "name": name, "host_name": f"{name}.example.com", "reachable": True} for name in names],
        virtual_proxies=[
            {"id": prefix, "prefix": prefix, "description": f"About {prefix}", "proxies": names} for prefix in prefixes
        ],
    )


def report(result: Listed, proxies: tuple[str, ...] = ()) -> dict[str, Any]:
    return report_of(result, proxies)


def drain(result: str = "restarted") -> dict[str, Any]:
    """Of Node2: eight minutes, in which nearly all leave."""

    def at(seconds: int) -> str:
        return f"{BEGUN + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"

    begun = {"before": 0, "cordon": 4, "drain": 6, "restart": 370, "verify": 420, "rejoin": 470, "report": 474}
    return {
        "node": "Node2",
        "result": result,
        "failure": {"task": "Wait for the proxy", "message": "It did not answer."} if result == "failed" else {},
        "way_back": "It stays out." if result == "failed" else "",
        "timeline": [{"phase": name, "time": at(seconds)} for name, seconds in begun.items()],
        "affected": {"sessions": 17, "users": 12},
        "affected_users": [{"user": "LAB\\anna", "sessions": 1, "virtual_proxies": [""]}],
        "affected_virtual_proxies": {"": 9, "sales": 8},
        "ended": ["LAB\\anna", "LAB\\dmitri"],
        "came_back": ["LAB\\anna"],
        "history": [
            {"time": at(6 + 30 * number), "sessions": max(2, 17 - 2 * number), "users": max(2, 12 - number)}
            for number in range(12)
        ],
        "left_by_themselves": 15,
    }
