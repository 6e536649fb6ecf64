# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns what kept a request from being answered into words: name, connection, HTTP proxy, TLS or time.

Where the texts rest on a fact about Qlik, its evidence grade stands beside it.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._client.certificates import STRONGER, WEAK
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection, Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._client.diagnosis import DAMAGED, PORTS
from ansible_collections.qlikops.sense.plugins.module_utils._errors import RequestFailed

# Hosts on http.sys may just cut the connection of a client whose certificate they do not like (D, L: qlik-api 3.4).
SILENT_REFUSAL = (
    "Or the node refuses client_cert without saying so: it must be exported from this site's QMC and still be valid."
)


def explain_no_answer(request: str, error: Exception, endpoint: Endpoint, connection: Connection) -> RequestFailed:
    """For a request that brought no answer at all: name, connection, TLS or time."""
    kind, reason, hint = _no_answer(error, endpoint, connection)
    return RequestFailed(kind, reason, hint, request=request)


def _no_answer(error: Exception, endpoint: Endpoint, connection: Connection) -> tuple[str, str, str]:
    causes = list(causes_of(error))
    names = {type(cause).__name__ for cause in causes}
    if names & {"ProxyError", "InvalidSchema"}:
        return (
            "http_proxy",
            f"the HTTP proxy of the environment could not be used{_words_of_proxy(causes)}.",
            "Name the node in no_proxy, or set use_proxy to false.",
        )
    if not endpoint.host_name:
        return "name_unknown", "QRS has no host name for this node.", "Look at the node in the QMC."
    if names & {"ContentDecodingError", "DecodeError"}:
        return "damaged_answer", "the response can't be decompressed: it is damaged.", DAMAGED
    for cause in causes:
        if isinstance(cause, ssl.SSLEOFError):
            continue  # the connection broke, whatever of TLS was under way
        if isinstance(cause, ssl.SSLError):
            return _tls_trouble(cause, endpoint, connection)
        if isinstance(cause, (socket.gaierror, UnicodeError)) or type(cause).__name__ == "LocationParseError":
            return (
                "name_unknown",
                f"the name {endpoint.host_name} is not known here.",
                "Give the node's address in host_map; the certificate is still checked against the node's name.",
            )
    if isinstance(error, ValueError):  # of what makes an address of the name, before anything is sent
        return "name_unknown", "the node's host name can't be resolved.", "Look at the node in the QMC."
    if names & {"ConnectTimeoutError", "ReadTimeoutError", "ConnectTimeout", "ReadTimeout"} and not names & {
        "ConnectionRefusedError"
    }:
        begun = "AnswerTooSlow" in names
        return (
            "timeout",
            f"{'the response began, but was not complete' if begun else 'no answer'}"
            f" within {connection.timeout:g} seconds.",
            "The node hangs, is overloaded, or a firewall swallows the connection. timeout allows more seconds.",
        )
    if "ConnectionRefusedError" in names:
        return (
            "connection_refused",
            f"nothing listens on port {endpoint.port} of {connection.address_of(endpoint.host_name)}.",
            f"The service is stopped or still starting, or the port is another one. {PORTS}",
        )
    broken = (cause for cause in causes if isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError))
    system = next((cause.strerror for cause in broken if cause.strerror), None)
    return (
        "connection_lost",
        f"the connection broke ({system or 'the other side closed it before the response was complete'}).",
        f"The service may be restarting, or a firewall cuts connections to the node. {SILENT_REFUSAL}",
    )


def _words_of_proxy(causes: list[BaseException]) -> str:
    """Why, where Python or the proxy says so. Neither names the proxy's URL, which may hold a password."""
    for cause in causes:
        if isinstance(cause, OSError) and cause.strerror:
            return f" ({cause.strerror})"
        if type(cause).__name__ in ("OSError", "InvalidSchema"):  # the errors of requests are OSErrors, too
            return f" ({str(cause).rstrip('.')})"
    return ""


