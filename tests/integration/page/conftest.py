# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Chromium for all tests of the page."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from ansible_collections.qlikops.sense.tests.integration.modules.conftest import tree
from ansible_collections.qlikops.sense.tests.integration.page import looking

__all__ = ["tree"]  # a fixture


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = looking.launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def looker(browser: Browser, tmp_path: pathlib.Path) -> looking.Looker:
    return looking.Looker(browser, tmp_path)
