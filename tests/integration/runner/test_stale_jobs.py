# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stale sessions on a schedule, proven in the way AWX runs it: job after job, with nothing but the memory between."""

from __future__ import annotations

import json
import pathlib
import re
import stat
from datetime import timedelta
from typing import Any

import pytest
from ansible.release import __version__ as ansible_version

from ansible_collections.qlikops.sense.plugins.module_utils._model.age import iso, parsed
from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.runner import sites
from ansible_collections.qlikops.sense.tests.integration.runner.awx import Awx, Job

CORE = tuple(int(part) for part in ansible_version.split(".")[:2])
FACTS_SURVIVE = CORE < (2, 19)
TEMPLATE = "LAB\\{{ 6 * 7 }}"
NOT_GIVEN: dict[str, Any] = {
    f"stale_sessions_{name}": ""
    for name in (
        *("proxies", "virtual_proxies", "users", "exclude_users", "user_states", "keep_per_user", "runaway_user"),
        *("runaway_virtual_proxy", "max_sessions", "max_percent", "audit_log", "reason", "memory_path"),
    )
}


class Keeper:
    """The memory as a file on a host that stays."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.variables: dict[str, Any] = {
            **NOT_GIVEN,
            "stale_sessions_memory": "file",
            "stale_sessions_memory_host": "keeper",
            "stale_sessions_memory_path": str(path),
        }

    @property
    def ages(self) -> dict[str, str]:
        """Ref -> first seen."""
        return ages_in(self.path.read_text(encoding="ascii"))

    def later(self, hours: int) -> None:
        self.path.write_text(aged(self.path.read_text(encoding="ascii"), hours), encoding="ascii")


@pytest.fixture
def keeper(tmp_path: pathlib.Path) -> Keeper:
    return Keeper(tmp_path / "keeper" / "memory" / "production.json")


def ages_in(text: str) -> dict[str, str]:
    return {ref: time for time, refs in json.loads(text)["first_seen"].items() for ref in refs}


def aged(text: str, hours: int) -> str:
    """The same memory when so many hours have passed, for the clock of the jobs can't be moved."""
    content = json.loads(text)

    def earlier(time: str) -> str:
        return iso(parsed(time) - timedelta(hours=hours))

    content["first_seen"] = {earlier(time): refs for time, refs in content["first_seen"].items()}
    content["stored_at"] = earlier(content["stored_at"])
    return " " + json.dumps(content)


def people(awx: Awx) -> list[str]:
    """The users of the live sessions."""
    return sorted(f"{session['user_directory']}\\{session['user_id']}" for session in awx.control.sessions())


def assert_first(job: Job) -> None:
    """It has only learned, and says so."""
    assert job.status == "successful", job.stdout
    assert job.told["result"] == "nothing to do"
    assert job.told["memory"] == "none"
    assert "This is the first run, or the memory was lost. Ages that QRS does not tell are counted" in job.said
    assert job.changed == 0


def assert_second(job: Job, awx: Awx) -> None:
    """It has ended exactly the old sessions, and each has its rule."""
    assert job.status == "successful", job.stdout
    assert (job.told["result"], job.told["memory"], job.said) == ("ended", "kept", "")
    assert {key: job.told["summary"][key] for key in ("sessions", "stale", "ended")} == {
        "sessions": 6,
        "stale": 4,
        "ended": 4,
    }
    assert sorted(session["user"] for session in job.stale.values()) == ["LAB\\anna"] * 2 + ["LAB\\ben"] * 2
    assert {session["rule"] for session in job.stale.values()} == {"min_age"}
    assert all(session["reason"].startswith("first seen 9 h") for session in job.stale.values())
    assert all(session["reason"].endswith("ago, limit 8 h") for session in job.stale.values())
    assert "limit 8 h" in job.message("Show the stale sessions")
    assert people(awx) == ["INTERNAL\\sa_scheduler", "LAB\\anna"]


