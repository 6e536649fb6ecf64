# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every line of the check, on a site on which it is well and on one on which it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._model.certificate import Certificate
from ansible_collections.qlikops.sense.plugins.module_utils._model.check import (
    QPS,
    QRS,
    USERS_PORT,
    Balancer,
    Behaviour,
    Check,
    Count,
    Described,
    Difference,
    Files,
    Limits,
    Probe,
    Seen,
    Server,
    summary_of,
)
from ansible_collections.qlikops.sense.plugins.module_utils._model.node import ServerNode
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Failure, Listing
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyLink, Topology
from ansible_collections.qlikops.sense.plugins.module_utils._model.usage import Usage, UsageRow
from ansible_collections.qlikops.sense.plugins.module_utils._rules._site_check.everything import checks_of
from ansible_collections.qlikops.sense.plugins.module_utils._rules._site_check.rights import KINDS
from ansible_collections.qlikops.sense.tests.unit.plugins.builders import CENTRAL, DEFAULT, NODE2, NOW, OLD, session

LIMITS = Limits(60, 14)
GOOD = Certificate(
    "qlik", "QLIK1-CA", ("qlik",), NOW - timedelta(days=7), NOW + timedelta(days=90), "RSA 2048", 2048, "SHA-256"
)
STATES = dict.fromkeys(("repository", "engine", "proxy"), "running")
BEAT = "2026-01-15T09:29:41.120Z"
FIRST = ServerNode(
    "a", "Central", CENTRAL.host_name, True, True, "production", ("engine", "proxy"), 4243, 443, ("",), heartbeat=BEAT
)
FIRST = replace(FIRST, service_states=STATES)
SECOND = replace(FIRST, id="b", name="Node2", host_name=NODE2.host_name, central=False)
PAIR = ProxyLink(CENTRAL, DEFAULT)
ROW = UsageRow("analyzer", None, False, "2026-01-15T09:00:00Z", "2026-01-15T09:29:00Z", "s1")
WELL = Seen(
    now=NOW,
    validates=True,
    asks_at_user_port=False,
    files=Files(GOOD, replace(GOOD, subject="QLIK1-CA")),
    mapped=(CENTRAL.host_name,),
    nodes=(FIRST, SECOND),
    topology=Topology((CENTRAL, NODE2), CENTRAL.virtual_proxies),
    probes=tuple(
        Probe(
            name,
            service,
            0.03,
            200,
            certificate=GOOD,
            ahead=0.4,
            is_asked=(service, name) != (QRS, "Node2"),
            is_candidate=True,
        )
        for name in ("Central", "Node2")
        for service in (QRS, QPS, USERS_PORT)
    ),
    counts={kind.name: Count(7, 7) for kind in KINDS},
    own_state="active",
    described={QRS: Described(()), QPS: Described(())},
    behaviour=Behaviour(404, 404, 0, is_asked_as_stranger=True),
    listing=Listing((PAIR,), (session(session_id="s1", attributes={"group": ["HR"]}),)),
    usage=Usage((ROW,), NOW),
    balancer=Balancer(
        tuple(Server(node.name, "ready", "running", 1, True, node.name, node.name) for node in (FIRST, SECOND))
    ),
)


def by_name(seen: Seen) -> dict[str, Check]:
    checks = checks_of(seen, LIMITS)
    found = {f"{check.group}/{check.name}": check for check in checks}
    assert len(found) == len(checks)
    return found


def statuses(seen: Seen) -> dict[str, str]:
    return {name: check.status for name, check in by_name(seen).items()}


def probes(seen: Seen, service: str, node: str = "Node2", **changes: Any) -> Seen:
    return replace(
        seen,
        probes=tuple(
            replace(probe, **changes) if (probe.service, probe.node) == (service, node) else probe
            for probe in seen.probes
        ),
    )


def certified(seen: Seen, service: str, **changes: Any) -> Seen:
    return probes(seen, service, certificate=replace(GOOD, **changes))


def counting(name: str, count: Count) -> Seen:
    return replace(WELL, counts={**WELL.counts, name: count})


def server(**changes: Any) -> Seen:
    assert WELL.balancer
    first, second = WELL.balancer.servers
    return replace(WELL, balancer=Balancer((first, replace(second, **changes))))


def first_node(**changes: Any) -> Seen:
    return replace(WELL, nodes=(replace(FIRST, **changes), SECOND))


