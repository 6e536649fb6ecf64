# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``env/extravars`` as AWX 24.6.1 writes it: its own variables plain, everything else with the tag ``!unsafe``.

Facts of awx/main/utils/safe_yaml.py, in our own words. From ansible-core 2.19 on the tag is dropped and the text read
anew, so ``0123`` becomes 83 and an empty text null; that is what the jobs of the kit have to stand.
"""

from __future__ import annotations

import re
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


BEGINS = re.compile(
    r"^(?:\x1b\[[\d;]*m)*(?:(?:ok|changed|skipping|failed|fatal|included|unreachable): |\[(?:WARNING|ERROR)\]"
    r"|(PLAY|TASK|RUNNING HANDLER|CUSTOM STATS)\b)"
)


def events(output: str) -> list[str]:
    """The texts of the events of a job but for those of a playbook, out of all that it printed."""
    found: list[tuple[bool, list[str]]] = [(True, [])]
    for line in output.splitlines():
        begins = BEGINS.match(line)
        if begins:
            found.append((bool(begins[1]), []))
        found[-1][1].append(line)
    return ["\n".join(lines) for of_playbook, lines in found if not of_playbook]


def read_anew(text: str) -> Any:
    """What ansible-core 2.19 and later makes of a text with the tag."""
    loader: Any = yaml.SafeLoader("")
    return loader.construct_object(yaml.ScalarNode(loader.resolve(yaml.ScalarNode, text, (True, False)), text))


def what_awx_adds(number: int) -> dict[str, Any]:
    """Variables that every job gets."""
    about: dict[str, Any] = {"job_id": number, "job_launch_type": "manual", "user_name": "0123", "user_email": ""}
    return {f"{product}_{name}": value for product in ("awx", "tower") for name, value in about.items()}