def assert_third(job: Job) -> None:
    """It was quiet."""
    assert job.status == "successful", job.stdout
    assert job.changed == 0
    assert job.message("Summarise") == "production: 2 sessions listed, none to end, 1 kept"
    assert "first seen" not in job.stdout


# Without a memory


def test_the_first_job_ends_who_is_idle(awx: Awx, keeper: Keeper) -> None:
    """What the memory would have found hours later, and nobody else."""
    control = awx.control
    for user in ("LAB\\anna", "LAB\\ben"):
        control.user(user, license="analyzer")
    (idle, _active) = control.sessions("LAB\\anna")
    entries = [
        {"session_ids": [idle["session_id"]], "age_seconds": 9 * 3600, "idle_seconds": 5 * 3600},
        {"user": "LAB\\ben", "age_seconds": 9 * 3600, "idle_seconds": 3600},
    ]
    control.call("PUT", "/activity", {"entries": entries})
    rules: dict[str, Any] = {"stale_sessions_min_idle": "4h"}
    dry = awx.run(check=True, **keeper.variables, **rules)
    assert people(awx).count("LAB\\anna") == 2
    job = awx.run(**keeper.variables, **rules)
    for told in (dry, job):
        assert told.status == "successful", told.stdout
        (stale,) = told.stale.values()
        assert (stale["user"], stale["rule"]) == ("LAB\\anna", "min_idle")
        assert re.fullmatch(r"idle for 5 h.* according to QRS \(analyzer access\), limit 4 h", stale["reason"])
    assert people(awx) == ["INTERNAL\\sa_scheduler", "LAB\\anna", "LAB\\ben", "LAB\\ben"]
    old = awx.run(**keeper.variables, stale_sessions_min_age="8h")
    assert {session["user"] for session in old.stale.values()} == {"LAB\\ben"}
    assert all("according to QRS" in session["reason"] for session in old.stale.values())


def test_the_first_job_without_a_memory_ends_what_a_memory_finds_after_hours(
    awx: Awx, keeper: Keeper, tmp_path: pathlib.Path
) -> None:
    """The same sessions twice: watched for nine hours by jobs that QRS tells nothing, and met for the first time."""
    control = awx.control
    rule: dict[str, Any] = {"stale_sessions_min_age": "8h"}
    for user in ("LAB\\anna", "LAB\\ben"):
        control.user(user, license="analyzer")
    # Nine hours ago the memory began, two hours ago somebody else logged in.
    control.switches(usage_shown="none")
    assert_first(awx.run(**keeper.variables, **rule))
    keeper.later(hours=7)
    (young,) = control.login("LAB\\ben", "Central")
    assert awx.run(**keeper.variables, **rule).told["result"] == "nothing to do"
    keeper.later(hours=2)
    watched = awx.run(check=True, **keeper.variables, **rule)
    assert watched.told["memory"] == "kept"
    assert all(each["reason"].startswith("first seen 9 h") for each in watched.stale.values())

    control.switches(usage_shown="all")
    entries = [
        {"age_seconds": 9 * 3600 + 60, "idle_seconds": 60},
        {"session_ids": [young], "age_seconds": 2 * 3600, "idle_seconds": 60},
    ]
    control.call("PUT", "/activity", {"entries": entries})
    new = Keeper(tmp_path / "new" / "memory.json")
    first = awx.run(**new.variables, **rule)
    assert first.status == "successful", first.stdout
    assert first.told["memory"] == "none"
    assert all("according to QRS (analyzer access)" in each["reason"] for each in first.stale.values())
    assert set(first.stale) == set(watched.stale)
    assert len(first.stale) == first.told["summary"]["ended"] == 4
    assert people(awx) == ["INTERNAL\\sa_scheduler", "LAB\\ben"]
    assert [each["session_id"] for each in control.sessions("LAB\\ben")] == [young]


