# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody's own configuration of HAProxy, made to stand in front of the simulated site and nothing else.

Names, cookies, checks, weights and rules stay as they are. Addresses, certificates and sockets become those of the
site, and what would reach a real machine or a file of the real host is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..balancer.haproxy_config import BackendServer, BalancerError, quoted
from ..balancer.haproxy_words import KEPT, Section, Words, plain, sections_of
from ..balancer.own_rules import without_the_host

_OF_GLOBAL = ("maxconn", "nbthread", "tune.", "ssl-default-bind-", "ssl-default-server-", "hard-stop-after")
# Parameters of servers that say where a server is and whom it trusts: those that a word follows, and those without one.
_PLACES = frozenset(
    {
        *("verify", "ca-file", "crl-file", "crt", "sni", "check-sni", "verifyhost", "port", "addr", "source", "track"),
        *("resolvers", "resolve-prefer", "resolve-net", "resolve-opts", "init-addr", "ws", "namespace", "ktls"),
        *("agent-addr", "agent-port", "agent-inter", "agent-send"),
    }
)
_WAYS = frozenset({"agent-check", "send-proxy", "send-proxy-v2", "send-proxy-v2-ssl", "check-send-proxy"})
_SPAN = re.compile(r"(?:(\d+)-)?(\d+)", re.ASCII)  # of a server-template: how many, or from which to which
_FAMILY = re.compile(r"^(ipv4|ipv6|tcp|tcp4|tcp6)@")


@dataclass(frozen=True)
class OwnConfiguration:
    """``servers``: node, backend and name of the server, in the order of the file."""

    text: str
    servers: tuple[tuple[str, str, str], ...]
    is_tls: bool
    notes: tuple[str, ...]


