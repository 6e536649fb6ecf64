# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection qlikops.sense: it may change at any time.
# Do not import it from outside.

"""Users as QRS knows them, as values."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.qlikops.sense.plugins.module_utils._session import UserKey, user_key

MISSING = "missing"
# Most telling first: removal from the directory also makes a user inactive (C: qlik-api 2.7).
STATES = ("removed_externally", "blacklisted", "inactive", MISSING)


@dataclass(frozen=True)
class KnownUser:
    """``states``: those of STATES that apply, none for a user who may work."""

    directory: str
    user_id: str
    name: str
    emails: tuple[str, ...]
    states: frozenset[str]

    @property
    def key(self) -> UserKey:
        return user_key(self.directory, self.user_id)

    @property
    def state(self) -> str:
        """The states as one word."""
        return next((state for state in STATES if state in self.states), "active")


def missing_user(directory: str, user_id: str) -> KnownUser:
    """Stands for a user that QRS does not know."""
    return KnownUser(directory, user_id, name="", emails=(), states=frozenset({MISSING}))
