"""A session: one WebSocket connection from the opening to the closing handshake.

ClientProtocol judges and writes; every byte in either direction also passes a dissector, and what that
tells is what listeners get. The first failure is kept: it decides the exit code.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Close
from websockets.protocol import State

from ..config import Target
from ..errors import DeadlineExceeded, LocalError, PeerError, ProtocolViolated, Unsent, UsageError, WscliError
from ..events import Closed, Event, FrameSeen, MessageSeen, Stamp, ViolationFound
from ..wire.closecodes import why_not
from ..wire.dissect import Dissector
from ..wire.frame import Opcode, encode_frame
from ..wire.lint import FrameLint
from ..wire.runs import MessageRun
from .encode import encode_messages
from .ending import Ending
from .journal import Journal
from .opening import Connection, Opening
from .outbox import QUEUE_LIMIT, Outbox
from .pings import Pings

# How long the server may take to close TCP once the closing handshake is done (RFC 6455 §7.1.1).
_FIN_SECONDS = 1.0
_MAX_CONTROL_PAYLOAD = 125

_Action = Callable[[ClientProtocol], None]


class Session:
    """One connection; use it as an async context manager, which ends what is still open.

    `ok_close` are codes of a peer that closes first which are no failure. With `strict_close` off, silence
    or EOF after our own Close is none either (contract §3, `handshake` and `ping`).
    """

    def __init__(
        self,
        target: Target,
        journal: Journal,
        *,
        ok_close: frozenset[int] = frozenset(),
        strict_close: bool = True,
        fast: bool = True,
    ) -> None:
        self.target = target
        self.journal = journal
        self.failure: WscliError | None = None
        self.closed: Closed | None = None
        self.ending = Ending()
        self.pings = Pings()
        self._ok_close = ok_close
        self._strict_close = strict_close
        self._fast = fast
        self._opening = Opening(target, journal)
        self._tasks: list[asyncio.Task[None]] = []
        self._deadline: float | None = None
        self._limit: asyncio.Timeout | None = None
        self._close_timeout = target.close_timeout
        self._gave_up = False
        self._stopped = False
        self._messages_queued = 0
        self._messages_sent = 0
        self._chunk = b""
        self._fed = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.was_open:
            self.connection.stream.close()

    @property
    def phase(self) -> str:
        """How far the opening handshake has come."""
        return self._opening.phase

    @property
    def was_open(self) -> bool:
        """Whether the opening handshake succeeded."""
        return hasattr(self, "connection")

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self.was_open and self.connection.protocol.state is State.OPEN

    @property
    def unsent(self) -> int:
        """Messages that were to be sent and were not handed to the socket (yet)."""
        return self._messages_queued - self._messages_sent

    @property
    def queued_bytes(self) -> int:
        """Bytes that wait to be handed to the socket."""
        return self.outbox.queued

    async def open(self) -> None:
        """Perform the opening handshake; from then on the connection is read.

        Raises: WscliError, as Opening.perform says.
        """
        self.connection: Connection = await self._opening.perform()
        deflate = self.connection.deflate
        self._lint = FrameLint(deflate is not None)
        numbering, max_size = self.journal.numbering, self.target.max_size
        self._inbound = Dissector(
            "in",
            numbering,
            max_size=max_size,
            deflate=deflate,
            lint=self._lint,
            admit=self._admit,
            fast=self._fast,
        )
        # Our own messages are as long as the user made them.
        self._outbound = Dissector("out", numbering, max_size=2**62, deflate=deflate, fast=self._fast)
        self.outbox = Outbox(self.connection.stream, self._on_sent)
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self.outbox.run())]

    async def wait_closed(self) -> None:
        """Wait until the connection has ended; `failure` and `closed` tell how."""
        await asyncio.shield(self._tasks[0])

    async def close(self, code: int = 1000, reason: str = "", *, seconds: float | None = None) -> None:
        """Perform the closing handshake, in `seconds` at most (the target's `close_timeout`)."""
        if seconds is not None:
            self._close_timeout = seconds
        with contextlib.suppress(Unsent):
            self.send_close(code, reason)
        self._allow(self._close_timeout)
        await self.wait_closed()

    # Sending: each queues and returns at once; `room` waits while too much is queued.

    async def room(self) -> None:
        """Wait while the peer takes less than we send."""
        await self.outbox.room()

    async def flushed(self) -> bool:
        """Wait until all that was queued was handed to the socket; False when it never will be."""
        return await self.outbox.flushed()

    def send_text(self, payload: bytes) -> None:
        """Queue a text message, already UTF-8.

        Raises: Unsent when the connection is not open.
        """
        self._send(lambda protocol: protocol.send_text(payload))
        self._messages_queued += 1

    def send_binary(self, payload: bytes) -> None:
        """Queue a binary message.

        Raises: Unsent when the connection is not open.
        """
        self._send(lambda protocol: protocol.send_binary(payload))
        self._messages_queued += 1

    def send_messages(self, opcode: int, payloads: Sequence[bytes]) -> None:
        """Queue whole messages of `opcode` text or binary, as `send_text` and `send_binary` would, at speed.

        Raises: Unsent when the connection is not open.
        """
        # Counted first: what cannot be sent any more is unsent, not unheard of.
        self._messages_queued += len(payloads)
        protocol = self.connection.protocol
        if not protocol.extensions and self.is_open:
            self.outbox.put(encode_messages(opcode, payloads))
            return
        send = protocol.send_text if opcode == Opcode.TEXT else protocol.send_binary
        for payload in payloads:
            self._send(lambda _protocol, payload=payload: send(payload))

    def send_fragments(self, opcode: int, parts: Sequence[bytes]) -> None:
        """Queue one message of `opcode` text or binary in `parts`, a frame each (RFC 6455 §5.4).

        Raises: Unsent when the connection is not open.
        """
        last = len(parts) - 1

        def write(protocol: ClientProtocol) -> None:
            begin = protocol.send_text if opcode == Opcode.TEXT else protocol.send_binary
            begin(parts[0], fin=last == 0)
            for index, part in enumerate(parts[1:], 1):
                protocol.send_continuation(part, fin=index == last)

        self._send(write)
        self._messages_queued += 1

    def send_ping(self, payload: bytes = b"") -> None:
        """Queue a ping of at most 125 bytes; its pong becomes a `pong` event.

        Raises: UsageError, Unsent.
        """
        _check_control(payload)
        self._send(lambda protocol: protocol.send_ping(payload))

    def send_pong(self, payload: bytes = b"") -> None:
        """Queue an unsolicited pong of at most 125 bytes.

        Raises: UsageError, Unsent.
        """
        _check_control(payload)
        self._send(lambda protocol: protocol.send_pong(payload))

    def send_close(self, code: int | None = 1000, reason: str = "", *, force: bool = False) -> None:
        """Queue our Close; `force` sends also a code that may not be on the wire, as raw bytes.

        Raises: UsageError, Unsent.
        """
        if len(reason.encode()) > _MAX_CONTROL_PAYLOAD - 2:
            raise UsageError("a close reason has at most 123 bytes of UTF-8 (RFC 6455 §5.5)")
        if code is None and reason:
            raise UsageError("a close reason needs a close code before it (RFC 6455 §5.5.1)")
        if code is not None and (why := why_not(code)):
            if not force:
                raise UsageError(why, hint="--force sends it all the same")
            self._force_close(code, reason)
        else:
            self._send(lambda protocol: protocol.send_close(code, reason))
        self._allow(self._close_timeout)

    def send_raw(self, wire_bytes: bytes) -> None:
        """Queue bytes as they are; whatever they say, the judge does not know of them."""
        self.outbox.put(wire_bytes)

    def _send(self, action: _Action) -> None:
        if not self.is_open:
            raise Unsent("nothing can be sent: the connection is not open any more")
        try:
            action(self.connection.protocol)
        except InvalidState:
            raise Unsent("nothing can be sent: the connection is closing") from None
        self._forward()

    def _force_close(self, code: int, reason: str) -> None:
        payload = code.to_bytes(2, "big") + reason.encode()
        self.outbox.put(encode_frame(Opcode.CLOSE, payload, mask=secrets.token_bytes(4)))
        # The judge must know that our Close is out, or it would answer the peer's with a second one.
        protocol = self.connection.protocol
        protocol.close_sent = Close(code, reason)
        protocol.state = State.CLOSING

    def _forward(self) -> bool:
        """Put on the wire what the judge wants to say; whether there was something."""
        chunks = self.connection.protocol.data_to_send()
        for chunk in chunks:
            self.outbox.put(chunk)
        return bool(chunks)

    async def _on_sent(self, wire_bytes: bytes) -> None:
        stamp = self.journal.stamp()
        batch: list[Event | MessageRun] = []
        for item in self._outbound.feed(wire_bytes, stamp):
            batch.append(item)
            if isinstance(item, MessageRun):
                self._messages_sent += len(item)
            elif isinstance(item, MessageSeen):
                self._messages_sent += 1
            elif isinstance(item, FrameSeen):
                self._note_sent(item)
        self.journal.deliver(batch)
        await self._ready()

    async def _ready(self) -> None:
        """Wait for slow readers; when there is no way to tell them anything, that is the first cause."""
        try:
            await self.journal.ready()
        except LocalError as failure:
            self._fail_with(failure)

    def _note_sent(self, frame: FrameSeen) -> None:
        if frame.opcode == Opcode.PING:
            self.pings.note_sent(frame.payload, frame.t)
            self._lint.expect_pong(frame.payload)
        elif frame.opcode == Opcode.CLOSE:
            self.ending.note(frame)
            self._allow(_FIN_SECONDS if self.ending.both_closed else self._close_timeout)

    # Receiving.

    async def _read(self) -> None:
        try:
            chunk = self.connection.remainder or await self._receive(wait_for_room=False)
            while chunk:
                answered = self._take(chunk)
                await self._let_listeners_catch_up()
                chunk = await self._receive(wait_for_room=answered)
        except PeerError as failure:
            self._fail_with(failure)
        self._end()

    async def _receive(self, *, wait_for_room: bool) -> bytes:
        try:
            async with asyncio.timeout_at(self._deadline) as self._limit:
                # Whoever pings and does not read must not fill our memory with pongs.
                if wait_for_room and self.outbox.queued > QUEUE_LIMIT:
                    await self.outbox.room()
                return await self.connection.stream.receive()
        except TimeoutError:
            self._gave_up = True
            return b""
        finally:
            self._limit = None

    async def _let_listeners_catch_up(self) -> None:
        """Wait for slow readers; that time is not the peer's, so the deadline moves."""
        loop = asyncio.get_running_loop()
        before = loop.time()
        await self._ready()
        # A flood is always readable: without this, signals and timers would wait for its end.
        await asyncio.sleep(0)
        if self._deadline is not None:
            self._deadline += loop.time() - before

    def _take(self, chunk: bytes) -> bool:
        """Dissect a read, let the judge see it, deliver what it holds; whether the judge answered."""
        stamp = self.journal.stamp()
        self._chunk, self._fed = chunk, 0
        batch: list[Event | MessageRun] = []
        for item in self._inbound.feed(chunk, stamp):
            batch.append(item)
            if isinstance(item, MessageRun):
                # Withheld from the judge: whole plain frames between messages do not change its state.
                self._fed = item.end
            elif isinstance(item, FrameSeen):
                self._note_received(item, batch)
            elif isinstance(item, ViolationFound):
                self._note_violation(item)
            self._heed_fault()
        alive = self._admit(len(chunk))
        if not self._stopped or not alive:
            for item in self._inbound.look_ahead(stamp, alive=alive):
                batch.append(item)
                if isinstance(item, ViolationFound):
                    self._note_violation(item)
            self._heed_fault()
        self._heed_judge()
        answered = self._forward()
        self.journal.deliver(batch)
        return answered

    def _admit(self, consumed: int) -> bool:
        """Let the judge see the read up to here; whether the connection stands (dissect.py)."""
        protocol = self.connection.protocol
        if self._stopped:
            return False
        if consumed > self._fed:
            protocol.receive_data(self._chunk[self._fed : consumed])
            self._fed = consumed
        if protocol.parser_exc is None and protocol.close_rcvd is None:
            return True
        self._stop()
        return False

    def _stop(self) -> None:
        self._stopped = True
        self._inbound.stop()

    def _note_received(self, frame: FrameSeen, batch: list[Event | MessageRun]) -> None:
        if frame.truncated:
            return
        if frame.opcode == Opcode.PONG:
            pong = self.pings.answer(frame.payload, Stamp(frame.t, frame.time))
            if pong is not None:
                batch.append(pong)
        elif frame.opcode == Opcode.CLOSE:
            self.ending.note(frame)
            self._allow(_FIN_SECONDS if self.ending.both_closed else self._close_timeout)

    def _note_violation(self, violation: ViolationFound) -> None:
        if violation.severity == "error":
            self._fail_with(
                ProtocolViolated(f"the peer broke {violation.rfc}: {violation.detail} ({violation.rule})")
            )

    def _heed_fault(self) -> None:
        """Fail the connection for what wscli itself found wrong (RFC 6455 §7.1.7)."""
        fault = self._inbound.fault
        if fault is None or self._stopped:
            return
        self._fail_with(fault.error)
        self.connection.protocol.fail(fault.close_code, "")
        self._stop()
        self._forward()
        self._allow(self._close_timeout)

    def _heed_judge(self) -> None:
        """Note that websockets has failed the connection, and why, where lint did not say it."""
        failure = self.connection.protocol.parser_exc
        if failure is not None:
            self._fail_with(ProtocolViolated(f"the peer broke RFC 6455: {failure}"))
            self._allow(self._close_timeout)

    def _fail_with(self, failure: WscliError) -> None:
        self.failure = self.failure or failure

    def _allow(self, seconds: float) -> None:
        """From now on the peer has this long, or what was left of an earlier limit."""
        when = asyncio.get_running_loop().time() + seconds
        if self._deadline is None or when < self._deadline:
            self._deadline = when
            if self._limit is not None:
                self._limit.reschedule(when)

    def _end(self) -> None:
        stamp = self.journal.stamp()
        stream, ending = self.connection.stream, self.ending
        for item in self._inbound.eof(stamp):
            self.journal.record(item)
            if isinstance(item, ViolationFound):
                self._note_violation(item)
        ending.tcp = "open" if self._gave_up else stream.ended
        self.failure = self.failure or self._judge_ending()
        self.closed = ending.event(self.journal.stamp())
        self.journal.record(self.closed)
        stream.close()
        self._tasks[1].cancel()

    def _judge_ending(self) -> WscliError | None:
        ending = self.ending
        unanswered = ending.received is None and ending.sent is not None
        if unanswered and not self._strict_close:
            return None
        if ending.received is None and self._gave_up:
            return DeadlineExceeded(
                f"the closing handshake: the peer did not answer our Close within {self._close_timeout:g} s",
                hint="allow more with --close-timeout",
            )
        return ending.failure(self._ok_close)


def _check_control(payload: bytes) -> None:
    if len(payload) > _MAX_CONTROL_PAYLOAD:
        raise UsageError(
            f"a control frame holds at most 125 bytes, not {len(payload):,} (RFC 6455 §5.5)",
            hint="use a shorter payload",
        )
