# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What later jobs of a workflow get, read again as ansible-core 2.19 and later does."""

from __future__ import annotations

import pytest

from ansible_collections.qlikops.sense.plugins.plugin_utils._handed_on import readable


@pytest.mark.parametrize("text", ["*", "&", "!", "=", "<<", "2026-02-30", "0x_"])
def test_a_text_that_would_keep_the_next_job_from_starting_is_quoted(text: str) -> None:
    assert readable({"at_limit": [{"user": text}], text: 1}) == {"at_limit": [{"user": f"'{text}'"}], f"'{text}'": 1}


@pytest.mark.parametrize(
    "text", ["", "0123", "no", "12:30", "2026-01-01", "LAB\\*", "{{ x }}", "\u00fc", "a = b", "!x"]
)
def test_any_other_text_is_as_it_was(text: str) -> None:
    assert readable([text, 3, None, True]) == [text, 3, None, True]


@pytest.mark.parametrize("name", ["", "0123", "no", "12:30", "2026-01-01"])
def test_a_name_that_would_change_is_quoted(name: str) -> None:
    assert readable({"sessions": {name: 1, "LAB\\*": 2}}) == {"sessions": {f"'{name}'": 1, "LAB\\*": 2}}
