"""What would speak against a certificate that nobody verified, in OpenSSL's own judgement.

Python tells why a chain is not trusted only by failing a handshake, and under `-k` none fails. A second
connection would disturb what is looked at. So the chain is judged here, in memory: a client that verifies is
shown it in a TLS 1.2 handshake, whose ServerHello and Certificate nothing has signed (RFC 5246 §7.4), and
which goes no further.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Sequence

from ..events import Certificate
from .trust import reason_of

_HANDSHAKE, _SERVER_HELLO, _CERTIFICATE = b"\x16", b"\x02", b"\x0b"
_TLS_1_2 = b"\x03\x03"
_RECORD_LIMIT = 16 * 1024
# TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256; that the key fits the suite is looked at after the verdict.
_SUITE = b"\xc0\x2f"
# RFC 5746 §3.4: without the extension OpenSSL 3 goes no further.
_EXTENSIONS = b"\x00\x05\xff\x01\x00\x01\x00"
_AFTER_THE_VERDICT = frozenset({"WRONG_CERTIFICATE_TYPE", "UNKNOWN_CERTIFICATE_TYPE"})
# X509_V_FLAG_NO_CHECK_TIME (x509_vfy.h)
_ANY_TIME = 0x200000


def find_problems(
    judge: ssl.SSLContext | None, chain: Sequence[bytes], name: str, leaf: Certificate
) -> tuple[str, ...] | None:
    """Why `judge` would not trust `chain` (DER, the leaf first) for `name`, in plain words; () when it would.

    Trust, time and name are asked for one by one: OpenSSL stops at the first (a key that is too weak comes
    before all of them). Without a judge nobody asks for trust. None when there is no answer.
    """
    in_time, for_name = _trusting(chain[0]), _trusting(chain[0])
    for_name.check_hostname = True
    for_name.verify_flags |= _ANY_TIME
    problems: dict[int, str] = {}
    try:
        for context in filter(None, (judge, in_time, for_name)):
            failure = _ask(context, chain, name)
            if failure is not None:
                problems.setdefault(failure.verify_code, reason_of(failure, name, leaf)[0])
    except (ssl.SSLError, ValueError):
        return None
    return tuple(problems.values())


def _trusting(leaf: bytes) -> ssl.SSLContext:
    """What takes `leaf` for a root of trust, and its name for any."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    with contextlib.suppress(ssl.SSLError):
        context.load_verify_locations(cadata=leaf)
    return context


def _ask(context: ssl.SSLContext, chain: Sequence[bytes], name: str) -> ssl.SSLCertVerificationError | None:
    """The verdict of `context`, None when it trusts. Raises: ssl.SSLError when it does not come so far."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=name)
    to_client.write(_records(_server_hello() + _certificate(chain)))
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return None
    except ssl.SSLCertVerificationError as failure:
        return failure
    except ssl.SSLError as failure:
        if failure.reason not in _AFTER_THE_VERDICT:
            raise
    return None


def _records(messages: bytes) -> bytes:
    """RFC 5246 §6.2.1."""
    pieces = (messages[at : at + _RECORD_LIMIT] for at in range(0, len(messages), _RECORD_LIMIT))
    return b"".join(_HANDSHAKE + _TLS_1_2 + len(piece).to_bytes(2, "big") + piece for piece in pieces)


def _server_hello() -> bytes:
    """RFC 5246 §7.4.1.3, without a session and with a random of zeros."""
    return _message(_SERVER_HELLO, _TLS_1_2 + bytes(32) + b"\x00" + _SUITE + b"\x00" + _EXTENSIONS)


def _certificate(chain: Sequence[bytes]) -> bytes:
    """RFC 5246 §7.4.2."""
    listed = b"".join(len(der).to_bytes(3, "big") + der for der in chain)
    return _message(_CERTIFICATE, len(listed).to_bytes(3, "big") + listed)


def _message(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(3, "big") + content
