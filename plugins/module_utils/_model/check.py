# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the check of a site has seen, and what it says of that, as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.certificate import Certificate
from ansible_collections.qlikops.sense.plugins.module_utils._model.node import ServerNode
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import Listing
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import Topology
from ansible_collections.qlikops.sense.plugins.module_utils._model.usage import Usage

OK, UNKNOWN, WARNING, PROBLEM = "ok", "unknown", "warning", "problem"
STATUSES = (OK, UNKNOWN, WARNING, PROBLEM)  # from the least to the most
QRS, QPS, USERS_PORT = "QRS", "QPS", "users' port"


@dataclass(frozen=True)
class Check:
    """One line of the check. It names neither a user nor an id, so that it can go into the report of a fault."""

    group: str
    name: str
    status: str
    seen: str
    advice: str = ""

    def as_result(self) -> dict[str, str]:
        return vars(self).copy()


def worst(statuses: Iterable[str]) -> str:
    return max(statuses, key=STATUSES.index, default=OK)


@dataclass(frozen=True)
class Probe:
    """One look at a port of a node, without trust, and what came of trusting it.

    ``kind`` and ``error`` are empty where an answer came, ``distrust`` where certificate and name were good. ``ahead``:
    how many seconds the clock of the node is ahead of the one here, None where the answer has no date.
    """

    node: str
    service: str
    seconds: float = 0.0
    status: int | None = None
    kind: str = ""
    error: str = ""
    certificate: Certificate | None = None
    distrust: str = ""
    ahead: float | None = None
    is_candidate: bool = False
    is_asked: bool = True

    @property
    def answers(self) -> bool:
        return self.status is not None and self.status < 500


@dataclass(frozen=True)
class Count:
    """How many objects QRS shows to api_user and to Qlik's own account, None where it does not answer.

    ``is_refused``: the answer was that api_user, or the certificate, may not read them.
    """

    shown: int | None
    of: int | None
    error: str = ""
    is_absent: bool = False
    is_refused: bool = False


@dataclass(frozen=True)
class Difference:
    """Where the own description of an interface differs from what the collection relies on."""

    what: str
    needed_for: str


@dataclass(frozen=True)
class Described:
    """What an interface says of itself. ``differences`` is None where it says nothing."""

    differences: tuple[Difference, ...] | None = None
    error: str = ""
    is_absent: bool = False


@dataclass(frozen=True)
class Behaviour:
    """Statuses of requests for what there is not, None where none came.

    ``strangers_proxies``: how many proxy services QRS shows to a user that does not exist, None where it refuses.
    """

    unknown_session: int | None = None
    unknown_prefix: int | None = None
    strangers_proxies: int | None = None
    is_asked_as_stranger: bool = False


@dataclass(frozen=True)
class Server:
    """A server of a balancer, and whether it is where a node of the site is."""

    name: str
    state: str
    health: str
    weight: int
    checked: bool | None
    node_by_name: str
    node_by_address: str


@dataclass(frozen=True)
class Balancer:
    """``error`` says why it could not be asked, ``rights`` why its servers can't be set."""

    servers: tuple[Server, ...] = ()
    error: str = ""
    rights: str = ""


@dataclass(frozen=True)
class Files:
    """The certificates given as options; ``error`` says why they can't be used."""

    client: Certificate | None = None
    root: Certificate | None = None
    error: str = ""
    has_root: bool = True


@dataclass(frozen=True)
class Seen:
    """Everything that was seen of a site; None for what could not be, and ``why`` says why.

    ``odd_answer``: what QRS answered where lists of the site were expected, "" where it answered these or nothing.
    ``indistinct``: nodes with the address and port of the one that is asked, so that their QRS can't be told from it.
    """

    now: datetime
    validates: bool
    asks_at_user_port: bool
    files: Files
    mapped: tuple[str, ...] = ()
    through_proxy: tuple[str, ...] = ()
    nodes: tuple[ServerNode, ...] | None = None
    topology: Topology | None = None
    why: str = ""
    odd_answer: str = ""
    indistinct: tuple[str, ...] = ()
    probes: tuple[Probe, ...] = ()
    counts: Mapping[str, Count] = field(default_factory=dict)
    own_state: str | None = None
    described: Mapping[str, Described] = field(default_factory=dict)
    behaviour: Behaviour = Behaviour()
    listing: Listing | None = None
    usage: Usage | None = None
    balancer: Balancer | None = None


@dataclass(frozen=True)
class Limits:
    """Days that a certificate must be good for, below which there is a warning or a problem."""

    warn_days: int
    problem_days: int


def summary_of(checks: Sequence[Check]) -> dict[str, Any]:
    """How many checks have which status, and the worst of these."""
    counts = {status: sum(check.status == status for check in checks) for status in STATUSES}
    return {"checks": len(checks), **counts, "status": worst(check.status for check in checks)}
