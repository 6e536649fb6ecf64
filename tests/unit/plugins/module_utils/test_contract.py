# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of what the client relies on, held against the client, the simulated site and Qlik's own descriptions."""

from __future__ import annotations

import ast
import inspect
import json
import pathlib
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timezone
from types import ModuleType
from typing import Any

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._api import banner as _banner
from ansible_collections.qlikops.sense.plugins.module_utils._api import nodes as _nodes
from ansible_collections.qlikops.sense.plugins.module_utils._api import qps as _proxy_service
from ansible_collections.qlikops.sense.plugins.module_utils._api import qrs as _repository
from ansible_collections.qlikops.sense.plugins.module_utils._api import upkeep as _upkeep
from ansible_collections.qlikops.sense.plugins.module_utils._api import usage as _usage
from ansible_collections.qlikops.sense.plugins.module_utils._api.contract import (
    ENUM,
    FIELDS,
    FLAG,
    LIST,
    LOCKED,
    NUMBER,
    OBJECT,
    PERSONAL,
    QPS,
    QRS,
    REQUESTS,
    STABLE,
    TEXT,
    USAGE_OF_USER,
    DeclaredRequest,
    Field,
)
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request, Response
from ansible_collections.qlikops.sense.tests.unit.plugins import builders
from qlik_simulator.model import entities
from qlik_simulator.model.banners import BannerStore
from qlik_simulator.model.clock import Clock
from qlik_simulator.model.history import History
from qlik_simulator.model.sessions import Session
from qlik_simulator.model.site import Site
from qlik_simulator.model.site_file import site_from
from qlik_simulator.model.switches import Switches
from qlik_simulator.model.upkeep import TASK_KINDS, Task, Upkeep
from qlik_simulator.model.usage import KINDS, UsageBook
from qlik_simulator.services import about, definitions, openapi, qps

# The type that each method of the reader expects.
METHODS = {
    "text": TEXT,
    "required_text": TEXT,
    "written": TEXT,
    "number": NUMBER,
    "flag": FLAG,
    "required_flag": FLAG,
    "enum": ENUM,
    "object": OBJECT,
    "objects": LIST,
}
PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    TEXT: (str, datetime),  # which the site writes as text
    NUMBER: int,
    FLAG: bool,
    ENUM: int,
    OBJECT: dict,
    LIST: list,
}
JSON_TYPES = {TEXT: "string", NUMBER: "integer", FLAG: "boolean", ENUM: "integer", LIST: "array", OBJECT: "object"}
DESCRIPTIONS = {QRS: "qrs-38.22.0-excerpt.json", QPS: "qps-38.11.0.json"}
DESCRIBED = [field for field in FIELDS if field.entity != "Value"]


def label(row: Field | DeclaredRequest) -> str:
    return " ".join(row[:3])


def test_every_row_stands_once_and_belongs_to_something_that_is_asked_for() -> None:
    assert len({row[:3] for row in FIELDS}) == len(FIELDS)
    assert len({row[:3] for row in REQUESTS}) == len(REQUESTS)
    within = {
        *("TagCondensed", "CustomPropertyValue", "CustomPropertyDefinitionCondensed"),
        *("ProxyServiceSettings", "UserAttribute", *(f"{entity}Session" for entity in USAGE_OF_USER)),
        *("ServiceClusterSettings", "ServiceClusterSettingsSharedPersistenceProperties", "ExecutionResultCondensed"),
        *("ReloadTaskCondensed", "UserSyncTaskCondensed", "ExternalProgramTaskCondensed", "AppCondensed"),
    }
    assert {field.entity for field in FIELDS} == {request.entity for request in REQUESTS if request.entity} | within


def test_only_banners_lists_and_the_activity_of_sessions_rest_on_what_is_experimental() -> None:
    needed_for = {row.needed_for for row in REQUESTS if row.stability not in (LOCKED, STABLE)}
    assert needed_for == {"banners", "lists of sessions", "activity of sessions"}


