# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site: its proxy services times their virtual proxies, asked side by side.

A proxy service that does not answer never hides the others, and is not asked again until the topology is read anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._api.banner import Banners
from ansible_collections.qlikops.sense.plugins.module_utils._api.nodes import NodeApi
from ansible_collections.qlikops.sense.plugins.module_utils._api.qps import ProxyServiceApi, SessionStruct
from ansible_collections.qlikops.sense.plugins.module_utils._api.qrs import (
    Repository,
    ServiceState,
    user_filters,
)
from ansible_collections.qlikops.sense.plugins.module_utils._api.survey import ALL_SEEING_USER, Survey
from ansible_collections.qlikops.sense.plugins.module_utils._api.upkeep import UpkeepApi
from ansible_collections.qlikops.sense.plugins.module_utils._api.usage import KINDS, UsageApi
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection, Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.parallel import run_parallel
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.plugins.module_utils._model.age import age_of_timestamp
from ansible_collections.qlikops.sense.plugins.module_utils._model.outcome import (
    ALREADY_GONE,
    ENDED,
    FAILED,
    EndResult,
    Failure,
    Listing,
    Outcome,
)
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import (
    Node,
    ProxyLink,
    ProxyService,
    Topology,
)
from ansible_collections.qlikops.sense.plugins.module_utils._model.upkeep import ClusterNode, RunningTask, Upkeep
from ansible_collections.qlikops.sense.plugins.module_utils._model.usage import Usage, UsageRow
from ansible_collections.qlikops.sense.plugins.module_utils._model.user import KnownUser
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

# Of the users that QRS shows to api_user: fewer may be what everybody may read, such as oneself.
FEWEST_USERS = 10
# So many answers of a server in trouble in a row, and a proxy service is given up: what is left is not tried.
GIVEN_UP_AFTER = 3
# No answer, and yet the request may have reached the service.
PERHAPS_OBEYED = frozenset({"connection_lost", "timeout", "damaged_answer"})
IN_TROUBLE = frozenset({502, 503, 504})
# Of a session that was ended or gone, yet stands in the list that is read afterwards.
KEPT = {
    ENDED: "the proxy service accepted the request but kept the session",
    ALREADY_GONE: "the proxy service reports the session as unknown (404), but still lists it",
}


