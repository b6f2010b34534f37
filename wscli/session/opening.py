"""The opening handshake: dial, ask, read the reply, judge it (RFC 6455 §4.1).

The reply is ours to read, byte for byte; whether a 101 establishes the connection is for websockets and
lint to say.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, UnsetType
from websockets.client import ClientProtocol

from ..config import Target
from ..errors import BadReply, ConnectFailed, DeadlineExceeded, Refused, TLSFailed, TooLarge
from ..events import Opened, Redirected, RequestSent, ResponseReceived
from ..net.dial import dial
from ..net.stream import Stream, StreamBroken
from ..wire.dissect import text_or_base64
from ..wire.extensions import DeflateParams, deflate_params, opaque_rsv
from ..wire.head import HeadDecoder, MalformedHead, RequestHead, ResponseHead, encode_request
from ..wire.lint import Violation, lint_handshake, negotiated_extensions, negotiated_subprotocol
from .extensions import leave_to_deflate
from .hints import hint_for_malformed, hint_for_refusal
from .journal import Journal
from .protocol import make_protocol, offered_extensions, refused_by_judge, request_headers, take_over_request
from .redirects import location_of

if TYPE_CHECKING:
    from ..wire.body import BodyDecoder

# Interim replies (RFC 9110 §15.2) that are read before the one that counts.
_MOST_INTERIM = 16
# Seconds without a byte after which what came of a refusal's body is all: the connection may be kept open.
_BODY_SILENCE = 2.0

# How phases are named to the user, by the names that net/ gives them.
_PHASES = {
    "resolve": "resolving the host name",
    "connect": "connecting",
    "proxy": "connecting through the proxy",
    "tls": "the TLS handshake",
    "look": "looking at the certificate that is not trusted",
    "request": "sending the request",
    "reply": "waiting for the reply",
    "body": "reading the refusal's body",
}


class Connection(msgspec.Struct, frozen=True):
    """An established connection, and what came of its first frames with the reply."""

    stream: Stream
    protocol: ClientProtocol
    request: RequestHead
    response: ResponseHead
    deflate: DeflateParams | None
    opaque_rsv: int
    remainder: bytes


class _Exchange(msgspec.Struct, frozen=True):
    """A request, its reply, and when the request was sent (seconds on the run's clock)."""

    stream: Stream
    protocol: ClientProtocol
    request: RequestHead
    response: ResponseHead
    remainder: bytes
    asked: float


class RedirectReceived(Exception):
    """The reply is a redirect, and the user wants to follow it."""

    def __init__(self, status: int, location: str) -> None:
        super().__init__(status)
        self.status = status
        self.location = location

    def record(self, journal: Journal, *, followed: bool) -> None:
        """Tell it."""
        stamp = journal.stamp()
        journal.record(
            Redirected(
                t=stamp.t, time=stamp.time, status=self.status, location=self.location, followed=followed
            )
        )


class Opening:
    """One opening handshake. `started` is when the first one began."""

    def __init__(self, target: Target, journal: Journal, started: float) -> None:
        self._target = target
        self._journal = journal
        self._stream: Stream | None = None
        self._started = started
        self._phases: list[tuple[str, float]] = []

    @property
    def phase(self) -> str:
        """How far it has come."""
        return self._phases[-1][0] if self._phases else "resolve"

    def unfinished(self) -> tuple[str, float, float] | None:
        """The phase that is not done, or that failed; when it began and ended (seconds on the clock)."""
        times = [*self._phases, ("", self._journal.clock.now())]
        if times[-2:-1] and times[-2][0] == "look":
            # That comes after the failure.
            del times[-1]
        return (*times[-2], times[-1][1]) if len(times) > 1 else None

    async def perform(self, deadline: float) -> Connection:
        """Open the connection until `deadline` (the loop's clock, seconds).

        Raises: any PeerError of the way there, DeadlineExceeded with the phase, Refused, BadReply, TooLarge;
        RedirectReceived when the target follows redirects.
        """
        try:
            async with asyncio.timeout_at(deadline):
                opened = await self._ask_and_hear()
            return await self._conclude(opened, deadline)
        except TimeoutError:
            self._close()
            raise self._too_late() from None
        except BaseException:
            self._close()
            raise

    def _too_late(self) -> DeadlineExceeded:
        phase = _PHASES.get(self.phase, self.phase)
        # A plain server waits for the end of a request, and takes the TLS hello for its beginning.
        plain = "; or is it a plain port, for ws://?" if self.phase == "tls" else ""
        if self.phase == "proxy":
            plain = "; or is it another kind of proxy than its URL says?"
        return DeadlineExceeded(
            f"{phase} took longer than {self._target.connect_timeout:g} s",
            hint=f"allow more with --connect-timeout{plain}",
        )

    def _close(self) -> None:
        if self._stream is not None:
            self._stream.close()

    def _enter(self, phase: str) -> None:
        self._phases.append((phase, self._journal.clock.now()))

    async def _ask_and_hear(self) -> _Exchange:
        target, journal = self._target, self._journal
        protocol = make_protocol(target)
        headers = request_headers(protocol, target)
        raw = encode_request("GET", target.url.resource, headers)
        take_over_request(protocol, headers)
        password = target.tls.key_password
        stream = self._stream = await dial(
            target,
            journal.record,
            journal.clock,
            self._enter,
            key_password=None if password is None else lambda: password,
        )
        request = RequestHead("GET", target.url.resource, "HTTP/1.1", tuple(headers), raw)
        asked = await self._ask(stream, request)
        response, remainder = await self._reply(stream, asked)
        return _Exchange(stream, protocol, request, response, remainder, asked)

    async def _conclude(self, exchange: _Exchange, deadline: float) -> Connection:
        response = exchange.response
        if response.status != 101:
            raise await self._refused(exchange, deadline)
        self._received(response, self._journal.clock.now() - exchange.asked)
        self._judge(exchange.protocol, exchange.request, response)
        self._opened(exchange.request, response)
        agreed = negotiated_extensions(response)
        leave_to_deflate(exchange.protocol.extensions)
        return Connection(
            stream=exchange.stream,
            protocol=exchange.protocol,
            request=exchange.request,
            response=response,
            deflate=deflate_params(agreed),
            opaque_rsv=opaque_rsv(agreed),
            remainder=exchange.remainder,
        )

    async def _ask(self, stream: Stream, request: RequestHead) -> float:
        self._enter("request")
        # When this fails the peer may have said why before it went: what it sent is still read.
        with contextlib.suppress(StreamBroken):
            await stream.send_all(request.raw)
        stamp = self._journal.stamp()
        self._journal.record(
            RequestSent(
                t=stamp.t,
                time=stamp.time,
                method=request.method,
                target=request.target,
                version=request.version,
                headers=request.headers,
                raw=request.raw,
            )
        )
        return self._journal.clock.now()

    async def _reply(self, stream: Stream, asked: float) -> tuple[ResponseHead, bytes]:
        self._enter("reply")
        decoder = HeadDecoder()
        head: ResponseHead | MalformedHead | None = None
        received = False
        interim = 0
        while head is None:
            chunk = await stream.receive()
            received = received or bool(chunk)
            head = decoder.feed(chunk) if chunk else decoder.eof()
            while isinstance(head, ResponseHead) and head.is_interim:
                self._received(head, self._journal.clock.now() - asked)
                interim += 1
                if interim > _MOST_INTERIM:
                    raise BadReply(f"the server sent {interim} interim replies (1xx) and no answer")
                rest, decoder = decoder.remainder, HeadDecoder()
                head = decoder.feed(rest) if rest else None
        if isinstance(head, ResponseHead):
            return head, decoder.remainder
        raise self._malformed(head, stream, received=received, interim=interim)

    def _malformed(
        self, head: MalformedHead, stream: Stream, *, received: bool, interim: int
    ) -> BadReply | ConnectFailed | TooLarge:
        if head.truncated and not received:
            how = "reset the connection" if stream.ended == "reset" else "closed the connection"
            return ConnectFailed(
                f"{stream.peer_address} {how} before a byte of the reply",
                hint=hint_for_malformed(head, self._target),
            )
        if interim and head.truncated and not head.raw:
            how = "reset the connection" if stream.ended == "reset" else "closed the connection"
            return BadReply(f"{stream.peer_address} {how} after an interim reply (1xx), without an answer")
        if head.too_large:
            return TooLarge(f"the reply is no valid handshake: {head.reason} ({head.rfc})")
        return BadReply(
            f"the reply is no valid handshake: {head.reason} ({head.rfc})",
            hint=hint_for_malformed(head, self._target),
        )

    async def _refused(self, exchange: _Exchange, deadline: float) -> Refused | RedirectReceived:
        self._enter("body")
        response, answered = exchange.response, self._journal.clock.now()
        from ..wire.body import BodyDecoder

        body = BodyDecoder(response.status, response.headers)
        body.feed(exchange.remainder)
        # When a deadline passes here the refusal is known; only its body is not whole.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                while not body.complete:
                    async with asyncio.timeout(_BODY_SILENCE):
                        chunk = await _rest_of_refusal(exchange.stream)
                    if not chunk:
                        body.eof()
                        break
                    body.feed(chunk)
        self._received(response, answered - exchange.asked, body)
        self._close()
        location = location_of(response)
        redirect = None if location is None else RedirectReceived(response.status, location)
        if redirect is not None and self._target.max_redirects:
            self._tell(body.problems)
            return redirect
        expected = self._target.expected_status
        violations = lint_handshake(exchange.request, response, expected_status=expected)
        self._tell([*violations, *body.problems])
        if redirect is not None:
            redirect.record(self._journal, followed=False)
        reason = f" {response.reason}" if response.reason else ""
        # Only who is refused needs it.
        from .retry_after import retry_after

        return Refused(
            f"the server refused the handshake: {response.status}{reason}",
            hint=hint_for_refusal(response, self._target, bytes(body.body)),
            status=response.status,
            retry_after=retry_after(response, time.time()),
        )

    def _received(self, response: ResponseHead, seconds: float, body: BodyDecoder | None = None) -> None:
        stamp = self._journal.stamp()
        text: str | UnsetType = UNSET
        base64: bytes | UnsetType = UNSET
        if body is not None:
            text, base64 = text_or_base64(body.body, as_text=True)
        self._journal.record(
            ResponseReceived(
                t=stamp.t,
                time=stamp.time,
                status=response.status,
                reason=response.reason,
                version=response.version,
                headers=response.headers,
                raw=response.raw,
                duration_ms=round(seconds * 1000, 3),
                body=text,
                base64=base64,
                body_truncated=body is not None and (body.truncated or not body.complete),
            )
        )

    def _tell(self, violations: Iterable[Violation]) -> None:
        stamp = self._journal.stamp()
        for found in violations:
            self._journal.record(found.event(stamp))

    def _judge(self, protocol: ClientProtocol, request: RequestHead, response: ResponseHead) -> None:
        """Both judges must agree: what either refuses does not establish a connection (RFC 6455 §4.1)."""
        violations = lint_handshake(request, response)
        self._tell(violations)
        errors = [found for found in violations if found.severity == "error"]
        protocol.receive_data(response.raw)
        if errors:
            first = errors[0]
            raise BadReply(f"the reply is no valid handshake: {first.detail} ({first.rfc})")
        if protocol.handshake_exc is not None:
            raise refused_by_judge(protocol.handshake_exc, response)
        protocol.events_received()

    def _opened(self, request: RequestHead, response: ResponseHead) -> None:
        stamp = self._journal.stamp()
        self._journal.record(
            Opened(
                t=stamp.t,
                time=stamp.time,
                url=str(self._target.url),
                subprotocol=negotiated_subprotocol(response),
                extensions=negotiated_extensions(response),
                offered=offered_extensions(request.headers),
                total_ms=round((self._journal.clock.now() - self._started) * 1000, 3),
            )
        )


async def _rest_of_refusal(stream: Stream) -> bytes:
    """What comes next, nothing when TLS fails: the refusal is known by then, and the first cause."""
    try:
        return await stream.receive()
    except TLSFailed:
        return b""
