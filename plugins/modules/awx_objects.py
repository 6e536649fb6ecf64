#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: awx_objects
short_description: Make the objects of AWX out of the settings of the AWX kit
version_added: 0.1.0
description:
  - A part of the playbook C(qlikops.sense.awx_setup), which sets up AWX for a Qlik Sense site, and of
    C(qlikops.sense.awx_configuration). It is not meant for other playbooks.
  - Reads the variables C(awx_setup_*), which C(extensions/awx/settings.yml) in the collection describes, and the types
    of credentials and the surveys of the kit. All of that lies on the controller, and nothing is changed.
  - Every fault in the settings is told at once, before anything is done in AWX.
  - Asks AWX which of the objects are there, with the connection of C(awx.awx), which comes from the environment.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode, RV(objects) has only what the modules of C(awx.awx) can compare. They end in an error where
        a part of an object is not there yet. RV(missing) has the rest.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  kit:
    description: Directory with the kit, C(extensions/awx) of this collection, on the controller.
    type: path
    required: true
  secrets:
    description:
      - Whether the secrets of credentials and of the notification are in RV(objects). Set C(no_log) then.
      - Without it, templates stand in their place.
    type: bool
    default: false
  as_configuration:
    description: Returns RV(configuration), and does not ask AWX.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Read the settings, and see what AWX has
  qlikops.sense.awx_objects:
    kit: "{{ playbook_dir }}/../extensions/awx"
  register: awx
"""

RETURN = r"""
objects:
  description:
    - Lists of objects with the options of the modules of C(awx.awx), under the names that C(infra.aap_configuration)
      has for them, such as C(controller_templates), and C(workflow_nodes).
  returned: when O(as_configuration) is false
  type: dict
  sample:
    controller_labels:
      - name: qlik-sense
        organization: Default
missing:
  description: What AWX does not have yet, a line for each kind of objects.
  returned: when O(as_configuration) is false
  type: list
  elements: str
  sample: ["group: qlik_sites, qlik_proxies"]
configuration:
  description: The text of a file of variables for the role C(infra.aap_configuration.dispatch). It has no secrets.
  returned: when O(as_configuration) is true
  type: str
faults:
  description: Everything that is wrong with the settings, a sentence each.
  returned: when something is
  type: list
  elements: str
"""

from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._module import Module

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "kit": {"type": "path", "required": True},
    "secrets": {"type": "bool", "default": False},
    "as_configuration": {"type": "bool", "default": False},
}


def main() -> None:
    """Only reached without the action plugin of the same name, which does the work on the controller."""
    module = Module(argument_spec=ARGUMENT_SPEC)
    module.fail(QlikError("fault", "This module needs its action plugin.", "Call it from a playbook."))


if __name__ == "__main__":
    main()