class Site:
    """All services of a site over one client. Use as a context; the connections close at its end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rest = Rest(connection)
        self._repository = Repository(self._rest, connection)
        self._usage = UsageApi(self._rest, connection)
        self._upkeep = UpkeepApi(self._rest, connection)
        self._nodes = NodeApi(self._rest, connection)
        self._down: dict[str, QlikError] = {}
        self._in_trouble: Counter[str] = Counter()

    def __enter__(self) -> Site:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rest.close()

    def keep_secret(self, session_ids: Iterable[str]) -> None:
        """No message shows these ids, whatever a service says."""
        self._rest.remember_secrets(session_ids)

    def banners(self) -> Banners:
        """The banners that the hub shows; no request yet."""
        return Banners(self._rest, self._connection)

    def survey(self) -> Survey:
        """What only the check of a site asks; no request yet."""
        return Survey(self._rest, self._connection)

    def topology(self) -> Topology:
        """Two requests to QRS. Proxy services that were down get another chance."""
        self._give_another_chance()
        readers: list[Callable[[], Any]] = [self._repository.virtual_proxies, self._repository.proxy_services]
        virtual_proxies, items = run_parallel(
            (("QRS", reader) for reader in readers), lambda read: read(), self._connection.max_parallel
        )
        known = {virtual_proxy.id: virtual_proxy for virtual_proxy in virtual_proxies}
        proxies = (self._repository.proxy_service(item, known) for item in items)
        return Topology(
            proxies=tuple({proxy.id: proxy for proxy in proxies}.values()),  # one that is listed twice is one
            virtual_proxies=tuple(known.values()),
        )

    def read(self, links: Iterable[ProxyLink]) -> Listing:
        """The sessions of the pairs, one request each; what fails is told, not raised.

        The session over which QRS is asked is left out: it ends with this run.
        """
        asked = tuple(links)
        answers = run_parallel(
            ((link.proxy.id, link) for link in asked), self._sessions_of, self._connection.max_parallel
        )
        return self._reading(asked, answers)

    def read_with_usage(self, links: Iterable[ProxyLink]) -> tuple[Listing, Usage]:
        """The same, and beside it the usage rows of QRS: five requests more."""
        asked = tuple(links)
        tasks: list[tuple[str, ProxyLink | str]] = [("QRS", license_) for license_ in KINDS]
        tasks += [(link.proxy.id, link) for link in asked]
        answers = run_parallel(tasks, self._sessions_or_rows, self._connection.max_parallel)
        lists = [answer for answer in answers if not isinstance(answer, UsageAnswer)]
        return self._reading(asked, lists), self._usage_of([each for each in answers if isinstance(each, UsageAnswer)])

    def usage(self) -> Usage:
        """The usage rows of QRS alone; what can't be read is told, not raised."""
        answers = run_parallel((("QRS", license_) for license_ in KINDS), self._rows_of, self._connection.max_parallel)
        return self._usage_of(answers)

    def end(self, sessions: Iterable[Session]) -> EndResult:
        """Ends sessions, then reads their lists again: a session that is still there counts as failed."""
        self._give_another_chance()  # a proxy service may have answered with some of its lists
        targets = list(sessions)
        answers = run_parallel(
            ((session.proxy.id, session) for session in targets), self._end_one, self._connection.max_parallel
        )
        outcomes = {session.ref: outcome for session, outcome in zip(targets, answers, strict=True)}
        self._give_another_chance()
        again = self.read(dict.fromkeys(session.link for session in targets if _is_worth_a_look(outcomes[session.ref])))
        listed = {session.ref for session in again.sessions}
        pairs_read = set(again.pairs_read)
        for session in targets:
            is_listed = session.ref in listed if session.link in pairs_read else None
            outcomes[session.ref] = _settled(outcomes[session.ref], is_listed)
        return EndResult(outcomes, again.failures)

    def users(self, names: Iterable[tuple[str, str]], email_attributes: Collection[str]) -> list[KnownUser]:
        """The users that QRS knows among (directory, id) pairs; one request for a batch of them."""
        batches = run_parallel(
            (("QRS", batch) for batch in user_filters(names)),
            lambda batch: self._repository.users(batch, email_attributes),
            self._connection.max_parallel,
        )
        return [user for batch in batches for user in batch]

    def shows_all_users(self) -> bool:
        """Whether QRS shows as many users to api_user as to Qlik's own account, so that absence means something.

        QRS shortens lists and counts by rights and still answers 200 (I: qlik-api 11). Whatever keeps the two counts
        from being had leaves it unknown; through a virtual proxy nobody else can be asked for than who came in.
        """
        if self._connection.asks_at_user_port:
            return False
        try:
            shown = self._repository.count_users()
            return shown >= FEWEST_USERS and shown == self._repository.count_users(ALL_SEEING_USER)
        except QlikError:
            return False

    def proxy_states(self) -> dict[str, ServiceState]:
        """What QRS believes of the proxy services, by node name (folded); one request."""
        return self._repository.proxy_states()

    def central_nodes(self) -> set[str]:
        """The names of the nodes that are central, folded; one request."""
        return self._nodes.central_nodes()

    def upkeep(self, node: Node, now: datetime) -> Upkeep:
        """What QRS tells of a node before it is restarted; five requests. What can't be read is unknown."""
        readers: list[Callable[[], Any]] = [
            self._running_tasks,
            self._upkeep.failover_minutes,
            self._nodes.candidates,
            self._nodes.heartbeats,
        ]
        tasks, minutes, candidates, heartbeats = run_parallel(
            (("QRS", reader) for reader in readers), _unless_it_fails, self._connection.max_parallel
        )
        names = (node.name, node.host_name)
        return Upkeep(
            tasks=None if tasks is None else tuple(task for task in tasks if task.may_run_on(names)),
            failover_minutes=minutes,
            candidates=None
            if candidates is None
            else tuple(name for name in candidates if fold(name) != fold(node.name)),
            heartbeat_age=age_of_timestamp((heartbeats or {}).get(fold(node.name), ""), now),
        )

    def cluster_nodes(self) -> tuple[ClusterNode, ...]:
        """All nodes, and which of them is central; one request."""
        return self._nodes.cluster_nodes()

    def move_central(self, to: ClusterNode) -> None:
        """Asks QRS to make the node the central one. If the answer is lost, it may have obeyed: look at the nodes."""
        try:
            self._upkeep.move_central(to.id)
        except RequestFailed as error:
            if error.kind not in PERHAPS_OBEYED and error.status not in IN_TROUBLE:
                raise

    def running_tasks(self, nodes: Iterable[Node]) -> tuple[RunningTask, ...] | None:
        """Those that run on the nodes, or may do so; two requests to QRS. None where it does not tell."""
        names = [name for node in nodes for name in (node.name, node.host_name)]
        tasks: tuple[RunningTask, ...] | None = _unless_it_fails(self._running_tasks)
        return None if tasks is None else tuple(task for task in tasks if task.may_run_on(names))

    def _running_tasks(self) -> tuple[RunningTask, ...] | None:
        """None where rights may have shortened the list: QRS must show as many to Qlik's own account."""
        if self._connection.asks_at_user_port:
            return self._upkeep.running_tasks() or None
        number = self._upkeep.count_running_tasks(ALL_SEEING_USER)
        tasks = self._upkeep.running_tasks()
        # One may have begun or ended in between, which is no matter where some are shown.
        return tasks if tasks or not number else None

    def alive(self, proxies: Iterable[ProxyService]) -> list[bool | QlikError]:
        """Whether each proxy service says it is alive, or why it could not be asked; one request each."""
        return run_parallel(((proxy.id, proxy) for proxy in proxies), self._is_alive, self._connection.max_parallel)

    def _is_alive(self, proxy: ProxyService) -> bool | QlikError:
        try:
            return self._api(proxy).is_alive()
        except QlikError as error:
            return self._what_to_tell(proxy, error)  # what is asked next need not wait for it again

    def _reading(self, asked: tuple[ProxyLink, ...], answers: list[list[Session] | Failure]) -> Listing:
        return Listing(
            links=asked,
            sessions=tuple(session for answer in answers if isinstance(answer, list) for session in answer),
            # Masked again: a proxy service may have named a session whose list was read later.
            failures=tuple(self._masked(answer) for answer in answers if isinstance(answer, Failure)),
        )

    def _sessions_or_rows(self, what: ProxyLink | str) -> list[Session] | Failure | UsageAnswer:
        return self._rows_of(what) if isinstance(what, str) else self._sessions_of(what)

    def _rows_of(self, license_: str) -> UsageAnswer:
        try:
            rows, now = self._usage.rows(license_)
        except QlikError as error:
            return UsageAnswer(license_, error=error)
        return UsageAnswer(license_, rows, now)

    def _usage_of(self, answers: list[UsageAnswer]) -> Usage:
        """The row of the session over which QRS is asked is left out. A kind that QRS does not know has no rows.

        The earliest of its times counts: by it sessions are the least idle.
        """
        own = self._rest.own_sessions()
        read = [answer for answer in answers if answer.error is None]
        absent = [answer for answer in answers if read and _is_not_found(answer.error)]
        times = [answer.now for answer in read]
        return Usage(
            rows=tuple(row for answer in read for row in answer.rows if row.session_id not in own),
            now=None if None in times else min((time for time in times if time), default=None),
            failures=tuple((each.license, each.error) for each in answers if each.error and each not in absent),
            absent=tuple(each.license for each in absent),
        )

    def _sessions_of(self, link: ProxyLink) -> list[Session] | Failure:
        try:
            self._raise_if_down(link.proxy)
            own = self._rest.own_sessions()
            structs = self._api(link.proxy).sessions(link.virtual_proxy.prefix)
            sessions = _each_once(link, (struct for struct in structs if struct.session_id not in own))
        except QlikError as error:
            told = self._what_to_tell(link.proxy, error)
            return Failure(link, told.reason, told.hint, unreachable=_is_unreachable(told))
        self._in_trouble[link.proxy.id] = 0
        return sessions

    def _masked(self, failure: Failure) -> Failure:
        return replace(failure, reason=self._rest.masked(failure.reason), hint=self._rest.masked(failure.hint))

    def _end_one(self, session: Session) -> Outcome:
        if session.proxy.id in self._down:
            return Outcome(
                FAILED, f"not tried, because the proxy service did not answer: {self._down[session.proxy.id]}"
            )
        try:
            was_there = self._api(session.proxy).end(session.virtual_proxy.prefix, session.session_id, session.ref)
        except QlikError as error:
            if error.kind != "connection_lost" or self._is_alive(session.proxy) is not True:
                self._what_to_tell(session.proxy, error)  # no other session of this proxy service is tried
            is_no = _is_clear_no(error)
            return Outcome(FAILED, str(error), is_uncertain=not is_no, was_refused=is_no and not _is_unreachable(error))
        self._in_trouble[session.proxy.id] = 0
        return Outcome(ENDED if was_there else ALREADY_GONE)

    def _give_another_chance(self) -> None:
        self._down.clear()
        self._in_trouble.clear()

    def _raise_if_down(self, proxy: ProxyService) -> None:
        if proxy.id in self._down:
            raise self._down[proxy.id]

    def _what_to_tell(self, proxy: ProxyService, error: QlikError) -> QlikError:
        """Of a proxy service that is down always the first error, though several requests may have met with it."""
        if isinstance(error, RequestFailed) and error.status in IN_TROUBLE:
            self._in_trouble[proxy.id] += 1
        is_given_up = self._in_trouble[proxy.id] >= GIVEN_UP_AFTER
        return self._down.setdefault(proxy.id, error) if is_given_up or _is_unreachable(error) else error

    def _api(self, proxy: ProxyService) -> ProxyServiceApi:
        return ProxyServiceApi(self._rest, Endpoint(proxy.host_name, proxy.qps_port))


