# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the kit against what they must fit: surveys the roles, credentials the connection, tasks awx.awx."""

from __future__ import annotations

import functools
import pathlib
import re
from typing import Any

import pytest
import yaml

from ansible_collections.qlikops.sense.plugins.module_utils import _module
from ansible_collections.qlikops.sense.plugins.plugin_utils import _awx_jobs, _awx_objects
from ansible_collections.qlikops.sense.tests.integration.awx import rules
from ansible_collections.qlikops.sense.tests.integration.awx.serving import ROOT
from ansible_collections.qlikops.sense.tests.integration.awx.setting_up import (
    KIT,
    PLAYBOOK,
    documented,
    load,
)

Json = dict[str, Any]
SURVEYS = {file.stem: load(file) for file in sorted((KIT / "surveys").glob("*.yml"))}
QUESTIONS = [(name, question) for name, survey in SURVEYS.items() for question in survey]
ROLES = {
    "check_site": ["check_site"],
    "report_sessions": ["session_report"],
    "clear_stale_sessions": ["stale_sessions"],
    "user_sessions": ["user_sessions"],
    "drain_and_restart": ["proxy_restart"],
    "planned_restart": ["proxy_restart"],
    "restart_now": ["proxy_restart"],
}
# What only the playbook knows; see its hosts.
OF_PLAYBOOKS = {"qlik_proxy_hosts"}
# The lists that take a part of these words, and everything else beside.
OPEN_LISTS = {
    "session_report_notify": "notify_users_channels",
    "proxy_restart_notify": "notify_users_channels",
    "stale_sessions_user_states": "user_states",
}
TYPES: dict[str, Json] = load(KIT / "credential_types.yml")


@functools.cache
def options_of(role: str) -> Json:
    spec = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options: Json = spec["argument_specs"]["main"]["options"]
    return options


def words_of(variable: str) -> list[str]:
    """The words that a list without choices knows."""
    if OPEN_LISTS[variable] == "user_states":
        words: list[str] = _module.selection_spec()["user_states"]["choices"]
        return words
    described = options_of("notify_users")[OPEN_LISTS[variable]]["description"]
    return re.findall(r"V\((\w+)\)", str(described))


@pytest.mark.parametrize(
    ("survey", "question"), [pytest.param(*one, id=f"{one[0]}-{one[1]['variable']}") for one in QUESTIONS]
)
def test_a_question_fits_the_role(survey: str, question: Json) -> None:
    variable, kind = question["variable"], question["type"]
    if variable in OF_PLAYBOOKS:
        assert question["choices"] == "nodes"
        return
    found = [options_of(role)[variable] for role in ROLES[survey] if variable in options_of(role)]
    assert found, f"no role has {variable}"
    option = found[0]
    if kind == "multiplechoice":
        assert question["choices"] == option.get("choices", ["false", "true"])
        assert option["type"] in ("str", "raw", "bool")
    if kind == "multiselect":
        assert option["type"] == "list"
        if question["choices"] != "nodes":
            assert question["choices"] == [word for word in words_of(variable) if word in question["choices"]]
            assert len(question["choices"]) == 4
    if kind == "integer":
        assert option["type"] in ("int", "raw")
    if kind == "text":
        assert option["type"] in ("str", "list", "raw")
    if "default" in question:
        if "default" in option:
            assert question["default"] == (option["default"] if kind == "integer" else str(option["default"]).lower())
        else:
            assert question["default"] in question["choices"]


@pytest.mark.parametrize("survey", SURVEYS)
def test_a_survey_can_be_left_unanswered(survey: str) -> None:
    """AWX refuses an empty answer to a question for a number or one choice, so those have a default."""
    for question in SURVEYS[survey]:
        if question["type"] in ("integer", "multiplechoice"):
            assert question["required"]
            assert "default" in question or question["choices"] == "nodes"
        elif question["type"] == "text":
            # A default is an answer even where nobody is asked, and would win over variables of the inventory.
            assert "default" not in question


def test_every_survey_is_asked() -> None:
    assert {job.survey for job in _awx_jobs.JOBS} | {"planned_restart"} == set(SURVEYS)
    assert SURVEYS["planned_restart"][1:] == SURVEYS["drain_and_restart"]


@pytest.mark.parametrize("survey", SURVEYS)
def test_no_question_invites_an_answer_that_yaml_would_change(survey: str) -> None:
    """A text that is a number, a word of YAML or a * arrives as something else, or lets no job start."""
    for question in SURVEYS[survey]:
        described = question.get("question_description", "")
        assert not re.search(r"(^|[\s'\"])\*", described)
        if question["type"] == "text" and question["variable"].endswith(("_users", "_user")):
            assert "DIRECTORY\\id" in described
            assert "id alone" not in described


def test_the_environment_is_that_of_the_connection() -> None:
    known = {
        option["fallback"][1][0]: name for name, option in _module.connection_spec().items() if "fallback" in option
    }
    injected = TYPES["connection"]["injectors"]["env"]
    # Not to check certificates is nothing to tick in a form.
    assert set(injected) == set(known) - {"QLIK_SENSE_VALIDATE_CERTS"}
    assert not [name for about in TYPES.values() for name in about["injectors"].get("env", {}) if "ANSIBLE" in name]


