from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.peers import authority, write_ca
from wscli.config import TlsOptions
from wscli.net.context import make_judge
from wscli.net.verdict import find_problems
from wscli.net.x509 import read_certificate

PAST = {"not_before": datetime(2020, 1, 1, tzinfo=UTC), "not_after": datetime(2020, 2, 1, tzinfo=UTC)}
FUTURE = {"not_before": datetime(2900, 1, 1, tzinfo=UTC), "not_after": datetime(2901, 2, 1, tzinfo=UTC)}
STRANGER = trustme.CA()

UNKNOWN, EXPIRED, EARLY = (
    "its issuer is not known",
    "it expired on 2020-02-01",
    "it is valid only from 2900-01-01",
)


def problems(leaf: trustme.LeafCert, name: str, cacert: str | None) -> tuple[str, ...] | None:
    chain = [ssl.PEM_cert_to_DER_cert(pem.bytes().decode()) for pem in leaf.cert_chain_pems]
    judge = make_judge(TlsOptions(insecure=True, cacert=cacert))
    return find_problems(judge, chain, name, read_certificate(chain[0]))


@pytest.mark.parametrize("key_type", trustme.KeyType)
@pytest.mark.parametrize(
    ("issuer", "validity", "name", "found"),
    [
        (authority(), {}, "localhost", []),
        (authority(), {}, "127.0.0.1", []),
        (STRANGER, {}, "localhost", [UNKNOWN]),
        (authority(), PAST, "localhost", [EXPIRED]),
        (authority(), FUTURE, "localhost", [EARLY]),
        (authority(), {}, "other.example", ["it is not for other.example but for DNS:localhost"]),
        (authority(), {}, "::1", ["it is not for ::1 but for"]),
        (STRANGER, PAST, "other.example", [UNKNOWN, EXPIRED, "it is not for other.example"]),
    ],
)
def test_all_that_speaks_against_a_certificate_is_found(
    issuer: trustme.CA,
    validity: dict[str, Any],
    name: str,
    found: list[str],
    key_type: trustme.KeyType,
    tmp_path: Path,
) -> None:
    leaf = issuer.issue_cert("localhost", "127.0.0.1", key_type=key_type, **validity)
    told = problems(leaf, name, write_ca(tmp_path))
    assert told is not None
    assert len(told) == len(found)
    assert all(text.startswith(start) for text, start in zip(told, found, strict=True))


def test_the_chain_that_the_server_sends_counts(tmp_path: Path) -> None:
    inner = authority().create_child_ca()
    leaf = inner.issue_cert("localhost")
    assert problems(leaf, "localhost", write_ca(tmp_path)) == ()
    assert problems(leaf, "localhost", None)


def test_a_self_signed_certificate_is_called_that() -> None:
    root = ssl.PEM_cert_to_DER_cert(trustme.CA().cert_pem.bytes().decode())
    told = find_problems(make_judge(TlsOptions()), [root], "localhost", read_certificate(root))
    assert told is not None
    assert told[0].startswith("it is self-signed")


def test_what_cannot_be_read_has_no_verdict() -> None:
    chain = [b"no certificate"]
    assert find_problems(make_judge(TlsOptions()), chain, "localhost", read_certificate(chain[0])) is None


@given(at=st.integers(0, 2000), octets=st.binary(max_size=40), cut=st.booleans())
@settings(deadline=None, max_examples=60)
def test_a_broken_chain_is_judged_without_harm(at: int, octets: bytes, cut: bool) -> None:
    leaf = ssl.PEM_cert_to_DER_cert(authority().issue_cert("localhost").cert_chain_pems[0].bytes().decode())
    broken = leaf[:at] + octets + (b"" if cut else leaf[at + len(octets) :])
    told = find_problems(make_judge(TlsOptions()), [broken, octets], "localhost", read_certificate(broken))
    assert told is None or all(told)
