# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS as the listeners of a node offer it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from cryptography import x509

from ..model.certificates import Authority, Flaw, Identity, write_private
from ..model.switches import Switches

_VERSIONS = {
    "both": (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3),
    "1.2": (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
    "1.3": (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3),
}


class NodeTls:
    """Makes the TLS contexts of one node and judges the certificates that clients show it."""

    def __init__(self, authority: Authority, host_name: str, directory: Path) -> None:
        self._authority = authority
        self._host_name = host_name
        self._directory = directory
        self._flawed: dict[tuple[Flaw, bool], ssl.SSLContext] = {}

    def context(self, switches: Switches, trusted_zone: bool, on_hello: Callable[[], Flaw | None]) -> ssl.SSLContext:
        """The context of a listener. ``on_hello`` is told of every handshake and may name a flaw to show instead.

        In the trusted zone (4242, 4243) a client certificate is asked for in the first handshake and is optional, since
        a real site without one answers HTTP 403 (L, that TLS completes: I). The switch makes it required.
        """
        context = self._serving("server", self._authority.server(self._host_name))
        context.minimum_version, context.maximum_version = _VERSIONS[str(switches["tls"])]
        if trusted_zone:
            self._ask_for_certificate(context, required=switches["client_certificate"] == "required")

        def hello(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
            flaw = on_hello()
            if flaw:
                connection.context = self._flawed_context(flaw, trusted_zone)

        # OpenSSL calls this at every ClientHello, with a server name or without.
        context.sni_callback = hello
        return context

    def _ask_for_certificate(self, context: ssl.SSLContext, required: bool) -> None:
        # OpenSSL adds a root it trusts to the chain it sends. What a real host sends beside its certificate: N.
        context.load_verify_locations(cadata=self._authority.root.pem().decode())
        context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
        if not required:
            # A certificate that TLS does not trust would end the handshake. Trusting the rogue root here, and refusing
            # its certificates in HTTP, shows the 403 that a certificate of a wrong site gets (L).
            context.load_verify_locations(cadata=self._authority.rogue_root.pem().decode())

    def accepts(self, certificate: bytes | None) -> bool:
        """Whether a client certificate (DER) opens the trusted zone: any that the site's root signed (C)."""
        if certificate is None:
            return False
        try:
            x509.load_der_x509_certificate(certificate).verify_directly_issued_by(self._authority.root.certificate)
        except Exception:  # whatever is wrong with it, it is not one of this site's
            return False
        return True

    def _flawed_context(self, flaw: Flaw, trusted_zone: bool) -> ssl.SSLContext:
        if (flaw, trusted_zone) not in self._flawed:
            context = self._serving(flaw.kind, self._authority.flawed_server(self._host_name, flaw))
            if trusted_zone:
                # A client that does not mind the flaw still shows its certificate.
                self._ask_for_certificate(context, required=False)
            self._flawed[flaw, trusted_zone] = context
        return self._flawed[flaw, trusted_zone]

    def _serving(self, name: str, identity: Identity) -> ssl.SSLContext:
        certificate = write_private(self._directory / f"{name}.pem", identity.pem() + identity.key_pem())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if name == "weak":
            context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else OpenSSL does not even load its key
        context.load_cert_chain(certificate)
        return context
