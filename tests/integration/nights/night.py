# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A night: the playbook drain_and_restart as a program, what happens meanwhile, and what was seen of it all."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from ansible_collections.qlikops.sense.tests.integration import warm
from ansible_collections.qlikops.sense.tests.integration.modules.running import assert_no_secret
from ansible_collections.qlikops.sense.tests.integration.nights import rules
from ansible_collections.qlikops.sense.tests.integration.nights.haproxy import HAProxy
from ansible_collections.qlikops.sense.tests.integration.nights.seen import Seen
from ansible_collections.qlikops.sense.tests.integration.simulated import Control, SiteInfo, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[3]
SHARED = ROOT / "extensions" / "molecule" / "shared"
ALL_UP = dict.fromkeys(["Central", "Node2", "Node3"], "UP")
ALL_RUN = dict.fromkeys(ALL_UP, "running")
BACK = r"The node is back in the balancer\."
BANNER = ["banner"]
USUAL: dict[str, Any] = {
    "proxy_restart_drain_timeout": 300,
    "proxy_restart_drain_interval": 1,
    "proxy_restart_on_timeout": "terminate",
    "proxy_restart_verify_timeout": 120,
    "proxy_restart_verify_interval": 1,
}


class Night:
    """One site with HAProxy in front, in which nothing has happened yet."""

    def __init__(self, site_info: SiteInfo, haproxy: HAProxy, tree: pathlib.Path, home: pathlib.Path) -> None:
        self.site_info = site_info
        self.control = Control(site_info)
        self.haproxy = haproxy
        self.home = home
        self.keeper_log = home / "keeper.log"
        self.hosts: dict[str, dict[str, Any]] = {node["host_name"]: {} for node in site_info["nodes"]}
        self.ansible, self.python = [warm.ansible()], warm.interpreter()
        self.arguments: list[str] = []  # more of them for the playbook
        self.process: subprocess.Popen[str]  # the run under way
        self.text = ""  # what it has said so far
        self._tree = tree
        self._events: list[tuple[Callable[[], object], Callable[[], object]]] = []
        self._trouble: list[BaseException] = []

    def use_new_processes(self) -> None:
        """For what an interrupt is to reach, or what Python reads of the environment when it imports something."""
        self.ansible, self.python = [sys.executable, "-m", "ansible"], sys.executable

    def when(self, condition: Callable[[], object], event: Callable[[], object]) -> None:
        """Let something happen once the condition holds during the next run. One after the other."""
        self._events.append((condition, event))

    def when_draining(self, event: Callable[[], object]) -> None:
        """Let something happen when the run begins to wait for people to leave."""
        self.when(lambda: re.search(r"Node\d: drain\b", self.text), event)

    def leases(self) -> list[dict[str, Any]]:
        """The lease of the site, as it lies there now; none where nobody has it."""
        files = self.home.glob(".local/state/qlikops.sense/*.json")
        return list(filter(None, (json.loads(file.read_text(encoding="utf-8"))["lease"] for file in files)))

    def state(self, node: str) -> str:
        """Of its proxy service."""
        return str(self.control.status()["proxies"][node])

    def restart(
        self,
        node: str = "qlik2",
        put_out: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
        **given: Any,
    ) -> Seen:
        """Restart a node, or several or, if it is empty, all, and hold what was seen against the rules.

        ``put_out`` are nodes that others put out.
        """
        ids = [session["session_id"] for session in self.control.sessions()]
        self.control.clear_journal()
        with self._watched() as looks:
            rc = self._run(node, given, environment or {})
        seen = Seen(rc, self.text, looks, self.control.journal())
        print(self.text)  # shown by a test that fails
        broken = [
            *rules.two_out(seen.looks, put_out),
            *rules.stopped_at_full_traffic(seen.looks),
            *rules.ended_at_full_traffic(seen.journal, seen.looks),
        ]
        assert not broken, f"{broken}\n{self.text}"
        ids += [session["session_id"] for session in self.control.sessions()]
        assert_no_secret(seen.text, self.site_info, ids)
        assert not self._events, f"it did not come so far:\n{self.text}"
        return seen

    @contextlib.contextmanager
    def _watched(self) -> Iterator[list[dict[str, Any]]]:
        record, looks = self.home / "looks.jsonl", list[dict[str, Any]]()
        record.unlink(missing_ok=True)
        control = self.site_info["control"]
        command = [sys.executable, str(SHARED / "watch.py"), f"--record={record}", f"--control={control}"]
        with subprocess.Popen(
            [*command, f"--balancer={self.haproxy.socket}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as watch:
            assert watch.stdout
            assert watch.stdout.readline() == b"watching\n"
            yield looks
            watch.communicate(timeout=30)
        looks += [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]

    def _run(self, node: str, given: dict[str, Any], environment: dict[str, str]) -> int:
        self.text = ""
        over = threading.Event()
        happening = threading.Thread(target=self._let_happen, args=(over,))
        with self.started(node, environment, **given) as process:
            self.process = process
            happening.start()
            assert process.stdout
            for line in process.stdout:
                self.text += line
            process.wait()
        over.set()
        happening.join()
        assert not self._trouble, self._trouble
        return process.returncode

    def started(self, node: str, environment: dict[str, str] | None = None, **given: Any) -> subprocess.Popen[str]:
        """The playbook under way."""
        variables = json.dumps({**USUAL, **given})
        limit = ["-l", ",".join(f"{name}.example.com" for name in node.split(","))] if node else []
        command = ["qlikops.sense.drain_and_restart", "-i", str(self._inventory()), *limit, *self.arguments]
        return subprocess.Popen(
            [*self.ansible, "playbook", *command, "-e", variables],
            env={**self._environment(), **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Where the tests run in the background, a shell may have told them to ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def _let_happen(self, over: threading.Event) -> None:
        try:
            while self._events and not over.wait(0.1):
                condition, event = self._events[0]
                if condition():
                    event()
                    self._events.pop(0)
        except BaseException as trouble:  # told by the test, which runs in another thread
            self._trouble.append(trouble)

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "QLIK_"))}
        return {
            **inherited,
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "NO_PROXY": "*",
            "ANSIBLE_COLLECTIONS_PATH": str(self._tree),
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "true",
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_PIPELINING": "true",
        }

    def _inventory(self) -> pathlib.Path:
        paths, balancer = self.site_info["certificates"], self.site_info["balancer"]
        variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": self.python,
            "qlik_host": self.site_info["host"],
            "qlik_qrs_port": self.site_info["qrs_port"],
            "qlik_host_map": self.site_info["host_map"],
            "qlik_client_cert": paths["client"],
            "qlik_client_key": paths["client_key"],
            "qlik_ca_path": paths["root"],
            "proxy_restart_balancer": "haproxy",
            "proxy_restart_haproxy_socket": balancer["socket"],
            "proxy_restart_haproxy_backend": balancer["backend"],
            "simulated_site_control": self.site_info["control"],
            "stand_in_log": str(self.home / "services.log"),
        }
        # Where the lease lies in the AWX kit: on a host that is neither the controller nor of the site.
        # Its Python leaves a line for each module that runs there.
        python = self.home / "keeper"
        python.write_text(f'#!/bin/sh\necho >> {self.keeper_log}\nexec {self.python} "$@"\n', encoding="utf-8")
        python.chmod(0o700)
        hosts = {"localhost": {}, "keeper": {"ansible_python_interpreter": str(python)}}
        file = self.home / "inventory.yml"
        groups = {"qlik_proxies": {"hosts": self.hosts}, "all": {"vars": variables, "hosts": hosts}}
        file.write_text(yaml.safe_dump(groups), encoding="utf-8")
        return file


def fresh(night: Night) -> None:
    """As if nothing had ever happened."""
    night.control.clear_faults()
    night.control.reset()
    wait_until(lambda: night.control.status()["proxies"] == ALL_RUN)
    night.haproxy.restore()
