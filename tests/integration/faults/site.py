# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The site that the odd server plays: two nodes, three virtual proxies, a dozen sessions, and rules for odd answers.

It remembers what it was asked, so that what a module says can be held against what happened.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import (
    Node,
    ProxyLink,
    ProxyService,
    VirtualProxy,
)
from ansible_collections.qlikops.sense.tests.integration.faults import answers
from ansible_collections.qlikops.sense.tests.integration.faults.answers import Answer

QRS, CENTRAL, NODE2 = "QRS", "Central", "Node2"
HOSTS = {QRS: "qlik1.example.com", CENTRAL: "qlik1.example.com", NODE2: "qlik2.example.com"}
DEFAULT, SALES, EMEA = "", "sales", "partner/emea"
OPAQUE_ID = "kP9_opaque.token~71A"
USAGE = re.compile(r"/qrs/license/(professional|analyzer|user|login|analyzertime)accessusage/full")
CONDITION = re.compile(r"userDirectory eq '((?:[^'\\]|\\.)*)' and userId eq '((?:[^'\\]|\\.)*)'")


@dataclass(frozen=True)
class Live:
    """A session on the server; ``label`` is what the rows call it."""

    label: str
    user: str
    node: str
    prefix: str
    id: str = field(repr=False)
    attributes: tuple[Mapping[str, Any], ...] = ()

    @property
    def struct(self) -> dict[str, Any]:
        directory, _backslash, user_id = self.user.partition("\\")
        return {
            "UserDirectory": directory,
            "UserId": user_id,
            "UserName": None,
            "Attributes": list(self.attributes),
            "SessionId": self.id,
        }


def id_of(label: str) -> str:
    """The id of a session, the same in every run."""
    return OPAQUE_ID if label == "robot" else str(uuid.uuid5(uuid.NAMESPACE_URL, f"session {label}"))


def live(label: str, user: str, node: str, prefix: str = DEFAULT, *attributes: Mapping[str, Any]) -> Live:
    return Live(label, user, node, prefix, id_of(label), attributes)


SESSIONS = (
    live("anna1", "LAB\\anna", CENTRAL, DEFAULT, {"group": "HR"}, {"group": "Finance"}),
    live("anna2", "LAB\\anna", CENTRAL, SALES),
    live("anna3", "LAB\\anna", NODE2, DEFAULT),
    live("bert1", "LAB\\bert", CENTRAL, DEFAULT),
    live("bert2", "LAB\\bert", NODE2, SALES, {"group": "HR"}),
    live("carla1", "LAB\\carla", NODE2, EMEA),
    live("carla2", "LAB\\carla", CENTRAL, DEFAULT),
    live("dora", "LAB\\dora", NODE2, DEFAULT, {"Email": "dora@lab.example"}),
    live("emil", "PARTNER\\emil", NODE2, EMEA),
    live("robot", "LAB\\svc_report", CENTRAL, SALES),
    live("guest", "NONE\\anonymous1f0c", NODE2, DEFAULT),
    live("api", "INTERNAL\\sa_api", CENTRAL, DEFAULT),
    live("scheduler", "INTERNAL\\sa_scheduler", CENTRAL, DEFAULT),
)
USERS_WITHOUT_SESSIONS = 100
KNOWN_USERS = ("LAB\\anna", "LAB\\bert", "LAB\\carla", "LAB\\dora", "PARTNER\\emil", "LAB\\svc_report")


@dataclass(frozen=True)
class Request:
    """``path`` as it came, without the query; ``line`` is what rules are matched with."""

    listener: str
    method: str
    path: str
    query: Mapping[str, str]
    label: str = ""
    user: str = ""

    @property
    def line(self) -> str:
        """Such as ``Node2 DELETE /qps/sales/session/bert2``, with the label in place of the id."""
        path = f"{self.path.rpartition('/')[0]}/{self.label}" if self.label else self.path
        asked = f"?{self.query['filter']}" if "filter" in self.query else ""
        return f"{self.listener} {self.method} {path}{asked}"


Saying = Answer | Callable[["Site", Request], Answer]


@dataclass(frozen=True)
class Rule:
    """For requests whose line holds ``line`` (an expression), but not the first ``skip`` of them, so many ``times``.

    ``obeyed``: a session that is to be ended is ended, whatever the answer.
    """

    line: str
    saying: Saying
    times: int | None = None
    skip: int = 0
    obeyed: bool = False


