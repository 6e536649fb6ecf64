# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what the check of a site wants to know of a certificate, also of one that nobody trusts.

The ``ssl`` module tells of a certificate only after it has been verified, and of neither its key nor its signature; and
a library for that is more than a module may ask of its host. DER: X.690; the fields: RFC 5280.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

PEM = re.compile("-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
BIT_STRING, OCTET_STRING, OBJECT, UTC_TIME = 0x03, 0x04, 0x06, 0x17
VERSION, EXTENSIONS, DNS_NAME = 0xA0, 0xA3, 0x82
COMMON_NAME, SUBJECT_ALT_NAME = "2.5.4.3", "2.5.29.17"
RSA, ELLIPTIC = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"
CURVES = {"1.2.840.10045.3.1.7": 256, "1.3.132.0.34": 384, "1.3.132.0.35": 521}
SIGNATURES = {
    "1.2.840.113549.1.1.4": "MD5",
    "1.2.840.113549.1.1.5": "SHA-1",
    "1.2.840.113549.1.1.10": "RSA-PSS",
    "1.2.840.113549.1.1.11": "SHA-256",
    "1.2.840.113549.1.1.12": "SHA-384",
    "1.2.840.113549.1.1.13": "SHA-512",
    "1.2.840.10045.4.1": "SHA-1",
    "1.2.840.10045.4.3.2": "SHA-256",
    "1.2.840.10045.4.3.3": "SHA-384",
    "1.2.840.10045.4.3.4": "SHA-512",
}


@dataclass(frozen=True)
class Certificate:
    """``key_bits`` is None for a kind of key that nobody here has words for. ``names`` are those of the host."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    begins: datetime
    ends: datetime
    key: str
    key_bits: int | None
    signature: str

    @property
    def is_self_signed(self) -> bool:
        return self.subject == self.issuer


@dataclass(frozen=True)
class _Element:
    tag: int
    content: bytes

    def inner(self) -> list[_Element]:
        return list(_elements(self.content))


def read_pem(text: str) -> Certificate | None:
    """The first certificate of a text in PEM format, None where there is none to read."""
    found = PEM.search(text)
    try:
        return read_der(base64.b64decode(found[1])) if found else None
    except binascii.Error:
        return None


def read_der(data: bytes) -> Certificate | None:
    """A certificate in DER, None where it can't be read."""
    try:
        return _certificate(data)
    except (ValueError, IndexError, UnicodeDecodeError):
        return None


def _certificate(data: bytes) -> Certificate:
    outer, *_nothing = _elements(data)
    whole = outer.inner()
    fields = whole[0].inner()
    if fields[0].tag == VERSION:
        del fields[0]
    _serial, _signature, issuer, validity, subject, key, *more = fields
    begins, ends = (_time(each) for each in validity.inner())
    kind, bits = _key(key)
    return Certificate(
        subject=_common_name(subject),
        issuer=_common_name(issuer),
        names=tuple(_dns_names(more)),
        begins=begins,
        ends=ends,
        key=f"{kind} {bits}" if bits else kind,
        key_bits=bits,
        signature=SIGNATURES.get(_object_id(whole[1].inner()[0]), "another"),
    )


def _elements(data: bytes) -> Iterator[_Element]:
    at = 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + size > len(data):
            raise ValueError("it breaks off")
        yield _Element(tag, data[at : at + size])
        at += size


def _object_id(element: _Element) -> str:
    if element.tag != OBJECT:
        raise ValueError("no object identifier")
    numbers, number = [], 0
    for byte in element.content:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def _time(element: _Element) -> datetime:
    text = element.content.decode("ascii")
    if element.tag == UTC_TIME:  # two digits of the year, until 2049
        text = f"{'19' if int(text[:2]) >= 50 else '20'}{text}"
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=timezone.utc)


def _common_name(name: _Element) -> str:
    for relative in name.inner():
        for attribute in relative.inner():
            kind, value = attribute.inner()
            if _object_id(kind) == COMMON_NAME:
                return value.content.decode("utf-8", errors="replace")
    return ""


def _key(info: _Element) -> tuple[str, int | None]:
    algorithm, key = info.inner()
    kind, *parameters = algorithm.inner()
    name = _object_id(kind)
    if name == RSA and key.tag == BIT_STRING:
        modulus = _Element(0, key.content[1:]).inner()[0].inner()[0]  # the first byte says how many bits are unused
        return "RSA", int.from_bytes(modulus.content, "big").bit_length()
    if name == ELLIPTIC and parameters:
        return "EC", CURVES.get(_object_id(parameters[0]))
    return "another kind of key", None


def _dns_names(fields: list[_Element]) -> Iterator[str]:
    for field in fields:
        if field.tag != EXTENSIONS:
            continue
        for extension in field.inner()[0].inner():
            kind, *_critical, value = extension.inner()
            if _object_id(kind) == SUBJECT_ALT_NAME and value.tag == OCTET_STRING:
                names = value.inner()[0].inner()
                yield from (name.content.decode("ascii") for name in names if name.tag == DNS_NAME)