@pytest.mark.parametrize("about", [pytest.param(about, id=name) for name, about in TYPES.items()])
def test_a_credential_type_is_taken_and_every_input_is_used(about: Json) -> None:
    rules.credential_type(about)
    templates = str(about["injectors"])
    for field in about["inputs"]["fields"]:
        assert field["id"] in templates
        assert field.get("secret", False) is bool(re.search("password|_key$|_url$", field["id"]))
    assert [field["id"] for field in about["inputs"]["fields"] if field.get("multiline")] == [
        *(name for name in ("client_certificate", "client_key", "root_certificate") if name in templates)
    ]


def test_what_is_injected_is_read_by_somebody_and_is_no_variable() -> None:
    """Extra variables of a credential are read as YAML again, so a password 0123 would be 83."""
    for about in TYPES.values():
        assert "extra_vars" not in about["injectors"]
    read = {**_awx_objects.WINDOWS_LOGIN, **_awx_objects.MESSAGES}
    injected = [*TYPES["windows"]["injectors"]["env"], *TYPES["messages"]["injectors"]["env"]]
    assert [f"{{{{ lookup('ansible.builtin.env', '{name}') }}}}" for name in injected] == [*read.values()]
    assert set(_awx_objects.MESSAGES) <= set(options_of("notify_users"))


def test_what_is_injected(tmp_path: pathlib.Path) -> None:
    inputs = {"host": "qlik1.example.com", "client_certificate": "C\n", "client_key": "K\n", "client_key_password": "P"}
    env, extra_vars = rules.inject(TYPES["connection"]["injectors"], inputs, tmp_path)
    assert extra_vars == {}
    assert pathlib.Path(env.pop("QLIK_SENSE_CLIENT_CERT")).read_text(encoding="utf-8") == "C\n"
    assert pathlib.Path(env.pop("QLIK_SENSE_CLIENT_KEY")).read_text(encoding="utf-8") == "K\n"
    assert env == {
        "QLIK_SENSE_HOST": "qlik1.example.com",
        "QLIK_SENSE_CLIENT_KEY_PASSWORD": "P",
        "QLIK_SENSE_QRS_PORT": "",
        "QLIK_SENSE_API_USER": "",
        "QLIK_SENSE_CA_PATH": "",  # and not the path of an empty file
    }


# --- the tasks of the playbook against the documentation of awx.awx ---


def tasks() -> list[Json]:
    """Those of the playbook, blocks taken apart."""
    return [each for task in load(PLAYBOOK)[0]["tasks"] for each in task.get("block", [task])]


def awx_tasks() -> list[tuple[str, str, Json]]:
    """Name of the task, module, arguments."""
    return [(task["name"], key, task[key]) for task in tasks() for key in task if key.startswith("awx.awx.")]


def objections(module: str, arguments: Json) -> list[str]:
    """What the documentation of a module has against arguments, as far as they are no templates."""
    doc = documented()[module]["options"]
    known = {name: about for option, about in doc.items() for name in (option, *about.get("aliases", []))}
    found = [f"{name}: no option" for name in arguments if name not in known]
    found += [f"{name}: required" for name, about in doc.items() if about.get("required") and name not in arguments]
    kinds = {"str": str, "bool": bool, "int": int, "list": list, "dict": dict}
    for name, value in arguments.items():
        about = known.get(name, {})
        if isinstance(value, str) and "{{" in value:
            continue
        if about.get("choices") and value not in about["choices"]:
            found.append(f"{name}: {value!r} is none of {about['choices']}")
        if name in known and value.__class__ is not kinds.get(about["type"], value.__class__):
            found.append(f"{name}: {value!r} is no {about['type']}")
    return found


@pytest.mark.parametrize(("module", "arguments"), [pytest.param(*task[1:], id=task[0]) for task in awx_tasks()])
def test_arguments_are_as_documented(module: str, arguments: Json) -> None:
    assert objections(module, arguments) == []


def test_what_is_wrong_is_found() -> None:
    found = objections("awx.awx.job_template", {"job_type": "dry", "survey_enabled": "yes", "allow_concurrent": True})
    assert found == [
        "allow_concurrent: no option",
        "name: required",
        "job_type: 'dry' is none of ['run', 'check']",
        "survey_enabled: 'yes' is no bool",
    ]


@pytest.mark.parametrize("task", tasks(), ids=lambda task: str(task["name"]))
def test_tasks_with_secrets_print_none_and_do_not_send_them_again(task: Json) -> None:
    if "awx.awx.credential" in task:
        assert task["no_log"] is True
        assert "default(false)" in task["awx.awx.credential"]["update_secrets"]
    if "awx.awx.notification_template" in task:
        assert task["no_log"] is True
        assert "exists" in str(task["awx.awx.notification_template"]["state"])