@dataclass(frozen=True)
class UsageAnswer:
    """What QRS answered to the request for the rows of one kind, and its time then; or why there is none."""

    license: str
    rows: list[UsageRow] = field(default_factory=list)
    now: datetime | None = None
    error: QlikError | None = None


def _settled(outcome: Outcome, is_listed: bool | None) -> Outcome:
    """The outcome of a session in the light of the list read afterwards; None where there is none."""
    if is_listed:
        return Outcome(FAILED, KEPT.get(outcome.state, outcome.reason))
    if is_listed is None:
        return Outcome(FAILED, f"{outcome.reason} It may have been ended anyway.") if outcome.is_uncertain else outcome
    if outcome.state != FAILED:
        return outcome
    return Outcome(ENDED if outcome.is_uncertain else ALREADY_GONE)  # one that was not ended has ended by itself


def _each_once(link: ProxyLink, structs: Iterable[SessionStruct]) -> list[Session]:
    """The sessions of a list that may name one twice. Raises QlikError where one id has two users."""
    sessions: dict[str, Session] = {}
    for struct in structs:
        session = Session(link=link, **vars(struct))
        if sessions.setdefault(session.session_id, session).user_key != session.user_key:
            raise QlikError(
                "unexpected_answer",
                f"The list of virtual proxy /{link.virtual_proxy.prefix} on {link.proxy.name} has session {session.ref}"
                " twice, each time of another user.",
                "Try again. If that does not help, restart the proxy service.",
            )
    return list(sessions.values())


def _is_worth_a_look(outcome: Outcome) -> bool:
    return outcome.state in KEPT or outcome.is_uncertain or outcome.was_refused


def _is_clear_no(error: QlikError) -> bool:
    """Whether the service has refused, so that the session is as it was."""
    if not isinstance(error, RequestFailed):
        return True  # never sent
    if error.status is None:
        return error.kind not in PERHAPS_OBEYED
    return 400 <= error.status < 500


def _unless_it_fails(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except QlikError:
        return None


def _is_not_found(error: QlikError | None) -> bool:
    return isinstance(error, RequestFailed) and error.status == 404


def _is_unreachable(error: QlikError) -> bool:
    return isinstance(error, RequestFailed) and error.is_unreachable
