# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation of a plugin says is what its code does."""

from __future__ import annotations

import importlib
import inspect
import pathlib
import re
from typing import Any

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.qlikops.sense.plugins.filter import session_table
from ansible_collections.qlikops.sense.plugins.module_utils import _site_check
from ansible_collections.qlikops.sense.plugins.module_utils._api.survey import COUNTED
from ansible_collections.qlikops.sense.plugins.module_utils._client.probe import Answered
from ansible_collections.qlikops.sense.plugins.module_utils._model.check import Files
from ansible_collections.qlikops.sense.plugins.module_utils._module import connection_spec, selection_spec
from ansible_collections.qlikops.sense.plugins.modules import qlik_session_info
from ansible_collections.qlikops.sense.plugins.plugin_utils import (
    _page_options,
    _report_options,
    _site_report,
    _user_options,
)
from ansible_collections.qlikops.sense.plugins.plugin_utils._columns import DEFAULT_COLUMNS, SESSION_COLUMNS
from ansible_collections.qlikops.sense.tests.unit.plugins.fakes import Turn, failed_with
from ansible_collections.qlikops.sense.tests.unit.plugins.running import (
    CENTRAL,
    CONNECTION,
    NODE2,
    QRS,
    install,
    run,
    site_answers,
    struct,
)

PACKAGE = "ansible_collections.qlikops.sense.plugins"
MODULES_FOLDER = pathlib.Path(qlik_session_info.__file__).parent
NAMES = sorted(path.stem for path in MODULES_FOLDER.glob("*.py") if not path.stem.startswith("_"))
# What an action plugin does all of; the file of the module only documents it.
ACTIONS = [name for name in NAMES if not hasattr(importlib.import_module(f"{PACKAGE}.modules.{name}"), "main")]
WITH_RULES = ("qlik_session", "qlik_session_info", "qlik_session_wait")
QLIK = [name for name in NAMES if name.startswith("qlik_")]
NEEDED: dict[str, dict[str, Any]] = {
    "qlik_banner": {"name": "Maintenance", "text": "Back at 10"},
    "qlik_failover": {"node": "Central"},
    "qlik_proxy_wait": {"proxy": "Central", "users_port": False, "wait_timeout": 0},
    "qlik_restart_info": {
        "node": "Central",
        "balancer": [{"state": "ready", "others_out": ["Node2"]}],
        "plan": {"services": ["x"]},
    },
    "qlik_session": {"all": True},
    "qlik_site_check": {"fail_on": "never"},
    "qlik_user_info": {"users": ["LAB\\anna"]},
}
# What the check of a site asks and no other module does; what is not answered is unknown to it.
ASKED_BY_THE_CHECK: dict[str, Any] = {
    f"{QRS}/servernodeconfiguration/full": [{"id": "a", "name": "Central", "isCentral": True, "proxyEnabled": True}],
    f"{QRS}/servernodeheartbeat/full": failed_with(404),
    **{f"{QRS}{path}": 2 for path in COUNTED.values()},
    **{f"{QRS}{path} as INTERNAL\\sa_repository": 2 for path in COUNTED.values()},
    f"{QRS}/about": {},
    f"{QRS}/about/openapi/main": failed_with(404),
    f"GET {CENTRAL}/qps/about/openapi/main": failed_with(404),
}
# What action plugins read by themselves, for which there is but a description of a module.
HANDED_ON = {name: option for name, option in selection_spec().items() if name in _report_options.HANDED_ON}
OF_ACTIONS: dict[str, dict[str, dict[str, Any]]] = {
    "report_page": _page_options.SPEC,
    "site_report": _site_report.SPEC,
    "session_report": {**connection_spec(), **HANDED_ON, **_report_options.SPEC},
    "user_sessions": {
        **connection_spec(),
        **{name: HANDED_ON[name] for name in _user_options.HANDED_ON},
        **_user_options.SPEC,
    },
}
SAID_OF_EVERY_MODULE = {"check_mode", "diff_mode", "idempotent"}
RETURNED_BY_ANSIBLE = {"changed", "failed", "msg", "diff", "invocation", "warnings", "exception", "deprecations"}


class CapturedError(Exception):
    def __init__(self, spec: dict[str, Any], options: dict[str, Any]) -> None:
        super().__init__()
        self.spec = spec
        self.options = options