# The memory, job after job


def test_file_first_sees_second_ends_exactly_the_old_ones_third_is_quiet(awx: Awx, keeper: Keeper) -> None:
    assert_first(awx.run(**keeper.variables, stale_sessions_min_age="8h"))
    assert len(keeper.ages) == 5
    assert stat.S_IMODE(keeper.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keeper.path.parent.stat().st_mode) == 0o700
    assert awx.control.writes() == []

    keeper.later(hours=9)
    awx.control.login("LAB\\anna", "Central")
    assert_second(awx.run(**keeper.variables, stale_sessions_min_age="8h"), awx)

    assert_third(awx.run(**keeper.variables, stale_sessions_min_age="8h"))
    assert len(keeper.ages) == 2  # pruned
    assert [file.name for file in keeper.path.parent.iterdir()] == [keeper.path.name]
    assert awx.stored_facts == {}

    keeper.later(hours=-30)  # the clock jumps back
    ages = keeper.ages
    awx.control.login("LAB\\ben", "Central")
    back = awx.run(**keeper.variables, stale_sessions_min_age="1m")
    assert back.told["result"] == "nothing to do"
    assert back.said.startswith("The clock has been set back: the last run was at ")
    assert f"It is in {keeper.path} on keeper." in back.said
    assert {ref: keeper.ages[ref] for ref in ages} == ages
    keeper.later(hours=30)  # and is set right
    right = awx.run(**keeper.variables, stale_sessions_min_age="8h")
    assert (right.told["result"], right.said) == ("nothing to do", "")


@pytest.mark.skipif(not FACTS_SURVIVE, reason="AWX's fact storage does not survive ansible-core 2.19 and later")
def test_facts_first_sees_second_ends_exactly_the_old_ones_third_is_quiet(awx: Awx) -> None:
    variables = {**NOT_GIVEN, "stale_sessions_memory": "facts", "stale_sessions_min_age": "8h"}
    assert_first(awx.run(**variables))
    assert list(awx.stored_facts) == ["stale_sessions_remembered"]
    assert len(ages_in(awx.stored_facts["stale_sessions_remembered"])) == 5

    awx.stored_facts["stale_sessions_remembered"] = aged(awx.stored_facts["stale_sessions_remembered"], hours=9)
    awx.control.login("LAB\\anna", "Central")
    assert_second(awx.run(**variables), awx)

    assert_third(awx.run(**variables))
    assert len(ages_in(awx.stored_facts["stale_sessions_remembered"])) == 2


@pytest.mark.skipif(FACTS_SURVIVE, reason="AWX's fact storage works with this ansible-core")
def test_facts_that_will_not_come_back_are_told_in_every_job(awx: Awx) -> None:
    for _job in range(2):
        job = awx.run(**NOT_GIVEN, stale_sessions_memory="facts", stale_sessions_min_age="1s")
        assert job.status == "successful"
        assert job.told["result"] == "nothing to do"
        assert "come back empty with ansible-core 2.19 and later: set stale_sessions_memory to file" in job.said
    assert awx.stored_facts == {}


def test_a_file_in_the_container_of_the_job_is_told(awx: Awx) -> None:
    job = awx.run(**NOT_GIVEN, stale_sessions_min_age="8h")
    assert job.status == "successful"
    assert "set stale_sessions_memory_host to a host that stays" in job.said


# What a job is made to do


