# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Failure, Listing, in_words
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyLink
from ansible_collections.qlikops.sense.tests.unit.plugins import builders

ONE, TWO, THREE, _FOUR = builders.topology().links


def test_one_sentence_for_each_proxy_service_and_reason() -> None:
    failures = [
        Failure(ONE, "the connection broke.", "Try again.", unreachable=True),
        Failure(TWO, "the connection broke.", "Try again.", unreachable=True),
        Failure(THREE, "the response was 500.", "", unreachable=False),
    ]
    assert in_words(failures) == (
        "Proxy service Central, virtual proxies /, /sales: the connection broke. Try again."
        " Proxy service Node2, virtual proxies /: the response was 500."
    )


def test_no_failures_are_an_empty_text() -> None:
    assert in_words([]) == ""


def test_pairs_read_are_those_that_did_not_fail() -> None:
    assert Listing((ONE, TWO), (), (Failure(ONE, "", "", unreachable=True),)).pairs_read == [TWO]


def test_a_failure_as_a_result() -> None:
    failure = Failure(ProxyLink(builders.CENTRAL, builders.SALES), "why", "what to do", unreachable=True)
    assert failure.as_result() == {
        "proxy": "Central",
        "virtual_proxy": "sales",
        "reason": "why",
        "hint": "what to do",
    }
