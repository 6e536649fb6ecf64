# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which proxy services are asked no more, and why.

One that does not answer is not waited for again, and one that is in trouble again and again is left alone.
"""

from __future__ import annotations

from collections import Counter

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError, RequestFailed
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyService

# So many answers of a server in trouble in a row, and what is left is not tried.
MOST_TROUBLE = 3


class GivenUp:
    """Proxy services that are given up, until ``forget``. Several threads may use it."""

    def __init__(self) -> None:
        self._errors: dict[str, QlikError] = {}
        self._in_trouble: Counter[str] = Counter()

    def forget(self) -> None:
        """Gives every proxy service another chance."""
        self._errors.clear()
        self._in_trouble.clear()

    def error_of(self, proxy: ProxyService) -> QlikError | None:
        """Why the proxy service is not asked, if it is given up."""
        return self._errors.get(proxy.id)

    def note_answer(self, proxy: ProxyService) -> None:
        """It has answered, so that the trouble before does not count."""
        self._in_trouble[proxy.id] = 0

    def note_error(self, proxy: ProxyService, error: QlikError) -> QlikError:
        """Returns what to tell: of one that is given up always the first error, though several requests met with it."""
        if isinstance(error, RequestFailed) and error.is_in_trouble:
            self._in_trouble[proxy.id] += 1
        if error.is_unreachable or self._in_trouble[proxy.id] >= MOST_TROUBLE:
            return self._errors.setdefault(proxy.id, error)
        return error
