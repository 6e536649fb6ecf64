# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which users QRS shows to whom. Security rules shorten lists and counts without a word (I)."""

from __future__ import annotations

import uuid

from ..services.table import Row, Table

ALL_SEEING = ("internal", "sa_repository")  # Qlik's own account, which rights do not restrict (I)


def readable_users(users: Table, setting: str, asker: tuple[str, str]) -> Table:
    """The users that a setting of the switch ``readable_users`` leaves to ``asker``."""
    directory, user_id = (part.lower() for part in asker)
    if setting == "all" or (directory, user_id) == ALL_SEEING:
        return users
    kind, _colon, wanted = setting.lower().partition(":")

    def may_see(row: Row) -> bool:
        if setting == "own":
            return bool(row.full["userDirectory"].lower() == directory and row.full["userId"].lower() == user_id)
        if kind == "directory":
            return bool(row.full["userDirectory"].lower() == wanted)
        # Ids are made from names, so that the same share of the same users is seen at every start.
        return setting != "none" and uuid.UUID(row.full["id"]).int % 100 < int(setting.removesuffix("%"))

    return users.seen(may_see)
