# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection qlikops.sense: it may change at any time.
# Do not import it from outside.

"""How to reach a site: the connection options as values, checked, and the TLS context made of them."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ansible_collections.qlikops.sense.plugins.module_utils._deadline import LimitedSocket
from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption


@dataclass(frozen=True)
class Endpoint:
    """A service of a node: the node's own host name, which its certificate must carry, and the port."""

    host_name: str
    port: int

    def __str__(self) -> str:
        return f"{self.host_name}:{self.port}"


@dataclass(frozen=True)
class Connection:
    """The connection options of every module; ``timeout`` in seconds."""

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

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Connection:
        """Takes a module's parameters; raises BadOption for values that can't be meant."""
        given = {name: options[name] for name in cls.__dataclass_fields__ if options.get(name) is not None}
        given["host_map"] = {
            _folded(name): _checked_address(name, address) for name, address in given.get("host_map", {}).items()
        }
        connection = cls(**given)
        for option in ("qrs_port", "qps_port"):
            port = getattr(connection, option)
            if port is not None and not 1 <= port <= 65535:
                raise BadOption(option, f"{port} is not a port.", "Ports go from 1 to 65535.")
        for option, least in (("timeout", 1), ("retries", 0), ("max_parallel", 1)):
            if getattr(connection, option) < least:
                raise BadOption(option, f"{getattr(connection, option)} is too small.", f"The least is {least}.")
        connection.user_header()
        _require_host_name("host", connection.host, "the port is qrs_port")
        return connection

    @property
    def repository(self) -> Endpoint:
        return Endpoint(self.host, self.qrs_port)

    def address_of(self, host_name: str) -> str:
        """Where to connect for a node, as it stands in a URL."""
        address = self.host_map.get(_folded(host_name), host_name)
        return f"[{address}]" if _is_ipv6(address) else address

    def user_header(self) -> str:
        """The value of ``X-Qlik-User``: URL-encoded UTF-8 (D: Injected-Req-Headers-X-Qlik-User)."""
        directory, backslash, user_id = self.api_user.partition("\\")
        if not (directory and backslash and user_id):
            raise BadOption(
                "api_user",
                f"'{self.api_user}' does not name a user.",
                "Write DIRECTORY\\id, for example INTERNAL\\sa_api.",
            )
        return f"UserDirectory={quote(directory, safe='')}; UserId={quote(user_id, safe='')}"

    def tls_context(self) -> ssl.SSLContext:
        """One context for all connections; raises BadOption where a file can't be used."""
        if self.validate_certs:
            context = self._verifying_context()
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        # Services on http.sys may ask for the certificate only after the handshake (qlik-api 3.4, I).
        context.post_handshake_auth = True
        context.sslsocket_class = LimitedSocket
        _offer_protocols_once(context)
        self._load_client_certificate(context)
        return context

    def _verifying_context(self) -> ssl.SSLContext:
        if self.ca_path:
            _require_readable("ca_path", self.ca_path)
        try:
            context = ssl.create_default_context(cafile=self.ca_path or None)
        except ssl.SSLError as error:
            raise BadOption(
                "ca_path",
                f"{self.ca_path} holds no certificate in PEM format ({_openssl_words(error)}).",
                "Give root.pem of the certificates exported from the QMC in PEM format.",
            ) from error
        # Qlik's root certificate has no key usage, which Python 3.13 and later refuse by default
        # (V: qlik-api 3.3). Chain and host name are still checked.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context

    def _load_client_certificate(self, context: ssl.SSLContext) -> None:
        _require_readable("client_cert", self.client_cert)
        _require_readable("client_key", self.client_key)
        password = self.client_key_password or ""
        try:
            # Always with a password function: without one OpenSSL would ask on the terminal and wait for ever.
            context.load_cert_chain(self.client_cert, self.client_key, password=lambda: password)
        except (ssl.SSLError, ValueError) as error:
            raise _client_certificate_problem(self, error) from error


def _offer_protocols_once(context: ssl.SSLContext) -> None:
    """Has every connection offer HTTP/1.1 without anyone saying so again.

    urllib3 says it of the context before each connection. That frees what OpenSSL may be copying for a connection of
    another thread, which then begins with garbage, and the node hangs up (python/cpython#141012).
    """
    context.set_alpn_protocols(["http/1.1"])
    context.set_alpn_protocols = lambda alpn_protocols: None  # type: ignore[method-assign]  # of this context alone


def _client_certificate_problem(connection: Connection, error: Exception) -> BadOption:
    words = _openssl_words(error)
    with open(connection.client_key, encoding="latin-1") as stream:
        encrypted = "ENCRYPTED" in stream.read(4096)
    if not _is_certificate(connection.client_cert):
        return BadOption(
            "client_cert",
            f"{connection.client_cert} holds no certificate in PEM format.",
            "Export it from the QMC in PEM format; a client.pfx can't be used.",
        )
    if "MISMATCH" in words:
        return BadOption(
            "client_key",
            f"{connection.client_key} is not the key of {connection.client_cert}.",
            "Give client.pem and client_key.pem of the same export.",
        )
    if encrypted and not connection.client_key_password:
        return BadOption(
            "client_key",
            f"{connection.client_key} is encrypted.",
            "Give its password in client_key_password or QLIK_SENSE_CLIENT_KEY_PASSWORD.",
        )
    if encrypted:
        return BadOption(
            "client_key_password", f"{connection.client_key} can't be opened with the password given ({words})."
        )
    return BadOption(
        "client_key",
        f"{connection.client_key} holds no key in PEM format ({words}).",
        "Export it from the QMC in PEM format; a client.pfx can't be used.",
    )


def _is_certificate(path: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return False
    return True


def _require_readable(option: str, path: str) -> None:
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise BadOption(
            option,
            f"{path} can't be read: {error.strerror}.",
            "The file must lie on the host that runs the module and be readable for the user it runs as.",
        ) from error


def _openssl_words(error: Exception) -> str:
    return str(getattr(error, "reason", None) or error)


def _checked_address(host_name: str, address: Any) -> str:
    if not isinstance(address, str) or not address.strip():
        raise BadOption("host_map", f"no address is given for {host_name}.", "Write node host name: address.")
    _require_host_name("host_map", address.strip(), "ports come from qrs_port and from QRS")
    return address.strip()


def _require_host_name(option: str, name: str, about_ports: str) -> None:
    if (":" in name and not _is_ipv6(name)) or "/" in name or len(name.split()) != 1:
        raise BadOption(
            option,
            f"'{name}' is not a host name or an address.",
            f"Write it without a scheme or port; {about_ports}.",
        )


def _is_ipv6(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).version == 6
    except ValueError:
        return False


def _folded(host_name: str) -> str:
    return host_name.strip().casefold()
