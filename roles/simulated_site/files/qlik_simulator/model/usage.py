# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Usage rows: what the repository notes of each session that holds an allocation (shapes: D).

When they are written, how long they stay and what else may be wrong with them is not known: each is a switch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ..model.clock import Clock, iso, moment
from ..model.entities import guid
from ..model.history import History
from ..model.proxy import Proxy
from ..model.sessions import Session
from ..model.site import Node, Site
from ..model.switches import Switches


class Kind(NamedTuple):
    """A kind of usage: the type in paths, the name of the entity, and whether a row is of a user and not of a session.

    ``access`` is the field that names the allocation.
    """

    path: str
    entity: str
    access: str
    of_user: bool


# By the license of a user in the site's description.
KINDS = {
    "professional": Kind(
        "license/professionalaccessusage", "LicenseProfessionalAccessUsage", "professionalAccessType", False
    ),
    "analyzer": Kind("license/analyzeraccessusage", "LicenseAnalyzerAccessUsage", "analyzerAccessType", False),
    "user": Kind("license/useraccessusage", "LicenseUserAccessUsage", "userAccessType", False),
    "login": Kind("license/loginaccessusage", "LicenseLoginAccessUsage", "loginAccessType", True),
    "analyzer_capacity": Kind(
        "license/analyzertimeaccessusage", "LicenseAnalyzerTimeAccessUsage", "analyzerTimeAccessType", True
    ),
}
LICENSE_OF_PATH = {kind.path: license_ for license_, kind in KINDS.items()}
_ZONES = {"east": timedelta(hours=5, minutes=30), "west": timedelta(hours=-5)}
_REPOSITORY = "INTERNAL\\sa_repository"


@dataclass(frozen=True)
class _Noted:
    """A session, the node that has it, and when it ended."""

    session: Session
    node: Node
    ended: float | None = None


