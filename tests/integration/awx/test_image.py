# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The execution environment of the kit, as far as ansible-builder makes it without a container engine."""

from __future__ import annotations

import importlib
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any

import pytest
import yaml

from ansible_collections.qlikops.sense.tests.integration.awx.serving import ROOT
from ansible_collections.qlikops.sense.tests.integration.awx.setting_up import KIT

ENVIRONMENT = KIT / "execution-environment"
SCRIPTS = pathlib.Path(str(importlib.import_module("ansible_builder").__file__)).with_name("_target_scripts")


def build(*arguments: str, cwd: pathlib.Path) -> str:
    builder = pathlib.Path(sys.executable).with_name("ansible-builder")
    done = subprocess.run([builder, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The collection, built from what git knows of the checkout."""
    clone = tmp_path_factory.mktemp("clone")
    known = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, known.stdout.split("\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)
    output = tmp_path_factory.mktemp("artifact")
    galaxy = str(pathlib.Path(sys.executable).with_name("ansible-galaxy"))
    command = [galaxy, "collection", "build", "--output-path", str(output)]
    subprocess.run(command, cwd=clone, capture_output=True, check=True)
    return next(output.glob("qlikops-sense-*.tar.gz"))


def test_the_builder_finds_what_the_collection_needs(artifact: pathlib.Path, tmp_path: pathlib.Path) -> None:
    galaxy = str(pathlib.Path(sys.executable).with_name("ansible-galaxy"))
    install = [galaxy, "collection", "install", "--no-deps", "-p", str(tmp_path), str(artifact)]
    subprocess.run(install, capture_output=True, check=True)
    requirements = [f"--user-pip={ENVIRONMENT / 'requirements.txt'}", f"--user-bindep={ENVIRONMENT / 'bindep.txt'}"]
    told = yaml.safe_load(build("introspect", *requirements, str(tmp_path), cwd=tmp_path))
    assert "requests>=2.28  # from collection qlikops.sense" in told["python"]
    assert "pywinrm>=0.5  # from collection user" in told["python"]
    assert any(program.startswith("openssh-clients") for program in told["system"])


@pytest.mark.parametrize("of_checkout", [False, True])
def test_the_builder_takes_the_definition(artifact: pathlib.Path, tmp_path: pathlib.Path, of_checkout: bool) -> None:
    """As it is shipped; and with the collection from a file, as its comment says."""
    definition = tmp_path / "definition"
    shutil.copytree(ENVIRONMENT, definition)
    if of_checkout:
        shutil.copy(artifact, definition)
        file = yaml.safe_load((definition / "requirements.yml").read_text(encoding="utf-8"))
        file["collections"][0] = {"name": f"galaxy/{artifact.name}", "type": "file"}
        (definition / "requirements.yml").write_text(yaml.safe_dump(file), encoding="utf-8")
        about = yaml.safe_load((definition / "execution-environment.yml").read_text(encoding="utf-8"))
        about["additional_build_files"] = [{"src": artifact.name, "dest": "galaxy"}]
        (definition / "execution-environment.yml").write_text(yaml.safe_dump(about), encoding="utf-8")
    build("create", "--output-filename", "Containerfile", cwd=definition)
    context = definition / "context"
    look_at_the_container((context / "Containerfile").read_text(encoding="utf-8"))
    ours = {"requirements.yml", "requirements.txt", "bindep.txt"}
    own_file = {f"galaxy/{artifact.name}"} if of_checkout else set()
    scripts = {
        f"scripts/{file.name}": file for file in SCRIPTS.iterdir() if file.is_file() and file.name != "__init__.py"
    }
    found = {
        str(file.relative_to(context / "_build")): file for file in (context / "_build").rglob("*") if file.is_file()
    }
    assert set(found) == {*ours, *own_file, *scripts}
    # Nothing of ours is changed on the way but for what the builder does itself to requirements.
    for name in ours:
        assert yaml_or_lines(found[name]) == yaml_or_lines(definition / name)
    for name, file in scripts.items():
        assert found[name].read_bytes() == file.read_bytes()
        assert os.access(found[name], os.X_OK) or name.endswith(".py")
    wanted = yaml_or_lines(found["requirements.yml"])["collections"]
    assert [one["name"] for one in wanted[1:]] == ["ansible.windows"]
    assert wanted[0]["name"] == (f"galaxy/{artifact.name}" if of_checkout else "qlikops.sense")


def yaml_or_lines(file: pathlib.Path) -> Any:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".yml":
        return yaml.safe_load(text)
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def look_at_the_container(text: str) -> None:
    lines = text.splitlines()
    base, final = lines[: lines.index("FROM base AS galaxy")], lines[lines.index("FROM base AS final") :]
    assert 'ARG EE_BASE_IMAGE="quay.io/centos/centos:stream9"' in base
    assert 'ARG PYCMD="/usr/bin/python3.12"' in base
    # From 2.19 on, ansible-core reads answers as YAML again.
    assert 'ARG ANSIBLE_INSTALL_REFS="ansible-core>=2.18,<2.19 ansible-runner>=2.4,<3"' in base
    # Any user id in group 0 may enter itself with a home, and write into /runner.
    in_order = [
        "RUN chmod ug+rw /etc/passwd",
        "RUN mkdir -p /runner && chgrp 0 /runner && chmod -R ug+rwx /runner",
        "WORKDIR /runner",
        "ENV ANSIBLE_CALLBACK_RESULT_FORMAT=yaml",
        "USER 1000",
        'ENTRYPOINT ["/opt/builder/bin/entrypoint", "dumb-init"]',
    ]
    assert [line for line in final if line in in_order] == in_order
    assert [line for line in final if line.startswith("ENV ")] == [
        *("ENV PIP_BREAK_SYSTEM_PACKAGES=1", "ENV ANSIBLE_CALLBACK_RESULT_FORMAT=yaml"),
    ]


def test_the_image_has_the_collections_that_this_one_depends_on() -> None:
    depends = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["dependencies"]
    wanted = yaml.safe_load((ENVIRONMENT / "requirements.yml").read_text(encoding="utf-8"))["collections"]
    assert set(depends) <= {one["name"] for one in wanted}
