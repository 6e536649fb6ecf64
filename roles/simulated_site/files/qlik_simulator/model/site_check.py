# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of a site's description: every message says which element is wrong and what would be right."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeVar

from ..model.site import (
    ANONYMOUS_ACCESS,
    BANNER_TYPES,
    LICENSES,
    NODE_PURPOSES,
    Banner,
    Node,
    SessionGroup,
    Site,
    SiteError,
    User,
    VirtualProxy,
    split_user,
)

Element = TypeVar("Element", VirtualProxy, Node, User, SessionGroup, Banner)

# What a certificate, a file and a URL can all hold; Windows allows underscores.
_HOST_NAME = re.compile(r"(?=.{1,253}$)\w([\w-]*\w)?(\.\w([\w-]*\w)?)*", re.ASCII)
_KINDS: dict[str, tuple[type, str]] = {
    "str": (str, "a text"),
    "bool": (bool, "true or false"),
    "int": (int, "a whole number"),
    "list": (list, "a list"),
}


def element(shape: type[Element], place: str, value: object) -> Element:
    """One element of a list of the description as an object of ``shape``; SiteError when it does not fit."""
    if not isinstance(value, dict):
        raise SiteError(f"{place} is a mapping, not {value!r}")
    fields = {each.name: each for each in dataclasses.fields(shape)}
    for key in value:
        if key not in fields:
            raise SiteError(f"{place}: unknown key {key!r}; there are {', '.join(fields)}")
    for name, each in fields.items():
        required = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
        if required and name not in value:
            raise SiteError(f"{place}: {name} is missing")
    given: dict[str, Any] = {key: _typed(f"{place}.{key}", str(fields[key].type), each) for key, each in value.items()}
    return shape(**given)


def _typed(place: str, annotation: str, value: object) -> object:
    kind, words = _KINDS[annotation.split("[")[0].split(" ")[0]]
    if kind is str and isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # YAML reads an unquoted user id such as 1042 as a number
    if kind is str and isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise SiteError(f"{place} holds half a character: {value!r}")  # which no answer could show
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise SiteError(f"{place} is {words}, not {value!r}")
    if annotation.startswith("list[str]"):
        return [_typed(f"{place}[]", "str", each) for each in _items(value)]
    if annotation.startswith("list[dict"):
        return [attribute(place, each) for each in _items(value)]
    return value


def _items(value: object) -> Iterable[object]:
    assert isinstance(value, list)
    return value


def attribute(place: str, value: object) -> dict[str, str]:
    """One attribute of a session or a user: a mapping of one name to one text (D)."""
    if not isinstance(value, dict) or len(value) != 1:
        raise SiteError(f"{place}: an attribute is a mapping of one name to one value, not {value!r}")
    ((name, text),) = value.items()
    if isinstance(text, dict | list):
        raise SiteError(f"{place}: the value of attribute {name!r} is a text, not {text!r}")
    return {str(name): "" if text is None else str(text)}


def check(site: Site) -> None:
    """Check what only the whole site can tell, and fill in what follows from it."""
    _check_virtual_proxies(site.virtual_proxies)
    _check_nodes(site)
    _unique("users", "user", [f"{user.directory}\\{user.id}".lower() for user in site.users])
    for number, user in enumerate(site.users):
        if not user.directory or not user.id:
            raise SiteError(f"users[{number}]: directory and id are not empty")
        check_license(f"users[{number}]", user.license)
    for number, group in enumerate(site.sessions):
        _check_sessions(site, f"sessions[{number}]", group)
    _unique("banners", "name", [banner.name.casefold() for banner in site.banners])
    for number, banner in enumerate(site.banners):
        check_banner(f"banners[{number}]", banner)


def check_license(place: str, license_: str) -> None:
    """Check that it is one of those there are."""
    if license_ not in LICENSES:
        raise SiteError(f"{place}: license is one of {', '.join(LICENSES)}, not {license_!r}")


