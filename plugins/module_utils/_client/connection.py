# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach a site: the connection options as values, checked, and the TLS context made of them."""

from __future__ import annotations

import ipaddress
import re
import ssl
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ansible_collections.qlikops.sense.plugins.module_utils._client.deadline import LimitedSocket
from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, require_range

RANGES = {"timeout": (1, 3600), "retries": (0, 10), "max_parallel": (1, 256)}
PATHS = ("client_cert", "client_key", "ca_path")
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
PEM_BEGINS = "-----BEGIN "
PEM_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
# Something follows before the line ends; a carriage return alone ends none for OpenSSL.
PEM_WITHOUT_LINES = re.compile(r"-----BEGIN [^-\n]+-----[^\S\n]*\S")
WEAK = ("ca md too weak", "ee key too small", "ca key too small")
STRONGER = (
    "with keys of at least 2048 bits and signatures with SHA-256. Only as a last resort lower the security level of"
    " OpenSSL on the host that runs the module."
)


@dataclass(frozen=True)
class Endpoint:
    """A service of a node: the node's own host name, which its certificate must carry, and the port.

    The name is kept as certificates have it: an IPv6 address without brackets, a name without the dot at its end.
    """

    host_name: str
    port: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "host_name", _as_in_certificates(self.host_name))

    def __str__(self) -> str:
        return f"{_as_in_urls(self.host_name)}:{self.port}"


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
        given["host"] = _as_in_certificates(given["host"])
        given["host_map"] = {
            _folded(name): _checked_address(name, address) for name, address in given.get("host_map", {}).items()
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
        return _as_in_urls(self.host_map.get(_folded(host_name), host_name))

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

    def trusts_only_its_own_certificate(self) -> bool:
        """Whether ca_path holds the client's certificate in place of the one that signed the nodes'."""
        if not self.ca_path:
            return False
        try:
            trusted, own = _certificates_in(self.ca_path), _certificates_in(self.client_cert)
        except OSError:  # taken away since the context was made
            return False
        return bool(trusted) and set(trusted) == set(own[:1])

    def _verifying_context(self) -> ssl.SSLContext:
        if self.ca_path:
            _require_readable("ca_path", self.ca_path)
        try:
            context = ssl.create_default_context(cafile=self.ca_path or None)
        except ssl.SSLError as error:
            raise _spoilt_file("ca_path", self.ca_path or "") or BadOption(
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


def _client_certificate_problem(connection: Connection, error: Exception) -> BadOption:
    words = _openssl_words(error)
    weakness = words.replace("_", " ").lower()
    if weakness in WEAK:
        return BadOption(
            "client_cert",
            f"{connection.client_cert} holds a certificate that is too weak for OpenSSL here ({weakness}).",
            f"Let the QMC create certificates {STRONGER} Then export them again.",
        )
    if not _is_certificate(connection.client_cert):
        return _spoilt_file("client_cert", connection.client_cert) or BadOption(
            "client_cert",
            f"{connection.client_cert} holds no certificate in PEM format.",
            "Export it from the QMC in PEM format; a client.pfx can't be used.",
        )
    if "MISMATCH" in words:
        return _mismatch(connection)
    return _spoilt_file("client_key", connection.client_key) or _client_key_problem(connection, words)


def _mismatch(connection: Connection) -> BadOption:
    if any(_fits_key(connection, certificate) for certificate in _certificates_in(connection.client_cert)[1:]):
        return BadOption(
            "client_cert",
            f"{connection.client_cert} begins with a certificate other than that of {connection.client_key}.",
            "The file must begin with the client's own certificate; those that signed it follow.",
        )
    return BadOption(
        "client_key",
        f"{connection.client_key} is not the key of {connection.client_cert}.",
        "Give client.pem and client_key.pem of the same export.",
    )


def _fits_key(connection: Connection, certificate: str) -> bool:
    password = connection.client_key_password or ""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # whether it is weak is not asked here
        with tempfile.NamedTemporaryFile("w", encoding="latin-1", suffix=".pem") as file:
            file.write(f"{certificate}\n")
            file.flush()
            context.load_cert_chain(file.name, connection.client_key, password=lambda: password)
    except OSError:  # ssl.SSLError is one, too
        return False
    return True


def _client_key_problem(connection: Connection, words: str) -> BadOption:
    encrypted = "ENCRYPTED" in _text_of(connection.client_key)
    if encrypted and not connection.client_key_password:
        return BadOption(
            "client_key",
            f"{connection.client_key} is encrypted.",
            "Give its password in client_key_password or QLIK_SENSE_CLIENT_KEY_PASSWORD.",
        )
    if encrypted:
        return BadOption(
            "client_key_password", f"{connection.client_key} can't be opened with that password ({words})."
        )
    return BadOption(
        "client_key",
        f"{connection.client_key} holds no key in PEM format ({words}).",
        "Export it from the QMC in PEM format; a client.pfx can't be used.",
    )


def _spoilt_file(option: str, path: str) -> BadOption | None:
    """What is wrong with a file that OpenSSL could not read, where it was once PEM. Tells nothing of its content."""
    text = _text_of(path)
    if not text.strip():
        return BadOption(option, f"{path} is empty.", "Export it from the QMC in PEM format again.")
    if any(PEM_BEGINS.encode(encoding).decode("latin-1") in text for encoding in ("utf-16-le", "utf-16-be")):
        return BadOption(option, f"{path} is written in UTF-16.", "Save it as UTF-8 or ASCII.")
    if PEM_WITHOUT_LINES.search(text):
        return BadOption(
            option,
            f"{path} has lost its line breaks.",
            "Keep the lines as the QMC exports them; fields of forms may join the lines that are pasted into them.",
        )
    return None


def _certificates_in(path: str) -> list[str]:
    return PEM_CERTIFICATE.findall(_text_of(path).replace("\r\n", "\n"))


def _text_of(path: str) -> str:
    with open(path, "rb") as stream:
        return stream.read().decode("latin-1")


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
            "The file must be on the host that runs the module, and readable by the user that runs it.",
        ) from error


def _openssl_words(error: Exception) -> str:
    return str(getattr(error, "reason", None) or error)


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
    checked = _without_brackets(address.strip())
    _require_host_name("host_map", checked, "ports come from qrs_port and from QRS")
    return checked


def _require_host_name(option: str, name: str, about_ports: str) -> None:
    if not _is_ipv6(name) and (set(":/?#@%\\[]") & set(name) or len(name.split()) != 1):
        raise BadOption(
            option,
            f"'{name}' is not a host name or an address.",
            f"Write it without a scheme or port; {about_ports}.",
        )


def bypasses_proxy(host: str, port: int, no_proxy: str) -> bool:
    """Whether a value of NO_PROXY spares a host: as ``*``, by its name or its domain, by its address or network.

    A domain may be written ``example.com``, ``.example.com`` or ``*.example.com``, and a port may follow.
    """
    name = _folded(host)
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
    entry = _without_brackets(entry)
    network, address = _network(entry), _network(name)
    if network is not None and address is not None:
        return address.network_address in network
    domain = _folded(entry[1:] if entry.startswith("*.") else entry).lstrip(".")
    # An address has no domain: 1.10.0.0 does not belong to 10.0.0.
    return bool(domain) and (name == domain or (address is None and name.endswith(f".{domain}")))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _is_ipv6(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).version == 6
    except ValueError:
        return False


def _as_in_certificates(host_name: str) -> str:
    name = _without_brackets(host_name.strip())
    return name[:-1] if name.endswith(".") else name


def _as_in_urls(address: str) -> str:
    return f"[{address}]" if _is_ipv6(address) else address


def _without_brackets(address: str) -> str:
    inner = address[1:-1]
    return inner if address == f"[{inner}]" and _is_ipv6(inner) else address


def _folded(host_name: str) -> str:
    return _as_in_certificates(host_name).lower()
