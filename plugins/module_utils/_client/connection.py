# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach a site: the connection options as values, checked, and the TLS context made of them."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ansible_collections.qlikops.sense.plugins.module_utils._client.addresses import (
    as_in_certificates,
    as_in_urls,
    folded_host,
    is_ipv6,
    without_brackets,
)
from ansible_collections.qlikops.sense.plugins.module_utils._client.certificates import (
    PEM_BEGINS,
    certificates_in,
    load_client_certificate,
    verifying_context,
)
from ansible_collections.qlikops.sense.plugins.module_utils._client.deadline import LimitedSocket
from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, require_range

RANGES = {"timeout": (1, 3600), "retries": (0, 10), "max_parallel": (1, 256)}
PATHS = ("client_cert", "client_key", "ca_path")
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Endpoint:
    """A service of a node: the node's own host name, which its certificate must carry, and the port.

    The name is kept as certificates have it: an IPv6 address without brackets, a name without the dot at its end.
    """

    host_name: str
    port: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "host_name", as_in_certificates(self.host_name))

    def __str__(self) -> str:
        return f"{as_in_urls(self.host_name)}:{self.port}"


@dataclass(frozen=True)
class Connection:
    """The connection options of every module; ``timeout`` in seconds, ``ends_at`` on the monotonic clock."""

    host: str
    client_cert: str
    client_key: str
    client_key_password: str | None = field(default=None, repr=False)
    ca_path: str | None = None
    validate_certs: bool = True
    qrs_port: int = 4242
    qps_port: int | None = None
    qrs_virtual_proxy: str | None = None
    api_user: str = "INTERNAL\\sa_api"
    host_map: Mapping[str, str] = field(default_factory=dict)
    use_proxy: bool = True
    timeout: float = 30
    retries: int = 2
    max_parallel: int = 16
    ends_at: float | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Connection:
        """Takes a module's parameters; raises BadOption for values that can't be meant."""
        given = {name: options[name] for name in cls.__dataclass_fields__ if options.get(name) is not None}
        _require_text(given)
        given["host"] = as_in_certificates(given["host"])
        given["host_map"] = {
            folded_host(name): _checked_address(name, address) for name, address in given.get("host_map", {}).items()
        }
        connection = cls(**given)
        for option in ("qrs_port", "qps_port"):
            port = getattr(connection, option)
            if port is not None and not 1 <= port <= 65535:
                raise BadOption(option, f"{port} is not a port.", "Ports go from 1 to 65535.")
        for option, (least, most) in RANGES.items():
            require_range(option, getattr(connection, option), least, most)
        user_header(connection.api_user)
        _require_host_name("host", connection.host, "the port is qrs_port")
        _require_prefix(connection.qrs_virtual_proxy or "")
        return connection

    @property
    def repository(self) -> Endpoint:
        return Endpoint(self.host, self.qrs_port)

    @property
    def asks_at_user_port(self) -> bool:
        """Whether QRS is asked through a virtual proxy, on the port where users come in."""
        return self.qrs_virtual_proxy is not None

    @property
    def prefix_path(self) -> str:
        """What paths begin with at ``repository``: nothing, or the virtual proxy to go through."""
        prefix = quote((self.qrs_virtual_proxy or "").strip("/"))
        return f"/{prefix}" if prefix else ""

    def seconds_for_a_request(self) -> float:
        """``timeout``, or what is left until ``ends_at`` where that is less."""
        return self.timeout if self.ends_at is None else max(0.1, min(self.timeout, self.ends_at - time.monotonic()))

    def address_of(self, host_name: str) -> str:
        """Where to connect for a node, as it stands in a URL."""
        return as_in_urls(self.host_map.get(folded_host(host_name), host_name))

    def tls_context(self) -> ssl.SSLContext:
        """One context for all connections; raises BadOption where a file can't be used."""
        if self.validate_certs:
            context = verifying_context(self.ca_path)
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        # Services on http.sys may ask for the certificate only after the handshake (qlik-api 3.4, I).
        context.post_handshake_auth = True
        context.sslsocket_class = LimitedSocket
        _offer_protocols_once(context)
        load_client_certificate(context, self.client_cert, self.client_key, self.client_key_password or "")
        return context

    def trusts_only_its_own_certificate(self) -> bool:
        """Whether ca_path holds the client's certificate in place of the one that signed the nodes'."""
        if not self.ca_path:
            return False
        try:
            trusted, own = certificates_in(self.ca_path), certificates_in(self.client_cert)
        except OSError:  # taken away since the context was made
            return False
        return bool(trusted) and set(trusted) == set(own[:1])


