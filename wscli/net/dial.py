"""From a target to an open stream: resolve, connect, proxy, TLS, each phase announced, timed, an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..config import Target, TlsOptions
from ..errors import CertificateUntrusted, PeerError, ProxyFailed, TLSFailed
from ..events import Clock, Connected, Event, Resolved
from .connect import Connection, connect, connect_unix
from .progress import Progress
from .resolve import Endpoint, check_family, parse_address, resolve
from .routes import ProxyUrl, override_for, proxy_for
from .stream import SocketStream, Stream, address_text

# What only TLS or a proxy needs is imported where they are: most connections of a loop have neither.
if TYPE_CHECKING:
    import ssl

    from .context import KeyPassword
    from .secure import TlsPeer

# The other hints of these speak of options and schemes that are the server's.
_PROXY_HINTS: dict[type[PeerError], str] = {
    TLSFailed: "if it is a plain HTTP proxy, as most are, write http:// for it",
    CertificateUntrusted: "trust its issuer with --cacert FILE, if you know it; -k goes on without checking",
}


async def dial(
    target: Target,
    emit: Callable[[Event], None],
    clock: Clock,
    enter: Callable[[str], None],
    *,
    key_password: KeyPassword | None = None,
) -> Stream:
    """An open stream to the target's URL, through TLS when it is secure.

    `enter` is called with `resolve`, `connect`, `proxy` and `tls` as each phase begins, and with `look` for a
    second look at a certificate that is not trusted; the caller owns the deadline. `key_password` is asked
    for the password of an encrypted `--key`. Cancelled or failed at any point, no socket stays open.

    Raises: UsageError (before anything is sent), ResolveFailed, ConnectFailed, ProxyFailed, TLSFailed,
    CertificateUntrusted.
    """
    progress = Progress(emit, clock, enter)
    proxy = proxy_for(target)
    if proxy is not None and proxy.scheme.startswith("socks"):
        from .socks import load_python_socks

        load_python_socks()
    context = judge = None
    if target.url.secure:
        from .context import make_context, make_judge

        context = make_context(target.tls, key_password)
        judge = make_judge(target.tls) if target.tls.insecure else None
    if proxy is not None:
        try:
            stream, pinned = await _through(proxy, target, progress), target
        except ProxyFailed as failure:
            if proxy.variable:
                failure.hint += f" ({proxy.variable} names this proxy; --no-proxy goes without one)"
            raise
    else:
        connection = await _connect(target, *_peer_of(target), progress)
        stream, pinned = SocketStream(connection.sock), _pin(target, connection)
    if context is None:
        return stream

    async def again() -> Stream:
        if proxy is not None:
            return await _through(proxy, target, progress.muted())
        return SocketStream((await _connect(pinned, *_peer_of(pinned), progress.muted())).sock)

    from .secure import secure

    return await secure(stream, context, _tls_peer(target, judge), progress, again)


def _peer_of(target: Target) -> tuple[str, int]:
    return target.connect_to or (target.url.address, target.url.port)


def _pin(target: Target, connection: Connection) -> Target:
    """The target whose next connection goes where this one went."""
    if target.unix_socket is not None:
        return target
    return replace(target, connect_to=(connection.endpoint.host, connection.endpoint.port))


def _tls_peer(target: Target, judge: ssl.SSLContext | None) -> TlsPeer:
    from .secure import TlsPeer

    # RFC 6066 §3: the name goes without a trailing dot.
    name = (target.tls.servername or target.url.host).rstrip(".")
    return TlsPeer(name, address_text(target.url.host, target.url.port), judge)


async def _connect(target: Target, host: str, port: int, progress: Progress) -> Connection:
    """TCP to host and port, or the Unix socket of the target."""
    path = target.unix_socket
    endpoints = [] if path is not None else await _resolve(target, host, port, progress)
    progress.enter("connect")
    started = progress.clock.now()
    if path is not None:
        connection = await connect_unix(path, progress.clock)
    else:
        connection = await connect(host, endpoints, progress.clock)
    try:
        _emit_connected(connection, progress.since(started), progress)
    except BaseException:
        connection.sock.close()
        raise
    return connection


async def _resolve(target: Target, host: str, port: int, progress: Progress) -> list[Endpoint]:
    progress.enter("resolve")
    started = progress.clock.now()
    given = override_for(target, host, port)
    if given:
        endpoints = [found for each in given if (found := parse_address(each, port)) is not None]
        endpoints = check_family(host, endpoints, target.family)
    else:
        endpoints = await resolve(host, port, target.family)
    duration, stamp = progress.since(started), progress.clock.stamp()
    addresses = tuple(dict.fromkeys(endpoint.host for endpoint in endpoints))
    progress.emit(Resolved(t=stamp.t, time=stamp.time, host=host, addresses=addresses, duration_ms=duration))
    return endpoints


def _emit_connected(connection: Connection, duration: float, progress: Progress) -> None:
    stamp = progress.clock.stamp()
    local = connection.sock.getsockname()
    progress.emit(
        Connected(
            t=stamp.t,
            time=stamp.time,
            address=connection.endpoint.host,
            port=connection.endpoint.port,
            local_address=address_text(*local[:2]) if isinstance(local, tuple) else "",
            duration_ms=duration,
            attempts=connection.attempts,
        )
    )


async def _through(proxy: ProxyUrl, target: Target, progress: Progress) -> Stream:
    """A tunnel to the target through `proxy`; what fails on the way to the proxy is the proxy's failure."""
    from .proxy import open_tunnel

    try:
        stream = await _reach(proxy, target, progress)
    except PeerError as failure:
        hint = _PROXY_HINTS.get(type(failure), failure.hint.replace("the server", "the proxy"))
        raise ProxyFailed(f"proxy {proxy}: {failure.message}", hint=hint) from failure
    try:
        # A zone means nothing to the proxy.
        host, port = target.connect_to or (target.url.host, target.url.port)
        if proxy.scheme in {"socks5", "socks4"}:
            # These are given an address, which we look up; SOCKS4 knows IPv4 alone.
            seen = replace(target, family=4) if proxy.scheme == "socks4" else target
            host = (await _resolve(seen, host, port, progress))[0].host
        await open_tunnel(stream, proxy, host, port, progress)
    except BaseException:
        stream.close()
        raise
    return stream


async def _reach(proxy: ProxyUrl, target: Target, progress: Progress) -> Stream:
    contexts = _proxy_contexts(target) if proxy.scheme == "https" else None

    async def connection(quiet: bool = False) -> Stream:
        told = progress.muted() if quiet else progress
        return SocketStream((await _connect(target, proxy.host, proxy.port, told)).sock)

    stream = await connection()
    if contexts is None:
        return stream
    from .secure import TlsPeer, secure

    context, judge = contexts
    where = address_text(proxy.host, proxy.port)
    peer = TlsPeer(proxy.host.rstrip("."), where, judge)
    return await secure(stream, context, peer, progress, lambda: connection(quiet=True))


def _proxy_contexts(target: Target) -> tuple[ssl.SSLContext, ssl.SSLContext | None]:
    """-k, --cacert and --tls-min hold for the proxy too; our identity and the server's name do not."""
    from .context import make_context, make_judge

    tls = target.tls
    context = make_context(TlsOptions(insecure=tls.insecure, cacert=tls.cacert, minimum=tls.minimum))
    judge = make_judge(tls) if tls.insecure else None
    if tls.cacert is not None:
        # It is mostly meant for the server: a proxy that the system trusts stays trusted.
        (judge or context).load_default_certs()
    return context, judge
