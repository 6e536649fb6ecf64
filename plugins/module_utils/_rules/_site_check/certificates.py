# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether certificates are good, for how long, and strong enough; and whether the clocks agree. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ansible_collections.qlikops.sense.plugins.module_utils._model.certificate import Certificate
from ansible_collections.qlikops.sense.plugins.module_utils._model.check import (
    OK,
    PROBLEM,
    USERS_PORT,
    WARNING,
    Check,
    Limits,
    Probe,
    Seen,
)
from ansible_collections.qlikops.sense.plugins.module_utils._rules._site_check.lines import Found, line, unknown
from ansible_collections.qlikops.sense.plugins.module_utils._words import counted

GROUP = "certificates"
# What OpenSSL takes at its second security level, which most distributions set (SSL_CTX_set_security_level).
LEAST_BITS = {"RSA": 2048, "EC": 224}
WEAK_SIGNATURES = frozenset({"MD5", "SHA-1"})
# Seconds. Windows gives up at five minutes (Kerberos), and certificates begin a week before they are made (V).
CLOCK_WARNS, CLOCK_FAILS = 60, 300
RENEW = "Create new certificates in the QMC in time, and export client_cert, client_key and ca_path again."
STRONGER = "Create certificates in the QMC with keys of 2048 bits or more, and signatures with SHA-256."


def certificates(seen: Seen, limits: Limits) -> Iterator[Check]:
    files = seen.files
    yield line(
        GROUP,
        "files",
        [(PROBLEM, files.error) if files.error else (OK, "")],
        "client_cert, client_key and ca_path can be read, and the key belongs to the certificate.",
        "Use client.pem, client_key.pem and root.pem of the same export.",
    )
    yield _file(seen, "client", files.client, limits, "client_cert could not be read.")
    without_root = "ca_path is not set, so the certificates that the system trusts apply."
    yield _file(seen, "root", files.root, limits, "ca_path could not be read." if files.has_root else without_root)
    services = [probe for probe in seen.probes if probe.service != USERS_PORT and probe.status is not None]
    doors = [probe for probe in seen.probes if probe.service == USERS_PORT and probe.certificate]
    yield _trust(seen, services)
    shown = [probe for probe in services if probe.certificate]
    yield _days(seen, "services", shown, limits, RENEW)
    yield _days(seen, "users_port", doors, limits, "Renew the certificate of the users' port.")
    yield _strength(seen, [*shown, *doors])
    yield _clocks(seen, [probe for probe in seen.probes if probe.ahead is not None])


def _file(seen: Seen, name: str, certificate: Certificate | None, limits: Limits, none: str) -> Check:
    if certificate is None:
        return unknown(GROUP, name, none)
    status, words = _left(certificate, seen.now, limits)
    found = [(status, words), *((PROBLEM, weakness) for weakness in weaknesses(certificate))]
    return line(GROUP, name, found, f"{words[0].upper()}{words[1:]}; {_strong(certificate)}.", RENEW)


def _trust(seen: Seen, probes: Sequence[Probe]) -> Check:
    if not seen.validates:
        return Check(
            GROUP,
            "trust",
            WARNING,
            "validate_certs is false, so anybody on the network path can read and change everything.",
            "Set ca_path to root.pem of the export, and do not set validate_certs.",
        )
    if not probes:
        return unknown(GROUP, "trust", seen.why or "No service answered.")
    found = [(_distrusted(probe), f"{probe.service} of {probe.node}: {probe.distrust}") for probe in probes]
    return line(
        GROUP,
        "trust",
        found,
        f"Chain and name of {counted(len(probes), 'certificate')} are good.",
        "Is ca_path from this site? Is the certificate valid now, and for the host name that the QMC shows?",
    )


def _distrusted(probe: Probe) -> str:
    """A QRS that nothing is asked of matters where it may become the one of the central node."""
    if not probe.distrust or not (probe.is_asked or probe.is_candidate):
        return OK
    return PROBLEM if probe.is_asked else WARNING


def _days(seen: Seen, name: str, probes: Sequence[Probe], limits: Limits, advice: str) -> Check:
    if not probes:
        return unknown(GROUP, name, seen.why or "No certificate was seen.")
    found: list[Found] = []
    for probe, certificate in _with_certificates(probes):
        status, words = _left(certificate, seen.now, limits)
        found.append((status, f"{probe.service} of {probe.node}: {words}"))
    first = min((probe.certificate.ends for probe in probes if probe.certificate), default=seen.now)
    return line(GROUP, name, found, f"Valid for at least {counted((first - seen.now).days, 'day')}.", advice)


def _with_certificates(probes: Sequence[Probe]) -> Iterator[tuple[Probe, Certificate]]:
    return ((probe, probe.certificate) for probe in probes if probe.certificate)


def _strength(seen: Seen, probes: Sequence[Probe]) -> Check:
    if not probes:
        return unknown(GROUP, "strength", seen.why or "No certificate was seen.")
    found: list[Found] = []
    for probe, certificate in _with_certificates(probes):
        weak = weaknesses(certificate)
        found.append((WARNING if weak else OK, f"{probe.service} of {probe.node}: {', '.join(weak)}"))
    return line(GROUP, "strength", found, "OpenSSL accepts all keys and signatures.", STRONGER)


def _clocks(seen: Seen, probes: Sequence[Probe]) -> Check:
    if not probes:
        return unknown(GROUP, "clocks", seen.why or "No answer had a date.")
    found: list[Found] = []
    for probe in probes:
        off = abs(probe.ahead or 0)
        status = PROBLEM if off > CLOCK_FAILS else WARNING if off > CLOCK_WARNS else OK
        side = "ahead of" if (probe.ahead or 0) > 0 else "behind"
        found.append((status, f"{probe.node} is {off:.0f} s {side} this host"))
    most = max(abs(probe.ahead or 0) for probe in probes)
    return line(
        GROUP,
        "clocks",
        list(dict.fromkeys(found)),
        f"The clocks of the nodes and of this host differ by at most {most:.0f} s.",
        "Let all of them take their time from one source.",
    )


def _left(certificate: Certificate, now: datetime, limits: Limits) -> Found:
    if now < certificate.begins:
        return PROBLEM, f"not good before {certificate.begins:%Y-%m-%d}"
    days = (certificate.ends - now).days
    if days < 0:
        return PROBLEM, f"expired on {certificate.ends:%Y-%m-%d}"
    status = PROBLEM if days < limits.problem_days else WARNING if days < limits.warn_days else OK
    return status, f"valid for {counted(days, 'day')}"


def weaknesses(certificate: Certificate) -> list[str]:
    """Half sentences. The signature of a root does not matter: nobody checks it."""
    kind = certificate.key.partition(" ")[0]
    bits = certificate.key_bits
    found = [f"the key has {bits} bits only"] if bits is not None and bits < LEAST_BITS.get(kind, 0) else []
    if certificate.signature in WEAK_SIGNATURES and not certificate.is_self_signed:
        found.append(f"it is signed with {certificate.signature}")
    return found


def _strong(certificate: Certificate) -> str:
    return f"{certificate.key}, signed with {certificate.signature}"