def test_job_type_check_tells_the_truth_and_changes_nothing(awx: Awx, keeper: Keeper) -> None:
    first = awx.run(check=True, **keeper.variables, stale_sessions_min_age="8h")
    assert "Check mode stores none." in first.said
    assert not keeper.path.parent.exists()
    awx.run(**keeper.variables)  # without a rule it only learns
    keeper.later(hours=9)
    before = keeper.path.read_bytes()
    rules = {"stale_sessions_min_age": "8h", "stale_sessions_user_states": ["blacklisted"]}
    awx.control.login("LAB\\quinn", "Central")

    dry = awx.run(check=True, **{**keeper.variables, **rules})
    assert dry.status == "successful"
    assert (dry.told["result"], dry.told["summary"]["would_end"]) == ("would be ended", 5)
    assert awx.control.writes() == []
    assert keeper.path.read_bytes() == before

    real = awx.run(**{**keeper.variables, **rules})
    assert real.stale.keys() == dry.stale.keys()
    assert {session["reason"] for session in real.stale.values()} >= {"user is blacklisted"}
    assert {ref: session["reason"] for ref, session in dry.stale.items()}.keys() == real.stale.keys()
    assert {session["rule"] for session in dry.stale.values()} == {"min_age", "user_states"}
    assert real.told["summary"]["ended"] == 5


def test_a_cap_of_a_survey_is_a_number_and_stops_the_job_before_anything_is_ended(awx: Awx, keeper: Keeper) -> None:
    awx.control.login(TEMPLATE, "Node2", "mashup", count=12, ignore_limit=True)
    rules = {"stale_sessions_runaway_user": "10", "stale_sessions_max_sessions": "1"}
    job = awx.run(**{**keeper.variables, **rules})
    assert job.status == "failed"
    assert "Nothing was ended: 2 sessions would be, 1 more than max_sessions allows" in job.message(
        "Check that everything went well"
    )
    assert job.told["result"] == "failed"
    assert job.message("Summarise").splitlines()[0] == "production: 17 sessions listed, 2 to end: none ended"
    assert awx.control.writes() == []
    assert len(keeper.ages) == 17  # what was refused does not keep the job from remembering

    audit = {"stale_sessions_audit_log": str(keeper.path.with_name("audit")), "stale_sessions_reason": "CHG1"}
    again = awx.run(**{**keeper.variables, **rules, "stale_sessions_max_sessions": "2", **audit})
    begun, ended = [json.loads(line) for line in keeper.path.with_name("audit").read_text().splitlines()]
    assert (ended["reason"], ended["who"]["awx_job_id"]) == ("CHG1", 2)
    assert [(session["rule"], session["reason"]) for session in ended["details"]["sessions"]] == [
        ("runaway_user", "user has 12 sessions, keeps 10")
    ] * 2
    assert begun["details"]["selected"]["any_of"] == [{"name": "runaway_user", "keep_per_user": "10"}]
    assert again.told["summary"]["ended"] == 2
    assert f"At the limit of five sessions: {TEMPLATE}." in again.said  # and no template
    assert {session["user"] for session in again.stale.values()} == {TEMPLATE}
    assert {session["reason"] for session in again.stale.values()} == {"user has 12 sessions, keeps 10"}


# What goes wrong


def test_a_job_killed_halfway_and_started_again(awx: Awx, keeper: Keeper) -> None:
    awx.run(**keeper.variables)
    keeper.later(hours=9)
    awx.control.login("LAB\\ben", "Central")
    fault = awx.control.fault("hang", method="DELETE", node="Node2")
    job = awx.start(**{**keeper.variables, "stale_sessions_min_age": "8h"})
    # Central has ended its one, Node2 has been asked for its three and does not answer.
    simulated.wait_until(lambda: len(awx.control.sessions(node="Central")) == 2, 60)
    simulated.wait_until(lambda: len(awx.control.journal(method="DELETE", node="Node2")) == 3, 60)
    before = keeper.path.read_bytes()
    job.kill()
    assert awx.finish(job).status != "successful"
    assert keeper.path.read_bytes() == before  # as the job before left it: no age is lost

    awx.control.clear_faults(fault)
    again = awx.run(**{**keeper.variables, "stale_sessions_min_age": "8h"})
    assert again.status == "successful"
    assert again.told["summary"]["ended"] + again.told["summary"]["already_gone"] == len(again.stale)
    assert people(awx) == ["INTERNAL\\sa_scheduler", "LAB\\ben"]
    assert again.told["summary"]["of_unknown_age"] == 1  # the one that was first seen by the job that was killed


