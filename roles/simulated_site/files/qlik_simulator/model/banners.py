# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Custom banner messages, the one type of object that the repository lets itself be written.

Fields, paths and statuses: D (reference pages 1692, 1365, 483; conflicts: Connect-API-Conflict-Handling). Numbers of
the types: C. Texts of refusals: N.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..model.clock import Clock, iso, moment
from ..model.entities import condensed, guid
from ..model.enums import MEMBERS
from ..model.site import BANNER_TYPES, Banner
from ..model.switches import Switches
from ..services.table import Row, Table

NAMES = MEMBERS["messagetype"]  # what QRS calls the types, by number
_REQUIRED = {"name": str, "message": str, "isActive": bool, "duration": int}  # D: all but these are optional
_SITE_ITSELF = "INTERNAL\\sa_repository"
Answer = tuple[int, Any]


class RefusedError(ValueError):
    """What QRS answers instead: a text, or JSON."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body


@dataclass
class _Entry:
    id: str
    banner: Banner
    created: datetime
    modified: datetime
    modified_by: str = _SITE_ITSELF
    tags: list[Any] = field(default_factory=list)


class BannerStore:
    """The banners of a site."""

    def __init__(self, banners: Iterable[Banner], clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._first = list(banners)
        self._entries: list[_Entry] = []
        self.reset()

    def reset(self) -> None:
        """The banners that the description of the site has."""
        self._entries.clear()
        self.put(self._first)

    def put(self, banners: Iterable[Banner]) -> None:
        """These and no others, whatever QRS would say to them. Who is there already keeps id and date of creation."""
        before = {entry.banner.name: entry for entry in self._entries}
        self._entries = []
        for number, banner in enumerate(banners):
            old = before.pop(banner.name, None)
            if old is None:
                now = moment(self._clock.now())
                old = _Entry(guid("custombannermessage", f"{number}/{banner.name}"), banner, now, now)
            elif old.banner != banner:
                old.banner, old.modified, old.modified_by = banner, self._later_than(old.modified), _SITE_ITSELF
            self._entries.append(old)

    def all(self) -> list[dict[str, Any]]:
        """The control interface's answer."""
        return [
            {
                "id": entry.id,
                **vars(entry.banner),
                "created": iso(entry.created),
                "modified": iso(entry.modified),
                "modified_by": entry.modified_by,
            }
            for entry in self._entries
        ]

    def table(self) -> Table | None:
        """As QRS lists them; None for a release that does not know them."""
        if self._switches["banners"] == "absent":
            return None
        now = moment(self._clock.now())
        model = _Entry(guid("custombannermessage", ""), Banner("", ""), now, now)
        return Table(map(self._row, self._entries), [self._row(model)])

    def _row(self, entry: _Entry) -> Row:
        full = self._full(entry)
        with_number = {**full, "messageType": BANNER_TYPES.index(entry.banner.message_type)}
        return Row(full, condensed(full, "name", "message", "messageType", "isActive", "duration"), with_number)

    def add(self, body: object, user: str) -> Answer:
        """POST."""
        given = _fields(body)
        if missing := [name for name in (*_REQUIRED, "messageType") if name.lower() not in given]:
            raise RefusedError(400, f"The property '{missing[0]}' is missing.")
        now = moment(self._clock.now())
        entry = _Entry(str(uuid.uuid4()), _banner(given), now, now, user, _tags(given, []))
        self._refuse_duplicate(entry)
        self._entries.append(entry)
        return 201, self._full(entry)

    def change(self, wanted: str, body: object, user: str) -> Answer:
        """PUT. What is left out stays as it is (I: D knows this of most types, and defaults of some)."""
        entry = self._entry(wanted)
        given = _fields(body)
        if str(given.get("id", "")).lower() != entry.id:
            raise RefusedError(400, "The ID of the body and of the URL do not match.")  # D, but for the text
        if self._is_stale(entry, given.get("modifieddate")):
            who = {"id": entry.id, "name": entry.banner.name, "modifiedByUserName": entry.modified_by}
            raise RefusedError(409, [{**who, "modifiedDate": entry.modified}])  # D, shape: L
        changed = _Entry(
            entry.id, _banner({**_fields(self._full(entry)), **given}), entry.created, self._later_than(entry.modified)
        )
        self._refuse_duplicate(changed)
        changed.modified_by, changed.tags = user, _tags(given, entry.tags)
        self._entries[self._entries.index(entry)] = changed
        return 200, self._full(changed)

    def remove(self, wanted: str) -> Answer:
        """DELETE."""
        self._entries.remove(self._entry(wanted))
        return 204, None

    def _entry(self, wanted: str) -> _Entry:
        for entry in self._entries:
            if entry.id == wanted.lower():
                return entry
        raise RefusedError(404, "Not Found")

    def _is_stale(self, entry: _Entry, given: object) -> bool:
        """An older date, or none, is a conflict (D, L); whether that holds for banners, too, is a switch."""
        if self._switches["stale_banner"] == "accepted":
            return False
        try:
            return datetime.fromisoformat(str(given).replace("Z", "+00:00")) < entry.modified
        except (ValueError, TypeError):
            return True

    def _refuse_duplicate(self, entry: _Entry) -> None:
        """The name must be the only one of its kind (D); whether case counts, and what is answered, are switches."""
        fold = str if self._switches["banner_names"] == "exact" else str.casefold
        for other in self._entries:
            if other.id != entry.id and fold(other.banner.name) == fold(entry.banner.name):
                status = int(str(self._switches["duplicate_banner"]))
                raise RefusedError(status, f"A custom banner message named '{other.banner.name}' exists already.")

    def _later_than(self, before: datetime) -> datetime:
        return max(moment(self._clock.now()), before + timedelta(milliseconds=1))

    def _full(self, entry: _Entry) -> dict[str, Any]:
        number = BANNER_TYPES.index(entry.banner.message_type)
        return {
            "id": entry.id,
            "createdDate": entry.created,
            "modifiedDate": entry.modified,
            "modifiedByUserName": entry.modified_by,
            "schemaPath": "CustomBannerMessage",
            "privileges": None,
            "name": entry.banner.name,
            "message": entry.banner.message,
            "messageType": NAMES[number] if self._switches["banner_message_type"] == "name" else number,
            "isActive": entry.banner.active,
            "duration": entry.banner.duration,
            "tags": entry.tags,
        }