def user_header(user: str) -> str:
    """The value of ``X-Qlik-User``: URL-encoded UTF-8 (D: Injected-Req-Headers-X-Qlik-User). Raises BadOption."""
    directory, backslash, user_id = user.partition("\\")
    if not (directory and backslash and user_id):
        raise BadOption(
            "api_user",
            f"'{user}' does not name a user.",
            "Write DIRECTORY\\id, for example INTERNAL\\sa_api.",
        )
    return f"UserDirectory={quote(directory, safe='')}; UserId={quote(user_id, safe='')}"


def _offer_protocols_once(context: ssl.SSLContext) -> None:
    """Has every connection offer HTTP/1.1 without anyone saying so again.

    urllib3 says it of the context before each connection. That frees what OpenSSL may be copying for a connection of
    another thread, which then begins with garbage, and the node hangs up (python/cpython#141012).
    """
    context.set_alpn_protocols(["http/1.1"])
    context.set_alpn_protocols = lambda alpn_protocols: None  # type: ignore[method-assign]  # of this context alone


def _require_text(options: Mapping[str, Any]) -> None:
    """Refuses what no name, path or user has. The values are not shown: a path may turn out to be a pasted key."""
    texts = [(option, options.get(option)) for option in ("host", *PATHS, "qrs_virtual_proxy", "api_user")]
    texts += [("host_map", text) for entry in options.get("host_map", {}).items() for text in entry]
    for option, text in texts:
        if not isinstance(text, str):
            continue
        if option in PATHS and PEM_BEGINS in text:
            raise BadOption(option, "it is the content of a file, not a path.", "Save it to a file and give its path.")
        if CONTROL_CHARACTER.search(text):
            raise BadOption(
                option,
                "it contains a NUL, a line break or another control character.",
                "Write it on one line, with nothing before or after it.",
            )
        _require_utf8(option, text)
    _require_utf8("client_key_password", options.get("client_key_password", ""))


def _require_utf8(option: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:  # not chained: it quotes what may be a password
        raise BadOption(option, "it is not valid UTF-8.", "Write it in UTF-8.") from None


def _require_prefix(prefix: str) -> None:
    """URL libraries fold paths and cut them, so QRS would be sought somewhere else than said."""
    if {".", ".."} & set(prefix.split("/")) or set("?#\\") & set(prefix):
        raise BadOption(
            "qrs_virtual_proxy",
            f"'{prefix}' is not the prefix of a virtual proxy.",
            "Write the prefix as the QMC shows it, without '.' or '..' as a part and without ?, # and backslashes.",
        )


def _checked_address(host_name: str, address: Any) -> str:
    if not isinstance(address, str) or not address.strip():
        raise BadOption("host_map", f"no address is given for {host_name}.", "Write node host name: address.")
    checked = without_brackets(address.strip())
    _require_host_name("host_map", checked, "ports come from qrs_port and from QRS")
    return checked


def _require_host_name(option: str, name: str, about_ports: str) -> None:
    if not is_ipv6(name) and (set(":/?#@%\\[]") & set(name) or len(name.split()) != 1):
        raise BadOption(
            option,
            f"'{name}' is not a host name or an address.",
            f"Write it without a scheme or port; {about_ports}.",
        )
