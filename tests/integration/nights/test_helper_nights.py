# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nights with what stands around: a hook that fails, a mail that is not taken, Ctrl-C."""

from __future__ import annotations

import os
import pathlib
import re
import signal
from typing import Any

import pytest
import yaml

from ansible_collections.qlikops.sense.tests.integration.nights.night import ALL_RUN, ALL_UP, BANNER, Night
from ansible_collections.qlikops.sense.tests.integration.roles.receivers import MailServer

WORDS = "the change calendar is closed"
SENDER: dict[str, Any] = {"notify_users_mail_from": "qlik@lab.example", "notify_users_mail_mode": "each"}
NO = "550 no such user"


@pytest.mark.long
@pytest.mark.parametrize("where", ["before", "after"])
def test_a_hook_fails_with_its_own_words_once(night: Night, tmp_path: pathlib.Path, where: str) -> None:
    program, hook = tmp_path / "hook.sh", tmp_path / "hook.yml"
    program.write_text(f"echo {WORDS} >&2; exit 3\n", encoding="ascii")
    task = {"name": "Ask the calendar", "ansible.builtin.command": {"argv": ["/bin/sh", str(program)]}}
    hook.write_text(yaml.safe_dump([task]), encoding="utf-8")
    if where == "after":
        night.when_draining(night.control.end_all)
    hooks: dict[str, Any] = {f"proxy_restart_{where}": [str(hook)]}
    seen = night.restart(proxy_restart_notify=BANNER if where == "after" else [], **hooks)
    assert seen.rc == 2
    assert seen.stopped == ([] if where == "before" else ["Node2"])
    left = "The node was left as it was found" if where == "before" else "The node is back in the balancer"
    seen.must_end_with(f"failed at .*Ask the calendar.*{WORDS}.*{left}")
    assert seen.failure.count(WORDS) == 1
    assert (seen.end["balancer"], seen.end["proxies"]) == (ALL_UP, ALL_RUN)
    assert night.control.banners() == []


@pytest.mark.long
def test_a_mail_that_is_not_taken_is_shown_and_the_others_are_sent(night: Night) -> None:
    night.when_draining(night.control.end_all)
    with MailServer(refused={"bjorn@lab.example": NO}) as server:
        seen = night.restart(proxy_restart_notify=["mail"], **SENDER, **server.variables)
    assert (seen.rc, seen.stopped, seen.ended) == (0, ["Node2"], [])
    assert f"bjorn@lab.example: {NO}" in seen.text
    assert [address for mail in server.mails for address in mail.to if "carla" in address] == ["carla@lab.example"]
    assert (seen.end["balancer"], seen.end["proxies"]) == (ALL_UP, ALL_RUN)


@pytest.mark.long
def test_nobody_is_disturbed_if_no_mail_is_taken(night: Night) -> None:
    with MailServer(refused=dict.fromkeys(["bjorn@lab.example", "carla@lab.example"], NO)) as server:
        seen = night.restart(proxy_restart_notify=["mail"], **SENDER, **server.variables)
    seen.must_have_left_all_alone()
    assert seen.drained == []
    seen.must_end_with(NO, "The node was left as it was found")


def test_ctrl_c_during_the_drain_and_the_same_command_again(night: Night) -> None:
    """The last line says what is left and what to do; the next run takes over, whichever options it has."""
    night.use_new_processes()
    night.when_draining(lambda: os.killpg(night.process.pid, signal.SIGINT))
    seen = night.restart(proxy_restart_notify=BANNER)
    assert seen.rc not in (0, 2)
    assert seen.end["balancer"] == {**ALL_UP, "Node2": "DRAIN"}
    assert len(night.control.banners()) == 1
    assert re.search(
        r"Node2: drain \(the node is out of service; if this run stops, run the same command again\)", seen.text
    )
    seen = night.restart(proxy_restart_notify=[], proxy_restart_drain="terminate")
    assert seen.rc == 0
    assert (seen.stopped, seen.ended) == (["Node2"], ["Node2"] * 3)
    assert "Node2 is found drained, and taken over: an earlier run has drained it." in seen.text
    assert re.search("restarted; .*; it was found drained", seen.text)
    assert (seen.end["balancer"], seen.end["proxies"]) == (ALL_UP, ALL_RUN)
    assert night.control.banners() == []