def check_banner(place: str, banner: Banner) -> None:
    """Check what the types of its fields do not tell."""
    if not banner.name.strip():
        raise SiteError(f"{place}: name is empty")
    if banner.message_type not in BANNER_TYPES:
        raise SiteError(f"{place}: message_type is one of {', '.join(BANNER_TYPES)}, not {banner.message_type!r}")
    if banner.duration < 1:
        raise SiteError(f"{place}: duration is at least one second")


def _check_virtual_proxies(virtual_proxies: list[VirtualProxy]) -> None:
    _unique("virtual_proxies", "id", [each.id for each in virtual_proxies if each.id])
    uses = Counter(each.prefix for each in virtual_proxies)
    for number, each in enumerate(virtual_proxies):
        place = f"virtual_proxies[{number}]"
        if each.prefix.startswith("/") or each.prefix.endswith("/") or "#" in each.prefix:  # D
            raise SiteError(f"{place}: prefix {each.prefix!r} may hold a slash, but not at its ends, and no '#'")
        if uses[each.prefix] > 1 and not each.id:
            raise SiteError(f"{place}: two virtual proxies have the prefix {each.prefix!r}: give each an id")
        if each.session_inactivity_timeout < 1:
            raise SiteError(f"{place}: session_inactivity_timeout is at least one minute")
        if each.anonymous_access not in ANONYMOUS_ACCESS:
            allowed = ", ".join(ANONYMOUS_ACCESS)
            raise SiteError(f"{place}: anonymous_access is one of {allowed}, not {each.anonymous_access!r}")
        suffix = (each.id or each.prefix).replace("/", "-")
        each.id = each.id or each.prefix
        each.session_cookie_header_name = each.session_cookie_header_name or "-".join(
            part for part in ("X-Qlik-Session", suffix) if part
        )


def _check_nodes(site: Site) -> None:
    if not site.nodes:
        raise SiteError("nodes: a site has at least one")
    for number, node in enumerate(site.nodes):
        if not node.name.strip():
            raise SiteError(f"nodes[{number}]: name is empty")
        if node.purpose not in NODE_PURPOSES:
            allowed = ", ".join(NODE_PURPOSES)
            raise SiteError(f"nodes[{number}] ({node.name}): purpose is one of {allowed}, not {node.purpose!r}")
        if not _HOST_NAME.fullmatch(node.host_name):
            raise SiteError(
                f"nodes[{number}] ({node.name}): "
                f"host_name has letters, digits, hyphens and dots, not {node.host_name!r}"
            )
    _unique("nodes", "name", [node.name.lower() for node in site.nodes])
    _unique("nodes", "host_name", [node.host_name.lower() for node in site.nodes])
    central = [node.name for node in site.nodes if node.central]
    if not central:
        site.nodes[0].central = True
    elif len(central) > 1:
        raise SiteError(f"nodes: only one is central, not {' and '.join(central)}")
    for number, node in enumerate(site.nodes):
        place = f"nodes[{number}] ({node.name})"
        if node.virtual_proxies and not node.proxy:
            raise SiteError(f"{place}: has no proxy, so it cannot serve virtual proxies")
        try:
            prefixes = [each.prefix for each in site.linked(node)]
        except SiteError as error:
            raise SiteError(f"{place}: {error}") from error
        _unique(place, "prefix", prefixes)
    for virtual_proxy in site.virtual_proxies:
        for name in virtual_proxy.load_balancing_nodes or []:
            site.node(name)


def _check_sessions(site: Site, place: str, group: SessionGroup) -> None:
    try:
        split_user(group.user)
        node = site.node(group.node)
        served = {each.id: each for each in site.linked(node)}
        name = group.virtual_proxy
        if name not in served and name not in {each.prefix for each in served.values()}:
            raise SiteError(f"node {node.name} does not serve the virtual proxy {name!r}")
    except SiteError as error:
        raise SiteError(f"{place}: {error}") from error
    if group.count < 1:
        raise SiteError(f"{place}: count is at least 1")
    if not 0 <= group.idle <= group.age:
        raise SiteError(f"{place}: idle is from 0 to age, which is {group.age}, and not {group.idle}")


def _unique(where: str, what: str, values: list[Any]) -> None:
    seen = set()
    for value in values:
        if value in seen:
            raise SiteError(f"{where}: two have the {what} '{value}'")
        seen.add(value)
