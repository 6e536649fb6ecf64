# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sessions are above a number that may be kept: the longest idle first, then the oldest. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable

from ansible_collections.qlikops.sense.plugins.module_utils._model.age import Ages
from ansible_collections.qlikops.sense.plugins.module_utils._model.session import Session, UserKey, in_order
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold


def of_user(session: Session) -> UserKey:
    return session.user_key


def of_prefix(session: Session) -> str:
    """What the sessions of a virtual proxy have in common on all nodes that serve it."""
    return fold(session.virtual_proxy.prefix)


def surplus(
    all_sessions: Iterable[Session],
    candidates: Iterable[Session],
    keep: int,
    ages: Ages,
    whose: Callable[[Session], Hashable],
) -> list[Session]:
    """Of the candidates of each of ``whose`` as many as it has above ``keep``: longest idle first, then oldest first.

    What is unknown counts as nothing. Where all is equal the order is that of ``sort_by: prefix``.
    """
    too_many = Counter(map(whose, all_sessions))
    taken = []

    def how_stale(session: Session) -> tuple[int, int]:
        return -(ages.idle(session) or 0), -(ages.of(session) or 0)

    for session in sorted(in_order(list(candidates)), key=how_stale):
        if too_many[whose(session)] > keep:
            too_many[whose(session)] -= 1
            taken.append(session)
    return taken
