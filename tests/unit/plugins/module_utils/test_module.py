# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any
from unittest.mock import ANY

import pytest
from ansible.module_utils import basic

from ansible_collections.qlikops.sense.plugins.module_utils import _site
from ansible_collections.qlikops.sense.plugins.module_utils._given import loggable, not_text
from ansible_collections.qlikops.sense.plugins.modules import qlik_session, qlik_session_info
from ansible_collections.qlikops.sense.tests.unit.plugins import running
from ansible_collections.qlikops.sense.tests.unit.plugins.running import CONNECTION, install, run, site_answers, struct


def test_an_error_that_nobody_foresaw_is_told_in_words_without_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __init__(self, _connection: object) -> None:
            raise KeyError("2734806e-c2e6-4d72-8c84-8a1964638fc3")

    monkeypatch.setattr(_site, "Rest", Broken)
    result = running.run(monkeypatch, qlik_session.main, **running.CONNECTION, all=True)
    assert result["failed"]
    assert result["failure"]["kind"] == "fault"
    assert "KeyError in __init__ of test_module.py" in result["msg"]
    assert "Report this message" in result["msg"]
    assert "2734806e" not in str(result)


def test_what_yaml_has_changed_fails_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    result = running.run(monkeypatch, qlik_session.main, **running.CONNECTION, users=["anna", 34])
    assert result["failure"]["kind"] == "bad_option"
    assert "users: 34 is a number" in result["msg"]
    assert "'DIRECTORY\\id'" in result["msg"]


@pytest.mark.parametrize(
    "secret", [{"client_key_password": "Node"}, {"client_key_password": "a"}, {"session_ids": ["1", "e", "Central"]}]
)
def test_a_secret_that_is_also_a_word_changes_nothing_in_the_result(
    monkeypatch: pytest.MonkeyPatch, secret: dict[str, Any]
) -> None:
    install(monkeypatch, site_answers(central=[struct("1"), struct("other", "LAB\\ea")]))
    options = {**CONNECTION, "session_ids": ["1", "x", "y"]}
    plain = run(monkeypatch, qlik_session_info.main, **options)
    result = run(monkeypatch, qlik_session_info.main, **{**options, **secret})
    assert len(result["sessions"]) == 1
    for varying in ("observed_at", "first_seen", "sessions"):
        del plain[varying], result[varying]
    assert result == plain


def test_secrets_are_not_shown_among_the_options(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    secrets = {"client_key_password": "hidden", "session_ids": ["hidden too"]}
    arguments = {**CONNECTION, **secrets, "users": ["LAB\\anna"], "_ansible_inject_invocation": True}
    given = json.dumps({"ANSIBLE_MODULE_ARGS": arguments})
    install(monkeypatch, site_answers())
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", given.encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    with pytest.raises(SystemExit):
        qlik_session_info.main()
    said = capfd.readouterr().out
    assert "hidden" not in said
    shown = json.loads(said.strip().splitlines()[-1])["invocation"]["module_args"]
    assert shown["client_key_password"] == shown["session_ids"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert shown["users"] == ["LAB\\anna"]


@pytest.mark.parametrize(
    "options", [{"user_states": ["gone"]}, {"timeout": "soon"}, {"hosts": "x"}, {"host": None}, {"first_seen": "x"}]
)
def test_what_ansible_refuses_has_a_failure_too(monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]) -> None:
    for name in ("HOST", "API_USER"):
        monkeypatch.delenv(f"QLIK_SENSE_{name}", raising=False)
    arguments = {name: value for name, value in {**CONNECTION, **options}.items() if value is not None}
    result = run(monkeypatch, qlik_session_info.main, **arguments)
    assert result["failure"] == {"kind": "bad_option", "reason": ANY, "hint": ANY}
    assert result["msg"] == f"{result['failure']['reason']} {result['failure']['hint']}"


@pytest.mark.parametrize("option", ["timeout", "retries", "max_parallel", "keep_per_user"])
def test_a_truth_value_is_no_number(monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    result = run(monkeypatch, qlik_session_info.main, **CONNECTION, **{option: True})
    assert result["msg"] == f"{option}: True is a truth value, not a number. Write a number."


PLACES: list[Any] = [lambda odd: {"host": odd}, lambda odd: {"users": ["x", odd]}, lambda odd: {"host_map": {odd: "x"}}]


@pytest.mark.parametrize("place", PLACES)
def test_a_nul_is_refused(monkeypatch: pytest.MonkeyPatch, place: Any) -> None:
    options = place("a\0b")
    result = run(monkeypatch, qlik_session_info.main, **{**CONNECTION, **options})
    assert result["failure"]["kind"] == "bad_option"
    assert result["msg"].startswith(f"{next(iter(options))}: ")


@pytest.mark.parametrize("odd", ["a\0b", "a\ud800b"])
@pytest.mark.parametrize("place", PLACES)
def test_what_no_text_has_is_told_and_not_logged(place: Any, odd: str) -> None:
    """Not all releases of ansible-core hand half a character over."""
    error = not_text(place(odd))
    assert error
    assert error.option == next(iter(place(odd)))
    logged = json.dumps(loggable(place(odd)), ensure_ascii=False)
    assert logged.encode()
    assert "\\u0000" not in logged
    assert not_text({"host": "größer 漢字 😀", "timeout": 3, "users": None}) is None
