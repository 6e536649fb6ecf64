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
import pathlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ansible_collections.qlikops.sense.tests.integration.awx import rules
from ansible_collections.qlikops.sense.tests.integration.awx.rules import RefusedError, refuse_if
from ansible_collections.qlikops.sense.tests.integration.awx.shapes import (
    ASSOCIATIONS,
    FIELDS,
    REQUIRED,
    SINGULAR,
    UNIFIED,
    Json,
)

TOKEN = "token-of-the-stand-in"
HIDDEN = "$encrypted$"


class Awx:
    """The objects: ``objects[kind][id]``; ``links[(kind, id, association)]`` -> ids; ``surveys[(kind, id)]``."""

    def __init__(self, playbooks: list[str]) -> None:
        self.playbooks = playbooks
        self.objects: dict[str, dict[int, Json]] = {kind: {} for kind in FIELDS}
        self.links: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[tuple[str, int], Json] = {}
        self.writes: list[str] = []  # method and path of what changed something
        self._last_id = 0
        ssh: list[Json] = [{"id": "username", "secret": False}, {"id": "ssh_key_data", "secret": True}]
        ssh = [{**field, "label": field["id"], "type": "string"} for field in ssh]
        self.create("organizations", {"name": "Default"})
        self.create("users", {"username": "admin"})
        self.create("credential_types", {"name": "Machine", "kind": "ssh", "managed": True, "inputs": {"fields": ssh}})
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
        of_kind = "credentials" if association == "credentials" else association
        of_kind = "notification_templates" if association.startswith("notification_templates") else of_kind
        of_kind = "workflow_job_template_nodes" if association.endswith("_nodes") else of_kind
        return [self.objects[of_kind][number] for number in ids]

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
        if kind in ("credentials", "notification_templates"):
            field = "inputs" if kind == "credentials" else "notification_configuration"
            told: Json = known[field] if field in known else item[field]
            known[field] = {name: item[field].get(name) if value == HIDDEN else value for name, value in told.items()}
        if known.get("kind", "") is None:
            known["kind"] = ""  # of inventories
        item.update(known)
        self._check(kind, item)

    def _check(self, kind: str, item: Json) -> None:
        if kind == "credential_types":
            rules.credential_type(item)
        elif kind == "credentials":
            rules.credential(item, self.objects["credential_types"][item["credential_type"]]["inputs"])
        elif kind == "job_templates":
            refuse_if(item["playbook"] not in self.playbooks, f"Playbook {item['playbook']} not found for project.")
        elif kind == "schedules":
            rules.rrule(item["rrule"])
            self._check_prompts(item)
            rules.without_asking(self.surveys.get(("job_templates", item["unified_job_template"]), {}))
        elif kind == "workflow_job_template_nodes" and item["unified_job_template"] in self.objects["job_templates"]:
            self._check_prompts(item)
            rules.without_asking(self.surveys.get(("job_templates", item["unified_job_template"]), {}))

    def _check_prompts(self, item: Json) -> None:
        template = self.objects["job_templates"][item["unified_job_template"]]
        rules.answers(self.surveys.get(("job_templates", template["id"]), {}), item["extra_data"])
        for prompt in ("limit", "job_type", "inventory"):
            wanted = item[prompt] is not None and not template[f"ask_{prompt}_on_launch"]
            refuse_if(wanted, f"Field is not configured to prompt on launch: {prompt}")

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
        url = f"/api/v2/{kind}/{item['id']}/"
        related = {"survey_spec": f"{url}survey_spec/", "hosts": f"{url}hosts/", "update": f"{url}update/"}
        role = {"id": self.role(kind, item["id"])}
        summary: Json = {"object_roles": {"approval_role": role, "execute_role": role}}
        shown = copy.deepcopy(item)
        if kind == "credentials":
            fields = self.objects["credential_types"][item["credential_type"]]["inputs"]["fields"]
            for secret in [field["id"] for field in fields if field.get("secret")]:
                if shown["inputs"].get(secret):
                    shown["inputs"][secret] = HIDDEN
        if kind == "notification_templates" and "token" in shown["notification_configuration"]:
            shown["notification_configuration"]["token"] = HIDDEN
        if kind == "workflow_job_template_nodes" and item["unified_job_template"]:
            of_kind = self._kind_of(item["unified_job_template"])
            related["unified_job_template"] = f"/api/v2/{of_kind}/{item['unified_job_template']}/"
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
        kinds = UNIFIED if kind == "unified_job_templates" else (kind,)
        found = []
        for one in kinds:
            for item in self.objects[one].values():
                either = [name for name in query if name.startswith("or__")]
                if either and not any(str(item.get(name[4:])) == query[name] for name in either):
                    continue
                if all(str(item.get(name)) == value for name, value in query.items() if name not in either):
                    found.append(self.shown(one, item))
        return {"count": len(found), "next": None, "previous": None, "results": found}

    def answer(self, method: str, path: str, query: dict[str, str], body: Json) -> tuple[int, Any]:
        """Status and JSON."""
        parts = path.removeprefix("/api/v2/").strip("/").split("/")
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
                rules.survey(body)
                self.surveys[(kind, number)] = body
            return 200, self.surveys.get((kind, number), {})
        if parts[2] == "create_approval_template":
            approval = self.create("workflow_approval_templates", body)
            item["unified_job_template"] = approval["id"]
            return 201, self.shown("workflow_approval_templates", approval)
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


class _Handler(BaseHTTPRequestHandler):
    awx: Awx
    lock = threading.Lock()

    def _serve(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        status: int
        answer: Any
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            status, answer = 401, {"detail": "Authentication credentials were not provided."}
        else:
            with self.lock:
                try:
                    status, answer = self.awx.answer(self.command, url.path, dict(parse_qsl(url.query)), body)
                except RefusedError as refused:
                    status, answer = 400, {"__all__": [str(refused)], "error": str(refused), "detail": str(refused)}
        payload = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 http.server looks for these names

    def log_message(self, *_words: Any) -> None:
        """Nothing: the journal is enough."""


@contextmanager
def serving(root: pathlib.Path) -> Iterator[tuple[Awx, str]]:
    """An empty AWX whose projects hold the checkout ``root``, and its address."""
    playbook = re.compile(r"^\s*?-?\s*?(?:hosts|include|import_playbook):\s*?.*?$", re.MULTILINE)
    files = [file for file in (root / "playbooks").glob("*.yml") if playbook.search(file.read_text(encoding="utf-8"))]
    awx = Awx([str(file.relative_to(root)) for file in files])
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"awx": awx}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield awx, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
