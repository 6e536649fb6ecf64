# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the check has found out about a site's behaviour, as switches of the simulated site."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._model.check import (
    QRS,
    Behaviour,
    Count,
    Described,
    Files,
    Seen,
)
from ansible_collections.qlikops.sense.plugins.module_utils._model.node import ServerNode
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Listing
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import user_key
from ansible_collections.qlikops.sense.plugins.module_utils._model.usage import Usage, UsageRow
from ansible_collections.qlikops.sense.plugins.module_utils._site_switches import switches_of
from ansible_collections.qlikops.sense.tests.unit.plugins.builders import NOW, session

NOTHING = Seen(now=NOW, validates=True, asks_at_user_port=False, files=Files())
SESSION = session(session_id="ab1")
ROW = UsageRow("analyzer", SESSION.user_key, False, "2026-01-15T09:00:00Z", "2026-01-15T09:29:00Z", "ab1")
NODES = (ServerNode("a", "Central", "qlik1", services=("proxy",)), ServerNode("b", "Engine", "qlik2"))


def counts(**counted: Count) -> Seen:
    return replace(NOTHING, counts=counted)


def used(*rows: UsageRow, **changes: Any) -> Seen:
    usage = Usage(rows or (replace(ROW, **changes),), NOW)
    return replace(NOTHING, usage=usage, listing=Listing((), (SESSION,)))


def bare(hours: float) -> Seen:
    written = (NOW + timedelta(hours=hours)).replace(tzinfo=None).isoformat()
    return used(started="", last_active=written)


@pytest.mark.parametrize(
    ("seen", "switch", "setting"),
    [
        (replace(NOTHING, behaviour=Behaviour(unknown_prefix=404)), "unknown_prefix", "not_found"),
        (replace(NOTHING, behaviour=Behaviour(unknown_prefix=200)), "unknown_prefix", "empty"),
        (replace(NOTHING, behaviour=Behaviour(unknown_prefix=500)), "unknown_prefix", None),
        (replace(NOTHING, behaviour=Behaviour(None, None, 2, is_asked_as_stranger=True)), "unknown_user", "everything"),
        (replace(NOTHING, behaviour=Behaviour(None, None, 0, is_asked_as_stranger=True)), "unknown_user", "nothing"),
        (replace(NOTHING, described={QRS: Described((), "")}), "interface_description", "served"),
        (replace(NOTHING, described={QRS: Described(None, "x", True)}), "interface_description", "absent"),
        (replace(NOTHING, described={QRS: Described(None, "timeout")}), "interface_description", None),
        (counts(banners=Count(None, None, is_absent=True)), "banners", "absent"),
        (counts(banners=Count(0, 0)), "banners", "served"),
        (counts(users=Count(7, 7)), "readable_users", "all"),
        (counts(users=Count(0, 7)), "readable_users", "none"),
        (counts(users=Count(1, 3)), "readable_users", "33%"),
        (counts(users=Count(999, 1000)), "readable_users", "99%"),
        (counts(users=Count(7, None)), "readable_users", None),
        (replace(counts(proxies=Count(2, 2)), nodes=NODES), "disabled_proxy_service", "listed"),
        (replace(counts(proxies=Count(1, 1)), nodes=NODES), "disabled_proxy_service", "absent"),
        (replace(counts(proxies=Count(1, 1)), nodes=NODES[:1]), "disabled_proxy_service", None),
        (counts(usage_rows=Count(None, None, is_absent=True)), "usage_shown", "absent"),
        (counts(usage_rows=Count(None, None, "forbidden")), "usage_shown", "refused"),
        (counts(usage_rows=Count(0, 3)), "usage_shown", "none"),
        (counts(usage_rows=Count(0, 0)), "usage_shown", "all"),
        (used(), "usage_session_ids", "same"),
        (used(session_id="AB1"), "usage_session_ids", "upper"),
        (used(session_id="0cc175b9"), "usage_session_ids", "hashed"),
        (used(), "usage_times", "utc"),
        (bare(0), "usage_times", "bare"),
        (bare(5.5), "usage_times", "east"),
        (bare(-5), "usage_times", "west"),
        (used(), "usage_rows", "each"),
        (used(ROW, ROW), "usage_rows", "doubled"),
        (used(), "usage_modified_by", "user"),
        (used(user=user_key("INTERNAL", "sa_repository")), "usage_modified_by", "repository"),
        (used(user=user_key("LAB", "somebody")), "usage_modified_by", None),
        (used(names_user=True), "usage_modified_by", None),
    ],
)
def test_what_was_found_sets_a_switch(seen: Seen, switch: str, setting: str | None) -> None:
    assert switches_of(seen).get(switch) == setting


def test_what_was_not_found_out_sets_none() -> None:
    assert switches_of(NOTHING) == {}