def used(**changes: Any) -> Seen:
    return replace(WELL, usage=Usage((replace(ROW, **changes),), NOW))


def failure() -> Failure:
    return Failure(PAIR, "the answer was 500.", "", unreachable=False)


def at_limit() -> Listing:
    return Listing((PAIR,), tuple(session(session_id=str(number)) for number in range(5)))


LATE = NOW + timedelta(days=20)
OVER = NOW - timedelta(days=1)
LONG = replace(DEFAULT, session_inactivity_timeout=10_000)
NOT_WELL: list[tuple[str, str, Callable[[], Seen], str]] = [
    (
        "reach/qrs",
        "problem",
        lambda: probes(WELL, QRS, "Central", status=None, error="no answer"),
        "Central: no answer",
    ),
    (
        "reach/qrs",
        "problem",
        lambda: replace(WELL, nodes=None, topology=None, why="no site", odd_answer="the answer was not JSON (200)"),
        "QRS does not show the site: the answer was not JSON (200).",
    ),
    ("reach/other_qrs", "unknown", lambda: replace(WELL, indistinct=("Node2",)), "is queried: Node2."),
    ("reach/other_qrs", "warning", lambda: probes(WELL, QRS, status=None, error="no answer"), "Node2: no answer"),
    ("reach/qps", "problem", lambda: probes(WELL, QPS, status=503), "Node2: the answer was 503"),
    ("reach/users_port", "problem", lambda: probes(WELL, USERS_PORT, status=502), "Node2: the answer was 502"),
    ("reach/speed", "warning", lambda: probes(WELL, QPS, seconds=1.4), "The slowest answer took 1.40 s: QPS of Node2"),
    ("reach/way", "warning", lambda: replace(WELL, mapped=("qlik9",)), "host_map has qlik9"),
    ("certificates/files", "problem", lambda: replace(WELL, files=Files(error="no key")), "no key"),
    (
        "certificates/client",
        "warning",
        lambda: replace(WELL, files=Files(replace(GOOD, ends=LATE))),
        "valid for 20 days",
    ),
    (
        "certificates/root",
        "problem",
        lambda: replace(WELL, files=Files(GOOD, replace(GOOD, ends=OVER))),
        "expired on 2026-01-14",
    ),
    (
        "certificates/trust",
        "problem",
        lambda: probes(WELL, QPS, distrust="not made out to it"),
        "QPS of Node2: not made",
    ),
    ("certificates/trust", "warning", lambda: probes(WELL, QRS, distrust="self-signed"), "QRS of Node2: self-signed"),
    ("certificates/trust", "warning", lambda: replace(WELL, validates=False), "validate_certs is false"),
    ("certificates/services", "warning", lambda: certified(WELL, QPS, ends=LATE), "QPS of Node2: valid for 20 days"),
    ("certificates/services", "problem", lambda: certified(WELL, QRS, begins=LATE), "not good before 2026-02-04"),
    ("certificates/users_port", "problem", lambda: certified(WELL, USERS_PORT, ends=NOW), "valid for 0 days"),
    ("certificates/strength", "warning", lambda: certified(WELL, QPS, key="RSA 1024", key_bits=1024), "1024 bits only"),
    ("certificates/strength", "warning", lambda: certified(WELL, QPS, signature="SHA-1"), "signed with SHA-1"),
    ("certificates/clocks", "warning", lambda: probes(WELL, QPS, ahead=-90.0), "Node2 is 90 s behind this host"),
    ("certificates/clocks", "problem", lambda: probes(WELL, QPS, ahead=900.0), "Node2 is 900 s ahead of this host"),
    ("rights/api_user", "problem", lambda: replace(WELL, own_state="inactive"), "api_user is inactive"),
    ("rights/api_user", "warning", lambda: replace(WELL, own_state="missing"), "QRS does not show api_user"),
    *(
        (f"rights/{kind.name}", kind.status, lambda kind=kind: counting(kind.name, Count(3, 7)), "3 of 7")
        for kind in KINDS
    ),
    ("rights/users", "warning", lambda: counting("users", Count(None, None, "forbidden (403)")), "forbidden (403)"),
    ("rights/proxies", "problem", lambda: counting("proxies", Count(0, 0)), "api_user sees none."),
    ("rights/nodes", "problem", lambda: counting("nodes", Count(None, None, "not found", is_absent=True)), "not found"),
    ("rights/banners", "unknown", lambda: counting("banners", Count(None, None, is_absent=True)), "does not have them"),
    *(
        (
            f"interfaces/{service.lower()}",
            "warning",
            lambda service=service: replace(
                WELL, described={**WELL.described, service: Described((Difference("User.name lacks", "reports"),))}
            ),
            "User.name lacks (for reports)",
        )
        for service in (QRS, QPS)
    ),
    ("behaviour/unknown_session", "warning", lambda: replace(WELL, behaviour=Behaviour(200, 404)), "QPS answers 200"),
    ("behaviour/unknown_prefix", "warning", lambda: replace(WELL, behaviour=Behaviour(404, 500)), "QPS answers 500"),
    (
        "behaviour/session_lists",
        "problem",
        lambda: replace(WELL, listing=Listing((PAIR,), (), (failure(),))),
        "/ on Cen",
    ),
    (
        "behaviour/attributes",
        "unknown",
        lambda: replace(WELL, listing=Listing((PAIR,), (session(),))),
        "No session has",
    ),
    ("behaviour/usage_ids", "warning", lambda: used(session_id="other"), "None of 1 usage row names one of 1 session"),
    ("behaviour/usage_ids", "unknown", lambda: replace(WELL, usage=Usage((), NOW)), "shows no usage rows"),
    (
        "behaviour/usage_times",
        "unknown",
        lambda: used(last_active="2026-01-15T07:00:00Z"),
        "was 2 h 30 min ago: nobody",
    ),
    ("behaviour/usage_times", "warning", lambda: used(last_active="2026-01-15T04:29:00"), "lack a time zone"),
    ("behaviour/usage_times", "warning", lambda: used(last_active="2026-01-15T15:00:00Z"), "are in the future"),
    ("behaviour/usage_times", "unknown", lambda: replace(WELL, usage=Usage((), NOW)), "shows no usage rows"),
    (
        "behaviour/unique_names",
        "warning",
        lambda: replace(WELL, nodes=(FIRST, replace(SECOND, name="CENTRAL"))),
        "two nodes are called central",
    ),
    (
        "behaviour/api_user_header",
        "warning",
        lambda: replace(WELL, behaviour=Behaviour(404, 404, 2, is_asked_as_stranger=True)),
        "2 proxy services to a user that does not exist",
    ),
    ("site/unlinked", "warning", lambda: replace(WELL, topology=Topology((CENTRAL, NODE2), (DEFAULT, OLD))), "/old"),
    ("site/one_node", "warning", lambda: replace(WELL, topology=Topology((CENTRAL,), (DEFAULT,))), "one proxy service"),
    (
        "site/one_node",
        "warning",
        lambda: replace(WELL, topology=Topology((CENTRAL, replace(NODE2, virtual_proxies=())), (DEFAULT,))),
        "/",
    ),
    ("site/timeouts", "warning", lambda: replace(WELL, topology=Topology((CENTRAL, NODE2), (LONG,))), "/: 10000 min"),
    ("site/users_at_limit", "warning", lambda: replace(WELL, listing=at_limit()), "1 of 1 user with sessions has 5"),
    ("site/central", "problem", lambda: first_node(central=False), "0 central nodes"),
    (
        "site/candidates",
        "warning",
        lambda: replace(WELL, nodes=(FIRST, replace(SECOND, failover_candidate=False))),
        "besides the central node: none",
    ),
    (
        "site/services",
        "problem",
        lambda: first_node(service_states={**STATES, "engine": "no_communication"}),
        "engine of Central is no communication",
    ),
    ("site/heartbeats", "warning", lambda: first_node(heartbeat="2026-01-15T08:00:00Z"), "Central: 1 h 30 min ago"),
    ("site/idle", "warning", lambda: first_node(prefixes=()), "Central"),
    (
        "balancer/servers",
        "problem",
        lambda: replace(WELL, balancer=Balancer(error="nothing listens")),
        "nothing listens",
    ),
    (
        "balancer/servers",
        "warning",
        lambda: server(node_by_name="", node_by_address=""),
        "Node2 is not a node of the site",
    ),
    ("balancer/addresses", "problem", lambda: server(node_by_address="Central"), "Node2 has the address of Central"),
    (
        "balancer/addresses",
        "problem",
        lambda: server(node_by_address=""),
        "Node2 does not have the address of the node Node2",
    ),
    ("balancer/health", "problem", lambda: server(health="stopped"), "Node2 is stopped"),
    ("balancer/health", "warning", lambda: server(checked=False), "Node2 is not checked"),
    ("balancer/weight", "warning", lambda: server(weight=0), "Node2 has the weight 0"),
    ("balancer/weight", "warning", lambda: server(state="drain"), "Node2 is drain"),
    ("balancer/rights", "problem", lambda: replace(WELL, balancer=Balancer(rights="may not set")), "may not set"),
]


