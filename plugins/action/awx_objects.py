# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes objects of AWX out of the settings of the AWX kit, on the controller, where its files are."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import yaml
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader

from ansible_collections.qlikops.sense.plugins.modules.awx_objects import ARGUMENT_SPEC
from ansible_collections.qlikops.sense.plugins.plugin_utils import _awx_check
from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_configuration import (
    as_configuration,
    as_texts,
    references,
    without_secrets,
)
from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_inputs import FileError, inputs_of
from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_objects import Objects, objects
from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_settings import (
    PREFIX,
    SettingsError,
    settings_of,
)

Result = dict[str, Any]
LOOKUPS: Any = lookup_loader
LOOKUP = "awx.awx.controller_api"
MANY = 100_000
CURES = (
    "Check CONTROLLER_HOST. Behind the gateway of Ansible Automation Platform 2.5 and later, set"
    " CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX=/api/controller/ as well. Some releases of awx.awx ignore a token"
    " without a word: set CONTROLLER_USERNAME and CONTROLLER_PASSWORD then."
)


class ActionModule(ActionBase):
    """Reads the settings and the kit; in check mode it also asks AWX which of the objects are there."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        validate: Any = self.validate_argument_spec
        _checked, arguments = validate(ARGUMENT_SPEC)
        try:
            settings = settings_of(self._settings(task_vars or {}))
            inputs = inputs_of(settings)
            if not arguments["secrets"]:
                settings, inputs = without_secrets(settings), references(inputs)
            kit = pathlib.Path(arguments["kit"])
            wanted = objects(settings, _load(kit / "credential_types.yml"), _questions(kit), inputs)
        except SettingsError as error:
            return {**result, "failed": True, "msg": " ".join(error.faults), "faults": error.faults}
        except (FileError, ValueError) as error:
            return {**result, "failed": True, "msg": str(error)}
        result["changed"] = False
        if arguments["as_configuration"]:
            return {**result, "configuration": as_configuration(wanted)}
        try:
            existing = self._existing(wanted, task_vars or {})
        except AnsibleError as error:
            return {**result, "failed": True, "msg": f"AWX can't be reached. {error} {CURES}"}
        result["missing"] = _awx_check.to_create(wanted, existing)
        if self._task.check_mode:
            wanted = _awx_check.comparable(wanted, existing)
        return {**result, "objects": as_texts(wanted)}

    def _settings(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._templar.template(value) for name, value in variables.items() if name.startswith(PREFIX)}

    def _existing(self, wanted: Objects, variables: dict[str, Any]) -> dict[str, set[str]]:
        """The names of what there is of each kind. Raises AnsibleError."""
        found = {}
        for kind in _awx_check.KINDS:
            lookup = LOOKUPS.get(LOOKUP, loader=self._loader, templar=self._templar)
            if lookup is None:
                raise AnsibleError(
                    "The collection awx.awx is not installed: ansible-galaxy collection install awx.awx."
                )
            query = _awx_check.within(kind, wanted)
            there = lookup.run([kind.endpoint], variables, query_params=query, return_all=True, max_objects=MANY)
            found[kind.key] = {one[kind.called] for one in there}
        return found


def _questions(kit: pathlib.Path) -> dict[str, Any]:
    return {file.stem: _load(file) for file in sorted((kit / "surveys").glob("*.yml"))}


def _load(file: pathlib.Path) -> Any:
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ValueError(f"{file} of the kit can't be read: {error}") from error
