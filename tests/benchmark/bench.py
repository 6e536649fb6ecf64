# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the modules take on large sites, beside two plain clients, in one run on one machine.

    make bench                               everything (about a quarter of an hour, most of it the sequential client)
    make bench ARGS='--latency 20 --case list-8x30x5000'
    make bench ARGS='--latency 0 --case report-12x30x10000'

Whole processes are timed from outside, in turns, each the median of --runs. For the modules that is a playbook of one
task; what it takes above a playbook with one ping is the module's own time, which the ratios are made of. The report is
the playbook report_sessions with all of its files, and nothing to compare it with. The case activity is a list without
what QRS knows of sessions, and with it, which must not take more than 1.3 times as long.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PARALLEL = 16
OURS = ("module", "summary", "playbook", "without")


@dataclass(frozen=True)
class Case:
    """A site and a job on it; ``end`` is how many sessions to end (all), 0 for a list or, with ``users``, a report.

    Where ``licensed`` percent of the users have an allocation, the list is made with and without activity.
    """

    proxies: int
    virtual_proxies: int
    sessions: int
    end: int = 0
    users: int = 0
    licensed: int = 0

    @property
    def name(self) -> str:
        if self.end:
            return f"end-{self.end}"
        kind = "activity" if self.licensed else "report" if self.users else "list"
        return f"{kind}-{self.proxies}x{self.virtual_proxies}x{self.sessions}"

    @property
    def clients(self) -> tuple[str, ...]:
        if self.licensed:
            return ("without", "module")
        if self.users:
            return ("playbook",)
        return ("module", "bare", "sequential") if self.end else ("module", "summary", "bare", "sequential")


CASES = [
    Case(3, 10, 1500),
    Case(8, 30, 5000),
    Case(12, 30, 10000),
    Case(3, 10, 500, 500),
    Case(3, 10, 1500, 1500),
    Case(8, 30, 5000, users=2000),
    Case(12, 30, 10000, users=4000),
    Case(3, 10, 500, licensed=95),
    Case(8, 30, 5000, licensed=95),
]
LATENCIES = [0, 20, 150]


@dataclass(frozen=True)
class Measured:
    """One run: seconds, peak memory of its largest process in MiB, and what the site counted."""

    seconds: float
    memory: float
    requests: int
    handshakes: int
    in_flight: int


class SimulatedSite:
    """A generated site that runs in the background."""

    def __init__(self, case: Case, directory: Path) -> None:
        self._directory = directory
        sizes = ["--proxies", case.proxies, "--virtual-proxies", case.virtual_proxies, "--sessions", case.sessions]
        sizes += ["--users", case.users] if case.users else []
        sizes += ["--licensed", case.licensed] if case.licensed else []
        self.site_info = self._command("start", "--generate", *map(str, sizes))
        self.site_info_file = directory / "site_info.json"
        self.site_info_file.write_text(json.dumps(self.site_info), encoding="utf-8")

    def stop(self) -> None:
        self._command("stop")

    def control(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(
            f"{self.site_info['control']}{path}", data, {"Content-Type": "application/json"}, method=method
        )
        with urlopen(request) as response:
            return json.load(response)

    def _command(self, command: str, *arguments: str) -> Any:
        completed = subprocess.run(
            [sys.executable, "-m", "qlik_simulator", command, "--state-dir", str(self._directory), *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT / "roles/simulated_site/files")},
            stdout=subprocess.PIPE,
            check=True,
        )
        return json.loads(completed.stdout)


@contextmanager
def simulated_site(case: Case, latency: int) -> Iterator[SimulatedSite]:
    with tempfile.TemporaryDirectory() as directory:
        site = SimulatedSite(case, Path(directory))
        try:
            site.control("PUT", "/latency", {"milliseconds": latency})
            site.control("DELETE", "/journal")
            yield site
        finally:
            site.stop()


def measure(command: list[str], environment: dict[str, str], site: SimulatedSite | None = None) -> Measured:
    begin = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout
    output = process.stdout.read()
    _pid, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{output.decode()[-3000:]}")
    counters = site.control("GET", "/counters") if site else {"requests": 0, "handshakes": 0, "max_in_flight": 0}
    memory = usage.ru_maxrss / 1024
    return Measured(seconds, memory, counters["requests"], counters["handshakes"], counters["max_in_flight"])


