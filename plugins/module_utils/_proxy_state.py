# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the site and the proxy services themselves say of how they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._api.entities import Fields
from ansible_collections.qlikops.sense.plugins.module_utils._api.qrs import DEFAULT_QPS_PORT, ServiceState
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import age_of_timestamp
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import (
    Node,
    ProxyService,
    Scope,
    Topology,
    VirtualProxy,
)
from ansible_collections.qlikops.sense.plugins.module_utils._result import proxy_result
from ansible_collections.qlikops.sense.plugins.module_utils._rules.selection import Selection
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

NOT_KNOWN = ServiceState("unknown", "")


def describe_proxies(
    site: Site, names: Sequence[str], known: dict[str, Any] | None, now: datetime
) -> tuple[Topology, Scope, list[dict[str, Any]]]:
    """The site, the part of it that was asked for, and each proxy service as ``qlik_proxy_info`` returns it.

    With ``known``, one proxy service as returned before, QRS is not asked. Raises QlikError.
    """
    topology = as_known(known) if known else site.topology()
    scope = Selection.from_options({"proxies": list(names)}).scope(topology)
    answers = site.alive(scope.proxies)
    states = {} if known else site.proxy_states()
    central = central_if_known(known) if known else site.cluster().central_nodes()
    return (
        topology,
        scope,
        [
            {
                **describe(proxy, answer, states.get(fold(proxy.name), NOT_KNOWN), now),
                "central": fold(proxy.name) in central,
            }
            for proxy, answer in zip(scope.proxies, answers, strict=True)
        ],
    )


def as_known(proxy: dict[str, Any]) -> Topology:
    """The one proxy service that an earlier call has returned; raises QlikError for another shape."""
    known = Fields(proxy, "known")
    prefixes = known.as_answered.get("virtual_proxies") or []
    linked = tuple(VirtualProxy(id=f"known {prefix}", prefix=str(prefix)) for prefix in prefixes)
    return Topology(
        proxies=(
            ProxyService(
                id=known.required_text("id"),
                node=Node(known.required_text("name"), known.required_text("host_name")),
                qps_port=known.number("qps_port", 1, 65535) or DEFAULT_QPS_PORT,
                listen_port=known.number("listen_port", 0, 65535),
                virtual_proxies=linked,
            ),
        ),
        virtual_proxies=linked,
    )


def central_if_known(proxy: dict[str, Any]) -> set[str]:
    known = Fields(proxy, "known")
    return {fold(known.text("name"))} if known.flag("central") else set()


def describe(proxy: ProxyService, answer: bool | QlikError, state: ServiceState, now: datetime) -> dict[str, Any]:
    problem = answer if isinstance(answer, QlikError) else None
    return {
        **proxy_result(proxy),
        "listen_port": proxy.listen_port,
        "alive": answer is True,
        "reachable": not (isinstance(problem, RequestFailed) and problem.is_unreachable),
        "reason": problem.reason if problem else "",
        "hint": problem.hint if problem else "",
        "service_state": state.state,
        "service_state_at": state.timestamp,
        "service_state_age": age_of_timestamp(state.timestamp, now),
    }
