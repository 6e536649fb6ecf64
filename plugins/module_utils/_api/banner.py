# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Custom banner messages of the hub: what is wanted, what QRS has, and the way from the one to the other.

Fields, paths and the statuses 201 of POST and 200 of PUT: D (qrs-ref p1692, p1365, p483), where the entity is called
experimental. 204 of DELETE: D (RepositoryServiceAPI-Delete). 409 of PUT with a date that is too old: D
(RepositoryServiceAPI-Connect-API-Conflict-Handling). Names and numbers of the types: C (qlik-repo-api).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._api.entities import Fields, objects_of, value_of
from ansible_collections.qlikops.sense.plugins.module_utils._api.qrs import qrs_root, quoted
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import Rest
from ansible_collections.qlikops.sense.plugins.module_utils._client.message import Request, Response
from ansible_collections.qlikops.sense.plugins.module_utils._errors import (
    BadOption,
    QlikError,
    RequestFailed,
    require_range,
)
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold

MESSAGE_TYPES = ("standard", "info", "warning", "error")  # by number
LONGEST = 2**31 - 1  # seconds that QRS can hold (D: the type of the field)
MOST_ROUNDS = 3
DONE = (200, 201, 204)
OVERTAKEN = (404, 409)
NO_BANNERS = (
    "This release of Qlik Sense may be too old for custom banner messages: Qlik documents them from May 2024 on, and as"
    " experimental; which release was the first is not known. Or is this not QRS? It is asked on qrs_port."
)


@dataclass(frozen=True)
class Banner:
    """A banner. ``entity`` is the whole object as QRS gave it; it tells nothing about what the banner looks like."""

    name: str
    message: str
    message_type: str = MESSAGE_TYPES[0]
    active: bool = True
    duration: int = 10
    id: str = field(default="", compare=False)
    entity: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Banner:
        """Takes a module's parameters; raises BadOption for values that can't be meant."""
        message = _as_kept(options["text"] or "")
        if not message:
            raise BadOption("text", "is missing.", "It is needed unless state is absent.")
        require_range("duration", options["duration"], 1, LONGEST)
        return cls(checked_name(options), message, options["message_type"], options["active"], options["duration"])

    @classmethod
    def from_entity(cls, item: Fields) -> Banner:
        """Raises QlikError for a field that can't be read."""
        return cls(
            name=item.text("name"),
            message=_as_kept(item.text("message")),
            message_type=item.enum("messageType", MESSAGE_TYPES, other="unknown", spelled={"information": "info"}),
            active=item.flag("isActive"),
            duration=item.number("duration") or 0,
            id=item.text("id"),
            entity=item.as_answered,
        )

    def as_diff(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("name", "message", "message_type", "active", "duration")}

    def as_result(self) -> dict[str, Any]:
        return {"id": self.id, **self.as_diff()}

    def as_entity(self) -> dict[str, Any]:
        """What is sent: the whole object as it was read, for what is left out may fall back to a default (D)."""
        return {
            **self.entity,
            "name": self.name,
            "message": self.message,
            "messageType": MESSAGE_TYPES.index(self.message_type),
            "isActive": self.active,
            "duration": self.duration,
        }


@dataclass(frozen=True)
class Change:
    """From the banner found to the banner wanted; None is none."""

    before: Banner | None
    after: Banner | None

    @property
    def is_one(self) -> bool:
        return self.before != self.after

    def differences_to(self, wanted: Banner | None) -> list[str]:
        """The fields in which the banner is another than wanted after all, as an experimental API may make it."""
        if wanted is None or self.after is None:
            return []
        is_so = self.after.as_diff()
        return [key for key, value in wanted.as_diff().items() if key != "name" and is_so[key] != value]

    def as_diff(self) -> dict[str, Any]:
        return {"before": _shown(self.before), "after": _shown(self.after)}


def plan_change(wanted: Banner | None, found: Banner | None) -> Change:
    """What has to be done. A banner keeps its id, and the spelling of its name."""
    if wanted is None or found is None:
        return Change(found, wanted)
    return Change(found, replace(wanted, name=found.name, id=found.id, entity=found.entity))


