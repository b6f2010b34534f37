"""websockets' ClientProtocol, set up to judge and to write, but not to inflate, limit or log.

Messages, inflation, UTF-8 and sizes are wscli's own, from wire events; what its extensions still do is in
extensions.py.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from websockets.client import ClientProtocol
from websockets.exceptions import HeaderLineTooLong, NegotiationError, StatusLineTooLong, TooManyHeaders
from websockets.typing import LoggerLike, Subprotocol
from websockets.uri import WebSocketURI

from ..config import Target, Url
from ..errors import BadReply, TooLarge
from ..events import Extension
from ..wire.extensions import DEFLATE, parse_extensions
from ..wire.head import ResponseHead, header_values
from .extensions import factories_for, offers_of


def make_protocol(target: Target) -> ClientProtocol:
    """The judge for one connection to this target."""
    return ClientProtocol(
        _uri(target.url),
        extensions=factories_for(offers_of(target)) or None,
        subprotocols=[Subprotocol(name) for name in target.subprotocols] or None,
        max_size=None,
        logger=_silent_logger(),
    )


def request_headers(protocol: ClientProtocol, target: Target) -> list[tuple[str, str]]:
    """The request's headers in wire order, the user's own in place of ours (RFC 6455 §4.1)."""
    headers = [(name, value) for name, value in protocol.connect().headers.raw_items()]
    if target.origin is not None:
        headers.append(("Origin", target.origin))
    if target.user_agent:
        headers.append(("User-Agent", target.user_agent))
    replaced = {name.lower() for name, _ in target.headers} | target.removed
    kept = [(name, value) for name, value in headers if name.lower() not in replaced]
    # Host stays first (RFC 9110 §7.2 asks for it), also when it is the user's own.
    own_host = [pair for pair in target.headers if pair[0].lower() == "host"]
    others = [pair for pair in target.headers if pair[0].lower() != "host"]
    stored = "" if target.cookies is None else target.cookies(target.url)
    return own_host + kept + others + ([("Cookie", stored)] if stored else [])


def take_over_request(protocol: ClientProtocol, headers: Sequence[tuple[str, str]]) -> None:
    """Make the judge expect the answer to what was really asked, also by headers of the user's own."""
    for name, value in headers:
        if name.lower() == "sec-websocket-key":
            protocol.key = value.strip()
    offered = _listed(headers, "sec-websocket-protocol")
    protocol.available_subprotocols = [Subprotocol(name) for name in offered] or None
    protocol.available_extensions = factories_for(offered_extensions(headers)) or None


def offered_extensions(headers: Sequence[tuple[str, str]]) -> tuple[Extension, ...]:
    """The extensions that a request offers."""
    return parse_extensions(header_values(tuple(headers), "Sec-WebSocket-Extensions")).extensions


def refused_by_judge(failure: Exception, response: ResponseHead) -> BadReply | TooLarge:
    """The error for a 101 that breaks no rule, but that websockets does not take all the same."""
    cause = failure.__cause__ or failure
    if isinstance(cause, TooManyHeaders):
        return TooLarge("the reply is over a limit: it has more than 128 headers")
    if isinstance(cause, HeaderLineTooLong | StatusLineTooLong):
        return TooLarge("the reply is over a limit: a line of it is longer than 8 KiB")
    if isinstance(cause, NegotiationError):
        agreed = parse_extensions(header_values(response.headers, "Sec-WebSocket-Extensions")).extensions
        if any(each.name == DEFLATE and ("client_max_window_bits", "8") in each.params for each in agreed):
            return BadReply(
                "the server wants us to compress with a window of 8 bits "
                "(client_max_window_bits=8, RFC 7692 §7.1.2.2), which zlib cannot do",
                hint="connect without compression: --compression none",
            )
        return BadReply(
            "the server agreed to an extension in a way that wscli does not speak",
            hint="leave the header Sec-WebSocket-Extensions to wscli, or use --compression none",
        )
    return BadReply(
        f"the reply is no valid handshake: websockets does not accept it ({type(cause).__name__})"
    )


def _listed(headers: Sequence[tuple[str, str]], wanted: str) -> list[str]:
    values = ",".join(value for name, value in headers if name.lower() == wanted)
    return [part.strip() for part in values.split(",") if part.strip()]


def _uri(url: Url) -> WebSocketURI:
    path, _, query = url.resource.partition("?")
    return WebSocketURI(url.secure, url.host, url.port, path, query)


def _silent_logger() -> LoggerLike:
    # Its log lines hold the peer's bytes as they are, and tracebacks.
    logger = logging.getLogger("wscli.websockets")
    logger.disabled = True
    return logger
