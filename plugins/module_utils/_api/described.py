# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holds what an interface says of itself (Swagger 2) against what the collection relies on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._api.contract import (
    ENUM,
    FIELDS,
    FLAG,
    LIST,
    NUMBER,
    OBJECT,
    QPS,
    QRS,
    REQUESTS,
    TEXT,
    Field,
)
from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._model.check import Difference

JSON_TYPES = {TEXT: "string", NUMBER: "integer", FLAG: "boolean", ENUM: "integer", LIST: "array", OBJECT: "object"}
# Described in camelCase, and by another name, than what is on the wire (D, L).
DESCRIBED_AS = {"Session": "SessionData"}
NOT_DESCRIBED = frozenset({"Value"})
INTERFACE = {entity: QPS if entity in DESCRIBED_AS else QRS for entity in {field.entity for field in FIELDS}}
Document = Mapping[str, Any]


def differences(document: Any, service: str) -> tuple[Difference, ...]:
    """What lacks or is of another type. Raises QlikError where this is no description of an interface."""
    if not (isinstance(document, dict) and isinstance(document.get("paths"), dict)):
        raise QlikError("unexpected_answer", "the answer is no description of an interface.")
    return tuple(dict.fromkeys([*_requests(document, service), *_fields(document, service)]))


def _requests(document: Document, service: str) -> Iterator[Difference]:
    base = str(document.get("basePath") or "")
    for request in REQUESTS:
        if request.service != service:
            continue
        described = document["paths"].get(request.path.removeprefix(base.rstrip("/")))
        if not isinstance(described, dict) or request.method.lower() not in described:
            yield Difference(f"there is no {request.method} {request.path}", request.needed_for)


def _fields(document: Document, service: str) -> Iterator[Difference]:
    definitions = document.get("definitions")
    if not isinstance(definitions, dict):
        return
    for field in FIELDS:
        if INTERFACE[field.entity] != service or field.entity in NOT_DESCRIBED:
            continue
        name = f"{field.entity}.{field.name}"
        entity = definitions.get(DESCRIBED_AS.get(field.entity, field.entity))
        if not isinstance(entity, dict):
            yield Difference(f"there is no {field.entity}", field.needed_for)
            continue
        kind = _type(definitions, entity, field)
        if not kind:
            yield Difference(f"{name} lacks", field.needed_for)
        elif kind != JSON_TYPES[field.type]:
            yield Difference(f"{name} is of the type {kind}", field.needed_for)


def _type(definitions: Document, entity: Document, field: Field) -> str:
    properties = entity.get("properties")
    described = properties.get(f"{field.name[0].lower()}{field.name[1:]}") if isinstance(properties, dict) else None
    if isinstance(described, dict) and "$ref" in described:
        described = definitions.get(str(described["$ref"]).rpartition("/")[2])
    return str(described.get("type", "")) if isinstance(described, dict) else ""
