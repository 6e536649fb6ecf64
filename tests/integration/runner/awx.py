# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as AWX runs them: ansible-runner, a new private data directory each, and only the memory carried over."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.qlikops.sense.tests.integration import simulated, warm
from ansible_collections.qlikops.sense.tests.integration.modules.running import assert_no_secret

PLAYBOOK = "- ansible.builtin.import_playbook: qlikops.sense.clear_stale_sessions\n"
LONGEST_JOB = 120
SITE = "production"


@dataclass(frozen=True)
class Job:
    """What is left of a job: its events are what AWX stores, searched for secrets already."""

    status: str
    stdout: str
    events: list[dict[str, Any]]

    @property
    def told(self) -> dict[str, Any]:
        """What the role handed on by set_stats."""
        data = self._of_type("playbook_on_stats")[-1]["event_data"]["artifact_data"]
        told: dict[str, Any] = data["stale_sessions"][SITE]
        return told

    @property
    def said(self) -> str:
        """The sentences that somebody should read."""
        return " ".join(self.told["said"])

    @property
    def changed(self) -> int:
        """How many tasks changed something on the host of the site."""
        changed: dict[str, int] = self._of_type("playbook_on_stats")[-1]["event_data"]["changed"]
        return changed.get(SITE, 0)

    def result(self, task: str) -> dict[str, Any]:
        """The result of the task of this name, which ran."""
        results = [event["event_data"] for event in self.events if event["event"].startswith("runner_on_")]
        found: dict[str, Any] = next(
            data["res"]
            for data in results
            if data["task"] == task and "skip_reason" not in data.get("res", {"skip_reason": 1})
        )
        return found

    def message(self, task: str) -> str:
        result = self.result(task)
        return "\n".join(str(item["msg"]) for item in result.get("results", [result]))

    @property
    def stale(self) -> dict[str, dict[str, Any]]:
        """The stale sessions of the report by their refs."""
        report = self.result("Build the report")["ansible_facts"]["stale_sessions_report"]
        return {session["ref"]: session for session in report["sessions"]}

    def _of_type(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == name]


class Awx:
    """Starts jobs against one site, and stores the facts of its host between them as AWX does."""

    def __init__(self, site_info: simulated.SiteInfo, tree: pathlib.Path, directory: pathlib.Path) -> None:
        self.control = simulated.Control(site_info)
        self._site_info = site_info
        self._tree = tree
        self._directory = directory
        self._number = 0
        self.stored_facts: dict[str, Any] = {}

    def run(self, *, check: bool = False, site_info: simulated.SiteInfo | None = None, **variables: Any) -> Job:
        """One job from its start to its end."""
        job = self.start(check=check, site_info=site_info, **variables)
        job.process.communicate(timeout=LONGEST_JOB)
        return self.finish(job)

    def start(
        self, *, check: bool = False, site_info: simulated.SiteInfo | None = None, **variables: Any
    ) -> RunningJob:
        """A job under way; ``check`` is AWX's job type. ``site_info``: of another site than the usual one."""
        self._number += 1
        job = RunningJob(self._directory / f"awx_{self._number}", self._number, self._ids())
        home = job.private / "home"
        home.mkdir(parents=True)
        self._write_facts(job)
        python = {"ansible_connection": "local", "ansible_python_interpreter": warm.interpreter()}
        hosts = {SITE: {**python, **connection(site_info or self._site_info)}, "keeper": python}
        _write(job.private / "inventory/hosts.json", {"all": {"hosts": hosts}})
        _write(
            job.private / "env/extravars",
            {"awx_job_id": self._number, "tower_job_id": self._number, "qlik_sites": SITE, **variables},
        )
        _write(
            job.private / "env/envvars",
            {"ANSIBLE_COLLECTIONS_PATH": str(self._tree), "HOME": str(home), "LC_ALL": "C.UTF-8", "NO_PROXY": "*"},
        )
        _write(job.private / "env/settings", {"suppress_ansible_output": True})
        if check:
            (job.private / "env/cmdline").write_text("--check", encoding="utf-8")
        project = job.private / "project"
        project.mkdir()
        (project / "clear.yml").write_text(PLAYBOOK, encoding="utf-8")
        return job.started()

    def finish(self, job: RunningJob) -> Job:
        """What the job has left, when it has ended in whatever way."""
        self._read_facts(job)
        artifacts = job.artifacts
        events = [json.loads(file.read_text(encoding="utf-8")) for file in job.event_files()]
        stdout = (artifacts / "stdout").read_text(encoding="utf-8") if (artifacts / "stdout").exists() else ""
        status = (artifacts / "status").read_text() if (artifacts / "status").exists() else "killed"
        assert_no_secret(json.dumps(events, ensure_ascii=False) + stdout, self._site_info, job.ids | self._ids())
        return Job(status, stdout, sorted(events, key=lambda event: event["counter"]))

    def _ids(self) -> set[str]:
        return {session["session_id"] for session in self.control.sessions()}

    def _write_facts(self, job: RunningJob) -> None:
        """A file named by the host: awx/main/tasks/facts.py, start_fact_cache."""
        if self.stored_facts:
            _write(job.fact_file, self.stored_facts)
            job.facts_written_at = job.fact_file.stat().st_mtime

    def _read_facts(self, job: RunningJob) -> None:
        """What is newer than what was written, or nothing if it is gone: the same, finish_fact_cache."""
        if not job.fact_file.exists():
            self.stored_facts = {}
        elif job.fact_file.stat().st_mtime > job.facts_written_at:
            self.stored_facts = json.loads(job.fact_file.read_text(encoding="utf-8"))


class RunningJob:
    """A job under way."""

    def __init__(self, private: pathlib.Path, number: int, ids: set[str]) -> None:
        self.private = private
        self.ids = ids
        self.artifacts = private / "artifacts" / str(number)
        self.fact_file = self.artifacts / "fact_cache" / SITE
        self.facts_written_at = 0.0
        self._number = number
        self.process: subprocess.Popen[bytes]

    def started(self) -> RunningJob:
        path = f"{warm.programs()}{os.pathsep}{os.environ['PATH']}"
        command = [sys.executable, "-m", "ansible_runner", "run", str(self.private), "-p", "clear.yml"]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "QLIK_"))}
        self.process = subprocess.Popen(
            [*command, "--ident", str(self._number)],
            env={**inherited, "PATH": path},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return self

    def kill(self) -> None:
        """At once and with everything that it had started, as when the node of the container goes."""
        for pid in [self.process.pid, *descendants(self.process.pid)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(timeout=10)

    def event_files(self) -> list[pathlib.Path]:
        return [file for file in (self.artifacts / "job_events").glob("*.json") if "partial" not in file.name]


def connection(site_info: simulated.SiteInfo) -> dict[str, Any]:
    """The variables of the connection."""
    paths = site_info["certificates"]
    return {
        "qlik_host": site_info["host"],
        "qlik_qrs_port": site_info["qrs_port"],
        "qlik_host_map": site_info["host_map"],
        "qlik_client_cert": paths["client"],
        "qlik_client_key": paths["client_key"],
        "qlik_ca_path": paths["root"],
        "qlik_retries": 0,
    }


def descendants(pid: int) -> Iterator[int]:
    """Children of a process, and theirs."""
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == pid:
            yield int(stat.parent.name)
            yield from descendants(int(stat.parent.name))


def _write(path: pathlib.Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
