# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""check_site: what a person sees, what is written, when it fails, and a rehearsal on what it has described."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
import yaml

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules.playing import GROUP, Ansible, ensure
from ansible_collections.qlikops.sense.tests.integration.roles.test_simulated_site import Play

CONNECTION = ("host", "qrs_port", "host_map", "client_cert", "client_key", "client_key_password", "ca_path")
VARIABLES = {f"qlik_{name}": f"{{{{ qlik.{name} }}}}" for name in CONNECTION}


def check(ansible: Ansible, *conditions: str, options: tuple[str, ...] = (), **variables: Any) -> str:
    role = {"ansible.builtin.include_role": {"name": "qlikops.sense.check_site"}}
    given = json.dumps({f"check_site_{name}": value for name, value in variables.items()})
    tasks = [role, ensure(*conditions)] if conditions else [role]
    return ansible.play(tasks, "-e", given, *options, vars=VARIABLES, module_defaults={GROUP: {}})


def test_a_table_of_what_was_seen_and_what_to_do(ansible: Ansible) -> None:
    output = check(
        ansible,
        "check_site_result.summary.problem == 0",
        "(check_site_result.checks | selectattr('name', 'equalto', 'unlinked') | first).status == 'warning'",
        fail_on="problem",
    )
    assert "site/unlinked" in output
    assert "No proxy service serves these virtual proxies." in output
    assert "changed=0" in output
    assert ansible.modules.control.counters()["writes"] == 0


def test_files_that_name_nobody(ansible: Ansible, tmp_path: pathlib.Path) -> None:
    reports = tmp_path / "reports"
    output = check(ansible, dir=str(reports), name="lab", options=("--check",))
    files = {path.name: path.read_text(encoding="utf-8") for path in reports.iterdir()}
    assert sorted(files) == ["lab.html", "lab.json", "lab.site.yml"]
    assert str(reports / "lab.html") in output
    assert {path.stat().st_mode & 0o777 for path in [*reports.iterdir()]} == {0o600}
    assert not [name for name in ("anna", "Björn", "山田", "bjorn") if name in "".join(files.values())]
    assert json.loads(files["lab.json"])["summary"]["checks"] == len(json.loads(files["lab.json"])["checks"])


@pytest.mark.parametrize(("fail_on", "fails"), [("warning", True), ("never", False)])
def test_it_fails_as_it_is_told_to(ansible: Ansible, fail_on: str, fails: bool) -> None:
    role = {"ansible.builtin.include_role": {"name": "qlikops.sense.check_site"}}
    told = "warnings?, .* ok: see the table. check_site_fail_on is warning[.]$"
    after = ensure("ansible_failed_result.msg is search(told)", "check_site_result.summary.warning > 0")
    tasks = [{"block": [role], "rescue": [after]}] if fails else [role]
    variables = {**VARIABLES, "check_site_fail_on": fail_on, "told": told}
    ansible.play(tasks, vars=variables, module_defaults={GROUP: {}})


def test_the_site_can_be_rehearsed_on(ansible: Ansible, tmp_path: pathlib.Path, names: None) -> None:
    """What the role has written, the role simulated_site takes as it is."""
    directory, state_dir = tmp_path, tmp_path / "state"
    ansible.modules.control.switches(unknown_prefix="empty")
    check(ansible, dir=str(tmp_path / "reports"), name="lab")
    file = tmp_path / "reports" / "lab.site.yml"
    try:
        play = Play(directory, simulated_site_description=str(file))
        assert not play.failed, play.output
        control = simulated.Control(play.facts["simulated_site_info"])
        assert len(control.sessions()) == len(ansible.modules.control.sessions())
        assert control.call("GET", "/switches")["unknown_prefix"] == "empty"
        described = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert [node["name"] for node in described["nodes"]] == [node["name"] for node in control.site_info["nodes"]]
    finally:
        simulated.stop(state_dir)
