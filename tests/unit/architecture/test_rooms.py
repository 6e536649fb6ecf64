# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The imports of the plugins obey the table of rooms in ARCHITECTURE.md."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Iterator

import pytest

from ansible_collections.qlikops.sense.plugins.module_utils import _module

PLUGINS = pathlib.Path(_module.__file__).resolve().parents[1]
PACKAGE = "ansible_collections.qlikops.sense.plugins."
# By room: what it may import of the collection, besides itself. A room is the first part of a name that is listed.
MAY_IMPORT = {
    "module_utils._errors": (),
    "module_utils._words": ("module_utils._errors",),
    "module_utils._client": ("module_utils._errors", "module_utils._words"),
    "module_utils._model": ("module_utils._errors", "module_utils._words"),
    "module_utils._rules": ("module_utils._errors", "module_utils._words", "module_utils._model"),
    "module_utils._api": (
        "module_utils._errors",
        "module_utils._words",
        "module_utils._model",
        "module_utils._client",
    ),
    "module_utils._notify": ("module_utils._errors", "module_utils._client"),
    "module_utils": ("module_utils",),
    "plugin_utils": ("plugin_utils", "module_utils"),
    "modules": ("module_utils",),
    "action": ("module_utils", "plugin_utils", "modules"),  # the argument spec beside the documentation
    "filter": ("module_utils", "plugin_utils"),
    "inventory": ("module_utils", "plugin_utils"),
    "doc_fragments": (),
}
# By room: libraries that it must not know.
MUST_NOT_KNOW = {
    "module_utils._client": {"ansible"},
    "module_utils._model": {"ansible", "requests", "urllib3", "http", "ssl"},
    "module_utils._rules": {"ansible", "requests", "urllib3", "http", "ssl"},
    "module_utils._api": {"ansible", "requests", "urllib3", "ssl"},
    "module_utils._cluster": {"ansible", "requests", "urllib3", "ssl"},
    "module_utils._site": {"ansible", "requests", "urllib3", "ssl"},
    "modules": {"requests", "urllib3"},
}
FILES = sorted(path for path in PLUGINS.rglob("*.py") if path.stem != "__init__")


def room_of(name: str, rooms: dict[str, object]) -> str | None:
    found = [room for room in rooms if f"{name}.".startswith(f"{room}.")]
    return max(found, key=len, default=None)


def imported(path: pathlib.Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path: pathlib.Path) -> str:
    return ".".join(path.relative_to(PLUGINS).with_suffix("").parts)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_imports_only_what_its_room_may(path: pathlib.Path) -> None:
    name = name_of(path)
    room = room_of(name, dict.fromkeys(MAY_IMPORT))
    assert room, f"{name} is in no room of ARCHITECTURE.md"
    allowed = (room, *MAY_IMPORT[room])
    for found in imported(path):
        if found.startswith(PACKAGE):
            inner = found.removeprefix(PACKAGE)
            assert any(f"{inner}.".startswith(f"{each}.") for each in allowed), f"{name} imports {inner}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_does_not_know_what_its_room_must_not(path: pathlib.Path) -> None:
    name = name_of(path)
    for room, libraries in MUST_NOT_KNOW.items():
        if f"{name}.".startswith(f"{room}."):
            known = {found.partition(".")[0] for found in imported(path)} - {"ansible_collections"}
            assert not known & libraries, f"{name} imports {known & libraries}"
