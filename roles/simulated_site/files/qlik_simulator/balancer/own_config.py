# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody's own configuration of HAProxy, made to stand in front of the simulated site and nothing else.

Names, cookies, checks, weights and rules stay as they are. Addresses, certificates and sockets become those of the
site, and what would reach a real machine or a file of the real host is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..balancer.haproxy_config import BackendServer, BalancerError, quoted

# Sections by what they begin with; those that are not kept reach out to other hosts, or are of no use here.
_KEPT = ("defaults", "frontend", "backend", "listen", "userlist", "cache")
_LEFT_OUT = (
    *("global", "peers", "resolvers", "mailers", "program", "ring", "http-errors", "fcgi-app", "log-forward"),
    *("traces", "crt-store", "crt-list", "spoe-agent", "spoe-message"),
)
_OF_GLOBAL = ("maxconn", "nbthread", "tune.", "ssl-default-bind-", "ssl-default-server-", "hard-stop-after")
_NOT_HERE = frozenset(
    {
        "log",
        "errorfile",
        "errorfiles",
        "email-alert",
        "filter",
        "source",
        "dispatch",
        "external-check",
        "server-template",
    }
)
# Parameters of servers that say where a server is and whom it trusts: those that a word follows, and those without one.
_PLACES = frozenset(
    {
        *("verify", "ca-file", "crl-file", "crt", "sni", "check-sni", "verifyhost", "port", "addr", "source", "track"),
        *("resolvers", "resolve-prefer", "resolve-net", "resolve-opts", "init-addr"),
        *("agent-addr", "agent-port", "agent-inter", "agent-send"),
    }
)
_WAYS = frozenset({"agent-check", "send-proxy", "send-proxy-v2", "send-proxy-v2-ssl", "check-send-proxy"})


@dataclass
class _Section:
    kind: str
    name: str
    head: str
    lines: list[list[str]] = field(default_factory=list)

    def words(self, *keywords: str) -> Iterator[list[str]]:
        yield from (words for words in self.lines if words[0] in keywords)


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
        sections = list(_sections(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise BalancerError(f"{file} can't be read: {error}") from error
    notes: list[str] = []
    servers: list[tuple[str, str, str]] = []
    for section in sections:
        _replace_servers(section, _ssl_by_default(sections, section), ports, root, servers, notes)
    backends = {backend for _node, backend, _server in servers}
    if not backends:
        known = ", ".join(port.host_name for port in ports)
        raise BalancerError(f"{file} has no server that is a node of the site; these have the addresses {known}")
    entrance = _entrance(sections, backends)
    if entrance is None:
        raise BalancerError(f"{file} has no frontend that leads to {', '.join(sorted(backends))}")
    is_tls = _bind(entrance, address, number, certificate)
    kept = [section for section in sections if _is_kept(section, entrance, notes)]
    text = "\n".join([*_global(sections, admin_socket), *(line for section in kept for line in _written(section))])
    return OwnConfiguration(f"{text}\n", tuple(servers), is_tls, tuple(notes))


def _sections(text: str) -> Iterator[_Section]:
    current: _Section | None = None
    for line in text.splitlines():
        words = line.split("#", 1)[0].split() if line.lstrip().startswith("#") or " #" in line else line.split()
        if not words:
            continue
        if words[0] in (*_KEPT, *_LEFT_OUT) and not line[:1].isspace():
            if current:
                yield current
            current = _Section(words[0], words[1] if len(words) > 1 else "", " ".join(words))
        elif current:
            current.lines.append(words)
    if current:
        yield current


def _ssl_by_default(sections: Iterable[_Section], section: _Section) -> bool:
    """Whether servers speak TLS without saying so themselves."""
    above = [each for each in sections if each.kind == "defaults"]
    return any("ssl" in words for each in (*above, section) for words in each.words("default-server"))


def _replace_servers(
    section: _Section,
    is_ssl: bool,
    ports: list[BackendServer],
    root: Path,
    servers: list[tuple[str, str, str]],
    notes: list[str],
) -> None:
    lines: list[list[str]] = []
    for words in section.lines:
        if words[0] == "default-server":
            words = [words[0], *_without_places(words[1:])]
        if words[0] != "server" or len(words) < 3:
            lines.append(words)
            continue
        port = _port_of(words[1], words[2], ports)
        if port is None:
            notes.append(f"HAProxy: server {section.name}/{words[1]} is no node of the site, and left out")
            continue
        kept = _without_places(words[3:])
        if is_ssl or "ssl" in kept or "check-ssl" in kept:
            host = port.host_name
            kept += ["verify", "required", "ca-file", quoted(root)]
            kept += ["sni", f"str({host})", "check-sni", host, "verifyhost", host]
        lines.append(["server", words[1], f"{port.address}:{port.port}", *kept])
        servers.append((port.node, section.name, words[1]))
    section.lines = lines


def _port_of(name: str, address: str, ports: Iterable[BackendServer]) -> BackendServer | None:
    """The node that a server stands for, by its address, or else by its name."""
    host = address.rpartition(":")[0] or address
    for wanted in (host, name):
        for port in ports:
            names = {port.node, port.host_name, port.host_name.partition(".")[0]}
            if wanted.lower() in {each.lower() for each in names}:
                return port
    return None


def _without_places(words: Iterable[str]) -> list[str]:
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in _PLACES:
            next(rest, "")
        elif word not in _WAYS:
            kept.append(word)
    return kept


def _entrance(sections: Iterable[_Section], backends: set[str]) -> _Section | None:
    """Where people come in: what leads to the nodes, by TLS if there is such a way."""
    leading = [
        section
        for section in sections
        if section.kind in ("frontend", "listen")
        and any(section.words("bind"))
        and (
            section.name in backends
            or any(words[1] in backends for words in section.words("default_backend", "use_backend") if len(words) > 1)
        )
    ]
    by_tls = [section for section in leading if any("ssl" in words for words in section.words("bind"))]
    return next(iter([*by_tls, *leading]), None)


def _bind(entrance: _Section, address: str, number: int, certificate: Path) -> bool:
    """One port, with the certificate of the site where the own one had any. Whether it has."""
    is_tls = any("ssl" in words for words in entrance.words("bind"))
    tls = ["ssl", "crt", quoted(certificate)] if is_tls else []
    others = [words for words in entrance.lines if words[0] != "bind"]
    entrance.lines = [["bind", f"{address}:{number}", *tls], *others]
    return is_tls


def _is_kept(section: _Section, entrance: _Section, notes: list[str]) -> bool:
    is_other_way_in = section.kind in ("frontend", "listen") and section is not entrance
    if section.kind in _KEPT and not is_other_way_in:
        return True
    if section.kind != "global":
        notes.append(f"HAProxy: {section.head} is left out")
    return False


def _global(sections: Iterable[_Section], admin_socket: Path) -> Iterator[str]:
    yield "global"
    yield f"    stats socket {quoted(admin_socket)} mode 600 level admin"
    for section in sections:
        if section.kind == "global":
            yield from (f"    {' '.join(words)}" for words in section.lines if words[0].startswith(_OF_GLOBAL))


def _written(section: _Section) -> Iterator[str]:
    yield ""
    yield section.head
    for words in section.lines:
        names_a_file = "-f" in words and words[0] in ("acl", "http-request", "http-response", "use_backend")
        if words[0] not in _NOT_HERE and not names_a_file:
            yield f"    {' '.join(_without_peers(words))}"


def _without_peers(words: list[str]) -> list[str]:
    if words[0] != "stick-table" or "peers" not in words:
        return words
    at = words.index("peers")
    return words[:at] + words[at + 2 :]
