# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the description of a site from its YAML file."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from ..model.site import Banner, Node, SessionGroup, Site, SiteError, User, VirtualProxy, names
from ..model.site_check import Element, check, element
from ..model.switches import Switches


def load_site(path: Path) -> Site:
    """Read a description from a YAML (or JSON) file. SiteError says what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        return site_from(yaml.safe_load(text))
    except (OSError, UnicodeDecodeError) as error:
        raise SiteError(f"cannot read the site description: {error}") from error
    except yaml.YAMLError as error:
        raise SiteError(f"{path} is not YAML: {error}") from error
    except SiteError as error:
        raise SiteError(f"{path}: {error}") from error


def site_from(document: object) -> Site:
    """A checked site out of a parsed document."""
    if not isinstance(document, dict):
        raise SiteError("the description is a mapping with the keys virtual_proxies, nodes, users, sessions")
    unknown = set(document) - {
        "virtual_proxies",
        "nodes",
        "users",
        "sessions",
        "banners",
        "switches",
        "clock",
        "failover_timeout",
    }
    if unknown:
        raise SiteError(f"unknown key {names(sorted(map(str, unknown)))} in the description")
    site = Site(
        virtual_proxies=_elements(VirtualProxy, document, "virtual_proxies"),
        nodes=_elements(Node, document, "nodes"),
        users=_elements(User, document, "users"),
        sessions=_elements(SessionGroup, document, "sessions"),
        banners=_elements(Banner, document, "banners"),
        switches=_mapping(document, "switches"),
        clock=_clock(document.get("clock")),
        failover_timeout=_minutes(document.get("failover_timeout", 10)),
    )
    try:
        Switches(site.switches)
    except ValueError as error:
        raise SiteError(f"switches: {error}") from error
    check(site)
    return site


def _elements(shape: type[Element], document: dict[str, Any], key: str) -> list[Element]:
    value = document.get(key) or []
    if not isinstance(value, list):
        raise SiteError(f"{key} is a list")
    return [element(shape, f"{key}[{number}]", each) for number, each in enumerate(value)]


def _mapping(document: dict[str, Any], key: str) -> dict[str, Any]:
    value = document.get(key) or {}
    if not isinstance(value, dict):
        raise SiteError(f"{key} is a mapping, not {value!r}")
    return value


def _minutes(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise SiteError(f"failover_timeout is a whole number of minutes from 1 up, not {value!r}")
    return value


def _clock(value: object) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        try:
            value = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        except ValueError as error:
            raise SiteError(f"clock is a time such as 2026-01-15T08:00:00Z, not {value!r}") from error
    if not 1970 < value.year < 9000:  # so that it may be moved on, and back by a time zone
        raise SiteError(f"clock is a time from 1971 to 8999, not in the year {value.year}")
    return value if value.tzinfo else value.replace(tzinfo=timezone.utc)
