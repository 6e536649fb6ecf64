# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the API of AWX, on loopback: what the modules of awx.awx ask for, refused where AWX would refuse it.

Objects have the fields of AWX and no others: what else is sent is ignored, as AWX does, so that a module which sends
what AWX does not keep reports a change again and again, here as there.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from ansible_collections.qlikops.sense.tests.integration.awx import rules, survey_rules
from ansible_collections.qlikops.sense.tests.integration.awx.shapes import (
    ASSOCIATIONS,
    FIELDS,
    HIDDEN,
    REQUIRED,
    SINGULAR,
    UNIFIED,
    Json,
    refuse_if,
)

NO_PROMPT_OF_TEXT = ("extra_data", "inventory", "verbosity", "timeout")  # what makes AWX look at a schedule again


class ForbiddenError(PermissionError):
    """AWX answers 403 to it."""


class Awx:
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
        ssh: list[Json] = [{"id": "username", "secret": False}, {"id": "ssh_key_data", "secret": True}]
        ssh = [{**field, "label": field["id"], "type": "string"} for field in ssh]
        self.create("organizations", {"name": "Default"})
        self.create("users", {"username": "admin"})
        self.create("credential_types", {"name": "Machine", "kind": "ssh", "managed": True, "inputs": {"fields": ssh}})
        galaxy = {"name": "Galaxy", "kind": "galaxy", "managed": True, "inputs": {"fields": []}}
        galaxy_type = self.create("credential_types", galaxy)["id"]
        self.create("credentials", {"name": "Ansible Galaxy", "organization": 1, "credential_type": galaxy_type})
        self.create("instance_groups", {"name": "near the nodes"})
        self.writes.clear()

    def one(self, kind: str, name: str) -> Json:
        """The object of a kind with this name, or identifier."""
        found = [item for item in self.objects[kind].values() if name in (item.get("name"), item.get("identifier"))]
        assert len(found) == 1, f"{kind} {name}: {len(found)}"
        return found[0]

    def one_user(self, name: str) -> Json:
        return next(item for item in self.objects["users"].values() if item["username"] == name)

    @staticmethod
    def role(kind: str, number: int) -> int:
        """The number of what one may do with an object, be it approval or start: one role for both is enough here."""
        return 1000 * list(FIELDS).index(kind) + number

    def linked(self, kind: str, name: str, association: str) -> list[Json]:
        """What is associated with an object."""
        ids = self.links.get((kind, self.one(kind, name)["id"], association), [])
        return [many[number] for number in ids for many in self.objects.values() if number in many]

    def create(self, kind: str, new: Json) -> Json:
        missing = [field for field in REQUIRED.get(kind, []) if new.get(field) in (None, "")]
        refuse_if(missing, f"{kind}: {missing} required")
        self._last_id += 1
        item = {**copy.deepcopy(FIELDS[kind]), "id": self._last_id}
        self._change(kind, item, new)
        self.objects[kind][item["id"]] = item
        if kind == "projects":
            item.update(status="successful", scm_revision="0123abc")
        return item

    def update(self, kind: str, item: Json, new: Json) -> Json:
        changed = copy.deepcopy(item)
        self._change(kind, changed, new)
        self.objects[kind][item["id"]] = changed
        return changed

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
        if kind == "credential_types":
            rules.credential_type(item)
        elif kind == "job_templates":
            refuse_if(item["playbook"] not in self.playbooks, f"Playbook {item['playbook']} not found for project.")
        elif kind == "inventory_sources":
            of_type = self.objects["credentials"][item["credential"]]["credential_type"]
            rules.inventory_source(item, self.objects["credential_types"][of_type]["kind"])
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
        if kind == "job_templates" and association == "credentials":
            types = [self.objects["credentials"][one]["credential_type"] for one in [*ids, body["id"]]]
            refuse_if(len(set(types)) != len(types), "Cannot assign multiple credentials of one type.")
        ids.append(body["id"])

    def shown(self, kind: str, item: Json) -> Json:
        """An object as the API shows it, without secrets."""
        url = f"{self.prefix}v2/{kind}/{item['id']}/"
        related = {"survey_spec": f"{url}survey_spec/", "hosts": f"{url}hosts/", "update": f"{url}update/"}
        role = {"id": self.role(kind, item["id"])}
        summary: Json = {"object_roles": {"approval_role": role, "execute_role": role}}
        shown = copy.deepcopy(item)
        if kind == "credentials":
            fields = self.objects["credential_types"][item["credential_type"]]["inputs"].get("fields", [])
            for secret in {field["id"] for field in fields if field.get("secret")}.intersection(shown["inputs"]):
                shown["inputs"][secret] = HIDDEN
        if kind == "notification_templates" and "token" in shown["notification_configuration"]:
            shown["notification_configuration"]["token"] = HIDDEN
        if kind == "workflow_job_template_nodes" and item["unified_job_template"]:
            of_kind = self._kind_of(item["unified_job_template"])
            related["unified_job_template"] = f"{self.prefix}v2/{of_kind}/{item['unified_job_template']}/"
        return {
            **shown,
            "type": SINGULAR.get(kind, kind[:-1]),
            "url": url,
            "related": related,
            "summary_fields": summary,
        }

    def _kind_of(self, number: int) -> str:
        return next(kind for kind in UNIFIED if number in self.objects[kind])

    def listed(self, kind: str, query: dict[str, str]) -> Json:
        query = {name: value for name, value in query.items() if name not in ("page", "page_size", "order_by")}
        kinds = UNIFIED if kind == "unified_job_templates" else (kind,)
        found = []
        for one in kinds:
            for item in self.objects[one].values():
                either = [name for name in query if name.startswith("or__")]
                if either and not any(str(item.get(name[4:])) == query[name] for name in either):
                    continue
                if all(self._value(item, name) == value for name, value in query.items() if name not in either):
                    found.append(self.shown(one, item))
        return {"count": len(found), "next": None, "previous": None, "results": found}

    def _value(self, item: Json, path: str) -> str:
        """A field, or such as ``organization__name``: one of what the field refers to."""
        field, _dots, rest = path.partition("__")
        if not rest:
            return str(item.get(field))
        found = [kind[item[field]] for kind in self.objects.values() if item.get(field) in kind]
        return self._value(found[0], rest) if found else ""

    def answer(self, method: str, path: str, query: dict[str, str], body: Json) -> tuple[int, Any]:
        """Status and JSON."""
        parts = path.removeprefix(f"{self.prefix}v2/").strip("/").split("/")
        kind = parts[0]
        if method != "GET":
            self.writes.append(f"{method} {path}")
        if len(parts) == 1 and method == "GET":
            return 200, self.listed(kind, query)
        if len(parts) == 1:
            return 201, self.shown(kind, self.create(kind, body))
        number = int(parts[1])
        if kind == "roles":
            return self._association(method, ("roles", number, parts[2]), body)
        if number not in self.objects[kind]:
            return 404, {"detail": "Not found."}
        item = self.objects[kind][number]
        if len(parts) == 2:
            return 200, self.shown(kind, item if method == "GET" else self.update(kind, item, body))
        if parts[2] == "survey_spec":
            if method == "POST":
                survey_rules.save(body)
                self.surveys[(kind, number)] = body
            return 200, self.surveys.get((kind, number), {})
        if parts[2] == "create_approval_template":
            approval = self.create("workflow_approval_templates", body)
            item["unified_job_template"] = approval["id"]
            return 201, self.shown("workflow_approval_templates", approval)
        if kind == "inventory_sources" and parts[2] == "update":
            done = {"name": item["name"], "inventory_source": number, "status": "successful", "finished": "2026-01-15"}
            update = self.create("inventory_updates", done)
            return 202, self.shown("inventory_updates", update)
        if parts[2] == "launch" and method == "POST":
            workflow = kind == "workflow_job_templates"
            _variables, ignored = survey_rules.launch(*self.asked(kind, number), body.get("extra_vars", {}), workflow)
            return 201, {"ignored_fields": {"extra_vars": ignored} if ignored else {}}
        return self._association(method, (kind, number, parts[2]), body)

    def _association(self, method: str, key: tuple[str, int, str], body: Json) -> tuple[int, Any]:
        allowed = ASSOCIATIONS.get(key[0], set())
        if key[2] not in allowed:
            return 404, {"detail": "Not found."}
        if method == "POST":
            self.associate(*key, body)
            return 204, None
        results = [{"id": number} for number in self.links.get(key, [])]
        return 200, {"count": len(results), "next": None, "previous": None, "results": results}
