# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of who is connected, or who would be affected: what every table, file, page and mail is made of. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._result import SESSIONS_PER_USER
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_advice import Thresholds, advice, enumerated
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import (
    Session,
    Site,
    Tally,
    VirtualProxy,
    counts_by,
    distinct,
    in_any_case,
    tallies,
)
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_unlisted import unlisted

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class ReportBuilder:
    """``chosen``: names of the nodes that the report is about, none for the whole site.

    ``upkeep``: what QRS tells of each of them, see _upkeep_words.
    """

    site: Site
    chosen: tuple[str, ...]
    thresholds: Thresholds
    title: str
    pseudonyms: bool
    upkeep: tuple[dict[str, Any], ...] = ()

    def build(self) -> dict[str, Any]:
        return {
            "title": self.title or self._own_title(),
            "observed_at": self.site.observed_at,
            "complete": self.site.complete,
            "failures": self.site.failures,
            "proxies": list(self.chosen),
            "pseudonyms": self.pseudonyms,
            "thresholds": {
                "limit": SESSIONS_PER_USER,
                "near_limit": self.thresholds.near_limit,
                "runaway_user": self.thresholds.runaway_user,
                "runaway_virtual_proxy": self.thresholds.runaway_virtual_proxy,
            },
            "summary": self.summary,
            "virtual_proxies": self.virtual_proxies,
            "nodes": self._nodes(),
            "users": self.users,
            "sessions": [self._session(session) for session in self.affected],
            "at_limit": self.at_limit,
            "runaways": self.runaways,
            "unlinked": self.unlinked,
            "unlisted": unlisted(self.site, self._whole.values()),
            "upkeep": list(self.upkeep),
            "advice": advice(self.summary, len(self.site.failures), bool(self.chosen)),
        }

    def _own_title(self) -> str:
        if not self.chosen:
            return "Who is connected"
        verb = "is" if len(self.chosen) == 1 else "are"
        return f"If {enumerated(self.chosen)} {verb} restarted"

    @cached_property
    def affected(self) -> list[Session]:
        return [session for session in self.site.sessions if self._is_chosen(session.node)]

    def _is_chosen(self, node: str) -> bool:
        return not self.chosen or node in self.chosen

    @cached_property
    def _tallies(self) -> dict[str, Tally]:
        return tallies(self.affected)

    @cached_property
    def _whole(self) -> dict[str, Tally]:
        return tallies(self.site.sessions)

    @cached_property
    def users(self) -> Rows:
        return [self._user(tally) for tally in _most_first(self._tallies.values())]

    def _user(self, tally: Tally) -> dict[str, Any]:
        user, whole = tally.user, self._whole[tally.user.user]
        elsewhere = sorted(place for place in whole.places if not self._is_chosen(place[1]))
        return {
            "user": user.user,
            "user_directory": user.directory,
            "user_id": user.user_id,
            "name": user.name,
            "emails": list(user.emails),
            "kind": user.kind,
            "state": user.state,
            "sessions": tally.sessions,
            "sessions_in_all": whole.sessions,
            "virtual_proxies": tally.prefixes(),
            "nodes": tally.nodes(),
            "elsewhere": [{"virtual_proxy": prefix, "node": node} for prefix, node in elsewhere],
            "rows_without_session": user.rows_without_session,
            "limit": self._limit(whole),
            "runaway": self.thresholds.is_runaway_user(whole.sessions),
        }

    def _limit(self, whole: Tally) -> str:
        # Every anonymous visitor is a user of its own.
        return "" if whole.user.kind == "anonymous" else self.thresholds.limit(whole.sessions)

    def _session(self, session: Session) -> dict[str, Any]:
        return {
            "ref": session.ref,
            "user": session.user.user,
            "name": session.name,
            "kind": session.user.kind,
            "virtual_proxy": session.virtual_proxy,
            "node": session.node,
            "started": session.started,
            "first_seen": session.first_seen,
            "age": session.age,
            "idle": session.idle,
            "license": session.license,
        }

    def _nodes(self) -> Rows:
        counts = counts_by(self.site.sessions, lambda session: session.node)
        return [
            {
                "name": node.name,
                "host_name": node.host_name,
                "sessions": counts[node.name][0],
                "users": counts[node.name][1],
                "reachable": node.reachable,
                "chosen": node.name in self.chosen,
            }
            for node in self.site.nodes
        ]

    @cached_property
    def _in_all(self) -> Counter[str]:
        return Counter(session.virtual_proxy_id for session in self.site.sessions)

    @cached_property
    def virtual_proxies(self) -> Rows:
        counts = counts_by(self.affected, lambda session: session.virtual_proxy_id)
        places = Counter((session.virtual_proxy_id, session.node) for session in self.affected)
        serving = [proxy for proxy in self.site.virtual_proxies if any(map(self._is_chosen, proxy.nodes))]
        by_prefix = sorted(serving, key=lambda proxy: in_any_case(proxy.prefix))
        return [
            {
                "prefix": proxy.prefix,
                "description": proxy.description,
                "sessions": counts[proxy.id][0],
                "users": counts[proxy.id][1],
                "nodes": [
                    {"name": node, "sessions": places[proxy.id, node]} for node in proxy.nodes if self._is_chosen(node)
                ],
                "runaway": self._is_runaway(proxy),
            }
            for proxy in sorted(by_prefix, key=lambda proxy: -counts[proxy.id][0])
        ]

    def _is_runaway(self, proxy: VirtualProxy) -> bool:
        return self.thresholds.is_runaway_virtual_proxy(self._in_all[proxy.id])

    @cached_property
    def at_limit(self) -> Rows:
        return [
            {
                "user": tally.user.user,
                "name": tally.user.name,
                "kind": tally.user.kind,
                "sessions": tally.sessions,
                "virtual_proxies": tally.prefixes(),
                "nodes": tally.nodes(),
                "limit": self._limit(tally),
            }
            for tally in _most_first(self._whole.values())
            if self._limit(tally)
        ]

    @cached_property
    def runaways(self) -> Rows:
        users = [
            ("user", tally.user.user, tally.sessions, self.thresholds.runaway_user)
            for tally in self._whole.values()
            if self.thresholds.is_runaway_user(tally.sessions)
        ]
        proxies = [
            ("virtual_proxy", proxy.shown, self._in_all[proxy.id], self.thresholds.runaway_virtual_proxy)
            for proxy in self.site.virtual_proxies
            if self._is_runaway(proxy)
        ]
        found = sorted([*users, *proxies], key=lambda runaway: (-runaway[2], runaway[0], in_any_case(runaway[1])))
        return [dict(zip(("what", "name", "sessions", "threshold"), runaway, strict=True)) for runaway in found]

    @cached_property
    def unlinked(self) -> Rows:
        alone = sorted((proxy for proxy in self.site.virtual_proxies if not proxy.nodes), key=lambda p: p.prefix)
        return [{"prefix": proxy.prefix, "description": proxy.description} for proxy in alone]

    @cached_property
    def summary(self) -> dict[str, int | None]:
        kinds = Counter(session.user.kind for session in self.affected)
        people = [user for user in self.users if user["kind"] == "person"]
        limits = Counter(user["limit"] for user in self.at_limit)
        return {
            "people": len(people),
            "users": len(self.users),
            "sessions": len(self.affected),
            "anonymous_sessions": kinds["anonymous"],
            "service_sessions": kinds["service"],
            "elsewhere": sum(bool(user["elsewhere"]) for user in people),
            "at_limit": limits["at"],
            "near_limit": limits["near"],
            "rows_without_session": self.site.rows_without_session,
            "runaways": len(self.runaways),
            "unlinked": len(self.unlinked),
            "missing": sum(user["state"] == "missing" for user in people),
            "unknown": sum(user["state"] == "unknown" for user in people),
            "without_email": sum(not self._tallies[user["user"]].user.has_email for user in people),
            "nodes": len(distinct(session.node for session in self.affected)),
            "virtual_proxies": len(distinct(session.virtual_proxy_id for session in self.affected)),
        }


def _most_first(found: Iterable[Tally]) -> list[Tally]:
    by_name = sorted(found, key=lambda tally: in_any_case(tally.user.user))
    return sorted(by_name, key=lambda tally: -tally.sessions)
