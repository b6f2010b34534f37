from __future__ import annotations

import hashlib
import ipaddress
from datetime import UTC, datetime

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from wscli.net.x509 import read_certificate

KEY = ec.generate_private_key(ec.SECP256R1())


def der_of(
    names: list[x509.GeneralName],
    subject: str = "example",
    start: datetime = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC),
    end: datetime = datetime(2051, 1, 2, tzinfo=UTC),
) -> bytes:
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Ex, O=Evil"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, subject),
        ]
    )
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), 42, start, end)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_every_field_is_read() -> None:
    der = der_of(
        [
            x509.DNSName("example.com"),
            x509.DNSName("*.example.com"),
            x509.IPAddress(ipaddress.ip_address("::1")),
            x509.RFC822Name("a@example.com"),
            x509.UniformResourceIdentifier("https://example.com/"),
        ],
        subject="Bücher",
    )
    certificate = read_certificate(der)
    assert certificate.subject == r"C=DE, O=Ex\, O\=Evil, CN=Bücher"
    assert certificate.issuer == certificate.subject
    assert certificate.not_before == "2020-01-02T03:04:05Z"
    assert certificate.not_after == "2051-01-02T00:00:00Z"
    assert certificate.san == (
        "DNS:example.com",
        "DNS:*.example.com",
        "IP:::1",
        "email:a@example.com",
        "URI:https://example.com/",
    )
    assert certificate.sha256 == hashlib.sha256(der).hexdigest()


def test_a_certificate_without_names_has_none() -> None:
    assert read_certificate(der_of([])).san == ()


def test_what_trustme_makes_is_read() -> None:
    pem = trustme.CA().issue_cert("localhost", "127.0.0.1").cert_chain_pems[0].bytes()
    der = x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)
    assert read_certificate(der).san == ("DNS:localhost", "IP:127.0.0.1")


WHOLE = der_of([x509.DNSName("example.com")])


@settings(deadline=None)
@given(st.binary(max_size=200) | st.integers(0, len(WHOLE)).map(lambda cut: WHOLE[:cut]))
def test_what_cannot_be_read_still_has_its_fingerprint(der: bytes) -> None:
    assert read_certificate(der).sha256 == hashlib.sha256(der).hexdigest()


@settings(deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_a_damaged_byte_never_raises(position: int, value: int) -> None:
    damaged = WHOLE[:position] + bytes([value]) + WHOLE[position + 1 :]
    assert read_certificate(damaged).sha256 == hashlib.sha256(damaged).hexdigest()
