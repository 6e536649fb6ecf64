# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""qlik_session_wait: the module alone, and what a person sees of it in a playbook."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration.modules.playing import Ansible, ensure
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules
from ansible_collections.qlikops.sense.tests.integration.simulated import Control, wait_until

PROGRESS = re.compile(r"^(\w+): (\d+) sessions? of (\d+) users? left.* to the deadline$", re.MULTILINE)


def wait(modules: Modules, **options: Any) -> dict[str, Any]:
    return modules.run("qlik_session_wait", wait_interval=1, **options).result


def end_all_after_a_look(control: Control) -> None:
    def has_begun_the_second() -> bool:
        asked = Counter(entry["path"] for entry in control.journal(listener="qps", node="Node2"))
        return max(asked.values(), default=0) > 1

    wait_until(has_begun_the_second, seconds=60)
    control.end_all()


def test_the_module_waits_until_they_are_gone(modules: Modules) -> None:
    there = len(modules.control.sessions(node="Node2"))
    leaving = threading.Thread(target=end_all_after_a_look, args=(modules.control,))
    leaving.start()
    result = wait(modules, proxies=["Node2"], wait_timeout=30)
    leaving.join()
    assert result["history"][0]["sessions"] == there
    assert (result["remaining"], result["timed_out"], result["changed"]) == (0, False, False)
    assert modules.control.counters()["writes"] == 0


def test_a_time_out_fails_and_names_who_is_left(modules: Modules) -> None:
    result = wait(modules, proxies=["Node2"], wait_timeout=1)
    there = modules.control.sessions(node="Node2")
    assert result["failed"]
    assert result["timed_out"]
    assert result["remaining"] == len(there) > 0
    assert f"{len(there)} sessions are left: " in str(result["msg"])
    assert result["history"][-1]["sessions"] == len(there)


def test_those_who_never_leave_are_not_waited_for(modules: Modules) -> None:
    result = wait(modules, proxies=["Node2"], exclude_users=["*"], wait_timeout=30)
    assert (result["remaining"], result["timed_out"]) == (0, False)


def test_check_mode_reports_and_does_not_wait(modules: Modules) -> None:
    begin = time.monotonic()
    result = wait(modules, proxies=["Node2"], wait_timeout=600, _ansible_check_mode=True)
    assert time.monotonic() - begin < 60
    assert result["remaining"] == len(modules.control.sessions(node="Node2")) > 0
    assert not result["timed_out"]
    assert "failed" not in result


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("wait_timeout", -1),
        ("wait_interval", 0),
        ("until_sessions", -1),
        ("wait_timeout", "soon"),
        ("wait_timeout", 10**10),
    ],
)
def test_a_wait_that_makes_no_sense_is_refused(modules: Modules, option: str, value: Any) -> None:
    options: dict[str, Any] = {option: value}
    result = modules.run("qlik_session_wait", **options).result
    assert result["failed"]
    assert option in result["msg"]


def test_a_person_sees_it_move_for_several_hosts_side_by_side(ansible: Ansible) -> None:
    control = ansible.modules.control
    nodes = {"one": "Central", "two": "Node2"}
    process = ansible.start(
        [
            {
                "qlikops.sense.qlik_session_wait": {
                    "proxies": ["{{ nodes[inventory_hostname] }}"],
                    "wait_interval": 1,
                    "wait_timeout": 60,
                },
                "delegate_to": "localhost",
                "register": "waited",
            },
            ensure(
                "waited.remaining == 0", "waited.history | length > 1", "not waited.timed_out", "waited.elapsed > 0"
            ),
        ],
        "-i",
        "one,two,",
        hosts="all",
        vars={"nodes": nodes},
    )
    assert process.stdout
    before = ""
    while len({found[1] for found in PROGRESS.finditer(before)}) < len(nodes):
        line = process.stdout.readline()
        assert line, before
        before += line
    control.end_all()
    output = before + process.communicate(timeout=60)[0]
    assert process.returncode == 0, output
    first = {found[1]: int(found[2]) for found in reversed(list(PROGRESS.finditer(output)))}
    assert set(first) == set(nodes)
    assert all(count > 0 for count in first.values())


def test_a_time_out_in_a_playbook_has_all_that_was_seen(ansible: Ansible) -> None:
    ansible.play(
        [
            {
                "qlikops.sense.qlik_session_wait": {"proxies": ["Node2"], "wait_interval": 1, "wait_timeout": 3},
                "register": "waited",
                "failed_when": "waited is not failed",
            },
            ensure(
                "waited.timed_out",
                "waited.remaining > 0",
                "waited.history | length > 0",
                "waited.elapsed >= 3",
                "waited.users | length > 0",
            ),
        ]
    )


def test_what_the_module_refuses_is_not_waited_for(ansible: Ansible) -> None:
    ansible.play(
        [
            {
                "qlikops.sense.qlik_session_wait": {"proxies": ["Nowhere"], "wait_timeout": 600},
                "register": "waited",
                "failed_when": "waited is not failed",
            },
            ensure("'has no' in waited.msg", "waited.failure.kind == 'bad_option'"),
            {
                "qlikops.sense.qlik_session_wait": {"wait_timeout": -1},
                "register": "impossible",
                "failed_when": "impossible is not failed",
            },
            ensure("'wait_timeout: -1 is too small' in impossible.msg"),
        ]
    )


def process_group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Lets processes started from here be interrupted, which a shell that runs the tests in the background forbids."""
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, inherited)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_leaves_nothing_behind(ansible: Ansible) -> None:
    process = ansible.start([{"qlikops.sense.qlik_session_wait": {"proxies": ["Node2"], "wait_interval": 1}}])
    assert process.stdout
    while not PROGRESS.search(process.stdout.readline()):
        assert process.poll() is None
    # Not in the very moment of the line: an ansible-core whose worker dies while it holds the lock of the queue that
    # lines travel through waits for that lock for ever (StrategyBase.cleanup), whatever the task.
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode != 0
    deadline = time.monotonic() + 20
    while process_group_lives(process.pid):  # the module it had started ends a moment after it
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert ansible.modules.control.counters()["writes"] == 0


def test_trouble_at_the_first_look_is_ridden_out(ansible: Ansible) -> None:
    ansible.modules.control.fault("status", listener="qrs", status=500, times=1)
    ansible.play(
        [
            {
                "qlikops.sense.qlik_session_wait": {
                    "proxies": ["Node2"],
                    "exclude_users": ["*"],
                    "wait_interval": 1,
                    "wait_timeout": 60,
                },
                "register": "waited",
            },
            ensure("not waited.timed_out", "waited.remaining == 0"),
        ]
    )
    assert ansible.modules.control.faults() == []
