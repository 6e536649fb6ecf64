# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``env/extravars`` as AWX 24.6.1 writes it: its own variables plain, everything else with the tag ``!unsafe``.

Facts of awx/main/utils/safe_yaml.py, in our own words. From ansible-core 2.19 on the tag is dropped and the text read
anew, so ``0123`` becomes 83 and an empty text null; that is what the jobs of the kit have to stand.
"""

from __future__ import annotations

from typing import Any

import yaml

from ansible_collections.qlikops.sense.tests.integration.awx.shapes import Json


class _Unsafe(yaml.SafeDumper):
    """Every text, keys too and at every depth."""


_Unsafe.add_representer(str, lambda dumper, text: dumper.represent_scalar("!unsafe", text))


def as_yaml(variables: Json, own: Json) -> str:
    """``own``: the template's variables. One that nothing has overridden is plain, and so a template."""
    return "".join(
        yaml.dump(
            {name: value},
            Dumper=yaml.SafeDumper if name in own and own[name] == value else _Unsafe,
            allow_unicode=True,
            default_flow_style=False,
        )
        for name, value in variables.items()
    )


def shown(stdout: str, event: str = "runner_on_ok") -> str:
    """The output of an event as AWX's lists of events show it: 1024 characters, but for those of a playbook."""
    return stdout if event.startswith("playbook_on_") or len(stdout) <= 1024 else stdout[:1023] + "\u2026"


def what_awx_adds(number: int) -> dict[str, Any]:
    """Variables that every job gets."""
    about: dict[str, Any] = {"job_id": number, "job_launch_type": "manual", "user_name": "0123", "user_email": ""}
    return {f"{product}_{name}": value for product in ("awx", "tower") for name, value in about.items()}