def test_two_jobs_at_once(awx: Awx, keeper: Keeper) -> None:
    awx.run(**keeper.variables)
    keeper.later(hours=9)
    awx.control.latency(300, listener="qps")
    running = [awx.start(**{**keeper.variables, "stale_sessions_min_age": "8h"}) for _job in range(2)]
    for job in running:
        job.process.communicate(timeout=120)
    done = [awx.finish(job) for job in running]
    assert [job.status for job in done] == ["successful", "successful"]
    assert sum(job.told["summary"]["ended"] for job in done) == 4
    assert all(job.told["summary"]["failed"] == job.told["summary"]["would_end"] == 0 for job in done)
    assert people(awx) == ["INTERNAL\\sa_scheduler"]
    assert set(keeper.ages) > set()
    assert [file.name for file in keeper.path.parent.iterdir()] == [keeper.path.name]


def test_a_dead_proxy_hides_nothing_else_and_its_sessions_keep_their_ages(awx: Awx, keeper: Keeper) -> None:
    awx.run(**keeper.variables)
    keeper.later(hours=9)
    before = keeper.ages
    awx.control.fault("cut", listener="qps", node="Node2")  # its sessions live on
    job = awx.run(**{**keeper.variables, "stale_sessions_min_age": "8h"})
    assert job.status == "successful"
    assert job.told["complete"] is False
    assert "Not listed: /, /mashup on Node2." in job.said
    assert [session["proxy"] for session in job.stale.values()] == ["Central"]
    assert keeper.ages == {ref: time for ref, time in before.items() if ref not in job.stale}

    awx.control.clear_faults()
    again = awx.run(**{**keeper.variables, "stale_sessions_min_age": "8h"})
    assert [session["proxy"] for session in again.stale.values()] == ["Node2"] * 3
    assert again.told["complete"] is True

    awx.control.proxy("Node2", "stop")  # and now its sessions are gone with it
    assert awx.run(**keeper.variables).told["complete"] is False
    strict = awx.run(**{**keeper.variables, "stale_sessions_on_proxy_failure": "fail"})
    assert strict.status == "failed"


@pytest.mark.parametrize(
    ("rest", "words"), [(b"", "or the memory was lost"), (b"{half of", "can't be read"), (b"\x00\xff", "can't be read")]
)
def test_a_memory_that_came_back_broken_is_told_and_nothing_is_old(
    rest: bytes, words: str, awx: Awx, keeper: Keeper
) -> None:
    keeper.path.parent.mkdir(parents=True)
    keeper.path.write_bytes(rest)
    job = awx.run(**{**keeper.variables, "stale_sessions_min_age": "1s"})
    assert job.status == "successful"
    assert words in job.said
    assert str(keeper.path) in job.said
    assert job.stale == {}
    assert len(keeper.ages) == 5
    kept = [file.read_bytes() for file in keeper.path.parent.iterdir() if file != keeper.path]
    assert kept == ([rest] if rest else [])


def test_two_sites_do_not_mix(awx: Awx, keeper: Keeper, tmp_path: pathlib.Path) -> None:
    awx.run(**keeper.variables)
    before = keeper.path.read_bytes()
    state_dir = tmp_path / "other"
    other = simulated.start(state_dir, sites.OTHER)
    try:
        job = awx.run(site_info=other, **{**keeper.variables, "stale_sessions_user_states": ["missing"]})
        assert simulated.Control(other).writes() == []
    finally:
        simulated.stop(state_dir)
    assert job.status == "failed"
    message = job.message("Check that everything went well")
    assert "memory: it belongs to another site" in message
    assert f"The memory, in {keeper.path} on keeper, is as it was." in message
    assert keeper.path.read_bytes() == before