class Banners:
    """The banners of a site."""

    def __init__(self, rest: Rest, connection: Connection) -> None:
        self._rest = rest
        self._endpoint = connection.repository
        self._path = f"{qrs_root(connection)}/custombannermessage"

    def find(self, name: str) -> Banner | None:
        """The banner of this name. Filters of QRS compare without case (D), and two names may differ by that alone (N).

        So the name as it is written goes before others, and several that differ by case are an error.
        """
        request = Request("GET", f"{self._path}/full", {"filter": f"name eq {quoted(name)}"})
        try:
            answer = self._rest.send(self._endpoint, request)
        except RequestFailed as error:
            if error.status == 404:
                error.kind, error.hint = "no_banners", NO_BANNERS
            raise
        items = objects_of(answer.data, f"GET https://{self._endpoint}{request.path}")
        # Looked at again here: whatever a server makes of a filter, no banner of another name is ever touched.
        named = [item for item in items if item.text("id") and fold(item.text("name")) == fold(name)]
        same = [Banner.from_entity(item) for item in named]
        found = [each for each in same if each.name == name] or same
        if len(found) > 1:
            listed = ", ".join(f"'{each.name}' ({each.id})" for each in found)
            raise QlikError(
                "ambiguous_name",
                f"name: there are {len(found)} banners '{name}': {listed}.",
                "Rename or remove all but one of them in the QMC.",
            )
        return found[0] if found else None

    def settle(self, name: str, wanted: Banner | None, write: bool = True) -> Change:
        """Brings about that the banner is as wanted, or is none; returns what was changed, or would be.

        Where somebody else was faster, it is looked again at what there is.
        """
        perhaps_ours: Change | None = None
        for _round in range(MOST_ROUNDS):
            change = plan_change(wanted, self.find(name))
            if not change.is_one:
                return perhaps_ours or change
            if not write:
                return change
            try:
                answer = self._write(change)
            except RequestFailed as error:
                if change.before is None and error.status in (400, 409) and self.find(name):
                    continue  # somebody else has just created it: 400 or 409 (N)
                if error.kind in ("connection_lost", "timeout"):
                    error.hint += " It may have been done anyway. Run it again: it continues from there."
                raise
            if answer.status in DONE:
                return Change(change.before, self._after(change, answer))
            if answer.repeated:  # a first try may have done it, though its answer got lost
                perhaps_ours = change
        raise QlikError(
            "contended",
            f"The banner '{name}' was changed or removed by someone else at every attempt to write it.",
            "Try again. If that does not help, do the clocks of the nodes differ?",
        )

    def _write(self, change: Change) -> Response:
        before, after = change.before, change.after
        if before and after:
            return self._send(Request("PUT", f"{self._path}/{before.id}", body=after.as_entity()))
        if after:
            return self._send(Request("POST", self._path, body=after.as_entity()), overtaken=())
        return self._send(Request("DELETE", f"{self._path}/{before.id if before else ''}"))

    def _send(self, request: Request, overtaken: tuple[int, ...] = OVERTAKEN) -> Response:
        return self._rest.send(self._endpoint, request, accept=(*DONE, *overtaken))

    def _after(self, change: Change, answer: Response) -> Banner | None:
        """The banner as QRS says that it is now (D: POST and PUT answer with the entity)."""
        if change.after is None:
            return None
        if isinstance(answer.data, dict) and answer.data.get("id"):
            return Banner.from_entity(value_of(answer.data, "The response to the change"))
        return self.find(change.after.name)


def checked_name(options: Mapping[str, Any]) -> str:
    """The option ``name``; raises BadOption."""
    name = str(options["name"]).strip()
    if not name.isprintable():
        raise BadOption("name", f"{name!r} holds characters that can't be printed.", "Write it on one line.")
    return name


def _as_kept(message: str) -> str:
    """Blanks at the ends and the kind of line ends make no difference, so that YAML's block texts can be used."""
    return "\n".join(message.strip().splitlines())


def _shown(banner: Banner | None) -> dict[str, Any]:
    return banner.as_diff() if banner else {}
