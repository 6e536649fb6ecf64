# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts what ARCHITECTURE.md limits, and fails where there is more of it.

In roles and playbooks: expressions in Jinja that are too long to read at once, names of tasks that do not say what is
made true or checked, and variables of one role that another file uses. In the plugins: filters, and in them and in the
simulator: files with too much code.
"""

from __future__ import annotations

import ast
import pathlib
import re
import sys
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parents[1]
LONGEST_EXPRESSION = 120
MOST_FILTERS = 5
LONGEST_ROOM = 250
# The one role whose variables the others use: ARCHITECTURE.md.
SHARED = "connection"
EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
NOT_A_STATE = re.compile(r"^\s*- name: \"?(Refuse|Have|Say|Remember|Forget)\b", re.MULTILINE)
DOCUMENTED = ("DOCUMENTATION", "EXAMPLES", "RETURN")
PRIVATE = re.compile(r"\b__([a-z_]+)\b")


def playbooks() -> list[pathlib.Path]:
    return sorted(path for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.yml"))


def long_expressions() -> Iterator[str]:
    for path in playbooks():
        for found in EXPRESSION.finditer(path.read_text(encoding="utf-8")):
            text = " ".join(found[0].split())
            if len(text) > LONGEST_EXPRESSION:
                yield f"{path.relative_to(ROOT)}: an expression of {len(text)} characters: {text[:60]}"


def odd_names() -> Iterator[str]:
    for path in playbooks():
        for found in NOT_A_STATE.finditer(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(ROOT)}: {found[0].strip()}"


def borrowed_variables() -> Iterator[str]:
    roles = sorted((path.name for path in (ROOT / "roles").iterdir() if path.is_dir()), key=len, reverse=True)
    for path in playbooks():
        inside = path.relative_to(ROOT).parts
        own = inside[1] if inside[0] == "roles" else ""
        for name in sorted(set(PRIVATE.findall(path.read_text(encoding="utf-8")))):
            owner = next((role for role in roles if name.startswith(f"{role}_")), own)
            if owner not in (own, SHARED):
                yield f"{path.relative_to(ROOT)}: __{name} belongs to the role {owner}"


def filters_above() -> Iterator[str]:
    names = sorted(path.stem for path in (ROOT / "plugins" / "filter").glob("*.py") if path.stem != "__init__")
    if len(names) > MOST_FILTERS:
        yield f"{len(names)} filters: {', '.join(names)}"


def code_lines(path: pathlib.Path) -> int:
    """Without the documentation that a plugin carries for its users."""
    text = path.read_text(encoding="utf-8")
    told = [
        node.end_lineno - node.lineno + 1
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign)
        and node.end_lineno
        and any(isinstance(target, ast.Name) and target.id in DOCUMENTED for target in node.targets)
    ]
    return len(text.splitlines()) - sum(told)


def large_rooms() -> Iterator[str]:
    for folder in ("plugins", "roles/simulated_site/files"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            room, lines = str(path.relative_to(ROOT)), code_lines(path)
            if lines > LONGEST_ROOM and path.parent.name != "doc_fragments":
                yield f"{room}: {lines} lines of code"


CHECKS = {
    f"expressions over {LONGEST_EXPRESSION} characters": long_expressions,
    "names of tasks that say neither what is made true nor what is checked": odd_names,
    "variables of one role in another": borrowed_variables,
    f"filters above {MOST_FILTERS}": filters_above,
    f"files with more than {LONGEST_ROOM} lines of code": large_rooms,
}


def main() -> int:
    failed = False
    for what, check in CHECKS.items():
        found = list(check())
        print(f"{len(found):5} {what}")
        for line in found:
            print(f"      {line}")
        failed = failed or bool(found)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
