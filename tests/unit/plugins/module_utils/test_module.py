# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils import _site
from ansible_collections.qlikops.sense.plugins.modules import qlik_session
from ansible_collections.qlikops.sense.tests.unit.plugins import running


def test_an_error_that_nobody_foresaw_is_told_in_words_without_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __init__(self, _connection: object) -> None:
            raise KeyError("2734806e-c2e6-4d72-8c84-8a1964638fc3")

    monkeypatch.setattr(_site, "Rest", Broken)
    result = running.run(monkeypatch, qlik_session.main, **running.CONNECTION, all=True)
    assert result["failed"]
    assert result["failure"]["kind"] == "fault"
    assert "KeyError in __init__ of test_module.py" in result["msg"]
    assert "Report these words" in result["msg"]
    assert "2734806e" not in str(result)


def test_what_yaml_has_changed_fails_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    result = running.run(monkeypatch, qlik_session.main, **running.CONNECTION, users=["anna", 34])
    assert result["failure"]["kind"] == "bad_option"
    assert "users: 34 is a number" in result["msg"]
    assert "'DIRECTORY\\id'" in result["msg"]
