# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules do between options and result, without the time that it takes to start one."""

from __future__ import annotations

import pathlib
from datetime import datetime, timezone
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._query import SessionQuery, inquire
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules
from ansible_collections.qlikops.sense.tests.integration.modules.town import Town

NOT_GIVEN = {"api_user": "INTERNAL\\sa_api", "activity": "auto", "validate_certs": True, "use_proxy": False}


class Product:
    """Use as a context; connections are kept from query to query."""

    def __init__(self, town: Town) -> None:
        self._options = {**Modules(town.site_info, pathlib.Path()).connection(), **NOT_GIVEN}
        self._site = Site(Connection.from_options(self._options))

    def __enter__(self) -> Product:
        return self

    def __exit__(self, *_why: object) -> None:
        self._site.__exit__(None, None, None)

    def ask(self, **options: Any) -> SessionQuery:
        """As qlik_session_info does."""
        return inquire(self._site, {**self._options, **options}, datetime.now(timezone.utc), shows_activity=True)