class Playbook:
    """A playbook, run the way users run it."""

    def __init__(self, directory: Path, tree: Path) -> None:
        self._directory = directory
        self._file = directory / "task.yml"
        self._environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(tree),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_HOME": str(directory / "ansible"),
        }

    def measure(self, module: str, options: dict[str, Any], site: SimulatedSite | None = None) -> Measured:
        """A playbook of one task, which registers the result."""
        play = [{"hosts": "localhost", "gather_facts": False, "tasks": [{module: options, "register": "result"}]}]
        self._file.write_text(json.dumps(play), encoding="utf-8")
        return self._run(site, str(self._file))

    def report(self, options: dict[str, Any], site: SimulatedSite) -> Measured:
        """The playbook report_sessions, with all of its files."""
        variables = {f"qlik_{name}": value for name, value in options.items()}
        variables["session_report_dir"] = str(self._directory / "reports")
        self._file.write_text(json.dumps(variables), encoding="utf-8")
        return self._run(site, "qlikops.sense.report_sessions", "-e", f"@{self._file}")

    def _run(self, site: SimulatedSite | None, *arguments: str) -> Measured:
        command = [str(Path(sys.executable).with_name("ansible-playbook")), *arguments]
        return measure(command, self._environment, site)


def connection(site_info: dict[str, Any], parallel: int) -> dict[str, Any]:
    files = site_info["certificates"]
    return {
        "host": site_info["host"],
        "qrs_port": site_info["qrs_port"],
        "host_map": site_info["host_map"],
        "client_cert": files["client"],
        "client_key": files["client_key"],
        "ca_path": files["root"],
        "max_parallel": parallel,
    }


def run_ours(client: str, playbook: Playbook, case: Case, site: SimulatedSite, parallel: int) -> Measured:
    options = connection(site.site_info, parallel)
    if client == "playbook":
        return playbook.report(options, site)
    if client == "without":
        options["activity"] = "none"
    if client == "summary":
        options["detail"] = "summary"
    if not case.end:
        return playbook.measure("qlikops.sense.qlik_session_info", options, site)
    return playbook.measure("qlikops.sense.qlik_session", {**options, "all": True, "protect_users": []}, site)


def run_plain(client: str, case: Case, site: SimulatedSite, parallel: int) -> Measured:
    job = ["end", "--count", str(case.end)] if case.end else ["list"]
    script = [sys.executable, str(HERE / "plain_clients.py"), str(site.site_info_file), client, *job]
    return measure([*script, "--parallel", str(parallel)], dict(os.environ), site)


def run_fresh(client: str, playbook: Playbook, case: Case, latency: int, parallel: int) -> Measured:
    """One run against a site of its own."""
    with simulated_site(case, latency) as site:
        if case.licensed:  # the simulated QRS makes up its rows when it is first asked, and a real one has them
            run_ours("module", playbook, case, site, parallel)
            site.control("DELETE", "/journal")
        if client in OURS:
            return run_ours(client, playbook, case, site, parallel)
        return run_plain(client, case, site, parallel)


def median_of(runs: list[Measured]) -> Measured:
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]


def compare(case: Case, latency: int, options: argparse.Namespace, playbook: Playbook) -> None:
    ping = statistics.median(playbook.measure("ansible.builtin.ping", {}).seconds for _run in range(options.runs))
    runs: dict[str, list[Measured]] = {client: [] for client in case.clients}
    # In turns, so that whatever else the machine does meanwhile strikes all of them alike.
    for number in range(options.runs):
        for client in case.clients:
            if client != "sequential" or not (number or options.no_sequential):
                runs[client].append(run_fresh(client, playbook, case, latency, options.parallel))
    results = {client: median_of(theirs) for client, theirs in runs.items() if theirs}
    own = {client: run.seconds - (ping if client in OURS else 0) for client, run in results.items()}
    for client, run in results.items():
        ratio = own[client] / own[case.clients[0]]
        print(
            f"{case.name:18} {latency:4} ms  {client:10}  {run.seconds:7.2f} s  {own[client]:7.2f} s  {ratio:6.2f}"
            f"  {run.requests:8}  {run.handshakes:10}  {run.in_flight:9}  {run.memory:6.0f} MiB",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", choices=[case.name for case in CASES])
    parser.add_argument("--latency", action="append", type=int)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--parallel", type=int, default=PARALLEL, help="requests under way at once, where a client can")
    parser.add_argument("--no-sequential", action="store_true", help="leave the slow client out")
    options = parser.parse_args()
    print(
        "case               latency  client        whole    own time   ratio  requests  handshakes  in flight  memory"
    )
    with tempfile.TemporaryDirectory() as directory:
        tree = Path(directory, "tree")
        link = tree / "ansible_collections/qlikops/sense"
        link.parent.mkdir(parents=True)
        link.symlink_to(ROOT, target_is_directory=True)
        playbook = Playbook(Path(directory), tree)
        for case in CASES:
            for latency in options.latency or LATENCIES:
                if not options.case or case.name in options.case:
                    compare(case, latency, options, playbook)


if __name__ == "__main__":
    main()
