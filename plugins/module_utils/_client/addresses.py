# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Host names and addresses: as certificates have them, as URLs have them, and as NO_PROXY names them. Pure."""

from __future__ import annotations

import ipaddress
import re


def as_in_certificates(host_name: str) -> str:
    name = without_brackets(host_name.strip())
    return name[:-1] if name.endswith(".") else name


def as_in_urls(address: str) -> str:
    return f"[{address}]" if is_ipv6(address) else address


def without_brackets(address: str) -> str:
    inner = address[1:-1]
    return inner if address == f"[{inner}]" and is_ipv6(inner) else address


def folded_host(host_name: str) -> str:
    return as_in_certificates(host_name).lower()


def is_ipv6(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).version == 6
    except ValueError:
        return False


def bypasses_proxy(host: str, port: int, no_proxy: str) -> bool:
    """Whether a value of NO_PROXY spares a host: as ``*``, by its name or its domain, by its address or network.

    A domain may be written ``example.com``, ``.example.com`` or ``*.example.com``, and a port may follow.
    """
    name = folded_host(host)
    return any(_spares(entry, name, port) for entry in re.split(r"[,\s]+", no_proxy.lower()) if entry)


def _spares(entry: str, name: str, port: int) -> bool:
    if entry == "*":
        return True
    if _network(entry) is None:
        without_port, colon, number = entry.rpartition(":")
        if colon and number.isdecimal():
            if int(number) != port:
                return False
            entry = without_port
    entry = without_brackets(entry)
    network, address = _network(entry), _network(name)
    if network is not None and address is not None:
        return address.network_address in network
    domain = folded_host(entry[1:] if entry.startswith("*.") else entry).lstrip(".")
    # An address has no domain: 1.10.0.0 does not belong to 10.0.0.
    return bool(domain) and (name == domain or (address is None and name.endswith(f".{domain}")))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
