"""Certificates for the tests: one authority a process, and a TLS layer whose every byte is in our hands."""

from __future__ import annotations

import functools
import ssl
from pathlib import Path

import trustme


@functools.cache
def authority() -> trustme.CA:
    """The test authority: `authority().cert_pem.write_to_path(path)` is what `--cacert` takes."""
    return trustme.CA()


@functools.cache
def _certificate(*names: str) -> trustme.LeafCert:
    return authority().issue_cert(*names)


def server_context(*names: str) -> ssl.SSLContext:
    """A server's context whose certificate is for `names` (localhost and 127.0.0.1 when none are given).

    A new one each time: what a test does to it is no other test's.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _certificate(*(names or ("localhost", "127.0.0.1", "::1"))).configure_cert(context)
    return context


def write_ca(directory: Path) -> str:
    """The authority's certificate as a file in `directory`; its path."""
    path = directory / "ca.pem"
    authority().cert_pem.write_to_path(str(path))
    return str(path)