def own_configuration(
    file: Path, ports: list[BackendServer], address: str, number: int, certificate: Path, root: Path, admin_socket: Path
) -> OwnConfiguration:
    """The configuration in a file with the site's addresses. BalancerError where it does not lead to a node."""
    try:
        sections = list(sections_of(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise BalancerError(f"{file} can't be read: {error}") from error
    notes: list[str] = []
    servers: list[tuple[str, str, str]] = []
    for section in sections:
        _replace_servers(section, _ssl_by_default(sections, section), ports, root, servers, notes)
    backends = list(dict.fromkeys(backend for _node, backend, _server in servers))
    if not backends:
        known = ", ".join(port.host_name for port in ports)
        raise BalancerError(f"{file} has no server that is a node of the site; these have the addresses {known}")
    entrance = _entrance(sections, backends)
    if entrance is None:
        raise BalancerError(f"{file} has no frontend that leads to {', '.join(sorted(backends))}")
    is_tls = _bind(entrance, address, number, certificate) or _passes_tls_on(sections, entrance, backends)
    kept = [section for section in sections if _is_kept(section, entrance, notes)]
    for section in kept:
        section.lines = without_the_host(section, {server for _node, _backend, server in servers}, notes)
    _lead(entrance, backends)
    text = "\n".join([*_global(sections, admin_socket), *(line for section in kept for line in _written(section))])
    return OwnConfiguration(f"{text}\n", tuple(servers), is_tls, tuple(notes))


def _ssl_by_default(sections: Iterable[Section], section: Section) -> bool:
    """Whether servers speak TLS without saying so themselves."""
    above = [each for each in sections if each.kind == "defaults"]
    return any("ssl" in words for each in (*above, section) for words in each.words("default-server"))


def _passes_tls_on(sections: Iterable[Section], entrance: Section, backends: list[str]) -> bool:
    """Whether people speak TLS with the nodes themselves, whose ports have nothing else."""
    above = [section for section in sections if section.kind == "defaults"]
    modes = [words[1] for section in (*above, entrance) for words in section.words("mode") if len(words) > 1]
    behind = [section for section in sections if section.name in backends]
    servers = [words for section in (*above, *behind) for words in section.words("server", "default-server")]
    return modes[-1:] != ["http"] and not any("ssl" in words for words in servers)  # without a mode it is tcp


def _replace_servers(
    section: Section,
    is_ssl: bool,
    ports: list[BackendServer],
    root: Path,
    servers: list[tuple[str, str, str]],
    notes: list[str],
) -> None:
    lines: list[Words] = []
    for words in section.lines:
        if words[0] == "default-server":
            lines.append([words[0], *_without_places(words[1:])])
        elif words[0] in ("server", "server-template") and len(words) > 2:
            for name, port, options in _servers_of(section, words, ports, notes):
                lines.append(["server", name, f"{port.address}:{port.port}", *_trusting(options, is_ssl, port, root)])
                servers.append((port.node, section.name, plain(name)))
        else:
            lines.append(words)
    section.lines = lines


def _servers_of(
    section: Section, words: Words, ports: list[BackendServer], notes: list[str]
) -> Iterator[tuple[str, BackendServer, Words]]:
    """The nodes that a line of servers stands for. A template takes them in order, as they would come out of DNS."""
    if words[0] == "server-template" and len(words) > 3:
        span = _SPAN.fullmatch(words[2])
        numbers = range(int(span[1] or 1), int(span[2]) + 1) if span else range(0)
        for number, each in zip(numbers, ports, strict=False):
            notes.append(f"HAProxy: {section.name}/{words[1]}{number} is {each.node}: a server-template names no node")
            yield f"{words[1]}{number}", each, words[4:]
        return
    port = _port_of(plain(words[1]), plain(words[2]), ports)
    if port:
        yield words[1], port, words[3:]
    else:
        notes.append(f"HAProxy: server {section.name}/{plain(words[1])} is no node of the site, and left out")


def _port_of(name: str, address: str, ports: Iterable[BackendServer]) -> BackendServer | None:
    """The node that a server stands for, by its address, or else by its name."""
    address = _FAMILY.sub("", address)
    host = address.rpartition(":")[0] or address
    for wanted in (host, name):
        for port in ports:
            names = {port.node, port.host_name, port.host_name.partition(".")[0]}
            if wanted.lower() in {each.lower() for each in names}:
                return port
    return None


def _trusting(options: Words, is_ssl: bool, port: BackendServer, root: Path) -> Words:
    """The parameters of a server, with the certificates of the site in place of those of the real host."""
    kept = _without_places(options)
    if is_ssl or "ssl" in kept or "check-ssl" in kept:
        host = port.host_name
        kept += ["verify", "required", "ca-file", quoted(root)]
        kept += ["sni", f"str({host})", "check-sni", host, "verifyhost", host]
    return kept


def _without_places(words: Iterable[str]) -> Words:
    kept: Words = []
    rest = iter(words)
    for word in rest:
        if word in _PLACES:
            next(rest, "")
        elif word not in _WAYS:
            kept.append(word)
    return kept


def _entrance(sections: Iterable[Section], backends: list[str]) -> Section | None:
    """Where people come in: what leads to the nodes, by TLS if there is such a way."""
    ways_in = [section for section in sections if section.kind in ("frontend", "listen") and any(section.words("bind"))]
    leading = [section for section in ways_in if _leads(section, backends)]
    computed = [section for section in ways_in if any(plain(words[1]).startswith("%[") for words in _routes(section))]
    found = leading or computed
    by_tls = [section for section in found if any("ssl" in words for words in section.words("bind"))]
    return next(iter([*by_tls, *found]), None)


def _leads(section: Section, backends: list[str]) -> bool:
    return section.name in backends or any(plain(words[1]) in backends for words in _routes(section))


def _routes(section: Section) -> Iterator[Words]:
    yield from (words for words in section.words("default_backend", "use_backend") if len(words) > 1)


def _lead(entrance: Section, backends: list[str]) -> None:
    """Lets the entrance lead to the nodes still, where the rule that did went with a file of the real host."""
    if not _leads(entrance, backends):
        entrance.lines.append(["default_backend", backends[0]])


def _bind(entrance: Section, address: str, number: int, certificate: Path) -> bool:
    """One port, with the certificate of the site where the own one had any. Whether it has."""
    is_tls = any("ssl" in words for words in entrance.words("bind"))
    tls = ["ssl", "crt", quoted(certificate)] if is_tls else []
    others = [words for words in entrance.lines if words[0] != "bind"]
    entrance.lines = [["bind", f"{address}:{number}", *tls], *others]
    return is_tls


def _is_kept(section: Section, entrance: Section, notes: list[str]) -> bool:
    is_other_way_in = section.kind in ("frontend", "listen") and section is not entrance
    if section.kind in KEPT and not is_other_way_in:
        return True
    if section.kind != "global":
        notes.append(f"HAProxy: {section.head} is left out")
    return False


def _global(sections: Iterable[Section], admin_socket: Path) -> Iterator[str]:
    yield "global"
    yield f"    stats socket {quoted(admin_socket)} mode 600 level admin"
    for section in sections:
        if section.kind == "global":
            yield from (f"    {' '.join(words)}" for words in section.lines if words[0].startswith(_OF_GLOBAL))


def _written(section: Section) -> Iterator[str]:
    yield ""
    yield section.head
    yield from (f"    {' '.join(words)}" for words in section.lines)
