"""Tunnels through a proxy: HTTP CONNECT (RFC 9110 §9.3.6), with wire/ for its bytes; SOCKS is in socks.py."""

from __future__ import annotations

import asyncio
import base64
from http import HTTPStatus
from typing import Any

from ..errors import ProxyFailed
from ..events import Proxied, RequestSent, ResponseReceived
from ..wire.body import BodyDecoder
from ..wire.head import HeadDecoder, MalformedHead, ResponseHead, encode_request
from .progress import Progress
from .routes import ProxyUrl
from .socks import open_socks
from .stream import Stream, StreamBroken, address_text

# A body without a length ends with the connection; the proxy's refusal does not wait for it any longer.
_BODY_SECONDS = 1.0
# Not written as a URL: in one, what stands before the @ is redacted.
_CREDENTIALS = "give credentials: USER:PASSWORD@ before the host in --proxy"
_HINTS = {
    401: _CREDENTIALS,
    403: "this proxy does not allow the host or the port",
    405: "this may be a web server, not a proxy: check --proxy or the environment",
    407: _CREDENTIALS,
    502: "the proxy could not reach the host: check its name and port",
    503: "the proxy could not reach the host, or is overloaded",
    504: "the host did not answer the proxy in time",
}


async def open_tunnel(stream: Stream, proxy: ProxyUrl, host: str, port: int, progress: Progress) -> None:
    """Make `stream`, which leads to `proxy`, lead to host and port; the caller closes it on failure.

    Raises: ProxyFailed; UsageError when SOCKS is not installed.
    """
    progress.enter("proxy")
    started = progress.clock.now()
    try:
        if proxy.scheme.startswith("socks"):
            await open_socks(stream, proxy, host, port)
            _emit_proxied(proxy, None, progress.since(started), progress)
        else:
            await _http_connect(stream, proxy, address_text(host, port), progress)
    except StreamBroken as failure:
        raise ProxyFailed(
            f"proxy {proxy}: it ended the connection ({failure})", hint="the proxy's log may say why"
        ) from failure


async def _http_connect(stream: Stream, proxy: ProxyUrl, authority: str, progress: Progress) -> None:
    headers = [("Host", authority)]
    if proxy.username is not None:
        userpass = f"{proxy.username}:{proxy.password or ''}".encode()
        headers.append(("Proxy-Authorization", "Basic " + base64.b64encode(userpass).decode("ascii")))
    request = encode_request("CONNECT", authority, headers)
    started = progress.clock.now()
    await stream.send_all(request)
    _emit_request(authority, headers, request, progress)
    head, rest = await _read_head(stream, proxy)
    duration = progress.since(started)
    # RFC 9110 §9.3.6: any 2xx is the tunnel, and what follows the head is its first bytes.
    if 200 <= head.status < 300:
        stream.unread(rest)
        _emit_response(head, None, duration, progress)
        _emit_proxied(proxy, head.status, duration, progress)
        return
    body = await _read_body(stream, head, rest)
    _emit_response(head, body, duration, progress)
    _emit_proxied(proxy, head.status, duration, progress)
    answer = f"{head.status} {head.reason or _phrase(head.status)}".rstrip()
    raise ProxyFailed(
        f"proxy {proxy}: it refused the tunnel to {authority}: {answer}",
        hint=_HINTS.get(head.status, "what the proxy answered may say why"),
    )


async def _read_head(stream: Stream, proxy: ProxyUrl) -> tuple[ResponseHead, bytes]:
    """The final response head, and what was read behind it."""
    decoder = HeadDecoder()
    chunk = b""
    while True:
        outcome = decoder.feed(chunk)
        if isinstance(outcome, ResponseHead):
            if not outcome.is_interim:
                return outcome, decoder.remainder
            # RFC 9110 §15.2: an interim response comes before the real one.
            decoder, chunk = HeadDecoder(), decoder.remainder
            continue
        if outcome is None:
            chunk = await stream.receive()
            outcome = decoder.eof() if not chunk else None
        if isinstance(outcome, MalformedHead):
            raise _no_head(outcome, stream, proxy)


def _no_head(malformed: MalformedHead, stream: Stream, proxy: ProxyUrl) -> ProxyFailed:
    if not malformed.raw:
        end = "reset" if stream.ended == "reset" else "closed"
        return ProxyFailed(
            f"proxy {proxy}: it {end} the connection without an answer",
            hint="check the port and the scheme: https:// is for proxies that speak TLS themselves",
        )
    seems = f" (it looks like {malformed.looks_like})" if malformed.looks_like else ""
    # RFC 1928 §3: what a SOCKS 5 proxy makes of a request that begins like HTTP.
    socks = malformed.raw.startswith((b"\x05\xff", b"\x05\x00"))
    return ProxyFailed(
        f"proxy {proxy}: its answer is no valid HTTP{seems}: {malformed.reason}",
        hint="this may be a SOCKS proxy: socks5://"
        if socks
        else "check the scheme and the port of the proxy",
    )


async def _read_body(stream: Stream, head: ResponseHead, rest: bytes) -> BodyDecoder:
    decoder = BodyDecoder(head.status, head.headers, method="CONNECT")
    decoder.feed(rest)
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while not decoder.complete:
                chunk = await stream.receive()
                if not chunk:
                    break
                decoder.feed(chunk)
    except TimeoutError:
        decoder.truncated = True
    decoder.eof()
    return decoder


def _emit_request(authority: str, headers: list[tuple[str, str]], raw: bytes, progress: Progress) -> None:
    stamp = progress.clock.stamp()
    progress.emit(
        RequestSent(
            t=stamp.t,
            time=stamp.time,
            method="CONNECT",
            target=authority,
            version="HTTP/1.1",
            headers=tuple(headers),
            raw=raw,
        )
    )


def _emit_response(head: ResponseHead, body: BodyDecoder | None, duration: float, progress: Progress) -> None:
    stamp = progress.clock.stamp()
    content: dict[str, Any] = {}
    if body is not None:
        content["body_truncated"] = body.truncated
        try:
            content["body"] = body.body.decode()
        except UnicodeDecodeError:
            content["base64"] = body.body
    progress.emit(
        ResponseReceived(
            t=stamp.t,
            time=stamp.time,
            status=head.status,
            reason=head.reason,
            version=head.version,
            headers=head.headers,
            duration_ms=duration,
            raw=head.raw,
            **content,
        )
    )


def _emit_proxied(proxy: ProxyUrl, status: int | None, duration: float, progress: Progress) -> None:
    stamp = progress.clock.stamp()
    progress.emit(Proxied(t=stamp.t, time=stamp.time, url=str(proxy), status=status, duration_ms=duration))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
