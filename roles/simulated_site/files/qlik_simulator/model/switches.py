# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Switches: one for every behaviour that the known facts leave open, so that a client can be tried with each setting.

A client should work with every setting of every switch; the grade says how sure the default is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Setting = str | float


@dataclass(frozen=True)
class Switch:
    """One open question: the settings it may have (``None``: any number of seconds >= 0), the default, the grade.

    ``more`` is a regular expression of further settings, in lower case, and ``example`` shows how they are written.
    """

    settings: tuple[str, ...] | None
    default: Setting
    grade: str
    question: str
    more: str | None = None
    example: str = ""


SWITCHES: dict[str, Switch] = {
    "client_certificate": Switch(
        ("optional", "required"), "optional", "I", "A client without a good certificate: HTTP 403, or refused by TLS"
    ),
    "tls": Switch(("both", "1.2", "1.3"), "both", "D", "TLS versions on offer; a real host follows its registry"),
    "unknown_prefix": Switch(
        ("not_found", "empty"), "not_found", "N", "QPS, prefix that this proxy does not serve: 404, or an empty list"
    ),
    "user_without_sessions": Switch(
        ("empty", "not_found"), "empty", "N", "QPS, user who has no session: 200 and an empty list, or 404"
    ),
    "qrs_without_user": Switch(("allow", "forbid"), "allow", "N", "QRS without X-Qlik-User: full rights, or 403"),
    "unknown_user": Switch(
        ("nothing", "everything"), "nothing", "N", "QRS, X-Qlik-User names nobody it knows: nothing is seen, or all"
    ),
    "interface_description": Switch(
        ("served", "absent"), "served", "D", "about/openapi of QRS: is there, or not, as in an older release"
    ),
    "qlik_user_at_user_port": Switch(
        ("session", "no_session"),
        "session",
        "N",
        "QRS through a virtual proxy whose header is X-Qlik-User: one session for each call without a cookie, or none",
    ),
    "readable_users": Switch(
        ("all", "none", "own"),
        "all",
        "N",
        "QRS user: which users are shown to those who may read the repository; the others are as if not there",
        more=r"directory:.+|(100|[0-9]{1,2})%",
        example="directory:LAB, 50%",
    ),
    "user_name_field": Switch(("absent", "null"), "absent", "L", "Field UserName of a session: not there, or null"),
    "alive_while_starting": Switch(
        ("unavailable", "false"), "unavailable", "I", "QPS alive of a proxy that starts: 503, or 200 and false"
    ),
    "add_session_status": Switch(("201", "200"), "201", "N", "Status of POST session on QPS"),
    "deleted_session": Switch(
        ("session", "wrapped"),
        "session",
        "D",
        "Answer to DELETE session on QPS: the session, or an object of session and lastSessionForUser",
    ),
    "disabled_proxy_service": Switch(
        ("listed", "absent"), "listed", "I", "QRS proxyservice: does it list nodes whose proxy is disabled"
    ),
    "condensed_services": Switch(
        ("fields", "bare"),
        "fields",
        "I",
        "QRS proxyservice and servicestatus without /full: the fields that matter, or id and privileges alone",
    ),
    "filter_proxy_enabled": Switch(
        ("works", "ignored", "refused"),
        "works",
        "C",
        "QRS proxyservice, filter on serverNodeConfiguration.proxyEnabled: works, selects every node, or 400",
    ),
    "banners": Switch(
        ("served", "absent"), "served", "D", "QRS custombannermessage: is there, or not yet, as in an older release"
    ),
    "banner_message_type": Switch(
        ("number", "name"), "number", "C", "QRS custombannermessage, messageType in answers: a number, or a name"
    ),
    "banner_names": Switch(
        ("any_case", "exact"), "any_case", "N", "QRS custombannermessage: are names that differ by case alone the same"
    ),
    "duplicate_banner": Switch(("400", "409"), "400", "N", "QRS custombannermessage, POST of a name that is there"),
    "stale_banner": Switch(
        ("refused", "accepted"), "refused", "D", "QRS custombannermessage, PUT with an older modifiedDate: 409, or done"
    ),
    "usage_shown": Switch(
        ("all", "none", "refused", "absent"),
        "all",
        "N",
        "QRS usage rows, to others than its own account: shown, as if there were none, 403, or 404 for everybody",
    ),
    "usage_session_ids": Switch(
        ("same", "upper", "hashed"),
        "same",
        "C",
        "QRS usage rows: ids of sessions as QPS has them, in capitals, or hashed",
    ),
    "usage_times": Switch(
        ("utc", "bare", "east", "west"),
        "utc",
        "D",
        "QRS usage rows, times: with a Z, without and yet UTC, or local ones without: of UTC+5:30, of UTC-5",
    ),
    "usage_rows": Switch(
        ("each", "doubled"),
        "each",
        "N",
        "QRS usage rows: one of each, a second that is older, or those of a share of the sessions alone",
        more=r"(100|[0-9]{1,2})%",
        example="50%",
    ),
    "usage_modified_by": Switch(
        ("user", "repository"), "user", "C", "QRS usage rows, modifiedByUserName: the user, or Qlik's own account"
    ),
    "usage_lag_seconds": Switch(None, 0.0, "N", "QRS writes usage rows every so many seconds; 0 is at once"),
    "usage_outlives_seconds": Switch(
        None, 300.0, "I", "QRS keeps a usage row for so many seconds after its session has ended"
    ),
    "executing_node": Switch(
        ("host", "name", "blank"), "host", "N", "QRS executionsession, executingNodeName: host name, name, or nothing"
    ),
    "service_status_seconds": Switch(
        None, 10.0, "N", "QRS brings servicestatus up to date every so many seconds; its timestamp says when"
    ),
}


class Switches:
    """The settings of one site. ``tls`` reads as ``switches["tls"]``."""

    def __init__(self, settings: Mapping[str, object] | None = None) -> None:
        self._settings: dict[str, Setting] = {name: switch.default for name, switch in SWITCHES.items()}
        self.update(settings or {})

    def __getitem__(self, name: str) -> Setting:
        return self._settings[name]

    def update(self, settings: Mapping[str, object]) -> set[str]:
        """Take over settings, all or none; return the names that changed. ValueError says what is wrong."""
        checked = {name: _checked(name, value) for name, value in settings.items()}
        changed = {name for name, value in checked.items() if self._settings[name] != value}
        self._settings.update(checked)
        return changed

    def as_dict(self) -> dict[str, Setting]:
        """Every switch and its setting."""
        return dict(self._settings)


def _checked(name: str, value: object) -> Setting:
    switch = SWITCHES.get(name)
    if switch is None:
        raise ValueError(f"unknown switch {name!r}; there are {', '.join(sorted(SWITCHES))}")
    if switch.settings is not None:
        setting = str(value).lower()
        if setting in switch.settings:
            return setting
        if switch.more and re.fullmatch(switch.more, setting):
            return str(value)  # as it was spelled, so that who compares it with what they set sees no change
        known = ", ".join([*switch.settings, *([switch.example] if switch.example else [])])
        raise ValueError(f"switch {name} is one of {known}, not {value!r}")
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"switch {name} is a number of seconds, not {value!r}")
    return seconds