def test_a_site_that_is_well_gives_no_warning() -> None:
    assert set(statuses(WELL).values()) == {"ok"}
    assert all(check.seen and not check.advice for check in by_name(WELL).values())


@pytest.mark.parametrize(("name", "status", "make", "words"), NOT_WELL)
def test_a_line_that_is_not_well_says_what_was_seen_and_what_to_do(
    name: str, status: str, make: Callable[[], Seen], words: str
) -> None:
    check = by_name(make())[name]
    assert check.status == status
    assert words in check.seen
    assert check.advice


def test_every_line_has_a_site_on_which_it_is_not_well() -> None:
    assert {name for name, _status, _make, _words in NOT_WELL} == set(by_name(WELL))


def test_what_was_not_asked_is_unknown_and_no_trouble() -> None:
    """The lines are the same whatever was seen."""
    blank = Seen(now=NOW, validates=True, asks_at_user_port=False, files=Files(error="no key"), why="QRS was not asked")
    found = statuses(blank)
    assert found.keys() == by_name(WELL).keys()
    assert {name for name, status in found.items() if status != "unknown"} == {"certificates/files"}


def test_through_a_virtual_proxy_some_things_can_not_be_told() -> None:
    at_user_port = replace(WELL, asks_at_user_port=True, behaviour=Behaviour(404, 404))
    found = statuses(at_user_port)
    assert (found["reach/other_qrs"], found["behaviour/api_user_header"]) == ("unknown", "unknown")
    assert statuses(counting("users", Count(7, None)))["rights/users"] == "unknown"


