# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renders a template file many times, with every release of ansible-core."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

try:
    from ansible.template import trust_as_template
except ImportError:  # before ansible-core 2.19 a text is a template unless it is marked as none
    trust_as_template = None  # type: ignore[assignment]  # another type


class Template:
    """A template as the lookup ``ansible.builtin.template`` takes it, read once."""

    def __init__(self, path: str, loader: Any, templar: Any, variables: Mapping[str, Any]) -> None:
        real = loader.get_real_file(path)  # decrypted where it is in a vault
        try:
            with open(real, encoding="utf-8") as file:
                self._text = file.read()
        finally:
            loader.cleanup_tmp_file(real)
        self._templar = templar
        self._variables = variables
        folders = variables.get("ansible_search_path") or []
        beside = [place for folder in folders for place in (os.path.join(folder, "templates"), folder)]
        self._searchpath = [os.path.dirname(path), *beside]

    def render(self, **more: Any) -> Any:
        """A text; data where the whole template is one expression. ``more`` are values, never templates."""
        variables = {**self._variables, **{name: never_a_template(value) for name, value in more.items()}}
        templar = self._templar.copy_with_new_env(searchpath=self._searchpath, available_variables=variables)
        if trust_as_template is None:
            return templar.template(self._text, convert_data=False, escape_backslashes=False)
        return templar.template(trust_as_template(self._text), escape_backslashes=False)
