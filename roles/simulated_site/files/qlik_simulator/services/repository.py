# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the repository holds: one table of objects for each type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..model import entities
from ..model.banners import BannerStore
from ..model.clock import Clock, moment
from ..model.history import History
from ..model.proxy import RUNNING, STARTING, Proxy
from ..model.rights import readable_users
from ..model.site import Node, Site, SiteError, User
from ..model.switches import Switches
from ..model.upkeep import Upkeep
from ..model.usage import LICENSE_OF_PATH, UsageBook
from ..services.table import Row, Table

# Accounts of the site itself; QRS knows them and they may read everything (C).
_OWN_ACCOUNTS = ("sa_repository", "sa_api")
_ADMINISTRATOR = "RootAdmin"
_REPOSITORY, _PROXY, _SCHEDULER, _ENGINE, _PRINTING = 0, 1, 2, 3, 5
_RUNNING, _NO_COMMUNICATION, _DISABLED, _INITIALIZING = 2, 3, 4, 0


class Repository:
    """The repository of a site. ``proxies`` are its proxy processes by node name."""

    def __init__(
        self,
        site: Site,
        ports: entities.Ports,
        proxies: Mapping[str, Proxy],
        switches: Switches,
        clock: Clock,
        history: History,
    ) -> None:
        self._site = site
        self._ports = ports
        self._proxies = proxies
        self._switches = switches
        self._clock = clock
        self._started = clock.now()
        self.banners = BannerStore(site.banners, clock, switches)
        self.upkeep = Upkeep(site, clock, switches)
        self.usage = UsageBook(site, proxies, history, switches, clock)
        self._usage_tables: dict[str, tuple[object, Table]] = {}
        self._created = moment(self._started)
        for name in _OWN_ACCOUNTS:
            if site.user("INTERNAL", name) is None:
                site.add_user(User("INTERNAL", name, name, roles=[_ADMINISTRATOR]))
        self._makers: dict[str, Callable[[], Table]] = {
            "proxyservice": self._proxy_services,
            "virtualproxyconfig": self._virtual_proxies,
            "servernodeconfiguration": self._nodes,
            "servicestatus": self._service_statuses,
            "user": self._users,
        }
        self._tables: dict[str, Table] = {}

    def table(self, kind: str) -> Table | None:
        """The table of a type, its name in lower case; None when there is no such type here."""
        if kind == "servicestatus":
            return self._service_statuses()
        if kind == "custombannermessage":
            return self.banners.table()
        if kind in LICENSE_OF_PATH:
            return self._usage(kind)
        if kind == "executionsession":
            return _table(self.upkeep.execution_sessions(), self.upkeep.model_session())
        if kind == "servicecluster":
            return _table(self.upkeep.clusters())
        if kind == "servernodeheartbeat":
            return _table(self.upkeep.heartbeats())
        if kind in self._makers and kind not in self._tables:
            self._tables[kind] = self._makers[kind]()
        return self._tables.get(kind)

    def users_seen_by(self, asker: tuple[str, str]) -> Table:
        """The users that somebody who may read the repository is shown; kept, because its indexes take time to make."""
        kind = "\\".join(("user", *asker))
        if kind not in self._tables:
            every = self._tables.setdefault("user", self._users())
            self._tables[kind] = readable_users(every, str(self._switches["readable_users"]), asker)
        return self._tables[kind]

    def fail_over(self, node_id: str) -> tuple[str, int]:
        """Another node becomes the central one; words and status of the answer."""
        for node in self._site.nodes:
            if entities.guid("node", node.name) == node_id.lower():
                try:
                    self.upkeep.move_central(node)
                except SiteError as error:
                    return str(error), 400
                self.changed()
                return "", 204
        return "Not Found", 404

    def changed(self) -> None:
        """Something the tables are made of has changed."""
        self._tables.clear()
        self._usage_tables.clear()

    def is_inactive(self, directory: str, user_id: str) -> bool:
        """Whether the user may not log in. Any of the three marks counts (which one blocking sets: N)."""
        user = self._site.user(directory, user_id)
        return user is not None and (user.inactive or user.blacklisted or user.removed_externally)

    def is_administrator(self, directory: str, user_id: str) -> bool:
        """Whether the user may read the repository, and write what can be written."""
        user = self._site.user(directory, user_id)
        if user is None:
            return self._switches["unknown_user"] == "everything"
        return _ADMINISTRATOR in user.roles

    def _nodes(self) -> Table:
        rows = []
        for node in self._site.nodes:
            full = entities.node_full(node, self._created)
            rows.append(Row(full, entities.node_condensed(node)))
        return Table(rows)

    def _proxy_services(self) -> Table:
        """One object a node, nodes whose proxy is disabled included (I), which is why clients filter (C)."""
        listed = self._switches["disabled_proxy_service"] == "listed"
        rows = []
        for node in self._site.nodes:
            if node.proxy or listed:
                full = entities.proxy_full(node, self._site, self._ports, self._created)
                entity = {**full, "serverNodeConfiguration": self._node_as_filtered(node)}
                rows.append(Row(full, self._condensed_service(full, "serverNodeConfiguration", "settings"), entity))
        return Table(rows)

    def _condensed_service(self, full: dict[str, Any], *fields: str) -> dict[str, Any]:
        """The short form of a service; Qlik's description of the interface (D) has none of the fields."""
        return entities.condensed(full, *(fields if self._switches["condensed_services"] == "fields" else ()))

    def _node_as_filtered(self, node: Node) -> dict[str, Any]:
        """The node as a filter on proxy services sees it, which is more than their answers show (C)."""
        seen = entities.node_full(node, self._created)
        if self._switches["filter_proxy_enabled"] == "refused":
            del seen["proxyEnabled"]
        elif self._switches["filter_proxy_enabled"] == "ignored":
            seen["proxyEnabled"] = True
        return seen

    def _virtual_proxies(self) -> Table:
        return Table(
            Row(
                entities.virtual_proxy_full(each, self._site, self._created),
                entities.virtual_proxy_condensed(each, self._site),
            )
            for each in self._site.virtual_proxies
        )

    def _users(self) -> Table:
        rows = []
        for user in self._site.users:
            full = entities.user_full(user, self._created)
            fields = ("userId", "userDirectory", "userDirectoryConnectorName", "name")
            rows.append(Row(full, entities.condensed(full, *fields)))
        return Table(rows)

    def _usage(self, kind: str) -> Table | None:
        """The usage rows of a kind, kept as long as they are the same, for they may be thousands."""
        if self._switches["usage_shown"] == "absent":
            return None
        state = self.usage.state()
        kept, table = self._usage_tables.get(kind, (None, Table([])))
        if kept != state:
            license_ = LICENSE_OF_PATH[kind]
            table = _table(self.usage.rows(license_), self.usage.model(license_))
            self._usage_tables[kind] = (state, table)
        return table

    def _service_statuses(self) -> Table:
        """As QRS saw the services when it last looked; how often it looks is a switch (N)."""
        period = float(self._switches["service_status_seconds"])
        now = self._clock.now()
        seen = now if period == 0 else now - (now - self._started) % period
        rows = []
        for node in self._site.nodes:
            states = {
                _REPOSITORY: _RUNNING,
                _PROXY: self._proxy_state(node.name, seen),
                _SCHEDULER: _RUNNING if node.scheduler else _DISABLED,
                _ENGINE: _RUNNING if node.engine else _DISABLED,
                _PRINTING: _RUNNING if node.printing else _DISABLED,
            }
            for service, state in states.items():
                full = entities.service_status(node, service, state, moment(seen), self._created)
                entity = {**full, "serverNodeConfiguration": entities.node_full(node, self._created)}
                short = self._condensed_service(
                    full, "serverNodeConfiguration", "serviceType", "serviceState", "timestamp"
                )
                rows.append(Row(full, short, entity))
        return Table(rows)

    def _proxy_state(self, node: str, seen: float) -> int:
        proxy = self._proxies.get(node)
        if proxy is None:
            return _DISABLED
        return {RUNNING: _RUNNING, STARTING: _INITIALIZING}.get(proxy.state_at(seen), _NO_COMMUNICATION)


def _table(objects: Iterable[dict[str, Any]], *models: dict[str, Any]) -> Table:
    """A table whose short forms hold nothing but ids and privileges, as they are described (D)."""
    return Table(
        (Row(each, entities.condensed(each)) for each in objects),
        (Row(each, entities.condensed(each)) for each in models),
    )
