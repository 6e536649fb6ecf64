# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils._users import KnownUser, missing_user


@pytest.mark.parametrize(
    ("states", "word"),
    [
        (set(), "active"),
        ({"inactive"}, "inactive"),
        ({"inactive", "removed_externally"}, "removed_externally"),
        ({"inactive", "blacklisted"}, "blacklisted"),
        ({"inactive", "blacklisted", "removed_externally"}, "removed_externally"),
    ],
)
def test_the_most_telling_state_stands_for_all(states: set[str], word: str) -> None:
    assert KnownUser("LAB", "anna", "Anna", (), frozenset(states)).state == word


def test_a_missing_user_is_known_by_its_name_in_any_spelling() -> None:
    user = missing_user("lab", "ANNA")
    assert user.state == "missing"
    assert user.key == KnownUser("LAB", "anna", "Anna", (), frozenset()).key
