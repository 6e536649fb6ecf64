# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs out of job templates, run by ansible-runner: inventory, credentials, variables and answers as AWX gives them."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import yaml

from ansible_collections.qlikops.sense.tests.integration import warm
from ansible_collections.qlikops.sense.tests.integration.awx import handing_on, rules, survey_rules
from ansible_collections.qlikops.sense.tests.integration.awx.serving import ROOT
from ansible_collections.qlikops.sense.tests.integration.awx.setting_up import KIT, NAME, collections_path
from ansible_collections.qlikops.sense.tests.integration.awx.shapes import Json
from ansible_collections.qlikops.sense.tests.integration.awx.stand_in import Awx

Launch = Callable[..., str]
# A user id that nobody knows, in group 0, as in Kubernetes. It may read everything, as in an image, and write nothing.
NOBODY_KNOWN = 12345
ANYBODY = (
    *("setpriv", "--reuid", str(NOBODY_KNOWN), "--regid", "0", "--clear-groups"),
    *("--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"),
)


def unanswered(spec: Json) -> Json:
    """What the form of AWX sends when somebody answers no more than has to be: empty texts and empty lists."""
    nothing: Json = {"text": "", "multiselect": ""}
    form = {question["variable"]: question.get("default", nothing.get(question["type"])) for question in spec["spec"]}
    several = {question["variable"] for question in spec["spec"] if question["type"] == "multiselect"}
    return {name: shown.splitlines() if name in several else shown for name, shown in form.items()}


def form(awx: Awx, what: str, **answers: Any) -> Json:
    """The form of a job sent as it stands, but for these answers; AWX takes them."""
    spec = awx.surveys[("job_templates", awx.one("job_templates", f"{NAME} - {what}")["id"])]
    return {**unanswered(spec), **answers}


def of_the_image() -> dict[str, str]:
    """What the execution environment of the kit sets."""
    definition = (KIT / "execution-environment" / "execution-environment.yml").read_text(encoding="utf-8")
    return dict(re.findall(r"^ +- ENV (\w+)=(.+)$", definition, re.MULTILINE))


def inventory(awx: Awx, name: str) -> Json:
    """An inventory of AWX, as Ansible reads it."""
    number = awx.one("inventories", name)["id"]
    hosts = {item["id"]: item for item in awx.objects["hosts"].values() if item["inventory"] == number}
    groups = {
        group["name"]: {
            "hosts": {hosts[one]["name"]: {} for one in awx.links.get(("groups", group["id"], "hosts"), [])},
            "vars": json.loads(group["variables"] or "{}"),
        }
        for group in awx.objects["groups"].values()
        if group["inventory"] == number
    }
    return {
        "all": {
            "hosts": {host["name"]: json.loads(host["variables"] or "{}") for host in hosts.values()},
            "vars": json.loads(awx.objects["inventories"][number]["variables"] or "{}"),
            "children": groups,
        }
    }


