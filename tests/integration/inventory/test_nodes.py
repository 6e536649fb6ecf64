# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin against a site over real TLS, as ansible-inventory and ansible-playbook use it."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ansible_collections.qlikops.sense.tests.integration import simulated, warm
from ansible_collections.qlikops.sense.tests.integration.modules.running import ROOT

PREFIXES = ["", "sales"]
SITE: dict[str, Any] = {
    "virtual_proxies": [{"prefix": prefix} for prefix in PREFIXES],
    "nodes": [
        {"name": "Central", "host_name": "qlik1.example.com", "central": True, "proxy": False, "scheduler": True},
        {
            "name": "Node2",
            "host_name": "qlik2.example.com",
            "virtual_proxies": PREFIXES,
            "engine": False,
            "scheduler": False,
            "failover_candidate": True,
            "purpose": "development",
            "tags": ["rack 7", "{{ 6 * 7 }}"],
            "custom_properties": [{"Room": "A1"}, {"Room": "B2"}, {"Evil": "{{ lookup('pipe', 'touch EVIL') }}"}],
        },
        {"name": "{{ lookup('pipe', 'touch EVIL') }}", "host_name": "qlik3.example.com", "virtual_proxies": PREFIXES},
    ],
    "users": [{"directory": "LAB", "id": "anna"}],
    "sessions": [{"user": "LAB\\anna", "node": "Node2", "virtual_proxy": "sales"}],
}
EVIL = str(SITE["nodes"][2]["name"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulated.SiteInfo]:
    state_dir = tmp_path_factory.mktemp("inventory") / "site"
    yield simulated.start(state_dir, SITE)
    simulated.stop(state_dir)


class Inventory:
    """A file for the plugin, and the programs of Ansible that read it."""

    def __init__(self, site_info: simulated.SiteInfo, folder: pathlib.Path, control: simulated.Control) -> None:
        paths = site_info["certificates"]
        self.control = control
        self.folder = folder
        self.file = folder / "lab.qlik_sense.yml"
        self.connection = {
            "host": site_info["host"],
            "qrs_port": site_info["qrs_port"],
            "host_map": site_info["host_map"],
            "client_cert": paths["client"],
            "client_key": paths["client_key"],
            "ca_path": paths["root"],
            "retries": 0,
        }
        windows = folder / "ansible_collections/ansible/windows"
        windows.parent.mkdir(parents=True)
        windows.symlink_to(ROOT / "extensions/molecule/shared/windows", target_is_directory=True)
        collection = folder / "ansible_collections/qlikops/sense"
        collection.parent.mkdir(parents=True)
        collection.symlink_to(ROOT, target_is_directory=True)

    def write(self, **options: Any) -> None:
        given = {"plugin": "qlikops.sense.nodes", **self.connection, **options}
        self.file.write_text(yaml.safe_dump({name: value for name, value in given.items() if value is not None}))

    def run(self, program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "QLIK_"))}
        return subprocess.run(
            [warm.ansible(), program, "-i", str(self.file), *arguments],
            cwd=self.folder,
            env={
                **inherited,
                "HOME": str(self.folder),
                "LC_ALL": "C.UTF-8",
                "NO_PROXY": "*",
                "ANSIBLE_COLLECTIONS_PATH": str(self.folder),
                "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
                "ANSIBLE_NOCOLOR": "true",
                "ANSIBLE_PYTHON_INTERPRETER": warm.interpreter(),
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def listed(self, *arguments: str, **environment: str) -> dict[str, Any]:
        done = self.run("inventory", "--list", *arguments, **environment)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def refused(self, *arguments: str, **environment: str) -> str:
        done = self.run("inventory", "--list", *arguments, **environment)
        assert done.returncode != 0, done.stdout
        return " ".join(done.stderr.split())

    def hosts(self, *arguments: str, **environment: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.listed(*arguments, **environment)["_meta"]["hostvars"]
        return found


@pytest.fixture
def inventory(site: simulated.SiteInfo, tmp_path: pathlib.Path) -> Inventory:
    control = simulated.Control(site)
    control.reset()
    inventory = Inventory(site, tmp_path, control)
    inventory.write()
    return inventory


def test_groups_and_variables(inventory: Inventory, site: simulated.SiteInfo) -> None:
    listed = inventory.listed()
    groups = {name: sorted(group["hosts"]) for name, group in listed.items() if group.get("hosts")}
    every = ["qlik1.example.com", "qlik2.example.com", "qlik3.example.com"]
    assert groups == {
        "qlik_nodes": every,
        "qlik_proxies": every[1:],
        "qlik_engines": [every[0], every[2]],
        "qlik_schedulers": [every[0], every[2]],
        "qlik_central": every[:1],
    }
    node = listed["_meta"]["hostvars"]["qlik2.example.com"]
    port = next(each["qps_port"] for each in site["nodes"] if each["name"] == "Node2")
    assert node["ansible_host"] == "qlik2.example.com"
    assert (node["qlik_name"], node["qlik_host_name"], node["qlik_central"]) == ("Node2", "qlik2.example.com", False)
    assert (node["qlik_failover_candidate"], node["qlik_purpose"]) == (True, "development")
    assert node["qlik_services"] == ["printing", "proxy"]
    assert (node["qlik_proxy_port"], node["qlik_prefixes"]) == (port, PREFIXES)
    assert node["qlik_custom_properties"]["Room"] == ["A1", "B2"]
    assert node["qlik_service_states"]["proxy"] == "running"
    assert node["qlik_service_states"]["engine"] == "disabled"
    assert "qlik_node" not in node
    central = listed["_meta"]["hostvars"]["qlik1.example.com"]
    assert (central["qlik_proxy_port"], central["qlik_prefixes"], central["qlik_central"]) == (None, [], True)


def test_it_only_reads_and_asks_for_no_session(inventory: Inventory) -> None:
    inventory.listed()
    entries = inventory.control.journal()
    assert sorted(entry["path"].partition("?")[0] for entry in entries) == [
        "/qrs/proxyservice/full",
        "/qrs/servernodeconfiguration/full",
        "/qrs/servernodeheartbeat/full",
        "/qrs/servicestatus/full",
    ]
    assert {entry["method"] for entry in entries} == {"GET"}


def test_the_graph(inventory: Inventory) -> None:
    done = inventory.run("inventory", "--graph")
    assert "@qlik_proxies:\n  |  |--qlik2.example.com\n  |  |--qlik3.example.com\n" in done.stdout, done.stderr


def test_only_files_of_its_own_name(inventory: Inventory) -> None:
    inventory.file = inventory.file.rename(inventory.folder / "lab.yml")
    assert "qlik_sense" not in inventory.refused()
    assert inventory.control.journal() == []


def test_names_by_preference(inventory: Inventory) -> None:
    # A tag is had by one node alone; what another can't be called, it is called by the next.
    inventory.write(hostnames=["qlik_tags[0]", "qlik_nothing", "qlik_host_name.split('.')[0]"], ansible_host="qlik_id")
    hosts = inventory.hosts()
    assert sorted(hosts) == ["qlik1", "qlik3", "rack 7"]
    assert hosts["rack 7"]["ansible_host"] == hosts["rack 7"]["qlik_id"]
    # The roles find the node all the same.
    assert hosts["qlik1"]["qlik_node"] == "qlik1.example.com"
    inventory.write(hostnames=["qlik_tags[0]"], strict=True)
    assert "qlik_tags[0] can't be computed" in inventory.refused()


def test_compose_groups_and_keyed_groups(inventory: Inventory) -> None:
    inventory.write(
        hostvars_prefix="node_",
        compose={"where": "node_custom_properties['Room'] | default(['nowhere']) | first"},
        groups={"candidates": "node_failover_candidate"},
        keyed_groups=[{"key": "node_purpose", "prefix": "purpose"}],
    )
    listed = inventory.listed()
    hosts = listed["_meta"]["hostvars"]
    where = [hosts[f"qlik{number}.example.com"]["where"] for number in (1, 2, 3)]
    # What is computed is not trusted from ansible-core 2.19 on, whichever the plugin is.
    assert [each["__ansible_unsafe"] if isinstance(each, dict) else each for each in where] == [
        *("nowhere", "A1", "nowhere")
    ]
    assert sorted(listed["candidates"]["hosts"]) == ["qlik1.example.com", "qlik2.example.com"]
    assert listed["purpose_development"]["hosts"] == ["qlik2.example.com"]
    # The roles take the connection by their own names, whatever the prefix is.
    assert hosts["qlik2.example.com"]["qlik_host"] == "qlik1.example.com"


def test_two_nodes_of_one_name_are_refused(inventory: Inventory) -> None:
    ids = [host["qlik_id"] for host in inventory.hosts().values() if not host["qlik_central"]]
    inventory.write(hostnames=["'rim' if not qlik_central else ''"])
    words = inventory.refused()
    assert "Two nodes would be the host rim" in words
    assert len(ids) == 2
    assert all(one in words for one in ids)


def test_what_qrs_says_is_never_a_template(inventory: Inventory) -> None:
    inventory.write(
        hostnames=["qlik_name"],
        compose={"copied": "qlik_name", "ansible_connection": "'local'"},
        keyed_groups=[{"key": "qlik_tags", "prefix": "tag"}],
    )
    playbook = inventory.folder / "look.yml"
    playbook.write_text(
        yaml.safe_dump(
            [
                {
                    "hosts": "qlik_nodes",
                    "gather_facts": False,
                    "tasks": [
                        {
                            "name": "Look at {{ inventory_hostname }}",
                            "ansible.builtin.copy": {
                                "content": "{{ [inventory_hostname, qlik_name, copied, qlik_custom_properties,"
                                " qlik_tags, ansible_host] | to_json }}",
                                "dest": f"{inventory.folder}/{{{{ qlik_id }}}}.json",
                                "mode": "0600",
                            },
                        }
                    ],
                }
            ]
        )
    )
    done = inventory.run("playbook", str(playbook))
    assert done.returncode == 0, done.stdout + done.stderr
    seen = [json.loads(path.read_text()) for path in inventory.folder.glob("*.json")]
    assert [EVIL] * 3 in [each[:3] for each in seen]
    assert ["rack 7", "{{ 6 * 7 }}"] in [each[4] for each in seen]
    assert {"touch EVIL"} & set(str(seen).split("'")) == {"touch EVIL"}
    assert not list(inventory.folder.rglob("EVIL"))


# The connection


def test_the_connection_comes_from_the_environment(inventory: Inventory, site: simulated.SiteInfo) -> None:
    names = ("host", "client_cert", "client_key", "ca_path", "qrs_port")
    environment = {f"QLIK_SENSE_{name.upper()}": str(inventory.connection[name]) for name in names}
    inventory.write(**dict.fromkeys(names))
    # A credential of AWX leaves empty variables.
    blank = {"QLIK_SENSE_VALIDATE_CERTS": "", "QLIK_SENSE_API_USER": "", "QLIK_SENSE_CLIENT_KEY_PASSWORD": ""}
    hosts = inventory.hosts(**environment, **blank)
    assert len(hosts) == 3
    assert "qlik_host" not in hosts["qlik1.example.com"]  # the roles find it in the environment, too
    assert hosts["qlik1.example.com"]["qlik_host_map"] == site["host_map"]


def test_a_password_is_not_handed_on(inventory: Inventory, site: simulated.SiteInfo) -> None:
    paths = site["certificates"]
    inventory.write(client_key=paths["client_key_encrypted"], client_key_password=paths["client_key_password"])
    done = inventory.run("inventory", "--list", "-vvvv")
    assert done.returncode == 0, done.stderr
    assert "qlik_client_key" in done.stdout
    assert paths["client_key_password"] not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"host": None}, "host"),
        ({"qrs_port": "many"}, "qrs_port"),
        ({"client_cert": "/nowhere/client.pem"}, "client_cert: /nowhere/client.pem can't be read"),
        ({"api_user": "nobody"}, "api_user: 'nobody' does not name a user"),
        ({"api_user": "LAB\\anna"}, "shows no node to LAB\\anna"),
        ({"host": "qlik9.example.com"}, "name qlik9.example.com is not known here"),
    ],
)
def test_what_is_wrong_is_said(inventory: Inventory, options: dict[str, Any], words: str) -> None:
    inventory.write(**options)
    assert words in inventory.refused()


