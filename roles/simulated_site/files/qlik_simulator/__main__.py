# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m qlik_simulator``."""

from __future__ import annotations

import sys

try:
    from .process.cli import main

    status = main(sys.argv[1:])
except ModuleNotFoundError as error:  # a bare traceback would hide that only a library is missing
    sys.exit(
        f"qlik_simulator needs the Python library {error.name}, which {sys.executable} does not have. "
        "Install: aiohttp cryptography PyYAML"
    )

sys.exit(status)