def sync(awx: Awx, tree: pathlib.Path, directory: pathlib.Path, **settings: str) -> None:
    """What AWX does when it updates the source of an inventory: reads a file of the project, and adds what is new."""
    (source,) = awx.objects["inventory_sources"].values()
    credential = awx.objects["credentials"][source["credential"]]
    files = directory / "credential"
    files.mkdir()
    kind = awx.objects["credential_types"][credential["credential_type"]]
    injected, _variables = rules.inject(kind["injectors"], credential["inputs"], files)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "QLIK_SENSE_"))}
    own = {"HOME": str(directory), "NO_PROXY": "*", "ANSIBLE_COLLECTIONS_PATH": collections_path(tree)}
    file = directory / pathlib.Path(source["source_path"]).name
    given = yaml.safe_load((ROOT / source["source_path"]).read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump({**given, **settings}), encoding="utf-8")
    ran = subprocess.run(
        [warm.ansible(), "inventory", "-i", str(file), "--list", "--export"],
        env={**inherited, **own, **injected},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(ran.stdout)
    known = {item["name"]: item["id"] for item in awx.objects["hosts"].values()}
    for name, variables in found["_meta"]["hostvars"].items():
        if name not in known:
            new = {"name": name, "inventory": source["inventory"], "variables": json.dumps(variables)}
            known[name] = awx.create("hosts", new)["id"]
    groups = {item["name"]: item["id"] for item in awx.objects["groups"].values()}
    for name, group in found.items():
        if group.get("hosts"):
            if name not in groups:
                groups[name] = awx.create("groups", {"name": name, "inventory": source["inventory"]})["id"]
            ids = awx.links.setdefault(("groups", groups[name], "hosts"), [])
            ids += [known[host] for host in group["hosts"] if known[host] not in ids]


def launch(
    awx: Awx,
    tree: pathlib.Path,
    directory: pathlib.Path,
    what: str,
    answers: Json,
    *options: str,
    before: Sequence[str] = (),
    **environment: str | None,
) -> subprocess.CompletedProcess[str]:
    """Run what a job template is for, in a directory that is new. ``answers`` are taken or refused as AWX does it."""
    return ended(start(awx, tree, directory, what, answers, *options, before=before, **environment))


def start(
    awx: Awx,
    tree: pathlib.Path,
    directory: pathlib.Path,
    what: str,
    answers: Json,
    *options: str,
    before: Sequence[str] = (),
    **environment: str | None,
) -> subprocess.Popen[str]:
    """As ``launch``; the job is under way, and leads a process group."""
    template = awx.one("job_templates", f"{NAME} - {what}")
    spec, own = awx.asked("job_templates", template["id"])
    variables, _ignored = survey_rules.launch(spec, own, answers)
    return run(awx, tree, directory, template, variables, *options, before=before, **environment)


def ended(job: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """What a job was like, when it has ended."""
    try:
        stdout, _none = job.communicate(timeout=600)
    except subprocess.TimeoutExpired:
        os.killpg(job.pid, signal.SIGKILL)
        raise
    return subprocess.CompletedProcess(job.args, job.returncode, stdout)


def launch_node(
    awx: Awx,
    tree: pathlib.Path,
    directory: pathlib.Path,
    identifier: str,
    answers: Json,
    artifacts: Json,
    *options: str,
    before: Sequence[str] = (),
    **environment: str | None,
) -> subprocess.CompletedProcess[str]:
    """Run the job of a node of the workflow, with ``answers`` to the workflow and ``artifacts`` of jobs before it."""
    workflow = next(iter(awx.objects["workflow_job_templates"]))
    answers, _ignored = survey_rules.launch(*awx.asked("workflow_job_templates", workflow), answers, workflow=True)
    node = awx.one("workflow_job_template_nodes", identifier)
    template = awx.objects["job_templates"][node["unified_job_template"]]
    spec, own = awx.asked("job_templates", template["id"])
    variables = survey_rules.node_runs(spec, own, node["extra_data"], artifacts, answers)
    return ended(run(awx, tree, directory, template, variables, *options, before=before, **environment))


def run(
    awx: Awx,
    tree: pathlib.Path,
    directory: pathlib.Path,
    template: Json,
    variables: Json,
    *options: str,
    before: Sequence[str] = (),
    **changed: str | None,
) -> subprocess.Popen[str]:
    """Start a job with the variables that AWX has made of template, survey, answers and artifacts.

    ``before``: what starts it, such as ``ANYBODY``. ``changed``: the environment, None for what is not in it.
    """
    own = json.loads(template["extra_vars"] or "{}")
    for part in ("project", "env", "inventory"):
        (directory / part).mkdir(parents=True)
    environment: dict[str, str] = {}
    injected: Json = {}
    for number, credential in enumerate(awx.linked("job_templates", template["name"], "credentials")):
        kind = awx.objects["credential_types"][credential["credential_type"]]
        files = directory / f"credential{number}"
        files.mkdir()
        env, more = rules.inject(kind["injectors"], credential["inputs"], files)
        environment |= env
        injected |= more
    # AWX gives what credentials inject in a file of its own, which loses against the other.
    variables = {**injected, **variables, **handing_on.what_awx_adds(4711)}
    (directory / "env" / "extravars").write_text(handing_on.as_yaml(variables, own), encoding="utf-8")
    (directory / "env" / "cmdline").write_text(shlex.join(["-u", "root", *options]), encoding="utf-8")
    inventory_name = awx.objects["inventories"][template["inventory"]]["name"]
    (directory / "inventory" / "hosts.json").write_text(json.dumps(inventory(awx, inventory_name)), encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "QLIK_SENSE_"))}
    settings: dict[str, Any] = {
        "HOME": str(directory),
        "LC_ALL": "C.UTF-8",
        "NO_PROXY": "*",
        "PATH": f"{pathlib.Path(sys.executable).parent if before else warm.programs()}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": collections_path(tree),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable if before else warm.interpreter(),
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_SHOW_CUSTOM_STATS": "true",
    }
    environment = {**inherited, **settings, **environment}
    if before:
        os.chown(directory, NOBODY_KNOWN, 0)  # where ansible-runner puts what AWX reads
    runner = [sys.executable, "-m", "ansible_runner", "run", str(directory)]
    return subprocess.Popen(
        [*before, *runner, "-p", str(ROOT / template["playbook"])],
        env={name: value for name, value in {**environment, **changed}.items() if value is not None},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
