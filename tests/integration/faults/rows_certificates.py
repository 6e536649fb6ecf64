# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows about certificates and TLS: what a node shows, what it is shown, and what speaks no TLS at all."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.qlikops.sense.tests.integration.faults.row import FileOf, Row, tls

ALL = {"all": True}
ANNA = {"users": ["anna"]}
ON_CENTRAL = "anna1 anna2 bert1 carla2 robot"
SPARED = "api scheduler"
ROGUE = {"client_cert": FileOf("rogue_client"), "client_key": FileOf("rogue_client_key")}
# What a listener does: the kind of the failure, what is said, what is to be done.
FLAWS: dict[str, tuple[str, str, str]] = {
    "expired": ("certificate_expired", "certificate can't be used now: certificate has expired", "Renew"),
    "wrong_name": ("name_mismatch", r"not issued to qlik\d.example.com. It is issued to not-qlik", "host_map"),
    "rogue": ("untrusted", "not signed by an authority that is trusted here", "root.pem"),
    "weak": ("untrusted", "too weak for OpenSSL here", "2048 bits"),
    "plain": ("not_tls", "does not speak TLS", "4242"),
    "mute": ("timeout", "no answer within 1 seconds", "firewall"),
    "slams": ("connection_lost", "connection broke", "client_cert"),
}


def rows() -> Iterator[Row]:
    for flaw, (kind, says, hint) in FLAWS.items():
        yield Row(
            f"certificates: QRS is {flaw}",
            {**ANNA, "timeout": 1},
            (tls("QRS", flaw),),
            kind=kind,
            says=rf"^GET https://qlik1\.example\.com:\d+/qrs/.*{says}",
            hint=hint,
            most_deletes=0,
        )
        yield Row(
            f"certificates: Node2 is {flaw}",
            {**ALL, "timeout": 1},
            (tls("Node2", flaw),),
            kind="refused",
            says=rf"Proxy service Node2.*GET https://qlik2\.example\.com:\d+/qps/.*{says}",
            hint=hint,
            would_end=ON_CENTRAL,
            kept=SPARED,
            most_deletes=0,
        )
        yield Row(
            f"certificates: Node2 is {flaw}, warn",
            {**ALL, "timeout": 1, "on_proxy_failure": "warn"},
            (tls("Node2", flaw),),
            warns=f"Node2.*{says}.*{hint}",
            ended=ON_CENTRAL,
            kept=SPARED,
        )


SINGLE_ROWS = [
    Row(
        "certificates: the client's is of another site",
        {**ANNA, **ROGUE},
        kind="client_certificate_refused",
        says="refused the client certificate during the TLS handshake",
        hint="client_cert must be exported from the QMC of this very site",
    ),
    Row(
        "certificates: the root is of another site",
        {**ANNA, "ca_path": FileOf("rogue_root")},
        kind="untrusted",
        says="not signed by an authority",
        hint="root.pem",
    ),
    Row(
        "certificates: the root is the client's own",
        {**ANNA, "ca_path": FileOf("client")},
        kind="untrusted",
        says="not signed by the client's, which is all that ca_path",
        hint="root.pem of the same export",
    ),
    Row(
        "certificates: no root",
        {**ANNA, "ca_path": None},
        kind="untrusted",
        says="not signed by an authority",
        hint="root.pem exported from the QMC",
    ),
    Row(
        "certificates: the client's is too weak",
        {**ANNA, "client_cert": FileOf("weak_client"), "client_key": FileOf("weak_client_key")},
        kind="bad_option",
        says="client_cert: .* too weak for OpenSSL here",
        hint="2048 bits",
    ),
    Row(
        "certificates: a wrong password",
        {**ANNA, "client_key": FileOf("client_key_encrypted"), "client_key_password": "wrong horse"},
        kind="bad_option",
        says="client_key_password: .* can't be opened with that password",
        hint="",
    ),
    Row(
        "certificates: the password that fits",
        {**ANNA, "client_key": FileOf("client_key_encrypted"), "client_key_password": FileOf("client_key_password")},
        ended="anna1 anna2 anna3",
    ),
    Row(
        "certificates: the password as an option of another name",
        {**ANNA, "client_key": FileOf("client_key_encrypted")},
        kind="bad_option",
        says="client_key: .* is encrypted",
        hint="client_key_password",
    ),
    Row(
        "certificates: not validated",
        {**ANNA, "validate_certs": False},
        (tls("Node2", "rogue"), tls("QRS", "expired")),
        warns="validate_certs is false",
        ended="anna1 anna2 anna3",
    ),
    Row(
        "certificates: QRS by an address",
        {**ANNA, "host": "127.0.0.1"},
        kind="name_mismatch",
        says="not issued to 127.0.0.1. It is issued to qlik1.example.com",
        where=r"GET https://127\.0\.0\.1:",
        hint="host_map",
    ),
    Row(
        "certificates: QRS by the name of another node",
        {**ANNA, "host": "qlik9.example.com", "host_map": {"qlik9.example.com": "127.0.0.1"}},
        kind="name_mismatch",
        says="not issued to qlik9.example.com. It is issued to qlik1.example.com",
        hint="host_map",
    ),
    Row(
        "certificates: a node without an address",
        {**ALL, "host_map": {"qlik1.example.com": "127.0.0.1"}},
        kind="refused",
        says="Node2.*the name qlik2.example.com is not known here",
        would_end=ON_CENTRAL,
        kept=SPARED,
        hint="host_map",
    ),
    Row(
        "certificates: the ports of the nodes given for all",
        {**ALL, "qps_port": 1},
        kind="refused",
        says="nothing listens on port 1 of 127.0.0.1",
        hint="4243",
    ),
    Row(
        "certificates: nothing listens on QRS",
        {**ALL, "qrs_port": 1},
        kind="connection_refused",
        says="nothing listens on port 1 of 127.0.0.1",
        hint="qrs_port",
    ),
]

ROWS = [*rows(), *SINGLE_ROWS]
