"""From a target to an open stream: resolve, connect, TLS, each phase announced, timed and made an event."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..config import Target
from ..errors import WscliError
from ..events import Certificate, Clock, Connected, Event, Resolved, TlsEstablished
from .connect import Connection, connect, milliseconds
from .context import KeyPassword, make_context
from .resolve import Endpoint, parse_address, resolve
from .stream import SocketStream, Stream, StreamBroken, address_text
from .tls import TLSStream
from .trust import explain_failure, explain_mistrust
from .x509 import read_certificate

# The second look at a certificate that is not trusted only adds detail to a failure: it may not hold it up.
_LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the facts of one dial go: events, the clock that times them, and the phase that begins."""

    emit: Callable[[Event], None]
    clock: Clock
    enter: Callable[[str], None]


async def dial(
    target: Target,
    emit: Callable[[Event], None],
    clock: Clock,
    enter: Callable[[str], None],
    *,
    key_password: KeyPassword | None = None,
) -> Stream:
    """An open stream to the target's URL, through TLS when it is secure.

    `enter` is called with `resolve`, `connect` and `tls` as each phase begins; the caller owns the deadline.
    `key_password` is asked for the password of an encrypted `--key`. Cancelled or failed at any point, no
    socket stays open.

    Raises: UsageError (before anything is sent), ResolveFailed, ConnectFailed, TLSFailed,
    CertificateUntrusted.
    """
    progress = Progress(emit, clock, enter)
    context = make_context(target.tls, key_password) if target.url.secure else None
    connection = await _connect(target, progress)
    stream: Stream = SocketStream(connection.sock)
    if context is None:
        return stream

    async def again() -> Stream:
        repeated = await connect(target.url.host, [connection.endpoint], clock)
        return SocketStream(repeated.sock)

    return await secure(stream, context, target, progress, again)


async def _connect(target: Target, progress: Progress) -> Connection:
    url = target.url
    endpoints = await _resolve(url.host, url.port, target.family, progress)
    progress.enter("connect")
    started = progress.clock.now()
    connection = await connect(url.host, endpoints, progress.clock)
    try:
        _emit_connected(connection, started, progress)
    except BaseException:
        connection.sock.close()
        raise
    return connection


async def _resolve(host: str, port: int, family: int, progress: Progress) -> list[Endpoint]:
    progress.enter("resolve")
    started = progress.clock.now()
    endpoints = await resolve(host, port, family)
    duration = milliseconds(progress.clock.now() - started)
    stamp = progress.clock.stamp()
    addresses = tuple(dict.fromkeys(endpoint.host for endpoint in endpoints))
    progress.emit(Resolved(t=stamp.t, time=stamp.time, host=host, addresses=addresses, duration_ms=duration))
    return endpoints


def _emit_connected(connection: Connection, started: float, progress: Progress) -> None:
    duration = milliseconds(progress.clock.now() - started)
    stamp = progress.clock.stamp()
    progress.emit(
        Connected(
            t=stamp.t,
            time=stamp.time,
            address=connection.endpoint.host,
            port=connection.endpoint.port,
            local_address=address_text(*connection.sock.getsockname()[:2]),
            duration_ms=duration,
            attempts=connection.attempts,
        )
    )


async def secure(
    stream: Stream,
    context: ssl.SSLContext,
    target: Target,
    progress: Progress,
    again: Callable[[], Awaitable[Stream]],
) -> TLSStream:
    """TLS over `stream`, which is closed when that fails; `again` opens another one, for a second look.

    Raises: TLSFailed, CertificateUntrusted.
    """
    # RFC 6066 §3: the name goes without a trailing dot.
    name = (target.tls.servername or target.url.host).rstrip(".")
    tls = TLSStream(stream, context, name)
    try:
        progress.enter("tls")
        started = progress.clock.now()
        await tls.handshake()
        _emit_tls(tls, name, target, milliseconds(progress.clock.now() - started), progress)
    except ssl.SSLCertVerificationError as failure:
        tls.close()
        raise explain_mistrust(failure, name, await _look_again(again, name)) from failure
    except (ssl.SSLError, EOFError, StreamBroken) as failure:
        tls.close()
        raise explain_failure(failure, tls, address_text(target.url.host, target.url.port)) from failure
    except BaseException:
        tls.close()
        raise
    return tls


def _emit_tls(tls: TLSStream, name: str, target: Target, duration: float, progress: Progress) -> None:
    cipher = tls.ssl_object.cipher()
    stamp = progress.clock.stamp()
    progress.emit(
        TlsEstablished(
            t=stamp.t,
            time=stamp.time,
            version=tls.ssl_object.version() or "",
            cipher=cipher[0] if cipher else "",
            alpn=tls.ssl_object.selected_alpn_protocol(),
            # RFC 6066 §3: an address is verified, but not sent as SNI.
            server_name=None if parse_address(name, 0) else name,
            verified=not target.tls.insecure,
            certificate=_certificate(tls),
            duration_ms=duration,
        )
    )


def _certificate(tls: TLSStream) -> Certificate | None:
    der = tls.ssl_object.getpeercert(binary_form=True)
    return read_certificate(der) if der else None


async def _look_again(again: Callable[[], Awaitable[Stream]], name: str) -> Certificate | None:
    """The certificate that was not trusted: Python gives it only to a handshake that trusts everything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    stream: Stream | None = None
    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            stream = await again()
            tls = TLSStream(stream, context, name)
            await tls.handshake()
            return _certificate(tls)
    except (TimeoutError, WscliError, ssl.SSLError, OSError, EOFError, StreamBroken):
        return None
    finally:
        if stream is not None:
            stream.close()
