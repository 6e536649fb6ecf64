# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists as AWX's API gives them: by the fields that are asked for, and a page of 25 unless told."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from ansible_collections.qlikops.sense.tests.integration.awx.shapes import FIELDS, UNIFIED, Json, refuse_if

Objects = Mapping[str, Mapping[int, Json]]
ABOUT_PAGES = ("page", "page_size", "order_by")
PAGE, LONGEST_PAGE = 25, 200


def page(found: list[Json], path: str, query: Mapping[str, str]) -> Json:
    """One page of what was found; ``next`` is the path of the one after it, with the prefix of the API."""
    number = int(query.get("page", "1"))
    size = min(int(query.get("page_size", PAGE)), LONGEST_PAGE)
    following = f"{path}?{urlencode({**query, 'page': number + 1})}"
    return {
        "count": len(found),
        "next": following if len(found) > number * size else None,
        "previous": None,
        "results": found[(number - 1) * size : number * size],
    }


def found(objects: Objects, kind: str, query: Mapping[str, str]) -> list[tuple[str, Json]]:
    """Kind and object of those that fit. Raises RefusedError for a field that there is not."""
    wanted = {name: value for name, value in query.items() if name not in ABOUT_PAGES}
    kinds = UNIFIED if kind == "unified_job_templates" else (kind,)
    for name in wanted:
        field = name.removeprefix("or__").partition("__")[0]
        known = any(field in (*FIELDS[one], "id") for one in kinds)
        refuse_if(not known, {"detail": f"{kind} has no field named '{field}'"})
    return [(one, item) for one in kinds for item in objects[one].values() if _fits(objects, item, wanted)]


def _fits(objects: Objects, item: Json, wanted: Mapping[str, str]) -> bool:
    either = {name.removeprefix("or__"): value for name, value in wanted.items() if name.startswith("or__")}
    every = {name: value for name, value in wanted.items() if not name.startswith("or__")}
    return all(_value(objects, item, name) == value for name, value in every.items()) and (
        not either or any(_value(objects, item, name) == value for name, value in either.items())
    )


def _value(objects: Objects, item: Json, path: str) -> str:
    """A field, or such as ``organization__name``: one of what the field refers to."""
    field, _dots, rest = path.partition("__")
    if not rest:
        return str(item.get(field))
    referred = [many[item[field]] for many in objects.values() if item.get(field) in many]
    return _value(objects, referred[0], rest) if referred else ""