class Site:
    """Safe to use from several threads. ``ports`` are where its listeners are."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._real_ports = dict(ports)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """As if it had just been started."""
        self.ports = dict(self._real_ports)
        self.sessions = list(SESSIONS)
        self.hidden_users = 0
        self.known_users: dict[str, dict[str, Any]] = {user: {} for user in KNOWN_USERS}
        self.prefixes = {f"vp-{prefix or 'default'}": prefix for prefix in (DEFAULT, SALES, EMEA)}
        self.linked = {CENTRAL: [DEFAULT, SALES], NODE2: [DEFAULT, SALES, EMEA]}
        self.usage: dict[str, list[dict[str, Any]]] = {}
        self.flaws: dict[str, str] = {}
        self.rules: list[Rule] = []
        self.journal: list[Request] = []
        self.strays: list[str] = []
        self.keys: set[str] = set()
        self._fitted: Counter[int] = Counter()
        self.before: list[Live] = []

    def begin(self) -> None:
        """Take the sessions there are for those that a module finds."""
        self.before = list(self.sessions)

    @property
    def gone(self) -> set[str]:
        """The labels of the sessions that are not there any more."""
        return {session.label for session in self.before} - {session.label for session in self.sessions}

    @property
    def to_be_ended(self) -> list[str]:
        """The label, or the path where it has none, of every session that was to be ended, in order."""
        return [request.label or request.path for request in self.journal if request.method == "DELETE"]

    def answer(self, listener: str, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        """What is to be said to a request, which is remembered and may have ended a session."""
        with self._lock:
            request = replace(self._request(listener, method, target), user=headers.get("X-Qlik-User", ""))
            self.journal.append(request)
            self.keys |= {request.query.get("xrfkey", ""), headers.get("X-Qlik-Xrfkey", "")} - {""}
            rule = self._rule_for(request)
            usual = self._usual(request)
            if method == "DELETE" and (rule is None or rule.obeyed):
                self.sessions = [session for session in self.sessions if session.label != request.label]
            if rule is None:
                return usual
            return rule.saying if isinstance(rule.saying, Answer) else rule.saying(self, request)

    def usual(self, request: Request) -> Any:
        """The data of the usual answer to a request, to be spoilt."""
        path = unquote(request.path, errors="surrogatepass")
        if request.listener == QRS:
            return self._of_qrs(path, request)
        if path == "/qps/alive":
            return {"value": True}
        if path.endswith("/session"):
            prefix = self._prefix_of(path)
            return [
                session.struct
                for session in self.sessions
                if session.node == request.listener and session.prefix == prefix
            ]
        return None

    def ref(self, session: Live) -> str:
        """How the collection refers to a session."""
        directory, _backslash, user_id = session.user.partition("\\")
        proxy = ProxyService(self._proxy_id(session.node), Node(session.node, HOSTS[session.node]), 0)
        link = ProxyLink(proxy, VirtualProxy("", session.prefix))
        return Session(link, directory, user_id, "", {}, session.id).ref

    def proxy_services(self) -> list[dict[str, Any]]:
        """What QRS says of its proxy services."""
        return [
            {
                "id": self._proxy_id(node),
                "serverNodeConfiguration": {"id": f"node-{node}", "name": node, "hostName": HOSTS[node]},
                "settings": {
                    "listenPort": 443,
                    "restListenPort": self.ports[node],
                    "virtualProxies": [
                        {"id": identity, "prefix": prefix}
                        for identity, prefix in self.prefixes.items()
                        if prefix in self.linked[node]
                    ],
                },
            }
            for node in (CENTRAL, NODE2)
        ]

    def virtual_proxies(self) -> list[dict[str, Any]]:
        """What QRS says of its virtual proxies."""
        return [
            {
                "id": identity,
                "prefix": prefix,
                "description": f"Portal /{prefix}",
                "sessionCookieHeaderName": "X-Qlik-Session",
                "sessionInactivityTimeout": 30,
                "loadBalancingServerNodes": [{"name": CENTRAL, "hostName": HOSTS[CENTRAL]}],
            }
            for identity, prefix in self.prefixes.items()
        ]

    @staticmethod
    def _proxy_id(node: str) -> str:
        return f"proxy-{node}"

    def _request(self, listener: str, method: str, target: str) -> Request:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        head, _slash, last = parts.path.rpartition("/")
        label = ""
        if head.endswith("/session"):
            prefix, wanted = self._prefix_of(unquote(head)), unquote(last, errors="surrogatepass")
            fitting = (
                session.label
                for session in self.before
                if (session.node, session.prefix, session.id) == (listener, prefix, wanted)
            )
            label = next(fitting, "")
        return Request(listener, method, parts.path, query, label)

    @staticmethod
    def _prefix_of(path: str) -> str:
        return path[len("/qps") : -len("/session")].strip("/")

    def _rule_for(self, request: Request) -> Rule | None:
        for place, rule in enumerate(self.rules):
            if re.search(rule.line, request.line):
                self._fitted[place] += 1
                number = self._fitted[place] - rule.skip
                if number > 0 and (rule.times is None or number <= rule.times):
                    return rule
        return None

    def _usual(self, request: Request) -> Answer:
        path = unquote(request.path, errors="surrogatepass")
        if request.method == "DELETE":
            ending = [session.struct for session in self.sessions if session.label == request.label]
            return answers.as_json(ending[0]) if ending else answers.text("No such session", 404)
        is_known = request.method == "GET" and (
            request.listener == QRS or path == "/qps/alive" or self._prefix_of(path) in self.linked[request.listener]
        )
        data = self.usual(request) if is_known else None
        if data is None:
            self.strays.append(request.line)
            return answers.text("No matching endpoint found", 404)
        return answers.as_json(data)

    def _of_qrs(self, path: str, request: Request) -> Any:
        if path == "/qrs/virtualproxyconfig/full":
            return self.virtual_proxies()
        if path == "/qrs/proxyservice/full":
            return self.proxy_services()
        if path == "/qrs/user/full":
            return self._users(request.query.get("filter", ""))
        usage = USAGE.fullmatch(path)
        if usage:
            return self.usage.get(usage[1], [])
        if path == "/qrs/user/count":
            is_shown_all = request.user.endswith("UserId=sa_repository")
            return len(self.known_users) + USERS_WITHOUT_SESSIONS + (self.hidden_users if is_shown_all else 0)
        return None

    def _users(self, filter_text: str) -> list[dict[str, Any]]:
        wanted = {
            "\\".join(re.sub(r"\\(.)", r"\1", part) for part in found).lower()
            for found in CONDITION.findall(filter_text)
        }
        return [
            {
                "id": f"user {user}",
                "userDirectory": user.partition("\\")[0],
                "userId": user.partition("\\")[2],
                "name": user,
                "attributes": [],
                "inactive": False,
                "blacklisted": False,
                "removedExternally": False,
                **fields,
            }
            for user, fields in self.known_users.items()
            if user.lower() in wanted
        ]