class UsageBook:
    """The rows of a site, as its repository shows them at a moment."""

    def __init__(
        self, site: Site, proxies: Mapping[str, Proxy], history: History, switches: Switches, clock: Clock
    ) -> None:
        self._site = site
        self._proxies = proxies
        self._history = history
        self._switches = switches
        self._clock = clock
        self._started = clock.now()

    def state(self) -> tuple[object, ...]:
        """The same as long as no row has changed."""
        stores = tuple(served.store.revision for proxy in self._proxies.values() for served in proxy.served)
        return (stores, self._written() if self._period else 0, sum(1 for _ended in self._still_noted()))

    def rows(self, license_: str) -> list[dict[str, Any]]:
        """The rows of one kind."""
        noted = [each for each in self._noted() if self._license(each.session) == license_]
        if KINDS[license_].of_user:
            by_user: dict[tuple[str, str], list[_Noted]] = {}
            for each in noted:
                user = (each.session.user_directory.lower(), each.session.user_id.lower())
                by_user.setdefault(user, []).append(each)
            rows = [self._row_of_user(license_, sessions) for sessions in by_user.values()]
        else:
            rows = [self._row_of_session(license_, each) for each in noted]
        return [*rows, *self._doubles(rows)]

    def model(self, license_: str) -> dict[str, Any]:
        """A row that shows what fields a kind has, where there may be no row."""
        noted = _Noted(Session("LAB", "nobody", self._clock.now()), self._site.central)
        if KINDS[license_].of_user:
            return self._row_of_user(license_, [noted])
        return self._row_of_session(license_, noted)

    @property
    def _period(self) -> float:
        return float(self._switches["usage_lag_seconds"])

    def _written(self) -> float:
        """When rows were written last."""
        now = self._clock.now()
        return now - (now - self._started) % self._period if self._period else now

    def _noted(self) -> Iterator[_Noted]:
        """The sessions with a row: those that began before rows were last written, and some that have ended since."""
        written = self._written()
        for proxy in self._proxies.values():
            for served in proxy.served:
                for session in served.store.all():
                    if session.noted <= written and self._is_kept(session):
                        yield _Noted(session, proxy.node)
        for each in self._still_noted():
            if self._is_kept(each.session):
                yield each

    def _still_noted(self) -> Iterator[_Noted]:
        written, outlives = self._written(), float(self._switches["usage_outlives_seconds"])
        for node, session, ended in self._history.ended():
            if session.noted <= written < ended + outlives:
                yield _Noted(session, self._site.node(node), ended)

    def _is_kept(self, session: Session) -> bool:
        setting = str(self._switches["usage_rows"])
        if not setting.endswith("%"):
            return True
        return int(hashlib.sha256(session.session_id.encode()).hexdigest(), 16) % 100 < int(setting.removesuffix("%"))

    def _license(self, session: Session) -> str:
        user = self._site.user(session.user_directory, session.user_id)
        return user.license if user else "none"

    def _row(self, license_: str, sessions: list[_Noted], name: str) -> dict[str, Any]:
        kind = KINDS[license_]
        first = min(sessions, key=lambda each: each.session.created)
        user = f"{first.session.user_directory}\\{first.session.user_id}"
        started = self._spelt(first.session.created)
        return {
            "id": guid(kind.path, name),
            "createdDate": started,
            "modifiedDate": self._spelt(max(map(self._latest, sessions))),
            # Taken for the user by the one client that is known to read it (C).
            "modifiedByUserName": user if self._switches["usage_modified_by"] == "user" else _REPOSITORY,
            "schemaPath": kind.entity,
            "privileges": None,
            "useStartTime": started,
            "latestActivity": self._spelt(max(map(self._latest, sessions))),
            "hostName": first.node.host_name,
            "serverNodeConfigurationId": guid("node", first.node.name),
            kind.access: {"id": guid(kind.access, user), "privileges": None},
        }

    def _row_of_session(self, license_: str, noted: _Noted) -> dict[str, Any]:
        session_id = noted.session.session_id
        return {**self._row(license_, [noted], session_id), "sessionID": self._id(session_id)}

    def _row_of_user(self, license_: str, sessions: list[_Noted]) -> dict[str, Any]:
        user_id, directory = sessions[0].session.user_id, sessions[0].session.user_directory
        known = self._site.user(directory, user_id)
        stopped = None if any(each.ended is None for each in sessions) else max(each.ended or 0 for each in sessions)
        shown = {
            "id": guid("user", f"{directory}\\{user_id}"),
            "userId": user_id,
            "userDirectory": directory,
            "userDirectoryConnectorName": directory,
            "name": known.name if known else user_id,
            "privileges": None,
        }
        return {
            **self._row(license_, sessions, f"{directory}\\{user_id}"),
            "user": shown,
            "useStopTime": None if stopped is None else self._spelt(stopped),
            "sessions": [self._element(KINDS[license_].entity, each) for each in sessions],
            KINDS[license_].access: {"id": guid("rule", license_), "name": "A rule", "privileges": None},
        }

    def _element(self, entity: str, noted: _Noted) -> dict[str, Any]:
        started, latest = self._spelt(noted.session.created), self._spelt(self._latest(noted))
        return {
            "id": guid("usagesession", noted.session.session_id),
            "createdDate": started,
            "modifiedDate": latest,
            "modifiedByUserName": _REPOSITORY,
            "schemaPath": f"{entity}Session",
            "sessionID": self._id(noted.session.session_id),
            "latestActivity": latest,
            "serverNodeConfigurationId": guid("node", noted.node.name),
        }

    def _latest(self, noted: _Noted) -> float:
        return noted.session.active_before(self._written())

    def _id(self, session_id: str) -> str:
        setting = self._switches["usage_session_ids"]
        if setting == "hashed":
            return hashlib.sha1(session_id.encode(), usedforsecurity=False).hexdigest()
        return session_id.upper() if setting == "upper" else session_id

    def _spelt(self, when: float) -> datetime | str:
        setting = str(self._switches["usage_times"])
        if setting == "utc":
            return moment(when)
        return iso(moment(when) + _ZONES.get(setting, timedelta())).rstrip("Z")

    def _doubles(self, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Each row once more, as somebody had written it a while before."""
        if self._switches["usage_rows"] != "doubled":
            return []
        return [
            {
                **row,
                "id": guid("double", row["id"]),
                "latestActivity": row["useStartTime"],
                "modifiedDate": row["createdDate"],
            }
            for row in rows
        ]
