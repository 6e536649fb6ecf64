# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects that a stand-in for AWX keeps, and what it refuses to keep.

Objects have the fields of AWX and no others: what else is sent is ignored, as AWX does, so that a module which sends
what AWX does not keep reports a change again and again, here as there.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator

from ansible_collections.qlikops.sense.tests.integration.awx import rules, survey_rules
from ansible_collections.qlikops.sense.tests.integration.awx.shapes import (
    FIELDS,
    HIDDEN,
    REQUIRED,
    ROLES,
    UNIQUE,
    ForbiddenError,
    Json,
    refuse_if,
)

EDGES = ("success_nodes", "failure_nodes", "always_nodes")
KINDS_OF_CREDENTIALS = {"execution_environments": "registry", "projects": "scm"}
SSH_KEY: Json = {"id": "ssh_key_data", "secret": True, "format": "ssh_private_key"}
OF_MACHINES: list[Json] = [{"id": "username"}, SSH_KEY, {"id": "ssh_key_unlock", "secret": True}]
NO_PROMPT_OF_TEXT = ("extra_data", "inventory", "verbosity", "timeout")  # what makes AWX look at a schedule again


class Objects:
    """The objects: ``objects[kind][id]``; ``links[(kind, id, association)]`` -> ids; ``surveys[(kind, id)]``."""

    def __init__(self, playbooks: list[str], prefix: str = "/api/") -> None:
        self.playbooks = playbooks
        self.prefix = prefix
        self.objects: dict[str, dict[int, Json]] = {kind: {} for kind in FIELDS}
        self.links: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[tuple[str, int], Json] = {}
        self.writes: list[str] = []  # method and path of what was asked for, but GET
        self.unknown: set[tuple[str, str]] = set()  # fields that were sent and ignored
        self._last_id = 0
        self._updates: dict[int, int] = {}  # number of the update of a project -> how often it was asked for
        self.create("organizations", {"name": "Default"})
        self.create("users", {"username": "admin"})
        ssh = [{"label": field["id"], "type": "string", **field} for field in OF_MACHINES]
        managed: dict[str, tuple[str, list[Json]]] = {
            "Machine": ("ssh", ssh),
            "Galaxy": ("galaxy", []),
            "Container Registry": ("registry", []),
        }
        for name, (kind, inputs) in managed.items():
            self.create("credential_types", {"name": name, "kind": kind, "managed": True, "inputs": {"fields": inputs}})
        for name, kind in {"Ansible Galaxy": "Galaxy", "our registry": "Container Registry"}.items():
            of_type = self.one("credential_types", kind)["id"]
            self.create("credentials", {"name": name, "organization": 1, "credential_type": of_type})
        self.create("instance_groups", {"name": "near the nodes"})
        self.writes.clear()

    def take_over(self, other: Objects) -> None:
        """Keep what another one keeps; neither changes with the other from then on."""
        kept = ("objects", "links", "surveys", "_last_id", "_updates")
        vars(self).update({name: copy.deepcopy(vars(other)[name]) for name in kept})

    def one(self, kind: str, name: str) -> Json:
        """The object of a kind with this name, or identifier."""
        found = [item for item in self.objects[kind].values() if name in (item.get("name"), item.get("identifier"))]
        assert len(found) == 1, f"{kind} {name}: {len(found)}"
        return found[0]

    def one_user(self, name: str) -> Json:
        return next(item for item in self.objects["users"].values() if item["username"] == name)

    @staticmethod
    def role(kind: str, number: int, name: str) -> int:
        """The number of what one may do with an object, such as ``execute_role``."""
        return 100_000 * list(FIELDS).index(kind) + 10 * number + ROLES[kind].index(name)

    def linked(self, kind: str, name: str, association: str) -> list[Json]:
        """What is associated with an object."""
        ids = self.links.get((kind, self.one(kind, name)["id"], association), [])
        return [many[number] for number in ids for many in self.objects.values() if number in many]

    def create(self, kind: str, new: Json) -> Json:
        missing = [field for field in REQUIRED.get(kind, []) if new.get(field) in (None, "")]
        refuse_if(missing, {field: ["This field is required."] for field in missing})
        self._unique(kind, new)
        self._last_id += 1
        item = {**copy.deepcopy(FIELDS[kind]), "id": self._last_id}
        self._change(kind, item, new)
        self.objects[kind][item["id"]] = item
        if kind == "projects":
            self._update_project(item)
        return item

    def update(self, kind: str, item: Json, new: Json) -> Json:
        """PATCH. What is not sent stays."""
        changed = copy.deepcopy(item)
        self._change(kind, changed, new)
        self.objects[kind][item["id"]] = changed
        if kind == "projects" and any(name.startswith("scm_") and new[name] != item[name] for name in new):
            self._update_project(changed)
        return changed

    def replace(self, kind: str, item: Json, new: Json) -> Json:
        """PUT. What is not sent is as if it had never been."""
        return self.update(kind, item, {**FIELDS[kind], **new})

    def _unique(self, kind: str, new: Json) -> None:
        fields = UNIQUE.get(kind, ())
        named = [new.get(field) for field in fields]
        twice = any(named) and named in [[item[field] for field in fields] for item in self.objects[kind].values()]
        words = f"{kind} with this ({', '.join(fields)}) combination already exists."
        refuse_if(twice and all(named), {"__all__": [words]})

    def _update_project(self, item: Json) -> None:
        """AWX fetches the playbooks in a job of its own, and has none of them before that has ended."""
        item["status"] = "pending"
        self._updates[item["id"]] = 0

    def _change(self, kind: str, item: Json, new: Json) -> None:
        known = {field: value for field, value in new.items() if field in FIELDS[kind]}
        self.unknown |= {(kind, field) for field in set(new) - set(known)}
        is_new = item["id"] not in self.objects[kind]
        if kind == "credential_types":
            self._type_in_use(item, known)
        if kind == "credentials" and ("inputs" in known or is_new):
            of_type = self.objects["credential_types"][{**item, **known}["credential_type"]]
            before = None if is_new else item["inputs"]
            known["inputs"] = rules.new_inputs(known.get("inputs", {}), before, of_type["inputs"].get("fields", []))
        if kind == "notification_templates" and "notification_configuration" in known:
            before = item["notification_configuration"]
            told = known["notification_configuration"].items()
            known["notification_configuration"] = {
                name: before.get(name) if value == HIDDEN else value for name, value in told
            }
        if known.get("kind", "") is None:
            known["kind"] = ""  # of inventories
        item.update(known)
        self._check(kind, item, set(FIELDS[kind]) if is_new else set(known))

    def _type_in_use(self, item: Json, new: Json) -> None:
        used = [one for one in self.objects["credentials"].values() if one["credential_type"] == item["id"]]
        if used and new.get("inputs", item["inputs"]) != item["inputs"]:
            raise ForbiddenError("Modifications to inputs are not allowed for credential types that are in use")

    def _check(self, kind: str, item: Json, sent: set[str]) -> None:
        for field in ("variables", "extra_vars"):
            rules.variables(item.get(field, ""))
        if kind in KINDS_OF_CREDENTIALS and item["credential"]:
            of_kind = self._kind_of_credential(item["credential"])
            refuse_if(of_kind != KINDS_OF_CREDENTIALS[kind], f"Credential kind must be '{KINDS_OF_CREDENTIALS[kind]}'.")
        if kind == "credential_types":
            rules.credential_type(item)
        elif kind == "notification_templates":
            rules.notification(item["notification_type"], item["notification_configuration"])
        elif kind == "job_templates":
            project = self.objects["projects"].get(item["project"], {"status": "successful", "organization": 1})
            there = project["status"] == "successful" and item["playbook"] in self.playbooks
            refuse_if(not there, {"playbook": ["Playbook not found for project."]})
            item["organization"] = project["organization"]  # whatever was sent
        elif kind == "inventory_sources":
            rules.inventory_source(item, self._kind_of_credential(item["credential"]))
        elif kind == "schedules":
            rules.rrule(item["rrule"])
            # A schedule that changes in no more than texts is not compared with the survey of today.
            if sent.intersection(NO_PROMPT_OF_TEXT):
                self._check_prompts(item, required=True)
        elif kind == "workflow_job_template_nodes" and item["unified_job_template"] in self.objects["job_templates"]:
            self._check_prompts(item, required=False)

    def _check_prompts(self, item: Json, required: bool) -> None:
        template = self.objects["job_templates"][item["unified_job_template"]]
        survey_rules.prompts(*self.asked("job_templates", template["id"]), item["extra_data"], required)
        for prompt in ("limit", "job_type", "inventory"):
            wanted = item[prompt] is not None and not template[f"ask_{prompt}_on_launch"]
            refuse_if(wanted, f"Field is not configured to prompt on launch: {prompt}")

    def asked(self, kind: str, number: int) -> tuple[Json, Json]:
        """The survey of a template, if it is enabled, and its own variables."""
        template = self.objects[kind][number]
        spec = self.surveys.get((kind, number), {}) if template["survey_enabled"] else {}
        return spec, json.loads(template["extra_vars"] or "{}")

    def associate(self, kind: str, number: int, association: str, body: Json) -> None:
        ids = self.links.setdefault((kind, number, association), [])
        if body.get("disassociate"):
            ids.remove(body["id"])
            return
        known = any(body["id"] in many for many in self.objects.values())
        refuse_if(not known, {"msg": f"{association} {body['id']} is not there."})
        if kind == "job_templates" and association == "credentials":
            types = [self.objects["credentials"][one]["credential_type"] for one in [*ids, body["id"]]]
            refuse_if(len(set(types)) != len(types), {"error": "Cannot assign multiple credentials of one type."})
        if association == "galaxy_credentials":
            wrong = self._kind_of_credential(body["id"]) != "galaxy"
            refuse_if(wrong, {"msg": "Credential must be a Galaxy credential."})
        if association in EDGES:
            self._check_edge(number, body["id"])
        ids.append(body["id"])

    def _kind_of_credential(self, number: int) -> str:
        of_type = self.objects["credentials"][number]["credential_type"]
        return str(self.objects["credential_types"][of_type]["kind"])

    def _check_edge(self, parent: int, child: int) -> None:
        nodes = self.objects["workflow_job_template_nodes"]
        apart = nodes[parent]["workflow_job_template"] != nodes[child]["workflow_job_template"]
        refuse_if(apart, {"Error": "Nodes of two workflows."})
        refuse_if(child in self._children(parent), {"Error": "Relationship not allowed."})
        refuse_if(parent in {child, *self._after(child)}, {"Error": "Cycle detected."})

    def _children(self, node: int) -> list[int]:
        edges = [self.links.get(("workflow_job_template_nodes", node, edge), []) for edge in EDGES]
        return [child for ids in edges for child in ids]

    def _after(self, node: int) -> Iterator[int]:
        for child in self._children(node):
            yield child
            yield from self._after(child)
