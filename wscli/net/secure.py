"""TLS on a stream that stands: the handshake, its event, and a second look when there is no trust."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from ..errors import CertificateUntrusted, UsageError, WscliError
from ..events import Certificate, TlsEstablished
from .progress import Progress
from .resolve import parse_address
from .stream import Stream, StreamBroken
from .tls import TLSStream
from .trust import explain_failure, explain_mistrust
from .x509 import read_certificate

# The second look at a certificate that is not trusted only adds detail to a failure: it may not hold it up.
_LOOK_SECONDS = 2.0
_MOST_IN_CHAIN = 10
# _ssl.ENCODING_DER
_DER = 2


class TlsPeer(msgspec.Struct, frozen=True):
    """Who shall be at the other end: the name that is sent and verified, and `host:port` for messages.

    `judge` is there when anybody is trusted, to say what would speak against that.
    """

    name: str
    where: str
    judge: ssl.SSLContext | None = None


async def secure(
    stream: Stream,
    context: ssl.SSLContext,
    peer: TlsPeer,
    progress: Progress,
    again: Callable[[], Awaitable[Stream]],
) -> TLSStream:
    """TLS over `stream`, which is closed when that fails; `again` opens another one, for a second look.

    Raises: UsageError for a name that TLS cannot take; TLSFailed, CertificateUntrusted.
    """
    try:
        tls = _wrapped(stream, context, peer.name)
        progress.enter("tls")
        started = progress.clock.now()
        await _shake_hands(tls, peer)
        _emit(tls, peer, progress.since(started), progress)
    except ssl.SSLCertVerificationError as failure:
        stream.close()
        progress.enter("look")
        ders: list[bytes] = []
        # Whatever ends the look, a deadline or the user: what it was to explain came first.
        with contextlib.suppress(asyncio.CancelledError):
            ders = await _look_again(again, peer.name)
        raise _explained(failure, peer.name, ders) from failure
    except BaseException:
        stream.close()
        raise
    return tls


def _explained(failure: ssl.SSLCertVerificationError, name: str, ders: list[bytes]) -> CertificateUntrusted:
    if not ders:
        return explain_mistrust(failure, name, None)
    from .verdict import find_problems

    leaf = read_certificate(ders[0])
    return explain_mistrust(failure, name, leaf, find_problems(None, ders, name, leaf) or ())


def _wrapped(stream: Stream, context: ssl.SSLContext, name: str) -> TLSStream:
    try:
        return TLSStream(stream, context, name)
    except ValueError:
        raise UsageError(
            f"TLS cannot ask for the name {name!r}: a part of it is empty or longer than 63 characters",
            hint="check --servername, or the host",
        ) from None


async def _shake_hands(tls: TLSStream, peer: TlsPeer) -> None:
    try:
        await tls.handshake()
    except ssl.SSLCertVerificationError:
        raise
    except (ssl.SSLError, EOFError, StreamBroken) as failure:
        raise explain_failure(failure, tls, peer.where) from failure


def _emit(tls: TLSStream, peer: TlsPeer, duration: float, progress: Progress) -> None:
    cipher = tls.ssl_object.cipher()
    stamp = progress.clock.stamp()
    ders = _chain(tls)
    chain = tuple(map(read_certificate, ders))
    leaf = chain[0] if chain else None
    progress.emit(
        TlsEstablished(
            t=stamp.t,
            time=stamp.time,
            version=tls.ssl_object.version() or "",
            cipher=cipher[0] if cipher else "",
            alpn=tls.ssl_object.selected_alpn_protocol(),
            # RFC 6066 §3: an address is verified, but not sent as SNI.
            server_name=None if parse_address(peer.name, 0) else peer.name,
            verified=peer.judge is None,
            certificate=leaf,
            chain=chain[1:],
            problems=_problems(peer, ders, leaf),
            duration_ms=duration,
        )
    )


def _problems(peer: TlsPeer, ders: list[bytes], leaf: Certificate | None) -> tuple[str, ...] | None:
    if peer.judge is None:
        return ()
    if leaf is None:
        return None
    from .verdict import find_problems

    return find_problems(peer.judge, ders, peer.name, leaf)


def _chain(tls: TLSStream) -> list[bytes]:
    """What the server sent, its leaf first (DER); the leaf alone where this Python cannot tell."""
    leaf = tls.ssl_object.getpeercert(binary_form=True)
    if leaf is None:
        return []
    session: Any = tls.ssl_object
    if hasattr(session, "get_unverified_chain"):
        ders = session.get_unverified_chain()
    else:
        # Public since Python 3.13; before, it is one level below, with certificates of a type of its own.
        below = getattr(getattr(session, "_sslobj", None), "get_unverified_chain", None)
        ders = [each.public_bytes(_DER) for each in (below() or [])] if below is not None else []
    return [leaf, *(ders or [])[1:_MOST_IN_CHAIN]]


async def _look_again(again: Callable[[], Awaitable[Stream]], name: str) -> list[bytes]:
    """The chain that was not trusted: Python gives it only to a handshake that trusts everything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    stream: Stream | None = None
    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            stream = await again()
            tls = TLSStream(stream, context, name)
            await tls.handshake()
            return _chain(tls)
    except (TimeoutError, WscliError, OSError, EOFError, StreamBroken):
        return []
    finally:
        if stream is not None:
            stream.close()
