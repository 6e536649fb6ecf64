# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module's main() in this process, the way ansible-core hands it its arguments and takes its result."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible.module_utils import basic

from ansible_collections.qlikops.sense.plugins.module_utils import _site
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import FakeRest

Result = dict[str, Any]
CONNECTION = {"host": "qlik1.example.com", "client_cert": "client.pem", "client_key": "client_key.pem"}
QRS = "GET qlik1.example.com:4242/qrs"
USAGE = [
    f"{QRS}/license/{kind}accessusage/full" for kind in ("professional", "analyzer", "user", "login", "analyzertime")
]
# A reload runs on Central, from which nobody would take over.
UPKEEP: dict[str, list[dict[str, Any]]] = {
    "executionsession": [
        {
            "executionResult": {"executingNodeName": "central.example.com", "startTime": "2026-01-15T09:12:00.000Z"},
            "reloadTask": {"name": "Nightly"},
            "app": {"name": "Sales"},
            "user": "INTERNAL\\sa_scheduler",
        }
    ],
    "servicecluster": [{"settings": {"sharedPersistenceProperties": {"failoverTimeout": 10}}}],
    "servernodeheartbeat": [
        {"serverNodeConfiguration": {"name": "Central"}, "timestamp": "2026-01-15T09:29:56.000Z"},
    ],
}
BANNERS = "qlik1.example.com:4242/qrs/custombannermessage"
CENTRAL, NODE2 = "central.example.com:4243", "node2.example.com:4243"


def run(monkeypatch: pytest.MonkeyPatch, main: Callable[[], None], **arguments: Any) -> Result:
    """The result of a module; ``failed`` in it where it failed."""
    text = json.dumps({"ANSIBLE_MODULE_ARGS": arguments})
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", text.encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    warnings: list[str] = []
    # In a process that has loaded more of ansible-core than a module does, they would be shown and not returned.
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _module, warning, **_options: warnings.append(warning))
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(output), pytest.raises(SystemExit):
        main()
    output.seek(0)
    result: Result = json.loads(output.read().strip().splitlines()[-1])
    result.pop("invocation", None)  # ansible-core 2.21 returns it only when asked to
    return {**result, "warnings": warnings} if warnings else result


def struct(session_id: str, user: str = "LAB\\anna", **attributes: str) -> dict[str, Any]:
    """A session as QPS gives it."""
    directory, user_id = user.split("\\")
    return {
        "UserDirectory": directory,
        "UserId": user_id,
        "Attributes": [{name: value} for name, value in attributes.items()],
        "SessionId": session_id,
    }


def banner(name: str, **fields: Any) -> dict[str, Any]:
    """A banner as QRS gives it."""
    return {
        "id": f"id-of-{name}",
        "createdDate": "2026-01-15T09:00:00.000Z",
        "modifiedDate": "2026-01-15T09:30:00.123Z",
        "modifiedByUserName": "LAB\\anna",
        "schemaPath": "CustomBannerMessage",
        "privileges": None,
        "name": name,
        "message": "Back at 10",
        "messageType": 0,
        "isActive": True,
        "duration": 10,
        "tags": [{"id": "a-tag", "name": "night"}],
        **fields,
    }


def site_answers(**sessions: list[dict[str, Any]]) -> dict[str, Any]:
    """What a site answers: Central and Node2, each with the default virtual proxy and sales; old is linked to nothing.

    Sessions by ``central``, ``central_sales``, ``node2`` and ``node2_sales``.
    """
    virtual_proxies = [
        {"id": "vp-default", "prefix": "", "description": "Default", "sessionCookieHeaderName": "X-Qlik-Session"},
        {
            "id": "vp-sales",
            "prefix": "sales",
            "sessionInactivityTimeout": 20,
            "loadBalancingServerNodes": [{"name": "Central", "hostName": "central.example.com"}],
        },
        {"id": "vp-old", "prefix": "old"},
    ]
    answers: dict[str, Any] = {
        f"{QRS}/virtualproxyconfig/full": virtual_proxies,
        f"{QRS}/proxyservice/full": [_proxy_service("Central"), _proxy_service("Node2")],
        f"{QRS}/user/full": [{"userDirectory": "LAB", "userId": "anna", "name": "Anna Ek", "inactive": True}],
        f"{QRS}/user/count": 500,
        f"{QRS}/user/count as INTERNAL\\sa_repository": 500,
        f"{QRS}/servicestatus/full": [
            {
                "serverNodeConfiguration": {"name": "Central"},
                "serviceType": 1,
                "serviceState": 2,
                "timestamp": "2026-01-15T09:29:41.120Z",
            }
        ],
        f"GET {BANNERS}/full": [],
        f"POST {BANNERS}": banner("Maintenance"),
        f"{QRS}/servernodeconfiguration/full": [
            {"id": "n1", "name": "Central", "isCentral": True},
            {"id": "n2", "name": "Node2"},
        ],
    }
    answers.update({key: [] for key in USAGE})
    answers.update({f"{QRS}/{entity}/full": items for entity, items in UPKEEP.items()})
    answers[f"{QRS}/executionsession/count as INTERNAL\\sa_repository"] = 1
    for node, address in (("central", CENTRAL), ("node2", NODE2)):
        answers[f"GET {address}/qps/session"] = sessions.get(node, [])
        answers[f"GET {address}/qps/sales/session"] = sessions.get(f"{node}_sales", [])
        answers[f"GET {address}/qps/alive"] = {"value": True}
    return answers


def install(monkeypatch: pytest.MonkeyPatch, answers: Mapping[str, Any]) -> FakeRest:
    """Puts a fake in the place of the client of every site."""
    rest = FakeRest(answers)
    monkeypatch.setattr(_site, "Rest", lambda _connection: rest)
    return rest


def _proxy_service(name: str) -> dict[str, Any]:
    return {
        "id": f"id-of-{name}",
        "serverNodeConfiguration": {"name": name, "hostName": f"{name.lower()}.example.com"},
        "settings": {
            "listenPort": 443,
            "restListenPort": 4243,
            "virtualProxies": [{"id": "vp-default", "prefix": ""}, {"id": "vp-sales", "prefix": "sales"}],
        },
    }


def params_of(monkeypatch: pytest.MonkeyPatch, main: Callable[[], None], **arguments: Any) -> dict[str, Any]:
    """The parameters as the module sees them; AssertionError unless it succeeds."""
    seen: list[dict[str, Any]] = []
    exit_json = basic.AnsibleModule.exit_json

    def remember(module: basic.AnsibleModule, **result: Any) -> None:
        seen.append(module.params)
        exit_json(module, **result)

    with monkeypatch.context() as patches:
        patches.setattr(basic.AnsibleModule, "exit_json", remember)
        result = run(patches, main, **arguments)
    assert seen, result
    return seen[-1]
