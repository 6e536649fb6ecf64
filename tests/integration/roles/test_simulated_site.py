# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role simulated_site: what it starts, what it says, what it leaves alone."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
from typing import Any

import pytest
import yaml

from ansible_collections.qlikops.sense.tests.integration import simulated, warm

# The tree in which the checkout stands as the collection.
TREE = pathlib.Path(simulated.__file__).parents[5]
FACTS = (
    *("qlik_host", "qlik_qrs_port", "qlik_client_cert", "qlik_client_key", "qlik_ca_path", "qlik_host_map"),
    *("simulated_site_control", "simulated_site_info"),
)
BALANCER_FACTS = ("simulated_site_balancer_url", "proxy_restart_haproxy_socket", "proxy_restart_haproxy_backend")
SMALL = {"simulated_site_generate": {"proxies": 1, "virtual_proxies": 2, "sessions": 3}}


class Play:
    """One run of the role on localhost."""

    def __init__(self, directory: pathlib.Path, *options: str, **variables: Any) -> None:
        facts = directory / "facts.json"
        facts.unlink(missing_ok=True)
        wanted = ", ".join(
            [f"'{name}': {name}" for name in FACTS] + [f"'{name}': {name} | default('none')" for name in BALANCER_FACTS]
        )
        keep = {"content": f"{{{{ {{{wanted}}} }}}}", "dest": str(facts), "mode": "0600"}
        tasks = [
            {"ansible.builtin.include_role": {"name": "qlikops.sense.simulated_site"}},
            {"ansible.builtin.copy": keep, "when": "qlik_host is defined"},
        ]
        playbook = directory / "play.yml"
        playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
        python = {"ansible_python_interpreter": warm.interpreter()}
        given = {"simulated_site_directory": str(directory / "state"), **python, **variables}
        done = subprocess.run(
            [warm.ansible(), "playbook", str(playbook), "-e", json.dumps(given), *options],
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(TREE),
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_FORCE_COLOR": "0",
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.output = done.stdout + done.stderr
        self.failed = done.returncode != 0
        self.changed = len(re.findall(r"^changed: \[localhost\](?! => \(item)", done.stdout, re.MULTILINE))
        self.facts: dict[str, Any] = json.loads(facts.read_text()) if facts.exists() else {}


@pytest.fixture
def directory(tmp_path: pathlib.Path, state_dir: pathlib.Path) -> pathlib.Path:
    """Where plays are run; the site in ``state`` below it is stopped afterwards."""
    assert state_dir == tmp_path / "state"
    return tmp_path


def test_start_and_stop(directory: pathlib.Path, names: None) -> None:
    rehearsal = Play(directory, "--check")
    assert not rehearsal.failed, rehearsal.output
    assert f"The simulated site in {directory}/state would be started." in rehearsal.output
    assert not (directory / "state").exists()

    first = Play(directory)
    site_info = first.facts["simulated_site_info"]
    assert int(first.facts["qlik_qrs_port"]) == site_info["qrs_port"]  # a text before ansible-core 2.19
    assert {key: value for key, value in first.facts.items() if key.startswith(("qlik_h", "qlik_c"))} == {
        "qlik_host": "qlik1.example.com",
        "qlik_client_cert": site_info["certificates"]["client"],
        "qlik_client_key": site_info["certificates"]["client_key"],
        "qlik_ca_path": site_info["certificates"]["root"],
        "qlik_host_map": {f"qlik{number}.example.com": "127.0.0.1" for number in (1, 2, 4)},
    }
    assert simulated.Client(site_info).qps("/qps/session").status_code == 200
    control = simulated.Control(site_info)
    assert first.facts["simulated_site_control"] == site_info["control"]
    assert len(control.sessions()) == 60

    again = Play(directory)
    assert again.facts["qlik_host_map"] == first.facts["qlik_host_map"]
    assert again.facts["simulated_site_info"]["pid"] == site_info["pid"]
    assert "changed=1 " in again.output, "the file with the facts alone"

    rehearsed_stop = Play(directory, "--check", simulated_site_state="stopped")
    assert "would be stopped" in rehearsed_stop.output
    assert control.status()["running"]
    stop = Play(directory, simulated_site_state="stopped")
    assert (stop.failed, stop.changed) == (False, 1)
    assert not simulated.stop(directory / "state")
    again = Play(directory, simulated_site_state="stopped")
    assert (again.failed, again.changed) == (False, 0)


def test_generated_site_and_switches(directory: pathlib.Path) -> None:
    switches = {"tls": "1.2", "service_status_seconds": 3}
    site_info = Play(directory, **SMALL, simulated_site_switches=switches).facts["simulated_site_info"]
    control = simulated.Control(site_info)
    assert len(control.sessions()) == 3
    assert (control.switches()["tls"], control.switches()["service_status_seconds"]) == ("1.2", 3.0)
    rehearsal = Play(directory, "--check", simulated_site_switches={"tls": "1.3"})
    assert "Switches of the simulated site would be set" in rehearsal.output
    assert control.switches()["tls"] == "1.2"
    before, after = (Play(directory, simulated_site_switches={"tls": "1.3"}) for _run in range(2))
    assert control.switches()["tls"] == "1.3"
    assert before.changed == after.changed + 1


def test_balancer(directory: pathlib.Path) -> None:
    first = Play(directory, **SMALL, simulated_site_balancer="haproxy")
    balancer = first.facts["simulated_site_info"]["balancer"]
    assert first.facts["simulated_site_balancer_url"] == balancer["url"]
    assert first.facts["proxy_restart_haproxy_socket"] == balancer["socket"]
    assert first.facts["proxy_restart_haproxy_backend"] == balancer["backend"] == "qlik"
    Play(directory, simulated_site_state="stopped")
    without = Play(directory, **SMALL)
    assert not without.failed
    assert without.facts["simulated_site_balancer_url"] == "none"
    refused = Play(directory, **SMALL, simulated_site_balancer="haproxy")
    assert refused.failed
    assert "runs without a balancer. Stop it first" in refused.output


def test_described_site(directory: pathlib.Path) -> None:
    description: dict[str, Any] = {"nodes": [{"name": "Alone", "host_name": "alone.example.com"}]}
    assert Play(directory, simulated_site_description=description).facts["qlik_host"] == "alone.example.com"
    simulated.stop(directory / "state")
    (directory / "mine.yml").write_text(yaml.safe_dump({"nodes": [{"name": "Mine", "host_name": "mine.example.com"}]}))
    by_path = Play(directory, simulated_site_description=str(directory / "mine.yml"))
    assert by_path.facts["qlik_host"] == "mine.example.com"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"simulated_site_description": {"nodes": [{"name": "A"}]}}, "nodes[0]: host_name is missing"),
        ({"simulated_site_description": "x", **SMALL}, "Give one of them."),
        ({"simulated_site_state": "present"}, "value of simulated_site_state must be one of: started, stopped"),
    ],
)
def test_what_is_refused(directory: pathlib.Path, variables: dict[str, Any], words: str) -> None:
    play = Play(directory, **variables)
    assert play.failed
    assert words in play.output
    assert play.facts == {}
