# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patterns of names, with ``*`` and ``?``. Case is ignored. Pure."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session, UserKey
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold


class UserPatterns:
    """Patterns ``DIRECTORY\\id`` with ``*`` and ``?``, without a backslash for the id alone. Case is ignored."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._pairs = []
        for pattern in patterns:
            directory, backslash, user_id = pattern.partition("\\")
            self._pairs.append(
                (any_of_patterns([directory]), any_of_patterns([user_id]))
                if backslash
                else (None, any_of_patterns([pattern]))
            )

    def match(self, session: Session) -> bool:
        return self.match_key(session.user_key)

    def match_key(self, user: UserKey) -> bool:
        return any(
            user_id.fullmatch(user[1]) and (directory is None or directory.fullmatch(user[0]))
            for directory, user_id in self._pairs
        )


def any_of_patterns(patterns: Iterable[str]) -> re.Pattern[str]:
    """One expression, for folded texts, of wildcard patterns in which only ``*`` and ``?`` are special."""
    expressions = (fnmatch.translate(fold(pattern).replace("[", "[[]")) for pattern in patterns)
    return re.compile("|".join(expressions))
