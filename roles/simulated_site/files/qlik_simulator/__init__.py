# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated Qlik Sense Enterprise on Windows site.

It answers as the repository service (QRS), the proxy services (QPS) and the users' port of every proxy do, as far as a
client can tell. Where the behaviour of a real site is known, the code names how well:

* D: Qlik's documentation says so; L: seen on a live site by somebody who says so; C: a public client relies on it;
* V: measured on real certificates; I: inferred; N: unknown, therefore a switch or a free choice.
"""

from __future__ import annotations

__version__ = "0.1.0"
