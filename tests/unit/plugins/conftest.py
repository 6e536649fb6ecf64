# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of Hypothesis for all of these tests: the same examples in every run, unless HYPOTHESIS_PROFILE=explore."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from ansible_collections.qlikops.sense.tests.unit.plugins import certificates

settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", settings.get_profile("repeatable"), derandomize=False, max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> certificates.Export:
    """Certificates and keys as files."""
    return certificates.export(tmp_path_factory.mktemp("pem"))
