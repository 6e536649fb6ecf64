# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the API of AWX: what the modules of awx.awx ask for, answered as AWX would answer it."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.qlikops.sense.tests.integration.awx import listing, survey_rules
from ansible_collections.qlikops.sense.tests.integration.awx.kept import Objects
from ansible_collections.qlikops.sense.tests.integration.awx.shapes import (
    ASSOCIATIONS,
    HIDDEN,
    ROLES,
    SINGULAR,
    UNIFIED,
    Json,
    RefusedError,
)


class Awx(Objects):
    """Answers requests. Every one but GET is noted in ``writes``."""

    def shown(self, kind: str, item: Json) -> Json:
        """An object as the API shows it, without secrets."""
        url = f"{self.prefix}v2/{kind}/{item['id']}/"
        related = {"survey_spec": f"{url}survey_spec/", "hosts": f"{url}hosts/", "update": f"{url}update/"}
        roles = {name: {"id": self.role(kind, item["id"], name)} for name in ROLES.get(kind, ())}
        summary: Json = {"object_roles": roles}
        if kind == "projects" and item["status"] == "pending":
            summary["current_update"] = {"id": item["id"]}
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

    def answer(self, method: str, path: str, query: dict[str, str], body: Json) -> tuple[int, Any]:
        """Status and JSON. Raises RefusedError and ForbiddenError."""
        parts = path.removeprefix(f"{self.prefix}v2/").strip("/").split("/")
        kind = parts[0]
        if method != "GET":
            self.writes.append(f"{method} {path}")
        if len(parts) == 1 and method == "GET":
            found = listing.found(self.objects, kind, query)
            return 200, listing.page([self.shown(one, item) for one, item in found], path, query)
        if len(parts) == 1:
            return 201, self.shown(kind, self.create(kind, body))
        number = int(parts[1])
        if kind == "roles":
            return self._association(method, path, ("roles", number, parts[2]), query, body)
        if kind == "project_updates":
            return 200, self._project_update(number)
        if number not in self.objects[kind]:
            return 404, {"detail": "Not found."}
        item = self.objects[kind][number]
        if len(parts) == 2:
            change = {"PATCH": self.update, "PUT": self.replace}
            return 200, self.shown(kind, item if method == "GET" else change[method](kind, item, body))
        if parts[2] == "survey_spec":
            return 200, self._survey(method, (kind, number), body)
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
        return self._association(method, path, (kind, number, parts[2]), query, body)

    def _survey(self, method: str, key: tuple[str, int], body: Json) -> Json:
        if method == "GET":
            return self.surveys.get(key, {})
        try:
            survey_rules.save(body)
        except RefusedError as refused:
            raise RefusedError({"error": refused.args[0]}) from refused
        self.surveys[key] = body
        return {}

    def _project_update(self, number: int) -> Json:
        """Under way when it is asked for first, done when it is asked for again."""
        self._updates[number] += 1
        if self._updates[number] == 1:
            return {"status": "running"}
        self.objects["projects"][number].update(status="successful", scm_revision="0123abc")
        return {"status": "successful"}

    def _association(
        self, method: str, path: str, key: tuple[str, int, str], query: dict[str, str], body: Json
    ) -> tuple[int, Any]:
        if key[2] not in ASSOCIATIONS.get(key[0], set()):
            return 404, {"detail": "Not found."}
        if method == "POST":
            self.associate(*key, body)
            return 204, None
        return 200, listing.page([{"id": number} for number in self.links.get(key, [])], path, query)