# The cache


@pytest.fixture
def cached(inventory: Inventory) -> Inventory:
    inventory.write(
        cache=True, cache_plugin="ansible.builtin.jsonfile", cache_connection=str(inventory.folder / "cache")
    )
    return inventory


def test_a_warm_cache_does_without_qrs(cached: Inventory) -> None:
    first = cached.listed()
    cached.control.fault("status", status=503, listener="qrs")
    cached.control.clear_journal()
    assert cached.listed() == first
    assert cached.control.journal() == []
    asked_again = cached.run("playbook", "qlikops.sense.drain_and_restart", "--list-hosts", "--flush-cache")
    assert asked_again.returncode != 0
    assert "503" in asked_again.stderr


def test_the_cache_holds_the_answers_as_they_came_under_one_key(cached: Inventory) -> None:
    cached.listed()
    (file,) = (cached.folder / "cache").iterdir()
    answers = json.loads(file.read_text())
    if "nodes" not in answers:  # ansible-core wraps them from 2.19 on
        answers = json.loads(answers["__payload__"])
    assert sorted(answers) == ["heartbeats", "nodes", "proxies", "states"]
    assert {"nodePurpose", "isCentral"} <= set(answers["nodes"][0])


def test_another_user_or_site_is_not_answered_for(cached: Inventory) -> None:
    cached.listed()
    cached.write(
        cache=True,
        cache_plugin="ansible.builtin.jsonfile",
        cache_connection=str(cached.folder / "cache"),
        api_user="LAB\\anna",
    )
    assert "shows no node to LAB\\anna" in cached.refused()


# The playbooks


@pytest.mark.parametrize("hostnames", [[], ["qlik_name"]])
def test_a_rolling_restart_is_rehearsed_with_nothing_but_the_inventory(
    inventory: Inventory, hostnames: list[str]
) -> None:
    """Also where a name has a comma, which separates patterns of hosts."""
    # Not that anything was changed: the nodes of the test are this machine.
    inventory.write(compose={"ansible_connection": "'local'"}, hostnames=hostnames)
    done = inventory.run("playbook", "qlikops.sense.drain_and_restart", "--check")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    for name, people in (
        ("Node2" if hostnames else "qlik2.example.com", "1 session of 1 user"),
        (EVIL if hostnames else "qlik3.example.com", "0 sessions of 0 users"),
    ):
        assert f"{name}: would be restarted; {people} on it." in done.stdout
    assert inventory.control.writes() == []
    assert not list(inventory.folder.rglob("EVIL"))