def test_rights_are_blamed_only_where_they_were_refused() -> None:
    advice = [
        by_name(counting("proxies", Count(None, None, "x", is_refused=refused)))["rights/proxies"].advice
        for refused in (True, False)
    ]
    assert ["api_user" in each for each in advice] == [True, False]


def test_a_root_that_is_not_given_is_not_one_that_can_not_be_read() -> None:
    root = by_name(replace(WELL, files=Files(GOOD, None, has_root=False)))["certificates/root"]
    assert root.seen.startswith("ca_path is not set")
    root = by_name(replace(WELL, files=Files(GOOD, None, "ca_path: no file")))["certificates/root"]
    assert root.seen == "ca_path could not be read."


def test_timeouts_are_told_as_they_were_seen() -> None:
    virtual_proxies = (replace(DEFAULT, session_inactivity_timeout=20), replace(OLD, session_inactivity_timeout=60))
    topology = Topology((CENTRAL, NODE2), virtual_proxies)
    assert by_name(replace(WELL, topology=topology))["site/timeouts"].seen.startswith(
        "Sessions time out after 20 to 60"
    )
    blank = replace(DEFAULT, session_inactivity_timeout=None)
    assert statuses(replace(WELL, topology=Topology((CENTRAL, NODE2), (blank,))))["site/timeouts"] == "unknown"


def test_a_balancer_is_told_of_without_the_site() -> None:
    found = statuses(replace(WELL, nodes=None, topology=None, why="no site"))
    names = ("servers", "addresses", "health", "weight", "rights")
    assert [found[f"balancer/{name}"] for name in names] == ["unknown", "unknown", "ok", "ok", "ok"]


def test_long_lists_are_cut() -> None:
    many = tuple(Probe(f"Node{number}", QPS, status=500) for number in range(9))
    assert by_name(replace(WELL, probes=many))["reach/qps"].seen.endswith("Node5: the answer was 500; and 3 more")


def test_the_summary_counts_and_names_the_worst() -> None:
    checks = [Check("a", "b", status, "seen") for status in ("ok", "ok", "warning")]
    wanted = {"checks": 3, "ok": 2, "unknown": 0, "warning": 1, "problem": 0, "status": "warning"}
    assert summary_of(checks) == wanted