def _fields(body: object) -> dict[str, Any]:
    """The object of a request; names of fields are read in any case (C)."""
    if not isinstance(body, dict):
        raise RefusedError(400, "The body is not an object.")
    return {str(name).lower(): value for name, value in body.items()}


def _tags(given: Mapping[str, Any], before: list[Any]) -> list[Any]:
    tags = given.get("tags", before)
    if not isinstance(tags, list | None):
        raise RefusedError(400, "The value of 'tags' is of another type.")
    return tags or []


def _banner(given: Mapping[str, Any]) -> Banner:
    for name, kind in _REQUIRED.items():
        value = given[name.lower()]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise RefusedError(400, f"The value of '{name}' is of another type.")
    if not given["name"].strip():
        raise RefusedError(400, "The name is empty.")
    message_type = _type(given["messagetype"])
    return Banner(given["name"], given["message"], message_type, given["isactive"], given["duration"])


def _type(value: object) -> str:
    """Enums are read as numbers (C) and by name (I)."""
    lowered = [name.lower() for name in NAMES]
    if isinstance(value, str) and value.lower() in lowered:
        return BANNER_TYPES[lowered.index(value.lower())]
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(BANNER_TYPES):
        return BANNER_TYPES[value]
    raise RefusedError(400, "The value of 'messageType' is none of the enum.")
