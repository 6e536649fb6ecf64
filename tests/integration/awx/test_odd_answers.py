# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that look like something else in YAML. From ansible-core 2.19 on they are that; see handing_on.

Each is taken as it was given, or refused with the cure, and none lets a job end anything by mistake.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible.release import __version__ as ansible_version

from ansible_collections.qlikops.sense.tests.integration.awx import handing_on, jobs, stand_in
from ansible_collections.qlikops.sense.tests.integration.awx.setting_up import KIT, load
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules

READ_ANEW = tuple(int(part) for part in ansible_version.split(".")[:2]) >= (2, 19)
SURVEYS = {
    "report sessions": "report_sessions",
    "clear stale sessions": "clear_stale_sessions",
    "sessions of a user": "user_sessions",
    "drain and restart": "drain_and_restart",
    "check the site": "check_site",
}
TEXTS = {
    what: [one["variable"] for one in load(KIT / "surveys" / f"{survey}.yml") if one["type"] == "text"]
    for what, survey in SURVEYS.items()
}
# What makes a job look at an answer at all.
BESIDE: dict[str, dict[str, Any]] = {
    "stale_sessions_users": {"stale_sessions_of": "named"},
    "user_sessions_user": {"user_sessions_end": "true"},
    "user_sessions_reason": {"user_sessions_user": "LAB\\bjorn", "user_sessions_end": "true"},
    "proxy_restart_reason": {"proxy_restart_central": "true", "proxy_restart_on_timeout": "terminate"},
}
CURES = {
    **dict.fromkeys(("users", "user"), r"DIRECTORY\\{1,2}id"),
    "reason": "such as 'ticket 0042'",
    **dict.fromkeys(("age", "idle"), "unit"),
    # A date is refused by Ansible itself, and what stays as it was is no prefix of the site.
    "proxies": "in quotes as it is spelled|is of type date" if READ_ANEW else "the site has no",
}
CHANGED = ["0123", "no", "12:30", "1_042", "2026-01-01", "1.10"]
KEPT = ["\\1042", "LAB\\0123", "\u00fcn\u00fc", "{{ 7777 * 7 }}", "{a: b}", "[a]", "a,,b", "LAB\\*", "x\n"]
# The one user whose sessions are ended is no pattern, and no text of several lines.
REFUSED = {
    ("sessions of a user", "LAB\\*"): "is more than one user",
    ("sessions of a user", "x\n"): "There is a control character in user",
}
OF_NOBODY = "Traceback|MODULE FAILURE|Unexpected|unhandled"


def cases() -> list[Any]:
    """Every question for a text with what YAML would change. A few in the usual run, one of each kind."""
    usual = {
        *(("user_sessions_user", "0123"), ("user_sessions_user", "no"), ("stale_sessions_exclude_users", "0123")),
        *(("stale_sessions_users", "0123"), ("stale_sessions_reason", "0123"), ("stale_sessions_min_age", "12:30")),
        ("session_report_exclude_users", "0123"),
    }
    return [
        pytest.param(what, variable, text, marks=() if (variable, text) in usual else pytest.mark.long)
        for what, variables in TEXTS.items()
        for variable in variables
        for text in CHANGED
    ]


@pytest.mark.parametrize(("what", "variable", "text"), cases())
def test_an_answer_is_what_was_given_or_is_refused(
    made: stand_in.Awx, launch: jobs.Launch, modules: Modules, what: str, variable: str, text: str
) -> None:
    """A user who becomes another one by 0123 would be ended in place of one who is protected."""
    kind = variable.rpartition("_")[2]
    answers = jobs.form(made, what, **{**BESIDE.get(variable, {}), variable: text})
    # A time without a unit is none. A day as a reason is that day again when it is written down.
    fails = kind in ("age", "idle", "proxies") or (READ_ANEW and (kind, text) != ("reason", "2026-01-01"))
    output = re.sub(r"\s+", " ", launch(what, answers, "--check", fails=fails))
    assert not re.search(OF_NOBODY, output)
    if fails:
        assert re.search(CURES[kind], output)
    assert modules.control.writes() == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        pytest.param(what, text, marks=() if (what, text) == ("clear stale sessions", KEPT[3]) else pytest.mark.long)
        for what, variables in TEXTS.items()
        for text in KEPT
        if variables
    ],
)
def test_a_text_that_survives_is_taken_for_what_it_is(
    made: stand_in.Awx, launch: jobs.Launch, modules: Modules, what: str, text: str
) -> None:
    assert handing_on.read_anew(text) == text
    named = {name: text for name in TEXTS[what] if not name.endswith(("_age", "_idle", "_proxies"))}
    beside = {name: value for one in TEXTS[what] for name, value in BESIDE.get(one, {}).items()}
    why = REFUSED.get((what, text))
    output = launch(what, jobs.form(made, what, **{**beside, **named}), "--check", fails=bool(why))
    assert not re.search(OF_NOBODY, output)
    assert not why or why in output
    assert "54439" not in output  # no answer is a template
    assert modules.control.writes() == []


def test_everybody_is_a_choice_of_its_own(made: stand_in.Awx, launch: jobs.Launch, modules: Modules) -> None:
    """Names that do not arrive are not everybody, and names that were given are not passed over."""
    for answers, cure in (
        ({"stale_sessions_of": "named", "stale_sessions_users": ""}, "set stale_sessions_of to everybody"),
        ({"stale_sessions_of": "everybody", "stale_sessions_users": "LAB\\anna"}, "Set stale_sessions_of to named"),
    ):
        output = launch("clear stale sessions", jobs.form(made, "clear stale sessions", **answers), fails=True)
        assert cure in re.sub(r"\s+", " ", output)
    assert modules.control.writes() == []


@pytest.mark.parametrize(
    "name", ["*", pytest.param("no\n", marks=pytest.mark.long), pytest.param("=", marks=pytest.mark.long)]
)
def test_what_keeps_a_job_from_starting(made: stand_in.Awx, launch: jobs.Launch, name: str) -> None:
    """No question asks for such a text alone, and no artifact of the kit holds one."""
    answers = jobs.form(made, "report sessions", session_report_exclude_users=name)
    output = launch("report sessions", answers, fails=READ_ANEW)
    assert ("PLAY [" in output) is not READ_ANEW