def _tls_trouble(error: ssl.SSLError, endpoint: Endpoint, connection: Connection) -> tuple[str, str, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _untrusted(error, endpoint, connection)
    words = str(getattr(error, "reason", None) or error).replace("_", " ").lower()
    if any(sign in words for sign in ("wrong version number", "http request", "record layer failure", "packet length")):
        return "not_tls", f"port {endpoint.port} does not speak TLS.", PORTS
    if words in WEAK:
        return _weak(words, connection)
    if any(sign in words for sign in ("certificate", "unknown ca", "handshake failure")):
        return (
            "client_certificate_refused",
            f"the node refused the client certificate during the TLS handshake ({words}).",
            "client_cert must be exported from the QMC of this very site and still be valid.",
        )
    return (
        "tls",
        f"the TLS connection failed ({words}).",
        f"See the TLS settings of the node's Windows. {SILENT_REFUSAL}",
    )


def _untrusted(error: ssl.SSLCertVerificationError, endpoint: Endpoint, connection: Connection) -> tuple[str, str, str]:
    words = str(getattr(error, "verify_message", None) or error).rstrip(".")
    if "ismatch" in words:
        names = certificate_names(endpoint, connection)
        known = f" It is issued to {', '.join(names)}." if names else ""
        return (
            "name_mismatch",
            f"the node's certificate is not issued to {endpoint.host_name}.{known}",
            "Use the name that is in the certificate, and give the address to connect to in host_map.",
        )
    if "expired" in words or "not yet valid" in words:
        return (
            "certificate_expired",
            f"the node's certificate can't be used now: {words}.",
            "Renew the node's certificate in the QMC, and check the clocks of both sides.",
        )
    if "too weak" in words:
        return _weak(words, connection)
    if connection.trusts_only_its_own_certificate():
        return (
            "untrusted",
            f"the node's certificate is not signed by the client's, which is all that ca_path ({connection.ca_path})"
            f" holds ({words}).",
            "Give the root.pem of the same export as ca_path.",
        )
    if connection.asks_at_user_port and endpoint == connection.repository:
        return (
            "untrusted",
            f"the certificate of the users' port is not signed by an authority that is trusted here ({words}).",
            "It may be another one than the services have. Put the certificate of the authority that signed it and the"
            " root.pem exported from the QMC into one file, and give that as ca_path.",
        )
    return (
        "untrusted",
        f"the node's certificate is not signed by an authority that is trusted here ({words}).",
        f"Does {connection.ca_path} belong to this site? Give the root.pem exported from its QMC."
        if connection.ca_path
        else "Give the root.pem exported from the QMC as ca_path.",
    )


def _weak(words: str, connection: Connection) -> tuple[str, str, str]:
    authority = f" ({connection.ca_path})" if connection.ca_path else ""
    if words.startswith("EE"):
        whose = "the node's certificate"
    elif "key" in words:
        whose = f"the certificate of the authority that signed the node's{authority}"
    else:
        whose = f"the signature of the node's certificate, or of an authority above it{authority},"
    return (
        "untrusted",
        f"{whose} is too weak for OpenSSL here ({words}).",
        f"Let the QMC create certificates {STRONGER} Then export client_cert, client_key and ca_path again.",
    )


def certificate_names(endpoint: Endpoint, connection: Connection) -> list[str]:
    """The names in the certificate that an endpoint shows; its chain is verified, its name is not. Sends no request."""
    context = connection.tls_context()
    context.check_hostname = False
    address = (connection.address_of(endpoint.host_name).strip("[]"), endpoint.port)
    try:
        with (
            socket.create_connection(address, timeout=connection.timeout) as plain,
            context.wrap_socket(plain, server_hostname=endpoint.host_name) as secured,
        ):
            certificate = secured.getpeercert() or {}
    except OSError:
        return []
    names: Any = certificate.get("subjectAltName", ())
    return [name for _kind, name in names]


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it was raised from, however the libraries wrapped it, outermost first."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