def module_of(name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.modules.{name}")


def argument_spec(monkeypatch: pytest.MonkeyPatch, name: str) -> dict[str, dict[str, Any]]:
    def capture(_self: AnsibleModule, argument_spec: dict[str, Any], **options: Any) -> None:
        raise CapturedError(argument_spec, options)

    if name in OF_ACTIONS:
        return OF_ACTIONS[name]
    monkeypatch.setattr(AnsibleModule, "__init__", capture)
    with pytest.raises(CapturedError) as captured:
        module_of(name).main()
    assert captured.value.options["supports_check_mode"] is True
    return captured.value.spec


def documentation(name: str) -> dict[str, Any]:
    """DOCUMENTATION with its fragments merged in, options and attributes one by one as ansible-core does it."""
    own: dict[str, Any] = yaml.safe_load(module_of(name).DOCUMENTATION)
    for place in own.get("extends_documentation_fragment", []):
        _namespace, _collection, fragment, *variant = place.split(".")
        fragments = importlib.import_module(f"{PACKAGE}.doc_fragments.{fragment}").ModuleDocFragment
        text = yaml.safe_load(getattr(fragments, variant[0].upper() if variant else "DOCUMENTATION"))
        own.setdefault("options", {}).update(text.get("options", {}))
        for attribute, said in text.get("attributes", {}).items():
            mine = own.setdefault("attributes", {}).get(attribute, {})
            own["attributes"][attribute] = {**said, **mine}
    return own


@pytest.fixture(params=[name for name in NAMES if name not in ACTIONS])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_options_are_those_of_the_argument_spec(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    spec = argument_spec(monkeypatch, name)
    options = documentation(name)["options"]
    assert options.keys() == spec.keys()
    for option, said in options.items():
        done = spec[option]
        for key, default in (
            ("type", "str"),
            ("elements", None),
            ("required", False),
            ("default", None),
            ("choices", None),
        ):
            assert said.get(key, default) == done.get(key, default), f"{key} of {option}"
        assert said["description"]


TOO_LONG = {"memory", "result"}  # for a log
SECRET = re.compile(
    r"password|passphrase|secret|token|session_ids?$|(^|_)key$|^(teams|slack)_url$|^prepared$", re.IGNORECASE
)


def test_what_is_secret_is_never_logged(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    spec = argument_spec(monkeypatch, name)
    for option, done in spec.items():
        if not SECRET.search(option) or done.get("type") == "bool":
            continue
        # A path to a secret is none.
        assert done["no_log"] is (done["type"] != "path"), option
    not_logged = {option for option, done in spec.items() if done.get("no_log")}
    expected = {option for option in spec if SECRET.search(option) and spec[option]["type"] not in ("path", "bool")}
    expected |= TOO_LONG & spec.keys()
    assert not_logged == expected


def test_variables_of_the_environment_are_documented_where_they_are_used(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    spec = argument_spec(monkeypatch, name)
    options = documentation(name)["options"]
    used = {option: set(done["fallback"][1]) for option, done in spec.items() if "fallback" in done}
    said = {
        option: set(re.findall(r"E\((QLIK_SENSE_\w+)\)", str(options[option]["description"]))) for option in options
    }
    assert {option: names for option, names in said.items() if names} == used
    assert all(used_name == f"QLIK_SENSE_{option.upper()}" for option, names in used.items() for used_name in names)


def test_attributes_are_complete(name: str) -> None:
    attributes = documentation(name)["attributes"]
    wanted = SAID_OF_EVERY_MODULE | ({"action_group"} if name in QLIK else set())
    assert attributes.keys() >= wanted
    for attribute, said in attributes.items():
        assert said["description"], attribute
        assert said["support"] in ("full", "partial", "none", "N/A"), attribute
        if said["support"] == "partial":
            assert said["details"], attribute
    if name in QLIK:
        assert attributes["action_group"]["membership"] == ["qlikops.sense.qlik"]


def test_the_action_group_holds_every_module_that_has_the_connection_and_no_other() -> None:
    runtime = yaml.safe_load((MODULES_FOLDER.parents[1] / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert sorted(runtime["action_groups"]["qlik"]) == [
        name for name in NAMES if "qlikops.sense._connection" in documentation(name)["extends_documentation_fragment"]
    ]


def test_examples_are_tasks_with_options_that_there_are(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    spec = argument_spec(monkeypatch, name)
    tasks = yaml.safe_load(module_of(name).EXAMPLES)
    mine = [task for task in tasks if f"qlikops.sense.{name}" in task]
    assert mine
    for task in mine:
        options = task[f"qlikops.sense.{name}"] or {}
        assert options.keys() <= spec.keys(), task["name"]
        for option, value in options.items():
            choices = spec[option].get("choices")
            values = value if isinstance(value, list) else [value]
            assert choices is None or set(values) <= set(choices), task["name"]
    required = {option for option, done in spec.items() if done.get("required")}
    assert any(required <= (task[f"qlikops.sense.{name}"] or {}).keys() for task in mine)


def test_every_option_mentioned_is_there(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    spec = argument_spec(monkeypatch, name)
    module = module_of(name)
    text = f"{documentation(name)['options']} {module.DOCUMENTATION} {module.RETURN}"
    mentioned = {re.split(r"[=:]", found)[0] for found in re.findall(r"\bO\(([^)#]+)\)", text)}
    assert {option for option in mentioned if "." not in option} <= spec.keys()
    for option, inner in (option.split("[].") for option in mentioned if "." in option):
        assert inner in spec[option]["options"]


def returned(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(module_of(name).RETURN)
    return found


def keys_documented(name: str, key: str) -> set[str]:
    """The keys that a value or the items of a list have; where the text refers to another module, also those there."""
    entry = returned(name)[key]
    text = str(entry["description"])
    keys = set(entry.get("contains") or {})
    if entry["type"] == "dict" and isinstance(entry.get("sample"), dict):
        keys |= set(entry["sample"])
    elif not keys or "with the keys of" in text:
        for module, other in re.findall(r"RV\(qlikops\.sense\.(\w+)#module:(\w+)\)", text):
            keys |= keys_documented(module, other)
    return keys - {"sessions", "users"} if "without counts" in text else keys


# A list of sessions could not be read here, so it is not known whether there are more.
NOT_KNOWN = {"users_without_session"}


def results(monkeypatch: pytest.MonkeyPatch, name: str) -> dict[str, Any]:
    """A result in which every list has something in it."""
    answers = {
        **site_answers(node2_sales=[struct("3")]),
        f"GET {CENTRAL}/qps/session": [
            Turn([struct("1", group="HR"), struct("2", "INTERNAL\\sa_scheduler")]),
            Turn([]),
        ],
        f"GET {NODE2}/qps/session": {"not": "a list"},
        f"DELETE {CENTRAL}/qps/session/1": {},
        f"DELETE {NODE2}/qps/sales/session/3": {},
    }
    options: dict[str, Any] = {**CONNECTION, "max_parallel": 1}
    if name in (*WITH_RULES, "qlik_session_wait"):
        options.update(resolve_users=True, include_session_ids=True, on_proxy_failure="warn")
    options.update(NEEDED.get(name, {}))
    if name == "qlik_session_wait":
        options.update(until_sessions=100, until_no_tasks=True, _ansible_check_mode=True)
    if name in WITH_RULES:
        options["any_of"] = [{"users": ["*"]}]
    rest = install(monkeypatch, answers)
    if name == "qlik_site_check":
        rest.answers.update(ASKED_BY_THE_CHECK)
        rest.otherwise = failed_with(404)
        monkeypatch.setattr(_site_check, "files_of", lambda _connection: Files())
        monkeypatch.setattr(_site_check, "look_at", lambda *_arguments: Answered(0.1, 200, None, 0.0, None))
    result = run(monkeypatch, module_of(name).main, **options)
    if name in WITH_RULES:
        result["memory"] = run(monkeypatch, module_of(name).main, **options, remember=True)["memory"]
    return result


@pytest.mark.parametrize("name", QLIK)
def test_what_is_returned_is_what_is_documented(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    result = results(monkeypatch, name)
    said = returned(name)
    assert result.keys() - RETURNED_BY_ANSIBLE - {"failure"} == said.keys() - {"failure"}
    for key, entry in said.items():
        if key == "failure":
            continue
        value = result[key]
        assert type(value).__name__ == entry["type"], key
        if entry.get("elements") == "dict" and key not in NOT_KNOWN:
            assert value, f"{key} is empty"
            assert {inner for item in value for inner in item} == keys_documented(name, key), key
        if entry["type"] == "dict" and key != "first_seen":
            assert set(value) == keys_documented(name, key), key


@pytest.mark.parametrize("name", QLIK)
def test_types_and_samples_of_what_is_returned(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    result = results(monkeypatch, name)
    for key, entry in returned(name).items():
        for inner, said in (entry.get("contains") or {}).items():
            items = result.get(key, [])
            items = [items] if isinstance(items, dict) else items
            values = [item[inner] for item in items if item.get(inner) is not None]
            assert {type(value).__name__ for value in values} <= {said["type"]}, f"{key}.{inner}"
            assert "sample" not in said or type(said["sample"]).__name__ == said["type"], f"{key}.{inner}"


@pytest.mark.parametrize("name", QLIK)
def test_a_failure_is_documented(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    install(monkeypatch, {})
    result = run(monkeypatch, module_of(name).main, **{**CONNECTION, "api_user": "nobody"}, **NEEDED.get(name, {}))
    assert result["failure"].keys() <= keys_documented(name, "failure")
    assert keys_documented(name, "failure") == {"kind", "reason", "hint", "request", "status", "words"}
    assert result.keys() - RETURNED_BY_ANSIBLE == {"failure"}


# The filter


FILTER: dict[str, Any] = yaml.safe_load(session_table.DOCUMENTATION)


def test_options_of_the_filter_are_its_signature() -> None:
    parameters = inspect.signature(session_table.session_table).parameters
    assert list(FILTER["options"]) == ["_input", *list(parameters)[1:]]
    assert FILTER["positional"] == list(parameters)[1]
    for name, parameter in list(parameters.items())[1:]:
        assert parameter.default is None, name


def test_columns_and_parts_of_the_filter_are_those_there_are() -> None:
    options = FILTER["options"]
    assert set(options["columns"]["choices"]) == set(SESSION_COLUMNS)
    assert tuple(options["columns"]["default"]) == DEFAULT_COLUMNS
    assert set(options["parts"]["choices"]) == set(session_table.PARTS)
    assert session_table.FilterModule().filters() == {"session_table": session_table.session_table}


def test_examples_of_the_filter_are_tasks() -> None:
    tasks = yaml.safe_load(session_table.EXAMPLES)
    assert all("qlikops.sense.session_table" in str(task) for task in tasks)