def fields_read(module: ModuleType) -> set[tuple[str, str]]:
    """(name, type) of every field that a module reads, out of its source."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call)]
    return {
        (call.args[0].value, METHODS[call.func.attr])
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in METHODS
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }


def test_the_fields_that_are_read_are_those_of_the_table() -> None:
    read = set().union(*map(fields_read, (_repository, _proxy_service, _banner, _nodes, _usage, _upkeep)))
    assert read == {(field.name, field.type) for field in FIELDS}


def test_the_fields_of_banners_that_are_sent_are_those_of_the_table() -> None:
    sent = _banner.Banner("a", "b").as_entity()
    assert {*sent, "id"} == {field.name for field in FIELDS if field.entity == "CustomBannerMessage"}


class Recorder(Rest):
    """Answers every request with nothing, and remembers it."""

    def __init__(self) -> None:
        self.asked: set[tuple[str, str]] = set()

    def remember_secrets(self, ids: Iterable[str]) -> None:
        pass

    def send(self, endpoint: Endpoint, request: Request, accept: Collection[int] = (200,)) -> Response:
        self.asked.add((request.method, f"{request.path}{request.secret}"))
        data: Any = {"value": True} if request.path.endswith("/alive") else []
        return Response(200, {"value": 0} if request.path.endswith("/count") else data, repeated=False)


def test_the_requests_that_are_sent_are_those_of_the_table() -> None:
    rest = Recorder()
    repository = _repository.Repository(rest, builders.connection())
    for read in (repository.virtual_proxies, repository.proxy_states, repository.count_users):
        read()
    repository.users("a filter", ())
    with pytest.raises(Exception, match="shows no proxy service"):
        repository.proxy_services()
    upkeep = _upkeep.UpkeepApi(rest, builders.connection())
    nodes = _nodes.NodeApi(rest, builders.connection())
    for look in (
        upkeep.running_tasks,
        upkeep.failover_minutes,
        nodes.central_nodes,
        nodes.candidates,
        nodes.heartbeats,
    ):
        look()
    nodes.cluster_nodes()
    upkeep.count_running_tasks("LAB\\anna")
    upkeep.move_central("{servernodeconfigurationid}")
    for license_ in _usage.KINDS:
        _usage.UsageApi(rest, builders.connection()).rows(license_)
    service = _proxy_service.ProxyServiceApi(rest, Endpoint("qlik1", 4243))
    service.is_alive()
    for prefix in ("", "{virtualproxy}"):
        service.sessions(prefix)
        service.end(prefix, "{id}", "label")
    asked = {(method, path.replace("%7B", "{").replace("%7D", "}")) for method, path in rest.asked}
    assert asked == {row[1:3] for row in REQUESTS if row.service != PERSONAL and "custombannermessage" not in row.path}


MARKS = {"tags": ["rack 1"], "custom_properties": [{"Room": "A1"}]}


def bare_site() -> Site:
    return site_from({"virtual_proxies": [], "nodes": [{"name": "Central", "host_name": "qlik1.example.com"}]})


def usage_row(license_: str) -> dict[str, Any]:
    """A usage row of one kind as the simulated site shows it."""
    clock = Clock()
    return UsageBook(bare_site(), {}, History(clock), Switches(), clock).model(license_)


def upkeep_entities() -> dict[str, dict[str, Any]]:
    """What the simulated site shows of tasks, cluster and heartbeats."""
    site, clock = bare_site(), Clock()
    upkeep = Upkeep(site, clock, Switches())
    sessions = {}
    for kind, field in TASK_KINDS.items():
        upkeep.tasks = [Task("Nightly", site.central, kind, "Sales", "LAB\\anna", clock.now())]
        (sessions[field],) = upkeep.execution_sessions()
    (cluster,) = upkeep.clusters()
    session = {**sessions["reloadTask"], **{field: each[field] for field, each in sessions.items()}}
    return {
        "ExecutionSession": session,
        "ExecutionResultCondensed": session["executionResult"],
        "ReloadTaskCondensed": session["reloadTask"],
        "UserSyncTaskCondensed": session["userSyncTask"],
        "ExternalProgramTaskCondensed": session["externalProgramTask"],
        "AppCondensed": session["app"],
        "ServiceCluster": cluster,
        "ServiceClusterSettings": cluster["settings"],
        "ServiceClusterSettingsSharedPersistenceProperties": cluster["settings"]["sharedPersistenceProperties"],
        "ServerNodeHeartbeat": upkeep.heartbeats()[0],
    }


def simulated() -> dict[str, dict[str, Any]]:
    """An object of each entity as the simulated site shows it."""
    site = site_from(
        {
            "virtual_proxies": [{"prefix": ""}],
            "nodes": [{"name": "Central", "host_name": "qlik1.example.com", "virtual_proxies": [""], **MARKS}],
            "users": [{"directory": "LAB", "id": "anna", "email": "anna@lab.example"}],
            "banners": [{"name": "Tonight", "message": "Maintenance"}],
        }
    )
    start = datetime(2026, 1, 15, 8, 0, 0, tzinfo=timezone.utc)
    clock = Clock(start)
    node = entities.node_full(site.nodes[0], start)
    proxy = entities.proxy_full(site.nodes[0], site, {}, start)
    user = entities.user_full(site.users[0], start)
    usage = {license_: usage_row(license_) for license_ in KINDS}
    banners = BannerStore(site.banners, clock, Switches()).table()
    assert banners is not None
    return {
        "ProxyService": proxy,
        "ProxyServiceSettings": proxy["settings"],
        "VirtualProxyConfig": entities.virtual_proxy_full(site.virtual_proxies[0], site, start),
        "ServerNodeConfiguration": node,
        "TagCondensed": node["tags"][0],
        "CustomPropertyValue": node["customProperties"][0],
        "CustomPropertyDefinitionCondensed": node["customProperties"][0]["definition"],
        "ServiceStatus": entities.service_status(site.nodes[0], 1, 2, start, start),
        "User": user,
        "UserAttribute": user["attributes"][0],
        **upkeep_entities(),
        **{KINDS[license_].entity: row for license_, row in usage.items()},
        **{
            f"{KINDS[license_].entity}Session": row["sessions"][0]
            for license_, row in usage.items()
            if "sessions" in row
        },
        "CustomBannerMessage": next(iter(banners.rows)).full,
        "Session": {**Session("LAB", "anna", clock.now(), []).struct(), "UserName": ""},
    }


@pytest.mark.parametrize("field", DESCRIBED, ids=label)
def test_the_simulated_site_shows_every_field_with_its_type(field: Field) -> None:
    value = simulated()[field.entity][field.name]
    assert isinstance(value, PYTHON_TYPES[field.type])
    assert isinstance(value, bool) == (field.type == FLAG)


@pytest.mark.parametrize("request_", [row for row in REQUESTS if row.service != PERSONAL], ids=label)
def test_the_simulated_site_serves_every_request(request_: DeclaredRequest) -> None:
    served = {*about.ENDPOINTS, *qps.EACH_ENDPOINT}
    assert f"{request_.method} {request_.path}" in served


def simulated_description(service: str) -> Any:
    """What the simulated site says of its interface."""
    return openapi.of_repository(about.ENDPOINTS, "1") if service == QRS else openapi.of_proxy(qps.EACH_ENDPOINT, "1")


def description(service: str) -> Any:
    """What a live node says of its interface; it is not part of the project, and may lie beside it."""
    for above in pathlib.Path(__file__).resolve().parents[4].parents:
        path = above / "shared" / "reference" / "openapi" / DESCRIPTIONS[service]
        if path.exists():
            return json.loads(path.read_text(encoding="utf-8"))
    pytest.skip("Qlik's descriptions of the interfaces do not lie beside this checkout")


@pytest.fixture(params=[simulated_description, description], ids=["simulated", "live"])
def describe(request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """Gives the description of a service."""
    function: Callable[[str], Any] = request.param
    return function


@pytest.mark.parametrize("request_", [row for row in REQUESTS if row.service in DESCRIPTIONS], ids=label)
def test_every_request_is_described(describe: Callable[[str], Any], request_: DeclaredRequest) -> None:
    document = describe(request_.service)
    path = request_.path.removeprefix(document["basePath"])
    assert document["paths"][path][request_.method.lower()]["x-qlik-stability"] == request_.stability


@pytest.mark.parametrize("field", DESCRIBED, ids=label)
def test_every_field_is_described(describe: Callable[[str], Any], field: Field) -> None:
    is_session = field.entity == "Session"
    definitions = describe(QPS if is_session else QRS)["definitions"]
    name = field.name[0].lower() + field.name[1:]
    described = definitions["SessionData" if is_session else field.entity]["properties"][name]
    if "$ref" in described:
        described = definitions[described["$ref"].rpartition("/")[2]]
    assert described["type"] == JSON_TYPES[field.type]
    assert ("enum" in described) == (field.type == ENUM)


@pytest.mark.parametrize("service", [QRS, QPS])
def test_the_simulated_site_describes_nothing_that_a_live_one_does_not(service: str) -> None:
    ours, theirs = simulated_description(service), description(service)
    additional = {"/ssl/ping", "/user/table"} & ours["paths"].keys() - theirs["paths"].keys()  # not in the excerpt
    assert ours["paths"].keys() - additional <= theirs["paths"].keys()
    for name, definition in ours["definitions"].items():
        for field, described in definition["properties"].items():
            real = theirs["definitions"][name]["properties"][field]
            real = theirs["definitions"][real["$ref"].rpartition("/")[2]] if "$ref" in real else real
            if "$ref" not in described:
                assert (name, field, described["type"]) == (name, field, real["type"])


def test_the_simulated_site_shows_what_it_describes() -> None:
    for name, shown in simulated().items():
        if name != "Session":
            assert definitions.REPOSITORY[name].keys() <= shown.keys(), name


@pytest.mark.parametrize(
    ("name", "names"), [("serviceType", _repository.SERVICE_TYPES), ("serviceState", _repository.SERVICE_STATES)]
)
def test_every_number_of_a_choice_has_a_name(name: str, names: tuple[str, ...]) -> None:
    described = description(QRS)["definitions"]["ServiceStatus"]["properties"][name]
    assert described["enum"] == list(range(len(names)))
