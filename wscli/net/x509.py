"""The few fields of a certificate that wscli shows, read from its DER form (RFC 5280 §4.1).

Python gives them only for a certificate that it trusts; the ones worth explaining are the others. Nothing
here judges a certificate, and what cannot be read is None.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from ..events import Certificate

_SEQUENCE, _EXTENSIONS, _VERSION = 0x30, 0xA3, 0xA0
_SUBJECT_ALT_NAME = "2.5.29.17"
_EMAIL, _DNS, _URI, _ADDRESS = 0x81, 0x82, 0x86, 0x87
_STRINGS = {
    0x0C: "utf-8",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
# RFC 4514 §3, and what certificates commonly hold beside it.
_ATTRIBUTES = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
    "1.2.840.113549.1.9.1": "emailAddress",
}


def read_certificate(der: bytes) -> Certificate:
    """What a DER certificate says of itself; only `sha256` is there when it cannot be read."""
    sha256 = hashlib.sha256(der).hexdigest()
    try:
        issuer, validity, subject, extensions = _fields(der)
        not_before, not_after = (_time(tag, text) for tag, text in _elements(validity))
        return Certificate(
            days_left=_days_left(not_after),
            subject=_name(subject),
            issuer=_name(issuer),
            not_before=not_before,
            not_after=not_after,
            san=tuple(_alternative_names(extensions)),
            sha256=sha256,
        )
    except (ValueError, IndexError, StopIteration, RuntimeError):
        return Certificate(
            subject=None, issuer=None, not_before=None, not_after=None, san=None, sha256=sha256
        )


def _fields(der: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """Issuer, validity, subject, extensions (RFC 5280 §4.1: TBSCertificate)."""
    certificate = next(_elements(der))[1]
    parts = list(_elements(next(_elements(certificate))[1]))
    if parts[0][0] == _VERSION:
        del parts[0]
    # What comes first: the serial number and the algorithm of the signature.
    issuer, validity, subject = (content for _, content in parts[2:5])
    extensions = next((content for tag, content in parts[5:] if tag == _EXTENSIONS), b"")
    return issuer, validity, subject, extensions


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element (ITU-T X.690 §8.1); tags over 30 do not occur in certificates."""
    at = 0
    while at < len(content):
        tag, length = content[at], content[at + 1]
        at += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(content[at : at + count], "big")
            at += count
        if at + length > len(content):
            raise ValueError("an element is longer than what holds it")
        yield tag, content[at : at + length]
        at += length


def _name(content: bytes) -> str:
    """A distinguished name in the order of the certificate, written as RFC 4514 §2 writes its parts."""
    parts = []
    for _, relative in _elements(content):
        pairs = []
        for _, pair in _elements(relative):
            (_, oid), (tag, value) = _elements(pair)
            dotted = _dotted(oid)
            text = value.decode(_STRINGS.get(tag, "latin-1"), "replace")
            pairs.append(f"{_ATTRIBUTES.get(dotted, dotted)}={_escaped(text)}")
        parts.append("+".join(pairs))
    return ", ".join(parts)


def _escaped(text: str) -> str:
    # Without this a name could look like two.
    return re.sub(r'([,+"\\<>;=])', r"\\\1", text)


def _dotted(oid: bytes) -> str:
    numbers, value = [], 0
    for byte in oid:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))


def _time(tag: int, content: bytes) -> str:
    """RFC 5280 §4.1.2.5: UTCTime for the years 1950 to 2049, GeneralizedTime for the others."""
    text = content.decode("ascii")
    if tag == 0x17:
        text = ("20" if text[:2] < "50" else "19") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _days_left(not_after: str) -> int:
    return (datetime.fromisoformat(not_after) - datetime.now(UTC)).days


def _alternative_names(extensions: bytes) -> Iterator[str]:
    """RFC 5280 §4.2.1.6, each with its kind: a DNS name that looks like an address does not match one."""
    for _, listed in _elements(extensions):
        for _, extension in _elements(listed):
            parts = list(_elements(extension))
            if _dotted(parts[0][1]) == _SUBJECT_ALT_NAME:
                yield from _general_names(next(_elements(parts[-1][1]))[1])


def _general_names(content: bytes) -> Iterator[str]:
    kinds = {_DNS: "DNS", _EMAIL: "email", _URI: "URI"}
    for tag, value in _elements(content):
        if tag in kinds:
            yield f"{kinds[tag]}:{value.decode('latin-1')}"
        elif tag == _ADDRESS:
            yield f"IP:{ipaddress.ip_address(value)}"
