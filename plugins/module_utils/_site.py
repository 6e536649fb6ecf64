# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site: its proxy services times their virtual proxies, asked side by side.

A proxy service that does not answer never hides the others, and is not asked again until the topology is read anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from types import TracebackType
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._api.banner import Banners
from ansible_collections.qlikops.sense.plugins.module_utils._api.qps import ProxyServiceApi, SessionStruct
from ansible_collections.qlikops.sense.plugins.module_utils._api.qrs import (
    Repository,
    ServiceState,
    user_filters,
)
from ansible_collections.qlikops.sense.plugins.module_utils._api.survey import ALL_SEEING_USER, Survey
from ansible_collections.qlikops.sense.plugins.module_utils._api.usage import KINDS, UsageAnswer, UsageApi, usage_of
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection, Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.parallel import run_parallel
from ansible_collections.qlikops.sense.plugins.module_utils._cluster import Cluster
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._given_up import GivenUp
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
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyLink, ProxyService, Topology
from ansible_collections.qlikops.sense.plugins.module_utils._model.usage import Usage
from ansible_collections.qlikops.sense.plugins.module_utils._model.user import KnownUser

# Of the users that QRS shows to api_user: fewer may be what everybody may read, such as oneself.
FEWEST_USERS = 10


class Site:
    """All services of a site over one client. Use as a context; the connections close at its end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rest = Rest(connection)
        self._repository = Repository(self._rest, connection)
        self._usage = UsageApi(self._rest, connection)
        self._given_up = GivenUp()

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

    def cluster(self) -> Cluster:
        """The nodes and the central role; no request yet."""
        return Cluster(self._rest, self._connection)

    def survey(self) -> Survey:
        """What only the check of a site asks; no request yet."""
        return Survey(self._rest, self._connection)

    def topology(self) -> Topology:
        """Two requests to QRS. Proxy services that were down get another chance."""
        self._given_up.forget()
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
        return self._listing(asked, answers)

    def read_with_usage(self, links: Iterable[ProxyLink]) -> tuple[Listing, Usage]:
        """The same, and beside it the usage rows of QRS: five requests more."""
        asked = tuple(links)
        tasks: list[tuple[str, ProxyLink | str]] = [("QRS", license_) for license_ in KINDS]
        tasks += [(link.proxy.id, link) for link in asked]
        answers = run_parallel(tasks, self._sessions_or_rows, self._connection.max_parallel)
        lists = [answer for answer in answers if not isinstance(answer, UsageAnswer)]
        usage_answers = [answer for answer in answers if isinstance(answer, UsageAnswer)]
        return self._listing(asked, lists), usage_of(usage_answers, self._rest.own_sessions())

    def usage(self) -> Usage:
        """The usage rows of QRS alone; what can't be read is told, not raised."""
        answers = run_parallel(
            (("QRS", license_) for license_ in KINDS), self._usage.answer, self._connection.max_parallel
        )
        return usage_of(answers, self._rest.own_sessions())

    def end(self, sessions: Iterable[Session]) -> EndResult:
        """Ends sessions, then reads their lists again: a session that is still there counts as failed."""
        self._given_up.forget()  # a proxy service may have answered with some of its lists
        targets = list(sessions)
        answers = run_parallel(
            ((session.proxy.id, session) for session in targets), self._end_one, self._connection.max_parallel
        )
        outcomes = {session.ref: outcome for session, outcome in zip(targets, answers, strict=True)}
        self._given_up.forget()
        again = self.read(dict.fromkeys(session.link for session in targets if outcomes[session.ref].is_worth_a_look))
        listed = {session.ref for session in again.sessions}
        pairs_read = set(again.pairs_read)
        for session in targets:
            is_listed = session.ref in listed if session.link in pairs_read else None
            outcomes[session.ref] = outcomes[session.ref].settled(is_listed)
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

    def alive(self, proxies: Iterable[ProxyService]) -> list[bool | QlikError]:
        """Whether each proxy service says it is alive, or why it could not be asked; one request each."""
        return run_parallel(((proxy.id, proxy) for proxy in proxies), self._is_alive, self._connection.max_parallel)

    def _is_alive(self, proxy: ProxyService) -> bool | QlikError:
        try:
            return self._api(proxy).is_alive()
        except QlikError as error:
            return self._given_up.note_error(proxy, error)  # what is asked next need not wait for it again

    def _listing(self, asked: tuple[ProxyLink, ...], answers: list[list[Session] | Failure]) -> Listing:
        return Listing(
            links=asked,
            sessions=tuple(session for answer in answers if isinstance(answer, list) for session in answer),
            # Masked again: a proxy service may have named a session whose list was read later.
            failures=tuple(self._masked(answer) for answer in answers if isinstance(answer, Failure)),
        )

    def _sessions_or_rows(self, what: ProxyLink | str) -> list[Session] | Failure | UsageAnswer:
        return self._usage.answer(what) if isinstance(what, str) else self._sessions_of(what)

    def _sessions_of(self, link: ProxyLink) -> list[Session] | Failure:
        try:
            if error := self._given_up.error_of(link.proxy):
                raise error
            own = self._rest.own_sessions()
            structs = self._api(link.proxy).sessions(link.virtual_proxy.prefix)
            sessions = _each_once(link, (struct for struct in structs if struct.session_id not in own))
        except QlikError as error:
            told = self._given_up.note_error(link.proxy, error)
            return Failure(link, told.reason, told.hint, unreachable=told.is_unreachable)
        self._given_up.note_answer(link.proxy)
        return sessions

    def _masked(self, failure: Failure) -> Failure:
        return replace(failure, reason=self._rest.masked(failure.reason), hint=self._rest.masked(failure.hint))

    def _end_one(self, session: Session) -> Outcome:
        if known := self._given_up.error_of(session.proxy):
            return Outcome(FAILED, f"not tried, because the proxy service did not answer: {known}")
        try:
            was_there = self._api(session.proxy).end(session.virtual_proxy.prefix, session.session_id, session.ref)
        except QlikError as error:
            if error.kind != "connection_lost" or self._is_alive(session.proxy) is not True:
                self._given_up.note_error(session.proxy, error)  # no other session of this proxy service is tried
            was_refused = error.is_clear_no and not error.is_unreachable
            return Outcome(FAILED, str(error), is_uncertain=not error.is_clear_no, was_refused=was_refused)
        self._given_up.note_answer(session.proxy)
        return Outcome(ENDED if was_there else ALREADY_GONE)

    def _api(self, proxy: ProxyService) -> ProxyServiceApi:
        return ProxyServiceApi(self._rest, Endpoint(proxy.host_name, proxy.qps_port))


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
